-- What one admin wants to do and another one has to approve, and what became of it.
CREATE TABLE proposal (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('create-license', 'extend-license', 'release-seat', 'end-rule')),
    payload     TEXT NOT NULL,
    proposed_by TEXT NOT NULL REFERENCES app_user (id),
    proposed_at INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'refused', 'stale')),
    decided_by  TEXT REFERENCES app_user (id),
    decided_at  INTEGER
) STRICT;
CREATE INDEX proposal_waiting ON proposal (proposed_at, id) WHERE state = 'waiting';
CREATE INDEX proposal_decided ON proposal (decided_at, id) WHERE decided_at IS NOT NULL;
