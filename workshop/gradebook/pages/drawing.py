"""Small pictures as inline SVG. They have classes, and take their colours from the page's style."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

BINS = 10
SEPARATE = 120
"""Up to so many learners each has a mark of their own; of more, equal neighbours share one."""

HEIGHT = 10
SHAPES = {
    "p": ("pass", 8, 2),
    "f": ("fail", 0, 10),
    "t": ("timeout", 0, 5),
    "e": ("error", 3, 4),
}
"""For each status by its first letter: its class, and from where and how far down its mark goes.
Without any colour a failure is a full block, and a pass a line at the foot."""


def strip(statuses: str) -> Markup:
    """A row of marks, one for each letter in `statuses`; nothing for a letter without a shape."""
    gap = 0.12 if len(statuses) <= SEPARATE else 0
    paths: dict[str, list[str]] = {letter: [] for letter in SHAPES}
    x = 0
    for letter, group in groupby(statuses):
        width = len(list(group))
        if letter in paths:
            _, top, down = SHAPES[letter]
            steps = [(x + i, 1 - gap) for i in range(width)] if gap else [(x, width)]
            paths[letter] += [f"M{at} {top}h{wide:g}v{down}h-{wide:g}z" for at, wide in steps]
        x += width
    drawn = "".join(
        f'<path class="{SHAPES[letter][0]}" d="{"".join(marks)}"/>'
        for letter, marks in paths.items()
        if marks
    )
    return Markup(
        f'<svg class="strip" viewBox="0 0 {max(x, 1)} {HEIGHT}" preserveAspectRatio="none" '
        f'aria-hidden="true">{drawn}</svg>'
    )


def binned(shares: Sequence[float]) -> list[int]:
    """How many of `shares`, each from 0 to 1, are in each tenth; 1 is in the last."""
    counts = [0] * BINS
    for share in shares:
        counts[min(int(share * BINS + 1e-9), BINS - 1)] += 1
    return counts


def bar(share: float) -> Markup:
    """A bar that is filled by `share`, from 0 to 1."""
    return Markup(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="10"/>'
        f'<rect width="{share * 100:.0f}" height="10"/></svg>'
    )


def small_histogram(counts: Sequence[int]) -> Markup:
    """Bars without words, for a cell of a table."""
    most = max([1, *counts])
    bars = "".join(
        f'<rect x="{place * 10 + 1}" y="{24 - tall:g}" width="8" height="{tall:g}"/>'
        for place, count in enumerate(counts)
        if (tall := max(1.5, round(22 * count / most, 1)) if count else 0)
    )
    words = ", ".join(map(str, counts))
    return Markup(
        f'<svg class="small histogram" viewBox="0 0 {BINS * 10} 25" role="img" '
        f'aria-label="Learners in each tenth of the points, from none to all: {words}">{bars}'
        f'<path d="M0 24.5H{BINS * 10}"/></svg>'
    )


def histogram(counts: Sequence[int]) -> Markup:
    """Bars with the number of learners above each, over an axis in per cent of the points."""
    most = max([1, *counts])
    drawn = []
    for place, count in enumerate(counts):
        tall, x = 110 * count / most, 12 + place * 38
        drawn.append(
            f'<rect x="{x + 2}" y="{130 - tall:.1f}" width="34" height="{tall:.1f}"/>'
            f'<text x="{x + 19}" y="{125 - tall:.1f}">{count or ""}</text>'
            f'<text class="axis" x="{x}" y="146">{place * 10}</text>'
        )
    words = "; ".join(f"{i * 10} to {i * 10 + 10} %: {count}" for i, count in enumerate(counts))
    return Markup(
        f'<svg class="histogram" viewBox="0 0 405 168" role="img" '
        f'aria-label="Learners by their share of all points. {words}">{"".join(drawn)}'
        '<text class="axis" x="392" y="146">100</text>'
        '<path d="M12 130.5H392"/><text class="axis" x="202" y="163">% of the points</text></svg>'
    )
