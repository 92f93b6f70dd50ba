-- +goose Up
-- What people write down of cameras for the police.
CREATE TABLE filings (
    camera TEXT PRIMARY KEY, -- as /site/box/camera
    angle  TEXT NOT NULL,
    sign   TEXT NOT NULL,
    basis  TEXT NOT NULL,
    filed  TEXT NOT NULL, -- a day, or empty
    number TEXT NOT NULL,
    digest TEXT NOT NULL, -- of what was told when it was filed
    who    TEXT NOT NULL,
    at     BIGINT NOT NULL
);

-- +goose Down
DROP TABLE filings;
