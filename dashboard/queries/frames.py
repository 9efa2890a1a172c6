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
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    made = {
        name: pd.array(values, dtype=dtype)  # type: ignore[call-overload]
        for (name, dtype), values in zip(columns.items(), cells, strict=True)
    }
    return pd.DataFrame(made, copy=False)


def records(found: pd.DataFrame) -> list[Any]:
    """The rows of a frame with their columns as attributes, for a few of them."""
    return list(found.itertuples(index=False))
