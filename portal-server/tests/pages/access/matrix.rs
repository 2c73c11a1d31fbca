//! Every route of the router, for every role, in every state of the account.

use std::collections::BTreeSet;

use super::people::{Person, Role, Standing, State};
use super::table::{About, Outcome, Row, rows};
use super::things::{TOTP, Things};
use crate::played::NOW;
use crate::world::browser::Answer;

#[tokio::test]
async fn every_route_answers_every_role_in_every_state_by_its_rule_and_changes_nothing_it_refuses()
{
    let things = Things::new().await;
    let rows = rows(&things.portal).await;
    let mut people = Vec::new();
    for role in Role::ALL {
        for state in role.states() {
            people.push(Person::new(&things, role, state).await);
        }
    }
    let (last, first): (Vec<_>, Vec<_>) =
        people.into_iter().partition(|person| person.state == State::OrganizationSuspended);
    let (mut count, mut wrong) = (0, Vec::new());
    for people in [first, last] {
        if people.iter().any(|person| person.state == State::OrganizationSuspended) {
            things.portal.suspend_organization(things.lab, true).await;
        }
        for person in &people {
            for row in rows.iter().filter(|row| is_harmless(row, person)) {
                wrong.extend(asked(&things, person, row).await);
                count += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // All but the forms that go through or are for everybody: those are the next test's.
    assert!(count > 9_000, "{count}");
}

/// Whether nothing comes of it: it is refused, or only looked at. `HEAD` is `GET` to the router: one state is enough.
fn is_harmless(row: &Row, person: &Person) -> bool {
    if row.method == "HEAD" && !matches!(person.state, State::Active | State::SignedOut) {
        return false;
    }
    let refused = matches!(
        row.outcome(person.standing()),
        Outcome::LogIn | Outcome::Forbidden | Outcome::Missing
    );
    refused || !row.is_form()
}

#[tokio::test]
async fn every_form_works_for_every_role_that_may_send_it() {
    let (mut taken, mut wrong) = (BTreeSet::new(), Vec::new());
    for role in Role::ALL {
        let things = Things::new().await;
        let person = Person::new(&things, role, State::Active).await;
        things.portal.offer_totp(person.id, TOTP).await;
        let rows = rows(&things.portal).await;
        for row in rows.iter().filter(|row| row.is_form() && !is_harmless(row, &person)) {
            let before = things.state();
            wrong.extend(asked(&things, &person, row).await);
            if row.outcome(person.standing()) == Outcome::Through {
                // The others only look, give what a machine has already, or turn off what is off.
                let idle = [
                    "/review",
                    "/admin/activations",
                    "/table.csv",
                    "/renew",
                    "/responses.zip",
                    "/two-factor-off",
                    "/try",
                    "/licenses/import",
                ];
                let writes = !idle.iter().any(|end| row.path.ends_with(end));
                if writes && things.state() == before {
                    wrong.push(format!("{} by {role:?} did nothing", row.path));
                }
                taken.insert(row.path.clone());
            }
        }
        // The last form logged them out.
        person.browser.get("/profile").await.leads_to("/login?next=/profile");
    }
    let things = Things::new().await;
    let nobody = Person::new(&things, Role::Stranger, State::SignedOut).await;
    let rows = rows(&things.portal).await;
    for row in rows.iter().filter(|row| row.is_form() && !is_harmless(row, &nobody)) {
        wrong.extend(asked(&things, &nobody, row).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Every form that is for somebody in particular was taken from somebody.
    let guarded = |row: &&Row| {
        row.is_form()
            && row.about != About::Unset
            && row.outcome(Standing::Nobody) == Outcome::Forbidden
    };
    let untaken: Vec<_> = rows.iter().filter(guarded).map(|row| &row.path).collect();
    let untaken: Vec<_> = untaken.into_iter().filter(|path| !taken.contains(*path)).collect();
    let nobodys = ["/invite/{token}/join", "/admin/licenses/import/{token}"];
    assert_eq!(untaken, nobodys, "for the invited, and for whoever brought a table");
}

/// Sends the request of a row and compares what comes back with its rule: what is wrong with it.
async fn asked(things: &Things, person: &Person, row: &Row) -> Option<String> {
    // What is a person's own: one of the sessions, or the token that a form before made.
    let tokens = things.portal.app.store().api_tokens_of(person.id, NOW).await.unwrap();
    let own = match tokens.first() {
        Some(token) if row.path.contains("/tokens/") => token.id.to_string(),
        _ => person.session.clone(),
    };
    let path = things.path(&row.path, &person.licensed, &own);
    let revision = things.revision(&person.licensed).await;
    let request = things.request(&person.browser, row, &path, &person.licensed, revision);
    let (before, cookie) = (things.state(), person.browser.cookie());
    let answer = person.browser.send(request.header("sec-fetch-site", "same-origin")).await;
    let outcome = row.outcome(person.standing());
    let refused = matches!(outcome, Outcome::LogIn | Outcome::Forbidden | Outcome::Missing);
    let wrong = if !fits(&answer, outcome, &path) {
        format!("{outcome:?} was expected, but {} came", answer.status)
    } else if refused && things.state() != before {
        "was refused and changed something".to_owned()
    } else if refused && person.browser.cookie() != cookie {
        "was refused and changed the session".to_owned()
    } else {
        return None;
    };
    Some(format!("{} {} by {:?}, {:?}: {wrong}", row.method, row.path, person.role, person.state))
}

fn fits(answer: &Answer, outcome: Outcome, path: &str) -> bool {
    let (status, location) = (answer.status.as_u16(), answer.header("location"));
    match outcome {
        Outcome::Status(expected) => status == expected,
        Outcome::Through => matches!(status, 200 | 303) && !location.starts_with("/login?"),
        Outcome::LogIn => status == 303 && location == format!("/login?next={path}"),
        Outcome::Forbidden => status == 403,
        Outcome::Missing => status == 404,
    }
}

#[tokio::test]
async fn the_people_of_the_table_are_what_it_takes_them_for() {
    let things = Things::new().await;
    let store = things.portal.app.store();
    for state in [State::Active, State::SuspendedByTheVendor, State::Invited] {
        for role in Role::ALL {
            let person = Person::new(&things, role, state).await;
            let user = person.stored(&things).await;
            assert_eq!(user.may_log_in(), state == State::Active, "{role:?} {state:?}");
            // The session is one that would count if the account did.
            assert_eq!(store.sessions_of(person.id, NOW).await.unwrap().len(), 2);
        }
    }
}
