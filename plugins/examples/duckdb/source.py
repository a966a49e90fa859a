"""A table of a DuckDB database as a source: its rows by ranges of their rowid, which is their offset."""

import os
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import winnow_plugin as winnow

# What crosses as it is; of the other types, those that are nested cross as JSON and the rest as text.
FLAT = {
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE",
    "DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "VARCHAR", "BLOB",
}


class Table:
    """Reads a table in the order of its rowid. The database must not change while it is read: the state of its file is the splits'
    fingerprint, and a run that is resumed on another one is refused."""

    replayable = True

    def __init__(self, task: winnow.Task):
        self._database, self._table = task.config["database"], task.config["table"]
        self._split_rows = task.config.get("split_rows", 122880)  # one of DuckDB's row groups
        if not os.path.isfile(self._database):
            raise ValueError(f"there is no database {self._database}")
        self._connection = duckdb.connect(self._database, read_only=True)
        self._from = ".".join(quoted(part) for part in self._table.split("."))
        try:
            described = self._connection.execute(f"DESCRIBE {self._from}").fetchall()
            self._connection.execute(f"SELECT rowid FROM {self._from} LIMIT 0")
        except duckdb.Error as e:
            raise ValueError(f"the table {self._table} can't be read: {e}") from None
        self._expressions: dict[str, str] = {}
        json = set()
        for name, kind, *_ in described:
            expression = quoted(name)
            if nested(kind):
                expression, json = f"CAST(to_json({expression}) AS VARCHAR)", json | {name}
            elif kind not in FLAT:
                expression = f"CAST({expression} AS VARCHAR)"
            self._expressions[name] = f"{expression} AS {quoted(name)}"
        empty = self._connection.sql(f"SELECT {', '.join(self._expressions.values())} FROM {self._from} LIMIT 0").to_arrow_table()
        self.schema = pa.schema([f.with_metadata({"json": "true"}) if f.name in json else f for f in empty.schema])

    def splits(self) -> Iterator[winnow.Split]:
        last = self._connection.execute(f"SELECT max(rowid) FROM {self._from}").fetchone()[0]
        rows = dict(self._connection.execute(f"SELECT rowid // {self._split_rows}, count(*) FROM {self._from} GROUP BY 1").fetchall())
        state = os.stat(self._database)
        for start in range(0, -1 if last is None else last + 1, self._split_rows):
            end = min(start + self._split_rows, last + 1)
            yield winnow.Split(
                id=f"{self._table}:{start}", place=f"{self._database} {self._table}", start=start, end=end,
                fingerprint=f"{state.st_size}-{state.st_mtime_ns}", rows=rows.get(start // self._split_rows, 0),
            )

    def read(self, split: winnow.Split, offset: int, want: winnow.Want) -> Iterator[winnow.Batch]:
        columns = ["rowid AS _rowid", *(self._expressions[name] for name in want.columns)]
        rows = self._connection.cursor().sql(
            f"SELECT {', '.join(columns)} FROM {self._from} WHERE rowid >= {offset} AND rowid < {split.end} ORDER BY rowid"
        ).to_arrow_reader(want.rows)
        for records in rows:
            yield winnow.Batch(records, offsets=records.column("_rowid").to_pylist())


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT(", "MAP(", "UNION(")) or kind == "JSON"
