-- +goose Up
-- Incidents made of steps. What there was of incidents is made anew from the events, which are all still there:
-- the first fold after this begins at the first event. What people had done to them is lost; nothing was released.

DROP TABLE changes;
DROP TABLE episodes;
DROP TABLE incidents;
DELETE FROM positions WHERE reader = 'incident';

-- The columns are for finding; an incident is its body, which its steps make.
CREATE TABLE incidents (
    id            TEXT PRIMARY KEY, -- a ULID: in the order of what was heard of first
    number        TEXT NOT NULL,
    version       BIGINT NOT NULL,
    class         TEXT NOT NULL,
    domain        TEXT NOT NULL,
    level         BIGINT NOT NULL,
    state         TEXT NOT NULL,
    unended       BOOLEAN NOT NULL,
    verdict       TEXT NOT NULL,
    test          BOOLEAN NOT NULL,
    signal        BOOLEAN NOT NULL,
    health        BOOLEAN NOT NULL,
    taken         BOOLEAN NOT NULL,
    place         TEXT NOT NULL,
    place2        TEXT NOT NULL, -- its first two codes, and its first three
    place3        TEXT NOT NULL,
    unit          TEXT,
    handling_unit TEXT,
    handler       TEXT,
    source        TEXT NOT NULL,
    merge_key     TEXT NOT NULL, -- where others join it
    last_at       BIGINT NOT NULL,
    due           BIGINT, -- the nearest deadline
    wake          BIGINT, -- when the machine has a step to take
    ended         BIGINT,
    words         TEXT NOT NULL, -- to look for
    body          TEXT NOT NULL
);
CREATE UNIQUE INDEX incidents_number ON incidents (number);
CREATE INDEX incidents_merge ON incidents (merge_key, last_at);
CREATE INDEX incidents_unended ON incidents (id) WHERE unended;
CREATE INDEX incidents_due ON incidents (due, id) WHERE due IS NOT NULL;
CREATE INDEX incidents_wake ON incidents (wake) WHERE wake IS NOT NULL;
CREATE INDEX incidents_state ON incidents (state, id);
CREATE INDEX incidents_class ON incidents (class, id);
CREATE INDEX incidents_domain ON incidents (domain, id);
CREATE INDEX incidents_level ON incidents (level, id DESC);
CREATE INDEX incidents_verdict ON incidents (verdict, id);
CREATE INDEX incidents_source ON incidents (source, id);
CREATE INDEX incidents_place2 ON incidents (place2, id);
CREATE INDEX incidents_place3 ON incidents (place3, id);
CREATE INDEX incidents_unit ON incidents (unit, id) WHERE unit IS NOT NULL;
CREATE INDEX incidents_handling_unit ON incidents (handling_unit, id) WHERE handling_unit IS NOT NULL;
CREATE INDEX incidents_handler ON incidents (handler, id) WHERE handler IS NOT NULL;

-- History, and the feed of changes: only ever added to.
CREATE TABLE steps (
    position   BIGINT PRIMARY KEY,
    incident   TEXT NOT NULL,
    seq        BIGINT NOT NULL,
    action     TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    actor      TEXT NOT NULL,
    role       TEXT NOT NULL,
    unit       TEXT NOT NULL,
    at         BIGINT NOT NULL,
    received   BIGINT NOT NULL,
    reason     TEXT NOT NULL,
    detail     TEXT NOT NULL,
    prev_hash  TEXT NOT NULL,
    hash       TEXT NOT NULL
);
CREATE UNIQUE INDEX steps_of_incident ON steps (incident, seq);

-- Which incident an episode's events belong to.
CREATE TABLE episodes (
    episode  TEXT PRIMARY KEY,
    incident TEXT NOT NULL
);

-- Which reports came, and who made them until that is forgotten.
CREATE TABLE reports (
    id       TEXT PRIMARY KEY,
    incident TEXT NOT NULL,
    account  TEXT NOT NULL,
    contact  TEXT NOT NULL
);
CREATE INDEX reports_of_incident ON reports (incident);
CREATE INDEX reports_not_forgotten ON reports (incident) WHERE account <> '' OR contact <> '';

-- The last number of each day.
CREATE TABLE numbers (
    day  TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);

-- +goose Down
DROP TABLE numbers;
DROP TABLE reports;
DROP TABLE episodes;
DROP TABLE steps;
DROP TABLE incidents;
DELETE FROM positions WHERE reader = 'incident';

CREATE TABLE incidents (
    id TEXT PRIMARY KEY, version BIGINT NOT NULL, kind TEXT NOT NULL, level BIGINT NOT NULL, state TEXT NOT NULL,
    site TEXT NOT NULL, box TEXT NOT NULL, device TEXT NOT NULL, zone TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX incidents_by_place ON incidents (kind, site, box, device, zone, id);
CREATE INDEX incidents_by_state ON incidents (state, id);
CREATE TABLE episodes (episode TEXT PRIMARY KEY, incident TEXT NOT NULL);
CREATE TABLE changes (
    position BIGINT PRIMARY KEY, incident TEXT NOT NULL, at BIGINT NOT NULL, what TEXT NOT NULL, who TEXT NOT NULL,
    why TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX changes_by_incident ON changes (incident, position);
