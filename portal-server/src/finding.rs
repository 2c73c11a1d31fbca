//! Finding licenses and machines by whatever a support person has at hand: it is recognised by its form, and each form is looked
//! up through an index.

use countersign_core::license_key::LicenseKey;
use countersign_core::response::Answer as Said;
use countersign_core::token::Unverified;
use countersign_core::{Hash, Id, LicenseId, Thumbprint, TokenType, UnixSeconds, file};
use countersign_store::{
    Activation, Cursor, Directory, License, LicenseQuery, LicenseScope, MachineQuery, Page, Result,
    TrialFound, User,
};

use crate::app::App;
use crate::desk::{self, Answered};
use crate::language::Say;

/// Machines of one page.
const MACHINES: usize = 25;
/// Licenses that are shown, and whose machines are.
const LICENSES: usize = 25;
/// The longest text that is searched for, in characters.
pub(crate) const LONGEST: usize = 200;

/// What somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clue {
    /// A whole license key.
    Key(LicenseId),
    /// A key whose check character does not fit.
    MistypedKey,
    /// The last group of a key.
    KeyEnd(String),
    /// The id of something.
    Id(Id),
    /// A device key, or the hash of a request.
    Hash(Hash),
    /// An address, or its beginning.
    Email(String),
    /// Words, or a name.
    Words(String),
}

impl Clue {
    /// What a text is, by its form.
    pub(crate) fn of(typed: &str) -> Self {
        let text = typed.trim();
        if let Ok(id) = text.parse() {
            return Self::Id(id);
        }
        if let Ok(hash) = text.parse() {
            return Self::Hash(hash);
        }
        if text.contains('@') {
            return Self::Email(text.to_lowercase());
        }
        match text.parse::<LicenseKey>() {
            Ok(key) => return Self::Key(key.id()),
            Err(countersign_core::license_key::LicenseKeyError::Check) if looks_like_key(text) => {
                return Self::MistypedKey;
            }
            Err(_) => {}
        }
        match masked_end(text) {
            Some(end) => Self::KeyEnd(end),
            None => Self::Words(text.to_owned()),
        }
    }

    /// What it was understood as, in words.
    pub(crate) fn words(&self) -> Say {
        let key = match self {
            Self::Key(_) => "finding-as-key",
            Self::MistypedKey => "finding-as-mistyped-key",
            Self::KeyEnd(_) => "finding-as-key-end",
            Self::Id(_) => "finding-as-id",
            Self::Hash(_) => "finding-as-hash",
            Self::Email(_) => "finding-as-email",
            Self::Words(_) => "finding-as-words",
        };
        Say::new(key)
    }
}

/// With its dashes, or in the letters that keys are shown in.
fn looks_like_key(text: &str) -> bool {
    text.matches('-').count() == 4
        || text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// The last group of a key as pages show it: after the dots that stand for the rest, in whatever way they were copied.
fn masked_end(text: &str) -> Option<String> {
    let is_mask = |c: char| matches!(c, '•' | '*' | '…' | '.' | '-' | '·') || c.is_whitespace();
    let end = text.trim_start_matches(is_mask);
    let is_group = end.chars().count() == 5 && end.chars().all(|c| c.is_ascii_alphanumeric());
    let is_masked = end.len() < text.len() && text.contains(['•', '*', '…', '.']);
    // Nobody's name is in capitals and has digits in it.
    let is_plain = end.len() == text.len()
        && end.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && end.chars().any(|c| c.is_ascii_digit());
    (is_group && (is_masked || is_plain)).then(|| end.to_owned())
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// What was typed.
    pub(crate) clue: Clue,
    /// People and organizations.
    pub(crate) directory: Directory,
    /// Licenses, the newest first.
    pub(crate) licenses: Vec<License>,
    /// There are more.
    pub(crate) more_licenses: bool,
    /// There are so many that not all were looked at.
    pub(crate) too_many: bool,
    /// Machines, the newest first; those that are found by name in the order of names.
    pub(crate) machines: Page<Activation>,
    /// How the machines were found.
    pub(crate) through: Through,
    /// Trials.
    pub(crate) trials: Vec<TrialFound>,
    /// An answer that a request with this hash got, and when.
    pub(crate) answer: Option<(Answered, UnixSeconds)>,
}

/// How machines were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    /// By what they are themselves.
    Themselves,
    /// By their name.
    Name,
    /// They are those of the licenses.
    Licenses,
}

