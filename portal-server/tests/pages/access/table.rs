//! The rule of every route, and the rows that are tested: made from the router, so that a route without a rule, and a rule
//! without a route, fail. Methods are asked of the running portal.

use countersign_portal::access::Access;
use countersign_portal::{Route, routes};

use super::people::Standing;
use crate::world::TestPortal;

/// What a route is about: who gets through follows from this and from the router's access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Nothing that is somebody's: everybody gets these statuses, as `GET` and as `POST`; 0: there is no such method.
    Everybody(u16, u16),
    /// The second step of a login; to the first one where that was not done.
    SecondFactor,
    /// One's own account, or lists of what one may see.
    Oneself,
    /// An invitation that is worth nothing: whoever is logged in hears that.
    DeadInvitation,
    /// One license with its machines and releases.
    License,
    /// A seat that is freed without proof.
    LostMachine,
    /// The organization that one runs.
    OwnOrganization,
    /// One user, group or license of an organization.
    OfOrganization,
    /// What the vendor's admins do.
    Vendor,
    /// What was kept for one admin alone: nobody here has it.
    Kept,
    /// What the vendor's people do: who sees it, and who changes it.
    Staff(Who, Who),
    /// The reseller that one runs.
    OwnReseller,
    /// One customer or license of a reseller.
    OfReseller,
    /// What the vendor does once the operator has set something: until then a form says so.
    Unset,
}

/// Some of the vendor's people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Owners,
    Admins,
    /// Admins and support.
    Helpers,
    /// Admins and who only reads.
    Readers,
    All,
}
use Who::{Admins, All, Helpers, Owners, Readers};

impl Who {
    fn has(self, who: Standing) -> bool {
        match who {
            Standing::PortalOwner => true,
            Standing::Vendor => self != Owners,
            Standing::Support => matches!(self, Helpers | All),
            Standing::ReadOnly => matches!(self, Readers | All),
            _ => false,
        }
    }
}

use About::{
    DeadInvitation, Everybody, Kept, License, LostMachine, OfOrganization, OfReseller, Oneself,
    OwnOrganization, OwnReseller, SecondFactor, Staff, Unset, Vendor,
};

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// This status, whoever asks.
    Status(u16),
    /// The page or file; the form is taken.
    Through,
    /// To the login and back; a form is refused.
    LogIn,
    /// It is not for them.
    Forbidden,
    /// It does not exist for them.
    Missing,
}

