-- Tokens by which programs act for somebody: only the hash is kept. Those that have ended stay, to tell what there was.
CREATE TABLE api_token (
    id           TEXT PRIMARY KEY,
    token_hash   TEXT NOT NULL UNIQUE,
    user_id      TEXT NOT NULL REFERENCES app_user (id),
    name         TEXT NOT NULL,
    -- Words with a space between them. A word that this program does not know gives nothing.
    scopes       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    -- To the minute.
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;
CREATE INDEX api_token_by_user ON api_token (user_id);
