"""What is installed: by the modules that one imports, what tells one version from another."""

import functools
import hashlib
import importlib.metadata
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from passerelle.artifact import content
from passerelle.artifact.content import Stamp


def fingerprints(modules: Collection[str]) -> dict[str, str]:
    """The version and the content of each distribution that these top-level modules are of.

    The content, too: a package under development is installed again without a new version.
    """
    by_module = _distributions(tuple(content.stamp(Path(entry)) for entry in sys.path))
    names = {name for module in modules for name in by_module.get(module, ())}
    return {name: _fingerprint(name) for name in sorted(names)}


@functools.lru_cache(maxsize=1)
def _distributions(_: tuple[Stamp, ...]) -> Mapping[str, list[str]]:
    """The distributions by their top-level modules, looked for again after an installation."""
    return importlib.metadata.packages_distributions()


def _fingerprint(name: str) -> str:
    """A distribution's version, and the SHA-256 of the list of its files with theirs.

    That list is written by whatever installs. Its lines of scripts, of caches and of the
    installation itself are left out: they differ from one machine to the next. Empty where the
    distribution has gone meanwhile.
    """
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    lines = (distribution.read_text("RECORD") or "").splitlines()
    kept = sorted(
        line for line in lines
        if ",sha256=" in line and ".dist-info/" not in line
        and not line.startswith(("..", "/", "__editable__"))
    )  # fmt: skip
    digest = hashlib.sha256("\n".join(kept).encode()).hexdigest()
    return f"{distribution.version} {digest}"