/// The one thing that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Only {
    License(LicenseId),
    Machine(LicenseId, Id),
    User(Id),
}

impl Found {
    fn nothing(clue: Clue) -> Self {
        Self {
            clue,
            directory: Directory::default(),
            licenses: Vec::new(),
            more_licenses: false,
            too_many: false,
            machines: Page { items: Vec::new(), next: None },
            through: Through::Themselves,
            trials: Vec::new(),
            answer: None,
        }
    }

    /// Whether nothing was.
    pub(crate) fn is_nothing(&self) -> bool {
        self.things() == 0
    }

    fn things(&self) -> usize {
        let people = self.directory.users.len() + self.directory.organizations.len();
        let rest = self.trials.len() + usize::from(self.answer.is_some());
        people + rest + self.licenses.len() + self.own_machines()
    }

    /// Machines that were found otherwise than through a license that was found.
    fn own_machines(&self) -> usize {
        match self.through {
            Through::Licenses => 0,
            Through::Themselves | Through::Name => self.machines.items.len(),
        }
    }

    /// The one thing that there is, if there is but one.
    pub(crate) fn only(&self) -> Option<Only> {
        if self.machines.next.is_some() || self.too_many {
            return None;
        }
        let machine = self.machines.items.first().filter(|_| self.own_machines() == 1);
        let machine = machine.map(|machine| Only::Machine(machine.license, machine.id));
        // A license that is found with its machine, by the machine's name.
        if let (Some(Only::Machine(of, _)), [license], 2) =
            (machine, self.licenses.as_slice(), self.things())
            && license.id == of
        {
            return machine;
        }
        if self.things() != 1 {
            return None;
        }
        let license = self.licenses.first().map(|license| Only::License(license.id));
        let user = self.directory.users.first().map(|user| Only::User(user.id));
        machine.or(license).or(user)
    }

    /// Takes licenses in, without those that are there already.
    fn add_licenses(&mut self, licenses: impl IntoIterator<Item = License>) {
        for license in licenses {
            if self.licenses.iter().all(|known| known.id != license.id) {
                self.licenses.push(license);
            }
        }
    }
}

/// Looks for what was typed, for somebody who may see all of the vendor's licenses. Whoever may not finds nothing.
///
/// # Errors
/// When the database fails.
pub(crate) async fn find(
    app: &App,
    staff: &User,
    typed: &str,
    after: Option<&Cursor>,
) -> Result<Found> {
    let mut found = Found::nothing(Clue::of(typed));
    let Some(all) = LicenseScope::vendor(staff) else { return Ok(found) };
    let search = Search { app, staff, all, after };
    match found.clue.clone() {
        Clue::Key(license) => search.license(&mut found, &license).await?,
        Clue::MistypedKey => search.words(&mut found, typed).await?,
        Clue::KeyEnd(end) => search.words(&mut found, &end).await?,
        Clue::Id(id) => search.id(&mut found, typed.trim(), id).await?,
        Clue::Hash(hash) => search.hash(&mut found, typed.trim(), hash).await?,
        Clue::Email(address) => search.email(&mut found, &address).await?,
        Clue::Words(words) => {
            search.people(&mut found, &words).await?;
            search.words(&mut found, &words).await?;
        }
    }
    search.machines_of_licenses(&mut found).await?;
    Ok(found)
}

struct Search<'a> {
    app: &'a App,
    staff: &'a User,
    all: LicenseScope,
    after: Option<&'a Cursor>,
}

