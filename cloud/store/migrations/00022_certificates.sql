-- +goose Up
-- Certificates that boxes were given. What is not here, or has ended, opens nothing.
CREATE TABLE certificates (
    serial  TEXT PRIMARY KEY, -- hexadecimal
    site    TEXT NOT NULL,
    box     TEXT NOT NULL,
    pubkey  TEXT NOT NULL, -- SHA-256 of the public key
    issued  BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used    BIGINT, -- first
    ended   BIGINT, -- revoked or replaced
    pem     TEXT NOT NULL
);
CREATE INDEX certificates_by_box ON certificates (site, box);
CREATE INDEX certificates_ended ON certificates (ended);

-- +goose Down
DROP TABLE certificates;
