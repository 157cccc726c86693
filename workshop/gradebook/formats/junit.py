"""junit/: a report a learner in JUnit's XML, a test suite an exercise, for a CI server.

The schema is the one that Jenkins publishes,
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
and pytest tests its own reports with. A test that does not pass is a `failure`; one that could not
be run, or did not end, is an `error`; an exercise that is unmarked is one `skipped` test. Points
are properties of the suite, lateness taken off. There are no times.

https://www.w3.org/TR/xml/#charsets says which characters XML can hold at all.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from workshop.gradebook.book import Gradebook, Marked
from workshop.gradebook.file_names import file_name
from workshop.gradebook.formats.names import LONGEST, names_of
from workshop.gradebook.formats.wording import captured, explained, title
from workshop.gradebook.writing import write_texts
from workshop.grading.verdict import TestResult, Verdict
from workshop.stranger import one_line

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def write(book: Gradebook, folder: Path) -> list[Path]:
    """Write junit/. Raises OSError when something cannot be written."""
    names = names_of(book)
    return write_texts(
        (folder / "junit" / f"{file_name(one.learner)}.xml", report(book, one, names))
        for one in book.submissions
    )


def report(book: Gradebook, one: Marked, names: dict[str, str]) -> str:
    """The XML of one learner; `names` are those of the class."""
    top = ET.Element("testsuites", name=_legal(names[one.learner.name]))
    for exercise in book.exercises:
        top.append(_suite(book, one, exercise))
    for count in ("tests", "failures", "errors"):
        top.set(count, str(sum(int(suite.get(count, "0")) for suite in top)))
    ET.indent(top, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(top, "unicode") + "\n"


def _suite(book: Gradebook, one: Marked, exercise: str) -> ET.Element:
    verdict, points = one.verdict(exercise), one.points_of(exercise)
    suite = ET.Element("testsuite", name=_legal(exercise))
    if verdict is None:
        why = one_line(one.unmarked.get(exercise, ""), LONGEST) or "It was not marked."
        cases = [_case(exercise, exercise, "skipped", why)]
    else:
        properties = ET.SubElement(suite, "properties")
        for name, value in (("points", points), ("max_points", book.max_points[exercise])):
            ET.SubElement(properties, "property", name=name, value=str(value))
        cases = [_of_test(exercise, test) for test in verdict.tests] or [_of_none(verdict)]
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for kind, count in _COUNTED.items():
        suite.set(count, str(sum(case.find(kind) is not None for case in cases)))
    return suite


def _of_test(exercise: str, test: TestResult) -> ET.Element:
    kind = {"pass": "", "fail": "failure"}.get(test.status, "error")
    case = _case(f"{exercise}.{test.variant}", title(test), kind, explained(test), test.status)
    if output := captured(test):
        ET.SubElement(case, "system-out").text = _legal(output)
    return case


def _of_none(verdict: Verdict) -> ET.Element:
    kind = {"pass": "", "fail": "failure"}.get(verdict.status, "error")
    return _case(verdict.exercise, verdict.exercise, kind, one_line(verdict.message, LONGEST))


def _case(place: str, name: str, kind: str, text: str, type_: str = "") -> ET.Element:
    """A test case; `kind` is the element that says why it did not pass, or empty."""
    case = ET.Element("testcase", classname=_legal(place), name=_legal(name))
    if kind:
        why = ET.SubElement(case, kind, type=type_ or kind, message=_legal(one_line(text, LONGEST)))
        why.text = _legal(text)
    return case


def _legal(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
