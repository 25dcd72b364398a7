//! Channels, stream keys, health, and an encoder's question.

use domain::limits::STREAM_KEYS_MAX;
use serde_json::{Value, json};

use crate::house::House;

#[tokio::test]
async fn a_channel_is_changed_by_its_owner_and_administrators() {
    let house = House::open().await;
    let (maya, eve, root) =
        (house.somebody("maya").await, house.somebody("eve").await, house.admin("root1").await);
    let channel = house.get("/api/v1/channels/Maya").await.json();
    assert_eq!((&channel["name"], &channel["stream"]), (&json!("maya"), &Value::Null));

    let patch = json!({ "title": " Chess ", "category": "Games", "tags": ["a", "A", "b"], "language": "en", "latency": "normal" });
    let changed = house.by(&maya, "PATCH", "/api/v1/channels/maya", patch).await.json();
    for (field, expected) in [
        ("title", json!("Chess")),
        ("category", json!("Games")),
        ("tags", json!(["a", "b"])),
        ("language", json!("en")),
        ("latency", json!("normal")),
    ] {
        assert_eq!(changed[field], expected, "{field}");
    }
    assert_eq!(house.get("/api/v1/channels/maya").await.json(), changed);

    let title = json!({ "title": "Mine" });
    house.by(&eve, "PATCH", "/api/v1/channels/maya", title.clone()).await.refused(403, "not_yours");
    assert_eq!(house.by(&root, "PATCH", "/api/v1/channels/maya", title.clone()).await.status, 200);
    house.by(&maya, "PATCH", "/api/v1/channels/nobody", title.clone()).await.refused(404, "no_such_channel");
    house.by(&maya, "PATCH", "/api/v1/channels/not%20a%20name", title).await.refused(404, "no_such_channel");
    let wrong = json!({ "title": "x".repeat(141), "language": "english please" });
    let problem = house.by(&maya, "PATCH", "/api/v1/channels/maya", wrong).await.refused(422, "invalid");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(2), "{problem}");
    let odd = json!({ "latency": "lowest" });
    house.by(&maya, "PATCH", "/api/v1/channels/maya", odd).await.refused(422, "invalid");
    let typo = json!({ "titel": "Chess" });
    house.by(&maya, "PATCH", "/api/v1/channels/maya", typo).await.refused(422, "invalid");
}

#[tokio::test]
async fn a_channel_has_the_rungs_that_its_owner_chose_of_those_it_may_have() {
    let house = House::open().await;
    let (maya, root) = (house.somebody("maya").await, house.admin("root1").await);
    let set = |who, ladder: Value| {
        let house = &house;
        async move { house.by(who, "PATCH", "/api/v1/channels/maya", json!({ "ladder": ladder })).await }
    };
    let site = house.get("/api/v1/site").await.json();
    assert_eq!(site["ladder"][0], json!({ "name": "1080p", "partners_only": true }));
    assert_eq!(house.get("/api/v1/channels/maya").await.json()["ladder"], Value::Null);
    assert_eq!(set(&maya, json!(["160p", "720p"])).await.json()["ladder"], json!(["720p", "160p"]));
    let title = house.by(&maya, "PATCH", "/api/v1/channels/maya", json!({ "title": "x" })).await.json();
    assert_eq!(title["ladder"], json!(["720p", "160p"]), "what is left out stays");
    assert_eq!(set(&maya, json!([])).await.json()["ladder"], json!([]));
    let problem = set(&maya, json!(["1080p", "2p"])).await.refused(422, "invalid");
    assert_eq!(problem["errors"][0]["code"], "partners_only", "{problem}");
    assert_eq!(problem["errors"][1]["field"], "ladder[1]", "{problem}");
    assert_eq!(set(&root, json!(["1080p", "160p"])).await.json()["ladder"], json!(["1080p", "160p"]));
    assert_eq!(set(&maya, Value::Null).await.json()["ladder"], Value::Null);
}

