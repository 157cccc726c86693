"""What a notebook loads to see when things happened: a watch, a heartbeat, and a picture of both.

A `Watch` writes down what starts and ends while a cell runs, in blocking and in async code
alike. A `heartbeat` ticks on the event loop, so that a loop which stood still shows as a gap.
`draw` turns a watch, or the journal of a room, into a picture. Nothing here proves that code
is concurrent: a picture explains, a gate proves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEAT = 0.02
"""Seconds between two beats of a heart that nothing hinders."""

FROZEN = 0.1
"""Seconds without a beat after which a picture calls the loop frozen: five beats missed."""

LABELLED = 20
"""Rows up to which every bar of a picture bears its label; more are drawn thin and counted."""

WIDTH = 700
"""The width of a picture on the page, in CSS pixels; its PNG has twice as many each way."""

# Wong, "Points of view: Color blindness", Nature Methods 8, 441 (2011): the colours that
# stay apart in every common colour blindness.
BAR, MARK, ICE, HEART = "#0072B2", "#D55E00", "#E69F00", "#000000"


class JournalEntry(Protocol):
    """What `draw` reads of a request in a room's journal; times are seconds."""

    @property
    def id(self) -> object: ...
    @property
    def path(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float | None: ...


@dataclass
class Row:
    """One thing that happened, from `start` to `end` in seconds.

    `end` is None while it goes on, and equal to `start` for a moment without length.
    """

    label: str
    start: float
    end: float | None = None


@dataclass
class Beats:
    """The moments, in seconds, at which the event loop was seen to answer."""

    times: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """From each beat to the next: (start, end) in seconds."""
        return list(pairwise(self.times))

    @property
    def longest_gap(self) -> float:
        """The longest time without a beat, in seconds; 0.0 before there are two beats.

        It covers the whole block of `heartbeat` once the block has been left.
        """
        return max((end - start for start, end in self.gaps), default=0.0)


@dataclass
class Watch:
    """Writes down when things start and end. Its time begins with the first thing it sees.

    A watch cannot be reset: make a new one for each run, they are cheap.
    """

    rows: list[Row] = field(default_factory=list)
    beats: Beats | None = None
    _zero: float | None = None

    def now(self) -> float:
        """Seconds since the first thing this watch saw."""
        moment = perf_counter()
        if self._zero is None:
            self._zero = moment
        return moment - self._zero

    @contextmanager
    def span(self, label: str) -> Iterator[None]:
        """Write down the block as one row, also when it is left by an exception or cancelled.

        A plain `with` does in async code as well: writing down never waits.
        """
        row = Row(label, self.now())
        self.rows.append(row)
        try:
            yield
        finally:
            row.end = self.now()

    def mark(self, label: str) -> None:
        """Write down this very moment."""
        moment = self.now()
        self.rows.append(Row(label, moment, moment))

    @property
    def seconds(self) -> float:
        """From the first thing seen to the last, without the heartbeat; 0.0 for none."""
        return _length(self.rows)

    def log(self) -> str:
        """Every start, end and mark in the order in which they happened, one line each."""
        moments: list[tuple[float, str]] = []
        for row in self.rows:
            if row.end == row.start:
                moments.append((row.start, row.label))
                continue
            moments.append((row.start, f"{row.label} starts"))
            if row.end is not None:
                moments.append((row.end, f"{row.label} ends"))
        moments.sort(key=lambda moment: moment[0])
        return "\n".join(f"{time:5.2f} s  {what}" for time, what in moments)


@asynccontextmanager
async def heartbeat(watch: Watch | None = None) -> AsyncIterator[Beats]:
    """Beat every 20 ms on the running loop while the block lasts; `longest_gap` tells a freeze.

    With a `watch`, the beats bear its time and are drawn below its rows. Entering and leaving
    the block count as beats, so that a freeze at either end shows too.
    """
    watch = Watch() if watch is None else watch
    beats = watch.beats = Beats([watch.now()])

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT)
            beats.times.append(watch.now())

    task = asyncio.create_task(beat(), name="heartbeat")
    try:
        yield beats
    finally:
        beats.times.append(watch.now())
        task.cancel()
        await asyncio.wait([task])


Run: TypeAlias = Watch | Sequence[Row] | Sequence[JournalEntry]


