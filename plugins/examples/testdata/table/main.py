"""A sink that writes texts into a table of SQLite, and keeps how far it has its input in the transaction of the rows."""

import sqlite3

import winnow_plugin as winnow


class Table:
    def __init__(self, task):
        self._path = task.config["path"]
        self._db = None

    def open(self, opening):
        if self._db is None:
            self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._db.execute("CREATE TABLE IF NOT EXISTS labelled (text, label)")
        self._db.execute("CREATE TABLE IF NOT EXISTS offsets (scope, split, next, generation, PRIMARY KEY (scope, split))")
        self._scope, self._owned = opening.scope, {}
        self.abort()

    def resume(self, split):
        [(next, self._owned[split])] = self._db.execute(
            "INSERT INTO offsets VALUES (?, ?, NULL, 1) ON CONFLICT DO UPDATE SET generation = generation + 1 RETURNING next, generation",
            (self._scope, split)).fetchall()
        return next

    def write(self, records):
        self._rows += zip(records.columns.column("text").to_pylist(), records.results.column("label").to_pylist())

    def prepare(self, epoch, spans):
        self._spans = spans
        return b""

    def commit(self, receipt):
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for span in self._spans:
                moved = self._db.execute(
                    "UPDATE offsets SET next = ? WHERE scope = ? AND split = ? AND generation = ?",
                    (span.next, self._scope, span.split, self._owned.get(span.split)))
                if moved.rowcount == 0:
                    raise winnow.FencedError(f"another process has taken over {span.split}")
            self._db.executemany("INSERT INTO labelled VALUES (?, ?)", self._rows)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self.abort()

    def abort(self):
        self._rows, self._spans = [], []

    def close(self):
        if self._db is not None:
            self._db.close()


if __name__ == "__main__":
    winnow.serve(name="table", version="1.0.0", sink=Table)
