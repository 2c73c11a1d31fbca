//! One license: what each role sees of it, and its machines as a list.

use countersign_store::{LicenseStatus, Metadata, MetadataEntry, Validity, Viewer};

use super::people::Lab;
use crate::played::NOW;
use crate::world::DAY;

#[tokio::test]
async fn the_whole_key_is_for_owner_and_admins_and_not_for_members_of_groups() {
    let lab = Lab::new().await;
    let admin = lab.portal.admin().await;
    let end = lab.key.grouped().rsplit('-').next().unwrap().to_owned();
    for browser in [&lab.owner, &lab.runner, &admin] {
        browser.get(&lab.page()).await.is(200).says(&lab.key.grouped()).says("data-copy");
    }
    let member = lab.member.get(&lab.page()).await.is(200).hides(&lab.key.grouped());
    member.hides(lab.key.normal()).hides("data-copy").says(&format!("•••••-{end}"));
    lab.member.get("/licenses").await.is(200).hides(&lab.key.grouped()).says(&end);
}

#[tokio::test]
async fn who_runs_the_organization_is_led_from_the_license_to_who_has_access_to_it() {
    let lab = Lab::new().await;
    let access = format!("/organization/licenses/{}", lab.id());
    let link = format!(r#"href="{access}""#);
    lab.runner.get(&lab.page()).await.is(200).says(&link).says("Who may use this license");
    lab.runner.get(&access).await.is(200).says("jane@lab.example").says("mia@lab.example");
    let admin = lab.portal.admin().await;
    for browser in [&lab.owner, &lab.member, &admin] {
        browser.get(&lab.page()).await.is(200).hides("/organization/licenses/");
    }
}

#[tokio::test]
async fn attack_a_member_who_reads_what_is_for_the_organization_alone() {
    let entry = |value: &str, viewers: &[Viewer]| MetadataEntry {
        value: value.into(),
        visible_to: viewers.to_vec(),
    };
    let lab = Lab::with(|new| {
        new.metadata = Metadata::from([
            ("a".into(), entry("for-the-app", &[Viewer::Device])),
            ("b".into(), entry("for-users", &[Viewer::User])),
            ("c".into(), entry("for-the-organization", &[Viewer::Organization])),
            ("d".into(), entry("for-resellers", &[Viewer::Reseller])),
        ]);
    })
    .await;
    for browser in [&lab.member, &lab.owner] {
        let page = browser.get(&lab.page()).await.is(200).says("for-users");
        page.hides("for-the-organization").hides("for-the-app").hides("for-resellers");
    }
    let page = lab.runner.get(&lab.page()).await.is(200);
    page.says("for-users").says("for-the-organization").hides("for-the-app").hides("for-resellers");
    for path in ["/licenses", "/licenses.csv", "/licenses.ics"] {
        lab.member.get(path).await.is(200).hides("for-the-organization");
    }
}

#[tokio::test]
async fn the_status_is_said_with_its_reason_and_what_starts_the_validity() {
    let lab = Lab::new().await;
    let says = async |words: &str| drop(lab.owner.get(&lab.page()).await.is(200).says(words));
    says("The license is in force: machines can be").await;
    says("The vendor set this end.").await;
    lab.extend(10).await;
    says("The license is in force until 1 Oct 2026").await;
    says("ends in 10 days").await;
    lab.portal.change_license(&lab.key, |l| l.allowed_activations = Some(0)).await;
    says("all its activations are in use").await;
    lab.portal.change_license(&lab.key, |l| l.expires_at = Some(NOW)).await;
    says("The license ended on 21 Sep 2026").await;
    for (status, words) in [
        (LicenseStatus::Suspended, "The vendor has suspended the license"),
        (LicenseStatus::Revoked, "The vendor has revoked the license"),
    ] {
        lab.portal.change_license(&lab.key, |license| license.status = status).await;
        says(words).await;
    }
    for (validity, words) in [
        (Validity::Perpetual, "Without an end."),
        (Validity::FromCreation(DAY), "It began when the license was created, 21 Sep 2026"),
        (Validity::FromFirstActivation(DAY), "It begins with the first activation."),
    ] {
        let lab = Lab::with(|new| new.validity = validity).await;
        lab.owner.get(&lab.page()).await.is(200).says(words);
    }
}

#[tokio::test]
async fn machines_are_searched_filtered_and_sorted_page_by_page() {
    let lab = Lab::new().await;
    for n in 0..30 {
        lab.machine(&lab.owner, &format!("bench-{n:02}")).await;
    }
    let (other, page) = lab.machine(&lab.owner, "100%_ready").await;
    let id = page.rsplit('/').next().unwrap();
    lab.bring(&lab.owner, &other.deactivation(id)).await;
    let count = async |query: &str| {
        let answer = lab.owner.get(&format!("{}?{query}", lab.page())).await.is(200);
        answer.text.matches("<th scope=\"row\">").count()
    };
    for (query, found) in [
        ("", 25),
        ("q=bench-1", 10),
        ("q=BENCH-07", 1),
        ("q=%25", 0),
        ("q=_", 0),
        ("q=100%25_", 1),
        ("q=bench-07%00", 1),
        ("q=%27+OR+1=1--", 0),
        ("state=live", 25),
        ("state=over", 1),
        ("state=deactivated", 1),
        ("state=released", 0),
        ("state=nonsense&sort=nonsense", 25),
        ("after=garbage", 25),
        ("after=x.n1&sort=name", 25),
        ("after=x.tbench-28&sort=created", 25),
        (&format!("q={id}"), 1),
    ] {
        assert_eq!(count(query).await, found, "{query}");
    }
    let first = lab.owner.get(&format!("{}?sort=name&state=live", lab.page())).await.is(200);
    let next = first.text.split(r#"rel="next" href=""#).nth(1).unwrap().split('"').next().unwrap();
    let next = lab.owner.get(&next.replace("&#38;", "&").replace("&amp;", "&")).await.is(200);
    let next = next.says("bench-25").says("bench-29").hides("bench-24").says("First page");
    assert_eq!(next.text.matches("<th scope=\"row\">").count(), 5);
    let table = lab.owner.get(&format!("{}/machines.csv?q=bench", lab.page())).await.is(200);
    assert_eq!(table.text.matches("bench-").count(), 30, "the table has every page");
    table.hides("100%").says("\"Machine\",\"State\"");
}

#[tokio::test]
async fn who_brought_a_machine_is_named_to_those_who_may_know_it() {
    let lab = Lab::new().await;
    lab.machine(&lab.member, "lab-7").await;
    let api = lab.portal.visitor();
    let request = crate::played::Machine::new("robot", &lab.portal.product).activation(&lab.key);
    api.send(api.request("POST", "/api/v1/activations").body(request)).await.is(200);
    let page = lab.runner.get(&lab.page()).await.is(200);
    page.says("mia@lab.example").says("a program");
    // The license goes to somebody else: who brought its machines before is nobody's business there.
    let other = lab.portal.organization("New").await;
    let newcomer = lab.portal.runner("nora@new.example", other).await;
    lab.portal.change_license(&lab.key, |l| (l.owner, l.organization) = (None, Some(other))).await;
    newcomer.get(&lab.page()).await.is(200).says("somebody who left").hides("mia@lab.example");
    let table = newcomer.get(&format!("{}/machines.csv", lab.page())).await.is(200);
    table.says("somebody who left").hides("mia@lab.example");
    for browser in [&lab.owner, &lab.runner, &lab.member] {
        browser.get(&lab.page()).await.is(404);
    }
}
