//! A channel's events, as a page follows them.

use directory::AccountsConfig;
use domain::streams::StreamState;
use serde_json::Value;
use web::WebConfig;

use crate::house::{House, PATIENCE, send};

/// An open event stream.
struct Events {
    response: reqwest::Response,
    seen: String,
}

impl Events {
    async fn follow(house: &House, name: &str) -> Self {
        let response =
            house.request("GET", &format!("/api/v1/channels/{name}/events")).send().await.expect("answers");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, seen: String::new() }
    }

    /// The next state, or `None` at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.seen.split_once("\n\n") {
                let data = event.strip_prefix("event: state\ndata: ").map(str::to_owned);
                self.seen = rest.to_owned();
                let Some(data) = data else { continue };
                return Some(serde_json::from_str(&data).expect("json"));
            }
            let chunk = self.response.chunk().await.expect("goes on or ends")?;
            self.seen.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    async fn until(&mut self, state: &str) -> Value {
        loop {
            let told = self.next().await.expect("goes on");
            if told["state"] == state {
                return told;
            }
        }
    }
}

#[tokio::test]
async fn a_page_hears_a_stream_begin_and_end() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    let mut events = Events::follow(&house, "maya").await;
    let mut others = Events::follow(&house, "maya").await;
    let first = events.next().await.expect("at once");
    assert_eq!((&first["state"], &first["stream"]), (&"offline".into(), &Value::Null));
    assert_eq!(first["followers"], 0);

    let lease = house.on_air(&maya, 7, StreamState::Starting).await;
    house.goes(&maya, &lease, StreamState::Live).await;
    assert_eq!(events.until("live").await["stream"]["id"], "7");
    house.goes(&maya, &lease, StreamState::Interrupted).await;
    events.until("interrupted").await;
    let noor = house.somebody("noor").await;
    assert_eq!(house.by(&noor, "PUT", "/api/v1/me/follows/maya", Value::Null).await.status, 200);
    let title = serde_json::json!({ "title": "Chess" });
    house.by(&maya, "PATCH", "/api/v1/channels/maya", title).await;
    loop {
        let told = events.next().await.expect("goes on");
        if told["stream"]["title"] == "Chess" {
            assert_eq!(told["followers"], 1);
            break;
        }
    }
    house.stores.registry.release(&lease).await.expect("is held");
    events.until("offline").await;
    others.until("offline").await;
}

#[tokio::test]
async fn events_end_when_the_process_stops() {
    let house = House::open().await;
    house.somebody("maya").await;
    let mut events = Events::follow(&house, "maya").await;
    events.next().await.expect("at once");
    assert!(house.scope.close(PATIENCE).await.is_empty());
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn an_address_follows_so_many_channels() {
    let mut config = WebConfig::default();
    config.http.connections.event_streams_per_address_max = 2;
    let house = House::with(config, AccountsConfig::default()).await;
    house.somebody("maya").await;
    let _open = [Events::follow(&house, "maya").await, Events::follow(&house, "maya").await];
    let third = send(house.request("GET", "/api/v1/channels/maya/events")).await;
    third.refused(429, "too_many_event_streams");
    assert!(!third.header("retry-after").is_empty());
    house.get("/api/v1/channels/nobody/events").await.refused(404, "no_such_channel");
}
