-- +goose Up
-- The sheets of shifts: rows that are only added to, in one chain.
CREATE TABLE handovers (
    position BIGINT PRIMARY KEY,
    sheet    TEXT NOT NULL, -- a ULID
    act      TEXT NOT NULL, -- out, read or in
    incident TEXT NOT NULL,
    who      TEXT NOT NULL,
    person   TEXT NOT NULL,
    at       BIGINT NOT NULL,
    words    TEXT NOT NULL,
    facts    TEXT NOT NULL, -- JSON, of the first row
    prev     TEXT NOT NULL,
    hash     TEXT NOT NULL,
    UNIQUE (sheet, act, incident, who)
);
CREATE INDEX handovers_out ON handovers (sheet) WHERE act = 'out';

-- When a box last told its health, by the cloud's clock: how far its own clock is off.
ALTER TABLE boxes ADD COLUMN health_heard BIGINT;

-- A password that somebody else made, until its owner makes another.
ALTER TABLE people ADD COLUMN fresh BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE people DROP COLUMN fresh;
ALTER TABLE boxes DROP COLUMN health_heard;
DROP TABLE handovers;
