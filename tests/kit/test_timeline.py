"""What a notebook loads to see when things happened: `workshop.timeline`.

Time is a fake here, which goes on by what a test says, so that nothing waits and every number
is exact.
"""

import asyncio
import subprocess
import sys
from dataclasses import dataclass, field
from io import BytesIO

import pytest

from workshop import timeline
from workshop.timeline import BEAT, FROZEN, Beats, Row, Watch, draw, heartbeat


@dataclass
class Clock:
    """Stands in for `perf_counter`. A test turns `now`; `readings` counts who looked."""

    now: float = 1000.0
    readings: int = 0
    looked_at: asyncio.Event = field(default_factory=asyncio.Event)
    awaited_reading: int | None = None

    def __call__(self) -> float:
        self.readings += 1
        if self.readings == self.awaited_reading:
            self.looked_at.set()
        return self.now

    async def readings_to_come(self, number: int) -> None:
        self.awaited_reading = self.readings + number
        async with asyncio.timeout(30):
            await self.looked_at.wait()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timeline, "perf_counter", clock)
    return clock


@dataclass(frozen=True)
class Entry:
    """As much of a room's journal as a picture reads."""

    id: int
    path: str
    start: float
    end: float | None


def texts(figure, panel=0):
    return [text.get_text() for text in figure.axes[panel].texts]


def labels(figure, panel=0):
    return [label.get_text() for label in figure.axes[panel].get_yticklabels()]


def bars(figure, panel=0):
    """(start, length) of each bar, rounded."""
    patches = [bar for container in figure.axes[panel].containers for bar in container.patches]
    return [(round(bar.get_x(), 6), round(bar.get_width(), 6)) for bar in patches]


# The watch


def test_time_begins_with_the_first_thing_a_watch_sees(clock):
    watch = Watch()
    clock.now += 7
    with watch.span("tea"):
        clock.now += 0.3
    clock.now += 1
    watch.mark("bell")

    assert watch.rows[0].start == 0.0
    assert watch.rows[0].end == pytest.approx(0.3)
    assert watch.rows[1].start == watch.rows[1].end == pytest.approx(1.3)
    assert watch.seconds == pytest.approx(1.3)


def test_a_span_has_no_end_while_it_goes_on(clock):
    watch = Watch()
    with watch.span("tea"):
        assert watch.rows == [Row("tea", 0.0, None)]


def test_a_span_left_by_an_exception_ends_there_and_lets_it_through(clock):
    watch = Watch()

    def burn():
        with watch.span("tea"):
            clock.now += 0.5
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        burn()

    assert watch.rows[0].end == pytest.approx(0.5)


@pytest.mark.asyncio
async def test_a_span_that_is_cancelled_ends_there(clock):
    watch = Watch()
    began = asyncio.Event()

    async def boil():
        with watch.span("lake"):
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(boil())
    await began.wait()
    clock.now += 0.5
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert watch.rows[0].end == pytest.approx(0.5)


def test_a_watch_that_saw_nothing_took_no_time():
    assert Watch().seconds == 0.0
    assert Watch().log() == ""


def test_the_log_tells_starts_ends_and_marks_in_their_order(clock):
    watch = Watch()
    with watch.span("tea"):
        clock.now += 0.1
        with watch.span("toast"):
            clock.now += 0.1
            watch.mark("bell")
            clock.now += 0.1
    clock.now += 0.1
    watch.rows.append(Row("egg", watch.now()))

    assert watch.log().splitlines() == [
        " 0.00 s  tea starts",
        " 0.10 s  toast starts",
        " 0.20 s  bell",
        " 0.30 s  tea ends",
        " 0.30 s  toast ends",
        " 0.40 s  egg starts",
    ]


# The heartbeat


@pytest.mark.asyncio
async def test_a_frozen_loop_is_a_gap_as_long_as_the_freeze(clock):
    async with heartbeat() as beats:
        clock.now += 0.9

    assert beats.longest_gap == pytest.approx(0.9)


@pytest.mark.asyncio
async def test_the_heart_beats_while_the_loop_is_free(clock):
    async with heartbeat() as beats:
        await clock.readings_to_come(3)

    assert len(beats) == 5, "the block's two ends and three beats between them"


@pytest.mark.asyncio
async def test_no_beat_comes_after_the_block(clock):
    before = asyncio.all_tasks()
    async with heartbeat():
        assert len(asyncio.all_tasks() - before) == 1

    assert asyncio.all_tasks() == before


@pytest.mark.asyncio
async def test_the_heart_stops_when_the_block_raises(clock):
    before = asyncio.all_tasks()
    with pytest.raises(ZeroDivisionError):
        async with heartbeat():
            raise ZeroDivisionError

    assert asyncio.all_tasks() == before


@pytest.mark.asyncio
async def test_a_heartbeat_bears_the_time_of_its_watch(clock):
    watch = Watch()
    with watch.span("tea"):
        clock.now += 2
    async with heartbeat(watch) as beats:
        clock.now += 1

    assert watch.beats is beats
    assert beats.times == pytest.approx([2, 3])


def test_there_is_no_gap_before_two_beats():
    assert Beats().longest_gap == 0.0
    assert Beats([1.0]).longest_gap == 0.0
    assert Beats([1.0, 1.5, 4.0, 4.2]).longest_gap == 2.5


# The picture


