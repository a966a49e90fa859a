-- +goose Up
-- Accounts take turns: the one whose last job got its place the longest ago is next.
ALTER TABLE jobs ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;      -- when it got the place of its account
UPDATE jobs SET turn = started;
CREATE INDEX jobs_by_turn ON jobs (account, turn);
CREATE INDEX jobs_waiting ON jobs (state, account, created, id) WHERE state IN ('pending', 'queued');
-- Notes of one account and channel are told one after the other, beside those of others.
ALTER TABLE outbox ADD COLUMN account TEXT NOT NULL DEFAULT '';
UPDATE outbox SET account = COALESCE((SELECT account FROM jobs WHERE jobs.id = outbox.job), '');
DROP INDEX outbox_by_next;
CREATE INDEX outbox_due ON outbox (next, account, channel) WHERE next > 0;
