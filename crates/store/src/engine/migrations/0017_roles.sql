-- What somebody is for the vendor, beyond admin and customer. A column of its own: a dozen tables refer to app_user, so it is not
-- built anew for a wider CHECK; and a program that does not know the column takes an owner for an admin and the others for
-- customers, who may less than they do.
ALTER TABLE app_user ADD COLUMN staff_role TEXT CHECK (staff_role IS NULL OR (
    staff_role IN ('owner', 'support', 'read-only', 'reseller-admin')
    AND role = CASE staff_role WHEN 'owner' THEN 'admin' ELSE 'customer' END));
CREATE INDEX app_user_admin ON app_user (role, id) WHERE role = 'admin';
CREATE INDEX app_user_staff ON app_user (staff_role, id) WHERE staff_role IS NOT NULL;
-- The portal belongs to whoever was an admin first, of those who may log in.
UPDATE app_user SET staff_role = 'owner' WHERE id = (SELECT u.id FROM app_user u
    LEFT JOIN organization o ON o.id = u.organization_id WHERE u.role = 'admin'
    ORDER BY CASE WHEN u.status = 'active' AND u.deactivated_at IS NULL AND COALESCE(o.status, 'active') = 'active'
        THEN 0 ELSE 1 END, u.created_at, u.id LIMIT 1);
ALTER TABLE app_user ADD COLUMN last_seen_at INTEGER;

-- A reseller is an organization; its customers are organizations and people without one.
ALTER TABLE organization ADD COLUMN kind TEXT NOT NULL DEFAULT 'customer' CHECK (kind IN ('customer', 'reseller'));
ALTER TABLE organization ADD COLUMN reseller_id TEXT REFERENCES organization (id)
    CHECK (reseller_id IS NULL OR kind = 'customer');
ALTER TABLE app_user ADD COLUMN reseller_id TEXT REFERENCES organization (id);
CREATE INDEX organization_of_reseller ON organization (reseller_id, id) WHERE reseller_id IS NOT NULL;
CREATE INDEX app_user_of_reseller ON app_user (reseller_id, id) WHERE reseller_id IS NOT NULL;

-- How many seats a person of support has released lately.
CREATE INDEX activation_released_by ON activation (released_by, ended_at) WHERE state = 'released';
