-- +goose Up
-- Requests that carry a key are done once (cloud/api): the first answer is kept and given again.

CREATE TABLE api_keys (
    account     TEXT NOT NULL,
    operation   TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    claimed     BIGINT NOT NULL,
    status      BIGINT NOT NULL DEFAULT 0, -- 0 until it is answered
    location    TEXT NOT NULL DEFAULT '',
    version     BIGINT NOT NULL DEFAULT 0,
    body        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account, operation, key)
);
CREATE INDEX api_keys_claimed ON api_keys (claimed);

-- Keys that the cloud makes for itself and all replicas share.
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down
DROP TABLE secrets;
DROP TABLE api_keys;
