"""Whether the database answers."""

import sqlalchemy as sa

from dashboard.db.engine import reading


def reachable() -> bool:
    """Whether the database can be asked anything at this moment."""
    try:
        with reading() as session:
            session.execute(sa.select(1))
    except sa.exc.SQLAlchemyError:
        return False
    return True
