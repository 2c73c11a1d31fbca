-- What happened on each day since 1970 in UTC, counted in the background along the chain of the audit log (tally.rs), and refused
-- requests, which processes count in memory and add together.
CREATE TABLE daily_count (
    day    INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    detail TEXT NOT NULL,
    count  INTEGER NOT NULL CHECK (count >= 0),
    PRIMARY KEY (day, kind, detail)
) STRICT, WITHOUT ROWID;

-- Up to which entry of the chain was counted. There is one.
CREATE TABLE tally (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    n   INTEGER NOT NULL
) STRICT;
INSERT INTO tally (one, n) VALUES (1, 0);

-- What a person may have of a machine: ids of its requests and its device key. Filled in the background, too: as indexes of
-- the activations they would cost each activation two further pages while somebody waits.
CREATE TABLE activation_clue (
    clue          TEXT NOT NULL,
    activation_id TEXT NOT NULL,
    PRIMARY KEY (clue, activation_id)
) STRICT, WITHOUT ROWID;

-- Trials whose machine got a seat of a license of the product afterwards, with the first such activation.
CREATE TABLE trial_conversion (
    trial_id      TEXT PRIMARY KEY,
    activation_id TEXT NOT NULL,
    at            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- People and organizations by the beginning of their name.
CREATE INDEX organization_by_lower_name ON organization ((LOWER(name)), id);
CREATE INDEX app_user_by_lower_name ON app_user ((LOWER(name)), id);
CREATE INDEX app_user_by_pending ON app_user (email_pending) WHERE email_pending IS NOT NULL;