/// Path, what it is about, and what is posted there: a form that works for whoever may. In this order the forms are sent.
pub(super) const RULES: &[(&str, About, &str)] = &[
    ("/healthz", Everybody(200, 0), ""),
    ("/readyz", Everybody(200, 0), ""),
    ("/caddy/ask", Everybody(404, 0), ""),
    // What is read there takes a token.
    ("/api/v1/activations", Everybody(401, 422), "x=1"),
    ("/api/v1/deactivations", Everybody(0, 422), "x=1"),
    ("/api/v1/trials", Everybody(401, 422), "x=1"),
    ("/api/v1/trials/{product}", Everybody(200, 0), ""),
    ("/v3/trial-activations/offline-activate", Everybody(0, 400), "x=1"),
    // Nobody's session is a token.
    ("/api/v1/policy", Everybody(401, 0), ""),
    ("/api/v1/requests", Everybody(401, 401), "x=1"),
    ("/api/v1/requests/preview", Everybody(401, 401), "x=1"),
    ("/api/v1/journals", Everybody(401, 401), "x=1"),
    ("/api/v1/journals/{id}", Everybody(401, 0), ""),
    ("/api/v1/products", Everybody(401, 401), "x=1"),
    ("/api/v1/products/{id}", Everybody(401, 401), "x=1"),
    ("/api/v1/plans", Everybody(401, 401), "x=1"),
    ("/api/v1/plans/{id}", Everybody(401, 401), "x=1"),
    ("/api/v1/plans/{id}/licenses", Everybody(401, 401), "x=1"),
    ("/api/v1/plans/{id}/preview", Everybody(0, 401), "x=1"),
    ("/api/v1/plans/{id}/apply", Everybody(0, 401), "x=1"),
    ("/api/v1/licenses/import", Everybody(0, 401), "x=1"),
    ("/api/v1/licenses/{id}/plan", Everybody(401, 401), "x=1"),
    ("/api/v1/trials/started/{id}/extend", Everybody(0, 401), "x=1"),
    ("/api/v1/trials/started/{id}/renew", Everybody(0, 401), "x=1"),
    ("/api/v1/trials/started/{id}/response", Everybody(401, 0), ""),
    ("/api/v1/overview", Everybody(401, 0), ""),
    ("/api/v1/licenses", Everybody(401, 401), "x=1"),
    ("/api/v1/licenses/{id}", Everybody(401, 401), "x=1"),
    ("/api/v1/licenses/{id}/key", Everybody(401, 0), ""),
    ("/api/v1/users", Everybody(401, 401), "x=1"),
    ("/api/v1/users/{id}", Everybody(401, 401), "x=1"),
    ("/api/v1/organizations", Everybody(401, 401), "x=1"),
    ("/api/v1/organizations/{id}", Everybody(401, 401), "x=1"),
    ("/api/v1/activations/{id}", Everybody(401, 0), ""),
    ("/api/v1/activations/{id}/release", Everybody(0, 401), "x=1"),
    ("/api/v1/trials/started/{id}", Everybody(401, 0), ""),
    ("/api/v1/releases", Everybody(401, 401), "x=1"),
    ("/api/v1/releases/{id}", Everybody(401, 401), "x=1"),
    ("/api/v1/releases/{id}/publish", Everybody(0, 401), "x=1"),
    ("/api/v1/releases/{id}/archive", Everybody(0, 401), "x=1"),
    ("/api/v1/settings", Everybody(401, 401), "x=1"),
    ("/api/v1/audit", Everybody(401, 0), ""),
    ("/api/v1/webhooks", Everybody(401, 401), "x=1"),
    ("/api/v1/webhooks/{id}", Everybody(401, 401), "x=1"),
    ("/api/v1/webhooks/{id}/secret", Everybody(0, 401), "x=1"),
    ("/api/v1/webhooks/{id}/pause", Everybody(0, 401), "x=1"),
    ("/api/v1/webhooks/{id}/resume", Everybody(0, 401), "x=1"),
    ("/api/v1/webhooks/{id}/disable", Everybody(0, 401), "x=1"),
    ("/api/v1/webhooks/{id}/test", Everybody(0, 401), "x=1"),
    ("/api/v1/webhooks/{id}/resend", Everybody(0, 401), "x=1"),
    ("/api/v1/webhooks/{id}/delete", Everybody(0, 401), "x=1"),
    ("/api/v1/webhooks/{id}/deliveries", Everybody(401, 0), ""),
    ("/api/v1/webhooks/{id}/deliveries/{delivery}", Everybody(401, 0), ""),
    ("/api/v1/webhooks/{id}/deliveries/{delivery}/resend", Everybody(0, 401), "x=1"),
    ("/api/v1/domain", Everybody(401, 401), "x=1"),
    ("/api/v1/domain/check", Everybody(0, 401), "x=1"),
    ("/api/v1/domain/use", Everybody(0, 401), "x=1"),
    ("/api/v1/domain/remove", Everybody(0, 401), "x=1"),
    ("/api/v1/sign-on/providers", Everybody(401, 401), "x=1"),
    ("/api/v1/sign-on/providers/{id}", Everybody(401, 401), "x=1"),
    ("/api/v1/sign-on/providers/{id}/domains", Everybody(0, 401), "x=1"),
    ("/api/v1/sign-on/providers/{id}/domains/remove", Everybody(0, 401), "x=1"),
    ("/api/v1/sign-on/providers/{id}/delete", Everybody(0, 401), "x=1"),
    ("/api/v1/mail", Everybody(401, 0), ""),
    ("/api/v1/mail/test", Everybody(0, 401), "x=1"),
    ("/api/v1/look", Everybody(401, 401), "x=1"),
    ("/api/v1/look/texts", Everybody(401, 401), "x=1"),
    ("/api/v1/look/pictures/{picture}", Everybody(0, 401), "x=1"),
    ("/api/v1/look/pictures/{picture}/use", Everybody(0, 401), "x=1"),
    ("/api/v1/look/pictures/{picture}/remove", Everybody(0, 401), "x=1"),
    ("/api/v1/releases/{id}/visibility", Everybody(0, 401), "x=1"),
    ("/api/v1/releases/{id}/files/{file}/remove", Everybody(0, 401), "x=1"),
    ("/api/v1/releases/{id}/uploads", Everybody(401, 401), "x=1"),
    ("/api/v1/releases/{id}/uploads/{upload}", Everybody(401, 0), ""),
    ("/api/v1/releases/{id}/uploads/{upload}/pieces", Everybody(0, 401), "x=1"),
    ("/api/v1/releases/{id}/uploads/{upload}/finish", Everybody(0, 401), "x=1"),
    ("/api/v1/releases/{id}/uploads/{upload}/discard", Everybody(0, 401), "x=1"),
    ("/api/v1/openapi.json", Everybody(200, 0), ""),
    ("/developers/api", Everybody(200, 0), ""),
    ("/api", Everybody(404, 404), "x=1"),
    ("/api/", Everybody(404, 404), "x=1"),
    ("/api/{*path}", Everybody(404, 404), "x=1"),
    ("/", Everybody(303, 0), ""),
    ("/assets/{name}", Everybody(200, 0), ""),
    ("/activate", Everybody(200, 0), ""),
    ("/activate/review", Everybody(0, 200), "a file"),
    ("/activate/confirm", Everybody(0, 200), "request={request}"),
    ("/activate/responses.zip", Everybody(0, 200), "row={answered}"),
    ("/activate/batches/{token}", Everybody(404, 0), ""),
    ("/activate/table.csv", Everybody(0, 200), "row={request}"),
    ("/responses/{hash}", Everybody(200, 0), ""),
    ("/responses/{hash}/qr.svg", Everybody(200, 0), ""),
    ("/login", Everybody(200, 403), "email=mallory@evil.example&password=wrong horse battery"),
    ("/setup/{token}", Everybody(422, 422), "email=e@evil.example&name=Eve&password=0123456789"),
    ("/password/{token}", Everybody(422, 422), "password=0123456789"),
    ("/login/code", SecondFactor, "code=123456"),
    ("/login/sso", Everybody(200, 200), "email=mallory@nowhere.example"),
    ("/login/sso/callback", Everybody(422, 0), ""),
    ("/login/sso/{provider}", Everybody(200, 0), ""),
    // Its provider is an address inside the portal's own network.
    ("/login/sso/{provider}/start", Everybody(0, 503), "next=/licenses"),
    ("/forgot", Everybody(200, 200), "email=mallory@evil.example"),
    ("/reset/{token}", Everybody(422, 422), "password=0123456789"),
    ("/confirm/{token}", Everybody(422, 422), "x=1"),
    ("/revert/{token}", Everybody(422, 422), "x=1"),
    ("/invite/{token}", Everybody(422, 422), "password=0123456789"),
    ("/invite/{token}/join", DeadInvitation, "x=1"),
    // Before the others that end sessions.
    ("/profile/sessions/{id}/end", Oneself, "x=1"),
    ("/profile", Oneself, "first_name=Eve&last_name=Evil"),
    ("/profile/email", Oneself, "email=x@evil.example&password=correct horse battery"),
    (
        "/profile/password",
        Oneself,
        "password=correct horse battery&new_password=correct horse battery",
    ),
    ("/profile/sessions", Oneself, ""),
    ("/profile/sessions/end-others", Oneself, "x=1"),
    ("/profile/two-factor", Oneself, ""),
    ("/profile/two-factor/on", Oneself, "code={code -1}"),
    ("/profile/two-factor/codes", Oneself, "password=correct horse battery&code={code 0}"),
    ("/profile/two-factor/off", Oneself, "password=correct horse battery&code={code 1}"),
    ("/profile/two-factor/offer", Oneself, "password=correct horse battery"),
    ("/organization", OwnOrganization, ""),
    ("/organization/users", OwnOrganization, "email=new@lab.example"),
    (
        "/organization/users/{id}",
        OfOrganization,
        "first_name=J&last_name=D&organization_role=member",
    ),
    ("/organization/users/{id}/groups", OfOrganization, "group={group}"),
    ("/organization/users/{id}/invitation", OfOrganization, "x=1"),
    ("/organization/users/{id}/withdraw", OfOrganization, "x=1"),
    ("/organization/users/{id}/two-factor-off", OfOrganization, "x=1"),
    ("/organization/groups", OwnOrganization, "name=Staff"),
    ("/organization/groups/{id}", OfOrganization, "name=Students 2"),
    // A form above put the user in.
    ("/organization/groups/{id}/remove", OfOrganization, "user={user}"),
    ("/organization/groups/{id}/add", OfOrganization, "user={user}"),
    ("/organization/groups/{id}/link", OfOrganization, "license={license}&seat_cap=3"),
    ("/organization/groups/{id}/unlink", OfOrganization, "license={license}"),
    ("/organization/groups/{id}/delete", OfOrganization, "x=1"),
    ("/organization/licenses/{id}", OfOrganization, ""),
    ("/organization/activity", OwnOrganization, ""),
    (
        "/organization/sign-on",
        OwnOrganization,
        "name=Lab account&issuer=https://idp.lab.example&client_id=portal",
    ),
    (
        "/organization/sign-on/{id}",
        OfOrganization,
        "name=Lab&issuer=https://127.0.0.1:1&client_id=portal&active=1",
    ),
    ("/organization/sign-on/{id}/domains", OfOrganization, "domain=more.example"),
    ("/organization/sign-on/{id}/try", OfOrganization, "x=1"),
    ("/organization/sign-on/{id}/unlink", OfOrganization, "user={user}"),
    ("/organization/sign-on/{id}/delete", OfOrganization, "x=1"),
    ("/downloads", Oneself, ""),
    ("/downloads/{product}", License, ""),
    ("/downloads/{product}/{release}", License, ""),
    ("/releases/{id}", License, ""),
    ("/releases/{id}/checksums", License, ""),
    ("/licenses", Oneself, ""),
    ("/licenses.csv", Oneself, ""),
    ("/licenses.ics", Oneself, ""),
    ("/licenses/{id}", License, ""),
    ("/licenses/{id}/end.ics", License, ""),
    ("/licenses/{id}/machines.csv", License, ""),
    ("/licenses/{id}/responses.zip", License, "x=1"),
    ("/licenses/{id}/machines/{activation}", License, ""),
    ("/licenses/{id}/machines/{activation}/response", License, ""),
    ("/licenses/{id}/machines/{activation}/receipt", License, ""),
    ("/licenses/{id}/machines/{activation}/renew", License, "x=1"),
    // After the two that renew it.
    ("/licenses/{id}/machines/{activation}/release", LostMachine, "reason=lost"),
    ("/licenses/{id}/review", License, "a file"),
    ("/licenses/{id}/confirm", License, "request={request}"),
    ("/licenses/{id}/table.csv", License, "row={request}"),
    ("/admin", Staff(All, Admins), ""),
    ("/admin/overview.csv", Staff(All, Admins), ""),
    ("/admin/activations", Staff(All, All), "a file"),
    ("/admin/activations/review", Staff(All, All), "a file"),
    (
        "/admin/activations/confirm",
        Staff(Helpers, Helpers),
        "request={new request}&license_key={license}",
    ),
    ("/admin/activations/table.csv", Staff(All, All), "row={request}"),
    ("/admin/keys", Staff(Readers, Admins), "a delegation"),
    ("/admin/settings", Staff(Readers, Admins), "cap_days=5"),
    ("/admin/settings/look", Staff(Readers, Admins), "name=Acme Inc&accent=#0a5c36"),
    // In this order: what is brought is used, and what is used is removed.
    ("/admin/settings/look/{picture}", Vendor, "a picture"),
    ("/admin/settings/look/{picture}/use", Vendor, "x=1"),
    ("/admin/settings/look/{picture}/remove", Vendor, "stage=live"),
    ("/admin/settings/texts", Staff(Readers, Admins), "public_en=Welcome"),
    // Where nobody set --public-url no domain can be set.
    ("/admin/settings/domain", Unset, "name=licenses.acme.example"),
    ("/admin/settings/domain/check", Unset, "x=1"),
    ("/admin/settings/domain/use", Unset, "name=licenses.acme.example&used=off"),
    ("/admin/settings/domain/remove", Unset, "x=1"),
    ("/admin/settings/mail", Staff(Readers, Admins), ""),
    ("/admin/settings/mail/test", Vendor, "x=1"),
    (
        "/admin/sign-on",
        Staff(Owners, Owners),
        "name=Staff account&issuer=https://idp.acme.example&client_id=portal",
    ),
    (
        "/admin/sign-on/{id}",
        Staff(Owners, Owners),
        "name=Staff&issuer=https://127.0.0.1:1&client_id=portal&active=1",
    ),
    ("/admin/sign-on/{id}/domains", Staff(Owners, Owners), "domain=more.example"),
    ("/admin/sign-on/{id}/try", Staff(Owners, Owners), "x=1"),
    ("/admin/sign-on/{id}/unlink", Staff(Owners, Owners), "user={staff}"),
    ("/admin/sign-on/{id}/delete", Staff(Owners, Owners), "x=1"),
    (
        "/admin/tokens",
        Staff(All, All),
        "name=laptop&scope=policy:read&days=9&password=correct horse battery",
    ),
    ("/admin/tokens/{id}/revoke", Staff(All, All), "x=1"),
    ("/admin/webhooks", Staff(Readers, Admins), "url=https://hooks.example/&event=trial.started"),
    (
        "/admin/webhooks/{id}",
        Staff(Readers, Admins),
        "url=https://hooks.example/x&event=trial.started",
    ),
    ("/admin/webhooks/{id}/secret", Vendor, "x=1"),
    // What was given up: once it is sent again, it waits.
    ("/admin/webhooks/{id}/deliveries/{delivery}", Staff(Readers, Admins), ""),
    ("/admin/webhooks/{id}/deliveries/{delivery}/resend", Vendor, "x=1"),
    ("/admin/webhooks/{id}/resend", Vendor, "x=1"),
    ("/admin/webhooks/{id}/test", Vendor, "x=1"),
    // In this order: it is paused.
    ("/admin/webhooks/{id}/resume", Vendor, "x=1"),
    ("/admin/webhooks/{id}/pause", Vendor, "x=1"),
    ("/admin/webhooks/{id}/delete", Vendor, "x=1"),
    ("/admin/audit", Staff(Readers, Admins), ""),
    ("/admin/audit.jsonl", Staff(Readers, Admins), ""),
    ("/admin/audit.csv", Staff(Readers, Admins), ""),
    ("/admin/audit/checkpoints", Vendor, "x=1"),
    ("/admin/audit/checkpoints/{n}", Staff(Readers, Admins), ""),
    ("/admin/products", Staff(All, Admins), "id=acme-cam&name=Acme CAM"),
    ("/admin/products/{id}", Staff(All, Admins), "name=Acme CAD 2"),
    ("/admin/licenses", Staff(All, Admins), "product=acme-cad"),
    ("/admin/licenses/new", Vendor, ""),
    ("/admin/licenses/import", Vendor, "a table"),
    ("/admin/licenses/import/template.csv", Vendor, ""),
    ("/admin/licenses/import/{token}", Kept, "x=1"),
    ("/admin/licenses/made/{token}", Kept, ""),
    ("/admin/licenses/made/{token}/keys.csv", Kept, ""),
    (
        "/admin/plans",
        Staff(All, Admins),
        "product=acme-cad&name=Team&validity=perpetual&strategy=fuzzy&import_days=14",
    ),
    // The license gets the plan, which then gets another name, which the license then takes.
    (
        "/admin/licenses/{id}/plan",
        Vendor,
        "revision={revision}&plan={plan}&plan_revision=1&confirmed=1",
    ),
    (
        "/admin/plans/{id}",
        Staff(All, Admins),
        "revision=1&name=Duo&validity=perpetual&strategy=fuzzy",
    ),
    ("/admin/plans/{id}/apply", Vendor, "revision=2&value=name&confirmed=1"),
    (
        "/admin/licenses/{id}/limits",
        Vendor,
        "revision={revision}&allowed_activations=9&confirmed=1",
    ),
    ("/admin/licenses/{id}/extend", Vendor, "revision={revision}&days=5&confirmed=1"),
    (
        "/admin/licenses/{id}/transfer",
        Vendor,
        "revision={revision}&owner=jane@lab.example&organization=Lab&confirmed=1",
    ),
    ("/admin/licenses/{id}/status", Vendor, "revision={revision}&status=suspended&confirmed=1"),
    (
        "/admin/licenses/{id}",
        Staff(All, Admins),
        "revision={revision}&status=revoked&strategy=exact",
    ),
    ("/admin/trials", Staff(All, Admins), ""),
    ("/admin/trials/{id}", Staff(All, Admins), ""),
    ("/admin/trials/{id}/response", Staff(All, Admins), ""),
    ("/admin/trials/{id}/qr.svg", Staff(All, Admins), ""),
    // Before the extension, which does it as well.
    ("/admin/trials/{id}/renew", Staff(Helpers, Helpers), "x=1"),
    ("/admin/trials/{id}/extend", Staff(Helpers, Helpers), "days=7&seen_end={trial_end}"),
    ("/admin/releases", Staff(All, Admins), "product=acme-cad&version=9.0.0"),
    ("/admin/releases/{id}", Staff(All, Admins), "notes=New"),
    // In this order: what is sent in pieces is put together, what is whole is published, what is published is archived.
    ("/admin/releases/{id}/uploads", Vendor, "name=late.bin&size=3"),
    ("/admin/releases/{id}/uploads/{upload}", Vendor, "x=1"),
    ("/admin/releases/{id}/uploads/{upload}/finish", Vendor, "x=1"),
    ("/admin/releases/{id}/uploads/{upload}/discard", Vendor, "x=1"),
    ("/admin/releases/{id}/files", Vendor, "a file"),
    ("/admin/releases/{id}/files/{file}/remove", Vendor, "x=1"),
    ("/admin/releases/{id}/visibility", Vendor, "visibility=private&licenses={license}"),
    ("/admin/releases/{id}/publish", Vendor, "a publication"),
    ("/admin/releases/{id}/archive", Vendor, "x=1"),
    ("/admin/journals", Staff(All, Admins), ""),
    ("/admin/journals/{id}", Staff(All, Admins), ""),
    ("/admin/journals/{id}/take-back", Vendor, "x=1"),
    ("/admin/customers", Staff(All, Admins), ""),
    ("/admin/customers/users", Vendor, "email=eve@evil.example&role=admin"),
    ("/admin/customers/users/{id}", Staff(All, Admins), "new_link=1"),
    ("/admin/customers/organizations", Staff(All, Admins), "name=Firm"),
    ("/admin/customers/organizations/{id}", Vendor, "name=Lab&suspended=1"),
    ("/admin/approvals", Staff(All, Admins), ""),
    ("/admin/approvals/{id}/approve", Vendor, "x=1"),
    ("/admin/approvals/{id}/refuse", Vendor, "x=1"),
    // After what it would hold back.
    ("/admin/approvals/rule", Vendor, "rule=on"),
    ("/admin/staff", Staff(Readers, Admins), "email=new@acme.example&role=support"),
    ("/admin/staff/{id}", Staff(Readers, Admins), "do=suspend"),
    ("/admin/staff/{id}/role", Vendor, "role=read-only"),
    ("/reseller", OwnReseller, ""),
    ("/reseller/organizations", OwnReseller, "name=Firm"),
    ("/reseller/organizations/{id}", OfReseller, "email=nina@lab.example"),
    ("/reseller/licenses/{id}", OfReseller, "to=organization:{lab}&revision={revision}"),
    // Last: it ends the session.
    ("/logout", Oneself, "x=1"),
];

