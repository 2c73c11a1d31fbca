//! The vendor's name and support address in mails.

use crate::world::TestPortal;

const LOOK: &str = "/admin/settings/look";

#[tokio::test]
async fn mails_carry_the_vendors_name_and_where_help_is_and_no_picture() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal.user(|_| ()).await;
    let ask = async || {
        portal.visitor().post("/forgot", &[("email", "jane@lab.example")]).await.is(200);
        portal.last_mail().await
    };
    let before = ask().await;
    assert!(before.subject.ends_with("Acme") && !before.text.contains("Help:"), "{}", before.raw);
    let form = [("name", "Rings"), ("support", "https://rings.example/help")];
    admin.post(LOOK, &form).await.leads_to(LOOK);
    let after = ask().await;
    assert!(after.raw.contains("From: Rings <"), "{}", after.raw);
    assert!(after.subject.ends_with("Rings"), "{}", after.subject);
    assert!(
        after.text.trim_end().ends_with("\nHelp: https://rings.example/help"),
        "{}",
        after.text
    );
    assert!(after.raw.contains("text/plain") && !after.raw.contains("image"), "{}", after.raw);
}

#[tokio::test]
async fn attack_header_injection_by_the_vendors_own_name() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal.user(|_| ()).await;
    for evil in ["Acme\r\nBcc: eve@evil.example", "Acme\nBcc: eve@evil.example", "Acme\u{85}Bcc: x"]
    {
        admin.post(LOOK, &[("name", evil)]).await.is(422);
    }
    let name = "Acme\" <eve@evil.example>, \"x";
    admin.post(LOOK, &[("name", name)]).await.leads_to(LOOK);
    portal.visitor().post("/forgot", &[("email", "jane@lab.example")]).await.is(200);
    let mail = portal.last_mail().await;
    let (head, _) = mail.raw.split_once("\r\n\r\n").unwrap();
    let from = head.replace("\r\n ", " ");
    let from = from.lines().find(|line| line.starts_with("From: ")).unwrap();
    assert!(from.ends_with("<portal@localhost>"), "{from}");
    assert!(!from.contains("<eve@evil.example>") || from.contains("\\\""), "{from}");
}
