-- Ids, hashes and keys are text as in tokens, times are seconds since 1970, JSON is text that no SQL looks into.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE product (
    id                  TEXT PRIMARY KEY,
    name                TEXT NOT NULL,
    trial_days          INTEGER CHECK (trial_days > 0), -- null: no trials
    trial_strategy      TEXT NOT NULL CHECK (trial_strategy IN ('exact', 'fuzzy', 'loose')),
    trial_entitlements  TEXT NOT NULL,
    strategy            TEXT NOT NULL CHECK (strategy IN ('exact', 'fuzzy', 'loose')),
    reinstall_allowance INTEGER NOT NULL CHECK (reinstall_allowance >= 0),
    created_at          INTEGER NOT NULL,
    archived_at         INTEGER
) STRICT;

CREATE TABLE organization (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    user_limit INTEGER CHECK (user_limit >= 0), -- null: no limit
    status     TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    created_at INTEGER NOT NULL
) STRICT;

-- Not "user": that word is reserved in the other engine.
CREATE TABLE app_user (
    id                TEXT PRIMARY KEY,
    email             TEXT NOT NULL UNIQUE, -- lower case, without blanks around
    name              TEXT NOT NULL,
    password_hash     TEXT,
    role              TEXT NOT NULL CHECK (role IN ('admin', 'customer')),
    organization_id   TEXT REFERENCES organization (id),
    organization_role TEXT CHECK (organization_role IN ('member', 'admin')),
    status            TEXT NOT NULL CHECK (status IN ('invited', 'active', 'suspended')),
    created_at        INTEGER NOT NULL,
    last_login_at     INTEGER,
    CHECK ((organization_id IS NULL) = (organization_role IS NULL))
) STRICT;
CREATE INDEX app_user_by_organization ON app_user (organization_id);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES app_user (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    user_agent TEXT
) STRICT;
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE one_time_link (
    token_hash TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL CHECK (purpose IN ('first-admin', 'set-password')),
    user_id    TEXT REFERENCES app_user (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    CHECK ((purpose = 'set-password') = (user_id IS NOT NULL))
) STRICT;
CREATE INDEX one_time_link_by_user ON one_time_link (user_id);

CREATE TABLE throttle (
    subject           TEXT PRIMARY KEY,
    failures          INTEGER NOT NULL,
    window_started_at INTEGER NOT NULL,
    blocked_until     INTEGER NOT NULL -- 0: never blocked
) STRICT;

CREATE TABLE license (
    id                    TEXT PRIMARY KEY,
    license_key           TEXT NOT NULL UNIQUE, -- normal form
    product_id            TEXT NOT NULL REFERENCES product (id),
    plan                  TEXT,
    status                TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'revoked')),
    owner_user_id         TEXT REFERENCES app_user (id),
    organization_id       TEXT REFERENCES organization (id),
    holder                TEXT,
    allowed_activations   INTEGER CHECK (allowed_activations >= 0),   -- null: no limit
    allowed_deactivations INTEGER CHECK (allowed_deactivations >= 0), -- null: no limit
    live_activations      INTEGER NOT NULL DEFAULT 0,
    total_activations     INTEGER NOT NULL DEFAULT 0,
    total_deactivations   INTEGER NOT NULL DEFAULT 0,
    validity_kind         TEXT NOT NULL
        CHECK (validity_kind IN ('perpetual', 'fixed', 'from-creation', 'from-first-activation')),
    validity_seconds      INTEGER CHECK (validity_seconds > 0),
    expires_at            INTEGER,
    first_activated_at    INTEGER,
    response_validity     INTEGER NOT NULL CHECK (response_validity > 0),
    strategy              TEXT NOT NULL CHECK (strategy IN ('exact', 'fuzzy', 'loose')),
    entitlements          TEXT NOT NULL,
    metadata              TEXT NOT NULL,
    revision              INTEGER NOT NULL DEFAULT 1,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    -- The seat rule holds in the database itself, whatever a program does.
    CHECK (live_activations >= 0 AND (allowed_activations IS NULL OR live_activations <= allowed_activations)),
    CHECK (allowed_deactivations IS NULL OR total_deactivations <= allowed_deactivations)
) STRICT;
CREATE INDEX license_by_owner ON license (owner_user_id);
CREATE INDEX license_by_organization ON license (organization_id);

CREATE TABLE activation (
    id           TEXT PRIMARY KEY, -- jti of the response
    license_id   TEXT NOT NULL REFERENCES license (id),
    seat         TEXT NOT NULL,    -- id of the first activation in the lineage
    device_key   TEXT NOT NULL,    -- thumbprint
    fingerprint  TEXT NOT NULL,
    strategy     TEXT NOT NULL,
    device_name  TEXT,
    platform     TEXT,
    app_version  TEXT,
    state        TEXT NOT NULL CHECK (state IN ('active', 'returned', 'deactivated', 'replaced')),
    reinstall    INTEGER NOT NULL, -- 1: took its seat over within the reinstall allowance
    request_hash TEXT NOT NULL,    -- the latest request that it answers
    created_at   INTEGER NOT NULL,
    renewed_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    import_by    INTEGER NOT NULL,
    ended_at     INTEGER,
    end_reason   TEXT,
    door         TEXT NOT NULL CHECK (door IN ('page', 'api', 'portal', 'cli')),
    by_user      TEXT
) STRICT;
-- A device holds at most one seat of a license, and a seat is held by at most one device.
CREATE UNIQUE INDEX activation_of_device ON activation (license_id, device_key) WHERE state IN ('active', 'returned');
CREATE UNIQUE INDEX activation_of_seat ON activation (license_id, seat) WHERE state IN ('active', 'returned');
CREATE INDEX activation_lineage ON activation (license_id, seat, created_at);

CREATE TABLE fingerprint_component (
    scope   TEXT NOT NULL, -- a license, or a product's trials
    hash    TEXT NOT NULL,
    subject TEXT NOT NULL, -- the activation or trial
    PRIMARY KEY (scope, hash, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial (
    id          TEXT PRIMARY KEY, -- jti of the response
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
    request_hash  TEXT PRIMARY KEY,
    request_id    TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('activation', 'trial', 'deactivation')),
    token         TEXT NOT NULL,
    activation_id TEXT, -- null: a trial
    product_id    TEXT NOT NULL,
    device_name   TEXT,
    created_at    INTEGER NOT NULL
) STRICT;
-- Receipts only: the answers of an activation are found by the request that it names.
CREATE INDEX answer_receipt ON answer (activation_id) WHERE kind = 'deactivation';

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
