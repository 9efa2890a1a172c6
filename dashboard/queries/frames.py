"""Rows -> DataFrame with fixed columns and dtypes, also when there are no rows."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

MOMENT: Final = "datetime64[us, UTC]"


def frame(rows: Iterable[Any], columns: Mapping[str, str]) -> pd.DataFrame:
    """Make a frame whose columns and dtypes are those of ``columns``, whatever the rows.

    Args:
        rows: tuples in the order of ``columns``.
        columns: dtype by column name.
    """
    made = pd.DataFrame.from_records(
        [tuple(row) for row in rows], columns=list(columns), coerce_float=False
    )
    return made.astype(dict(columns))
