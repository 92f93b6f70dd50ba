-- +goose Up

-- "1+6": the community and its partners. places are the paths that are an organisation's own, as JSON.
CREATE TABLE organisations (
    id       TEXT PRIMARY KEY,
    party    TEXT NOT NULL,
    zh       TEXT NOT NULL,
    en       TEXT NOT NULL,
    places   TEXT NOT NULL,
    created  BIGINT NOT NULL,
    ended    BIGINT,
    reviewed BIGINT,
    reviewer TEXT NOT NULL
);
INSERT INTO organisations (id, party, zh, en, places, created, reviewer) VALUES ('community', 'committee', '社区', 'Community', '[]', 0, '');

-- Who to reach at an organisation. phone is sealed: reading the database tells no number.
CREATE TABLE contacts (
    id           TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    name         TEXT NOT NULL,
    post         TEXT NOT NULL,
    deputy       BOOLEAN NOT NULL,
    phone        TEXT NOT NULL,
    since        BIGINT NOT NULL,
    gone         BIGINT
);
CREATE INDEX contacts_by_organisation ON contacts (organisation, id);

ALTER TABLE people ADD COLUMN person TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN unit TEXT NOT NULL DEFAULT 'community';
ALTER TABLE people ADD COLUMN closed BIGINT;
UPDATE people SET person = name;
CREATE UNIQUE INDEX people_once ON people (unit, person) WHERE closed IS NULL;

CREATE TABLE grants (
    id         TEXT PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES people (name),
    role       TEXT NOT NULL,
    scope      TEXT NOT NULL,
    classes    TEXT NOT NULL, -- JSON
    valid_to   BIGINT,
    granted_by TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    revoked_by TEXT NOT NULL DEFAULT '',
    revoked_at BIGINT
);
CREATE INDEX grants_by_account ON grants (account, id);

-- What the roles of before stood for.
INSERT INTO grants (id, account, role, scope, classes, granted_by, granted_at)
    SELECT 'first-guard-' || name, name, 'guard', '', '[]', 'migration', created FROM people WHERE role = 'guard';
INSERT INTO grants (id, account, role, scope, classes, granted_by, granted_at)
    SELECT 'first-duty-' || name, name, 'duty_officer', '', '[]', 'migration', created FROM people WHERE role = 'guard';
INSERT INTO grants (id, account, role, scope, classes, granted_by, granted_at)
    SELECT 'first-admin-' || name, name, 'system_admin', '', '[]', 'migration', created FROM people WHERE role = 'admin';
ALTER TABLE people DROP COLUMN role;

-- What may be told to an organisation outside; what code looks into as a whole is JSON.
CREATE TABLE agreements (
    id           TEXT PRIMARY KEY,
    version      BIGINT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    valid_from   BIGINT NOT NULL,
    valid_to     BIGINT NOT NULL,
    body         TEXT NOT NULL
);
CREATE INDEX agreements_by_organisation ON agreements (organisation, id);

-- +goose Down
DROP TABLE agreements;
ALTER TABLE people ADD COLUMN role TEXT NOT NULL DEFAULT 'guard';
UPDATE people SET role = 'admin' WHERE name IN (SELECT account FROM grants WHERE role = 'system_admin');
DROP TABLE grants;
DROP INDEX people_once;
ALTER TABLE people DROP COLUMN closed;
ALTER TABLE people DROP COLUMN unit;
ALTER TABLE people DROP COLUMN person;
DROP TABLE contacts;
DROP TABLE organisations;
