"""What a request to a service is before it is sent."""

from gateway.transport import Request


def test_headers_replace_those_of_the_same_name_however_it_is_written() -> None:
    request = Request("GET", "/", {"authorization": "client's", "Accept": "a"}, b"body")
    found = request.with_headers({"Authorization": "ours"})
    assert found == Request("GET", "/", {"Accept": "a", "Authorization": "ours"}, b"body")
    assert b"client's" not in found.head("host")
