"""Whether `gateway` and `services` are Passerelle's own, before anything of them is imported."""

import importlib.util
from pathlib import Path

NAMES = ("gateway", "services")
ROOT = Path(__file__).resolve().parents[2]  # the folder that our packages lie in


def refuse_others(root: Path = ROOT) -> None:
    """Return only if the packages that would be imported lie beside this one.

    Raises:
        SystemExit: another project's, on PYTHONPATH or in the current folder, would be.
    """
    for name in NAMES:
        spec = importlib.util.find_spec(name)
        found = [Path(each).resolve() for each in (spec and spec.submodule_search_locations) or ()]
        if found != [root / name]:
            where = found[0] if found else spec and spec.origin
            raise SystemExit(
                f"Error: Python finds another {name} than Passerelle's, at {where}. Take it off "
                "PYTHONPATH, go to another folder, or rename it."
            )
