"""Pictures that are sound, if unusual, over HTTP: each has the same answer as the usual one."""

import base64
import io
import json
import struct
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.support import processes, stack
from tests.system.test_gateway import CATS, FIRST, problem

BASE64 = base64.b64encode(stack.CAT).decode()
LINES = base64.encodebytes(stack.CAT).decode()
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
JSON = {"Content-Type": "application/json"}


def saved(form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(stack.CAT)).convert("RGB").save(out, form, **options)
    return out.getvalue()


def texts(*, compressed: bool) -> PngInfo:
    info = PngInfo()
    info.add_text("workflow", "x" * 2_000_000, zip=compressed)
    info.add_itxt("XML:com.adobe.xmp", "x" * 2_000_000, zip=compressed)
    return info


def part(disposition: str, more: str = "", content: bytes = stack.CAT) -> bytes:
    head = f"--b\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n"
    return head.encode() + content + b"\r\n"


def form(*parts: bytes) -> dict[str, Any]:
    return {"data": b"".join(parts) + b"--b--\r\n", "headers": MULTIPART}


def in_json(text: str) -> dict[str, Any]:
    return {"data": json.dumps({"image": text}), "headers": JSON}


def typed(media_type: str | None) -> dict[str, Any]:
    return {"data": stack.CAT, "headers": {"Content-Type": media_type}}


MORE: list[tuple[str, dict[str, Any]]] = [
    ("AVIF", {}),
    ("BMP", {}),
    ("GIF", {"save_all": True, "append_images": [Image.new("RGB", (451, 300))]}),
    ("TIFF", {"compression": "tiff_lzw"}),
    (
        "TIFF",
        {"compression": "jpeg", "save_all": True, "append_images": [Image.new("RGB", (16, 16))]},
    ),
    ("JPEG", {}),
]


def test_more_formats_are_read_where_a_setting_says_so(state: Path) -> None:
    at = f"127.0.0.1:{stack.free_port()}"
    folder = processes.artifact(state / "artifacts")
    environ = {"PASSERELLE_FORMATS": "jpeg,avif,bmp,gif,tiff"}
    with processes.service(folder, at, environ=environ):
        stack.wait_for(lambda: requests.get(f"http://{at}/health/ready", timeout=5).ok, 30)
        predict = f"http://{at}/model/{FIRST}/predict"
        for form, options in MORE:
            answer = requests.post(predict, data=saved(form, **options), timeout=60)
            assert answer.status_code == 200, (form, answer.text)
            assert answer.json()["category"] in CATS
        told = requests.post(predict, data=stack.CAT, timeout=60).json()["detail"]
        assert told.startswith("This is a PNG picture. This service reads JPEG, AVIF, BMP, GIF and")


JPEG = saved("JPEG")
PROFILE = b"\xff\xe2" + struct.pack(">H", 65_535) + b"ICC_PROFILE\0\1\1" + bytes(65_519)
SOUND: dict[str, dict[str, Any]] = {
    "compressed texts": {"data": saved(pnginfo=texts(compressed=True))},
    "plain texts": {"data": saved(pnginfo=texts(compressed=False))},
    "a profile of 2 MB": {"data": saved(icc_profile=bytes(2_000_000))},
    "an animated PNG": {"data": saved(save_all=True, append_images=[Image.new("RGB", (451, 300))])},
    "something behind its end": {"data": stack.CAT + bytes(1000)},
    "a JPEG with megabytes of profile": {"data": JPEG[:2] + PROFILE * 30 + JPEG[2:]},
    "a JPEG with two pictures": {
        "data": saved("MPO", save_all=True, append_images=[Image.new("RGB", (451, 300))])
    },
    "an animated WebP": {
        "data": saved("WEBP", save_all=True, append_images=[Image.new("RGB", (451, 300))])
    },
    "a file with an empty name": form(part('name="image"; filename=""')),
    "a file without a name": form(part('name="image"')),
    "a file with a name in Latin-1": form(
        part('name="image"; filename="k\xe4tzchen.png"').replace("\xe4".encode(), b"\xe4", 1)
    ),
    "other fields": form(part("name=note", content=b"hello"), part("name=image; filename=a")),
    "a part in base64": form(
        part("name=image", "Content-Transfer-Encoding: base64\r\n", LINES.encode())
    ),
    "a data: URI": in_json("data:image/png;base64," + BASE64),
    "base64 in lines": in_json(LINES),
    "base64 for URLs, without padding": in_json(
        base64.urlsafe_b64encode(stack.CAT).decode().rstrip("=")
    ),
    "JSON with a BOM": {
        "data": json.dumps({"image": BASE64}).encode("utf-8-sig"),
        "headers": {"Content-Type": "Application/JSON; charset=utf-8;"},
    },
    "no media type": typed(None),
    **{
        media_type: typed(media_type)
        for media_type in ("binary/octet-stream", "image/jpg", "IMAGE/PNG;", "*/*", "text/plain")
    },
}


