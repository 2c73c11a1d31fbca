-- What other signers have signed, merged into the portal. Seats beyond the limit are counted in columns of their own: the portal
-- itself never oversells, and a seat that comes back is taken from these first.
ALTER TABLE license ADD COLUMN over_activations INTEGER NOT NULL DEFAULT 0 CHECK (over_activations >= 0
    AND (over_activations = 0 OR (allowed_activations IS NOT NULL AND live_activations = allowed_activations)));
ALTER TABLE license ADD COLUMN over_deactivations INTEGER NOT NULL DEFAULT 0 CHECK (over_deactivations >= 0
    AND (over_deactivations = 0 OR (allowed_deactivations IS NOT NULL AND total_deactivations = allowed_deactivations)));
CREATE INDEX license_over ON license (id) WHERE over_activations > 0 OR over_deactivations > 0;

-- When the newest response of an activation was signed: of two grants of one machine the newer one counts.
ALTER TABLE activation ADD COLUMN granted_at INTEGER NOT NULL DEFAULT 0;
UPDATE activation SET granted_at = COALESCE(
    (SELECT MAX(r.issued_at) FROM renewal r WHERE r.activation_id = activation.id),
    (SELECT a.created_at FROM answer a WHERE a.request_hash = activation.request_hash),
    created_at);
-- A machine's ended activations. Those that hold a seat have an index of their own.
CREATE INDEX activation_ended_of_device ON activation (license_id, device_key, granted_at)
    WHERE state IN ('deactivated', 'replaced', 'released');

CREATE TABLE journal (
    -- SHA-256 of the first line: what all further lines hang on.
    id              TEXT PRIMARY KEY,
    -- The id that the signer gave it.
    own_id          TEXT NOT NULL,
    kid             TEXT NOT NULL,
    kind            TEXT NOT NULL,
    made_at         INTEGER NOT NULL,
    holder          TEXT,
    entries         INTEGER NOT NULL DEFAULT 0,
    head_n          INTEGER NOT NULL DEFAULT 0,
    head_hash       TEXT NOT NULL,
    first_pushed_at INTEGER NOT NULL,
    last_pushed_at  INTEGER NOT NULL,
    pushed_by       TEXT NOT NULL,
    -- When two entries with one number had come: it was rewritten, or two programs wrote copies of it.
    forked_at       INTEGER,
    taken_back_at   INTEGER
) STRICT;
CREATE INDEX journal_by_push ON journal (last_pushed_at, id);
CREATE INDEX journal_by_own_id ON journal (own_id);

CREATE TABLE journal_entry (
    journal       TEXT NOT NULL REFERENCES journal (id),
    n             INTEGER NOT NULL,
    -- SHA-256 of the line, and of the one before it.
    hash          TEXT NOT NULL,
    prev          TEXT NOT NULL,
    signed_at     INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    request_hash  TEXT NOT NULL,
    response_id   TEXT,
    license_id    TEXT,
    product_id    TEXT,
    device_key    TEXT,
    -- The activation that a receipt says was given up.
    activation_id TEXT,
    delegation    TEXT,
    grant_number  INTEGER,
    expires_at    INTEGER,
    import_by     INTEGER,
    token         TEXT NOT NULL,
    -- What became of it, and why where it was not counted.
    verdict       TEXT NOT NULL,
    why           TEXT NOT NULL,
    merged_at     INTEGER NOT NULL,
    PRIMARY KEY (journal, n, hash)
) STRICT;
CREATE INDEX journal_entry_of_request ON journal_entry (request_hash);
CREATE INDEX journal_entry_of_response ON journal_entry (response_id) WHERE response_id IS NOT NULL;
CREATE INDEX journal_entry_of_receipt ON journal_entry (activation_id, device_key) WHERE activation_id IS NOT NULL;
CREATE INDEX journal_entry_by_number ON journal_entry (delegation, grant_number) WHERE grant_number IS NOT NULL;
CREATE INDEX journal_entry_by_verdict ON journal_entry (journal, verdict, n);
