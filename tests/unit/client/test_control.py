"""passerelle/client/control.py: what is asked beside predictions."""

from passerelle.client import AsyncClient, Client
from tests.unit.client import fake


def test_a_promotion_is_the_whole_document() -> None:
    network = fake.network({"state": "waiting"})
    assert Client(fake.URL, "psl_key", http=network.http()).promote("pets", 25, force=True) == {
        "state": "waiting"
    }
    assert network.paths == ["/model/pets/promotion"]


async def test_a_promotion_is_asked_for_and_told() -> None:
    network = fake.network({"state": "waiting"})
    assert await AsyncClient(fake.URL, "psl_key", http=network.http_async()).promote(
        "pets", 25, force=True
    ) == {"state": "waiting"}
    assert network.requests[0].content == b'{"to": 25, "force": true}'
