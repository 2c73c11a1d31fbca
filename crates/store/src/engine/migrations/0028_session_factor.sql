-- Who vouches for a session's second factor: the portal, or the identity provider that let its owner in.
ALTER TABLE session ADD COLUMN factor_by TEXT NOT NULL DEFAULT 'portal' CHECK (factor_by IN ('provider', 'portal'));
