-- +goose Up
-- The time of each step of an open incident that has begun.
CREATE TABLE escalation_clocks (
    incident TEXT NOT NULL,
    step     TEXT NOT NULL,
    round    BIGINT NOT NULL,
    begun    BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    counts   TEXT NOT NULL, -- natural or working time
    roll     BOOLEAN NOT NULL,
    passed   BIGINT NOT NULL,
    next     BIGINT,
    PRIMARY KEY (incident, step)
);
CREATE INDEX escalation_clocks_next ON escalation_clocks (next) WHERE next IS NOT NULL;

-- What was told, once: whoever inserts a row first has told it.
CREATE TABLE reminders (
    position   BIGINT PRIMARY KEY,
    incident   TEXT NOT NULL,
    step       TEXT NOT NULL,
    round      BIGINT NOT NULL,
    threshold  TEXT NOT NULL,
    audience   TEXT NOT NULL,
    class      TEXT NOT NULL,
    place      TEXT NOT NULL,
    unit       TEXT NOT NULL,
    handling   TEXT NOT NULL,
    overdue    BOOLEAN NOT NULL,
    ticket     BOOLEAN NOT NULL,
    settled    BIGINT,
    settled_by TEXT NOT NULL DEFAULT '',
    note       TEXT NOT NULL DEFAULT '',
    body       TEXT NOT NULL,
    UNIQUE (incident, step, round, threshold)
);
CREATE INDEX reminders_open ON reminders (position) WHERE settled IS NULL;

INSERT INTO counters (name, value) VALUES ('reminders', 0);
INSERT INTO positions (reader, position) VALUES ('escalation', 0);

-- +goose Down
DELETE FROM positions WHERE reader = 'escalation';
DELETE FROM counters WHERE name = 'reminders';
DROP TABLE reminders;
DROP TABLE escalation_clocks;
