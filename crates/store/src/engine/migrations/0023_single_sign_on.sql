-- Who logs people in for us, by OpenID Connect: for one organization, or for the vendor's staff where none is named.
CREATE TABLE identity_provider (
    id              TEXT PRIMARY KEY,
    organization_id TEXT REFERENCES organization (id),
    issuer          TEXT NOT NULL,
    client_id       TEXT NOT NULL,
    -- Encrypted under the portal's key; NULL: a client without one.
    client_secret   TEXT,
    name            TEXT NOT NULL,
    provisioning    TEXT NOT NULL CHECK (provisioning IN ('known', 'members')),
    passwords       TEXT NOT NULL CHECK (passwords IN ('allowed', 'refused')),
    second_factor   TEXT NOT NULL CHECK (second_factor IN ('provider', 'portal')),
    status          TEXT NOT NULL CHECK (status IN ('active', 'off')),
    -- When somebody first came through with this issuer and client.
    proven_at       INTEGER,
    created_at      INTEGER NOT NULL,
    -- Nobody but an admin makes one of the vendor's staff.
    CHECK (organization_id IS NOT NULL OR provisioning = 'known'),
    CHECK (passwords = 'allowed' OR proven_at IS NOT NULL)
) STRICT;
CREATE INDEX identity_provider_by_organization ON identity_provider (organization_id);

-- E-mail domains for which a provider may speak, once the vendor has approved them.
CREATE TABLE identity_domain (
    provider_id TEXT NOT NULL REFERENCES identity_provider (id),
    domain      TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('asked', 'approved')),
    PRIMARY KEY (provider_id, domain)
) STRICT;
-- For one domain one provider speaks.
CREATE UNIQUE INDEX identity_domain_approved ON identity_domain (domain) WHERE state = 'approved';

-- Whom a provider's subject is here. One account has one subject at a provider.
CREATE TABLE user_identity (
    provider_id  TEXT NOT NULL REFERENCES identity_provider (id),
    subject      TEXT NOT NULL,
    user_id      TEXT NOT NULL REFERENCES app_user (id),
    linked_at    INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (provider_id, subject),
    UNIQUE (provider_id, user_id)
) STRICT;
CREATE INDEX user_identity_by_user ON user_identity (user_id);

-- A browser that was sent to a provider and has not come back yet.
CREATE TABLE sso_attempt (
    state_hash   TEXT PRIMARY KEY,
    provider_id  TEXT NOT NULL REFERENCES identity_provider (id),
    -- Of the secret in the browser's cookie.
    browser_hash TEXT NOT NULL,
    nonce        TEXT NOT NULL,
    verifier     TEXT NOT NULL,
    next_path    TEXT NOT NULL,
    -- Who only tries it; NULL: somebody who wants to log in.
    tried_by     TEXT REFERENCES app_user (id),
    network      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX sso_attempt_by_network ON sso_attempt (network, created_at);
CREATE INDEX sso_attempt_ended ON sso_attempt (expires_at);
CREATE INDEX sso_attempt_by_provider ON sso_attempt (provider_id);
