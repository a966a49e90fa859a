-- +goose Up
-- What a run of a job has used stays when the job is begun anew.
CREATE TABLE used (
    account       TEXT NOT NULL,
    day           BIGINT NOT NULL,         -- since 1970-01-01, in UTC
    key_id        TEXT NOT NULL,           -- empty: none was needed
    classifier    TEXT NOT NULL,           -- a saved one's version; empty: the labels came with the request
    priority      TEXT NOT NULL,
    job           TEXT NOT NULL,           -- empty: requests; else a run of this job alone
    run           BIGINT NOT NULL,
    requests      BIGINT NOT NULL,
    jobs          BIGINT NOT NULL,
    texts         BIGINT NOT NULL,
    failed        BIGINT NOT NULL,
    cached        BIGINT NOT NULL,
    tokens        BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    PRIMARY KEY (account, day, key_id, classifier, priority, job, run)
);
INSERT INTO used (account, day, key_id, classifier, priority, job, run, requests, jobs, texts, failed, cached, tokens, cached_tokens)
    SELECT account, day, key_id, classifier, priority, job, 0, requests, jobs, texts, failed, cached, tokens, cached_tokens FROM usage;
DROP TABLE usage;
ALTER TABLE used RENAME TO usage;
CREATE INDEX usage_by_job ON usage (job);
CREATE INDEX usage_by_day ON usage (day);
