-- +goose Up
-- Evidence that somebody wants to take out, and what another person said to it.
CREATE TABLE bundles (
    id           TEXT PRIMARY KEY, -- a ULID
    incident     TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    reason       TEXT NOT NULL,
    state        TEXT NOT NULL, -- asked, approved or refused
    asked_by     TEXT NOT NULL,
    asked_unit   TEXT NOT NULL,
    asked_person TEXT NOT NULL, -- one person may have two accounts
    asked_at     BIGINT NOT NULL,
    decided_by   TEXT NOT NULL DEFAULT '' CHECK (decided_by <> asked_by),
    decided_at   BIGINT,
    words        TEXT NOT NULL DEFAULT '',
    until        BIGINT
);

-- +goose Down
DROP TABLE bundles;
