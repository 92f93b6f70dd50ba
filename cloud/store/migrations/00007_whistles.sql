-- +goose Up

CREATE TABLE whistles (
    id         TEXT PRIMARY KEY,
    incident   TEXT NOT NULL,
    version    BIGINT NOT NULL,
    state      TEXT NOT NULL,
    unit       TEXT NOT NULL,
    place      TEXT NOT NULL,
    class      TEXT NOT NULL,
    sent       BIGINT,
    outcome    BIGINT, -- of an enforcement
    respond_by BIGINT, -- while an answer is waited for
    ended      BIGINT,
    body       TEXT NOT NULL
);
CREATE INDEX whistles_by_incident ON whistles (incident, id);
CREATE INDEX whistles_by_unit ON whistles (unit, id);
CREATE INDEX whistles_asked ON whistles (unit, incident) WHERE sent IS NOT NULL;
CREATE INDEX whistles_unanswered ON whistles (respond_by) WHERE respond_by IS NOT NULL;

CREATE TABLE whistle_steps (
    position BIGINT PRIMARY KEY,
    whistle  TEXT NOT NULL,
    seq      BIGINT NOT NULL,
    incident TEXT NOT NULL,
    action   TEXT NOT NULL,
    was      TEXT NOT NULL,
    became   TEXT NOT NULL,
    actor    TEXT NOT NULL,
    role     TEXT NOT NULL,
    unit     TEXT NOT NULL,
    at       BIGINT NOT NULL,
    reason   TEXT NOT NULL,
    detail   TEXT NOT NULL,
    prev     TEXT NOT NULL,
    hash     TEXT NOT NULL,
    UNIQUE (whistle, seq)
);

INSERT INTO counters (name, value) VALUES ('whistles', 0);

-- +goose Down
DELETE FROM counters WHERE name = 'whistles';
DROP TABLE whistle_steps;
DROP TABLE whistles;