/// A route with one of its methods.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) access: Access,
    pub(super) about: About,
    /// What is posted; empty: nothing.
    pub(super) form: &'static str,
}

impl Row {
    pub(super) fn is_form(&self) -> bool {
        matches!(&*self.method, "POST" | "PATCH")
    }

    /// What somebody who is this much gets.
    pub(super) fn outcome(&self, who: Standing) -> Outcome {
        let runs = matches!(who, Standing::Runner | Standing::RunnerElsewhere);
        let resells = matches!(who, Standing::Reseller | Standing::ResellerElsewhere);
        match (self.access, self.about) {
            (Access::Api | Access::Token(_) | Access::Public, Everybody(get, post)) => {
                Outcome::Status(if self.is_form() { post } else { get })
            }
            (Access::Public, SecondFactor) => match (who, self.is_form()) {
                (Standing::HalfIn, false) => Outcome::Status(200),
                (Standing::HalfIn, true) => Outcome::Status(403),
                _ => Outcome::Status(303),
            },
            _ if !who.is_logged_in() && self.is_form() => Outcome::Forbidden,
            _ if !who.is_logged_in() => Outcome::LogIn,
            (Access::Customer, DeadInvitation) => Outcome::Status(422),
            (Access::Customer, Oneself) => Outcome::Through,
            (Access::Customer, License | LostMachine) if !who.sees_the_license() => {
                Outcome::Missing
            }
            (Access::Customer, LostMachine)
                if matches!(who, Standing::GroupMember | Standing::ReadOnly) =>
            {
                Outcome::Forbidden
            }
            (Access::Customer, License) if who == Standing::ReadOnly && self.is_form() => {
                Outcome::Forbidden
            }
            (Access::Customer, License | LostMachine) => Outcome::Through,
            (Access::OrganizationAdmin, _) if !runs => Outcome::Forbidden,
            (Access::OrganizationAdmin, OwnOrganization) => Outcome::Through,
            (Access::OrganizationAdmin, OfOrganization) if who == Standing::Runner => {
                Outcome::Through
            }
            (Access::OrganizationAdmin, OfOrganization) => Outcome::Missing,
            (Access::Reseller, OwnReseller) if resells => Outcome::Through,
            (Access::Reseller, OfReseller) if who == Standing::Reseller => Outcome::Through,
            (Access::Reseller, OfReseller) if resells => Outcome::Missing,
            (Access::Reseller, OwnReseller | OfReseller) => Outcome::Forbidden,
            (Access::Staff(_), Kept) if Admins.has(who) => Outcome::Missing,
            (Access::Staff(_), Kept) => Outcome::Forbidden,
            (Access::Staff(_) | Access::Page(..), Unset) if self.is_form() && Admins.has(who) => {
                Outcome::Status(422)
            }
            (Access::Admin | Access::Staff(_) | Access::Page(..), Vendor | Staff(..) | Unset) => {
                let (sees, changes) = match self.about {
                    Staff(sees, changes) => (sees, changes),
                    Unset => (Readers, Admins),
                    _ => (Admins, Admins),
                };
                let may = if self.is_form() { changes } else { sees };
                if may.has(who) { Outcome::Through } else { Outcome::Forbidden }
            }
            (access, about) => panic!("{}: {access:?} does not go with {about:?}", self.path),
        }
    }
}

