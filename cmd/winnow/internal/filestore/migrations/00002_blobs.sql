-- +goose Up
ALTER TABLE files ADD COLUMN blob TEXT NOT NULL DEFAULT ''; -- the key of its bytes
CREATE INDEX files_by_blob ON files (blob);
