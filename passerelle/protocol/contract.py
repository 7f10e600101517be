"""The version of what gateway and services say to each other, and of an artifact's card.

Each moves at its own speed. A minor version adds what the other side may do without; a major one
changes what was there, and isn't understood by who speaks another.

    1.0  /health/ready with each model's status and digest, /model/<id>, /model/<id>/predict
    1.1  a service states its version, and that it is being stopped (`draining`)
    1.2  a card states its activation and output, a service how many pictures gave no numbers
    1.3  a card states its task and its signature, an answer its task
    1.4  a request has `boxes` of its picture, each answered by itself; a service takes tensors by
         /model/<id>/infer
    1.5  a card states the SHA-256 of its labels
"""

VERSION = "1.5"
VERSION_IF_UNSTATED = "1.0"  # services and cards of that time had no version in them


def is_compatible(version: str) -> bool:
    """Whether a service or a card of that version is understood here: same major number."""
    return version.partition(".")[0] == VERSION.partition(".")[0]
