-- Plans: templates of licenses. A license keeps the values that it was given and may have others than its plan.
CREATE TABLE plan (
    id                    TEXT PRIMARY KEY,
    product_id            TEXT NOT NULL REFERENCES product (id),
    name                  TEXT NOT NULL,
    name_folded           TEXT NOT NULL,
    allowed_activations   INTEGER CHECK (allowed_activations >= 0),
    allowed_deactivations INTEGER CHECK (allowed_deactivations >= 0),
    validity              TEXT NOT NULL CHECK (validity IN ('perpetual', 'from-creation', 'from-first-activation')),
    validity_seconds      INTEGER CHECK (validity_seconds > 0),
    response_validity     INTEGER NOT NULL CHECK (response_validity > 0),
    strategy              TEXT NOT NULL CHECK (strategy IN ('exact', 'fuzzy', 'loose')),
    entitlements          TEXT NOT NULL,
    metadata              TEXT NOT NULL,
    maintenance_days      INTEGER CHECK (maintenance_days > 0),
    highest_version       TEXT,
    status                TEXT NOT NULL CHECK (status IN ('active', 'archived')),
    revision              INTEGER NOT NULL DEFAULT 1,
    created_at            INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX plan_by_name ON plan (product_id, name_folded);
ALTER TABLE license ADD COLUMN plan_id TEXT REFERENCES plan (id);
CREATE INDEX license_by_plan ON license (plan_id, id) WHERE plan_id IS NOT NULL;
CREATE INDEX license_of_organization_by_plan ON license (organization_id, plan_id, id) WHERE plan_id IS NOT NULL;

-- Lists of licenses that came in: what was done of each, so that the same list is done once, and goes on where it was cut off.
CREATE TABLE license_list (
    id          TEXT PRIMARY KEY,
    done        INTEGER NOT NULL,
    licenses    INTEGER NOT NULL,
    users       INTEGER NOT NULL,
    imported_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Customers are found by the beginnings of words, and organizations are listed by name, in whatever case it is written.
ALTER TABLE organization ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
CREATE INDEX organization_by_name ON organization (name_folded, id);
CREATE INDEX organization_resellers ON organization (name_folded, id) WHERE kind = 'reseller';
CREATE INDEX app_user_of_organization_by_email ON app_user (organization_id, email);
CREATE TABLE user_term (
    term    TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (term, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_term_by_user ON user_term (user_id);
