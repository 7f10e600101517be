"""Whose request it is: no client can say that it has another address than its own."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from passerelle.server import client_address
from passerelle.server.client_address import Proxies

PROXY = "10.0.0.1"
TRUSTED = ("10.0.0.0/8", "2001:db8:1::/48", "fe80::/10")
CLIENT = "203.0.113.9"


def client(header: str, peer: str = PROXY, name: str = "X-Forwarded-For") -> str:
    found = Proxies(TRUSTED, name).addresses(peer, {name.lower(): header})
    return found[0]


def test_unless_a_proxy_is_trusted_the_client_is_who_connected() -> None:
    headers = {"x-forwarded-for": "1.2.3.4", "forwarded": "for=1.2.3.4"}
    assert Proxies().addresses(CLIENT, headers) == (CLIENT,)
    assert Proxies(TRUSTED).addresses(CLIENT, headers) == (CLIENT,)
    assert Proxies(TRUSTED, "Forwarded").addresses("", headers) == ()


def test_a_trusted_proxy_says_whose_request_it_is() -> None:
    assert client(CLIENT) == CLIENT
    assert client("2001:DB8::0:1", "2001:db8:1::5") == "2001:db8::1"
    assert Proxies(TRUSTED).addresses(PROXY, {}) == (PROXY,)


def test_the_client_is_found_from_the_right_through_trusted_proxies_only() -> None:
    header = f"1.1.1.1, 10.9.9.9, {CLIENT}, 10.0.0.3, 2001:db8:1::2"
    found = Proxies(TRUSTED).addresses(PROXY, {"x-forwarded-for": header})
    assert found == (CLIENT, "10.0.0.3", "2001:db8:1::2", PROXY)


def test_where_every_address_is_a_trusted_proxys_the_first_is_the_clients() -> None:
    assert client("10.0.0.3, 10.0.0.2") == "10.0.0.3"


@pytest.mark.parametrize(
    "entry",
    ["unknown", "_hidden", "", "1.2.3", "1.2.3.4.5", "1.2.3.4:x", "1.2.3.4:123456", "01.2.3.4",
     "[::1", "::1]", "[::1]x", "fe80::1%eth0", "[fe80::1%25eth0]", "²", "127.1", "0x7f000001",
     "1.2.3.4\r\nX: 1", "<script>", "a" * 60_000],
)  # fmt: skip
def test_behind_a_word_that_is_no_address_nothing_is_known(entry: str) -> None:
    assert client(f"{CLIENT}, {entry}") == PROXY
    assert client(f"{CLIENT}, {entry}, 10.0.0.7") == "10.0.0.7"


@pytest.mark.parametrize(
    ("entry", "address"),
    [("1.2.3.4:80", "1.2.3.4"), ("[2001:db8::1]", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"),
     ("[2001:db8::1]:443", "2001:db8::1"), ("::ffff:1.2.3.4", "1.2.3.4"), (" 1.2.3.4\t", "1.2.3.4"),
     ("1.2.3.4:_secret", "1.2.3.4")],
)  # fmt: skip
def test_an_address_may_have_brackets_and_a_port(entry: str, address: str) -> None:
    assert client(entry) == address


@pytest.mark.parametrize(
    ("peer", "address"),
    [("::ffff:10.0.0.1", PROXY), ("fe80::1%eth0", "fe80::1"), ("2001:DB8:1:0::5", "2001:db8:1::5")],
)
def test_who_connected_is_known_in_one_spelling_and_without_a_zone(peer: str, address: str) -> None:
    assert Proxies(TRUSTED).addresses(peer, {"x-forwarded-for": CLIENT}) == (CLIENT, address)
    assert Proxies().addresses(peer, {}) == (address,)


def test_a_proxy_at_a_unix_socket_may_be_trusted() -> None:
    proxies = Proxies(("unix", "10.0.0.0/8"))
    assert proxies.addresses("", {"x-forwarded-for": CLIENT}) == (CLIENT,)
    assert proxies.addresses("", {}) == ()
    assert Proxies(TRUSTED).addresses("", {"x-forwarded-for": CLIENT}) == ()


def test_ten_thousand_entries_are_read_as_far_as_proxies_may_stand_behind_each_other() -> None:
    header = {"x-forwarded-for": f"{CLIENT}, " + ", ".join(["10.0.0.2"] * 10_000)}
    found = Proxies(TRUSTED).addresses(PROXY, header)
    assert found == ("10.0.0.2",) * client_address.MAX_PROXIES + (PROXY,)


@pytest.mark.parametrize(
    "element",
    ["for=203.0.113.9", "For=203.0.113.9;Proto=https;by=10.0.0.1", 'for="203.0.113.9:47011"',
     'proto=http; for="203.0.113.9" ;host="a.example"'],
)  # fmt: skip
def test_forwarded_is_read_as_its_grammar_has_it(element: str) -> None:
    assert client(f"for=1.1.1.1, {element}, for=10.0.0.2", name="Forwarded") == CLIENT


def test_forwarded_has_addresses_of_ipv6_in_brackets_and_quotes() -> None:
    assert client('for="[2001:db8::1]:4711"', name="Forwarded") == "2001:db8::1"
    assert client("for=[2001:db8::1]", name="Forwarded") == PROXY


@pytest.mark.parametrize(
    "element",
    ["for=1.1.1.1;for=2.2.2.2", "1.1.1.1", "for=unknown", "for=", 'for="1.1.1.1', "by=1.1.1.1",
     'for=1.1.1.1;b"', 'for=1.1.1.1;b="', 'for=1.1.1.1;b=";proto=https', "for=1.1.1.1;",
     'for="\\1.1.1.1"'],
)  # fmt: skip
def test_an_element_that_is_not_well_formed_says_nothing(element: str) -> None:
    assert client(element, name="Forwarded") == PROXY


@pytest.mark.parametrize("sent", ['for=1.1.1.1;x="', 'for="', '"', 'for=1.1.1.1;x="\\'])
def test_a_quote_that_a_client_leaves_open_hides_nothing(sent: str) -> None:
    assert client(f"{sent}, for={CLIENT}", name="Forwarded") == CLIENT
    assert client(f'{sent}, for="[2001:db8::1]"', name="Forwarded") == "2001:db8::1"


def test_a_host_that_a_proxy_quotes_names_no_client() -> None:
    for host in ("a,for=1.1.1.1", "a,for=1.1.1.1;b", "a,for=1.1.1.1;b="):
        header = f'for={CLIENT};host="{host}"'
        assert client(header, name="Forwarded") == PROXY


def test_the_header_that_the_proxies_dont_write_is_not_read() -> None:
    headers = {"x-forwarded-for": "1.1.1.1", "forwarded": f"for={CLIENT}"}
    assert Proxies(TRUSTED, "Forwarded").addresses(PROXY, headers)[0] == CLIENT
    assert Proxies(TRUSTED).addresses(PROXY, headers)[0] == "1.1.1.1"


@given(sent=st.text(string.printable + "²ü", max_size=60))
@example(sent=f"{PROXY}, {PROXY}")
@pytest.mark.parametrize(("name", "form"), [("X-Forwarded-For", "{}"), ("Forwarded", "for={}")])
def test_whatever_a_client_sends_its_address_is_what_the_proxy_adds(
    name: str, form: str, sent: str
) -> None:
    assert client(f"{sent}, {form.format(CLIENT)}", name=name) == CLIENT


@pytest.mark.parametrize("text", ["10.0.0.0/8", "::1", "unix", "10.0.0.0/8, 2001:db8::/32,unix"])
def test_networks_are_written_in_cidr_notation(text: str) -> None:
    assert client_address.is_trustable(text)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "all", "10.0.0.0/33", ",", "nginx", "*"])
def test_a_text_that_is_no_network_is_told(text: str) -> None:
    assert not client_address.is_trustable(text)
