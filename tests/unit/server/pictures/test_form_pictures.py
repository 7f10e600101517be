"""The pictures in a form: one as it is, several as a list."""

import base64
import io
import re

import pytest
from werkzeug import http
from werkzeug.test import EnvironBuilder

from passerelle.protocol import problems
from passerelle.server.pictures import form, form_pictures
from passerelle.server.pictures.boxes import Box, Parts
from passerelle.server.pictures.sending import Found

DATA = b"\x89PNG and more"


def find(body: bytes, content_type: str, max_pictures: int = 3) -> Found | Parts:
    boundary = http.parse_options_header(content_type)[1].get("boundary", "")
    return form_pictures.find(body, boundary, max_pictures)


def contents(body: bytes, content_type: str) -> list[bytes]:
    """The pictures of a form with several."""
    found = find(body, content_type)
    assert isinstance(found, list)
    return [each() for each in found]


def form_of(field: str, data: bytes) -> tuple[bytes, str]:
    """The body of a multipart form with one file, and its Content-Type."""
    builder = EnvironBuilder(method="POST", data={field: (io.BytesIO(data), "a.png")})
    environ = builder.get_environ()
    return environ["wsgi.input"].read(), environ["CONTENT_TYPE"]


def test_the_forms_file_is_the_picture() -> None:
    assert find(*form_of("image", DATA)) == DATA


def parts(*heads: str, content: bytes = DATA) -> tuple[bytes, str]:
    """A form whose parts have these Content-Dispositions, and all the same content."""
    each = b"--b\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
    body = b"".join(each % (head.encode(), content) for head in heads)
    return body + b"--b--\r\n", "multipart/form-data; boundary=b"


@pytest.mark.parametrize("named", ['; filename="a.png"', '; filename=""', ""])
def test_a_forms_file_needs_no_name(named: str) -> None:
    assert find(*parts(f'name="image"{named}')) == DATA


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        (['name="file"; filename="a"'], '"image"; it has "file". Send'),
        (['name="data"', "name=more"], '"image"; it has "data", "more". Send'),
        ([], 'no file in the field "image". Send'),
        (['name="image"', 'name="b"; filename=""'], "The form has 2 files, and not all in a field"),
        (['name="image"'] * 2 + ['name="b"; filename="b"'], "The form has 3 files"),
        (['name="image"', 'name="top"'], '"top" is not read as a field of the body'),
    ],
)
def test_a_form_without_one_picture_is_told_what_it_has(heads: list[str], expected: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=re.escape(expected)):
        find(*parts(*heads))


def test_a_form_may_have_other_fields_and_empty_files() -> None:
    body, content_type = parts('name="image"', "name=note")
    empty = b'--b\r\nContent-Disposition: form-data; name="image"; filename=""\r\n\r\n\r\n'
    assert find(empty + body, content_type) == DATA


def test_an_empty_file_is_no_picture() -> None:
    with pytest.raises(problems.InvalidRequest, match='no file in the field "image"'):
        find(*form_of("image", b""))


def encoded_part(encoding: str, content: bytes) -> tuple[bytes, str]:
    body, content_type = parts("name=image", content=content)
    head = b"\r\nContent-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n"
    return body.replace(b"\r\n\r\n", head, 1), content_type


def test_a_part_in_base64_is_decoded() -> None:
    assert find(*encoded_part("BASE64", base64.encodebytes(DATA))) == DATA
    assert find(*encoded_part("binary", DATA)) == DATA


def test_a_part_in_another_encoding_is_told() -> None:
    with pytest.raises(problems.InvalidRequest, match="Transfer-Encoding 'quoted-printable'"):
        find(*encoded_part("quoted-printable", DATA))


def test_a_form_that_breaks_off_is_refused() -> None:
    body, content_type = form_of("image", DATA)
    with pytest.raises(problems.InvalidRequest):
        find(body[:30], content_type)


