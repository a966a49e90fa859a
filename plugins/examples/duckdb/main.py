"""A plugin for winnow: a source that reads a table of a DuckDB database."""

import winnow_plugin as winnow

from source import Table

if __name__ == "__main__":
    winnow.serve(name="duckdb", version="1.0.0", source=Table)
