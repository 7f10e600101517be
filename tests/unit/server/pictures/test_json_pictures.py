"""The pictures in JSON: one in `image`, or a list, `images`."""

import base64
import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.protocol import problems
from passerelle.server.pictures import json_pictures
from passerelle.server.pictures.boxes import Box, Parts
from passerelle.server.pictures.sending import Found

DATA = b"\x89PNG and more"
TEXT = base64.b64encode(DATA).decode()


def in_json(document: object) -> Found | Parts:
    return json_pictures.find(json.dumps(document).encode(), 3)


def test_base64_in_json_is_the_picture() -> None:
    assert in_json({"image": base64.b64encode(DATA).decode()}) == DATA


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], '"image"; it is a list'),
        ("AAAA", '"image"; it is a text'),
        (None, '"image"; it is null'),
        ({"image": 3}, '"image", which is a number'),
        ({"image": ""}, '"image", which is empty'),
        ({"image": None}, '"image", which is null'),
        ({"image": ["AAAA"]}, 'The member "image" is a list. Write several pictures as {"images"'),
        ({"url": "http://a/b.png"}, '"image"; it has "url"'),
        ({"image": {"data": "AAAA"}}, '"image", which is an object'),
        ({"image": "AA$A"}, "is not base64: character 3 is '\\$'"),
        ({"image": "AAAAA"}, "is not base64: it ends after 5 characters"),
        ({"images": []}, '"images" is empty. Write a list of pictures, each as base64 text'),
        ({"images": "AAAA"}, '"images" is a text. Write a list'),
        ({"images": None}, '"images" is null. Write a list'),
        ({"images": {"0": "AAAA"}}, '"images" is an object. Write a list'),
        ({"images": ["AAAA", "AAAA", 3]}, r"images\[2\] is a number. Write each picture as base64"),
        ({"images": [["AAAA"]]}, r"images\[0\] is a list"),
        ({"images": [{"image": "AAAA"}]}, r"images\[0\] is an object"),
        ({"images": ["AAAA"], "image": "AAAA"}, 'both "image" and "images". Write all'),
        ({"images": ["AAAA"], "url": "http://a/b.png"}, 'both "images" and "url"'),
        ({"images": ["AAAA"], "top": 3}, '"top" is not read as a member of the body'),
        ({"image": "AAAA", "url": "http://a/b.png"}, 'both "image" and "url"'),
        ({"image": "AAAA", "top": 3}, '"top" is not read as a member of the body'),
    ],
)
def test_json_without_a_picture_is_refused(document: object, expected: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=expected):
        in_json(document)


def test_a_picture_may_be_a_data_uri() -> None:
    assert in_json({"image": "data:image/png;base64," + base64.b64encode(DATA).decode()}) == DATA


def test_a_second_picture_of_one_name_is_not_dropped() -> None:
    with pytest.raises(problems.InvalidRequest, match='2 members "image"'):
        json_pictures.find(b'{"image": "AAAA", "image": "AAAA"}', 3)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32-be"])
def test_json_may_be_in_any_unicode_encoding(encoding: str) -> None:
    body = json.dumps({"image": base64.b64encode(DATA).decode()}).encode(encoding)
    assert json_pictures.find(body, 3) == DATA


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(problems.InvalidRequest, match="is not valid JSON"):
        json_pictures.find(body, 3)


def test_a_list_of_texts_is_a_list_of_pictures_in_its_order_and_so_is_a_list_of_one() -> None:
    for texts in ([TEXT], [TEXT, "AAAA", f"data:image/png;base64,{TEXT}"]):
        found = in_json({"images": texts})
        assert isinstance(found, list)
        assert [each() for each in found] == [DATA, bytes(3), DATA][: len(texts)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("AA$A", r'"images\[1\]" is not base64: character 3'),
        ("", r'"images\[1\]" is empty. Send the whole picture'),
    ],
)
def test_a_text_that_is_no_picture_spoils_no_other(text: str, why: str) -> None:
    found = in_json({"images": [TEXT, text, TEXT]})
    assert isinstance(found, list)
    assert (found[0](), found[2]()) == (DATA, DATA)
    with pytest.raises(problems.InvalidRequest, match=why):
        found[1]()


def test_more_pictures_than_allowed_are_refused_before_any_is_looked_at() -> None:
    with pytest.raises(problems.ContentTooLarge, match="has 1,000 pictures, more than 3"):
        in_json({"images": ["no base64 $"] * 1_000})


@pytest.mark.parametrize("value", ["[]", "{}", "0"])
def test_json_of_very_many_values_is_refused_before_it_takes_memory(value: str) -> None:
    body = f'{{"images": [{value}{f",{value}" * 2_000_000}]}}'.encode()
    began = time.perf_counter()
    with pytest.raises(problems.InvalidRequest, match="has more than 100,000 values"):
        json_pictures.find(body, 3)
    assert time.perf_counter() - began < 0.5


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=3), each),
    max_leaves=8,
)
NAMES = st.sampled_from(["image", "images", "boxes", "url", "top", "x"])


@given(st.dictionaries(NAMES, VALUES, max_size=4) | VALUES)
def test_any_json_is_a_picture_or_several_or_told(document: object) -> None:
    with contextlib.suppress(problems.InvalidRequest, problems.ContentTooLarge):
        found = json_pictures.find(json.dumps(document).encode("utf-8", "replace"), 3)
        for each in found if isinstance(found, list) else []:
            each()


BOX = '{"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}'


def test_boxes_beside_a_picture_are_parts_of_it() -> None:
    found = json_pictures.find(f'{{"image": "AAAA", "boxes": [{BOX}]}}'.encode(), 3)
    assert found == Parts(bytes(3), (Box(1, 2, 3, 4),))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'{{"images": ["AAAA"], "boxes": [{BOX}]}}', "are of one picture"),
        (f'{{"image": "AAAA", "boxes": [{BOX}], "boxes": [{BOX}]}}', '2 members "boxes"'),
        ('{"image": "AAAA", "boxes": {}}', "is no list"),
    ],
)
def test_boxes_of_several_pictures_or_twice_are_refused(text: str, told: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=told):
        json_pictures.find(text.encode(), 3)
