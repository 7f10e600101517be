"""Odd pictures and odd messages, for as long as is asked; ends with 1 where one does harm.

Each is written to a file before it is read, so that what ends the process can be tried again. The
files are removed where nothing did harm.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.fuzz import pictures, target, tensors
from tests.fuzz.target import Found, Target

MAX_PIXELS = 50_000_000  # as in production
TARGETS: dict[str, Callable[[], Target]] = {
    "pictures": lambda: pictures.Pictures(MAX_PIXELS),
    "requests": tensors.Requests,
    "answers": tensors.Answers,
}


def main() -> None:
    """Try each for its part of the time."""
    options = arguments()
    names = options.target or list(TARGETS)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    seconds = options.minutes * 60 / len(names)
    faults = sum(tried(name, options.seed, seconds, folder / name) for name in names)
    if not faults:
        shutil.rmtree(folder)
    sys.exit(faults > 0)


def tried(name: str, seed: int, seconds: float, file: Path) -> int:
    """How many faults a target has, which are printed; `file` has what is tried last."""
    end = time.monotonic() + seconds
    found = target.run(
        TARGETS[name](), seed, lambda _: time.monotonic() < end, note=file.write_bytes
    )
    print(text(name, found))
    for number, (error, content) in enumerate(found.faults):
        kept = file.with_name(f"{name}-{number}")
        kept.write_bytes(content)
        print(f"  {error}: {kept}")
    return len(found.faults)


def text(name: str, found: Found) -> str:
    """What came of one target, in a line."""
    counts = ", ".join(f"{count:,} {kind}" for kind, count in found.counts.most_common())
    return (
        f"{name}: {found.tried:,} tried: {counts}; the slowest took {found.slowest:.2f} s; "
        f"{len(found.faults)} faults"
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="of all targets together")
    parser.add_argument("--seed", type=int, default=0, help="another one: other inputs")
    parser.add_argument("--target", action="append", choices=TARGETS, help="again for each")
    return parser.parse_args()


if __name__ == "__main__":
    main()
