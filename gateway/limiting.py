"""How often: the rates and quotas of whoever asks, and of the model that is asked."""

from gateway.caller import Caller
from gateway.exchange import Exchange
from gateway.route import AnyRoute
from gateway.state import State


async def admit(gateway: State, exchange: Exchange, caller: Caller, route: AnyRoute) -> None:
    """Return only if one more request is within every limit.

    Raises:
        TooManyRequests
    """
