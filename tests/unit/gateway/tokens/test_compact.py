"""A token as it is sent: one form, no other."""

import pytest

from gateway.tokens import compact
from passerelle.protocol.problems import Unauthorized
from tests.support import signing

HEADER, PAYLOAD = signing.encode(b'{"alg": "RS256"}'), signing.encode(b'{"iss": "a"}')

TWICE = signing.encode(b'{"alg": "RS256", "alg": "none"}')


def test_a_token_has_a_header_a_payload_and_a_signature() -> None:
    found = compact.parse(f"{HEADER}.{PAYLOAD}.c2ln")
    assert (found.header, found.payload) == ({"alg": "RS256"}, b'{"iss": "a"}')
    assert (found.signed, found.signature) == (f"{HEADER}.{PAYLOAD}".encode(), b"sig")
    assert "sig'" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "", "nonsense", ".", "..", "...", f"{HEADER}.{PAYLOAD}", f"{HEADER}.{PAYLOAD}.",
        f"{HEADER}..c2ln", f".{PAYLOAD}.c2ln", f"{HEADER}.{PAYLOAD}.c2ln.",
        f" {HEADER}.{PAYLOAD}.c2ln",
        f"{HEADER}.{PAYLOAD}.c2ln ", f"{HEADER}.{PAYLOAD}.c2ln\n", f"{HEADER}.{PAYLOAD}.c2ln=",
        f"{HEADER}.{PAYLOAD}.c2ln====", f"{HEADER}.{PAYLOAD}.c2\tln", f"{HEADER}.{PAYLOAD}.c2l+",
        f"{HEADER}.{PAYLOAD}.c2l/", f"{HEADER}.{PAYLOAD}.c2lné", f"{HEADER}.{PAYLOAD}.c2l\uff4e",
        f"{HEADER}.{PAYLOAD}.c2lnc", f"{HEADER}.{PAYLOAD}.c2lnYf", f"{HEADER}%2E{PAYLOAD}%2Ec2ln",
        f"c2ln.{PAYLOAD}.c2ln", f"{HEADER}\u3002{PAYLOAD}\u3002c2ln",
        f"{signing.encode(b'[]')}.{PAYLOAD}.c2ln",
        f"{TWICE}.{PAYLOAD}.c2ln",
        '{"payload": "e30", "signatures": []}',
    ],
    ids=range(28),
)  # fmt: skip
def test_what_is_written_in_another_way_is_no_token(text: str) -> None:
    with pytest.raises(Unauthorized, match="is no JSON Web Token"):
        compact.parse(text)


def test_a_token_that_is_encrypted_is_refused_by_that() -> None:
    with pytest.raises(Unauthorized, match="is encrypted"):
        compact.parse("a.b.c.d.e")


def test_a_token_is_not_longer_than_any_is() -> None:
    with pytest.raises(Unauthorized, match="is longer than 16,384 characters"):
        compact.parse(f"{HEADER}.{'a' * compact.MAX_LENGTH}.c2ln")


@pytest.mark.parametrize("last", ["c2lnYh", "c2lnYi", "c2lnYj"])
def test_bits_that_stand_for_nothing_are_none_to_play_with(last: str) -> None:
    assert compact.decode("c2lnYg") == b"sigb"
    with pytest.raises(ValueError, match="another way"):
        compact.decode(last)
