"""Several pages of metrics as one."""

from __future__ import annotations

from medreward.observability.page import merged

from .scraped import samples

OURS = '# HELP a_total Ours\n# TYPE a_total counter\na_total{x="1"} 1.0\n'
THEIRS = '# HELP b B\n# TYPE b gauge\nb 2\n# HELP a_total Theirs\n# TYPE a_total counter\na_total{x="2"} 3\n'


def test_a_family_of_two_pages_stands_once_with_all_its_samples() -> None:
    page = merged([OURS, THEIRS])
    assert page.count("# TYPE a_total counter\n") == page.count("# HELP a_total") == 1
    assert samples(page) == {
        ("a_total", frozenset({("x", "1")})): 1.0,
        ("a_total", frozenset({("x", "2")})): 3.0,
        ("b", frozenset()): 2.0,
    }


def test_a_family_that_a_page_itself_has_twice_stands_once() -> None:
    again = '# HELP b B\n# TYPE b gauge\nb{y="2"} 2\n'
    page = merged(['# HELP b B\n# TYPE b gauge\nb{y="1"} 1\n', again, OURS, again.replace('y="2"', 'y="3"')])
    assert page.count("# TYPE b gauge") == 1
    # contiguous, as the format asks
    assert [line[0] for line in page.splitlines() if line[0] != "#"] == ["b", "b", "b", "a"]


def test_samples_are_passed_on_as_they_are() -> None:
    odd = '# TYPE c untyped\nc{path="C:\\\\x\\"#\\n"}   1e-3 1700000000000\n'
    assert merged([odd]) == odd


def test_remarks_and_empty_lines_are_left_out() -> None:
    assert merged(["\n# a remark\n\n# EOF\n", "a 1"]) == "a 1\n"
