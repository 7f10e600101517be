"""The page, in a real browser, before the real stack."""

import re
import threading
from collections.abc import Sequence
from pathlib import Path

import requests
from babel.messages import Catalog, mofile, pofile
from playwright.sync_api import Browser

from tests.support import browser as chrome
from tests.support import processes, stack

FIRST, INT8 = "efficientnet-lite0", "efficientnet-lite0-int8"
CATS = {"Egyptian cat", "tabby", "tiger cat"}
FRENCH = stack.ROOT / "services/frontend/translations/fr/LC_MESSAGES/messages.po"
DONE, FAILED = ".answer[data-state=done]", ".answer[data-state=failed]"


def test_a_dropped_picture_is_named(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        chrome.drop(page)
        assert page.locator(".result img").get_attribute("src")
        page.locator(DONE).wait_for()
        assert page.locator(f"{DONE} .category").inner_text() in CATS
        assert page.locator(".predictions li").count() == 5
        page.click("summary")
        names = page.locator(".steps th").all_inner_texts()
        assert names[:2] == ["network", "page"]
        assert {"auth", "upstream", "decode", "infer"} <= set(names)
        line = page.locator(".done .curl").inner_text()
        assert f"--data-binary @chelsea.png {up.url}/model/{FIRST}/predict" in line
        assert chrome.findings(page) == []
        page.reload()
        page.locator(DONE).wait_for()  # kept in the browser


def test_several_pictures_make_a_gallery_and_one_bad_one_leaves_the_others(
    browser: Browser, up: stack.Stack
) -> None:
    names = ("chelsea.png", "coffee.png", "rocket.jpg")
    with chrome.visitor(browser, up.page) as page:
        page.set_input_files("#image", [stack.PICTURES / each for each in names])
        page.locator(DONE).nth(2).wait_for()
        chrome.drop(page, "notes.txt", b"no picture")
        page.locator(FAILED).wait_for()
        told = page.locator(".failed").nth(0).inner_text()
        assert "This is not a picture that is read here" in told
        assert re.search(r"[0-9a-f]{32}", told)
        assert page.locator(DONE).count() == 3
        assert chrome.findings(page) == []


def test_compare_asks_all_models_and_marks_who_agrees(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, f"{up.page}/compare", color_scheme="dark") as page:
        chrome.drop(page)
        page.locator(DONE).nth(3).wait_for()
        verdict = page.locator(".verdict").inner_text()
        assert re.match(r"[34] of 4 models agree: \w+|The models don't agree: \w+", verdict)
        assert page.locator(".agreement:visible").count() == 4
        assert page.locator(".answer .precision").all_inner_texts().count("int8") == 1
        assert chrome.findings(page) == []


def test_without_scripts_one_picture_goes_to_one_model_or_to_all(
    browser: Browser, up: stack.Stack
) -> None:
    with chrome.visitor(browser, up.page, java_script_enabled=False) as page:
        page.check(f"[value={INT8}]")
        page.set_input_files("#image", stack.PICTURES / "chelsea.png")
        page.click(".send")
        assert page.locator(f"[data-model={INT8}] .category").inner_text() in CATS
        page.click(".send")  # the picture is still there
        assert page.locator(f"[data-model={INT8}] .category").inner_text() in CATS
        page.goto(f"{up.page}/compare")
        page.set_input_files("#image", stack.PICTURES / "chelsea.png")
        page.click(".send")
        assert page.locator(".category").count() == 4


def test_the_keyboard_is_enough(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        with page.expect_file_chooser() as choosing:  # told to the browser well before the key
            page.focus("[name=model]:checked")
            page.keyboard.press("ArrowDown")
            assert page.locator("[name=model]:checked").get_attribute("value") == INT8
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.id") == "image"
            page.keyboard.press("Enter")
        choosing.value.set_files(stack.PICTURES / "chelsea.png")
        page.locator(f"[data-model={INT8}]{DONE}").wait_for()


def test_the_choice_and_the_language_stay_with_the_session(
    browser: Browser, up: stack.Stack
) -> None:
    with chrome.visitor(browser, up.page, locale="fr-FR") as page:
        assert page.locator("h1").inner_text() == "Qu'y a-t-il sur l'image ?"
        with page.expect_response("**/choice"):
            page.check(f"[value={INT8}]")
        page.click("button[name=language]")
        assert page.locator("h1").inner_text() == "What is in the picture?"
        assert page.locator("[name=model]:checked").get_attribute("value") == INT8
        with chrome.visitor(browser, up.page) as other:
            assert other.locator("[name=model]:checked").get_attribute("value") == FIRST


def test_it_fits_a_phone(browser: Browser, up: stack.Stack) -> None:
    phone = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
    for path in ("/", "/compare", "/status"):
        with chrome.visitor(browser, up.page + path, **phone) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            assert chrome.findings(page) == []


def test_the_status_page_draws_every_model(browser: Browser, up: stack.Stack) -> None:
    assert up.predict(FIRST).ok
    with chrome.visitor(browser, f"{up.page}/status") as page:
        assert page.locator("section.model").count() == 4
        first = page.locator("section.model").first
        assert first.locator(".health rect").count() == 60
        assert first.locator("polyline").count() >= 2
        assert "requests, " in first.inner_text()
        assert "Today" in page.locator("section.usage").inner_text()
        assert chrome.findings(page) == []


def test_two_browsers_with_two_models_always_see_their_own(
    browser: Browser, up: stack.Stack
) -> None:
    with (
        chrome.visitor(browser, up.page) as one,
        chrome.visitor(browser, up.page) as other,
    ):
        people = {FIRST: one, INT8: other}
        for model, page in people.items():
            page.check(f"[value={model}]")
        for _ in range(100):
            for page in people.values():
                chrome.drop(page)
        for model, page in people.items():
            page.locator(DONE).nth(99).wait_for()
            lines = page.locator(".done .curl").all_text_contents()
            assert len(lines) == 100
            assert {line.rsplit("/", 2)[1] for line in lines} == {model}  # whose answer it is


def test_two_people_with_two_models_always_get_their_own(up: stack.Stack) -> None:
    wrong: list[str] = []
    seen: list[str] = []

    def person(model: str) -> None:
        with requests.Session() as session:
            token = token_of(session, up.page)
            for _ in range(100):
                answer = session.post(
                    f"{up.page}/model/{model}/predict", data=stack.CAT, timeout=30,
                    headers={"X-CSRFToken": token},
                )  # fmt: skip
                seen.append(model)
                if answer.status_code != 200 or answer.json()["model"] != model:
                    wrong.append(answer.text)

    people = [threading.Thread(target=person, args=[each]) for each in (FIRST, INT8)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert len(seen) == 200
    assert wrong == []


def token_of(session: requests.Session, url: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', session.get(url, timeout=10).text)
    assert found
    return found[1]


def test_a_form_that_names_many_models_is_answered_for_each(up: stack.Stack) -> None:
    with requests.Session() as session:
        names = [*(f"unknown-{number}" for number in range(40)), FIRST]
        form = {"csrf_token": token_of(session, up.page), "model": names}
        files = {"image": ("cat.png", stack.CAT)}
        answer = session.post(up.page + "/compare", data=form, files=files, timeout=30)
        assert answer.status_code == 200
        found = re.findall(r'data-model="([^"]+)" data-state="(\w+)"', answer.text)
        assert found == [*((each, "failed") for each in names[:-1]), (FIRST, "done")]


def test_nothing_is_taken_without_the_token_of_the_session(up: stack.Stack) -> None:
    with requests.Session() as own, requests.Session() as other:
        theirs = token_of(other, up.page)
        token_of(own, up.page)
        for path in (f"/model/{FIRST}/predict", "/", "/compare", "/choice"):
            form = {"csrf_token": theirs, "model": FIRST}
            files = {"image": stack.CAT}
            headers = {"X-CSRFToken": theirs, "Accept": "application/json"}
            answer = own.post(up.page + path, data=form, files=files, headers=headers, timeout=10)
            assert answer.status_code == 400, path
            assert "This page is too old" in answer.json()["detail"]


def test_a_visitor_over_the_limit_and_a_gateway_that_is_away_are_told(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("psl_00000000_" + "0" * 43)
    gateway, port = f"http://127.0.0.1:{stack.free_port()}", stack.free_port()
    environ = {"PASSERELLE_GATEWAY": gateway, "PASSERELLE_RATE": "2/minute"}
    with processes.page(tmp_path / "key", port, environ) as url, requests.Session() as session:
        token = token_of(session, url)
        answers = [
            session.post(f"{url}/model/{FIRST}/predict", data=stack.CAT, timeout=10,
                         headers={"X-CSRFToken": token, "Accept-Language": "fr"})
            for _ in range(3)
        ]  # fmt: skip
        assert [each.status_code for each in answers] == [502, 502, 429]
        assert "La passerelle ne répond pas" in answers[0].json()["detail"]
        assert "Réessayez dans" in answers[2].json()["detail"]
        assert 0 < int(answers[2].headers["Retry-After"]) <= 60
        with chrome.visitor(browser, url) as page:
            assert "The gateway does not answer" in page.locator(".problem").inner_text()
            assert chrome.findings(page) == []


def test_the_key_never_reaches_the_browser_and_the_headers_are_strict(up: stack.Stack) -> None:
    key = (up.state / "frontend.key").read_text().strip()
    with requests.Session() as session:
        for path in ("/", "/compare", "/status", "/none", "/static/form.js"):
            answer = session.get(up.page + path, timeout=10)
            assert key not in answer.text + str(answer.headers)
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        cookie = requests.get(up.page, timeout=10).headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert key not in (up.state / "logs" / "frontend.log").read_text()


def test_a_picture_too_large_is_told_before_it_is_sent(browser: Browser, up: stack.Stack) -> None:
    with chrome.visitor(browser, up.page) as page:
        page.evaluate("document.querySelector('#ask').dataset.max = 1000")
        chrome.drop(page)
        page.locator(FAILED).wait_for()
        assert "too large" in page.locator(".failed").inner_text()
        page.evaluate("document.querySelector('#ask').dataset.max = 20000000")
        page.click(".again")
        page.locator(DONE).wait_for()


def by_first_form(catalogue: Catalog) -> dict[str, list[str]]:
    """Each text's translations, those of its plural after that of its singular."""
    pairs = [(listed(each.id), listed(each.string)) for each in catalogue if each.id]
    return {ids[0]: strings for ids, strings in pairs}


def listed(texts: str | Sequence[str] | None) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts or ())


def test_every_string_has_its_french_and_the_compiled_catalogue_is_fresh() -> None:
    with FRENCH.open("rb") as file, FRENCH.with_suffix(".mo").open("rb") as compiled:
        source, made = pofile.read_po(file), mofile.read_mo(compiled)
    texts, compiled_texts = by_first_form(source), by_first_form(made)
    assert all(strings and all(strings) for strings in texts.values())
    assert texts == compiled_texts
    code = "".join(each.read_text() for each in Path(FRENCH).parents[3].rglob("*.html"))
    for text in re.findall(r'\b_\("([^"]+)"', code):
        assert text in texts, text
