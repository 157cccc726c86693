"""The pages of a class's gradebook: what they say, that a stranger's text stays text on them, and
what a person finds who opens them in a browser, prints them or reads them on a phone."""

from __future__ import annotations

import json
import math
import random
import re
import runpy
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest

from workshop.course import Exercise, load_course
from workshop.gradebook.book import Gradebook, Late, Learner, Marked
from workshop.gradebook.pages import feedback_name, write
from workshop.gradebook.pages.drawing import binned, strip
from workshop.gradebook.pages.overview import HARDEST_OF_ONE, overview
from workshop.gradebook.pages.rendering import markdown
from workshop.grading.verdict import Diagnosis, TestResult, TestStatus, Variant, Verdict

COURSE = load_course(Path(__file__).parents[2])
UPLOAD, SAVE, MARKERS = "ex02_upload", "ex03_save", "ex06_markers"
NOBODYS = "ex07_fixtures"
"""An exercise that nobody has a verdict of."""
DRIVER = runpy.run_path(str(Path(__file__).with_name("browser.py")))

BEHAVIOURS = ("test_sends_the_file", "test_closes_the_file", "test_logs_each_failure")
VARIANTS: tuple[Variant, ...] = ("marker", "fixture", "mock")
POINTS = 2
MOST = POINTS * len(BEHAVIOURS) * len(VARIANTS)
IDEA = Diagnosis("async-unblocks", "It blocks.", "Lesson 02_upload.", 7, "    time.sleep(1)")
MESSAGE = "called:    upload(client)\ncame back: None\nexpected:  the answer"


def verdict(exercise: str, lost: int = 0, **failure: Any) -> Verdict:
    """One of a `code` exercise in which the last `lost` behaviours failed in every variant."""
    told = {"message": MESSAGE, "diagnosis": IDEA} | failure
    ready = len(BEHAVIOURS) - lost
    tests = [
        TestResult(name, one, "pass", POINTS, POINTS)
        for name in BEHAVIOURS[:ready]
        for one in VARIANTS
    ]
    tests += [
        TestResult(name, one, "fail", 0, POINTS, **told)
        for name in BEHAVIOURS[ready:]
        for one in VARIANTS
    ]
    return Verdict(exercise, "code", "fail" if lost else "pass", tests=tests)


def own_tests(**own: TestStatus) -> Verdict:
    """One of a `tests` exercise; the learner's tests by name."""
    tests = [TestResult(name, "right", status, 0, 0) for name, status in own.items()]
    wrong = [("ex02_upload: wrong-shape", "pass"), ("ex03_save: naive-time", "fail")]
    tests += [TestResult(n, "mutant", s, int(s == "pass"), 1, f"About {n}.") for n, s in wrong]  # type: ignore[arg-type]
    return Verdict(MARKERS, "tests", "fail", tests=tests)


def unusable(exercise: str, sentence: str) -> Verdict:
    tests = [replace(one, status="error", points=0) for one in verdict(exercise).tests]
    return Verdict(exercise, "code", "error", sentence, tests=tests)


def book(*marked: Marked, exercises: tuple[str, ...] = (UPLOAD, SAVE)) -> Gradebook:
    return Gradebook("A course", exercises, marked)


def of(name: str, *verdicts: Verdict, **more: Any) -> Marked:
    return Marked(Learner(name), verdicts, **more)


SMALL = book(
    of("ann", verdict(UPLOAD), verdict(SAVE, lost=1), late=(Late(SAVE, 2, 25, 3),)),
    of("ben", verdict(UPLOAD, lost=3), unmarked={SAVE: "No process could be started."}),
    of("cal", verdict(UPLOAD, lost=2), unusable(SAVE, "There is no ex03_save.py.")),
)


