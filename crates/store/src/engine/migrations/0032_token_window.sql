-- How many requests the nodes have taken for a token since its present minute began: at most one row a token.
CREATE TABLE token_window (
    token TEXT NOT NULL PRIMARY KEY REFERENCES api_token (id),
    since INTEGER NOT NULL,
    taken INTEGER NOT NULL CHECK (taken >= 0)
) STRICT;
