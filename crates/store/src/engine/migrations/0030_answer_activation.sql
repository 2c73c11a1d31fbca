-- Which activation the portal answered with: another signer may have answered the same request with another one.
-- NULL: none (a receipt, a trial), or answered before this column was there.
ALTER TABLE answer ADD COLUMN activation_id TEXT;
