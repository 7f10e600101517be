"""What splits, mirrors, promotions and captures need of whatever runs the gateway: files that last.

A split's choice needs none. What compares, judges or keeps pictures does so after the answer, and
writes what all gateways of one machine share; where a platform has no such files, it is refused.
"""

import dataclasses
from collections.abc import Iterable, Iterator

from passerelle.manifest.model import AnyModel, Split

NODE_LABEL = "passerelle.gateway"  # of the Swarm's node whose volumes the gateway has


@dataclasses.dataclass(frozen=True)
class Kept:
    """Something that the gateway writes: the setting that says where, and the volume it is in."""

    setting: str
    path: str  # of the file or the folder, in the gateway's container
    volume: str  # whose name is that of its folder, too
    about: str

    @property
    def mount(self) -> str:
        """The volume and its folder, as Compose writes them."""
        return f"{self.volume}:/{self.volume}"


TRAFFIC = Kept(
    "PASSERELLE_TRAFFIC", "/traffic/traffic.db", "traffic",
    "what splits and mirrors were asked, and how far a promotion is",
)  # fmt: skip
CAPTURE = Kept("PASSERELLE_CAPTURE", "/capture", "capture", "pictures and answers that were kept")


def kept(models: Iterable[AnyModel]) -> tuple[Kept, ...]:
    """What the gateway of these models writes beside its usage."""
    models = tuple(models)
    counts = any(isinstance(each, Split) or each.mirror for each in models)
    captures = any(each.capture for each in models)
    return (*([TRAFFIC] if counts else []), *([CAPTURE] if captures else []))


def needs_files(models: Iterable[AnyModel]) -> bool:
    """Whether something of that must last: all but the counts of splits that compare nothing."""
    return any(True for _ in lasting(models))


def lasting(models: Iterable[AnyModel]) -> Iterator[tuple[str, str]]:
    """Each model's id and field whose work is done after the answer, upon files that last."""
    for each in models:
        names = ("compare", "promote") if isinstance(each, Split) else ("mirror", "capture")
        yield from ((each.id, name) for name in names if getattr(each, name))


INSTEAD = {  # of a field that isn't honoured: what to do
    "mirror": "remove it, and compare with passerelle evaluate, or run the gateway by Compose",
    "capture": "remove it, and keep pictures where they are sent from",
    "compare": "remove it; the split itself works",
    "promote": "remove it, and change the split's weights by hand; the split itself works",
}


def refusals(models: Iterable[AnyModel], platform: str) -> Iterator[str]:
    """What a platform can't honour whose instances come and go and share no files."""
    for model_id, name in lasting(models):
        yield (
            f"{model_id}: {name} works after the answer, upon files that all gateways share, and "
            f"{platform}'s instances have none; {INSTEAD[name]}."
        )
