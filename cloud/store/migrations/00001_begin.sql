-- +goose Up
-- Times are milliseconds since 1970, UTC. What code looks into as a whole is kept as JSON text.

CREATE TABLE events (
    position   BIGINT PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    site       TEXT NOT NULL,
    box        TEXT NOT NULL,
    epoch      TEXT NOT NULL,
    priority   BIGINT NOT NULL,
    sequence   BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    time       BIGINT NOT NULL,
    received   BIGINT NOT NULL,
    backfill   BOOLEAN NOT NULL,
    body       TEXT NOT NULL
);
CREATE INDEX events_place_in_stream ON events (site, box, epoch, priority, sequence);

-- What came and could not be an event: kept as it came, so that nothing is lost for a fault in a program.
CREATE TABLE refusals (
    position BIGINT PRIMARY KEY,
    site     TEXT NOT NULL,
    box      TEXT NOT NULL,
    epoch    TEXT NOT NULL,
    priority BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    received BIGINT NOT NULL,
    fault    TEXT NOT NULL,
    raw      TEXT NOT NULL,
    UNIQUE (site, box, epoch, priority, sequence)
);

CREATE TABLE incidents (
    id       TEXT PRIMARY KEY,
    version  BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    level    BIGINT NOT NULL,
    state    TEXT NOT NULL,
    site     TEXT NOT NULL,
    box      TEXT NOT NULL,
    device   TEXT NOT NULL,
    zone     TEXT NOT NULL,
    body     TEXT NOT NULL
);
CREATE INDEX incidents_by_place ON incidents (kind, site, box, device, zone, id);
CREATE INDEX incidents_by_state ON incidents (state, id);

-- Which incident an episode's events belong to.
CREATE TABLE episodes (
    episode  TEXT PRIMARY KEY,
    incident TEXT NOT NULL
);

CREATE TABLE changes (
    position BIGINT PRIMARY KEY,
    incident TEXT NOT NULL,
    at       BIGINT NOT NULL,
    what     TEXT NOT NULL,
    who      TEXT NOT NULL,
    why      TEXT NOT NULL,
    body     TEXT NOT NULL
);
CREATE INDEX changes_by_incident ON changes (incident, position);

-- How far each reader of the events has come.
CREATE TABLE positions (
    reader   TEXT PRIMARY KEY,
    position BIGINT NOT NULL
);

CREATE TABLE people (
    name     TEXT PRIMARY KEY,
    role     TEXT NOT NULL,
    password TEXT NOT NULL,
    created  BIGINT NOT NULL
);

CREATE TABLE sessions (
    token   TEXT PRIMARY KEY, -- SHA-256 of the cookie
    name    TEXT NOT NULL,
    csrf    TEXT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE boxes (
    site     TEXT NOT NULL,
    box      TEXT NOT NULL,
    secret   TEXT NOT NULL, -- SHA-256
    enrolled BIGINT NOT NULL,
    revoked  BIGINT,
    status   TEXT,
    health   TEXT,
    heard    BIGINT,
    PRIMARY KEY (site, box)
);

-- +goose Down
DROP TABLE boxes;
DROP TABLE sessions;
DROP TABLE people;
DROP TABLE positions;
DROP TABLE changes;
DROP TABLE episodes;
DROP TABLE incidents;
DROP TABLE refusals;
DROP TABLE events;
