-- +goose Up
CREATE TABLE outbox (                      -- what is to be told of jobs: one row for each job, event and channel
    id      TEXT NOT NULL,                 -- the same on each try
    job     TEXT NOT NULL,
    event   TEXT NOT NULL,
    channel TEXT NOT NULL,
    body    TEXT NOT NULL,                 -- JSON, without any text of a record
    created BIGINT NOT NULL,
    tries   BIGINT NOT NULL DEFAULT 0,
    next    BIGINT NOT NULL,               -- when it is tried; 0: it was told, or given up
    PRIMARY KEY (job, event, channel)
);
CREATE INDEX outbox_by_next ON outbox (next);
