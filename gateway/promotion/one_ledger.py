"""Why several workers can't promote without a file that is theirs together."""

from pathlib import Path

from passerelle.manifest.model import Manifest, Split, of_kind


def problem(manifest: Manifest, workers: int, file: Path | None) -> str:
    """What is wrong, and what to do; empty if nothing is."""
    promoted = [each.id for each in of_kind(Split, manifest.models) if each.promote]
    if not promoted or workers == 1 or file:
        return ""
    return (
        f"{' and '.join(promoted)} can't be promoted by {workers} workers that share no file: each "
        "would judge by its own requests. Set PASSERELLE_TRAFFIC to a file, or PASSERELLE_WORKERS "
        "to 1"
    )
