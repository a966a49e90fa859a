-- +goose Up
CREATE TABLE webhooks (
    id      TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    url     TEXT NOT NULL,
    events  TEXT NOT NULL,   -- separated by commas; empty: all
    secret  TEXT NOT NULL,   -- as it is: each message is signed by it
    created BIGINT NOT NULL  -- times in Unix milliseconds
);
CREATE INDEX webhooks_by_account ON webhooks (account, created, id);
CREATE TABLE deliveries (    -- one row for each webhook and note
    webhook TEXT NOT NULL,
    note    TEXT NOT NULL,
    job     TEXT NOT NULL,
    event   TEXT NOT NULL,
    tries   BIGINT NOT NULL,
    tried   BIGINT NOT NULL, -- the last time
    error   TEXT NOT NULL,   -- of that time; empty: it was taken
    PRIMARY KEY (webhook, note)
);
CREATE INDEX deliveries_by_time ON deliveries (webhook, tried);
