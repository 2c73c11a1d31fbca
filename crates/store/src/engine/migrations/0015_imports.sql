-- What came from another system, by that system's id: an import that is run again, or goes on after it was cut off, finds what
-- is here already. `digest` is of what the entry said, `revision` the license's as it was left then: whoever changed it here since
-- is not overruled. A former key is found as a whole, by its hash.
CREATE TABLE imported (
    source          TEXT NOT NULL CHECK (source IN ('cryptlex', 'keygen')),
    noun            TEXT NOT NULL CHECK (noun IN ('product', 'organization', 'user', 'license')),
    external_id     TEXT NOT NULL,
    id              TEXT NOT NULL,
    digest          TEXT NOT NULL,
    revision        INTEGER NOT NULL,
    former_key_hash TEXT,
    imported_at     INTEGER NOT NULL,
    PRIMARY KEY (source, noun, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX imported_by_former_key ON imported (former_key_hash) WHERE former_key_hash IS NOT NULL;
