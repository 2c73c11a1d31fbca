//! Whom a verified ID token means, and what it says of them.

use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    AdditionalClaims, EndUserFamilyName, EndUserGivenName, EndUserName, IdTokenClaims,
    LocalizedClaim, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::is_name;
use crate::mail;

/// The longest subject (OpenID Connect, section 2).
const LONGEST_SUBJECT: usize = 255;
/// Entra ID never says `email_verified`. It says this instead: the tenant owns the address's domain, or its mailbox was asked.
const ENTRA: [&str; 3] = [
    "https://login.microsoftonline.com/",
    "https://login.microsoftonline.us/",
    "https://login.partner.microsoftonline.cn/",
];

/// What is read beside the standard claims.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Further {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xms_edov: Option<Value>,
}

impl AdditionalClaims for Further {}

pub(super) type Claims = IdTokenClaims<Further, CoreGenderClaim>;
pub(super) type UserInfo = UserInfoClaims<Further, CoreGenderClaim>;

/// Somebody, as a provider describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) subject: String,
    /// Their address in the provider's spelling, if it says one.
    pub(crate) email: Option<String>,
    /// Whether the provider has verified it.
    pub(crate) email_verified: bool,
    /// Whether the provider says that it asked them for more than one factor (`amr` with `mfa`, RFC 8176).
    pub(crate) second_factor: bool,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
}

impl Person {
    /// Whom the claims mean. `None` where the subject is none.
    pub(super) fn of(issuer: &str, claims: &Claims) -> Option<Self> {
        let subject = claims.subject().as_str();
        let is_subject = !subject.is_empty()
            && subject.chars().count() <= LONGEST_SUBJECT
            && !subject.contains(char::is_control);
        let names =
            Names { name: claims.name(), given: claims.given_name(), family: claims.family_name() };
        let (first_name, last_name) = names.split();
        is_subject.then(|| Self {
            subject: subject.to_owned(),
            email: claims.email().map(|email| email.as_str().to_owned()),
            email_verified: claims.email_verified() == Some(true)
                || is_vouched_for(issuer, claims.additional_claims()),
            second_factor: is_multi_factor(claims),
            first_name,
            last_name,
        })
    }

    /// Takes from the provider's user information, which is of the same subject, what the token leaves out.
    pub(super) fn complete(&mut self, said: &UserInfo) {
        if self.email.is_none() {
            self.email = said.email().map(|email| email.as_str().to_owned());
            self.email_verified = said.email_verified() == Some(true);
        }
        if self.first_name.is_empty() && self.last_name.is_empty() {
            let names =
                Names { name: said.name(), given: said.given_name(), family: said.family_name() };
            (self.first_name, self.last_name) = names.split();
        }
    }

    /// The address, as accounts have it, if the provider has verified it.
    pub(crate) fn verified_email(&self) -> Option<String> {
        self.email.as_deref().filter(|_| self.email_verified).and_then(mail::address)
    }
}

/// `acr` is not read: what its values mean is every provider's own matter.
fn is_multi_factor(claims: &Claims) -> bool {
    claims.auth_method_refs().is_some_and(|methods| methods.iter().any(|method| **method == "mfa"))
}

fn is_vouched_for(issuer: &str, further: &Further) -> bool {
    let says_so = match &further.xms_edov {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::Number(number)) => number.as_u64() == Some(1),
        Some(Value::String(text)) => matches!(text.as_str(), "1" | "true"),
        _ => false,
    };
    says_so && ENTRA.iter().any(|entra| issuer.starts_with(entra))
}

struct Names<'a> {
    name: Option<&'a LocalizedClaim<EndUserName>>,
    given: Option<&'a LocalizedClaim<EndUserGivenName>>,
    family: Option<&'a LocalizedClaim<EndUserFamilyName>>,
}

