-- The host of the vendor's own at which the portal is reached: at most one. What DNS said of its two records is kept in words.
CREATE TABLE domain (
    place         TEXT NOT NULL PRIMARY KEY CHECK (place = 'portal'),
    name          TEXT NOT NULL,
    token         TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('asked', 'verified', 'used')),
    set_at        INTEGER NOT NULL,
    check_at      INTEGER,
    claimed_at    INTEGER,
    checked_at    INTEGER,
    pointer       TEXT NOT NULL,
    pointer_seen  TEXT NOT NULL,
    proof         TEXT NOT NULL,
    proof_seen    TEXT NOT NULL,
    failing_since INTEGER,
    warned_at     INTEGER
) STRICT;
