-- +goose Up
ALTER TABLE jobs ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]'; -- what is to be known of its input and results, JSON
ALTER TABLE jobs ADD COLUMN finalized BIGINT NOT NULL DEFAULT 0;  -- when its records were done
-- A job whose results are being kept runs.
DROP INDEX jobs_running;
CREATE UNIQUE INDEX jobs_running ON jobs (account) WHERE state IN ('processing', 'finalizing', 'paused', 'cancelling');
