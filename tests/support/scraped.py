"""What a scrape of `/metrics` said, as tests look at it."""

from typing import NamedTuple

from prometheus_client import parser


class Sample(NamedTuple):
    """A series, and its value."""

    name: str
    labels: dict[str, str]
    value: float


def samples(text: str) -> list[Sample]:
    """Every sample of a text in Prometheus' form."""
    families = parser.text_string_to_metric_families(text)
    return [
        Sample(each.name, dict(each.labels), each.value)
        for family in families for each in family.samples
    ]  # fmt: skip


def total(text: str, name: str, **labels: str) -> float:
    """The sum of a metric's samples that have these labels; there is one at least."""
    found = [
        each.value for each in samples(text)
        if each.name == name and labels.items() <= each.labels.items()
    ]  # fmt: skip
    assert found, f"{name} {labels} isn't there"
    return sum(found)


def names(text: str) -> set[str]:
    """The names of all samples."""
    return {each.name for each in samples(text)}
