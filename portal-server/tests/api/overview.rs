//! The numbers of the overview, for programs: the same as on the page.

use countersign_store::Role;
use serde_json::json;

use crate::stand::Stand;
use crate::world::DAY;

#[tokio::test]
async fn the_numbers_are_those_of_the_page() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let of_plan = stand.path("/api/v1/plans/{id}/licenses");
    robot.post(&of_plan, json!({"count": 3, "days": 10})).await.is(201);
    let seen = countersign_portal::overview::look(&portal.app).await.unwrap();
    let shown = robot.get("/api/v1/overview").await.is(200).json();
    assert_eq!(shown["days"].as_array().unwrap().len(), 30);
    let weeks = shown["ending"].as_array().unwrap();
    let ending: Vec<u64> = weeks.iter().map(|week| week["licenses"].as_u64().unwrap()).collect();
    assert_eq!(ending, seen.outlook.ending);
    assert_eq!((weeks.len(), ending[1]), (13, 3), "{ending:?}");
    let from = |at: usize| weeks[at]["from"].as_u64().unwrap();
    assert_eq!(from(1) - from(0), 7 * DAY);
    for (name, figure) in [
        ("activations", countersign_portal::overview::Figure::Activations),
        ("licenses", countersign_portal::overview::Figure::Licenses),
    ] {
        let month = seen.numbers.change(figure, 30);
        assert_eq!(shown[name]["last_30_days"], month.now, "{name}");
        assert_eq!(shown[name]["before_30_days"], month.before, "{name}");
    }
    let quarter = robot.get("/api/v1/overview?days=90").await.is(200).json();
    assert_eq!(quarter["days"].as_array().unwrap().len(), 90);
    assert_eq!(quarter["days"][89], shown["days"][29]);
    for bad in ["days=31", "days=", "days=30&days=90", "of=activity"] {
        robot.get(&format!("/api/v1/overview?{bad}")).await.refuses_as(400, "bad-query");
    }
    let user = portal.user(|user| {
        user.email = "customer@lab.example".into();
        user.role = Role::Customer;
    });
    let stranger = portal.program(&user.await, &countersign_store::TokenScope::ALL).await;
    stranger.get("/api/v1/overview").await.refuses_as(403, "insufficient-scope");
}

#[tokio::test]
async fn a_license_without_a_free_seat_and_refused_requests_are_told_without_names_and_keys() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let full = portal.license_with(|new| new.allowed_activations = Some(2)).await;
    let anybody = portal.visitor();
    for name in ["lab-1", "lab-2"] {
        let machine = crate::played::Machine::new(name, &portal.product).activation(&full);
        anybody.send(anybody.request("POST", "/api/v1/activations").body(machine)).await.is(200);
    }
    let answer = robot.get("/api/v1/overview").await.is(200);
    let shown = answer.json();
    assert_eq!(
        shown["full"],
        json!([{"license": full.id().to_string(), "product": "acme-cad", "live_activations": 2, "allowed_activations": 2}])
    );
    for secret in [full.grouped(), "lab-1".to_owned(), "Jane".to_owned()] {
        assert!(!answer.text.contains(&secret), "{}", answer.text);
    }
}
