//! The code flow: a browser is sent to a provider with a state, a nonce and a PKCE challenge, and comes back with a code. The
//! attempt is a row of the database that is taken once, by the browser that has its cookie.

use std::sync::Arc;

use countersign_core::{Hash, Id};
use countersign_store::{
    IdentityProvider, ProviderStatus, ProvidersOf, SignOn, SignedOn, SsoAttempt,
};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields,
    IdTokenVerifier, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, StandardErrorResponse,
    StandardTokenResponse, TokenResponse as _,
};
use serde::Deserialize;

use super::claims::{Claims, Further, Person, UserInfo};
use super::http::NotFetched;
use super::known::{Metadata, Wanted};
use super::{ATTEMPT_SECONDS, Trouble, redirect_uri, secret};
use crate::app::App;
use crate::language::Language;
use crate::mail::Notice;

/// How far the provider's clock and ours may be apart, in seconds.
const LEEWAY: u64 = 60;
/// How old a token may be that was asked for a moment ago, in seconds.
const OLDEST: u64 = 600;
/// Signatures by the provider's own keys. What anybody can make (none), or whoever has a shared secret, is not here.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Fields = IdTokenFields<
    Further,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
/// The portal at a provider.
type Party = Client<
    Further,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
type TokenError = RequestTokenError<NotFetched, StandardErrorResponse<CoreErrorResponseType>>;

/// A browser to be sent away.
pub(crate) struct Begun {
    /// Where to.
    pub(crate) url: String,
    /// For the browser's cookie.
    pub(crate) secret: String,
}

/// Who goes, and why.
pub(crate) struct Going {
    /// The path to go on at.
    pub(crate) next: String,
    /// The admin who only tries it.
    pub(crate) tried_by: Option<Id>,
    /// What counts as one caller.
    pub(crate) network: String,
    /// Whom the provider may offer first.
    pub(crate) email: Option<String>,
}

/// Sends a browser to a provider.
pub(crate) async fn begin(
    app: &App,
    provider: &IdentityProvider,
    going: Going,
) -> Result<Begun, Trouble> {
    if going.tried_by.is_some() {
        app.sign_ons().known.forget(provider.id);
    }
    let metadata = metadata(app, provider, Wanted::AtHand).await?;
    let party = party(app, provider, &metadata)?;
    let ((state, state_hash), (browser, browser_hash)) = (app.secret(), app.secret());
    let ((nonce, _), (verifier, _)) = (app.secret(), app.secret());
    let challenge = PkceCodeVerifier::new(verifier.clone());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&challenge);
    let (said_state, said_nonce) = (state, nonce.clone());
    let request = party.authorize_url(
        CoreAuthenticationFlow::AuthorizationCode,
        move || CsrfToken::new(said_state),
        move || Nonce::new(said_nonce),
    );
    let request = ["email", "profile"]
        .into_iter()
        .fold(request, |request, scope| request.add_scope(Scope::new(scope.to_owned())));
    let request = match going.email {
        Some(email) => request.set_login_hint(openidconnect::LoginHint::new(email)),
        None => request,
    };
    let (url, ..) = request.set_pkce_challenge(challenge).url();
    let attempt = SsoAttempt {
        provider: provider.id,
        nonce,
        verifier,
        next: going.next,
        tried_by: going.tried_by,
        network: going.network,
    };
    let (now, until) = (app.now(), app.now() + ATTEMPT_SECONDS);
    app.store().begin_sso(state_hash, browser_hash, attempt, until, now).await?;
    Ok(Begun { url: url.into(), secret: browser })
}

/// What a browser brings back.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Brought {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

/// A browser that is back.
pub(crate) struct Back {
    pub(crate) provider: IdentityProvider,
    pub(crate) attempt: SsoAttempt,
    /// Whom the provider vouches for, or what is wrong.
    pub(crate) person: Result<Person, Trouble>,
}

