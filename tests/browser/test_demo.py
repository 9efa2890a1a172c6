"""A demo has no sign-in, so it answers only on the machine it runs on."""

from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_the_demo_opens_on_this_machine_and_a_deep_link_works(
    web: Callable[..., str], tab: Page
) -> None:
    base = web()
    tab.goto(f"{base}/staff")
    expect(tab.get_by_role("heading", name="Staff")).to_be_visible()
    expect(tab.get_by_text("Role in this demo")).to_be_visible()


def test_the_demo_refuses_a_name_that_only_points_at_this_machine(
    web: Callable[..., str], tab: Page
) -> None:
    """As a page elsewhere could make it do, or a proxy in front of it."""
    base = web().replace("127.0.0.1", "demo.localhost")

    with tab.expect_console_message(lambda each: "403" in each.text and "ws://" in each.text):
        tab.goto(f"{base}/staff")

    expect(tab.get_by_role("heading", name="Staff")).to_have_count(0)


def test_started_by_streamlit_alone_it_refuses_just_the_same(
    web: Callable[..., str], tab: Page
) -> None:
    base = web(plain_streamlit=True)
    tab.goto(f"{base}/staff")
    expect(tab.get_by_role("heading", name="Staff")).to_be_visible()

    tab.goto(f"{base.replace('127.0.0.1', 'demo.localhost')}/staff")
    expect(tab.get_by_text("answers only on the machine it runs on")).to_be_visible()
    expect(tab.get_by_role("heading")).to_have_text(["Switchboard"])


def test_nothing_is_fetched_from_anywhere_else_nor_would_be_allowed_to(
    web: Callable[..., str], tab: Page
) -> None:
    base = web()
    asked: list[str] = []
    blocked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on(
        "console",
        lambda each: blocked.append(each.text) if "Content Security" in each.text else None,
    )
    for path in ("/", "/accounts", "/activity", "/staff"):
        tab.goto(base + path)
        expect(tab.get_by_test_id("stSidebarNav")).to_be_visible()
        expect(tab.get_by_role("heading").first).to_be_visible()

    assert blocked == []
    assert [url for url in asked if not url.startswith((base, "data:", "blob:"))] == []
