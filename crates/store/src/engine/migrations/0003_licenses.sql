-- Licenses: seats released without proof are counted apart from those that were given back.
ALTER TABLE license ADD COLUMN total_releases INTEGER NOT NULL DEFAULT 0;

-- A page of licenses in each order, of the vendor and of an organization. The large number is "never", after every end.
DROP INDEX license_by_organization;
CREATE INDEX license_by_creation ON license (created_at, id);
CREATE INDEX license_by_end ON license ((COALESCE(expires_at, 9007199254740991)), id);
CREATE INDEX license_by_product ON license (product_id, id);
CREATE INDEX license_by_seats ON license (live_activations, id);
CREATE INDEX license_of_organization_by_creation ON license (organization_id, created_at, id);
CREATE INDEX license_of_organization_by_end ON license (organization_id, (COALESCE(expires_at, 9007199254740991)), id);
CREATE INDEX license_of_organization_by_product ON license (organization_id, product_id, id);
CREATE INDEX license_of_organization_by_seats ON license (organization_id, live_activations, id);

-- The words by which licenses are found: of holder and plan, and the last group of the key; in lower case. The scope is an
-- organization, or empty for the vendor.
CREATE TABLE license_term (
    scope      TEXT NOT NULL,
    term       TEXT NOT NULL,
    license_id TEXT NOT NULL,
    PRIMARY KEY (scope, term, license_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE license_word (license_id TEXT NOT NULL, organization_id TEXT, word TEXT NOT NULL) STRICT;
WITH RECURSIVE split (license_id, organization_id, word, rest) AS (
    SELECT id, organization_id, '', replace(replace(replace(replace(replace(replace(replace(
        LOWER(COALESCE(holder, '') || ' ' || COALESCE(plan, '') || ' ' || substr(license_key, -5)),
        '-', ' '), '.', ' '), ',', ' '), '(', ' '), ')', ' '), '/', ' '), '&', ' ') || ' ' FROM license
    UNION ALL
    SELECT license_id, organization_id, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1)
    FROM split WHERE rest <> ''
)
INSERT INTO license_word (license_id, organization_id, word)
    SELECT DISTINCT license_id, organization_id, substr(word, 1, 64) FROM split WHERE word <> '';
INSERT INTO license_term (scope, term, license_id) SELECT DISTINCT '', word, license_id FROM license_word;
INSERT INTO license_term (scope, term, license_id)
    SELECT DISTINCT organization_id, word, license_id FROM license_word WHERE organization_id IS NOT NULL;
DROP TABLE license_word;

-- Activations: a further state, the machine's name as it is searched, the group and the request behind the seat. Nothing
-- refers to the table, so it is built anew.
CREATE TABLE activation_with_release (
    id                 TEXT PRIMARY KEY,
    license_id         TEXT NOT NULL REFERENCES license (id),
    seat               TEXT NOT NULL,
    device_key         TEXT NOT NULL,
    fingerprint        TEXT NOT NULL,
    device_name        TEXT,
    device_name_folded TEXT NOT NULL,
    platform           TEXT,
    app_version        TEXT,
    state              TEXT NOT NULL CHECK (state IN ('active', 'returned', 'deactivated', 'replaced', 'released')),
    reinstall          INTEGER NOT NULL DEFAULT 0,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER,
    import_by          INTEGER NOT NULL,
    ended_at           INTEGER,
    door               TEXT NOT NULL,
    by_user            TEXT,
    -- The group whose seat it counts for.
    group_id           TEXT REFERENCES user_group (id),
    -- The latest request that it answers; unknown for activations from before this column.
    request_id         TEXT,
    request_hash       TEXT,
    released_by        TEXT,
    release_reason     TEXT,
    -- When the machine whose seat was released was seen again.
    came_back_at       INTEGER
) STRICT;
INSERT INTO activation_with_release (id, license_id, seat, device_key, fingerprint, device_name, device_name_folded,
        platform, app_version, state, reinstall, created_at, expires_at, import_by, ended_at, door, by_user)
    SELECT id, license_id, seat, device_key, fingerprint, device_name, LOWER(COALESCE(device_name, '')),
        platform, app_version, state, reinstall, created_at, expires_at, import_by, ended_at, door, by_user FROM activation;
DROP TABLE activation;
ALTER TABLE activation_with_release RENAME TO activation;
-- A device holds at most one seat of a license, and a seat is held by at most one device.
CREATE UNIQUE INDEX activation_of_device ON activation (license_id, device_key) WHERE state IN ('active', 'returned');
CREATE UNIQUE INDEX activation_of_live_seat ON activation (seat) WHERE state IN ('active', 'returned');
CREATE INDEX activation_of_seat ON activation (seat) WHERE reinstall = 1;
-- Those that hold a seat and those that have ended apart: a page of either never looks at the other.
CREATE INDEX activation_live_by_creation ON activation (license_id, created_at, id)
    WHERE state IN ('active', 'returned');
CREATE INDEX activation_live_by_name ON activation (license_id, device_name_folded, id)
    WHERE state IN ('active', 'returned');
CREATE INDEX activation_ended_by_creation ON activation (license_id, created_at, id)
    WHERE state IN ('deactivated', 'replaced', 'released');
CREATE INDEX activation_ended_by_name ON activation (license_id, device_name_folded, id)
    WHERE state IN ('deactivated', 'replaced', 'released');
CREATE INDEX activation_released ON activation (license_id, ended_at) WHERE state = 'released';
CREATE INDEX activation_by_name ON activation (device_name_folded, id);

-- Fresh responses for machines that sent no new request: one for each revision of the license and request.
CREATE TABLE renewal (
    activation_id TEXT NOT NULL REFERENCES activation (id),
    request_hash  TEXT NOT NULL,
    revision      INTEGER NOT NULL,
    issued_at     INTEGER NOT NULL,
    import_by     INTEGER NOT NULL,
    token         TEXT NOT NULL,
    PRIMARY KEY (activation_id, request_hash, revision, issued_at)
) STRICT;
