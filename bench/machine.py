"""What a benchmark ran on: processor, cores, system, and the versions that matter."""

import importlib.metadata
import os
import platform
import re
from pathlib import Path

PACKAGES = ("flask", "gunicorn", "httptools", "numpy", "openvino", "pillow")


def facts() -> dict[str, str]:
    """What it runs on."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "system": f"{platform.system()} {platform.release()}",
        "versions": ", ".join([f"Python {platform.python_version()}", *versions]),
    }