/// Every route with every method that the running portal has for it, in the order of the rules.
pub(super) async fn rows(portal: &TestPortal) -> Vec<Row> {
    let routes = routes(&portal.app);
    let without: Vec<&str> =
        routes.iter().map(|r| r.path.as_str()).filter(|path| rule(path).is_none()).collect();
    assert!(without.is_empty(), "routes of router.rs without a rule in {}: {without:?}", file!());
    let mut rows = Vec::new();
    for &(path, about, form) in RULES {
        let route = routes.iter().find(|route| route.path == path);
        let route = route.unwrap_or_else(|| panic!("router.rs has no route {path}"));
        let methods = methods(portal, route).await;
        let is_posted = methods.iter().any(|method| matches!(&**method, "POST" | "PATCH"));
        assert_eq!(is_posted, !form.is_empty(), "what is posted to {path}? It takes {methods:?}");
        rows.extend(methods.into_iter().map(|method| Row {
            form: if matches!(&*method, "POST" | "PATCH") { form } else { "" },
            access: route.access,
            path: path.to_owned(),
            about,
            method,
        }));
    }
    rows
}

fn rule(path: &str) -> Option<&'static (&'static str, About, &'static str)> {
    RULES.iter().find(|rule| rule.0 == path)
}

/// What a refusal of a method that no route has says about the others.
async fn methods(portal: &TestPortal, route: &Route) -> Vec<String> {
    let visitor = portal.visitor();
    let path = route.path.replace(['{', '}'], "");
    let request = visitor.request("PROPFIND", &path).header("sec-fetch-site", "same-origin");
    let answer = visitor.send(request).await;
    let known_methods = ["GET", "HEAD", "POST", "PATCH"];
    // A route that takes whatever there is refuses no method.
    let allow = answer.headers.get("allow").map(|allow| allow.to_str().unwrap());
    let methods: Vec<String> = match allow {
        Some(allow) => allow.split(',').map(str::to_owned).collect(),
        None => ["GET", "HEAD", "POST"].map(str::to_owned).into(),
    };
    let known = |method: &String| known_methods.contains(&method.as_str());
    assert!(methods.iter().all(known), "{} takes {methods:?}, which no row tests", route.path);
    methods
}
