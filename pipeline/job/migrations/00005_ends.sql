-- +goose Up
-- Each end of a job is told: one that was started again ends again.
CREATE TABLE told (
    id      TEXT NOT NULL,                 -- the same on each try
    job     TEXT NOT NULL,
    event   TEXT NOT NULL,
    channel TEXT NOT NULL,
    body    TEXT NOT NULL,                 -- JSON, without any text of a record
    created BIGINT NOT NULL,               -- when the job ended
    tries   BIGINT NOT NULL DEFAULT 0,
    next    BIGINT NOT NULL,               -- when it is tried; 0: it was told, or given up
    PRIMARY KEY (job, event, channel, created)
);
INSERT INTO told (id, job, event, channel, body, created, tries, next) SELECT id, job, event, channel, body, created, tries, next FROM outbox;
DROP TABLE outbox;
ALTER TABLE told RENAME TO outbox;
CREATE INDEX outbox_by_next ON outbox (next);
-- Runners, the outbox and the upkeep look for jobs by where they stand, every second or so.
CREATE INDEX jobs_by_state ON jobs (state, ended);
