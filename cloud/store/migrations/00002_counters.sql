-- +goose Up
-- The last position that was given out. A position is taken inside the transaction that uses it, so that
-- positions become visible in their order: a reader that has seen 7 will never find a 6 later.

CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value)
SELECT 'events', max(p) FROM (
    SELECT coalesce(max(position), 0) AS p FROM events UNION ALL SELECT coalesce(max(position), 0) FROM refusals
) AS used;
INSERT INTO counters (name, value) SELECT 'changes', coalesce(max(position), 0) FROM changes;

-- Who does what only one replica may do, and until when (lease.go).
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    expires BIGINT NOT NULL
);

-- +goose Down
DROP TABLE leases;
DROP TABLE counters;
