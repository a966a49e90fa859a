-- +goose Up
CREATE INDEX uploads_by_account ON uploads (account, state); -- which has a limit of those that are not complete
