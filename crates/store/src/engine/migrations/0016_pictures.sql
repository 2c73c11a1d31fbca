-- The vendor's logo and icon, as the portal has written them anew: in the database, so that every process has them. A draft is
-- looked at before it is used.
CREATE TABLE picture (
    place      TEXT NOT NULL CHECK (place IN ('logo', 'made-icon', 'icon')),
    stage      TEXT NOT NULL CHECK (stage IN ('draft', 'live')),
    hash       TEXT NOT NULL,
    width      INTEGER NOT NULL CHECK (width > 0),
    height     INTEGER NOT NULL CHECK (height > 0),
    ground     TEXT NOT NULL CHECK (ground IN ('any', 'light', 'dark')),
    png        BLOB NOT NULL,
    added_at   INTEGER NOT NULL,
    PRIMARY KEY (place, stage)
) STRICT;
