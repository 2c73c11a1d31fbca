-- The audit log as a chain: which entry is which row, and the hash of its line (docs/format.md, section 9). Rows are written
-- as ever, in the transaction of what they tell; they are chained soon afterwards.
CREATE TABLE audit_log (
    -- There is one.
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    id      TEXT NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_chain (
    n    INTEGER PRIMARY KEY,
    seq  INTEGER NOT NULL UNIQUE REFERENCES audit (seq),
    hash TEXT NOT NULL
) STRICT;

-- Numbers of rows that were passed over: of what was undone, or of what another node has not committed yet.
CREATE TABLE audit_gap (
    first_seq INTEGER PRIMARY KEY,
    last_seq  INTEGER NOT NULL,
    noted_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_checkpoint (
    n     INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    token TEXT NOT NULL
) STRICT;
