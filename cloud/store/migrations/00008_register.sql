-- +goose Up

-- The register of access. Rows are only ever appended; positions have no gap.
CREATE TABLE register (
    position  BIGINT PRIMARY KEY,
    at        BIGINT NOT NULL,
    who       TEXT NOT NULL,
    person    TEXT NOT NULL,
    unit      TEXT NOT NULL,
    roles     TEXT NOT NULL,
    act       TEXT NOT NULL,
    object    TEXT NOT NULL,
    casenr    TEXT NOT NULL,
    purpose   TEXT NOT NULL,
    reason    TEXT NOT NULL,
    basis     TEXT NOT NULL,
    agreement TEXT NOT NULL,
    fields    TEXT NOT NULL,
    result    TEXT NOT NULL,
    detail    TEXT NOT NULL,
    address   TEXT NOT NULL,
    prev      TEXT NOT NULL,
    hash      TEXT NOT NULL
);
CREATE INDEX register_by_who ON register (who, position);
CREATE INDEX register_by_unit ON register (unit, position);
CREATE INDEX register_by_object ON register (object, position);
CREATE INDEX register_by_time ON register (at, position);
CREATE INDEX register_by_result ON register (result, position);
CREATE INDEX register_by_case ON register (casenr, position) WHERE casenr <> '';
CREATE INDEX register_shared ON register (agreement, position) WHERE agreement <> '';

-- Where it begins, after what was forgotten, and where it ends. One row.
CREATE TABLE register_ends (
    id            BIGINT PRIMARY KEY,
    base_position BIGINT NOT NULL,
    base_hash     TEXT NOT NULL,
    position      BIGINT NOT NULL,
    hash          TEXT NOT NULL
);
INSERT INTO register_ends (id, base_position, base_hash, position, hash) VALUES (1, 0, '', 0, '');

-- +goose Down
DROP TABLE register_ends;
DROP TABLE register;
