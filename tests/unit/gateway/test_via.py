"""The gateways that a request came through, and loops among them."""

import pytest

from gateway import via
from passerelle.protocol import problems

NAME = "passerelle-0123abcd"


def test_each_process_has_a_name_of_its_own() -> None:
    assert via.new_name() != via.new_name()
    assert via.extended("", via.new_name()).startswith("1.1 passerelle-")


@pytest.mark.parametrize(
    "received", ["1.1 cache", "1.0 fred, HTTP/2 p.example.net (nginx)", "1.1 passerelle-ffffffff"]
)
def test_a_gateway_names_itself_behind_those_before(received: str) -> None:
    assert via.extended(received, NAME) == f"{received}, 1.1 {NAME}"


@pytest.mark.parametrize(
    "received", [f"1.1 {NAME}", f"1.0 a, HTTP/1.1 {NAME} (b), 1.1 passerelle-ffffffff"]
)
def test_what_was_here_before_is_a_loop(received: str) -> None:
    with pytest.raises(problems.LoopDetected, match="leads back"):
        via.extended(received, NAME)


def test_so_are_too_many_of_ours() -> None:
    found = ""
    for _ in range(via.MAX_GATEWAYS):
        found = via.extended(found, via.new_name())
    with pytest.raises(problems.LoopDetected):
        via.extended(found, NAME)


def test_others_names_are_no_gateway_of_ours() -> None:
    received = ", ".join([f"1.1 {NAME}0", f"1.1 x{NAME}", "1.1 passerelle"] * 8)
    assert via.extended(received, NAME).endswith(f", 1.1 {NAME}")
