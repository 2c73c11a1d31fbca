//! A license's owner who is no longer in its organization.

use countersign_store::{LicenseChange, User, UserChange};

use super::bare;
use super::people::{Lab, OWNER};
use crate::played::{Machine, NOW};
use crate::world::browser::file;

impl Lab {
    async fn moved(&self, to: Option<countersign_core::Id>) {
        let moved = User { organization: to, ..self.portal.stored_user(OWNER).await };
        let done = self.portal.app.store().change_user(moved, "test", NOW).await.unwrap();
        assert_eq!(done, UserChange::Done);
    }
}

#[tokio::test]
async fn a_former_colleague_has_no_way_left_into_the_license_that_was_theirs() {
    let lab = Lab::new().await;
    let (_, machine) = lab.machine(&lab.owner, "lab-7").await;
    let other = lab.portal.stored_user("eve@other.example").await.organization;
    let end = lab.key.grouped().rsplit('-').next().unwrap().to_owned();
    for to in [None, other] {
        lab.moved(to).await;
        for path in [
            "/licenses".to_owned(),
            format!("/licenses?q={end}"),
            "/licenses?q=lab-7".to_owned(),
            format!("/licenses?q={}", lab.id()),
            format!("/licenses?q={}", lab.key.grouped()),
            "/licenses.csv".to_owned(),
            "/licenses.ics".to_owned(),
            "/downloads".to_owned(),
        ] {
            let answer = lab.owner.get(&path).await.is(200);
            // The key that was searched for stands in its field; nothing of the license does.
            answer.hides(&format!("/licenses/{}", lab.id())).hides("Acme CAD").hides("•••••-");
        }
        let page = lab.page();
        for path in [
            page.clone(),
            format!("{page}/machines.csv"),
            format!("{page}/end.ics"),
            machine.clone(),
            format!("{machine}/response"),
            format!("{machine}/release"),
            "/downloads/acme-cad".to_owned(),
        ] {
            lab.owner.get(&path).await.is(404);
        }
        let request = bare(&Machine::new("lab-8", &lab.portal.product));
        for path in [format!("{machine}/renew"), format!("{page}/responses.zip")] {
            lab.owner.post(&path, &[]).await.is(404);
        }
        lab.owner.post(&format!("{machine}/release"), &[("reason", "lost")]).await.is(404);
        lab.owner.post(&format!("{page}/confirm"), &[("request", &request)]).await.is(404);
        lab.owner.upload(&format!("{page}/review"), file("x.request", &request)).await.is(404);
        // Machines keep their seats.
        assert!(lab.state("lab-7").await.holds_seat());
        assert_eq!(lab.portal.stored(&lab.key).await.live_activations, 1);
    }
    lab.moved(Some(lab.organization)).await;
    lab.owner.get(&lab.page()).await.is(200).says("lab-7");
}

#[tokio::test]
async fn who_can_help_is_told_that_a_licenses_owner_has_left_its_organization() {
    let lab = Lab::new().await;
    let admin = lab.portal.admin().await;
    let pages = [
        (&lab.runner, lab.page()),
        (&lab.runner, format!("/organization/licenses/{}", lab.id())),
        (&admin, lab.page()),
        (&admin, format!("/admin/licenses/{}", lab.id())),
    ];
    let words = "is not in its organization and does not see it";
    for (browser, page) in &pages {
        browser.get(page).await.is(200).hides(words);
    }
    lab.moved(None).await;
    for (browser, page) in &pages {
        browser.get(page).await.is(200).says(&format!("Its owner, {OWNER}, {words}"));
    }
    lab.member.get(&lab.page()).await.is(200).hides(words).hides(OWNER);
    // A license of no organization is its owner's alone.
    let mut license = lab.portal.stored(&lab.key).await;
    license.organization = None;
    let done = lab.portal.app.store().change_license(license, "test", NOW).await.unwrap();
    assert_eq!(done, LicenseChange::Done);
    lab.owner.get(&lab.page()).await.is(200).hides(words);
}