def test_each_row_is_a_bar_at_its_seconds_with_its_label():
    figure = draw([Row("tea", 0.0, 0.3), Row("toast", 0.2, 0.7)], title="Breakfast")

    assert bars(figure) == [(0.0, 0.3), (0.2, 0.5)]
    assert labels(figure) == ["tea", "toast"]
    assert texts(figure) == ["0.30 s", "0.50 s"]
    assert figure.get_suptitle() == "Breakfast"
    assert figure.axes[0].get_xlabel() == "seconds"


def test_the_first_row_is_on_top():
    axes = draw([Row("tea", 0.0, 1.0), Row("toast", 1.0, 2.0)], title="Breakfast").axes[0]

    low, high = axes.get_ylim()
    assert low > high


def test_a_mark_is_no_bar():
    figure = draw([Row("tea", 0.0, 0.3), Row("bell", 0.2, 0.2)], title="Breakfast")

    assert bars(figure) == [(0.0, 0.3)]
    assert [list(line.get_xdata()) for line in figure.axes[0].lines] == [[0.2]]
    assert labels(figure) == ["tea", "bell"]


def test_two_runs_share_their_seconds_one_above_the_other():
    runs = {"blocking": [Row("tea", 0.0, 3.0)], "async": [Row("tea", 0.0, 1.0)]}
    above, below = draw(runs, title="Two ways").axes

    assert above.get_xlim() == below.get_xlim()
    assert above.get_xlim()[1] >= 3.0
    assert above.get_position().y0 >= below.get_position().y1
    assert [axes.get_title(loc="left") for axes in (above, below)] == ["blocking", "async"]
    assert [axes.get_title(loc="right") for axes in (above, below)] == [
        "3.00 s in all",
        "1.00 s in all",
    ]


def test_a_journal_begins_at_its_first_request_in_the_order_of_arrival():
    journal = [
        Entry(8, "/upload", 5.5, 6.0),
        Entry(7, "/upload", 5.0, 5.25),
        Entry(9, "/rooms/lobby/catfact", 5.75, None),
    ]
    figure = draw(journal, title="Requests")

    assert labels(figure) == ["upload 7", "upload 8", "catfact 9"]
    assert bars(figure)[:2] == [(0.0, 0.25), (0.5, 0.5)]


def test_what_still_goes_on_is_hatched_up_to_the_end():
    figure = draw([Entry(1, "/upload", 0.0, None), Entry(2, "/upload", 0.5, 2.0)], title="Requests")
    going_on, done = [bar for box in figure.axes[0].containers for bar in box.patches]

    assert going_on.get_width() == 2.0
    assert going_on.get_hatch()
    assert not done.get_hatch()


def test_a_hundred_rows_are_thin_and_counted_not_labelled():
    figure = draw([Row(f"egg {n}", 0.0, 1.0) for n in range(100)], title="Eggs")

    assert len(bars(figure)) == 100
    assert labels(figure) == ["100 rows"]
    assert texts(figure) == []
    assert figure.get_figheight() < 4


def test_beats_are_dots_under_the_bars():
    times = [round(n * BEAT, 2) for n in range(11)]
    figure = draw(Watch([Row("tea", 0.0, 0.2)], Beats(times)), title="Free")
    (dots,) = figure.axes[0].lines

    assert list(dots.get_xdata()) == times
    assert min(dots.get_ydata()) > 0.5, "below the only bar, on an axis that points down"
    assert labels(figure) == ["tea", "heartbeat"]
    assert "frozen" not in " ".join(texts(figure))


@pytest.mark.parametrize(("gap", "shown"), [(FROZEN * 0.9, False), (FROZEN * 1.1, True)])
def test_a_gap_of_five_beats_is_called_frozen(gap, shown):
    figure = draw(Watch([Row("tea", 0.0, 0.2)], Beats([0.0, gap])), title="Frozen?")

    assert (f"frozen {gap:.2f} s" in texts(figure)) is shown


def test_a_freeze_too_narrow_for_its_words_has_none():
    figure = draw(Watch([Row("tea", 0.0, 9.0)], Beats([0.0, 0.2])), title="Frozen?")

    assert "frozen" not in " ".join(texts(figure))


def test_the_picture_is_a_small_png_700_pixels_wide_that_says_what_it_shows():
    from PIL import Image

    figure = draw({"one": [Row("tea", 0.0, 0.3)]}, title="Breakfast")
    data, shown = figure._repr_png_()

    image = Image.open(BytesIO(data))
    assert image.width == 2 * shown["width"] == 1400
    assert image.mode == "P", "a palette keeps the stored notebook small"
    assert shown["alt"] == repr(figure) == "Breakfast. one: tea from 0.00 to 0.30 s."


@pytest.mark.parametrize("nothing", [[], {}, Watch(), {"one": [Row("tea", 0.0, 1.0)], "two": []}])
def test_nothing_to_draw_is_said(nothing):
    with pytest.raises(ValueError, match="Run the cell above first"):
        draw(nothing, title="Nothing")


def test_matplotlib_is_imported_by_the_first_picture_not_before():
    code = (
        "import sys, workshop.timeline as t\n"
        "assert 'matplotlib' not in sys.modules\n"
        "t.draw([t.Row('tea', 0.0, 1.0)], title='Breakfast')\n"
        "assert 'matplotlib' in sys.modules\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
