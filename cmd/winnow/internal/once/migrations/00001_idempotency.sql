-- +goose Up
CREATE TABLE idempotency (
    account  TEXT NOT NULL,
    name     TEXT NOT NULL,             -- SHA-256 of method, path and key
    body     TEXT NOT NULL,             -- SHA-256
    status   INTEGER NOT NULL,          -- that was answered; 0: not yet
    resource TEXT NOT NULL,             -- the id or name of what was made
    created  BIGINT NOT NULL,           -- Unix milliseconds
    PRIMARY KEY (account, name)
);
CREATE INDEX idempotency_by_age ON idempotency (created);
