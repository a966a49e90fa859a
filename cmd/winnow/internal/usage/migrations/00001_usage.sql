-- +goose Up
CREATE TABLE usage (                       -- what accounts have used
    account       TEXT NOT NULL,
    day           BIGINT NOT NULL,         -- since 1970-01-01, in UTC
    key_id        TEXT NOT NULL,           -- empty: none was needed
    classifier    TEXT NOT NULL,           -- a saved one's version; empty: the labels came with the request
    priority      TEXT NOT NULL,
    job           TEXT NOT NULL,           -- empty: requests; else this job alone, whose row is made anew when it ends again
    requests      BIGINT NOT NULL,
    jobs          BIGINT NOT NULL,
    texts         BIGINT NOT NULL,
    failed        BIGINT NOT NULL,
    cached        BIGINT NOT NULL,
    tokens        BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    PRIMARY KEY (account, day, key_id, classifier, priority, job)
);
CREATE INDEX usage_by_job ON usage (job);
CREATE INDEX usage_by_day ON usage (day);
