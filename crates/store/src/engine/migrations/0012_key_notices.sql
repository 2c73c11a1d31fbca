-- Who was told that the signing key ends: once for each key, end and step of seconds before it, whatever number of processes runs.
CREATE TABLE key_notice (
    signing_key TEXT NOT NULL,
    until       INTEGER NOT NULL,
    step        INTEGER NOT NULL CHECK (step >= 0),
    noticed_at  INTEGER NOT NULL,
    PRIMARY KEY (signing_key, until, step)
) STRICT;
