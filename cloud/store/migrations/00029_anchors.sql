-- +goose Up
-- The register's newest mark of each day, signed, as a line. The key is not here.
CREATE TABLE register_anchors (
    day  TEXT PRIMARY KEY, -- as 2026-11-25, in the centre's zone
    line TEXT NOT NULL
);

-- +goose Down
DROP TABLE register_anchors;
