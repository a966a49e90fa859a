-- +goose Up
ALTER TABLE jobs ADD COLUMN input TEXT NOT NULL DEFAULT '';   -- the key of the upload that counts
ALTER TABLE jobs ADD COLUMN results TEXT NOT NULL DEFAULT ''; -- the key of the results, once it is completed
CREATE TABLE downloads (
    ticket      BYTEA PRIMARY KEY,                            -- SHA-256 of the secret that downloads show
    job         TEXT NOT NULL,
    valid_until BIGINT NOT NULL
);
CREATE INDEX downloads_by_end ON downloads (valid_until);
CREATE TABLE identity (                                       -- of the database: one row
    one BIGINT PRIMARY KEY,
    id  TEXT NOT NULL
);