impl Search<'_> {
    async fn license(&self, found: &mut Found, id: &LicenseId) -> Result<()> {
        found.add_licenses(self.app.store().license(id).await?);
        Ok(())
    }

    /// Ids of licenses, machines, requests, trials, people and organizations look alike.
    async fn id(&self, found: &mut Found, text: &str, id: Id) -> Result<()> {
        let store = self.app.store();
        if let Ok(license) = text.parse() {
            self.license(found, &license).await?;
        }
        let machine = store.activation(&id).await?;
        let with_request = store.machines_with_clue(text).await?;
        let others = with_request.into_iter().filter(|other| other.id != id);
        found.machines.items = machine.into_iter().chain(others).collect();
        found.trials.extend(store.trial_with_id(&id).await?);
        if let Some(user) = store.user(id).await? {
            self.of_user(found, user).await?;
        }
        if let Some(organization) = store.organization(id).await? {
            self.of_organization(found, id).await?;
            found.directory.organizations.push(organization);
        }
        Ok(())
    }

    async fn hash(&self, found: &mut Found, text: &str, hash: Hash) -> Result<()> {
        let store = self.app.store();
        found.machines.items = store.machines_with_clue(text).await?;
        if let Ok(key) = text.parse::<Thumbprint>() {
            found.trials = store.trials_of_device(&key).await?;
        }
        let Some(stored) = store.answer(&hash).await? else { return Ok(()) };
        // A stored answer that verifies no more is handed to nobody.
        let Ok(Some(answered)) = desk::again(self.app, &hash).await else { return Ok(()) };
        self.of_answer(found, &answered).await?;
        found.answer = Some((answered, stored.created_at));
        Ok(())
    }

    /// What an answer was about.
    async fn of_answer(&self, found: &mut Found, answered: &Answered) -> Result<()> {
        let store = self.app.store();
        let about = match &answered.response.answer {
            Said::Deactivation { activation } => *activation,
            _ => answered.response.id,
        };
        found.machines.items.extend(store.activation(&about).await?);
        found.trials.extend(store.trial_with_id(&about).await?);
        Ok(())
    }

    async fn email(&self, found: &mut Found, address: &str) -> Result<()> {
        self.people(found, address).await?;
        // Who writes an address into a holder's name finds it there.
        if found.directory.users.is_empty() {
            self.words(found, address).await?;
        }
        Ok(())
    }

    /// People and organizations by name, with the licenses of those that are few.
    async fn people(&self, found: &mut Found, beginning: &str) -> Result<()> {
        found.directory = self.app.store().directory(beginning).await?;
        if found.directory.users.len() == 1
            && let Some(user) = found.directory.users.pop()
        {
            self.of_user(found, user).await?;
        }
        if let [organization] = found.directory.organizations.as_slice() {
            let id = organization.id;
            self.of_organization(found, id).await?;
        }
        Ok(())
    }

    async fn of_user(&self, found: &mut Found, user: User) -> Result<()> {
        self.listed(found, LicenseScope::user(&user)).await?;
        found.directory.users.push(user);
        Ok(())
    }

    async fn of_organization(&self, found: &mut Found, id: Id) -> Result<()> {
        match LicenseScope::of_organization(self.staff, id) {
            Some(scope) => self.listed(found, scope).await,
            None => Ok(()),
        }
    }

    async fn listed(&self, found: &mut Found, scope: LicenseScope) -> Result<()> {
        let query = LicenseQuery { most: LICENSES, ..LicenseQuery::of(scope, self.app.now()) };
        let listed = self.app.store().license_page(&query).await?;
        found.more_licenses |= listed.page.next.is_some();
        found.add_licenses(listed.page.items);
        Ok(())
    }

    /// Words of licenses, and the beginning of a machine's name.
    async fn words(&self, found: &mut Found, words: &str) -> Result<()> {
        if words.is_empty() {
            return Ok(());
        }
        let store = self.app.store();
        let query = LicenseQuery {
            search: Some(words.to_owned()),
            most: LICENSES,
            ..LicenseQuery::of(self.all, self.app.now())
        };
        let hits = store.license_page(&query).await?;
        found.too_many |= hits.too_many;
        found.more_licenses |= hits.page.next.is_some();
        found.add_licenses(hits.page.items);
        let query =
            MachineQuery { search: words.to_owned(), after: self.after.cloned(), most: MACHINES };
        let named = store.machine_page(&query).await?;
        if !named.items.is_empty() {
            found.machines = named;
            found.through = Through::Name;
        }
        Ok(())
    }

    /// Where no machine was found for itself: those of the licenses.
    async fn machines_of_licenses(&self, found: &mut Found) -> Result<()> {
        if !found.machines.items.is_empty() {
            return Ok(());
        }
        let licenses: Vec<LicenseId> =
            found.licenses.iter().take(LICENSES).map(|license| license.id).collect();
        if licenses.is_empty() {
            return Ok(());
        }
        found.machines = self.app.store().newest_machines(&licenses, self.after, MACHINES).await?;
        found.through = Through::Licenses;
        Ok(())
    }
}

