"""Tables of columns, made of what Python has at hand."""

from __future__ import annotations

from typing import Any, Mapping


def of_columns(columns: Mapping[str, Any]) -> Any:
    """A dict of columns as a table with the Arrow C interface: lists, arrays (the first axis goes by rows), tensors.

    Lists whose elements are lists or arrays are columns of lists.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise ImportError("a dict of columns needs pyarrow; give a table of polars or pandas instead") from error
    made = {}
    for name, column in columns.items():
        if not isinstance(name, str):
            raise TypeError(f"columns are named by text, not by {name!r}")
        made[name] = _array(pa, name, column)
    lengths = {name: len(column) for name, column in made.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError("columns of different lengths: " + ", ".join(f"{k}: {n}" for k, n in lengths.items()))
    return pa.table(made)


def _array(pa: Any, name: str, column: Any) -> Any:
    if hasattr(column, "__arrow_c_array__") or hasattr(column, "__arrow_c_stream__"):
        return column if isinstance(column, (pa.Array, pa.ChunkedArray)) else pa.array(column)
    import numpy as np

    if hasattr(column, "detach"):
        column = column.detach().cpu().numpy()
    try:
        if not isinstance(column, np.ndarray):
            column = [one.tolist() if hasattr(one, "tolist") else one for one in column]
            return pa.array(column)
        if not column.dtype.isnative:
            column = column.astype(column.dtype.newbyteorder("="))
        flat = pa.array(np.ascontiguousarray(column).reshape(-1))
        for width in reversed(column.shape[1:]):
            flat = pa.FixedSizeListArray.from_arrays(flat, width)
        return flat
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise TypeError(f"column '{name}': {error}") from error
