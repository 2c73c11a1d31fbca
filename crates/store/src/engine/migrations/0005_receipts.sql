-- The proof by which a machine gave its seat back: its answer is the receipt, to be had from the machine's page.
CREATE TABLE receipt (
    activation_id TEXT PRIMARY KEY REFERENCES activation (id),
    request_hash  TEXT NOT NULL
) STRICT;
