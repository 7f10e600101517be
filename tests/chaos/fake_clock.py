"""A wall clock that jumps, of the processes that are started with it: `fake_clock.c`, compiled."""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
LACK = "there is no C compiler (cc), which the clock needs"


class FakeClock:
    """The clock. A file says how many seconds it is from the real one."""

    def __init__(self, folder: Path) -> None:
        self._library, self._file = folder / "fake_clock.so", folder / "clock"
        self.jump(0)
        command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(self._library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)

    def jump(self, seconds: int) -> None:
        """Set it so far from the real one, at once."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))

    @property
    def environ(self) -> Mapping[str, str]:
        """What a process is started with to have it."""
        return {"LD_PRELOAD": str(self._library), "FAKE_CLOCK": str(self._file)}


def find(folder: Path) -> FakeClock | None:
    """A clock whose files lie in a folder; None where it can't be made."""
    return FakeClock(folder) if shutil.which("cc") else None
