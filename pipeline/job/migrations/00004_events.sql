-- +goose Up
CREATE TABLE job_events (                  -- what has happened to jobs
    job      TEXT NOT NULL,
    seq      BIGINT NOT NULL,              -- of the job's events, from 1 on
    at       BIGINT NOT NULL,              -- Unix milliseconds
    kind     TEXT NOT NULL,
    done     BIGINT NOT NULL,              -- the job's counts as of then
    failures BIGINT NOT NULL,
    code     TEXT NOT NULL,                -- of the error that it paused or failed for
    message  TEXT NOT NULL,
    PRIMARY KEY (job, seq)
);
-- A job that is paused runs as soon as it can: it keeps its place.
DROP INDEX jobs_running;
CREATE UNIQUE INDEX jobs_running ON jobs (account) WHERE state IN ('processing', 'paused', 'cancelling');
-- How often it was begun anew: a run of its own, with nothing of those before.
ALTER TABLE jobs ADD COLUMN run BIGINT NOT NULL DEFAULT 0;
