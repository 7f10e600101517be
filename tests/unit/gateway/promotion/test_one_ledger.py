"""gateway/promotion/one_ledger.py: whether several workers can promote."""

from pathlib import Path

import pytest

from gateway.promotion import one_ledger
from passerelle.manifest.model import Manifest
from tests.unit.gateway.promotion import made

PROMOTED = Manifest(models=(made.split(),))


def test_several_workers_need_a_file() -> None:
    assert one_ledger.problem(PROMOTED, 2, None) == (
        "pets can't be promoted by 2 workers that share no file: each would judge by its own "
        "requests. Set PASSERELLE_TRAFFIC to a file, or PASSERELLE_WORKERS to 1"
    )


@pytest.mark.parametrize(
    ("manifest", "workers", "file"),
    [
        (PROMOTED, 1, None),
        (PROMOTED, 2, Path("traffic.db")),
        (Manifest(models=(made.split(promote=None),)), 2, None),
    ],
)
def test_one_worker_a_file_and_no_promotion_are_all_well(
    manifest: Manifest, workers: int, file: Path | None
) -> None:
    assert one_ledger.problem(manifest, workers, file) == ""
