"""The page, in a real browser, with models of each task behind a real gateway."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Browser, Locator, Page

from tests.conftest import shared_state
from tests.support import browser as chrome
from tests.support import stack, task_nets

DONE = ".answer[data-state=done]"
PICTURE = task_nets.picture()
TIMES = "\N{MULTIPLICATION SIGN}"
PIXEL = 4  # of a picture that is three times as wide as the model's input, and a bit
OF = 'document.querySelector("{0}").getBoundingClientRect().toJSON()'


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """A gateway and a page with two models that detect, two that segment, and others."""
    folder = tmp_path_factory.mktemp("tasks")
    with stack.running(task_nets.write(folder), shared_state(folder / "state")) as started:
        yield started


def drop(page: Page, *models: str, content: bytes = PICTURE, name: str = "box.png") -> Locator:
    """Give a picture to models; their answers."""
    for each in models:
        page.check(f"[value={each}]")
    chrome.drop(page, name, content)
    answers = page.locator(f".result:first-child {DONE}")
    answers.nth(len(models) - 1).wait_for()
    return answers


def downloaded(page: Page, link: str) -> list[dict[str, str]]:
    """The rows of the CSV file that a click saves."""
    with page.expect_download() as saving:
        page.click(link)
    content = Path(saving.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def place(page: Page, selector: str) -> list[float]:
    """Where something lies on the picture, in the picture's pixels: its four edges."""
    drawn, frame = (page.evaluate(OF.format(each)) for each in (selector, ".stage img"))
    scale = frame["width"] / task_nets.SIZE[0]
    edges = (("left", "left"), ("top", "top"), ("right", "left"), ("bottom", "top"))
    return [(drawn[edge] - frame[origin]) / scale for edge, origin in edges]


