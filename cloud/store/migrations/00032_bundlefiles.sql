-- +goose Up
-- Which pieces a bundle is of, and when it was first fetched.
ALTER TABLE bundles ADD COLUMN files TEXT NOT NULL DEFAULT ''; -- SHA-256 with blanks between; empty: all
ALTER TABLE bundles ADD COLUMN fetched_at BIGINT;

-- +goose Down
ALTER TABLE bundles DROP COLUMN fetched_at;
ALTER TABLE bundles DROP COLUMN files;
