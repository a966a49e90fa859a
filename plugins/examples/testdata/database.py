"""Makes a database with a table of every kind of column, and with rows that are gone: python database.py FILE"""

import sys

import duckdb

database = duckdb.connect(sys.argv[1])
database.execute("""
    CREATE TABLE messages AS
    SELECT i AS id, 'message ' || i AS "the text", i / 3 AS price, {'at': i, 'tags': [i, NULL]} AS nested, i::DECIMAL(9, 2) AS amount,
           DATE '2026-01-01' + (i % 100)::INTEGER AS day, TIMESTAMP '2026-01-01' + INTERVAL (i) SECOND AS at, i % 2 = 0 AS even,
           ('00000000-0000-0000-0000-' || lpad(i::VARCHAR, 12, '0'))::UUID AS uuid, ('x' || i)::BLOB AS bytes
    FROM range(350) t(i)
""")
database.execute("DELETE FROM messages WHERE id % 50 = 7 OR id = 349")
database.execute("INSERT INTO messages (id) VALUES (1000)")
