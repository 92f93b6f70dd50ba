-- +goose Up
-- What people enter for the figures, and figures as they were published.

CREATE TABLE efforts (
    id      TEXT PRIMARY KEY,
    day     BIGINT NOT NULL,
    role    TEXT NOT NULL,
    worker  TEXT NOT NULL,
    task    TEXT NOT NULL,
    method  TEXT NOT NULL, -- clock, diary or roster
    hours   DOUBLE PRECISION NOT NULL,
    entered BIGINT NOT NULL,
    who     TEXT NOT NULL
);
CREATE INDEX efforts_by_day ON efforts (day);

CREATE TABLE audits (
    id      TEXT PRIMARY KEY,
    walked  BIGINT NOT NULL,
    place   TEXT NOT NULL,
    hours   DOUBLE PRECISION NOT NULL,
    found   BIGINT NOT NULL,
    known   BIGINT NOT NULL,
    entered BIGINT NOT NULL,
    who     TEXT NOT NULL
);
CREATE INDEX audits_by_time ON audits (walked);

-- The fire authority's own count. Entered, never computed by us.
CREATE TABLE official_fires (
    month   TEXT PRIMARY KEY,
    fires   BIGINT NOT NULL,
    entered BIGINT NOT NULL,
    who     TEXT NOT NULL
);

CREATE TABLE baselines (
    clock   TEXT PRIMARY KEY, -- handling, enforcement or effort
    begins  BIGINT NOT NULL,
    ends    BIGINT NOT NULL,
    method  TEXT NOT NULL, -- measured or recalled
    entered BIGINT NOT NULL,
    who     TEXT NOT NULL
);

-- A settled month is computed once per definition; a correction is a revision beside it.
CREATE TABLE figures (
    month      TEXT NOT NULL,
    definition TEXT NOT NULL,
    revision   BIGINT NOT NULL,
    computed   BIGINT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (month, definition, revision)
);

-- +goose Down
DROP TABLE figures;
DROP TABLE baselines;
DROP TABLE official_fires;
DROP TABLE audits;
DROP TABLE efforts;
