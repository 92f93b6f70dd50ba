-- +goose Up
-- Which sequences of each stream are here, in runs that do not touch: what lies between two, or before the first, is lacking. An
-- empty run, first = last + 1, says only that sequences below it were given out. since is when the run began, so how long the gap
-- below it has been known; settled is when that gap was told or found explained.
CREATE TABLE stream_runs (
    site     TEXT NOT NULL,
    box      TEXT NOT NULL,
    epoch    TEXT NOT NULL,
    priority BIGINT NOT NULL,
    first    BIGINT NOT NULL,
    last     BIGINT NOT NULL,
    since    BIGINT NOT NULL,
    settled  BIGINT,
    PRIMARY KEY (site, box, epoch, priority, first)
);

-- What each box last said of its streams.
CREATE TABLE streams (
    site       TEXT NOT NULL,
    box        TEXT NOT NULL,
    epoch      TEXT NOT NULL,
    priority   BIGINT NOT NULL,
    first      BIGINT NOT NULL,
    next       BIGINT NOT NULL,
    kept       BIGINT NOT NULL,
    shed       BIGINT NOT NULL,
    shed_first BIGINT NOT NULL,
    shed_last  BIGINT NOT NULL,
    said       BIGINT NOT NULL,
    PRIMARY KEY (site, box, epoch, priority)
);

INSERT INTO stream_runs (site, box, epoch, priority, first, last, since)
SELECT site, box, epoch, priority, MIN(sequence), MAX(sequence), MAX(received)
FROM (
    SELECT site, box, epoch, priority, sequence, received,
        sequence - ROW_NUMBER() OVER (PARTITION BY site, box, epoch, priority ORDER BY sequence) AS island
    FROM (
        SELECT site, box, epoch, priority, sequence, MAX(received) AS received
        FROM (
            SELECT site, box, epoch, priority, sequence, received FROM events
            UNION ALL
            SELECT site, box, epoch, priority, sequence, received FROM refusals
        ) AS everything
        WHERE LENGTH(epoch) = 26 AND priority BETWEEN 1 AND 4 AND sequence > 0
        GROUP BY site, box, epoch, priority, sequence
    ) AS places
) AS islands
GROUP BY site, box, epoch, priority, island;

-- +goose Down
DROP TABLE streams;
DROP TABLE stream_runs;
