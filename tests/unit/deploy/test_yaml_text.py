"""YAML as a person would write it."""

from ruamel.yaml.comments import CommentedMap

from passerelle.deploy import yaml_text


def test_a_document_with_one_of_each() -> None:
    base = yaml_text.anchored("base", {"init": True})
    document = CommentedMap({"x-base": base})
    document["one"] = yaml_text.merged(
        base, {"short": yaml_text.in_one_line(["a", yaml_text.quoted("b:c")]), "none": None}
    )
    yaml_text.comment(document, "one", "Said before.", 0)
    yaml_text.remark(document["one"], "none", "said behind")
    assert yaml_text.dump(document, "First.\nSecond.") == (
        "# First.\n# Second.\n"
        "x-base: &base\n"
        "  init: true\n"
        "\n"
        "# Said before.\n"
        "one:\n"
        "  <<: *base\n"
        '  short: [a, "b:c"]\n'
        "  none: # said behind\n"
    )


def test_no_line_is_broken() -> None:
    text = "word " * 100
    assert len(yaml_text.dump(CommentedMap({"key": text}), "x").splitlines()) == 2


def test_what_yaml_would_misread_is_quoted() -> None:
    text = yaml_text.dump(CommentedMap({"key": "yes: no", "on": "true"}), "x")
    assert "'yes: no'" in text
    assert "'true'" in text
