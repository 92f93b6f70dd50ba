-- +goose Up
-- Messages to people's phones. The key is what makes each be told once; body is what
-- is said, fate what became of it, both JSON.
CREATE TABLE notify_messages (
    id        TEXT PRIMARY KEY,
    incident  TEXT NOT NULL,
    step      TEXT NOT NULL,
    robot     TEXT NOT NULL,
    recipient TEXT NOT NULL,
    level     BIGINT NOT NULL,
    class     TEXT NOT NULL,
    place     TEXT NOT NULL,
    unit      TEXT NOT NULL,
    handling  TEXT NOT NULL,
    made      BIGINT NOT NULL,
    state     TEXT NOT NULL,
    due       BIGINT NOT NULL,
    tried     BIGINT,
    holder    TEXT NOT NULL DEFAULT '', -- who was sending it
    body      TEXT NOT NULL,
    fate      TEXT NOT NULL,
    UNIQUE (incident, step, robot, recipient)
);
CREATE INDEX notify_waiting ON notify_messages (robot, level, made) WHERE state = 'waiting';
CREATE INDEX notify_sending ON notify_messages (robot) WHERE state = 'sending';
CREATE INDEX notify_tried ON notify_messages (robot, tried) WHERE tried IS NOT NULL;
CREATE INDEX notify_made ON notify_messages (made);

-- How robots are. A platform that takes nothing for ten minutes does so from every cloud.
CREATE TABLE notify_robots (
    robot     TEXT PRIMARY KEY,
    condition TEXT NOT NULL -- JSON
);

-- Acknowledge links: what they are reached by is not here.
CREATE TABLE notify_links (
    hash     TEXT PRIMARY KEY,
    incident TEXT NOT NULL,
    message  TEXT NOT NULL,
    account  TEXT NOT NULL,
    made     BIGINT NOT NULL,
    expires  BIGINT NOT NULL,
    used     BIGINT,
    used_by  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX notify_links_expire ON notify_links (expires);

-- Who is on duty when: every version that was ever in force.
CREATE TABLE duty_rosters (
    version BIGINT PRIMARY KEY,
    turns   TEXT NOT NULL, -- JSON
    who     TEXT NOT NULL,
    at      BIGINT NOT NULL
);

-- What happened before there were messages is told to nobody.
INSERT INTO positions (reader, position) SELECT 'notify/changes', coalesce(max(position), 0) FROM steps;
INSERT INTO positions (reader, position) SELECT 'notify/reminders', coalesce(max(position), 0) FROM reminders;

-- +goose Down
DELETE FROM positions WHERE reader IN ('notify/changes', 'notify/reminders');
DROP TABLE duty_rosters;
DROP TABLE notify_links;
DROP TABLE notify_robots;
DROP TABLE notify_messages;