#[tokio::test]
async fn what_is_no_channel_is_not_found() {
    let house = House::open().await;
    for name in ["nobody", "api", "x", "not%20a%20name", "%ff"] {
        let answer = house.get(&format!("/api/v1/channels/{name}")).await;
        let code = if name == "%ff" { "not_found" } else { "no_such_channel" };
        answer.refused(404, code);
    }
}

#[tokio::test]
async fn a_stream_key_is_shown_once_and_revoked_by_its_owner() {
    let house = House::open().await;
    let (maya, eve) = (house.somebody("maya").await, house.somebody("eve").await);
    let made = house.by(&maya, "POST", "/api/v1/me/stream-keys", json!({ "label": "OBS" })).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!((&made["server"], &made["server_tls"]), (&json!("rtmp://127.0.0.1:1935/live"), &Value::Null));
    let secret = made["key"].as_str().expect("a key");
    assert!(secret.starts_with("live_"), "{secret}");

    let list = house.by(&maya, "GET", "/api/v1/me/stream-keys", json!(null)).await;
    assert!(!list.text.contains(secret));
    assert_eq!(list.json()["keys"][0]["label"], "OBS");
    assert_eq!(list.json()["keys"][0]["last_used_at"], Value::Null);

    let path = format!("/api/v1/me/stream-keys/{}", made["id"].as_str().expect("an id"));
    house.by(&eve, "DELETE", &path, json!(null)).await.refused(404, "not_found");
    assert_eq!(house.by(&maya, "DELETE", &path, json!(null)).await.status, 204);
    house.by(&maya, "DELETE", &path, json!(null)).await.refused(404, "not_found");
    house.by(&maya, "DELETE", "/api/v1/me/stream-keys/x", json!(null)).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_channel_has_so_many_keys() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    for _ in 0..STREAM_KEYS_MAX {
        assert_eq!(house.by(&maya, "POST", "/api/v1/me/stream-keys", json!({})).await.status, 201);
    }
    house.by(&maya, "POST", "/api/v1/me/stream-keys", json!({})).await.refused(409, "too_many_keys");
    let label = json!({ "label": "x".repeat(61) });
    house.by(&maya, "POST", "/api/v1/me/stream-keys", label).await.refused(422, "invalid");
}

#[tokio::test]
async fn an_encoder_asks_where_to_go() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    let made = house.by(&maya, "POST", "/api/v1/me/stream-keys", json!({})).await.json();
    let key = made["key"].as_str().expect("a key");
    let ask = |key: &str, codec: &str, bitrate: Value| {
        house.json(
            "POST",
            "/api/v1/streams/ingest",
            json!({ "stream_key": key, "codec": codec, "bitrate": bitrate }),
        )
    };

    let answer = ask(key, "avc1.64001f", json!(2_500_000)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    assert_eq!(answer["ingest_endpoint"], "rtmp://127.0.0.1:1935/live");
    assert_eq!((&answer["channel"]["name"], &answer["codec"]), (&json!("maya"), &json!("h264")));

    ask("live_wrong", "h264", json!(1)).await.refused(403, "unknown_stream_key");
    let problem = ask(key, "vp8", json!(1)).await.refused(415, "unsupported_codec");
    assert_eq!(problem["supported"], json!(["h264"]));
    let problem = ask(key, "h264", json!(8_000_001)).await.refused(422, "bitrate_too_high");
    assert_eq!(problem["max"], 8_000_000);
    ask(key, "h264", json!("fast")).await.refused(422, "invalid");
    ask(key, "h264", json!(-1)).await.refused(422, "invalid");
    let empty = house.json("POST", "/api/v1/streams/ingest", json!({})).await.refused(422, "invalid");
    assert_eq!(empty["errors"].as_array().map(Vec::len), Some(3), "{empty}");
}

#[tokio::test]
async fn health_is_offline_when_nothing_is_on() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    let health = house.by(&maya, "GET", "/api/v1/me/health", json!(null)).await.json();
    assert_eq!((&health["state"], &health["video"]), (&json!("offline"), &Value::Null));
    assert_eq!(health["transcode"]["renditions"], json!([]));
}
