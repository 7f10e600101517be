"""What a file is, told from its first bytes, so that who sent it can be told.

Sources: the formats' own documents, as gathered in the magic files of file(1).
"""

import re
from collections.abc import Iterator

# What begins with these bytes, in the order that they are looked for.
BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\0\x10\0\0\0CR", "a camera's raw picture (CR2)"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"II+\0", "a TIFF picture"),
    (b"MM\0+", "a TIFF picture"),
    (b"IIRO", "a camera's raw picture (ORF)"),
    (b"IIRS", "a camera's raw picture (ORF)"),
    (b"IIU\0", "a camera's raw picture (RW2)"),
    (b"FUJIFILMCCD-RAW", "a camera's raw picture (RAF)"),
    (b"II\xbc", "a JPEG XR picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"8BPS", "a Photoshop file"),
    (b"gimp xcf", "a GIMP file"),
    (b"\0\0\x01\0", "an icon (ICO)"),
    (b"\0\0\x02\0", "a cursor (CUR)"),
    (b"icns", "an icon (ICNS)"),
    (b"qoif", "a QOI picture"),
    (b"DDS ", "a DDS texture"),
    (b"\x8aMNG", "an MNG animation"),
    (b"v/1\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance picture"),
    (b"SIMPLE  =", "a FITS file"),
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"\xd7\xcd\xc6\x9a", "a WMF drawing"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x1aE\xdf\xa3", "a video (Matroska or WebM)"),
    (b"FLV\x01", "a video (FLV)"),
    (b"\0\0\x01\xba", "a video (MPEG)"),
    (b"\0\0\x01\xb3", "a video (MPEG)"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a sound file"),
    (b"ID3", "a sound file"),
    (b"\x7fELF", "a program"),
    (b"\0\x05\x16\x07", "what macOS keeps beside a file (its name begins with ._), not the file"),
    (b"version https://git-lfs.github.com/", "a Git LFS pointer; run: git lfs pull"),
)

# By the brand that an ISO media file (ftyp) says it is of.
BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "an AVIF picture"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "a HEIC picture"),
    **dict.fromkeys((b"mif1", b"msf1"), "a HEIF picture"),
    b"crx ": "a camera's raw picture (CR3)",
}
RIFF = {b"WEBP": "a WebP picture", b"AVI ": "a video (AVI)", b"WAVE": "a sound file"}
AT = ((128, b"DICM", "a DICOM file"), (257, b"ustar", "a tar archive"))

ADVICE = "; "  # stands before what to do, where that isn't to send another file
LOOK = 1024  # bytes that are looked at
TEXTS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), name)
    for pattern, name in (
        (rb"(<\?xml.*|<!--.*|<!doctype )?<?svg[\s>/]", "an SVG drawing"),
        (rb"<(!doctype html|html|head|body)", "an HTML page"),
        (rb"<\?xml|<[a-z]+[\s>/]", "XML text"),
        (rb"[{\[]\s*[\"{\[\]}\d]", 'JSON text; send it with "Content-Type: application/json"'),
        (rb"data:[^,]{0,200},", 'a data: URI; send it as JSON {"image": "data:…"}'),
        (
            rb"(https?|s3|gs|file)://",
            "an address; send the picture itself, nothing is fetched here",
        ),
        (rb"--[^\r\n]+\r?\ncontent-", "a form's body; send it as multipart/form-data; boundary=…"),
        (rb"P[1-7]\s", "a Netpbm picture"),
        (
            rb"[^\r\n<>]{1,200}\.(jpe?g|png|webp|gif|bmp|tiff?|avif|heic)\s*\Z",
            "a file's name; send the file itself, with curl by an @ before the name",
        ),
        (
            rb"(/9j/|iVBORw0KGgo|UklGR|R0lGOD|Qk|SUkq|TU0A)[\w+/=\s-]+\Z",
            'base64 text; send it as JSON {"image": "…"}',
        ),
        (rb"[\w.%-]+=[^\s&]", "a URL-encoded form; send the picture itself"),
    )
)
PRINTED = re.compile(rb"[\t\r\n\x20-\x7e]+")
EMBEDDED = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)

# What becomes of pictures on ways that take them for text.
AS_TEXT = (b"\xef\xbf\xbd", b"\xc2\x89PNG", b"\xc3\xbf\xc3\x98")  # a JPEG's, a PNG's first bytes
LINE_ENDS = re.compile(rb"\x89PNG[\r\n]{0,3}\x1a|\xff\xd8\xff[\xe0\xe1].?(JFIF|Exif)", re.DOTALL)


def described(content: bytes) -> str:
    """What the file is, after "This is …"; empty where that isn't known."""
    return next(_descriptions(content[:LOOK]), "")


def damaged(content: bytes) -> str:
    """What has happened to a picture on its way, as a sentence; empty where nothing is seen."""
    head = content[:LOOK]
    if head.startswith(AS_TEXT):
        return "The picture was read as text on its way, and can't be mended. Send its bytes."
    if LINE_ENDS.match(head) and not _whole(head):
        return (
            "The picture's line ends or zeros were changed on its way. "
            "Send its bytes, with curl by --data-binary instead of --data."
        )
    found = EMBEDDED.search(head)
    if found and found.start():
        return f"There are {found.start()} bytes before the picture. Send the picture alone."
    return ""


def _whole(head: bytes) -> bool:
    """Whether a PNG's first bytes, or a JPEG's first segment, are as they must be."""
    return head.startswith(b"\x89PNG\r\n\x1a\n") or head[6:10] in (b"JFIF", b"Exif")


def _descriptions(head: bytes) -> Iterator[str]:
    """All that it may be, the likeliest first."""
    yield from (name for beginning, name in BEGINNINGS if head.startswith(beginning))
    if head[4:8] == b"ftyp":
        yield BRANDS.get(head[8:12], "a video (MP4 or QuickTime)")
    if head[:4] == b"RIFF":
        yield RIFF.get(head[8:12], "a RIFF file")
    yield from (name for offset, magic, name in AT if head.startswith(magic, offset))
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    yield from (name for pattern, name in TEXTS if pattern.match(text))
    if b"%PDF-" in head:
        yield "a PDF document"
    if head and not head.strip(b"\0"):
        yield "nothing but zeros"
    if PRINTED.fullmatch(head):
        yield "text"
