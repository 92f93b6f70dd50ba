-- +goose Up
-- Desks as they last told of themselves, and since when nobody is on watch. Times are milliseconds since 1970; 0 is never.
CREATE TABLE desks (
    id        TEXT PRIMARY KEY, -- of one page in one browser
    who       TEXT NOT NULL,
    sound     TEXT NOT NULL,
    visible   BOOLEAN NOT NULL,
    input     BIGINT NOT NULL,
    self_test BIGINT NOT NULL,
    looking   TEXT NOT NULL, -- the incident that is open there
    told      BIGINT NOT NULL
);
CREATE INDEX desks_by_told ON desks (told);

-- One row: when a desk was last armed, and the episode that says that none is.
CREATE TABLE watch (
    one     BIGINT PRIMARY KEY,
    armed   BIGINT NOT NULL,
    episode TEXT NOT NULL -- empty while somebody is on watch
);

-- +goose Down
DROP TABLE watch;
DROP TABLE desks;
