-- What every activation writes is kept narrow: less of it is copied, and more of it is in each page.

-- Where machines are found by their parts; see fingerprint.rs. The program fills it from fingerprint_component, which is empty
-- and unused from then on.
CREATE TABLE machine_part (
    place   INTEGER NOT NULL,
    parts   INTEGER NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (place, parts, subject)
) STRICT, WITHOUT ROWID;

-- A seat that has passed to another device. One that never has is held by the activation whose id it is: a primary key.
DROP INDEX activation_of_live_seat;
CREATE UNIQUE INDEX activation_of_live_seat ON activation (seat) WHERE state IN ('active', 'returned') AND seat <> id;

-- Licenses that do not count are few as a rule, and nothing else finds them among the others.
CREATE INDEX license_in_status ON license (status, id) WHERE status IN ('suspended', 'revoked');
CREATE INDEX license_of_organization_in_status ON license (organization_id, status, id) WHERE status IN ('suspended', 'revoked');
