"""Argoverse 2's tables as they are written: the columns and types of the published files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from av3d.datasets.argoverse2.layout import QUATERNION, TRANSLATION

ANNOTATION_TYPES: Mapping[str, str] = {
    "timestamp_ns": "int64",
    "track_uuid": "string",
    "category": "string",
    **dict.fromkeys(("length_m", "width_m", "height_m"), "double"),
    **dict.fromkeys((*QUATERNION, *TRANSLATION), "double"),
    "num_interior_pts": "int64",
}
POSE_TYPES: Mapping[str, str] = {
    "timestamp_ns": "int64",
    **dict.fromkeys((*QUATERNION, *TRANSLATION), "double"),
}
EXTRINSIC_TYPES: Mapping[str, str] = {
    "sensor_name": "string",
    **dict.fromkeys((*QUATERNION, *TRANSLATION), "double"),
}
INTRINSIC_TYPES: Mapping[str, str] = {
    "sensor_name": "string",
    **dict.fromkeys(("fx_px", "fy_px", "cx_px", "cy_px", "k1", "k2", "k3"), "double"),
    "height_px": "uint16",
    "width_px": "uint16",
}
SWEEP_TYPES: Mapping[str, str] = {
    **dict.fromkeys("xyz", "halffloat"),
    "intensity": "uint8",
    "laser_number": "uint8",
    "offset_ns": "int32",
}

BLOCK_ROWS = 16_384
"""Rows that wait in memory until they are written together."""


class TableWriter:
    """Writes a Feather file (version 2, LZ4 as the published ones) in blocks of rows.

    Args:
        path: the file.
        types: Arrow's type of each column, in order.
    """

    def __init__(self, path: Path, types: Mapping[str, str]) -> None:
        import pyarrow as pa

        self._schema = pa.schema(
            [(name, pa.type_for_alias(alias)) for name, alias in types.items()]
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = pa.OSFile(str(path), "wb")
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        self._writer = pa.ipc.new_file(self._file, self._schema, options=options)
        self._rows: list[Sequence[Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._flush()
            self._writer.close()
        finally:
            self._file.close()

    def add(self, row: Sequence[Any]) -> None:
        """Add a row, values in the order of the columns."""
        self._rows.append(row)
        if len(self._rows) >= BLOCK_ROWS:
            self._flush()

    def add_columns(self, columns: Sequence[Any]) -> None:
        """Add rows as columns, arrays of one length in the order of the columns."""
        import pyarrow as pa

        self._flush()
        arrays = [
            pa.array(column, type=field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            self.add_columns(list(zip(*rows, strict=True)))
