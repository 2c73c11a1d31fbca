-- Where a vendor's other programs hear what happens here.
CREATE TABLE webhook (
    id               TEXT PRIMARY KEY,
    url              TEXT NOT NULL,
    -- Words with a space between them. A word that this program does not know is of nothing.
    events           TEXT NOT NULL,
    -- Encrypted under a key that is not in the database; empty once it was deleted.
    secret           TEXT NOT NULL,
    -- What is signed with as well until then.
    old_secret       TEXT,
    old_secret_until INTEGER,
    status           TEXT NOT NULL CHECK (status IN ('active', 'paused', 'disabled', 'deleted')),
    -- The first failure since something got through last.
    failing_since    INTEGER,
    -- Why the portal disabled it.
    disabled_why     TEXT CHECK (disabled_why IN ('failing', 'gone')),
    created_by       TEXT NOT NULL,
    created_at       INTEGER NOT NULL
) STRICT;

-- Who hears of what now: of active and paused webhooks alone. Whatever happens asks this table, in its own transaction.
CREATE TABLE webhook_topic (
    topic      TEXT NOT NULL,
    webhook_id TEXT NOT NULL REFERENCES webhook (id),
    PRIMARY KEY (topic, webhook_id)
) STRICT;
CREATE INDEX webhook_topic_of ON webhook_topic (webhook_id);

-- What happened, as it is told. The id is made of what it is about: the same is told once, whatever number of processes sees it.
CREATE TABLE webhook_event (
    id         TEXT PRIMARY KEY,
    -- What the id is made of.
    once       TEXT NOT NULL UNIQUE,
    topic      TEXT NOT NULL,
    payload    TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_event_by_age ON webhook_event (created_at);

CREATE TABLE webhook_delivery (
    seq        INTEGER PRIMARY KEY,
    webhook_id TEXT NOT NULL REFERENCES webhook (id),
    event_id   TEXT NOT NULL REFERENCES webhook_event (id),
    status     TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
    tries      INTEGER NOT NULL DEFAULT 0,
    -- Not before this time. Whoever takes it moves this to where another one may.
    next_at    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- Since when its time to be kept runs: since it was made, ended, or was sent again.
    kept_from  INTEGER NOT NULL,
    last_at    INTEGER,
    last_code  INTEGER,
    -- Why there was no answer, in a word, and in the words of what failed.
    last_error TEXT,
    last_words TEXT,
    -- The beginning of the answer.
    answer     TEXT
) STRICT;
CREATE INDEX webhook_delivery_of ON webhook_delivery (webhook_id, seq);
CREATE INDEX webhook_delivery_by_status ON webhook_delivery (webhook_id, status, seq);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, next_at) WHERE status = 'waiting';
CREATE INDEX webhook_delivery_by_age ON webhook_delivery (kept_from);
CREATE INDEX webhook_delivery_of_event ON webhook_delivery (event_id);
