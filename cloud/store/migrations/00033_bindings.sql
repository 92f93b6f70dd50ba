-- +goose Up
-- Which account a person opens whom another house has seen (OpenID Connect).
CREATE TABLE bindings (
    account TEXT PRIMARY KEY REFERENCES people (name),
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    UNIQUE (issuer, subject)
);

-- +goose Down
DROP TABLE bindings;
