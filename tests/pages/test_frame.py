"""The frame of every page: who may see it, errors in words, how old its data are."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.actions import staff
from dashboard.db.engine import transaction
from dashboard.queries import staff as queries
from dashboard.roles import COMMAND_LINE, Permission, Role, Staff
from dashboard.settings import ROOT
from dashboard.ui.menu import PLACES, Place
from dashboard.ui.read import fresh, read
from dashboard.ui.who import DEMO_ROLE

pytestmark = pytest.mark.usefixtures("database")

PATIENCE = 30
GUARDED = [place for place in PLACES if place.permission is not Permission.VIEW]


def opened(page: str = "", role: Role = Role.ADMIN) -> AppTest:
    """The app, as the local operator of a demo in this role."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=PATIENCE)
    app.session_state[DEMO_ROLE] = role
    app.run()
    return app.switch_page(f"../pages/{page}").run() if page else app


def shown(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(each.value for each in [*app.error, *app.markdown, *app.info, *app.title])


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.file)
def test_an_admin_can_open_every_page_before_there_is_anything_to_see(place: Place) -> None:
    app = opened(place.file)
    assert not app.exception
    assert app.title[0].value != "Switchboard"
    assert not [each.value for each in app.error if "went wrong" in each.value]


@pytest.mark.parametrize("place", GUARDED, ids=lambda place: place.file)
@pytest.mark.parametrize("role", Role)
def test_a_page_is_refused_not_only_hidden(place: Place, role: Role) -> None:
    app = opened(place.file, role)
    assert not app.exception
    refusals = [each.value for each in app.error if "may not" in each.value]
    if Staff(None, "", "", role).can(place.permission):
        assert not refusals
        return
    assert "admin" in refusals[0]
    assert [each.key for each in app.button] == ["refresh"]


def test_the_switch_of_roles_takes_effect_at_once() -> None:
    app = opened("staff.py")
    assert [each.key for each in app.button] == ["refresh", "add"]

    app.selectbox(key=DEMO_ROLE).set_value(Role.VIEWER).run()

    assert "may not" in app.error[0].value
    assert [each.key for each in app.button] == ["refresh"]


def failing(kind: str) -> AppTest:
    def script(kind: str) -> None:
        import streamlit as st  # noqa: PLC0415 - a script of its own

        from dashboard.errors import BadInput  # noqa: PLC0415
        from dashboard.ui.frame import page  # noqa: PLC0415

        with page("Trouble"):
            st.write("before")
            if kind == "ours":
                raise BadInput("This *cannot* be used: <b>mend</b> it.")
            if kind == "stop":
                st.stop()
            raise RuntimeError("password=hunter2 at 10.0.0.1")
        st.write("after")

    return AppTest.from_function(script, args=(kind,), default_timeout=PATIENCE).run()


def test_an_error_of_ours_is_shown_as_its_sentence_and_what_came_before_stays() -> None:
    app = failing("ours")
    assert not app.exception
    assert app.markdown[0].value == "before"
    assert app.error[0].value.replace("\\", "") == "This *cannot* be used: <b>mend</b> it."
    assert r"\*cannot\*" in app.error[0].value


def test_an_unexpected_error_shows_a_reference_and_nothing_of_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = failing("unexpected")
    assert not app.exception
    sentence = app.error[0].value
    assert "hunter2" not in sentence
    assert "RuntimeError" not in sentence
    reference = re.search(r"([0-9a-f]{8})", sentence)
    assert reference is not None
    assert reference[1] in caplog.text


def test_a_page_may_stop_where_it_is() -> None:
    app = failing("stop")
    assert not app.exception
    assert not app.error
    assert [each.value for each in app.markdown] == ["before"]


def test_a_page_says_how_old_its_data_are_even_if_it_stops_early() -> None:
    app = opened("staff.py")
    assert "Nobody is on the list yet" in app.info[0].value
    assert re.fullmatch(r"as of \d+ s ago", app.caption[0].value)


def test_what_another_has_written_is_seen_after_a_refresh() -> None:
    app = opened("staff.py")
    staff.add(COMMAND_LINE, "ana@northwind.example", "Ana", Role.ADMIN)

    app.button(key="refresh").click().run()

    assert list(app.dataframe[0].value["name"]) == ["Ana"]


def test_an_answer_is_kept_for_some_seconds_so_that_clicking_about_costs_nothing() -> None:
    assert read(queries.listing).empty
    staff.add(COMMAND_LINE, "ana@northwind.example", "Ana", Role.ADMIN)

    assert read(queries.listing).empty
    fresh()
    assert len(read(queries.listing)) == 1


def test_a_database_that_is_gone_shows_a_sentence_and_no_traceback(database: str) -> None:
    with transaction() as session:
        session.connection().exec_driver_sql("DROP TABLE tallies")
    app = opened("staff.py")
    assert not app.exception
    assert "Something went wrong on our side" in app.error[0].value
    assert "tallies" not in shown(app)


def test_the_pages_named_in_the_menu_are_the_files_there_are() -> None:
    assert {place.file for place in PLACES} == {
        each.name for each in Path(ROOT / "pages").glob("*.py")
    }


def test_what_was_done_is_said_once_on_the_page_drawn_anew() -> None:
    def script() -> None:
        import streamlit as st  # noqa: PLC0415 - a script of its own

        from dashboard.ui.frame import done, page  # noqa: PLC0415

        with page("Writing"):
            if st.button("Write", key="write"):
                done("Ana_Ruiz is admin now.")

    app = AppTest.from_function(script, default_timeout=PATIENCE).run()
    app.button(key="write").click().run()
    assert [each.value for each in app.toast] == [r"Ana\_Ruiz is admin now\."]

    assert len(app.run().toast) == 0
