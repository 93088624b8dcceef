"""A person's way through the app, in a real browser, against a real app process and without a model server.

Every journey fails on a console error, a page error, or a request to anywhere but this app.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dash_app.shell import BADGE, SWITCH_LABEL
from dash_app.state import Tab
from tests.dash_app.conftest import NO_MODEL

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
RUN_MS = 180_000
PATIENCE_MS = 60_000
# The only warning there is: dash-cytoscape sets a wheel sensitivity on every mount.
HARMLESS = "wheel sensitivity"


@pytest.fixture(scope="module")
def app_url(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    environment = {
        **os.environ,
        "DASH_PORT": "0",
        "ORCHESTRATOR_MARKET_DIR": str(world / "market"),
        "ORCHESTRATOR_CLEAN_ROOM_DIR": str(world / "clean_room"),
        "ORCHESTRATOR_RUNS_DIR": str(tmp_path_factory.mktemp("runs")),
        "ORCHESTRATOR_MODEL_URL": NO_MODEL,
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "dash_app"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout is not None
    yield child.stdout.readline().removeprefix("app: ").strip()
    child.terminate()
    child.wait(20)
    child.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing = "no Chromium on this machine: `apt-get install chromium`"
        # A laptop may lack a browser; a CI run that quietly tested no page would look like one that did.
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    opened.on("console", lambda message: _note(complaints, message.type, message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: _note_elsewhere(complaints, request.url, app_url))
    yield opened
    context.close()
    assert complaints == []


def _note(complaints: list[str], kind: str, text: str) -> None:
    if kind in {"error", "warning"} and HARMLESS not in text:
        complaints.append(f"{kind}: {text}")


def _note_elsewhere(complaints: list[str], url: str, app_url: str) -> None:
    if not url.startswith((app_url, "data:", "blob:")):
        complaints.append(f"request to {url}")


def open_tab(page: Page, tab: Tab) -> None:
    page.get_by_role("tab", name=tab.label, exact=True).click()
    expect(page.locator(f"#{tab.value}-content")).not_to_be_empty()


def figure_under(page: Page, label: str) -> str:
    """The big figure of the card with that label."""
    return page.locator(".kpi", has_text=label).locator(".figures").first.inner_text()


def test_a_brief_goes_from_the_plan_tab_to_both_arms_of_every_tab(page: Page, app_url: str) -> None:
    page.goto(app_url)
    expect(page.get_by_role("button", name="Run the sample brief")).to_be_visible()

    open_tab(page, Tab.PLAN)
    page.get_by_label("Budget, USD").fill("-5")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="budget")).to_be_visible()
    page.get_by_label("Budget, USD").fill("5500")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("Running in full mode")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("One run at a time")).to_be_visible()

    expect(page.get_by_role("heading", name="Plan: Spring launch")).to_be_visible(timeout=RUN_MS)
    expect(page.get_by_text("$5,500")).to_be_visible()
    expect(page.get_by_text("template", exact=True).first).to_be_visible()

    open_tab(page, Tab.OPTIMIZE)
    full = figure_under(page, "Incremental margin")
    page.get_by_role("switch", name=SWITCH_LABEL).click()
    expect(page.get_by_text(BADGE)).to_be_visible()
    expect(page.get_by_text("Clean room plan, summed over SKUs.")).to_be_visible()
    assert figure_under(page, "Incremental margin") != full
    assert "clean_room=1" in page.url

    for tab in Tab:
        open_tab(page, tab)
        expect(page.get_by_text(BADGE)).to_be_visible()
    assert page.evaluate("window.cy.nodes('[active = 1]').map(node => node.id())") == [
        "base",
        "industry_retail_media",
        "plan",
    ]

    page.get_by_role("switch", name=SWITCH_LABEL).click()
    expect(page.get_by_text("Shown: Plan in full mode")).to_be_visible()
    assert "✓ Planner" in page.evaluate("window.cy.nodes().map(node => node.data('label'))")
    page.locator("[data-node='plan']").focus()
    expect(page.locator("#node-detail")).to_contain_text("industry_retail_media+manufacturer_brand_x")

    page.go_back()
    expect(page.get_by_role("switch", name=SWITCH_LABEL)).to_be_checked()
    shared = page.url
    page.goto(shared)
    expect(page.get_by_role("tab", name="Ops")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("switch", name=SWITCH_LABEL)).to_be_checked()


def test_a_link_to_a_run_that_is_not_there_says_so(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/?tab=measure&run=20990101T000000-ffffff")

    expect(page.get_by_text("Run '20990101T000000-ffffff' is not stored here")).to_be_visible()


def test_the_tabs_and_the_switch_are_reached_with_the_keyboard(page: Page, app_url: str) -> None:
    page.goto(app_url)
    page.get_by_role("tab", name="Data", exact=True).focus()

    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Plan", exact=True)).to_have_attribute("aria-selected", "true")

    page.get_by_role("switch", name=SWITCH_LABEL).focus()
    page.keyboard.press("Space")
    expect(page.get_by_text(BADGE)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_tab_has_a_serious_accessibility_fault(browser: Browser, app_url: str, scheme: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=scheme).new_page()  # type: ignore[arg-type]
    faults = {}
    for tab in Tab:
        page.goto(f"{app_url}/?tab={tab.value}")
        expect(page.locator(f"#{tab.value}-content")).not_to_be_empty()
        found = Axe().run(page).response["violations"]
        serious = [
            f"{each['id']}: {each['nodes'][0]['html'][:120]}"
            for each in found
            if each["impact"] in {"serious", "critical"}
        ]
        if serious:
            faults[tab.value] = serious
    page.context.close()

    assert faults == {}


def test_figures_and_graph_follow_the_colour_scheme(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/?tab=ops")
    expect(page.locator("#ops-content")).not_to_be_empty()
    paint = "window.cy.nodes('#plan').style('background-color')"
    light = page.evaluate(paint)

    page.get_by_role("button", name=re.compile("light and dark")).click()

    page.wait_for_function(f"{paint} !== '{light}'")
