"""What a request says about who sent it, wherever it says so."""

from collections.abc import Mapping

from gateway.exchange import Client

KEY_NAMES_IN_QUERY = frozenset({"key", "api_key", "apikey", "api-key", "x-api-key", "access_token"})


def client(headers: Mapping[str, str], query: Mapping[str, str]) -> Client:
    """Who a request says that it is from. The names of `headers` are in lower case."""
    in_query = not KEY_NAMES_IN_QUERY.isdisjoint(name.lower() for name in query)
    if key := headers.get("x-api-key"):
        return Client(key.strip(), in_query)
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    return Client(credentials.strip() if scheme.lower() == "bearer" else "", in_query)
