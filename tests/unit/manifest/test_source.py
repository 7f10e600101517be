"""YAML as plain data with lines."""

import pytest

from passerelle.manifest import source


def messages(text: str) -> list[str]:
    return [str(each) for each in source.parse(text).problems]


def test_every_value_has_its_line() -> None:
    document = source.parse("version: 1\nmodels:\n  - id: a\n    input: {size: 3}\n")
    assert document.data == {"version": 1, "models": [{"id": "a", "input": {"size": 3}}]}
    assert document.lines["models", 0, "id"] == 3
    assert document.lines["models", 0, "input", "size"] == 4


def test_a_problem_is_at_the_nearest_part_that_is_there() -> None:
    document = source.parse("models:\n  - id: a\n")
    document.add(("models", 0, "input", "size"), "missing; add it")
    assert [str(each) for each in document.problems] == [
        "line 2: models[0].input.size: missing; add it"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2", "line 2: a: written twice, first on line 1; remove one"),
        ("a: [", "line 1: this is not YAML"),
        ("a: &x [*x]", "line 1: a[0]: this alias holds itself; write the values out"),
        ("a: !!int x", "line 1: a: 'x' is no such value; put it in quotes"),
        ("a: !!timestamp x", "line 1: a: 'x' is no such value; put it in quotes"),
        ("a: {b:1}", "line 1: a.b:1: 'b:1' has no space behind its colon; write b: 1"),
        ("a: {{ b }}", "line 1: a: a key is text; put what has braces or brackets in quotes"),
        ("a: 1\nb: x\u2028y\nc: [", "line 2: U+2028 ends a line to some readers and not to others"),
        ("a: 1\nb: x\u2028y\nc: [", "line 3: this is not YAML"),
        ("a: \u201cx\u201d", "line 1: a: '\u201cx\u201d' has quotes that don't quote in YAML"),
        ("a: 1\n\u00a0b: 2", "begins or ends with U+00A0; write a space instead"),
        ('a: "\\ud800"', "holds half a character"),
        ("[" * 1000, "nested too deep"),
    ],
)
def test_what_is_wrong_with_the_text_itself(text: str, expected: str) -> None:
    assert any(expected in each for each in messages(text)), messages(text)


def test_a_few_aliases_cannot_stand_for_billions_of_values() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "values; write fewer" in messages("\n".join(lines))[0]


def test_an_empty_text_holds_nothing() -> None:
    assert source.parse("").data is None


def test_a_path_is_rendered_as_a_person_writes_it() -> None:
    assert source.render(("models", 0, "id")) == "models[0].id"


def test_words_without_quotes_are_kept_as_they_are_written() -> None:
    document = source.parse("a: 007\nb: ['no', no]\n")
    assert document.data == {"a": 7, "b": ["no", "no"]}
    assert document.written == {("a",): "007", ("b", 1): "no"}


def test_anchors_and_merge_keys_are_followed() -> None:
    text = "a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: [<<]\n"
    assert source.parse(text).data == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": ["<<"]}


def test_problems_are_told_by_line_and_items_by_their_numbers() -> None:
    paths = ["b[10]", "b[9].c", "b[9]", "a", ""]
    found = [source.Problem(2, path, "x") for path in paths] + [source.Problem(1, "z", "x")]
    told = [(each.line, each.path) for each in sorted(found, key=source.order)]
    assert told == [(1, "z"), (2, ""), (2, "a"), (2, "b[9]"), (2, "b[9].c"), (2, "b[10]")]


def test_tabs_at_the_ends_of_lines_are_no_part_of_it() -> None:
    text = "a: 1\t\nb:\n  - c \t \n\t\n  - 'd\te'\n# f\t\n"
    document = source.parse(text)
    assert (document.data, document.problems) == ({"a": 1, "b": ["c", "d\te"]}, [])
