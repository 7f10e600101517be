"""Print the index that torch should come from, or nothing for pip's own.

On Linux, pip's own torch carries gigabytes of CUDA libraries. Where there is no GPU, PyTorch's
index of CPU builds saves them, if it answers. PASSERELLE_TORCH_INDEX overrides the choice: an
index's URL, or `default`. With --requirements GROUP..., print what is to be installed from it.
"""

import os
import sys
import tomllib
import urllib.request
from pathlib import Path

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SECONDS = 5  # that the index has to answer a probe


def chosen() -> str:
    """The index's URL, or nothing."""
    setting = os.environ.get("PASSERELLE_TORCH_INDEX", "")
    if setting:
        return "" if setting == "default" else setting
    has_gpu = any(Path("/dev").glob("nvidia[0-9]*"))
    if sys.platform != "linux" or has_gpu:
        return ""
    try:
        with urllib.request.urlopen(f"{CPU_INDEX}/torch/", timeout=SECONDS):  # noqa: S310  # our own URL
            return CPU_INDEX
    except OSError:
        return ""


def requirements(names: list[str]) -> list[str]:
    """The pins of torch and torchvision in these groups of pyproject.toml."""
    groups = tomllib.loads(Path("pyproject.toml").read_text())["dependency-groups"]
    found = []
    for name in names:
        for each in groups[name]:
            if isinstance(each, dict):
                found += requirements([each["include-group"]])
            elif each.startswith("torch"):
                found.append(each)
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--requirements"]:
        sys.stdout.write(" ".join(requirements(sys.argv[2:])))
    else:
        sys.stdout.write(chosen())