/// Takes a browser back that was sent to a provider.
pub(crate) async fn back(
    app: &App,
    brought: Brought,
    browser: Option<&str>,
) -> Result<Back, Trouble> {
    let (Some(state), Some(browser)) = (&brought.state, browser) else { return Err(Trouble::Gone) };
    let taken = app.store().take_sso(Hash::of(state), Hash::of(browser), app.now()).await?;
    let attempt = taken.ok_or(Trouble::Gone)?;
    let found = app.store().identity_provider(ProvidersOf::Everybody, attempt.provider).await?;
    // Who tries one out may do so before it is used.
    let usable =
        |p: &IdentityProvider| attempt.tried_by.is_some() || p.status == ProviderStatus::Active;
    let provider = found.filter(usable).ok_or(Trouble::NoProvider)?;
    let person = person(app, &provider, &attempt, brought).await;
    Ok(Back { provider, attempt, person })
}

/// What the store is to decide about this person.
pub(crate) fn sign_on(app: &App, provider: &IdentityProvider, person: &Person) -> SignOn {
    SignOn {
        provider: provider.id,
        issuer: provider.issuer.clone(),
        client_id: provider.client_id.clone(),
        subject: person.subject.clone(),
        verified_email: person.verified_email(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        new_user: app.random_id(),
    }
}

/// Lets this person in, or not.
pub(crate) async fn enter(
    app: &App,
    provider: &IdentityProvider,
    person: &Person,
    language: Language,
) -> countersign_store::Result<SignedOn> {
    let now = app.now();
    let notice = move |user| Notice::ProviderLinked.job(user, language, now);
    app.store().sign_on(sign_on(app, provider, person), notice, now).await
}

async fn person(
    app: &App,
    provider: &IdentityProvider,
    attempt: &SsoAttempt,
    brought: Brought,
) -> Result<Person, Trouble> {
    let metadata = metadata(app, provider, Wanted::AtHand).await?;
    check_who_answers(&metadata, brought.iss.as_deref())?;
    if let Some(error) = brought.error {
        return Err(Trouble::Declined(plain(&error)));
    }
    let code =
        brought.code.ok_or_else(|| not_believed("it sent the browser back without a code"))?;
    let party = party(app, provider, &metadata)?;
    let tokens = exchange(app, &party, code, &attempt.verifier).await?;
    let claims = match verified(app, provider, &metadata, &tokens, &attempt.nonce) {
        Err(Unverified::UnknownKey(_)) => {
            let newer = self::metadata(app, provider, Wanted::Newer).await?;
            verified(app, provider, &newer, &tokens, &attempt.nonce)
        }
        other => other,
    };
    let claims = claims.map_err(|unverified| match unverified {
        Unverified::UnknownKey(why) | Unverified::Wrong(why) => Trouble::NotBelieved(why),
    })?;
    let mut person = Person::of(&provider.issuer, claims)
        .ok_or_else(|| not_believed("its token names nobody"))?;
    if person.email.is_none() && metadata.userinfo_endpoint().is_some() {
        person.complete(&user_info(app, &party, &tokens, claims).await?);
    }
    Ok(person)
}

async fn metadata(
    app: &App,
    provider: &IdentityProvider,
    wanted: Wanted,
) -> Result<Arc<Metadata>, Trouble> {
    let at_hand = app.sign_ons();
    at_hand.known.get(&at_hand.http, provider, wanted, app.now()).await
}

/// The answer must be this provider's: it may be another one's that the browser was led to (RFC 9207).
fn check_who_answers(metadata: &Metadata, iss: Option<&str>) -> Result<(), Trouble> {
    let announced = metadata.additional_metadata().authorization_response_iss_parameter_supported;
    match iss {
        Some(iss) if iss == metadata.issuer().as_str() => Ok(()),
        Some(_) => Err(not_believed("the browser came back from another provider")),
        None if announced => Err(not_believed("the browser came back without the provider's name")),
        None => Ok(()),
    }
}

fn party(app: &App, provider: &IdentityProvider, metadata: &Metadata) -> Result<Party, Trouble> {
    let redirect = RedirectUrl::new(redirect_uri(app));
    let redirect = redirect.map_err(|error| Trouble::Failed(error.into()))?;
    let secret = secret(app, provider)?;
    let id = ClientId::new(provider.client_id.clone());
    let party = Party::from_provider_metadata(metadata.clone(), id, secret.map(ClientSecret::new));
    Ok(party.set_redirect_uri(redirect).set_auth_type(how_to_authenticate(metadata)))
}

/// With the secret in a header, as is the rule, unless the provider takes it in the form alone.
fn how_to_authenticate(metadata: &Metadata) -> AuthType {
    let methods = metadata.token_endpoint_auth_methods_supported();
    let takes = |method| methods.is_none_or(|methods| methods.contains(&method));
    if takes(CoreClientAuthMethod::ClientSecretBasic) {
        AuthType::BasicAuth
    } else {
        AuthType::RequestBody
    }
}

async fn exchange(
    app: &App,
    party: &Party,
    code: String,
    verifier: &str,
) -> Result<Tokens, Trouble> {
    let request = party.exchange_code(AuthorizationCode::new(code));
    let request = request.map_err(|_| not_believed("it names no address for codes"))?;
    let verifier = PkceCodeVerifier::new(verifier.to_owned());
    let tokens = request.set_pkce_verifier(verifier).request_async(&app.sign_ons().http).await;
    tokens.map_err(|error: TokenError| match error {
        RequestTokenError::Request(error) => Trouble::Down(error.to_string()),
        RequestTokenError::ServerResponse(said) => {
            not_believed(&format!("it did not take the code: {}", plain(&said.to_string())))
        }
        RequestTokenError::Parse(error, _) => not_believed(&format!(
            "its answer to the code cannot be read: {}",
            plain(&error.to_string())
        )),
        RequestTokenError::Other(_) => Trouble::Down("it did not answer the code".to_owned()),
    })
}

/// Why an ID token does not count.
enum Unverified {
    /// It names a key that the provider did not have a while ago.
    UnknownKey(String),
    /// Something else is wrong.
    Wrong(String),
}

fn verified<'a>(
    app: &App,
    provider: &IdentityProvider,
    metadata: &Metadata,
    tokens: &'a Tokens,
    nonce: &str,
) -> Result<&'a Claims, Unverified> {
    let token =
        tokens.id_token().ok_or_else(|| Unverified::Wrong("there is no ID token".to_owned()))?;
    let now = app.now();
    // Without the secret in it no signature by that can pass.
    let verifier = IdTokenVerifier::new_public_client(
        ClientId::new(provider.client_id.clone()),
        metadata.issuer().clone(),
        metadata.jwks().clone(),
    )
    .set_allowed_algs(ALGORITHMS)
    .set_time_fn(move || time(now.saturating_sub(LEEWAY)))
    .set_issue_time_verifier_fn(move |at| issued_now(now, at.timestamp()));
    let claims = token.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(|error| {
        let why = plain(&in_full(&error));
        match error {
            ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            ) => Unverified::UnknownKey(why),
            _ => Unverified::Wrong(why),
        }
    })?;
    match claims.authorized_party() {
        Some(party) if **party != provider.client_id => {
            Err(Unverified::Wrong("the token was made for another client".to_owned()))
        }
        _ => Ok(claims),
    }
}

