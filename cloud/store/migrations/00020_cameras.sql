-- +goose Up
-- What people set over the cameras' sections of their boxes' files: every version that there was, who made it and why. Times are
-- milliseconds since 1970.
CREATE TABLE camera_settings (
    site     TEXT NOT NULL,
    box      TEXT NOT NULL,
    camera   TEXT NOT NULL,
    version  BIGINT NOT NULL, -- from 1
    settings TEXT NOT NULL,   -- as JSON, in the words of the box's file
    who      TEXT NOT NULL,
    why      TEXT NOT NULL,
    at       BIGINT NOT NULL,
    command  TEXT NOT NULL,   -- that takes it to the box; empty until it is sent
    state    TEXT NOT NULL,   -- unsent, waiting, or how the command ended
    problem  TEXT NOT NULL,
    PRIMARY KEY (site, box, camera, version)
);

-- Stills that cameras were asked for, and what they looked with at that moment.
CREATE TABLE camera_stills (
    site   TEXT NOT NULL,
    box    TEXT NOT NULL,
    camera TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    at     BIGINT NOT NULL,
    who    TEXT NOT NULL,
    width  BIGINT NOT NULL,
    height BIGINT NOT NULL,
    told   TEXT NOT NULL, -- the settings in force, as JSON
    PRIMARY KEY (site, box, camera, sha256)
);

-- Plans of places: a picture of one's own, if any, and where on it things are.
CREATE TABLE plans (
    place     TEXT PRIMARY KEY,
    version   BIGINT NOT NULL,
    image     TEXT NOT NULL, -- SHA-256; empty where the plan is drawn from coordinates
    width     BIGINT NOT NULL,
    height    BIGINT NOT NULL,
    positions TEXT NOT NULL, -- JSON: code → [x, y], 0 to 1
    who       TEXT NOT NULL,
    at        BIGINT NOT NULL
);

-- +goose Down
DROP TABLE plans;
DROP TABLE camera_stills;
DROP TABLE camera_settings;