/// The request or response in a text that went through a line of its own: comments and token run into each other there.
pub(crate) fn token_in(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(token) = file::read(text.as_bytes())
        && Unverified::decode(&token).is_ok()
    {
        return Some(token);
    }
    // Every token of the format begins so: `{"`.
    let starts = text.match_indices("eyJ").take(20);
    starts.map(|(at, _)| &text[at..]).find_map(|rest| {
        let run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
        let token: String = rest.chars().take_while(|c| run(*c)).filter(|c| *c != ' ').collect();
        let is_token = Unverified::decode(&token).is_ok();
        is_token.then_some(token)
    })
}

/// Whether a text is, or was meant to be, a request or response and not something to search for.
pub(crate) fn is_file_text(text: &str) -> bool {
    let text = text.trim();
    text.contains("eyJ") && text.matches('.').count() >= 1 && text.chars().count() > LONGEST
        || token_in(text).is_some()
}

/// The answer that somebody brought in the place of a request, if this portal's keys signed it: its kind, and what it is about.
pub(crate) async fn of_response(app: &App, bytes: &[u8]) -> Result<Option<(TokenType, Found)>> {
    let Ok(token) = file::read(bytes) else { return Ok(None) };
    let Ok(verified) = app.keys().trust.verify_installed(&token) else { return Ok(None) };
    let response = verified.claims().clone();
    let (kind, request_hash) = (response.token_type(), response.request.hash);
    let answered = Answered { token, response, device_name: None, request_hash };
    let mut found = Found::nothing(Clue::Hash(request_hash));
    let about = match &answered.response.answer {
        Said::Deactivation { activation } => *activation,
        _ => answered.response.id,
    };
    found.machines.items.extend(app.store().activation(&about).await?);
    found.trials.extend(app.store().trial_with_id(&about).await?);
    Ok(Some((kind, found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_recognised_by_its_form() {
        let key = LicenseKey::generate(&mut rand_core::UnwrapErr(getrandom::SysRng));
        let id = Id::from([7; 16]).to_string();
        let hash = Hash::of("x").to_string();
        let end = key.grouped().rsplit('-').next().unwrap_or_default().to_owned();
        let whole = Clue::Key(key.id());
        assert_eq!(Clue::of(&key.grouped()), whole);
        assert_eq!(Clue::of(&format!("  {} ", key.grouped().to_lowercase())), whole);
        assert_eq!(Clue::of(key.normal()), whole);
        for mask in ["•••••-•••••-•••••-", "•••••-", "…", "*****-", "•••••-•••••-•••••-•••••-"]
        {
            assert_eq!(Clue::of(&format!("{mask}{end}")), Clue::KeyEnd(end.clone()), "{mask}");
        }
        assert_eq!(Clue::of("7XK2P"), Clue::KeyEnd("7XK2P".into()));
        assert_eq!(Clue::of(&id), Clue::Id(Id::from([7; 16])));
        assert_eq!(Clue::of(&hash), Clue::Hash(Hash::of("x")));
        assert_eq!(Clue::of("Jane@Lab.example"), Clue::Email("jane@lab.example".into()));
        for words in ["Smith", "SMITH", "lab-7", "Acme CAD", "pc-42", "…", "", "-----"] {
            assert_eq!(Clue::of(words), Clue::Words(words.into()), "{words}");
        }
        let first = if key.normal().starts_with('A') { "B" } else { "A" };
        let wrong = format!("{first}{}", &key.grouped()[1..]);
        // Another first letter may fit the check character all the same.
        assert!(matches!(Clue::of(&wrong), Clue::MistypedKey | Clue::Key(_)));
    }
}
