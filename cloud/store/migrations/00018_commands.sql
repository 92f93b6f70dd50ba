-- +goose Up

-- What boxes were asked to do, and what came of it.
CREATE TABLE commands (
    id      TEXT PRIMARY KEY, -- a ULID: its order is that of asking
    site    TEXT NOT NULL,
    box     TEXT NOT NULL,
    name    TEXT NOT NULL,
    args    TEXT NOT NULL,
    asker   TEXT NOT NULL,
    asked   BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    state   TEXT NOT NULL, -- waiting, done, refused, failed, expired
    problem TEXT NOT NULL DEFAULT '',
    data    TEXT NOT NULL DEFAULT '',
    ended   BIGINT
);
CREATE INDEX commands_waiting ON commands (asked) WHERE ended IS NULL;
CREATE INDEX commands_by_box ON commands (site, box, id);
CREATE INDEX commands_by_time ON commands (asked);

-- +goose Down
DROP TABLE commands;