def test_a_form_without_a_boundary_is_refused() -> None:
    with pytest.raises(problems.InvalidRequest, match="names no boundary"):
        find(DATA, "multipart/form-data")
    with pytest.raises(problems.InvalidRequest, match="is not well formed"):
        find(DATA, "multipart/form-data; boundary=b")


def several(*files: tuple[str, bytes]) -> tuple[bytes, str]:
    """A form whose fields `image` have these names of files and contents, empty ones included."""
    part = b'--b\r\nContent-Disposition: form-data; name="image"; filename="%s"\r\n\r\n%s\r\n'
    body = b"".join(part % (name.encode(), content) for name, content in files)
    return body + b"--b--\r\n", "multipart/form-data; boundary=b"


def test_several_files_are_a_list_in_their_order() -> None:
    assert contents(*several(("b.png", b"first"), ("", b"second"), ("a.png", b"third"))) == [
        b"first", b"second", b"third",
    ]  # fmt: skip
    assert contents(*parts("name=image", "name=image")) == [DATA, DATA]


def test_a_field_in_which_no_file_was_chosen_is_none_of_several() -> None:
    assert contents(*several(("a.png", DATA), ("", b""), ("c.png", DATA))) == [DATA, DATA]
    assert find(*several(("", b""), ("a.png", DATA))) == DATA


def test_an_empty_file_among_several_keeps_its_place_and_has_its_own_problem() -> None:
    found = find(*several(("a.png", b""), ("b.png", DATA)))
    assert isinstance(found, list)
    assert (len(found), found[1]()) == (2, DATA)
    with pytest.raises(problems.InvalidRequest, match=r'"image" is empty\. Send the whole'):
        found[0]()


def test_files_that_are_all_empty_are_no_picture() -> None:
    with pytest.raises(problems.InvalidRequest, match='no file in the field "image"'):
        find(*several(("a.png", b""), ("b.png", b"")))


def test_one_in_an_encoding_that_is_not_read_spoils_no_other() -> None:
    body, content_type = encoded_part("quoted-printable", DATA)
    found = find(body.removesuffix(b"--b--\r\n") + parts("name=image")[0], content_type)
    assert isinstance(found, list)
    assert found[1]() == DATA
    with pytest.raises(problems.InvalidRequest, match="quoted-printable"):
        found[0]()


def test_more_pictures_than_allowed_are_refused_however_many() -> None:
    with pytest.raises(problems.ContentTooLarge, match=r"has 4 pictures, more than 3\. Send"):
        find(*parts(*["name=image"] * 4))
    with pytest.raises(problems.ContentTooLarge, match=r"1,000 parts\. Send at most 3 pictures"):
        find(*parts(*["name=image"] * (form.MAX_PARTS + 1)))


def boxed(boxes: bytes, *more: bytes, image: bytes = DATA) -> tuple[bytes, str]:
    """A form with a picture, a field of boxes and others as they are written."""
    field = b"--b\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n"
    each = [(b"image", image), (b"boxes", boxes), *[(b"boxes", one) for one in more]]
    body = b"".join(field % one for one in each)
    return body + b"--b--\r\n", "multipart/form-data; boundary=b"


BOX = b'[{"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}]'


def test_boxes_beside_the_file_are_parts_of_it_as_a_field_or_as_a_file() -> None:
    body, content_type = boxed(BOX)
    for given in (body, body.replace(b"name=boxes", b'name=boxes; filename="boxes.json"')):
        assert find(given, content_type) == Parts(DATA, (Box(1, 2, 3, 4),))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (boxed(BOX, BOX), '2 fields "boxes"'),
        (boxed(b"[1]"), "has no number in"),
        (boxed(b""), "is not valid JSON"),
        (boxed(BOX, image=b""), 'no file in the field "image"'),
        ((boxed(BOX)[0][:-7] + parts("name=image")[0], boxed(BOX)[1]), "are of one picture"),
    ],
)
def test_boxes_without_one_picture_or_that_are_none_are_told(
    given: tuple[bytes, str], told: str
) -> None:
    with pytest.raises(problems.InvalidRequest, match=told):
        find(*given)
