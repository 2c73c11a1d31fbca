-- How many trials were started on each day, counted since 1970 in UTC, for a cap on all of them; and when the vendor's admins
-- were told that the cap was reached: once a day.
CREATE TABLE trial_day (
    day        INTEGER PRIMARY KEY,
    started    INTEGER NOT NULL CHECK (started >= 0),
    noticed_at INTEGER
) STRICT;
