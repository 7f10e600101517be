"""How much of something there may be in how long: `100/minute`."""

import re

import pydantic

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}  # of each unit
PATTERN = rf"^[1-9][0-9]{{0,8}}/({'|'.join(SECONDS)})$"
QUOTA_PATTERN = r"^[1-9][0-9]{0,8}/(hour|day)$"


class Rate(pydantic.BaseModel):
    """So many of something in so many seconds."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)

    amount: int
    seconds: int

    def __str__(self) -> str:
        unit = next(name for name, each in SECONDS.items() if each == self.seconds)
        return f"{self.amount}/{unit}"


def parse_quota(text: str) -> Rate:
    """A quota as people write it: a rate of whole hours or days.

    Raises:
        ValueError: the text is none.
    """
    if not re.fullmatch(QUOTA_PATTERN, text):
        raise ValueError(text)
    return parse(text)


def parse(text: str) -> Rate:
    """A rate as people write it.

    Raises:
        ValueError: the text is none.
    """
    if not re.fullmatch(PATTERN, text):
        raise ValueError(text)
    amount, _, unit = text.partition("/")
    return Rate(amount=int(amount), seconds=SECONDS[unit])
