"""What needs no key."""

import pytest

from gateway import access
from gateway.access import Access
from gateway.caller import NOBODY, VERBS, Caller, Verb
from passerelle.manifest.model import Manifest
from tests.unit.gateway import made


def test_nothing_is_open_unless_the_manifest_says_so() -> None:
    found = access.of(Manifest(models=(made.model(),)))
    assert not any(found.is_open(verb, model) for verb in VERBS for model in ("m", "*"))


def test_a_public_model_is_open_and_no_other() -> None:
    found = access.of(Manifest(models=(made.model(public=True), made.model(id="n"))))
    assert found == Access(frozenset({"m"}))
    assert found.is_open("predict", "m")
    assert found.is_open("read", "m")
    assert not found.is_open("predict", "n")
    assert not found.is_open("read")


@pytest.mark.parametrize(("part", "verb"), [("listing", "read"), ("metrics", "metrics")])
def test_a_part_is_open_and_nothing_else(part: str, verb: Verb) -> None:
    found = Access(parts=frozenset({part}))  # type: ignore[arg-type]  # it is one
    opened = {(each, model) for each in VERBS for model in ("m", "*") if found.is_open(each, model)}
    assert opened == {(verb, "m"), (verb, "*")}


def test_who_has_a_key_may_what_anybody_may() -> None:
    caller = Caller("key:1", "alice", {"predict": frozenset({"n"})})
    found = Access(frozenset({"m"}))
    assert [found.allows(caller, "predict", each) for each in "mno"] == [True, True, False]
    assert [found.allows(NOBODY, "predict", each) for each in "mno"] == [True, False, False]
