-- +goose Up
ALTER TABLE api_keys ADD COLUMN used BIGINT; -- when a request came with it; null: none has