def _varied() -> Gradebook:
    """A class in which a bit of everything is; the same at each call."""
    dice = random.Random(5)
    names = ["l10", "l2", "l1", "Émile", "eve", "Ezra", "Zoë", "adam", "Bob", "bea", "Oz", "Kim"]
    marked = []
    for place, name in enumerate(sorted(names)):
        verdicts: list[Verdict] = []
        late: list[Late] = []
        unmarked: dict[str, str] = {}
        for exercise in (UPLOAD, SAVE, MARKERS):
            draw = dice.random()
            if draw < 0.15 and exercise != UPLOAD:
                unmarked[exercise] = "It could not be marked."
            elif draw < 0.3 and exercise != MARKERS:
                verdicts.append(unusable(exercise, "There is no such file."))
            elif exercise == MARKERS:
                own: dict[str, TestStatus] = {"test_asked_for": dice.choice(["pass", "fail"])}
                verdicts.append(own_tests(**own if place % 4 else {}))
            else:
                verdicts.append(verdict(exercise, dice.randrange(4)))
        if place % 3 == 0:
            late = [Late(verdicts[0].exercise, 1, 10, verdicts[0].points // 10)]
        marked.append(of(name, *verdicts, late=tuple(late), unmarked=unmarked))
    return book(*marked, exercises=(UPLOAD, SAVE, MARKERS, NOBODYS))


VARIED = _varied()


def page_of(name: str, folder: Path) -> str:
    return (folder / "feedback" / feedback_name(Learner(name))).read_text("utf-8")


def body(text: str) -> str:
    """What is said on a page, without its style and script."""
    return re.sub(r"(?s)<(style|script)>.*?</\1>", "", text)


# --- what is written -----------------------------------------------------------------------------


def test_writes_the_class_and_a_page_for_each_learner(tmp_path: Path):
    written = write(SMALL, COURSE, tmp_path)
    pages = [tmp_path / "feedback" / f"{name}.html" for name in ("ann", "ben", "cal")]
    assert written == [tmp_path / "index.html", *pages]
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(written)


def test_two_writings_are_equal_and_the_second_touches_nothing(tmp_path: Path):
    before = {path: path.stat() for path in write(SMALL, COURSE, tmp_path / "a")}
    after = {path: path.stat() for path in write(SMALL, COURSE, tmp_path / "a")}
    assert [(s.st_ino, s.st_mtime_ns) for s in before.values()] == [
        (s.st_ino, s.st_mtime_ns) for s in after.values()
    ]
    others = write(SMALL, COURSE, tmp_path / "b")
    assert [path.read_bytes() for path in before] == [path.read_bytes() for path in others]


def test_a_page_of_somebody_who_has_left_goes_and_nothing_else(tmp_path: Path):
    write(SMALL, COURSE, tmp_path)
    (own := tmp_path / "feedback" / "mine.html").write_text("<p>My own notes.", "utf-8")
    write(book(*SMALL.submissions[1:]), COURSE, tmp_path)
    assert not (tmp_path / "feedback" / "ann.html").exists()
    assert own.exists() and (tmp_path / "feedback" / "ben.html").exists()


def test_a_class_without_anybody_is_a_page_that_says_so(tmp_path: Path):
    assert write(book(), COURSE, tmp_path) == [tmp_path / "index.html"]
    assert "no submission" in (tmp_path / "index.html").read_text("utf-8")


# --- the class at a glance -----------------------------------------------------------------------


def test_what_is_unmarked_is_counted_nowhere():
    seen = overview(SMALL, COURSE, str)
    upload, save = seen.sheets
    assert (save.marked, save.unmarked, save.nothing, save.broken) == (2, 1, 1, 1)
    assert save.median == (MOST - 3 * POINTS - 3) / 2
    assert upload.nothing == 1  # who has lost all of it has no points, and that is no "unmarked"
    assert seen.whole == [MOST + MOST - 3 * POINTS - 3, POINTS * 3]
    assert [(row.name, exercise) for row, exercise, _ in seen.unmarked] == [("ben", SAVE)]
    cell = seen.rows[1].cells[1]
    assert (cell.points, cell.look, cell.why) == (None, "unmarked", "No process could be started.")


def test_late_points_are_taken_off_and_shown():
    cell = overview(SMALL, COURSE, str).rows[0].cells[1]
    assert (cell.points, cell.late) == (MOST - 3 * POINTS - 3, 3)


def test_counts_how_many_lost_each_test_of_those_whose_file_ran():
    upload, save = overview(SMALL, COURSE, str).sheets
    assert [one.lost for one in upload.tests] == [1] * 3 + [2] * 6
    assert [one.lost for one in save.tests] == [0] * 6 + [1] * 3
    assert (upload.order, save.order) == ([0, 2, 1], [0])  # the most points first


def test_a_behaviour_is_named_once_however_many_variants_lost_it():
    hardest = overview(SMALL, COURSE, str).hardest
    assert [(one.words, one.exercise, one.lost, one.of) for one in hardest[:2]] == [
        ("logs each failure", SAVE, 1, 1),
        ("closes the file", UPLOAD, 2, 3),
    ]
    assert len(hardest) == 4


def test_no_exercise_fills_the_list_of_what_most_have_lost():
    names = [f"test_{number}" for number in range(2 * HARDEST_OF_ONE)]
    lost = [TestResult(name, "marker", "fail", 0, 1) for name in names]
    seen = overview(book(of("ann", Verdict(UPLOAD, "code", "fail", tests=lost))), COURSE, str)
    assert len(seen.hardest) == HARDEST_OF_ONE


def test_counts_the_learners_who_hold_an_idea_once():
    marked = [of("ann", verdict(UPLOAD, 2), verdict(SAVE, 1)), of("ben", verdict(UPLOAD, 1))]
    (held,) = overview(book(*marked), COURSE, str).ideas
    assert (held.learners, held.exercises) == (2, [(UPLOAD, 2), (SAVE, 1)])
    assert "non-blocking" in held.idea and held.lesson == "02_upload"


def test_names_that_few_learners_gave_their_tests_are_not_in_the_map():
    class_ = [
        of(f"l{i}", own_tests(test_asked_for="pass", **{f"test_of_{i}": "fail"})) for i in range(5)
    ]
    (sheet,) = overview(book(*class_, exercises=(MARKERS,)), COURSE, str).sheets
    words = [one.words for one in sheet.tests]
    assert words == ["asked for", "ex02_upload: wrong-shape", "ex03_save: naive-time"]
    assert ([one.lost for one in sheet.tests], sheet.others) == ([0, 0, 5], 5)


def test_a_map_does_not_grow_with_the_class(tmp_path: Path):
    def paths(learners: int) -> int:
        marked = [of(f"l{i}", verdict(UPLOAD, i % 4), verdict(SAVE)) for i in range(learners)]
        write(book(*marked), COURSE, tmp_path)
        return (tmp_path / "index.html").read_text("utf-8").count("<path")

    assert paths(400) == paths(8)


def test_each_status_has_a_shape_of_its_own():
    shapes = [re.sub('class="[a-z]+"', "", strip(status)) for status in "pfte."]
    assert len(set(shapes)) == len(shapes)


def test_equal_neighbours_share_a_mark_in_a_large_class():
    assert strip("p" * 2000 + "f" * 1000).count("M") == 2


def test_full_points_are_in_the_last_tenth():
    assert binned([0, 0.05, 0.3, 0.7, 0.999, 1]) == [2, 0, 0, 1, 0, 0, 0, 1, 0, 2]


# --- what a learner is told ----------------------------------------------------------------------


def test_tells_what_was_called_and_the_idea_behind_it(tmp_path: Path):
    write(SMALL, COURSE, tmp_path)
    text = body(page_of("cal", tmp_path))
    for told in (
        "upload(client)",
        "the answer",
        "line 7",
        "time.sleep(1)",
        "It blocks.",
        "Lesson 02",
    ):
        assert told in text
    assert "There is no ex03_save.py." in text
    assert "all 3 behaviours" in body(page_of("ben", tmp_path))


def test_tells_in_which_variants_alone_a_behaviour_failed(tmp_path: Path):
    tests = verdict(UPLOAD).tests
    tests[-1] = replace(tests[-1], status="timeout", points=0, message="It hung.")
    write(book(of("ann", Verdict(UPLOAD, "code", "fail", tests=tests))), COURSE, tmp_path)
    assert "(mock)" in page_of("ann", tmp_path) and "out of time" in page_of("ann", tmp_path)


def test_tells_what_lateness_costs(tmp_path: Path):
    write(SMALL, COURSE, tmp_path)
    text = " ".join(page_of("ann", tmp_path).split())
    assert "costs 25 % of the points, 3 here" in text
    assert f"{MOST - 3 * POINTS - 3} of {MOST} points" in text


def test_an_unmarked_exercise_is_no_zero_and_why_is_no_business_of_the_learners(tmp_path: Path):
    write(SMALL, COURSE, tmp_path)
    text = page_of("ben", tmp_path)
    assert "not marked yet" in text and "No process" not in text
    assert f"0 of {MOST} points" in text and f"0 of {2 * MOST}" not in text


def test_gives_the_first_hint_of_what_is_not_passed_and_no_other(tmp_path: Path):
    write(SMALL, COURSE, tmp_path)
    text = page_of("ann", tmp_path)
    for exercise, shown in ((UPLOAD, set()), (SAVE, {0})):
        hints = COURSE.exercise(exercise).hints
        beginnings = [markdown(hint).split("\n")[0][3:40] for hint in hints]
        assert {number for number, one in enumerate(beginnings) if one in text} == shown


def test_tells_of_no_other_learner(tmp_path: Path):
    write(SMALL, COURSE, tmp_path)
    assert not re.search(r"\b(ben|cal)\b", body(page_of("ann", tmp_path)))


def _own_module(exercise: str, name: str) -> Any:
    found = COURSE.exercise(exercise)
    return pytest.param(found, found.graded / "mutants" / f"{name}.py", id=f"{exercise}-{name}")


@pytest.mark.parametrize(
    ("exercise", "path"),
    [_own_module(UPLOAD, "own_async_client"), _own_module(SAVE, "task_not_awaited")],
)
def test_a_real_verdict_gives_nothing_hidden_away(
    marking: Any, exercise: Exercise, path: Path, tmp_path: Path
):
    real = marking.verdict(exercise, path.read_bytes())
    write(book(of("ann", real), exercises=(exercise.name,)), COURSE, tmp_path)
    text = body(page_of("ann", tmp_path))
    assert real.points < real.max_points and "came back" in text
    hidden = [str(COURSE.kit), "/tmp/", "/home/", *(f"{one.stem}.py" for one in exercise.mutants)]
    hidden += [one.stem for one in exercise.mutants if "_" in one.stem]
    for file in [*exercise.graded.glob("*.py"), exercise.reference, *exercise.alternatives]:
        lines = map(str.strip, file.read_text("utf-8").splitlines())
        stub = exercise.stub.read_text("utf-8")
        hidden += [line for line in lines if len(line) > 40 and line not in stub]
    own = path.read_text("utf-8")
    assert [one for one in hidden if escape(one) in text and one not in own] == []


# --- strangers -----------------------------------------------------------------------------------

RUN = "window.hurt = 1; alert(1)"
HOSTILE = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</style></title></textarea></pre><img src=x onerror='{RUN}'>",
    f'" onmouseover="{RUN}" autofocus onfocus="{RUN}" x="',
    f"' onmouseover='{RUN}' x='",
    f"<svg/onload={RUN.replace(' ', '')}>",
    f"javascript:{RUN}",
    f"[a link](javascript:{RUN.replace(' ', '')}) ![](http://127.0.0.1:9/x.png)",
    "<iframe src=http://127.0.0.1:9/></iframe><meta http-equiv=refresh content='0;url=http://127.0.0.1:9'>",
    "{{ 7 * 7 }} {% raw %} {# #} ${7*7}",
    '=HYPERLINK("http://127.0.0.1:9")',
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b1m \x00\x08\x7f",
    "\u202egnp.exe \u2066isolated\u200f \ufeff",
    "half \ud800 a pair \udfff",
    "<!-- --!> ]]> &lt;b&gt; &amp; `<b>code</b>`",
    "x" * 500,
    "ﷺ𝕫" + "e\u0301" * 20,
)


def hostile_class() -> Gradebook:
    """A class in which every place that a stranger can write to holds every hostile text."""
    marked = []
    for text in HOSTILE:
        told = {
            "message": f"called:    {text}\ncame back: raised ValueError: {text}\n{text}",
            "output": f"{text}\n{text}",
            "diagnosis": Diagnosis("wrong-shape", "It is wrong.", "Lesson 1.", 3, text),
        }
        mine = own_tests(**{text: "fail", "test_asked_for": "pass"})
        mine = replace(mine, message=text, tests=[replace(one, **told) for one in mine.tests])
        marked.append(of(text, verdict(UPLOAD, 1, **told), mine, unmarked={SAVE: text}))
        marked.append(of(f"{text} again", unusable(UPLOAD, text), unusable(SAVE, text), mine))
    by_name = sorted(marked, key=lambda one: one.learner.name)
    return book(*by_name, exercises=(UPLOAD, SAVE, MARKERS))


def test_no_control_character_and_no_half_a_pair_is_written(tmp_path: Path):
    for path in write(hostile_class(), COURSE, tmp_path):
        text = path.read_bytes().decode("utf-8")
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", text
        )
        assert "49" not in body(text).split("{{ 7", 1)[-1][:20]


