-- Until when all trials of a product run, and when a machine may have another one.
ALTER TABLE product ADD COLUMN trial_end INTEGER CHECK (trial_end > 0);
ALTER TABLE product ADD COLUMN trial_again TEXT NOT NULL DEFAULT 'never'
    CHECK (trial_again IN ('never', 'after-days', 'per-major-version'));
-- Days after the last one ended, or the newest major version that there is.
ALTER TABLE product ADD COLUMN trial_again_number INTEGER
    CHECK ((trial_again = 'never') = (trial_again_number IS NULL) AND (trial_again <> 'after-days' OR trial_again_number > 0));
-- Since when that major version is the newest one, where it is known.
ALTER TABLE product ADD COLUMN trial_newest_since INTEGER;

-- A machine may have several trials, one after the other. Nothing refers to the table, so it is built anew.
CREATE TABLE trial_in_turn (
    id                 TEXT PRIMARY KEY,
    product_id         TEXT NOT NULL REFERENCES product (id),
    device_key         TEXT NOT NULL,
    fingerprint        TEXT NOT NULL,
    device_name        TEXT,
    device_name_folded TEXT NOT NULL,
    platform           TEXT,
    app_version        TEXT,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    -- The trial that the machine had before.
    after_id           TEXT,
    -- The latest request that it answers; unknown for trials from before this column.
    request_id         TEXT,
    request_hash       TEXT,
    extensions         INTEGER NOT NULL DEFAULT 0 CHECK (extensions >= 0),
    extended_days      INTEGER NOT NULL DEFAULT 0 CHECK (extended_days >= 0),
    -- The latest end of a further trial that another signer gave the machine.
    other_end          INTEGER,
    -- When the machine activated a license of the product.
    converted_at       INTEGER
) STRICT;
INSERT INTO trial_in_turn (id, product_id, device_key, fingerprint, device_name, device_name_folded, platform, app_version,
        created_at, expires_at)
    SELECT id, product_id, device_key, fingerprint, device_name, LOWER(COALESCE(device_name, '')), platform, app_version,
        created_at, expires_at FROM trial;
DROP TABLE trial;
ALTER TABLE trial_in_turn RENAME TO trial;
-- A device has one first trial, and each trial at most one after it: whoever asks at the same moment, only one is given.
CREATE UNIQUE INDEX trial_first_of_device ON trial (product_id, device_key) WHERE after_id IS NULL;
CREATE UNIQUE INDEX trial_after ON trial (after_id) WHERE after_id IS NOT NULL;
CREATE INDEX trial_of_device ON trial (device_key, product_id);
CREATE INDEX trial_by_creation ON trial (created_at, id);
CREATE INDEX trial_by_end ON trial (expires_at, id);
CREATE INDEX trial_of_product_by_creation ON trial (product_id, created_at, id);
CREATE INDEX trial_of_product_by_end ON trial (product_id, expires_at, id);
CREATE INDEX trial_extended ON trial (created_at, id) WHERE extensions > 0;
CREATE INDEX trial_of_product_extended ON trial (product_id, created_at, id) WHERE extensions > 0;
CREATE INDEX trial_by_name ON trial (device_name_folded, id);

-- The requests that a trial answers: the first one, and those that came when it had been extended.
CREATE TABLE trial_request (
    request_hash TEXT PRIMARY KEY,
    request_id   TEXT NOT NULL,
    trial_id     TEXT NOT NULL REFERENCES trial (id),
    asked_at     INTEGER NOT NULL,
    app_version  TEXT
) STRICT;
CREATE INDEX trial_request_by_id ON trial_request (request_id);
CREATE INDEX trial_request_of_trial ON trial_request (trial_id, asked_at);

-- Fresh responses for machines whose trial was extended, without a new request.
CREATE TABLE trial_renewal (
    trial_id     TEXT NOT NULL REFERENCES trial (id),
    request_hash TEXT NOT NULL,
    issued_at    INTEGER NOT NULL,
    token        TEXT NOT NULL,
    PRIMARY KEY (trial_id, request_hash, issued_at)
) STRICT;
