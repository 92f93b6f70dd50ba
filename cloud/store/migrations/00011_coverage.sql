-- +goose Up
-- How long each device was watched, as its box tells it: one row for each local day of each ledger, replaced by a later version. Times
-- are milliseconds since 1970, lengths are milliseconds.
CREATE TABLE coverage_days (
    site      TEXT NOT NULL,
    box       TEXT NOT NULL,
    epoch     TEXT NOT NULL,
    device    TEXT NOT NULL,
    day       TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    version   BIGINT NOT NULL,
    through   BIGINT NOT NULL,
    due       BIGINT NOT NULL,
    seen      BIGINT NOT NULL,
    blind     TEXT NOT NULL, -- by cause, as JSON
    more      BIGINT NOT NULL,
    PRIMARY KEY (site, box, epoch, device, day)
);
CREATE INDEX coverage_by_day ON coverage_days (day, site);

CREATE TABLE coverage_gaps (
    site    TEXT NOT NULL,
    box     TEXT NOT NULL,
    epoch   TEXT NOT NULL,
    device  TEXT NOT NULL,
    day     TEXT NOT NULL,
    place   BIGINT NOT NULL, -- in the day, from 0
    from_ms BIGINT NOT NULL,
    to_ms   BIGINT NOT NULL,
    cause   TEXT NOT NULL,
    PRIMARY KEY (site, box, epoch, device, day, place)
);

-- Boxes and sites that cannot be heard, and what was told of them. box is empty for a whole site.
CREATE TABLE outages (
    site    TEXT NOT NULL,
    box     TEXT NOT NULL,
    episode TEXT NOT NULL,
    since   BIGINT NOT NULL,
    told    BIGINT NOT NULL,
    count   BIGINT NOT NULL,
    PRIMARY KEY (site, box)
);

-- +goose Down
DROP TABLE outages;
DROP TABLE coverage_gaps;
DROP TABLE coverage_days;
