-- Guesses that are forgotten are found without reading all that are not.
CREATE INDEX throttle_by_since ON throttle (since);
