"""Which headers go through the gateway with what is passed on as it is, in either direction.

All do, but for those of one connection (RFC 9110, section 7.6.1), those by which a client proves to
the gateway who it is, those that the gateway says itself, such as who asks (identity_headers.py),
and those that speak of a host: the client knows the gateway's alone.
"""

from collections.abc import Mapping, Sequence

from gateway.adapters import identity_headers
from gateway.keys import api_keys
from passerelle.protocol import answers, timeout

HOP_BY_HOP = frozenset({
    "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
TRACE = frozenset({"traceparent", "tracestate", "x-cloud-trace-context", "x-request-id"})
OF_REQUESTS = HOP_BY_HOP | TRACE | {
    "content-length", "cookie", "host", timeout.HEADER.lower(), "x-api-key",
    "via", "x-serverless-authorization",
}  # fmt: skip
OF_RESPONSES = HOP_BY_HOP | TRACE | {
    "alt-svc", "clear-site-data", "date", "set-cookie", "strict-transport-security",
    *(name.lower() for name in (answers.DIGEST, answers.MODEL, answers.PICTURES)),
    answers.MODEL_OF_ANSWER.lower(),
}  # fmt: skip
CORS = "access-control-"  # how the names begin by which the gateway lets other pages in, or not
FORWARDED_FOR = "X-Forwarded-For"
WITHOUT_EFFECT = frozenset({"User-Agent", FORWARDED_FOR})  # on an answer, as far as one can say


def of_request(headers: Mapping[str, str]) -> dict[str, str]:
    """Those of a client's that its model's backend is sent. The names of `headers` are lower case.

    `Authorization` is among them where the key or token is elsewhere, and isn't in it, too, nor is
    any key of the gateway's.
    """
    withheld = OF_REQUESTS | named(headers)
    own, beside = headers.get("x-api-key", "").strip(), headers.get("authorization", "")
    if not own or own in beside or api_keys.is_in(beside):
        withheld |= {"authorization"}
    return {
        name.title(): value
        for name, value in headers.items()
        if not (name in withheld or identity_headers.is_one(name))
    }


def forwarded_for(addresses: Sequence[str]) -> dict[str, str]:
    """Whose request it is: its client's address, and those of the trusted proxies in between."""
    return {FORWARDED_FOR: ", ".join(addresses)} if addresses else {}


def of_response(headers: Mapping[str, str], host: str) -> dict[str, str]:
    """Those of a backend's that the client is sent: none that tells the backend's own address."""
    withheld = OF_RESPONSES | named(headers)
    return {
        name: value
        for name, value in headers.items()
        if not (name in withheld or name.startswith(CORS) or tells(value, host))
    }


def named(headers: Mapping[str, str]) -> set[str]:
    """The headers that belong to one connection since its Connection header says so."""
    return {name.strip().lower() for name in headers.get("connection", "").split(",")}


def tells(text: str, host: str) -> bool:
    """Whether a text has an address in it. A mere word is none."""
    return host in text and not host.isalpha()


def variant(headers: Mapping[str, str]) -> str:
    """What of a request's headers may decide its answer, as one text."""
    decisive = {
        name: value
        for name, value in headers.items()
        if name.lower() not in TRACE and name not in WITHOUT_EFFECT
    }
    return repr(sorted(decisive.items()))
