"""Opening a page of the real app at an address, as the local operator of a demo."""

from streamlit.testing.v1 import AppTest

from dashboard.roles import Role
from dashboard.settings import ROOT
from dashboard.ui.who import DEMO_ROLE

PATIENCE = 30


def opened(page: str, role: Role = Role.ADMIN, /, **address: object) -> AppTest:
    """The page of this name, with these parameters in its address."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=PATIENCE)
    app.session_state[DEMO_ROLE] = role
    for name, value in address.items():
        app.query_params[name] = value if isinstance(value, list) else str(value)
    app.switch_page(f"../pages/{page}.py").run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    """Everything a page says in words, with tables, without what tames it for markdown."""
    said = [
        each.value
        for kind in (
            "title",
            "subheader",
            "markdown",
            "caption",
            "info",
            "warning",
            "error",
            "code",
        )
        for each in getattr(app, kind)
    ]
    cells = [str(cell) for each in app.table for cell in each.value.to_numpy().ravel()]
    return "\n".join([*said, *cells]).replace("\\", "").replace("\N{WORD JOINER}", "")
