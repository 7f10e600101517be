"""Who asks, and what they may do."""

from gateway.caller import NOBODY, VERBS, Caller


def test_a_caller_may_what_the_scopes_say() -> None:
    caller = Caller("key:1", "alice", {"predict": frozenset({"b", "a"}), "read": frozenset({"*"})})
    assert [caller.allows("predict", each) for each in ("a", "b", "c", "*")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert caller.allows("read", "anything")
    assert caller.allows("read")
    assert not caller.allows("usage")
    assert caller.models("predict") == ["a", "b"]


def test_nobody_may_do_nothing() -> None:
    assert not any(NOBODY.allows(verb, model) for verb in VERBS for model in ("*", "m"))
