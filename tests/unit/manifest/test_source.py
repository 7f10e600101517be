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
        ("a: 2024-13-45", "line 1: a: '2024-13-45' is no such value; put it in quotes"),
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