def test_html_in_a_hint_is_text_and_pictures_are_not_fetched():
    html = markdown(
        "<b onclick=x>bold</b> ![seen](http://example.org/x.png) [go](javascript:x)\n\n    code"
    )
    assert "&lt;b onclick=x&gt;" in html and "<pre><code>code" in html
    assert "<img" not in html and "href" not in html.replace("example.org", "").split("go")[-1]


# --- in a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if (program := DRIVER["find_browser"]()) is None:
        pytest.skip("needs Chromium")
    with DRIVER["Browser"](program, tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of the small class."""
    folder = tmp_path_factory.mktemp("small")
    write(SMALL, COURSE, folder)
    return folder


STRANGE = """(() => {
  const bad = "iframe, img, object, embed, form, input, textarea, base, link, [style], [onerror],"
    + "[onload], [onfocus], [onmouseover], [autofocus], meta[http-equiv=refresh]";
  const links = [...document.querySelectorAll("[href], [src]")].map(one => one.href || one.src);
  return [
    ...[...document.querySelectorAll(bad)].map(one => one.outerHTML),
    ...links.filter(link => !link.startsWith("file:")),
    ...(document.querySelectorAll("style").length == 1 ? [] : ["styles"]),
    ...(window.hurt ? ["a stranger's script ran"] : []),
  ];
})()"""


@pytest.mark.browser
def test_a_strangers_text_stays_text(browser: Any, tmp_path: Path):
    class_ = hostile_class()
    index, *pages = write(class_, COURSE, tmp_path)
    with browser.open(index) as page:
        page.run("for (const fold of document.querySelectorAll('details')) fold.open = true")
        assert page.run(STRANGE) == []
        assert page.run("document.scripts.length") == 1
        names = page.texts("table.class tbody th")
        assert names == [_shown(one.learner.name) for one in class_.submissions]
        assert f"<script>{RUN}</script>" in "".join(page.texts("details li"))
        assert page.complaints == []
        assert page.requests == [index.as_uri()]
    with browser.open(pages[0]) as page:
        for path, one in zip(pages, class_.submissions, strict=True):
            page.go(path.as_uri())
            assert page.run(STRANGE) == []
            assert page.run("document.scripts.length") == 0
            assert page.texts("h1") == [_shown(one.learner.name)]
            assert page.complaints == []
        assert page.requests == [pages[0].as_uri(), *(path.as_uri() for path in pages)]


def _shown(name: str) -> str:
    """What is left of a name by the rules of `workshop.stranger`, spelt out for these names."""
    for gone in ("\x1b[31m", "\x1b[0m", "\x1b]0;title\x07", "\x9b1m"):
        name = name.replace(gone, "")
    name = re.sub("[\x00\x08\x7f\u202e\u2066\u200f\ufeff]", "", name)
    return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", name).strip()


@pytest.mark.browser
@pytest.mark.parametrize("place", ["index.html", "feedback/ann.html"])
def test_the_policy_holds_where_escaping_would_not(browser: Any, small: Path, place: str):
    path = small / f"{place}.open.html"
    hurt = f"<script>{RUN}</script><svg onload='{RUN}'></svg><img src='x.png' onerror='{RUN}'>"
    hurt += "<style>body { display: none }</style><script src='x.js'></script>"
    path.write_text((small / place).read_text("utf-8").replace("<h1>", f"{hurt}<h1>"), "utf-8")
    with browser.open(path) as page:
        assert page.run("window.hurt") is None
        assert page.run("getComputedStyle(document.body).display") == "block"
        told = page.complaints
        assert len(told) >= 5 and all("Content Security Policy" in one for one in told)


@pytest.mark.browser
def test_the_class_is_sorted_by_any_column_with_the_mouse(browser: Any, small: Path):
    with browser.open(small / "index.html") as page:
        seen = []
        for column in (1, 1, 3, 3, 0, 0):
            page.click("table.class thead button", column)
            sorted_by = page.run(
                "[...document.querySelectorAll('table.class thead th')].map(one => one.ariaSort)"
            )
            assert [way for way in sorted_by if way != "none"] == [sorted_by[column]]
            seen.append((sorted_by[column], "".join(t[0] for t in page.texts(".class tbody th"))))
        assert seen == [
            ("ascending", "bca"),
            ("descending", "acb"),
            ("ascending", "cab"),  # ben's is unmarked: it comes last either way
            ("descending", "acb"),
            ("ascending", "abc"),
            ("descending", "cba"),
        ]
        assert page.complaints == []


COLUMNS = """[...document.querySelectorAll("table.sortable")].flatMap((table, number) => {
  table.id = `t${number}`;
  return [...table.tHead.rows[0].cells].map((head, column) =>
    [table.id, column, head.classList.contains("text")]).filter(
    ([, column]) => table.tHead.rows[0].cells[column].querySelector("button"));
})"""


def _number(shown: str) -> float:
    """What a cell's text says: `9`, `9of 57` with the most in small print, or `2 of 3`, a share."""
    if share := re.fullmatch(r"(\d+) of (\d+)", shown):
        return int(share[1]) / int(share[2])
    found = re.search(r"\d+(\.\d+)?", shown)
    return float(found[0]) if found else math.nan


@pytest.mark.browser
def test_each_column_of_each_table_is_sorted_with_the_keyboard(browser: Any, tmp_path: Path):
    index, *_ = write(VARIED, COURSE, tmp_path)
    with browser.open(index) as page:
        page.run("for (const fold of document.querySelectorAll('details')) fold.open = true")
        columns = page.run(COLUMNS)
        assert len({table for table, _, _ in columns}) == 4 + len(VARIED.exercises) - 1
        for table, column, is_text in columns:
            before = sorted(page.texts(f"#{table} tbody tr"))
            head = f"document.querySelectorAll('#{table} thead th')[{column}]"
            ways = []
            page.run(f"{head}.querySelector('button').focus()")
            for _ in range(2):
                page.press("Enter", 13, "\r")
                ways.append(page.run(f"{head}.ariaSort"))
                aria = f"#{table} thead [aria-sort]:not([aria-sort=none])"
                assert len(page.texts(aria)) == 1
                cells = page.texts(f"#{table} tbody tr > :nth-child({column + 1})")
                if is_text:
                    keys = [_letters(cell) for cell in cells]
                else:
                    keys = [key for key in map(_number, cells) if key == key]
                    assert all(_number(cell) == key for cell, key in zip(cells, keys, strict=False))
                assert keys == sorted(keys, reverse=ways[-1] == "descending"), (table, column)
            assert sorted(ways) == ["ascending", "descending"]
            assert sorted(page.texts(f"#{table} tbody tr")) == before
        assert page.complaints == []


def _letters(words: str) -> list[tuple[int, str]]:
    """Words as a dictionary sorts them: without accents and marks, numbers by their size."""
    plain = unicodedata.normalize("NFD", words).casefold()
    parts = re.findall(r"\d+|[a-z]+", plain)
    return [(int(part), "") if part.isdigit() else (10**9, part) for part in parts]


@pytest.mark.browser
def test_what_the_page_says_of_the_class_is_true(browser: Any, tmp_path: Path):
    index, *_ = write(VARIED, COURSE, tmp_path)
    whole = [one.points for one in VARIED.submissions if not one.unmarked]
    most = sum(VARIED.max_points.values())
    with browser.open(index) as page:
        page.run("for (const fold of document.querySelectorAll('details')) fold.open = true")
        figures = dict(zip(page.texts(".figures span"), page.texts(".figures b"), strict=True))
        said = {words.removeprefix(number).strip(): number for words, number in figures.items()}
        assert said == {
            "learners": str(len(VARIED.submissions)),
            "exercises": str(len(VARIED.exercises)),
            f"of {most} points: the median": f"{median(whole):.1f}".removesuffix(".0"),
            "on average": f"{mean(whole):.1f}".removesuffix(".0"),
            "unmarked": str(sum(len(one.unmarked) for one in VARIED.submissions)),
        }
        tenths = Counter(min(9, points * 10 // most) for points in whole)
        bars = page.texts("figure .histogram text:not(.axis)")
        assert [int(bar or 0) for bar in bars] == [tenths[tenth] for tenth in range(10)]
        for name in VARIED.exercises:
            row = f"tr:has(> th > a[href='#{name}'])"
            cells = [float(c) if c.isascii() else None for c in _plain(page, f"{row} > td")[:7]]
            assert cells == _sums(name), name
            lost = zip(
                _plain(page, f"#{name} td:first-child"),
                _plain(page, f"#{name} td:nth-child(2)"),
                _plain(page, f"#{name} td:nth-child(3)"),
                strict=True,
            )
            assert {(words, on): int(count) for words, on, count in lost} == _lost(name)
        (row,) = page.run(
            "[...document.querySelectorAll('[aria-labelledby=ideas] tbody tr')]"
            ".map(row => [...row.cells].map(cell => cell.textContent))"
        )
        holders = [one for one in VARIED.submissions if any(_holds(v) for v in one.verdicts)]
        assert row[1] == str(len(holders))
        by_exercise = Counter(v.exercise for one in holders for v in one.verdicts if _holds(v))
        assert row[3].replace("\xa0", " ") == ", ".join(
            f"{name} ({by_exercise[name]})" for name in VARIED.exercises if by_exercise[name]
        )


def _plain(page: Any, selector: str) -> list[str]:
    """The cells that fit, without their small print."""
    found = f"[...document.querySelectorAll({json.dumps(selector)})]"
    return page.run(f"{found}.map(one => one.firstChild?.textContent.trim() ?? '')")


def _holds(verdict: Verdict) -> bool:
    return any(test.diagnosis for test in verdict.tests)


def _sums(name: str) -> list[float | None]:
    """Median, mean, how many have all points, none, no usable file, are late, are unmarked."""
    found = [one for one in VARIED.submissions if one.verdict(name)]
    points = [one.points_of(name) or 0 for one in found]
    if not found:
        return [None] * 6 + [len(VARIED.submissions)]
    return [
        float(f"{median(points):.1f}"),
        float(f"{mean(points):.1f}"),
        points.count(VARIED.max_points[name]),
        points.count(0),
        sum(v.status == "error" for one in found for v in one.verdicts if v.exercise == name),
        sum(bool(one.late) and one.late[0].exercise == name for one in found),
        len(VARIED.submissions) - len(found),
    ]


def _lost(name: str) -> dict[tuple[str, str], int]:
    """How many lost each test, of those whose file could be run."""
    on = {"right": "right modules", "mutant": "wrong module"}
    lost: Counter[tuple[str, str]] = Counter()
    for one in VARIED.submissions:
        for found in one.verdicts:
            if found.exercise == name and found.status != "error":
                for test in found.tests:
                    key = (
                        test.name.removeprefix("test_").replace("_", " "),
                        on.get(test.variant, test.variant),
                    )
                    lost[key if test.variant != "mutant" else (test.name, key[1])] += (
                        test.status != "pass"
                    )
    return dict(lost)


@pytest.mark.browser
def test_links_lead_to_the_pages_of_those_whom_they_name(browser: Any, tmp_path: Path):
    names = [
        "Ann B",
        "100%",
        "a#b",
        "who?",
        "%2e%2e",
        "../../etc",
        "a/b",
        "a\\b",
        "\u674e\u96f7",
        "\u0646\u0648\u0631",
        "\u05d3\u05d5\u05d3",
        "e\u0301",
        "\u00e9",
        "&amp;",
        "+ +",
        "x" * 10_000,
        "\udc80",
    ]
    index, *pages = write(
        book(*(of(name, verdict(UPLOAD)) for name in sorted(names)), exercises=(UPLOAD,)),
        COURSE,
        tmp_path,
    )
    with browser.open(index) as page:
        links = page.run("[...document.querySelectorAll('.class tbody a')].map(one => one.href)")
        assert links == [path.as_uri() for path in pages]
        shown = page.texts(".class tbody a")
        for place in (0, len(pages) - 1, sorted(names).index("\u674e\u96f7")):
            page.click(".class tbody a", place)
            page.wait_for("Page.loadEventFired")
            assert page.texts("h1") == [shown[place]]
            page.go(index.as_uri())


@pytest.mark.browser
def test_classes_out_of_the_ordinary_have_pages(browser: Any, tmp_path: Path):
    without = [replace(one, points=0, max_points=0) for one in verdict(UPLOAD, 1).tests]
    names = {f"test_{number}_{'long' * 30}": "pass" for number in range(3000)}
    classes = {
        "alone": book(of("ann", verdict(UPLOAD)), exercises=(UPLOAD,)),
        "nothing ran": book(
            *(
                of(name, unusable(UPLOAD, "It is empty."), unusable(SAVE, "No."))
                for name in ("ann", "ben")
            )
        ),
        "no points": book(
            of("ann", Verdict(UPLOAD, "code", "fail", tests=without)), exercises=(UPLOAD,)
        ),
        "nothing marked": book(of("ann", unmarked={UPLOAD: "No.", SAVE: "No."})),
        "thousands": book(
            *(of(name, own_tests(**names)) for name in ("ann", "ben")),  # type: ignore[arg-type]
            exercises=(MARKERS,),
        ),
        "no tests": book(
            of("ann", Verdict(UPLOAD, "code", "error", "It is empty.")), exercises=(UPLOAD,)
        ),
    }
    with browser.open(write(book(), COURSE, tmp_path)[0]) as page:
        for name, class_ in classes.items():
            for path in write(class_, COURSE, tmp_path / name):
                page.go(path.as_uri())
                assert page.complaints == [], name
                assert page.texts("h1") and "nan" not in page.texts("main")[0]


@pytest.mark.browser
def test_the_class_is_sorted_with_the_keyboard(browser: Any, small: Path):
    with browser.open(small / "index.html") as page:
        page.run("document.querySelectorAll('table.class thead button')[0].focus()")
        page.press("Tab", 9)
        page.press("Enter", 13, "\r")
        assert page.texts(".class tbody th") == ["ben", "cal", "ann"]
        page.press(" ", 32, " ")
        assert page.texts(".class tbody th") == ["ann", "cal", "ben"]


@pytest.mark.browser
def test_a_map_tells_whose_mark_it_is_and_leads_to_the_page(browser: Any, small: Path):
    with browser.open(small / "index.html") as page:
        page.run("document.querySelector('td.strip').scrollIntoView({block: 'center'})")
        x, y, width = page.run(
            "(b => [b.x, b.y + b.height / 2, b.width])"
            "(document.querySelector('td.strip svg').getBoundingClientRect())"
        )
        told = []
        for third in (1, 3, 5):
            page.point(x + width * third / 6, y)
            told += page.texts("table.map output")[:1]
        assert told == ["ann: passed", "cal: passed", "ben: lost"]
        page.click("td.strip svg")  # in the middle: the second best
        page.wait_for("Page.loadEventFired")
        assert page.texts("h1") == ["cal"]


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1600])
@pytest.mark.parametrize("place", ["index.html", "feedback"])
def test_nothing_sticks_out_of_a_narrow_or_wide_window(
    browser: Any, tmp_path: Path, place: str, width: int
):
    index, *pages = write(hostile_class(), COURSE, tmp_path)
    with browser.open(index if place == "index.html" else pages[0], width=width) as page:
        for path in [index] if place == "index.html" else pages[:: len(pages) // 6]:
            page.go(path.as_uri())
            page.run("for (const fold of document.querySelectorAll('details')) fold.open = true")
            assert page.run("document.documentElement.scrollWidth") <= width


CONTRAST = """(() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number)
      .map(c => c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = one => {
    const colour = getComputedStyle(one).backgroundColor;
    return colour == "rgba(0, 0, 0, 0)" && one.parentElement ? ground(one.parentElement) : colour;
  };
  return [...document.querySelectorAll("td, th, p, a, .tag, .label, h4, .no, summary")]
    .filter(one => one.textContent.trim() && one.checkVisibility())
    .map(one => [light(getComputedStyle(one).color), light(ground(one)), one.outerHTML])
    .map(([a, b, html]) => [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), html.slice(0, 80)])
    .filter(([ratio]) => ratio < 4.5);
})()"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [1100, 1280, 1600])
def test_no_table_is_cut_on_a_computers_screen(browser: Any, small: Path, width: int):
    with browser.open(small / "index.html", width=width) as page:
        assert page.run(CUT) == 0


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("place", ["index.html", "feedback/ann.html"])
def test_all_words_stand_out_from_their_ground(browser: Any, small: Path, place: str, dark: bool):
    """https://www.w3.org/TR/WCAG22/#contrast-minimum"""
    with browser.open(small / place, dark=dark) as page:
        ground = page.run("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") != dark
        assert page.run(CONTRAST) == []


@pytest.mark.browser
def test_paper_shows_all_maps_and_cuts_no_column(browser: Any, tmp_path: Path):
    names = tuple(one.name for one in COURSE.exercises)
    marked = [of(f"Somebody with a long name, {i}", *map(verdict, names)) for i in range(50)]
    marked += [of("x" * 500, *map(verdict, names[1:]), unmarked={names[0]: "y" * 500})]
    index, *_ = write(book(*marked, exercises=names), COURSE, tmp_path)
    with browser.open(index) as page:
        closed = "document.querySelectorAll('details:not([open])').length"
        page.run(f"addEventListener('beforeprint', () => {{ window.atPrint = {closed} }})")
        folded = page.run(closed)
        # On the screen the last learner of many can be scrolled to.
        last = "document.querySelector('.class tbody tr:last-child a')"
        x, y = page.run(
            f"({last}.scrollIntoView({{block: 'center'}}), (b => [b.x + 5, b.y + 5])"
            f"({last}.getBoundingClientRect()))"
        )
        assert page.run(f"document.elementFromPoint({x}, {y}).closest('a') == {last}")
        assert page.pdf().startswith(b"%PDF")
        assert (page.run("window.atPrint"), page.run(closed)) == (0, folded)
        assert folded
        page.ask("Emulation.setEmulatedMedia", media="print")
        page.resize(PAPER, 700)
        page.run("for (const fold of document.querySelectorAll('details')) fold.open = true")
        assert page.run("document.documentElement.scrollWidth") <= PAPER
        assert page.run(CUT) == 0


@pytest.mark.browser
def test_what_matters_comes_first_and_repetitions_are_folded_until_printed(
    browser: Any, tmp_path: Path
):
    tests = [
        TestResult(f"test_{n}", "marker", "fail", 0, 1, f"called:    f({n})", diagnosis=IDEA)
        for n in range(15)
    ]
    write(book(of("ann", Verdict(UPLOAD, "code", "fail", tests=tests))), COURSE, tmp_path)
    with browser.open(tmp_path / "feedback" / "ann.html") as page:
        seen = "[...document.querySelectorAll('.failure pre')].filter(one => one.checkVisibility())"
        tops = page.run(
            "['.line', '.thought b', '.failure', 'aside'].map("
            "one => document.querySelector(one).getBoundingClientRect().top)"
        )
        assert tops == sorted(tops) and tops[-1] < 1000
        assert page.run(f"{seen}.map(one => one.textContent)") == ["f(0)"]
        assert page.texts(".failure pre") == [f"f({n})" for n in range(15)]
        page.click(".thought summary")
        assert page.run(f"{seen}.length") == 15
        page.click(".thought summary")
        page.ask("Emulation.setEmulatedMedia", media="print")
        assert page.run(f"{seen}.length") == 15
        assert page.run("document.querySelector('table.behaviours').checkVisibility()")


CUT = """[...document.querySelectorAll(".scroll")].filter(one =>
  one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 1).length"""
PAPER = 1031
"""CSS pixels between the margins of A4 paper that lies on its side: 297 mm less two of 12."""
