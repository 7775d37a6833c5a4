"""What a reader sees: the page of a document and the server's form, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import porteparole
from porteparole import Act, Document, Span, Statement

ATTACK = '<script>alert(1)</script> "><img src=x onerror=alert(1)> &amp;'


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained of, and what it asked the network for."""
    return []


@pytest.fixture
def open_page(browser: Browser, faults: list[str]) -> Iterator[Any]:
    """Open a page of a width and a colour scheme; at the end, it must have complained of nothing."""
    opened: list[Page] = []

    def call(address: str, *, width: int = 1200, scheme: str = "light") -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}") or dialog.dismiss())
        page.on("request", lambda request: request.url.startswith(address.split("#")[0]) or faults.append(request.url))
        page.goto(address)
        opened.append(page)
        return page

    yield call
    for page in opened:
        page.close()
    assert [fault for fault in faults if not fault.startswith("data:")] == []


@pytest.fixture(scope="module")
def file(depeche: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with two documents."""
    document = porteparole.predict(depeche, targets=["les sanctions"])
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(porteparole.to_html([document, Document("Rien.", id="rien")]), encoding="utf-8")
    return path.as_uri()


def lit(page: Page) -> list[tuple[str, str]]:
    """The role and text of each segment that is lit up."""
    script = "all => all.map(s => [s.dataset.lit, s.textContent])"
    return [tuple(pair) for pair in page.locator(".pp-seg[data-lit]").evaluate_all(script)]


def serious(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in violations if v["impact"] in ("serious", "critical")]


def test_hovering_a_cue_lights_up_what_belongs_to_it(open_page: Any, file: str) -> None:
    page = open_page(file)
    assert lit(page) == []
    page.locator(".pp-text").first.get_by_text("a appelé", exact=True).hover()
    shown = lit(page)
    assert ("cue", "a appelé") in shown
    assert ("addressee", "ses partenaires européens") in shown
    assert ("content", "durcir les sanctions contre Minsk") in shown
    assert next(text for role, text in shown if role == "source").endswith("Rūta Kairytė")
    expect(page.locator(".pp-card[data-lit]")).to_have_count(1)
    expect(page.locator(".pp-card[data-lit]")).to_contain_text("REQUEST")
    page.locator("h1").hover()
    assert lit(page) == []


def test_the_keyboard_goes_from_card_to_card_and_keeps_one(open_page: Any, file: str) -> None:
    page = open_page(file)
    for _ in range(4):  # two links of the index, then the cards
        page.keyboard.press("Tab")
    second = page.locator(".pp-card").nth(1)
    expect(second.locator("button")).to_be_focused()
    assert second.get_attribute("data-lit") == ""
    page.keyboard.press("Enter")
    expect(second.locator("button")).to_have_attribute("aria-pressed", "true")
    page.locator("h1").hover()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert second.get_attribute("data-lit") == ""
    page.keyboard.press("Escape")
    assert lit(page) == []


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (360, "light"), (360, "dark")])
def test_the_page_is_for_everybody(open_page: Any, file: str, width: int, scheme: str) -> None:
    page = open_page(file, width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(13, 17, 23)")
    label = page.locator(".pp-text .pp-seg[data-role=cue]").first.evaluate(
        "s => getComputedStyle(s, '::before').content"
    )
    assert label == '"cue\xa01"'
    assert serious(page) == []
    page.locator(".pp-card button").first.focus()
    assert serious(page) == []


def test_markup_in_a_text_stays_text(open_page: Any, tmp_path: Path) -> None:
    text = f"{ATTACK} a dit {ATTACK}"
    cue = Span(len(ATTACK) + 1, len(ATTACK) + 6, "a dit")
    source, content = Span(0, len(ATTACK), ATTACK), Span(cue.end + 1, len(text), ATTACK)
    document = Document(text, (Statement(cue, (source,), content=(content,), act=Act(ATTACK)),), id=ATTACK)
    path = tmp_path / "page.html"
    for html in (document.to_html(), document._repr_html_()):
        path.write_text(f"<!doctype html><meta charset=utf-8>{html}", encoding="utf-8")
        page = open_page(path.as_uri())
        assert page.locator(".pp-text").text_content() == text
        assert page.locator("img").count() == 0


def test_two_views_in_one_notebook_light_up_apart(open_page: Any, depeche: str, tmp_path: Path) -> None:
    html = porteparole.predict(depeche)._repr_html_()
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><meta charset=utf-8>{html}{html}", encoding="utf-8")
    page = open_page(path.as_uri())
    page.locator(".pp-text").nth(1).get_by_text("a appelé", exact=True).hover()
    assert page.locator(".porteparole").nth(0).locator("[data-lit]").count() == 0
    assert page.locator(".porteparole").nth(1).locator(".pp-card[data-lit]").count() == 1


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (360, "dark")])
def test_a_dispatch_is_pasted_and_read(open_page: Any, server: str, depeche: str, width: int, scheme: str) -> None:
    page = open_page(server, width=width, scheme=scheme)
    assert serious(page) == []
    page.get_by_label("Dispatch").fill(f"{depeche.rstrip()} {ATTACK}")
    page.get_by_label("Targets").fill("les sanctions\nl'accueil des réfugiés\n")
    page.get_by_role("button", name="Read").click()
    expect(page.locator(".pp-text")).to_have_text(f"{depeche.rstrip()} {ATTACK}")
    expect(page.get_by_label("Targets")).to_have_value("les sanctions\nl'accueil des réfugiés\n")
    page.locator(".pp-text").first.get_by_text("a appelé", exact=True).hover()
    expect(page.locator(".pp-card[data-lit]")).to_contain_text("les sanctions")
    expect(page.locator(".pp-card[data-lit]")).to_contain_text("l'accueil des réfugiés")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(page) == []
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy JSON").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    copied = Document.from_dict(page.evaluate("navigator.clipboard.readText().then(JSON.parse)"))
    assert copied.text == f"{depeche.rstrip()} {ATTACK}"
    assert len(copied.statements) == page.locator(".pp-card").count()


def test_the_form_tells_what_is_wrong(open_page: Any, faults: list[str], server: str) -> None:
    page = open_page(server)
    page.get_by_label("Dispatch").fill("« C'est non », a répondu Rome.")
    page.get_by_label("Targets").fill("la paix " * 60)
    page.get_by_role("button", name="Read").click()
    expect(page.get_by_role("alert")).to_contain_text("targets.0: String should have at most 300 characters")
    expect(page.get_by_label("Dispatch")).to_have_value("« C'est non », a répondu Rome.")
    assert [fault for fault in faults if "422" not in fault] == []  # Chromium's log names the status, too
    faults.clear()