def test_a_box_lies_on_the_picture_where_the_thing_is(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        answer = drop(page, "boxes")
        assert answer.locator(".category").inner_text() == f"1 {TIMES} bright"
        assert answer.locator(".stage img").evaluate("image => image.naturalWidth") == 200
        assert place(page, ".edge") == pytest.approx(task_nets.BOX, abs=PIXEL)
        assert answer.locator(".tags text:visible").all_text_contents() == ["1 bright"]
        cells = answer.locator("tbody tr:visible :is(th, td)").all_inner_texts()
        assert cells[:3] == ["1", "bright", "75%"]
        told = [float(each) for each in cells[3].split(",")]
        assert told == pytest.approx(task_nets.BOX, abs=PIXEL)
        assert chrome.findings(page) == []


def test_boxes_and_masks_lie_right_on_a_picture_that_its_file_has_on_its_side(
    browser: Browser, up: stack.Stack
) -> None:
    lying, content = (
        Image.open(io.BytesIO(PICTURE)).transpose(Image.Transpose.ROTATE_90),
        io.BytesIO(),
    )
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # turn it a quarter to the right to see it upright
    lying.save(content, "JPEG", quality=95, exif=exif)
    with chrome.visitor(browser, up.page) as page:
        drop(page, "boxes", content=content.getvalue(), name="box.jpg")
        assert place(page, ".edge") == pytest.approx(task_nets.BOX, abs=PIXEL)
        page.click("#clear")
        drop(page, "bands", content=content.getvalue(), name="box.jpg")
        assert tint_at(page, *middle()) > 60
        assert tint_at(page, 10, 90) < 30


def test_the_slider_shows_poorer_boxes_and_the_curl_line_follows(
    browser: Browser, up: stack.Stack
) -> None:
    with chrome.visitor(browser, up.page) as page:
        answer = drop(page, "boxes")
        page.focus("#threshold")
        for _ in range(6):  # from 0.5 down to 0.2
            page.keyboard.press("ArrowLeft")
        assert answer.locator(".category").inner_text() == f"1 {TIMES} bright, 1 {TIMES} poor"
        assert answer.locator("tbody tr:visible").count() == 2
        assert page.locator("output").inner_text() == "20%"
        assert "threshold=0.2" in (answer.locator(".curl").text_content() or "")
        page.locator("#threshold").fill("0.95")
        assert answer.locator(".category").inner_text() == "nothing found"
        assert answer.locator(":is(tbody tr, .edge, .tags text):visible").count() == 0


def test_detectors_are_compared_by_their_boxes(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, f"{up.page}/compare") as page:
        answers = drop(page, "boxes", "sure")
        assert answers.count() == 2
        verdict = page.locator(".verdict")
        assert verdict.inner_text().startswith("Every model found 1 of the 1 boxes of boxes")
        page.locator("#threshold").fill("0.8")
        page.wait_for_function("document.querySelector('.verdict').textContent.includes('0 of')")
        assert chrome.findings(page) == []


def test_models_of_another_task_are_let_go_of(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, f"{up.page}/compare") as page:
        chosen = page.locator("[name=model]:checked")
        before = [each.get_attribute("value") for each in chosen.all()]
        assert before == ["boxes", "sure"]
        page.check("[value=bands]")
        assert [each.get_attribute("value") for each in chosen.all()] == ["bands"]
        assert "only those of one task" in page.locator("#announcement").inner_text()


def test_masks_are_drawn_over_the_picture_and_can_be_switched_off(
    browser: Browser, up: stack.Stack
) -> None:
    with chrome.visitor(browser, up.page) as page:
        answer = drop(page, "bands")
        share = 50 * 40 / (200 * 100)
        found = re.match(r"bright ([\d.]+)%", answer.locator(".category").inner_text())
        assert found
        assert float(found[1]) == pytest.approx(share * 100, abs=1)
        assert answer.locator("tbody .label").all_inner_texts() == ["background", "bright"]
        assert tint_at(page, *middle()) > 60
        assert tint_at(page, 10, 90) < 30  # the background has no tint
        page.get_by_label("bright").uncheck()
        assert tint_at(page, *middle()) < 30
        page.get_by_label("background").check()
        assert tint_at(page, 10, 90) > 60
        assert chrome.findings(page) == []


def middle() -> tuple[float, float]:
    """The middle of what is white on the picture."""
    xmin, ymin, xmax, ymax = task_nets.BOX
    return (xmin + xmax) / 2, (ymin + ymax) / 2


def tint_at(page: Page, x: float, y: float) -> int:
    """How far from grey the screen is at a pixel of the picture, 0..255."""
    stage = page.locator(".stage")
    shown = Image.open(io.BytesIO(stage.screenshot())).convert("RGB")
    scale = shown.width / task_nets.SIZE[0]
    colour = shown.getpixel((int(x * scale), int(y * scale)))
    assert isinstance(colour, tuple)
    return int(max(colour) - min(colour))


def test_segmentations_are_compared_pixel_by_pixel(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, f"{up.page}/compare") as page:
        drop(page, "bands", "strict")  # what is 0.6 bright is so to one of them alone
        page.locator(".verdict:visible").wait_for()
        assert (
            page.locator(".verdict").inner_text()
            == "All models see the same on 100% of the picture"
        )
        drop(page, "bands", "strict", content=task_nets.picture(red=160))
        page.locator(".result:first-child .verdict:visible").wait_for()
        found = re.search(r"on ([\d.]+)%", page.locator(".verdict").first.inner_text())
        assert found
        assert float(found[1]) == pytest.approx(10, abs=1)


def test_similar_pictures_lie_side_by_side(browser: Browser, up: stack.Stack) -> None:
    reds = {"dark": 0, "darker red": 100, "red": 110}
    with chrome.visitor(browser, up.page) as page:
        for name, red in reds.items():
            drop(page, "colours", content=task_nets.picture(red), name=name)
        newest = page.locator(".result").first
        assert newest.locator(".category").inner_text() == "a vector of 48 numbers"
        names = newest.locator(".similar .file")
        assert names.all_inner_texts() == ["darker red", "dark"]
        cosines = [float(each) for each in newest.locator(".similar .share").all_inner_texts()]
        assert 1 >= cosines[0] > cosines[1]
        oldest = page.locator(".result").last
        assert oldest.locator(".similar .file").all_inner_texts() == ["darker red", "red"]
        assert chrome.findings(page) == []
        page.reload()
        page.locator(".similar li").nth(5).wait_for()  # kept in the browser


def test_outputs_are_summarised(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        answer = drop(page, "means")
        assert answer.locator(".category").inner_text() == f"colour 1 {TIMES} 3, least 1"
        cells = answer.locator("tbody tr").first.locator("th, td").all_inner_texts()
        assert cells[:3] == ["colour", f"1 {TIMES} 3", "FP32"]
        assert float(cells[3]) == pytest.approx(0.1, abs=0.01)
        assert chrome.findings(page) == []


def test_what_a_handler_answers_is_shown_as_it_is(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page, accept_downloads=True) as page:
        answer = drop(page, "words")
        assert answer.locator(".category").inner_text() == "an answer of its own kind"
        shown = json.loads(answer.locator(".findings pre").inner_text())
        assert shown == {"says": "<b>dark</b>", "least": 0.0}
        assert chrome.findings(page) == []
        (row,) = downloaded(page, "#csv")
        assert json.loads(row["result"]) == shown


def test_all_answers_can_be_downloaded(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, f"{up.page}/compare", accept_downloads=True) as page:
        drop(page, "boxes", "sure", name="=été, 1.png")
        chrome.drop(page, "notes.txt", b"no picture")
        page.locator(".answer[data-state=failed]").nth(1).wait_for()
        rows = downloaded(page, "#csv")
        assert [(each["file"], each["model"], each["label"]) for each in rows] == [
            ("'=été, 1.png", "boxes", "bright"), ("'=été, 1.png", "sure", "bright"),
            ("notes.txt", "boxes", ""), ("notes.txt", "sure", ""),
        ]  # fmt: skip
        assert float(rows[0]["xmin"]) == pytest.approx(50, abs=PIXEL)
        assert rows[2]["problem"].startswith("This is not a picture")
        page.goto(up.page)
        drop(page, "colours")
        (vector,) = downloaded(page, "#csv")
        assert [name for name in vector if name.startswith("v")] == [f"v{n}" for n in range(48)]


def test_without_scripts_each_task_is_shown_as_well(
    browser: Browser, up: stack.Stack, tmp_path: Path
) -> None:
    (tmp_path / "box.png").write_bytes(PICTURE)
    options = {"java_script_enabled": False, "accept_downloads": True}
    with chrome.visitor(browser, f"{up.page}/compare", **options) as page:

        def submit(*models: str) -> None:
            while page.locator("[name=model]:checked").count():
                page.locator("[name=model]:checked").first.uncheck()
            for model in models:
                page.check(f"[value={model}]")
            page.set_input_files("#image", tmp_path / "box.png")
            page.click(".send")

        submit("boxes", "sure")
        assert page.locator(".edge").count() == 2
        assert place(page, ".edge") == pytest.approx(task_nets.BOX, abs=PIXEL)
        rows = downloaded(page, "a.csv")
        assert [each["score"] for each in rows] == ["0.75", "0.9"]
        page.locator("#threshold").fill("0.2")
        submit("boxes")
        assert page.locator(".edge").count() == 2
        submit("bands")
        assert tint_at(page, *middle()) > 60
        submit("colours")
        assert "48" in page.locator(".facts").inner_text()
        submit("means")
        assert page.locator(".found tbody tr").count() == 2
        submit("boxes", "bands")
        assert "Only models of one task" in page.locator(".problem").inner_text()


@pytest.mark.parametrize("model", ["boxes", "bands", "colours", "means"])
def test_each_task_fits_a_narrow_phone_in_the_dark(
    model: str, browser: Browser, up: stack.Stack
) -> None:
    phone = {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True}
    with chrome.visitor(browser, up.page, color_scheme="dark", locale="fr-FR", **phone) as page:
        drop(page, model)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert chrome.findings(page) == []


def test_a_large_answer_does_not_fill_the_browsers_storage(
    browser: Browser, up: stack.Stack
) -> None:
    with chrome.visitor(browser, up.page) as page:
        drop(page, "bands")
        page.evaluate(
            """async () => {
                const records = await import("./static/records.js");
                for (let number = 0; number < 5; number += 1) {
                    records.save("/", {name: `${number}`, text: "x".repeat(900_000)});
                }
                records.save("/", {name: "too large", text: "x".repeat(9_000_000)});
            }"""
        )
        kept = page.evaluate("JSON.parse(sessionStorage.getItem('/2')).map((each) => each.name)")
        assert kept == ["3", "4"]
