//! Following over HTTP.

use domain::streams::StreamState;
use serde_json::{Value, json};

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn somebody_follows_is_counted_and_listed_and_unfollows() {
    let house = House::open().await;
    let (maya, noor) = (house.somebody("maya").await, house.somebody("noor").await);
    let path = "/api/v1/me/follows/maya";
    let none = house.by(&noor, "GET", path, Value::Null).await.json();
    assert_eq!((none["channel"]["name"].as_str(), &none["followed_at"]), (Some("maya"), &Value::Null));
    let follow = house.by(&noor, "PUT", path, Value::Null).await;
    assert_eq!(follow.status, 200, "{follow:?}");
    assert!(follow.json()["followed_at"].is_string(), "{follow:?}");
    assert_eq!(
        house.by(&noor, "PUT", path, Value::Null).await.json(),
        follow.json(),
        "twice changes nothing"
    );
    assert_eq!(house.by(&noor, "GET", path, Value::Null).await.json(), follow.json());
    assert_eq!(house.get("/api/v1/channels/maya").await.json()["followers"], 1);
    let own = house.by(&noor, "GET", "/api/v1/me/follows", Value::Null).await.json();
    assert_eq!(own, json!({ "follows": [follow.json()], "next": null }));
    let listed = house.by(&maya, "GET", "/api/v1/channels/maya/followers", Value::Null).await.json();
    assert_eq!((&listed["total"], &listed["followers"][0]["user"]["name"]), (&json!(1), &json!("noor")));

    let _live = house.on_air(&maya, 1, StreamState::Live).await;
    let streams = house.by(&noor, "GET", "/api/v1/streams?followed=true&limit=60", Value::Null).await.json();
    assert_eq!(streams["streams"][0]["channel"]["name"], "maya");
    let streams = house.by(&maya, "GET", "/api/v1/streams?followed=true", Value::Null).await.json();
    assert_eq!(streams["streams"], json!([]));

    assert_eq!(house.by(&noor, "DELETE", path, Value::Null).await.status, 204);
    assert_eq!(house.by(&noor, "DELETE", path, Value::Null).await.status, 204, "or never did");
    let followers = async || house.get("/api/v1/channels/maya").await.json()["followers"].clone();
    assert_eq!(followers().await, 0);

    assert_eq!(house.by(&noor, "PUT", path, Value::Null).await.status, 200);
    assert_eq!(house.by(&maya, "PUT", "/api/v1/me/blocks/noor", Value::Null).await.status, 204);
    assert_eq!(followers().await, 0, "a block ends a follow");
    house.by(&noor, "PUT", path, Value::Null).await.refused(403, "blocked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_followed_or_seen_is_refused_by_name() {
    let house = House::open().await;
    let (_maya, noor) = (house.somebody("maya").await, house.somebody("noor").await);
    let put =
        async |name: &str| house.by(&noor, "PUT", &format!("/api/v1/me/follows/{name}"), Value::Null).await;
    put("noor").await.refused(409, "own_channel");
    put("nobody").await.refused(404, "no_such_channel");
    house.json("PUT", "/api/v1/me/follows/maya", Value::Null).await.refused(401, "not_signed_in");
    house.get("/api/v1/streams?followed=true").await.refused(401, "not_signed_in");
    let list = house.by(&noor, "GET", "/api/v1/channels/maya/followers", Value::Null).await;
    list.refused(403, "not_yours");
    let list = house.by(&noor, "GET", "/api/v1/me/follows?after=x", Value::Null).await;
    assert_eq!(list.refused(422, "invalid")["errors"][0]["field"], "after");
}
