-- +goose Up
CREATE TABLE files (
    id      TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    name    TEXT NOT NULL,           -- what the client calls it: never a path
    purpose TEXT NOT NULL,
    bytes   BIGINT NOT NULL,
    created BIGINT NOT NULL,         -- times in Unix milliseconds
    job     TEXT NOT NULL DEFAULT '' -- that the file is an output of
);
CREATE INDEX files_by_account ON files (account, created, id);
CREATE INDEX files_by_job ON files (job);
CREATE TABLE uploads (
    id      TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    name    TEXT NOT NULL,
    purpose TEXT NOT NULL,
    bytes   BIGINT NOT NULL,         -- that the client has announced
    created BIGINT NOT NULL,
    state   TEXT NOT NULL,           -- pending, completed, cancelled
    file    TEXT NOT NULL DEFAULT '' -- that it became
);
CREATE TABLE parts (
    id     TEXT PRIMARY KEY,
    upload TEXT NOT NULL,
    bytes  BIGINT NOT NULL
);
CREATE INDEX parts_by_upload ON parts (upload);
