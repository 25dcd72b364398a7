//! What is on, and what it is watched by.

use std::sync::Arc;

use domain::ids::StreamId;
use domain::streams::StreamState;
use domain::time::WallTime;
use domain::users::LatencyMode;
use serde_json::{Value, json};
use video::live::Broadcast;
use video::origin::SOURCE;

use crate::house::{House, Somebody};

/// A stream in memory that has sent nothing yet, with the window of its source: requests for it wait.
pub(crate) fn carry(house: &House, who: &Somebody, id: u64) -> Arc<Broadcast> {
    let (name, channel) = (who.user.name.clone(), who.user.id.into());
    let began = WallTime::from_unix_ms(runtime::clock::wall_ms());
    let broadcast = Broadcast::new(StreamId(id), channel, name, false, LatencyMode::Low, began);
    let stream = house.origin.carry(Arc::new(broadcast), &house.scope);
    stream.window(SOURCE);
    Arc::clone(&stream.broadcast)
}

#[tokio::test]
async fn the_list_has_who_is_live_by_viewers_in_pages() {
    let house = House::open().await;
    for (n, name) in ["ann", "bob", "cyd"].into_iter().enumerate() {
        let who = house.somebody(name).await;
        let id = n as u64 + 1;
        house.on_air(&who, id, StreamState::Live).await;
        for viewer in 0..id {
            house.viewers.seen(StreamId(id), viewer, runtime::clock::now());
        }
    }
    house.on_air(&house.somebody("not_yet").await, 9, StreamState::Starting).await;

    let names = |page: &Value| -> Vec<String> {
        let streams = page["streams"].as_array().expect("streams").iter();
        streams
            .map(|s| format!("{} {}", s["channel"]["name"].as_str().expect("a name"), s["viewers"]))
            .collect()
    };
    let first = house.get("/api/v1/streams?limit=2").await.json();
    assert_eq!(names(&first), ["cyd 3", "bob 2"]);
    let after = first["next"].as_str().expect("there is more");
    let second = house.get(&format!("/api/v1/streams?limit=2&after={after}")).await.json();
    assert_eq!((names(&second), &second["next"]), (vec!["ann 1".to_owned()], &Value::Null));
    assert_eq!(names(&house.get("/api/v1/streams?category=Chess").await.json()), Vec::<String>::new());

    house.get("/api/v1/streams?after=nonsense").await.refused(422, "invalid");
    house.get("/api/v1/streams?limit=many").await.refused(422, "invalid");
}

#[tokio::test]
async fn a_stream_is_looked_at_by_its_channel_s_name() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    house.get("/api/v1/streams/maya").await.refused(404, "offline");
    house.get("/api/v1/streams/nobody").await.refused(404, "no_such_channel");
    house.on_air(&maya, 7, StreamState::Interrupted).await;
    let stream = house.get("/api/v1/streams/maya").await.json();
    for (field, expected) in [
        ("id", json!("7")),
        ("state", json!("interrupted")),
        ("source", json!({ "width": 1280, "height": 720, "fps": 30.0, "codecs": ["avc1.64001f"] })),
        ("renditions", json!(["source"])),
        ("playlist_url", json!("/api/v1/streams/maya/playlist.m3u8")),
        ("thumbnail_url", json!("/api/v1/streams/maya/thumbnail.jpg")),
    ] {
        assert_eq!(stream[field], expected, "{field}");
    }
    assert_eq!(house.get("/api/v1/channels/maya").await.json()["stream"]["id"], "7");
}

#[tokio::test]
async fn nothing_to_watch_is_said_to_players_on_any_site() {
    let house = House::open().await;
    for (path, code) in [
        ("/api/v1/streams/maya/playlist.m3u8", "offline"),
        ("/api/v1/streams/x/playlist.m3u8", "offline"),
        ("/api/v1/streams/maya/thumbnail.jpg", "no_thumbnail"),
    ] {
        let answer = house.get(path).await;
        answer.refused(404, code);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
    }
    let answer = house.get("/live/7/source/index.m3u8").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (404, "*"));
}
