-- +goose Up
CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    state       TEXT NOT NULL,
    config      TEXT NOT NULL,
    created     BIGINT NOT NULL,              -- times in Unix milliseconds, 0: not yet
    started     BIGINT NOT NULL DEFAULT 0,
    ended       BIGINT NOT NULL DEFAULT 0,
    input_bytes BIGINT NOT NULL DEFAULT -1,
    total       BIGINT NOT NULL DEFAULT 0,
    estimate    BIGINT NOT NULL DEFAULT 0,
    done        BIGINT NOT NULL DEFAULT 0,
    failures    BIGINT NOT NULL DEFAULT 0,
    tokens      BIGINT NOT NULL DEFAULT 0,
    error_code  TEXT NOT NULL DEFAULT '',
    error       TEXT NOT NULL DEFAULT '',
    owner       TEXT NOT NULL DEFAULT '',     -- of the lease
    lease_until BIGINT NOT NULL DEFAULT 0,
    ticket      BYTEA NOT NULL,                -- SHA-256 of the secret that uploads show
    ticket_until BIGINT NOT NULL,
    ticket_fields TEXT NOT NULL               -- the form's fields as they were issued, JSON
);
CREATE INDEX jobs_by_account ON jobs (account, created, id);
CREATE UNIQUE INDEX jobs_by_ticket ON jobs (ticket);
-- One running job an account, whatever races there are.
CREATE UNIQUE INDEX jobs_running ON jobs (account) WHERE state IN ('processing', 'cancelling');
