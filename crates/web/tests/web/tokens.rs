//! Tokens for programs, and leaving for good.

use domain::ids::MessageId;
use domain::messages::LoggedMessage;
use domain::ports::LogRange;
use domain::streams::StreamState;
use domain::time::WallTime;
use serde_json::{Value, json};

use crate::house::{House, Somebody, send};

const PASSWORD: &str = "correct horse";

#[tokio::test]
async fn a_chat_token_is_made_shown_once_refused_by_the_api_and_revoked() {
    let house = House::open().await;
    let (maya, noor) = (house.somebody("maya").await, house.somebody("noor").await);
    let form = json!({ "label": " Nightbot ", "scope": "chat" });
    let made = house.by(&maya, "POST", "/api/v1/me/tokens", form).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!((made["label"].as_str(), made["scope"].as_str()), (Some("Nightbot"), Some("chat")));
    let secret = made["token"].as_str().expect("a token").to_owned();
    assert!(secret.starts_with("chat_"), "{secret}");

    let listed = house.by(&maya, "GET", "/api/v1/me/tokens", Value::Null).await;
    assert!(!listed.text.contains(&secret), "shown once");
    assert_eq!(listed.json()["tokens"].as_array().map(Vec::len), Some(1), "a sign-in is none of them");
    assert_eq!(listed.json()["tokens"][0]["id"], made["id"]);

    let bot = Somebody { user: maya.user.clone(), token: secret };
    for (method, path, body) in [
        ("GET", "/api/v1/me", Value::Null),
        ("DELETE", "/api/v1/me", json!({ "password": PASSWORD })),
        ("GET", "/api/v1/me/tokens", Value::Null),
        ("POST", "/api/v1/me/tokens", json!({ "label": "child" })),
        ("GET", "/api/v1/me/stream-keys", Value::Null),
        ("POST", "/api/v1/me/stream-keys", json!({ "label": "" })),
        ("PATCH", "/api/v1/channels/maya", json!({ "title": "mine" })),
        ("DELETE", "/api/v1/sessions/current", Value::Null),
    ] {
        house.by(&bot, method, path, body).await.refused(403, "scope");
    }

    let path = format!("/api/v1/me/tokens/{}", made["id"].as_str().expect("a number"));
    house.by(&noor, "DELETE", &path, Value::Null).await.refused(404, "not_found");
    assert_eq!(house.by(&maya, "DELETE", &path, Value::Null).await.status, 204);
    house.by(&maya, "DELETE", &path, Value::Null).await.refused(404, "not_found");
    house.by(&bot, "GET", "/api/v1/me", Value::Null).await.refused(401, "not_signed_in");
}

#[tokio::test]
async fn a_full_token_does_what_its_user_does_and_there_are_only_so_many() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    for n in 0..20 {
        let form = json!({ "label": format!("script {n}"), "scope": "full" });
        let made = house.by(&maya, "POST", "/api/v1/me/tokens", form).await;
        assert_eq!(made.status, 201, "{made:?}");
        let token = made.json()["token"].as_str().expect("a token").to_owned();
        let script = Somebody { user: maya.user.clone(), token };
        assert_eq!(house.by(&script, "GET", "/api/v1/me", Value::Null).await.json()["user"]["name"], "maya");
    }
    let form = json!({ "label": "one more" });
    house.by(&maya, "POST", "/api/v1/me/tokens", form).await.refused(409, "too_many_tokens");
    let form = json!({ "label": "x".repeat(61) });
    let problem = house.by(&maya, "POST", "/api/v1/me/tokens", form).await.refused(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "label");
    house.json("GET", "/api/v1/me/tokens", Value::Null).await.refused(401, "not_signed_in");
}

#[tokio::test]
async fn an_account_is_deleted_with_its_password_and_its_name_stays_taken() {
    let house = House::open().await;
    let noor = house.somebody("noor").await;
    let form = json!({ "name": "maya", "email": "maya@example.com", "password": PASSWORD });
    let token = house.json("POST", "/api/v1/accounts", form.clone()).await.json()["token"].clone();
    let token = token.as_str().expect("a token").to_owned();
    let name = "maya".parse().expect("a name");
    let user = house.stores.accounts.by_name(&name).await.expect("answers").expect("is there");
    let maya = Somebody { user: user.clone(), token };
    house.on_air(&maya, 7, StreamState::Live).await;
    let said = LoggedMessage {
        id: MessageId(1),
        channel: noor.user.id.into(),
        author: user.id,
        login: user.name,
        at: WallTime::from_unix_ms(0),
        text: "hello".to_owned(),
        action: false,
        reply_to: None,
        deleted: false,
    };
    house.stores.chat_log.append(vec![said]).await.expect("appends");

    let wrong = json!({ "password": "wrong horse" });
    house.by(&maya, "DELETE", "/api/v1/me", wrong).await.refused(401, "bad_credentials");
    let missing = house.by(&maya, "DELETE", "/api/v1/me", json!({})).await.refused(422, "invalid");
    assert_eq!(missing["errors"][0]["field"], "password", "{missing}");
    assert_eq!(house.by(&maya, "GET", "/api/v1/me", Value::Null).await.status, 200, "nothing happened");
    let right = json!({ "password": PASSWORD });
    let cookie = format!("footlight_session={}", maya.token);
    let foreign = house.request("DELETE", "/api/v1/me").header("cookie", cookie).json(&right);
    send(foreign).await.refused(403, "cross_site");

    let gone = house.by(&maya, "DELETE", "/api/v1/me", right.clone()).await;
    assert_eq!(gone.status, 204, "{gone:?}");
    assert!(gone.header("set-cookie").contains("Max-Age=0"), "{gone:?}");
    house.by(&maya, "GET", "/api/v1/me", Value::Null).await.refused(401, "not_signed_in");
    house.get("/api/v1/channels/maya").await.refused(404, "no_such_channel");
    house
        .json("POST", "/api/v1/sessions", json!({ "name": "maya", "password": PASSWORD }))
        .await
        .refused(401, "bad_credentials");
    house.json("POST", "/api/v1/accounts", form).await.refused(409, "name_taken");
    assert_eq!(house.get("/api/v1/streams").await.json()["streams"].as_array().map(Vec::len), Some(0));
    let left = house.stores.chat_log.read(noor.user.id.into(), LogRange::default(), 9).await.expect("reads");
    assert_eq!(left, []);
}
