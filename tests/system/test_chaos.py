"""Some faults that happen for real under load; `make chaos` has all of them."""

import subprocess
import sys

from tests.chaos import faults
from tests.conftest import shared_artifacts
from tests.support import stack


def test_a_fault_hurts_whom_it_may_and_all_are_well_again() -> None:
    shared_artifacts()
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--quick"],
        capture_output=True, text=True, cwd=stack.ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines()[2 : 2 + len(faults.QUICK)]]
    assert [row[0].removeprefix("| ") for row in rows] == [each.title for each in faults.QUICK]
    for _, sent, right, _, hung, wrong, others, _ in rows:
        assert int(sent) > int(right) / 2 > 10
        assert (hung, wrong, others) == ("0", "0", "0")
    assert "503" in rows[0][3]  # the killed one's, while it starts again
    assert "cut off" in rows[1][3]
