CREATE TABLE release (
    id            TEXT PRIMARY KEY,
    product_id    TEXT NOT NULL REFERENCES product (id),
    channel       TEXT NOT NULL,
    version       TEXT NOT NULL,
    -- Sorts byte by byte as the versions do (version.rs).
    version_order TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    notes         TEXT NOT NULL,
    -- The signed token with the files' hashes, if somebody who may signed it.
    checksums     TEXT,
    revision      INTEGER NOT NULL DEFAULT 1,
    created_at    INTEGER NOT NULL,
    published_at  INTEGER,
    UNIQUE (product_id, channel, version),
    CHECK (status <> 'published' OR published_at IS NOT NULL)
) STRICT;
CREATE INDEX release_by_version ON release (product_id, version_order, id);

CREATE TABLE release_file (
    id          TEXT PRIMARY KEY,
    release_id  TEXT NOT NULL REFERENCES release (id),
    name        TEXT NOT NULL,
    platform    TEXT NOT NULL,
    size        INTEGER NOT NULL CHECK (size > 0),
    sha256      TEXT NOT NULL,
    storage_key TEXT NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL,
    UNIQUE (release_id, name)
) STRICT;

ALTER TABLE license ADD COLUMN maintenance_until INTEGER;
ALTER TABLE license ADD COLUMN highest_version TEXT;
CREATE INDEX license_of_product_by_owner ON license (owner_user_id, product_id);
CREATE INDEX license_of_product_by_organization ON license (organization_id, product_id);
