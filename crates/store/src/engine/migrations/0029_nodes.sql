-- What every node has: the files of the keys folder, private ones only as encrypted under the passphrase, by a count of changes.
CREATE TABLE key_set (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    revision   INTEGER NOT NULL CHECK (revision > 0),
    changed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE key_file (
    name    TEXT NOT NULL PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;
-- The key of secrets that are stored encrypted, itself encrypted under the passphrase. fingerprint: as in the setting.
CREATE TABLE vault_key (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    sealed      TEXT NOT NULL
) STRICT;
-- What lies between two requests of somebody: large batches, tables before their import. name: the hash of what they were told.
CREATE TABLE shelf_item (
    name    TEXT NOT NULL PRIMARY KEY,
    shelf   TEXT NOT NULL,
    owner   TEXT NOT NULL,
    version TEXT NOT NULL,
    content BLOB NOT NULL,
    weight  INTEGER NOT NULL CHECK (weight >= 0),
    used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX shelf_item_by_use ON shelf_item (shelf, used_at);
