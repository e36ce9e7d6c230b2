"""Labels as plain tables, CSV and Parquet; see docs/formats/tables.md."""

from av3d.datasets.table.dataset import TableDataset

CSV = TableDataset("csv", "CSV tables")
PARQUET = TableDataset("parquet", "Parquet tables")

__all__ = ["CSV", "PARQUET", "TableDataset"]
