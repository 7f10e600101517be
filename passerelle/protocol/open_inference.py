"""The Open Inference Protocol V2 over REST, with the extension for binary tensors.

A message is JSON. With the extension, the tensors' own bytes stand behind it, and a header says
where the JSON ends. `0` is a request that is one tensor's bytes and nothing else.
"""

HEADER_LENGTH = "Inference-Header-Content-Length"
VERSION = "1"  # of every model: there is one at a time
BINARY_SIZE = "binary_data_size"  # a tensor's parameter: how many of the bytes are its own

IMAGE = "image"  # the input that is an encoded picture, whatever the network's own is called
RESULT = "result"  # the output that is an answer as JSON

# Bytes of an element; those of BYTES have each their own length before them, of 4 bytes.
SIZES = {
    "BOOL": 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2, "INT32": 4,
    "INT64": 8, "FP16": 2, "FP32": 4, "FP64": 8,
}  # fmt: skip
BYTES = "BYTES"


def header_length(text: str | None, size: int) -> int:
    """How many of a body's bytes are its JSON, by the header's text; all where there is none.

    Raises:
        ValueError: it is no whole number, or more than the `size` of the body.
    """
    if text is None:
        return size
    is_number = text.isascii() and text.isdecimal() and len(text) < 20
    if not is_number or int(text) > size:
        raise ValueError(text[:20])
    return int(text)
