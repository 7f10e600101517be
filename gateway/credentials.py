"""What a request says about who sent it, wherever it says so."""

from collections.abc import Mapping

from gateway.exchange import Client
from passerelle.server.messages import Request

KEY_NAMES_IN_QUERY = frozenset({"key", "api_key", "apikey", "api-key", "x-api-key", "access_token"})


def client(request: Request, query: Mapping[str, str]) -> Client:
    """Who a request, whose query has these values, says that it is from."""
    headers, addresses = request.headers, request.addresses
    in_query = not KEY_NAMES_IN_QUERY.isdisjoint(name.lower() for name in query)
    if key := headers.get("x-api-key"):
        return Client(key.strip(), in_query, addresses)
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    text = credentials.strip() if scheme.lower() == "bearer" else ""
    return Client(text, in_query, addresses)
