"""Forms as clients write them: the parts' bytes are as they were sent."""

import pytest

from passerelle.server.pictures import form

DATA = bytes(range(256)) + b"\r\n--other\r\n\n\r" + b"x" * (3 * form.CHUNK) + b"\r\n"
HEAD = b'Content-Disposition: form-data; name="image"; filename="a.png"'


def body(head: bytes = HEAD, end: bytes = b"\r\n--b--\r\n", line: bytes = b"\r\n") -> bytes:
    return b"--b" + line + head + line + line + DATA + end


def only(content: bytes, boundary: str = "b") -> form.Part:
    (part,) = form.parts(content, boundary)
    return part


def test_a_file_has_its_name_and_its_bytes() -> None:
    part = only(body())
    assert (part.name, part.is_file, part.content) == ("image", True, DATA)


@pytest.mark.parametrize(
    "content",
    [
        body(end=b"\r\n--b--"),
        body(end=b"\r\n--b-- \r\nand an epilogue\r\n--b"),
        b"a preamble\r\n" + body(),
        body(line=b"\n", end=b"\n--b--\n"),
        body(HEAD.replace(b"; filename", b";\r\n filename")),
        body(b"Content-Type: text/plain; charset=iso-8859-15\r\n" + HEAD),
        body(HEAD.replace(b'"a.png"', b'"gr\xf6\xdfe.jpg"')),
        body(HEAD.replace(b'filename="a.png"', b"filename*=UTF-8''gr%C3%B6%C3%9Fe.png")),
        body(HEAD.replace(b'filename="a.png"', b"filename*=x-unknown''a%FF")),
        body(HEAD.replace(b'"a.png"', b'"a\\"b;c.png"')),
        body(HEAD.replace(b'name="image"', b"name=image")),
        body(HEAD.replace(b"Content-Disposition", b"content-disposition")),
    ],
)
def test_a_file_is_whole_however_the_form_is_written(content: bytes) -> None:
    part = only(content)
    assert (part.name, part.content) == ("image", DATA)


@pytest.mark.parametrize("boundary", ["----WebKitFormBoundaryx", "a b", "=_?+'", "b" * 70])
def test_a_boundary_may_have_any_characters(boundary: str) -> None:
    assert only(body().replace(b"--b", b"--" + boundary.encode()), boundary).content == DATA


def test_a_field_without_a_file_name_keeps_its_bytes() -> None:
    part = only(body(b"Content-Disposition: form-data; name=image"))
    assert (part.is_file, part.filename, part.content) == (False, None, DATA)


@pytest.mark.parametrize("name", ["", "a.png"])
def test_a_file_has_its_name_even_if_it_has_none(name: str) -> None:
    part = only(body(HEAD.replace(b"a.png", name.encode())))
    assert (part.is_file, part.filename) == (True, name)


def test_each_part_is_there_in_its_order() -> None:
    two = body(end=b"\r\n") + body(HEAD.replace(b"image", b"other"))
    assert [part.name for part in form.parts(two, "b")] == ["image", "other"]


def test_a_part_may_have_no_name() -> None:
    assert only(body(b"Content-Disposition: attachment; filename=a.png")).name == ""


@pytest.mark.parametrize(
    "content",
    [
        body()[:-9], body()[:30], b"", b"--", DATA, body(b"Content-Type: image/png"),
        body(end=b"\r\n--c--\r\n"), b"--b\r\n" + HEAD,
    ],
)  # fmt: skip
def test_what_is_no_whole_form_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"Invalid|Missing"):
        form.parts(content, "b")


def test_there_is_a_limit_of_parts() -> None:
    part = b"--b\r\n" + HEAD + b"\r\n\r\nx\r\n"
    assert len(form.parts(part * form.MAX_PARTS + b"--b--", "b")) == form.MAX_PARTS
    with pytest.raises(form.TooManyPartsError):
        form.parts(part * (form.MAX_PARTS + 1) + b"--b--", "b")