fn issued_now(now: u64, at: i64) -> Result<(), String> {
    let (now, at) = (i128::from(now), i128::from(at));
    if at > now + i128::from(LEEWAY) {
        return Err("the token is from the future: compare the clocks".to_owned());
    }
    if at < now - i128::from(OLDEST) {
        return Err("the token is old: compare the clocks".to_owned());
    }
    Ok(())
}

fn time(seconds: u64) -> chrono::DateTime<chrono::Utc> {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC)
}

/// The provider's user information, of the subject that the token names.
async fn user_info(
    app: &App,
    party: &Party,
    tokens: &Tokens,
    claims: &Claims,
) -> Result<UserInfo, Trouble> {
    let subject = Some(claims.subject().clone());
    let request = party.user_info(tokens.access_token().clone(), subject);
    let request = request.map_err(|_| not_believed("it names no address for user information"))?;
    let said = request.request_async(&app.sign_ons().http).await;
    said.map_err(|error| match error {
        openidconnect::UserInfoError::Request(error) => Trouble::Down(error.to_string()),
        other => not_believed(&format!("its user information: {}", plain(&other.to_string()))),
    })
}

fn not_believed(why: &str) -> Trouble {
    Trouble::NotBelieved(why.to_owned())
}

fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// Somebody else's words, for a page or a log: one line, and not a long one.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}