impl Names<'_> {
    /// First and last name; what does not fit a name is left out, and typed by its owner.
    fn split(&self) -> (String, String) {
        let fit = |text: &str| if is_name(text) { text.trim().to_owned() } else { String::new() };
        let given = self.given.and_then(|claim| claim.get(None)).map(|name| fit(name.as_str()));
        let family = self.family.and_then(|claim| claim.get(None)).map(|name| fit(name.as_str()));
        if given.is_some() || family.is_some() {
            return (given.unwrap_or_default(), family.unwrap_or_default());
        }
        let whole = self.name.and_then(|claim| claim.get(None)).map(|name| fit(name.as_str()));
        let whole = whole.unwrap_or_default();
        match whole.rsplit_once(' ') {
            Some((first, last)) => (first.to_owned(), last.to_owned()),
            None => (whole, String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn person(issuer: &str, more: Value) -> Option<Person> {
        let mut claims =
            json!({"iss": issuer, "aud": ["portal"], "exp": 2, "iat": 1, "sub": "jane"});
        claims.as_object_mut()?.extend(more.as_object()?.clone());
        let claims: Claims = serde_json::from_value(claims).ok()?;
        Person::of(issuer, &claims)
    }

    #[test]
    fn an_address_is_verified_where_the_provider_says_so_and_not_otherwise() {
        let verified = |issuer, more| person(issuer, more).and_then(|p| p.verified_email());
        let jane = Some("jane@lab.example".to_owned());
        let with = |name: &str, value: Value| json!({"email": "Jane@Lab.example", name: value});
        let (idp, entra) = ("https://idp.example", "https://login.microsoftonline.com/t/v2.0");
        assert_eq!(verified(idp, with("email_verified", json!(true))), jane);
        for no in [json!(false), json!(null), json!("true"), json!(1)] {
            assert_eq!(verified(idp, with("email_verified", no)), None);
        }
        assert_eq!(verified(idp, json!({"email": "jane@lab.example"})), None);
        for yes in [json!(true), json!(1), json!("1")] {
            assert_eq!(verified(entra, with("xms_edov", yes.clone())), jane);
            assert_eq!(verified(idp, with("xms_edov", yes.clone())), None, "it is Entra's word");
            assert_eq!(
                verified("https://login.microsoftonline.com.evil.example/", with("xms_edov", yes)),
                None
            );
        }
        assert_eq!(verified(entra, with("xms_edov", json!(false))), None);
    }

    #[test]
    fn a_second_factor_is_what_the_provider_says_of_it_in_so_many_words() {
        let second =
            |amr: Value| person("https://idp.example", json!({"amr": amr})).unwrap().second_factor;
        assert!(second(json!(["pwd", "mfa"])) && second(json!(["mfa"])));
        for no in [json!(null), json!([]), json!(["pwd"]), json!(["MFA"]), json!(["otp"])] {
            assert!(!second(no.clone()), "{no}");
        }
        let by_acr = json!({"acr": "http://schemas.openid.net/pape/policies/2007/06/multi-factor"});
        assert!(!person("https://idp.example", by_acr).unwrap().second_factor);
    }

    #[test]
    fn names_are_taken_where_they_are_names() {
        let names = |more| person("https://idp.example", more).map(|p| (p.first_name, p.last_name));
        let both = |first: &str, last: &str| Some((first.to_owned(), last.to_owned()));
        assert_eq!(names(json!({"given_name": "Jane", "family_name": "Doe"})), both("Jane", "Doe"));
        assert_eq!(names(json!({"name": "Jane M. Doe"})), both("Jane M.", "Doe"));
        assert_eq!(names(json!({"given_name": "x".repeat(101)})), both("", ""));
        assert_eq!(names(json!({"given_name": "a\nb"})), both("", ""));
        assert_eq!(names(json!({})), both("", ""));
        assert!(person("https://idp.example", json!({"sub": ""})).is_none());
        assert!(person("https://idp.example", json!({"sub": "x".repeat(256)})).is_none());
    }
}
