"""Print the index that torch should come from, or nothing for pip's own.

On Linux, pip's own torch carries gigabytes of CUDA libraries. Where there is no GPU, PyTorch's
index of CPU builds saves them, if it answers. PASSERELLE_TORCH_INDEX overrides the choice: an
index's URL, or `default`.
"""

import os
import sys
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


if __name__ == "__main__":
    sys.stdout.write(chosen())
