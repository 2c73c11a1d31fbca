//! Releases, by programs.

use serde_json::json;

use crate::stand::Stand;

#[tokio::test]
async fn a_release_is_drafted_described_published_archived_and_brought_back() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let new = json!({"product": "acme-cad", "version": "2.0.0", "channel": "beta"});
    let made = robot.post("/api/v1/releases", new.clone()).await.is(201);
    assert_eq!((&made.json()["status"], &made.json()["files"]), (&json!("draft"), &json!([])));
    robot.post("/api/v1/releases", new).await.refuses_as(409, "conflict");
    let empty = made.header("location");
    robot.post(&format!("{empty}/publish"), json!({})).await.refuses_as(409, "conflict");
    let path = format!("/api/v1/releases/{}", stand.release);
    robot.patch(&path, json!({"notes": "# Better"})).await.is(200).says("# Better");
    let published = robot.post(&format!("{path}/publish"), json!({})).await.is(200).json();
    assert_eq!((&published["status"], &published["signed"]), (&json!("published"), &json!(true)));
    assert_eq!(published["files"][0]["name"], "cad.bin");
    assert_eq!(published["files"][0]["sha256"].as_str().unwrap().len(), 64);
    assert!(!published.to_string().contains("storage"));
    robot.post(&format!("{path}/publish"), json!({})).await.refuses_as(409, "conflict");
    let archive = robot.request("POST", &format!("{path}/archive"));
    robot.send(archive).await.is(200).says("\"status\":\"archived\"");
    robot.post(&format!("{path}/archive"), json!({})).await.refuses_as(409, "conflict");
    robot.post(&format!("{path}/publish"), json!({})).await.is(200);
    for (query, count) in
        [("", 2), ("&status=draft", 1), ("&channel=stable", 1), ("&channel=none", 0)]
    {
        let page = robot.get(&format!("/api/v1/releases?product=acme-cad{query}")).await.is(200);
        assert_eq!(page.json()["items"].as_array().unwrap().len(), count, "{query}");
    }
    for (body, status) in [
        (json!({"product": "nothing", "version": "1"}), 422),
        (json!({"product": "acme-cad", "version": "x"}), 422),
    ] {
        let answer = robot.post("/api/v1/releases", body).await;
        answer.refuses_as(status, "unfit-value");
    }
    let long = json!({"notes": "ä".repeat(40_000)});
    robot.patch(&path, long).await.refuses_as(422, "unfit-value");
}
