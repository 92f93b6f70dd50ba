-- +goose Up
-- Second factors. secret is sealed: reading the database gives no code.
CREATE TABLE factors (
    id      TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES people (name),
    kind    TEXT NOT NULL, -- totp or key
    name    TEXT NOT NULL,
    secret  TEXT NOT NULL,
    made    BIGINT NOT NULL,
    proved  BIGINT,                   -- when it was first shown to work; before that it is none
    used    BIGINT,
    step    BIGINT NOT NULL DEFAULT 0 -- of TOTP, the last that was taken: a code works once
);
CREATE INDEX factors_by_account ON factors (account, id);

-- Codes for who has lost the factor; only their hashes, each good once.
CREATE TABLE recovery_codes (
    account TEXT NOT NULL REFERENCES people (name),
    hash    TEXT NOT NULL,
    used    BIGINT,
    PRIMARY KEY (account, hash)
);

-- Whoever has a session logs in again: what is asked of sessions has changed.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN came BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN second BIGINT;
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_by_name ON sessions (name);

-- Nobody holds two of the three administrators.
CREATE UNIQUE INDEX grants_one_administrator ON grants (account) WHERE revoked_at IS NULL AND role IN ('system_admin', 'security_admin', 'audit_admin');

-- +goose Down
DROP INDEX grants_one_administrator;
DROP INDEX sessions_by_name;
ALTER TABLE sessions DROP COLUMN agent;
ALTER TABLE sessions DROP COLUMN address;
ALTER TABLE sessions DROP COLUMN second;
ALTER TABLE sessions DROP COLUMN used;
ALTER TABLE sessions DROP COLUMN came;
DROP TABLE recovery_codes;
DROP TABLE factors;
