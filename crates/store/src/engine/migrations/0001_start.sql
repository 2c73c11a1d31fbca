CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE product (
    id                  TEXT PRIMARY KEY,
    name                TEXT NOT NULL,
    trial_days          INTEGER CHECK (trial_days > 0),
    trial_strategy      TEXT NOT NULL,
    trial_entitlements  TEXT NOT NULL,
    reinstall_allowance INTEGER NOT NULL CHECK (reinstall_allowance >= 0),
    status              TEXT NOT NULL CHECK (status IN ('active', 'archived')),
    created_at          INTEGER NOT NULL
) STRICT;

CREATE TABLE organization (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE app_user (
    id              TEXT PRIMARY KEY,
    email           TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    password_hash   TEXT,
    role            TEXT NOT NULL CHECK (role IN ('admin', 'customer')),
    status          TEXT NOT NULL CHECK (status IN ('invited', 'active', 'suspended')),
    organization_id TEXT REFERENCES organization (id),
    created_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES app_user (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE one_time_link (
    token_hash TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL CHECK (purpose IN ('first-admin', 'set-password')),
    user_id    TEXT REFERENCES app_user (id),
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;

CREATE TABLE throttle (
    subject       TEXT PRIMARY KEY,
    failures      INTEGER NOT NULL,
    since         INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL
) STRICT;

CREATE TABLE license (
    id                    TEXT PRIMARY KEY,
    license_key           TEXT NOT NULL UNIQUE,
    product_id            TEXT NOT NULL REFERENCES product (id),
    plan                  TEXT,
    holder                TEXT,
    status                TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'revoked')),
    owner_user_id         TEXT REFERENCES app_user (id),
    organization_id       TEXT REFERENCES organization (id),
    allowed_activations   INTEGER CHECK (allowed_activations >= 0),
    allowed_deactivations INTEGER CHECK (allowed_deactivations >= 0),
    live_activations      INTEGER NOT NULL DEFAULT 0,
    total_activations     INTEGER NOT NULL DEFAULT 0,
    total_deactivations   INTEGER NOT NULL DEFAULT 0,
    validity              TEXT NOT NULL CHECK (validity IN ('perpetual', 'fixed', 'from-creation', 'from-first-activation')),
    validity_seconds      INTEGER CHECK (validity_seconds > 0),
    expires_at            INTEGER,
    first_activated_at    INTEGER,
    response_validity     INTEGER NOT NULL CHECK (response_validity > 0),
    strategy              TEXT NOT NULL CHECK (strategy IN ('exact', 'fuzzy', 'loose')),
    entitlements          TEXT NOT NULL,
    metadata              TEXT NOT NULL,
    revision              INTEGER NOT NULL DEFAULT 1,
    created_at            INTEGER NOT NULL,
    -- The seat rule holds in the database itself, whatever a program does.
    CHECK (live_activations >= 0 AND (allowed_activations IS NULL OR live_activations <= allowed_activations)),
    CHECK (allowed_deactivations IS NULL OR total_deactivations <= allowed_deactivations)
) STRICT;
CREATE INDEX license_by_owner ON license (owner_user_id);
CREATE INDEX license_by_organization ON license (organization_id);

CREATE TABLE activation (
    id          TEXT PRIMARY KEY,
    license_id  TEXT NOT NULL REFERENCES license (id),
    seat        TEXT NOT NULL,
    device_key  TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    device_name TEXT,
    platform    TEXT,
    app_version TEXT,
    state       TEXT NOT NULL CHECK (state IN ('active', 'returned', 'deactivated', 'replaced')),
    reinstall   INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    import_by   INTEGER NOT NULL,
    ended_at    INTEGER,
    door        TEXT NOT NULL,
    by_user     TEXT
) STRICT;
-- A device holds at most one seat of a license, and a seat is held by at most one device.
CREATE UNIQUE INDEX activation_of_device ON activation (license_id, device_key) WHERE state IN ('active', 'returned');
CREATE UNIQUE INDEX activation_of_live_seat ON activation (seat) WHERE state IN ('active', 'returned');
CREATE INDEX activation_of_seat ON activation (seat) WHERE reinstall = 1;

CREATE TABLE fingerprint_component (
    scope   TEXT NOT NULL,
    hash    TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- How many components the subject has: with it the index alone tells most strangers apart.
    parts   INTEGER NOT NULL,
    PRIMARY KEY (scope, hash, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial (
    id          TEXT PRIMARY KEY,
    product_id  TEXT NOT NULL REFERENCES product (id),
    device_key  TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    device_name TEXT,
    platform    TEXT,
    app_version TEXT,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    UNIQUE (product_id, device_key)
) STRICT;

CREATE TABLE answer (
    request_hash TEXT PRIMARY KEY,
    token        TEXT NOT NULL,
    device_name  TEXT,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
