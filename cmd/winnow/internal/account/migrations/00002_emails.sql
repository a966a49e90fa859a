-- +goose Up
CREATE TABLE account_emails (        -- where e-mails about jobs go that name nobody
    account TEXT PRIMARY KEY,
    email   TEXT NOT NULL
);
