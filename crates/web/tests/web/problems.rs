//! Whatever is wrong with a request, the answer is a problem document.

use serde_json::{Value, json};

use crate::house::{House, send};

#[tokio::test]
async fn addresses_and_methods_that_are_not_there() {
    let house = House::open().await;
    for path in ["/api", "/api/", "/api/v1/nothing", "/api/v2/me", "/api/v1/me/"] {
        house.get(path).await.refused(404, "not_found");
    }
    for (method, path, allow) in [
        ("DELETE", "/api/v1/site", "GET,HEAD"),
        ("GET", "/api/v1/accounts", "POST"),
        ("PUT", "/api/v1/channels/maya", "GET,HEAD,PATCH"),
        ("POST", "/healthz", "GET,HEAD"),
        ("POST", "/maya", "GET, HEAD"),
    ] {
        let answer = send(house.request(method, path)).await;
        answer.refused(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
}

#[tokio::test]
async fn bodies_that_can_t_be_read() {
    let house = House::open().await;
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(65 * 1024));
    for (kind, body, status, code) in [
        ("application/json", "{", 400, "malformed"),
        ("application/json", "", 400, "malformed"),
        ("application/json", "7", 422, "invalid"),
        ("application/json", "{\"name\":7}", 422, "invalid"),
        ("application/json", &large, 413, "too_large"),
        ("text/plain", "{}", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", "name=maya", 415, "unsupported_media_type"),
    ] {
        let request =
            house.request("POST", "/api/v1/sessions").header("content-type", kind).body(body.to_owned());
        send(request).await.refused(status, code);
    }
    let answer = house.json("POST", "/api/v1/sessions", json!({ "name": 7 })).await;
    let problem = answer.refused(422, "invalid");
    assert_eq!(
        (&problem["errors"][0]["field"], &problem["errors"][0]["code"]),
        (&json!("name"), &json!("shape"))
    );
    for limit in ["many", "0", "101"] {
        let problem = house.get(&format!("/api/v1/streams?limit={limit}")).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "limit", "{limit}");
    }
}

/// A filter that is misspelt and left out of account would list, or erase, everything.
#[tokio::test]
async fn misspelt_parameters_and_fields_are_named() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    for (method, path, body, field) in [
        ("GET", "/api/v1/streams?limt=5", Value::Null, "limt"),
        ("DELETE", "/api/v1/channels/maya/chat/logs?usr=noor", Value::Null, "usr"),
        ("POST", "/api/v1/me/tokens", json!({ "label": "bot", "scopes": ["chat"] }), "scopes"),
        ("POST", "/api/v1/me/stream-keys", json!({ "lable": "studio" }), "lable"),
    ] {
        let problem = house.by(&maya, method, path, body).await.refused(422, "invalid");
        let fault = &problem["errors"][0];
        assert_eq!((&fault["field"], &fault["code"]), (&json!(field), &json!("unknown")), "{path}");
    }
}

#[tokio::test]
async fn a_store_that_is_gone_is_told_as_a_pause() {
    let house = House::open().await;
    house.stores.close().await;
    let answer = house.get("/api/v1/channels/maya").await;
    answer.refused(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    assert!(!answer.text.to_lowercase().contains("sql"), "{answer:?}");
    house
        .json("POST", "/api/v1/sessions", json!({ "name": "maya", "password": "x" }))
        .await
        .refused(503, "unavailable");
}
