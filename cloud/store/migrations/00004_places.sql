-- +goose Up
CREATE TABLE places (
    code       TEXT PRIMARY KEY,
    path       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    zh         TEXT NOT NULL,
    en         TEXT NOT NULL,
    lat        DOUBLE PRECISION,
    lon        DOUBLE PRECISION,
    datum      TEXT NOT NULL, -- of lat and lon
    org        TEXT NOT NULL,
    device     TEXT NOT NULL,
    households BIGINT
);
CREATE INDEX places_by_path ON places (path);

-- One row: how often the places have changed, for those who keep them in memory.
CREATE TABLE places_version (
    id      BIGINT PRIMARY KEY,
    version BIGINT NOT NULL
);
INSERT INTO places_version (id, version) VALUES (1, 0);

-- +goose Down
DROP TABLE places_version;
DROP TABLE places;