@pytest.mark.parametrize("sent", SOUND.values(), ids=SOUND.keys())
def test_a_sound_picture_is_answered(sent: dict[str, Any], up: stack.Stack) -> None:
    answer = up.request("POST", f"/model/{FIRST}/predict", **sent)
    assert answer.status_code == 200, answer.text
    assert answer.json()["category"] in CATS


def frame(marker: int, bits: int) -> bytes:
    at = JPEG.index(b"\xff\xc0")
    return JPEG[:at] + bytes((0xFF, marker, *JPEG[at + 2 : at + 4], bits)) + JPEG[at + 5 :]


OTHER: dict[str, tuple[dict[str, Any], int, str]] = {
    "a 12-bit JPEG": ({"data": frame(0xC1, 12)}, 415, "a picture in 12-bit JPEG"),
    "a lossless JPEG": ({"data": frame(0xC3, 16)}, 415, "a picture in 16-bit lossless JPEG"),
    "a HEIC": ({"data": b"\0\0\0\x18ftypheic" + bytes(90)}, 415, "This is a HEIC picture. Send"),
    "an SVG": ({"data": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}, 415, "an SVG drawing"),
    "a web page": ({"data": b"<!DOCTYPE html><html>"}, 415, "This is an HTML page. Send a JPEG"),
    "a PDF": ({"data": b"%PDF-1.7"}, 415, "This is a PDF document"),
    "base64 alone": ({"data": BASE64}, 415, "This is base64 text; send it as JSON"),
    "a TIFF": ({"data": saved("TIFF")}, 415, "have tiff added to PASSERELLE_FORMATS"),
    "curl --data @cat.png": (
        {"data": stack.CAT.translate(None, b"\r\n\0")}, 422, "--data-binary instead of --data"
    ),
    "no boundary": (
        {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "no boundary"
    ),
    "a picture and another file": (
        form(part("name=image"), part("name=b; filename=b")), 400, "has 2 files, and not all in a f"
    ),
    "another field": (form(part("name=file; filename=a")), 400, '"image"; it has "file"'),
    "top in a form": (
        form(part("name=image"), part("name=top", content=b"3")), 400, "?top=5 into the address"
    ),
    "two pictures in JSON": (
        {"data": '{"image": "AAAA", "image": "AAAA"}', "headers": JSON}, 400, '2 members "image"'
    ),
    "broken base64": (in_json(BASE64[:9] + "*" + BASE64[9:]), 400, "character 10 is '*'"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "status", "says"), OTHER.values(), ids=OTHER.keys())
def test_what_is_not_answered_is_told_what_it_is(
    sent: dict[str, Any], status: int, says: str, up: stack.Stack
) -> None:
    told = problem(up.request("POST", f"/model/{FIRST}/predict", **sent), status)
    assert says in told["detail"]
