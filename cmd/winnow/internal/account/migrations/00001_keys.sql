-- +goose Up
CREATE TABLE api_keys (
    id      TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    scope   TEXT NOT NULL,
    hash    BYTEA NOT NULL,          -- SHA-256 of the whole key
    created BIGINT NOT NULL,        -- times in Unix milliseconds
    expires BIGINT,                 -- null: never
    revoked BIGINT                  -- null: it is not
);
