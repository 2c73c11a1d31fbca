-- Users: names apart, language, what they are in their organization, a second factor, an address that waits for its mailbox.
ALTER TABLE app_user ADD COLUMN first_name TEXT NOT NULL DEFAULT '';
ALTER TABLE app_user ADD COLUMN last_name TEXT NOT NULL DEFAULT '';
ALTER TABLE app_user ADD COLUMN language TEXT;
ALTER TABLE app_user ADD COLUMN organization_role TEXT NOT NULL DEFAULT 'member'
    CHECK (organization_role IN ('member', 'admin'));
-- Set by the organization's admins; `status` is the vendor's. One cannot undo what the other did.
ALTER TABLE app_user ADD COLUMN deactivated_at INTEGER;
ALTER TABLE app_user ADD COLUMN email_pending TEXT;
ALTER TABLE app_user ADD COLUMN totp_secret TEXT;
ALTER TABLE app_user ADD COLUMN totp_pending TEXT;
ALTER TABLE app_user ADD COLUMN totp_last_step INTEGER;
CREATE INDEX app_user_by_organization ON app_user (organization_id);

ALTER TABLE organization ADD COLUMN allowed_users INTEGER CHECK (allowed_users >= 0);

CREATE TABLE user_group (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    name            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    -- A deleted group stays: seats that were taken through it still count for it until they are given back.
    deleted_at      INTEGER
) STRICT;
CREATE UNIQUE INDEX user_group_by_name ON user_group (organization_id, name) WHERE deleted_at IS NULL;

CREATE TABLE group_member (
    group_id TEXT NOT NULL REFERENCES user_group (id),
    user_id  TEXT NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (group_id, user_id)
) STRICT;
CREATE INDEX group_member_by_user ON group_member (user_id);

CREATE TABLE group_license (
    group_id         TEXT NOT NULL REFERENCES user_group (id),
    license_id       TEXT NOT NULL REFERENCES license (id),
    seat_cap         INTEGER CHECK (seat_cap >= 0),
    live_activations INTEGER NOT NULL DEFAULT 0,
    linked_at        INTEGER NOT NULL,
    -- An undone link stays for the same reason.
    unlinked_at      INTEGER,
    PRIMARY KEY (group_id, license_id),
    CHECK (live_activations >= 0 AND (seat_cap IS NULL OR live_activations <= seat_cap))
) STRICT;
CREATE INDEX group_license_by_license ON group_license (license_id);

-- Nothing refers to the next two tables, so they are built anew.
CREATE TABLE session_with_device (
    token_hash   TEXT PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    user_id      TEXT NOT NULL REFERENCES app_user (id),
    user_agent   TEXT NOT NULL,
    address      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
-- 126 bits of the hash are an id as good as any, and tell nothing of the token.
INSERT INTO session_with_device (token_hash, id, user_id, user_agent, address, created_at, last_seen_at, expires_at)
    SELECT token_hash, substr(token_hash, 1, 21) || 'A', user_id, '', '', created_at, created_at, expires_at FROM session;
DROP TABLE session;
ALTER TABLE session_with_device RENAME TO session;
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE link_with_detail (
    seq        INTEGER PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    purpose    TEXT NOT NULL CHECK (purpose IN ('first-admin', 'set-password', 'invite', 'reset-password',
        'confirm-email', 'revert-email', 'second-factor')),
    user_id    TEXT REFERENCES app_user (id),
    detail     TEXT,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
INSERT INTO link_with_detail (token_hash, purpose, user_id, expires_at, used_at)
    SELECT token_hash, purpose, user_id, expires_at, used_at FROM one_time_link;
DROP TABLE one_time_link;
ALTER TABLE link_with_detail RENAME TO one_time_link;
CREATE INDEX one_time_link_by_user ON one_time_link (user_id);

CREATE TABLE recovery_code (
    user_id   TEXT NOT NULL REFERENCES app_user (id),
    code_hash TEXT NOT NULL,
    used_at   INTEGER,
    PRIMARY KEY (user_id, code_hash)
) STRICT;

-- Browsers that have logged in before: guesses from elsewhere do not slow them down.
CREATE TABLE known_device (
    token_hash TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES app_user (id),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX known_device_by_user ON known_device (user_id);

ALTER TABLE audit ADD COLUMN organization_id TEXT;
CREATE INDEX audit_by_organization ON audit (organization_id, seq) WHERE organization_id IS NOT NULL;

CREATE TABLE job (
    seq          INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL,
    payload      TEXT NOT NULL,
    -- While a job with this key waits, another one is not queued.
    once         TEXT,
    created_at   INTEGER NOT NULL,
    run_at       INTEGER NOT NULL,
    tries        INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER,
    done_at      INTEGER,
    last_error   TEXT
) STRICT;
CREATE INDEX job_due ON job (run_at) WHERE done_at IS NULL;
CREATE INDEX job_done ON job (done_at) WHERE done_at IS NOT NULL;
CREATE UNIQUE INDEX job_once ON job (once) WHERE done_at IS NULL AND once IS NOT NULL;
