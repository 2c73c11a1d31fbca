-- A private release is for the licenses that it was given to, and nobody else sees it.
ALTER TABLE release ADD COLUMN visibility TEXT NOT NULL DEFAULT 'customers'
    CHECK (visibility IN ('customers', 'private'));
CREATE TABLE release_license (
    release_id TEXT NOT NULL REFERENCES release (id),
    license_id TEXT NOT NULL REFERENCES license (id),
    PRIMARY KEY (release_id, license_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX release_license_by_license ON release_license (license_id, release_id);

-- A file on its way, in pieces that lie under keys of their own until all of them are there.
CREATE TABLE release_upload (
    id              TEXT PRIMARY KEY,
    release_id      TEXT NOT NULL REFERENCES release (id),
    name            TEXT NOT NULL,
    platform        TEXT NOT NULL,
    size            INTEGER NOT NULL CHECK (size > 0),
    received        INTEGER NOT NULL DEFAULT 0,
    -- Somebody puts the pieces together; if they have not done it by then, somebody else may.
    finishing_until INTEGER,
    created_at      INTEGER NOT NULL,
    touched_at      INTEGER NOT NULL,
    CHECK (received >= 0 AND received <= size)
) STRICT;
CREATE INDEX release_upload_by_release ON release_upload (release_id);
CREATE INDEX release_upload_by_touch ON release_upload (touched_at);
CREATE TABLE release_piece (
    upload_id   TEXT NOT NULL REFERENCES release_upload (id),
    start       INTEGER NOT NULL,
    size        INTEGER NOT NULL CHECK (size > 0),
    storage_key TEXT NOT NULL UNIQUE,
    PRIMARY KEY (upload_id, start)
) STRICT, WITHOUT ROWID;
