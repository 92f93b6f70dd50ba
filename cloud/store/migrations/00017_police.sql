-- +goose Up
-- What the police are told. The columns are for finding; a message is its body.
CREATE TABLE police_messages (
    position BIGINT PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    kind     TEXT NOT NULL,
    incident TEXT NOT NULL,
    number   TEXT NOT NULL,
    level    BIGINT NOT NULL,
    state    TEXT NOT NULL,
    tried    BOOLEAN NOT NULL,
    handled  BOOLEAN NOT NULL,
    phone    BOOLEAN NOT NULL, -- people were told to, and no receipt came since
    created  BIGINT NOT NULL,
    next     BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    expires  BIGINT,
    answered BIGINT,
    body     TEXT NOT NULL
);
CREATE INDEX police_of_incident ON police_messages (incident, position);
CREATE INDEX police_of_number ON police_messages (number, position);
CREATE INDEX police_created ON police_messages (created);
CREATE INDEX police_answered ON police_messages (answered) WHERE answered IS NOT NULL;
CREATE INDEX police_to_send ON police_messages (level, position) WHERE state IN ('waiting', 'sent');

-- What the police said, once each.
CREATE TABLE police_heard (
    key      TEXT PRIMARY KEY,
    position BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    number   TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    outcome  TEXT NOT NULL, -- empty until something was done with it
    body     TEXT NOT NULL
);
CREATE INDEX police_unapplied ON police_heard (position) WHERE outcome = '';
CREATE INDEX police_heard_at ON police_heard (at);
CREATE INDEX police_heard_of_number ON police_heard (number, sequence);

-- What came from them and cannot be used: the newest of it.
CREATE TABLE police_aside (
    position BIGINT PRIMARY KEY,
    at       BIGINT NOT NULL,
    topic    TEXT NOT NULL,
    why      TEXT NOT NULL,
    body     TEXT NOT NULL -- base64: it can be anything
);

-- What all clouds must know of the bridge: the switch, the link, what was told of cameras, statements.
CREATE TABLE police_facts (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

-- One-time links to pictures, by the hash of their token.
CREATE TABLE police_links (
    hash    TEXT PRIMARY KEY,
    expires BIGINT NOT NULL,
    used    BIGINT,
    body    TEXT NOT NULL
);

INSERT INTO counters (name, value) VALUES ('police', 0);

-- +goose Down
DELETE FROM positions WHERE reader = 'feed/police';
DELETE FROM counters WHERE name = 'police';
DROP TABLE police_links;
DROP TABLE police_facts;
DROP TABLE police_aside;
DROP TABLE police_heard;
DROP TABLE police_messages;
