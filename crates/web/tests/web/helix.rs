//! Chat over HTTP has Helix' fields and parameters where Twitch has the same.

use serde_json::{Value, json};

use crate::house::{House, Somebody};

const ROOM: &str = "/api/v1/channels/maya/chat";

/// A room of maya's, in which noor and omar have an account.
struct Scene {
    house: House,
    maya: Somebody,
    noor: Somebody,
    omar: Somebody,
}

impl Scene {
    async fn open() -> Self {
        let house = House::open().await;
        let maya = house.somebody("maya").await;
        let (noor, omar) = (house.somebody("noor").await, house.somebody("omar").await);
        Self { house, maya, noor, omar }
    }

    /// As maya; the answer's one entry, or null where there is none.
    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.house.by(&self.maya, method, &format!("{ROOM}/{path}"), body).await;
        assert!(answer.status < 300, "{method} {path}: {answer:?}");
        if answer.text.is_empty() { Value::Null } else { answer.json()["data"][0].clone() }
    }

    /// As maya; everything that the answer holds.
    async fn all(&self, path: &str) -> Value {
        let answer = self.house.by(&self.maya, "GET", &format!("{ROOM}/{path}"), Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    async fn say(&self, who: &Somebody, text: &str) -> Value {
        let answer =
            self.house.by(who, "POST", &format!("{ROOM}/messages"), json!({ "message": text })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["data"][0].clone()
    }
}

fn id(who: &Somebody) -> String {
    who.user.id.to_string()
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_message_is_sent_or_dropped_with_a_reason() {
    let scene = Scene::open().await;
    let sent = scene.say(&scene.noor, "hello").await;
    assert_eq!((&sent["is_sent"], &sent["drop_reason"]), (&json!(true), &Value::Null));
    let answered = json!({ "message": "hello you", "reply_parent_message_id": sent["message_id"] });
    let answer = scene.house.by(&scene.omar, "POST", &format!("{ROOM}/messages"), answered).await.json();
    assert_eq!(answer["data"][0]["is_sent"], true);
    assert_eq!(scene.all("messages").await["data"][1]["reply_to"], sent["message_id"]);

    let dropped = scene.say(&scene.noor, "/ban omar").await;
    assert_eq!((&dropped["is_sent"], &dropped["message_id"]), (&json!(false), &json!("")));
    assert_eq!(keys(&dropped["drop_reason"]), ["code", "message", "retry_after_ms"]);
    assert_eq!(dropped["drop_reason"]["code"], "no_permission");

    let one = format!("messages?message_id={}", sent["message_id"].as_str().expect("a number"));
    scene.done("DELETE", &one, Value::Null).await;
    assert_eq!(scene.all("messages").await["data"][0]["text"], "hello you");
    scene.done("DELETE", "messages", Value::Null).await;
    assert_eq!(scene.all("messages").await["data"], json!([]));
}

#[tokio::test]
async fn bans_and_timeouts_are_made_listed_in_pages_and_lifted() {
    let scene = Scene::open().await;
    let (noor, omar) = (id(&scene.noor), id(&scene.omar));
    let timeout = json!({ "data": { "user_id": noor, "duration": 60, "reason": "rude" } });
    let made = scene.done("POST", "bans", timeout).await;
    assert_eq!(keys(&made), ["broadcaster_id", "created_at", "end_time", "moderator_id", "user_id"]);
    assert_eq!((&made["user_id"], &made["moderator_id"]), (&json!(noor), &json!(id(&scene.maya))));
    assert!(made["end_time"].is_string());
    let ban = scene.done("POST", "bans", json!({ "data": { "user_login": "omar" } })).await;
    assert_eq!((&ban["user_id"], &ban["end_time"]), (&json!(omar), &Value::Null));

    let mut seen = Vec::new();
    let mut page = "bans?first=1".to_owned();
    loop {
        let list = scene.all(&page).await;
        assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "{list}");
        seen.push(list["data"][0].clone());
        let Some(cursor) = list["pagination"]["cursor"].as_str() else { break };
        page = format!("bans?first=1&after={cursor}");
    }
    let logins: Vec<&Value> = seen.iter().map(|ban| &ban["user_login"]).collect();
    assert_eq!(logins, ["omar", "noor"], "newest first, each once");
    assert_eq!(
        keys(&seen[1]),
        [
            "created_at",
            "expires_at",
            "moderator_id",
            "moderator_login",
            "moderator_name",
            "reason",
            "user_id",
            "user_login",
            "user_name"
        ]
    );
    assert_eq!((&seen[1]["reason"], &seen[0]["expires_at"]), (&json!("rude"), &Value::Null));
    let bad = scene.house.by(&scene.maya, "GET", &format!("{ROOM}/bans?after=x"), Value::Null).await;
    bad.refused(422, "invalid");

    scene.done("DELETE", &format!("bans?user_id={noor}"), Value::Null).await;
    scene.done("DELETE", "bans?user_login=omar", Value::Null).await;
    assert_eq!(scene.all("bans").await, json!({ "data": [], "pagination": {} }));
}

#[tokio::test]
async fn a_user_is_named_by_number_or_by_login() {
    let scene = Scene::open().await;
    let refused = async |query: &str| {
        let path = format!("{ROOM}/bans{query}");
        scene.house.by(&scene.maya, "DELETE", &path, Value::Null).await
    };
    let fault = |problem: Value| problem["errors"][0]["code"].as_str().map(str::to_owned);
    assert_eq!(fault(refused("").await.refused(422, "invalid")).as_deref(), Some("required"));
    let both = format!("?user_id={}&user_login=noor", id(&scene.noor));
    assert_eq!(fault(refused(&both).await.refused(422, "invalid")).as_deref(), Some("shape"));
    refused("?user_id=1").await.refused(409, "invalid_user");
    refused("?user_login=nobody1").await.refused(409, "invalid_user");
    assert_eq!(fault(refused("?broadcaster_id=1").await.refused(422, "invalid")).as_deref(), Some("unknown"));
}

#[tokio::test]
async fn modes_are_switches_and_values() {
    let scene = Scene::open().await;
    let before = scene.all("settings").await["data"][0].clone();
    assert_eq!((&before["slow_mode"], &before["slow_mode_wait_time"]), (&json!(false), &Value::Null));
    let change = json!({ "slow_mode": true, "follower_mode_duration": 10, "emote_mode": true });
    let after = scene.done("PATCH", "settings", change).await;
    assert_eq!((&after["slow_mode"], &after["slow_mode_wait_time"]), (&json!(true), &json!(30)));
    assert_eq!((&after["follower_mode"], &after["follower_mode_duration"]), (&json!(true), &json!(10)));
    assert_eq!((&after["emote_mode"], &after["subscriber_mode"]), (&json!(true), &json!(false)));
    let path = format!("{ROOM}/settings");
    let wrong = json!({ "non_moderator_chat_delay": true });
    scene.house.by(&scene.maya, "PATCH", &path, wrong).await.refused(422, "invalid");
    let too_long = json!({ "slow_mode_wait_time": 121 });
    scene.house.by(&scene.maya, "PATCH", &path, too_long).await.refused(422, "bad_slow_duration");
    scene.house.by(&scene.omar, "PATCH", &path, json!({})).await.refused(403, "no_permission");
    // What was read may be sent back, with a value changed.
    let mut shield = after["shield"].clone();
    shield["slow_mode_wait_time"] = json!(60);
    assert_eq!(scene.done("PATCH", "settings", json!({ "shield": shield })).await["shield"], shield);
    let on = scene.done("PUT", "shield-mode", json!({ "is_active": true })).await;
    assert_eq!((&on["is_active"], &on["moderator_login"]), (&json!(true), &json!("maya")));
    assert_eq!(scene.all("settings").await["data"][0]["shield_on"], true);
}

#[tokio::test]
async fn moderators_vips_and_terms_are_lists_that_one_adds_to_and_takes_from() {
    let scene = Scene::open().await;
    for list in ["moderators", "vips"] {
        scene.done("POST", &format!("{list}?user_id={}", id(&scene.noor)), Value::Null).await;
        let noor = json!({ "user_id": id(&scene.noor), "user_login": "noor", "user_name": "noor" });
        assert_eq!(scene.all(list).await, json!({ "data": [noor], "pagination": {} }));
        scene.done("DELETE", &format!("{list}?user_login=noor"), Value::Null).await;
        assert_eq!(scene.all(list).await["data"], json!([]));
    }
    for who in [&scene.omar, &scene.noor] {
        scene.done("POST", &format!("vips?user_id={}", id(who)), Value::Null).await;
    }
    let page = scene.all("vips?first=1").await;
    assert_eq!(
        (&page["data"][0]["user_login"], &page["pagination"]["cursor"]),
        (&json!("noor"), &json!("noor"))
    );
    let rest = scene.all("vips?first=1&after=noor").await;
    assert_eq!((&rest["data"][0]["user_login"], &rest["pagination"]), (&json!("omar"), &json!({})));

    let blocked = scene.done("POST", "blocked-terms", json!({ "text": "cabbage*" })).await;
    let regex = scene.done("POST", "blocked-terms", json!({ "text": "ca+b", "regex": true })).await;
    let permitted = scene.done("POST", "permitted-terms", json!({ "text": "example.com" })).await;
    assert_eq!((&blocked["regex"], &regex["regex"]), (&json!(false), &json!(true)));
    assert_eq!((&blocked["moderator_login"], &blocked["text"]), (&json!("maya"), &json!("cabbage*")));
    assert_eq!(scene.all("blocked-terms").await["data"], json!([blocked, regex]));
    assert_eq!(scene.all("permitted-terms").await["data"], json!([permitted]));
    let page = scene.all("blocked-terms?first=1").await;
    let next = page["pagination"]["cursor"].as_str().expect("another page");
    assert_eq!(page["data"], json!([blocked]));
    assert_eq!(scene.all(&format!("blocked-terms?first=1&after={next}")).await["data"], json!([regex]));
    let wrong = format!("{ROOM}/blocked-terms?after=nonsense");
    scene.house.by(&scene.maya, "GET", &wrong, Value::Null).await.refused(422, "invalid");

    let number = permitted["id"].as_str().expect("a number");
    let wrong_list = format!("{ROOM}/blocked-terms?id={number}");
    scene.house.by(&scene.maya, "DELETE", &wrong_list, Value::Null).await.refused(404, "not_found");
    scene.done("DELETE", &format!("permitted-terms?id={number}"), Value::Null).await;
    assert_eq!(scene.all("permitted-terms").await["data"], json!([]));
    assert_eq!(scene.all("blocked-terms").await["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn warnings_announcements_and_requests_to_be_unbanned() {
    let scene = Scene::open().await;
    let warning = json!({ "data": { "user_id": id(&scene.noor), "reason": "mind" } });
    let warned = scene.done("POST", "warnings", warning).await;
    assert_eq!(keys(&warned), ["broadcaster_id", "moderator_id", "reason", "user_id"]);
    scene.done("POST", "announcements", json!({ "message": "look", "color": "blue" })).await;
    let text = json!({ "message": "look", "colour": "blue" });
    let path = format!("{ROOM}/announcements");
    scene.house.by(&scene.maya, "POST", &path, text).await.refused(422, "invalid");
    for unseen in ["", " ", "\u{200b}\t"] {
        let answer = scene.house.by(&scene.maya, "POST", &path, json!({ "message": unseen })).await;
        assert_eq!(answer.refused(422, "invalid")["errors"][0]["field"], "message", "{unseen:?}");
    }

    scene.done("POST", "bans", json!({ "data": { "user_login": "omar", "reason": "rude" } })).await;
    let path = format!("{ROOM}/unban-requests");
    let asked = scene.house.by(&scene.omar, "POST", &path, json!({ "text": "sorry" })).await;
    assert_eq!(asked.status, 204, "{asked:?}");
    let request = scene.all("unban-requests?status=pending").await["data"][0].clone();
    assert_eq!((&request["user_login"], &request["moderator_id"]), (&json!("omar"), &Value::Null));
    let number = request["id"].as_str().expect("a number");
    let decision = format!("unban-requests?unban_request_id={number}&status=approved&resolution_text=well");
    let decided = scene.done("PATCH", &decision, Value::Null).await;
    assert_eq!((&decided["status"], &decided["moderator_login"]), (&json!("approved"), &json!("maya")));
    assert_eq!(decided["resolution_text"], "well");
    assert_eq!(scene.all("bans").await["data"], json!([]));
}

#[tokio::test]
async fn what_is_refused_names_its_field() {
    let scene = Scene::open().await;
    let shield = scene.all("settings").await["data"][0]["shield"].clone();
    let shielded = |slow: u16| {
        let mut shield = shield.clone();
        shield["slow_mode_wait_time"] = json!(slow);
        shield
    };
    let too_long = json!({ "data": { "user_login": "noor", "duration": 9_999_999 } });
    let sweep = json!({ "login": "no*", "timeout_s": 9_999_999 });
    let slow = |of: Value| json!({ "slow_mode_wait_time": 121, "shield": of });
    let in_shield = json!({ "slow_mode_wait_time": 10, "shield": shielded(121) });
    let color = json!({ "message": "hi", "color": "pink" });
    let unheard = json!({ "data": { "user_login": "noor", "reason": " " } });
    let pin = json!({ "message_id": "1", "seconds": 1 });
    let both = "shoutouts?to_broadcaster_login=noor&to_broadcaster_id=1";
    for (method, path, body, code, field) in [
        ("PATCH", "settings", slow(shielded(60)), "bad_slow_duration", "slow_mode_wait_time"),
        ("PATCH", "settings", in_shield, "bad_slow_duration", "shield.slow_mode_wait_time"),
        ("PATCH", "settings", json!({ "automod": 5 }), "bad_automod_level", "automod"),
        ("POST", "bans", too_long, "bad_timeout_duration", "data.duration"),
        ("POST", "blocked-terms", json!({ "text": "x" }), "bad_term", "text"),
        ("DELETE", "blocked-terms?id=1", Value::Null, "bad_term", "id"),
        ("POST", "sweep", json!({}), "usage_sweep", "login"),
        ("POST", "sweep", sweep, "bad_timeout_duration", "timeout_s"),
        ("POST", "announcements", color, "usage_announce", "color"),
        ("POST", "warnings", unheard, "usage_warn", "data.reason"),
        ("PUT", "pin", pin, "bad_pin_duration", "seconds"),
        ("POST", "shoutouts", Value::Null, "invalid", "to_broadcaster_id"),
        ("POST", both, Value::Null, "invalid", "to_broadcaster_id"),
        ("POST", "moderators", Value::Null, "invalid", "user_id"),
        ("POST", "bans", json!({ "data": {} }), "invalid", "data.user_id"),
        ("POST", "warnings", json!({ "data": { "reason": "mind" } }), "invalid", "data.user_id"),
    ] {
        let answer = scene.house.by(&scene.maya, method, &format!("{ROOM}/{path}"), body).await;
        let problem = answer.refused(422, code);
        assert_eq!(problem["errors"][0]["field"], field, "{method} {path}: {problem}");
        assert!(problem["errors"][0]["code"].is_string() && problem["errors"][0]["detail"].is_string());
    }
}

#[tokio::test]
async fn a_colour_is_chosen_by_its_number_or_by_its_name() {
    let scene = Scene::open().await;
    let choose = async |color: &str| {
        scene.house.by(&scene.noor, "PUT", "/api/v1/me/color", json!({ "color": color })).await
    };
    assert_eq!(choose("dodger_blue").await.status, 204);
    scene.say(&scene.noor, "hello").await;
    assert_eq!(scene.all("messages").await["data"][0]["color"], "#1e90ff");
    assert_eq!(choose("#12aBcD").await.status, 204);
    let problem = choose("mud").await.refused(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "color");
}

#[tokio::test]
async fn announcements_are_among_the_last_messages_in_their_colour() {
    let scene = Scene::open().await;
    scene.say(&scene.noor, "hello").await;
    scene.done("POST", "announcements", json!({ "message": "look", "color": "blue" })).await;
    let seen = async || {
        let messages = scene.house.get(&format!("{ROOM}/messages")).await.json()["data"].clone();
        let messages = messages.as_array().expect("a list").clone();
        messages
            .into_iter()
            .map(|m| (m["text"].clone(), m["announcement"].clone(), m["id"].clone()))
            .collect::<Vec<_>>()
    };
    let messages = seen().await;
    let told: Vec<_> = messages.iter().map(|(text, colour, _)| (text.clone(), colour.clone())).collect();
    assert_eq!(told, [(json!("hello"), Value::Null), (json!("look"), json!("blue"))]);
    let number = messages[1].2.as_str().expect("a number");
    scene.done("DELETE", &format!("messages?message_id={number}"), Value::Null).await;
    assert_eq!(seen().await.len(), 1);
}

#[tokio::test]
async fn whoever_erases_a_log_of_messages_is_in_the_moderation_log() {
    let scene = Scene::open().await;
    let erase = async |query: &str| {
        let path = format!("{ROOM}/logs{query}");
        let answer = scene.house.by(&scene.maya, "DELETE", &path, Value::Null).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    erase("?user=noor").await;
    erase("").await;
    // The room takes what it is told in order: its answer comes after it has noted that.
    scene.done("DELETE", "messages", Value::Null).await;
    let log = scene.all("log").await["data"].clone();
    let erasures = log.as_array().expect("a list").iter().filter(|entry| entry["action"] == "erase_log");
    let told: Vec<_> = erasures.map(|e| (&e["by"]["login"], &e["target"]["login"], &e["detail"])).collect();
    let (maya, noor, none) = (json!("maya"), json!("noor"), json!("0 messages"));
    assert_eq!(told, [(&maya, &Value::Null, &none), (&maya, &noor, &none)]);
}
