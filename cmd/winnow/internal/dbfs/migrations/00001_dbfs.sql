-- +goose Up
CREATE TABLE dbfs (
    dir      TEXT NOT NULL,   -- the folder that it is in; empty: the topmost
    name     TEXT NOT NULL,
    data     BYTEA,           -- null: a folder
    modified BIGINT NOT NULL, -- times in Unix milliseconds
    PRIMARY KEY (dir, name)
);
CREATE TABLE dbfs_locks (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  BIGINT NOT NULL    -- then the holder is taken for dead
);
