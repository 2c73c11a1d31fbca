-- Writes of programs that named a key: the same key does nothing a second time. Kept for a day.
CREATE TABLE api_once (
    token_id     TEXT NOT NULL REFERENCES api_token (id),
    -- Hash of the key that the program chose.
    key_hash     TEXT NOT NULL,
    -- Hash of all that was asked.
    request_hash TEXT NOT NULL,
    -- Where what was done can be looked at.
    subject      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    -- What was answered; not there until that is known.
    status       INTEGER,
    answer       TEXT,
    PRIMARY KEY (token_id, key_hash)
) STRICT;
CREATE INDEX api_once_by_creation ON api_once (created_at);
-- What licenses say and their keys are two scopes from now on; tokens that could read both still can.
UPDATE api_token SET scopes = scopes || ' license-keys:read' WHERE ' ' || scopes || ' ' LIKE '% licenses:read %';
