-- +goose Up
-- Which evidence came when and from which box; times are milliseconds since 1970.
CREATE TABLE pieces (
    sha256 TEXT PRIMARY KEY,
    site   TEXT NOT NULL, -- empty: no box sent it
    box    TEXT NOT NULL,
    came   BIGINT NOT NULL
);
CREATE INDEX pieces_by_time ON pieces (site, came);

-- Evidence of an incident that is kept beyond its time.
CREATE TABLE holds (
    id             TEXT PRIMARY KEY, -- a ULID
    incident       TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    reason         TEXT NOT NULL,
    who            TEXT NOT NULL,
    unit           TEXT NOT NULL,
    at             BIGINT NOT NULL,
    released_by    TEXT NOT NULL DEFAULT '',
    released_at    BIGINT,
    release_reason TEXT NOT NULL DEFAULT ''
);

-- What was deleted, without anything of its content: a chain without a gap.
CREATE TABLE deletions (
    position BIGINT PRIMARY KEY,
    at       BIGINT NOT NULL,
    sha256   TEXT NOT NULL,
    bytes    BIGINT NOT NULL,
    site     TEXT NOT NULL,
    box      TEXT NOT NULL,
    came     BIGINT NOT NULL,
    rule     TEXT NOT NULL,
    prev     TEXT NOT NULL,
    hash     TEXT NOT NULL
);
CREATE INDEX deletions_by_sum ON deletions (sha256);

-- +goose Down
DROP TABLE deletions;
DROP TABLE holds;
DROP TABLE pieces;
