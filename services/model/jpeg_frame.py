"""What process a JPEG was written by, if it is one that few programs read, and in how many scans.

Source: ITU-T T.81, tables B.1 and B.2; T.87 for JPEG-LS.
"""

import itertools
import re
import struct

LOSSLESS, HIERARCHICAL, ARITHMETIC = "lossless", "hierarchical", "arithmetic-coded"
PROCESSES = {
    0xC3: LOSSLESS,
    0xC5: HIERARCHICAL,
    0xC6: HIERARCHICAL,
    0xC7: f"{LOSSLESS} {HIERARCHICAL}",
    0xC9: ARITHMETIC,
    0xCA: ARITHMETIC,
    0xCB: f"{LOSSLESS} {ARITHMETIC}",
    0xCD: f"{HIERARCHICAL} {ARITHMETIC}",
    0xCE: f"{HIERARCHICAL} {ARITHMETIC}",
    0xCF: f"{LOSSLESS} {HIERARCHICAL} {ARITHMETIC}",
    0xDE: HIERARCHICAL,
    0xF7: "JPEG-LS",
}
FRAMES = {0xC0, 0xC1, 0xC2} | PROCESSES.keys()
NO_LENGTH = {0x01, *range(0xD0, 0xD9)}  # markers that stand alone
END = {0xD9, 0xDA}  # of the picture, and of its header
COMPONENTS = {1, 3, 4}
START_OF_SCAN = re.compile(b"\xff\xda")
MAX_SCANS = 500  # ten are usual; what a file has beside its picture may look like some more


def has_too_many_scans(encoded: bytes) -> bool:
    """Whether a JPEG would be gone through so often that it takes minutes: 75 bytes are a scan."""
    further = itertools.islice(START_OF_SCAN.finditer(encoded), MAX_SCANS, None)
    return next(further, None) is not None


def unusual(encoded: bytes) -> str:
    """What is unusual about a JPEG, such as "12-bit"; empty for one as everybody writes them."""
    frame = _frame(encoded)
    if frame is None:
        return ""
    marker, bits, components = frame
    words = [PROCESSES[marker]] if marker in PROCESSES else []
    if bits != 8:
        words.insert(0, f"{bits}-bit")
    if components not in COMPONENTS:
        words.append(f"{components}-component")
    return " ".join(words)


def _frame(encoded: bytes) -> tuple[int, int, int] | None:
    """The frame's marker, its bits a sample, and its components; None where there is none."""
    at = 0
    while (at := encoded.find(b"\xff", at)) >= 0 and at + 10 <= len(encoded):
        marker = encoded[at + 1]
        if marker in END:
            return None
        if marker in FRAMES:
            return marker, encoded[at + 4], encoded[at + 9]
        if marker in NO_LENGTH or marker in (0, 0xFF):
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", encoded, at + 2)
        at += 2 + length
    return None