def draw(runs: Run | Mapping[str, Run], *, title: str) -> Figure:
    """A picture of one run, or of several by caption, one above the other on the same seconds.

    A run is a watch, a list of rows or a room's journal; it begins at its earliest moment.
    The picture shows itself as the last value of a notebook's cell.

    Raises ValueError when there is no run, or a run holds no rows.
    """
    panels = dict(runs) if isinstance(runs, Mapping) else {"": runs}
    watches = {caption: _as_watch(run) for caption, run in panels.items()}
    if not watches or not all(watch.rows for watch in watches.values()):
        raise ValueError("There is nothing to draw: a run holds no rows. Run the cell above first.")
    heights = [_height(watch) for watch in watches.values()]
    inches = sum(heights) + 0.45 * len(heights) + 0.7
    figure: Figure = _picture_class()(figsize=(WIDTH / 100, inches), dpi=200, layout="constrained")
    grid = figure.subplots(
        len(watches), sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    longest = max(_drawn_length(watch) for watch in watches.values()) or BEAT
    for axes, (caption, watch) in zip(grid[:, 0], watches.items(), strict=True):
        _draw_panel(axes, watch, longest)
        axes.set_title(caption, loc="left", fontsize=10, fontweight="bold")
        axes.set_title(f"{watch.seconds:.2f} s in all", loc="right", fontsize=10)
    grid[-1, 0].set_xlabel("seconds", fontsize=10)
    figure.suptitle(title, fontsize=12, fontweight="bold")
    figure.set_label(_in_words(title, watches))
    return figure


def _as_watch(run: Run) -> Watch:
    if isinstance(run, Watch):
        return run
    rows = [
        item
        if isinstance(item, Row)
        else Row(f"{item.path.rpartition('/')[2]} {item.id}", item.start, item.end)
        for item in run
    ]
    begin = min((row.start for row in rows), default=0.0)
    for_drawing = [
        Row(row.label, row.start - begin, None if row.end is None else row.end - begin)
        for row in rows
    ]
    return Watch(sorted(for_drawing, key=lambda row: row.start))


def _length(rows: Sequence[Row]) -> float:
    if not rows:
        return 0.0
    ends = [row.start if row.end is None else row.end for row in rows]
    return max(ends) - min(row.start for row in rows)


def _drawn_length(watch: Watch) -> float:
    last = max(row.start if row.end is None else row.end for row in watch.rows)
    return max(last, *watch.beats.times) if watch.beats else last


def _height(watch: Watch) -> float:
    """Inches for the rows of one panel and its heartbeat."""
    rows = len(watch.rows)
    return (0.27 * rows if rows <= LABELLED else 1.7) + (0.3 if watch.beats else 0.0)


def _draw_panel(axes: Axes, watch: Watch, longest: float) -> None:
    many = len(watch.rows) > LABELLED
    for lane, row in enumerate(watch.rows):
        _draw_row(axes, lane, row, longest, many=many)
    lanes = len(watch.rows)
    ticks = {float(lane): row.label for lane, row in enumerate(watch.rows)}
    if many:
        ticks = {lanes / 2: f"{lanes} rows"}
    if watch.beats:
        # A lane of its own, as high as a labelled bar however thin the bars are.
        lane_height = lanes * 0.3 / 1.7 if many else 1.1
        heart = lanes - 0.5 + lane_height / 2
        _draw_beats(axes, heart, watch.beats, longest)
        ticks[heart] = "heartbeat"
        bottom = lanes - 0.5 + lane_height
    else:
        bottom = lanes - 0.5
    axes.set_yticks(list(ticks), list(ticks.values()), fontsize=10)
    axes.set_ylim(bottom, -0.5)
    axes.set_xlim(-0.01 * longest, 1.02 * longest)
    axes.grid(axis="x", color="#CCCCCC", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=9)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _draw_row(axes: Axes, lane: int, row: Row, longest: float, *, many: bool) -> None:
    if row.end == row.start:
        axes.plot(row.start, lane, marker="D", markersize=3 if many else 7, color=MARK)
        return
    goes_on = row.end is None
    length = (longest if row.end is None else row.end) - row.start
    axes.barh(
        lane,
        length,
        left=row.start,
        height=0.8 if many else 0.72,
        color="white" if goes_on else BAR,
        edgecolor=BAR,
        linewidth=0 if many else 0.8,
        hatch="///" if goes_on else None,
    )
    if not many and not goes_on and length > 0.09 * longest:
        axes.text(
            row.start + length / 2,
            lane,
            f"{length:.2f} s",
            ha="center",
            va="center_baseline",
            color="white",
            fontsize=9,
        )


def _draw_beats(axes: Axes, lane: float, beats: Beats, longest: float) -> None:
    axes.plot(beats.times, [lane] * len(beats), ".", color=HEART, markersize=4)
    for start, end in beats.gaps:
        if end - start < FROZEN:
            continue
        axes.axvspan(start, end, color=ICE, alpha=0.28, zorder=0, linewidth=0)
        if end - start < 0.15 * longest:
            continue
        axes.text(
            (start + end) / 2,
            lane,
            f"frozen {end - start:.2f} s",
            ha="center",
            va="center_baseline",
            fontsize=9,
            fontweight="bold",
        )


def _in_words(title: str, watches: Mapping[str, Watch]) -> str:
    """The picture for those who do not see it."""
    parts = []
    for caption, watch in watches.items():
        words = f"{len(watch.rows)} rows in {watch.seconds:.2f} s"
        if len(watch.rows) <= LABELLED:
            words = ", ".join(_row_in_words(row) for row in watch.rows)
        if watch.beats:
            words += f"; longest time without a heartbeat {watch.beats.longest_gap:.2f} s"
        parts.append(f"{caption}: {words}" if caption else words)
    return f"{title}. {'. '.join(parts)}."


def _row_in_words(row: Row) -> str:
    if row.end == row.start:
        return f"{row.label} at {row.start:.2f} s"
    end = "still going on" if row.end is None else f"to {row.end:.2f} s"
    return f"{row.label} from {row.start:.2f} {end}"


@cache
def _picture_class() -> Any:
    """A Figure that a notebook shows without pyplot, made on first use.

    matplotlib takes two thirds of a second to import, which a cell that only needs a watch
    should not pay for; pyplot would also show every figure a second time.
    """
    from matplotlib.figure import Figure
    from PIL import Image

    class Picture(Figure):
        def _repr_png_(self) -> tuple[bytes, dict[str, object]]:
            full, file = BytesIO(), BytesIO()
            self.savefig(full, format="png", dpi=self.dpi)
            # Five colours and their edges: a palette of 64 makes the stored file a third.
            pixels = Image.open(full).convert("RGB")
            pixels.quantize(64, dither=Image.Dither.NONE).save(file, format="png", optimize=True)
            height = round(self.get_figheight() * 100)
            return file.getvalue(), {"width": WIDTH, "height": height, "alt": self.get_label()}

        def __repr__(self) -> str:
            return str(self.get_label())

    return Picture
