"""The live page: rooms and their newest requests, for a wall.

Names, paths and agents come from whoever sent a request, so all of it is escaped.
"""

from __future__ import annotations

from functools import cache
from html import escape
from importlib import resources

from ._entry import Entry
from ._faults import NONE, Faults
from ._rooms import Rooms, RoomState

ROOMS_SHOWN = 12
ENTRIES_SHOWN = 10
QUIET = "<p>No room has been used yet. The first request to one makes it.</p>"
HEADINGS = ("request", "file", "bytes", "status", "outcome", "when")


def page_as_html(rooms: Rooms) -> str:
    """The whole page, with the rooms as they are now."""
    return _frame().replace("<!-- rooms -->", rooms_as_html(rooms))


def rooms_as_html(rooms: Rooms) -> str:
    """The rooms, those used last first."""
    newest = sorted(rooms, key=lambda room: room.journal.last_used, reverse=True)
    shown = [_room(room) for room in newest[:ROOMS_SHOWN]]
    if len(newest) > ROOMS_SHOWN:
        shown.append(f'<p class="quiet">and {len(newest) - ROOMS_SHOWN} rooms more</p>')
    return "\n".join(shown) or QUIET


@cache
def _frame() -> str:
    return resources.files(__package__).joinpath("live.html").read_text(encoding="utf-8")


def _room(room: RoomState) -> str:
    journal, gate = room.journal, room.gate
    words = [f"{journal.in_flight} in flight", f"at most {journal.most_in_flight} at once"]
    words += [f"{gate.held} held at the gate"] if gate.holding else []
    words += [f"{journal.requests} requests"]
    words += [_faults(room.faults)] if room.faults != NONE else []
    entries = journal.newest(ENTRIES_SHOWN)
    return (
        f"<section><h2>{escape(room.name)}</h2><p>{escape(', '.join(words))}</p>"
        f"{_table(entries, journal.now) if entries else ''}</section>"
    )


def _faults(faults: Faults) -> str:
    told = [f"{name} {value}" for name, value in faults.as_dict().items() if value]
    return "told to be faulty: " + ", ".join(told)


def _table(entries: list[Entry], now: float) -> str:
    """The entries, each with a bar from its start to its end: those in flight at once overlap."""
    first = min(entry.start for entry in entries)
    last = max(now if entry.end is None else entry.end for entry in entries)
    span = max(last - first, 1e-6)
    head = "".join(f"<th>{heading}</th>" for heading in HEADINGS)
    rows = "".join(_row(entry, first, span, now) for entry in entries)
    return f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'


def _row(entry: Entry, first: float, span: float, now: float) -> str:
    end = now if entry.end is None else entry.end
    left, width = 100 * (entry.start - first) / span, 100 * (end - entry.start) / span
    kind = {"in flight": "flying", "answered": "right"}.get(entry.outcome, "wrong")
    return (
        f'<tr class="{kind}"><td>{escape(entry.method)} {escape(entry.path)}</td>'
        f"<td>{escape(entry.file_name or '')}</td>"
        f'<td class="number">{f"{entry.size:,}" if entry.file_name else ""}</td>'
        f"<td>{entry.status or ''}</td><td>{entry.outcome}</td>"
        f'<td class="time"><span class="bar" title="{end - entry.start:.3f} s" '
        f'style="left:{left:.1f}%;width:{width:.1f}%"></span></td></tr>'
    )
