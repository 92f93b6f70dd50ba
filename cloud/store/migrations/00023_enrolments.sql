-- +goose Up
-- Codes by which boxes enrol, once.
CREATE TABLE enrolments (
    code    TEXT PRIMARY KEY, -- SHA-256
    site    TEXT NOT NULL,
    box     TEXT NOT NULL,
    made    BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    maker   TEXT NOT NULL,
    void    BOOLEAN NOT NULL DEFAULT FALSE,
    pubkey  TEXT NOT NULL DEFAULT '', -- of who used it: SHA-256
    serial  TEXT NOT NULL DEFAULT ''  -- of what it was given
);
CREATE INDEX enrolments_by_box ON enrolments (site, box);

-- +goose Down
DROP TABLE enrolments;
