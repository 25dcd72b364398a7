//! Chat over HTTP: what is shown of somebody, to whom.

use domain::users::UserPatch;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::house::{House, PATIENCE, Somebody};

const PASSWORD: &str = "correct horse";

#[tokio::test]
async fn moderators_see_a_card_and_everybody_else_only_who_it_is() {
    let house = House::open().await;
    let (maya, noor, omar) =
        (house.somebody("maya").await, house.somebody("noor").await, house.somebody("omar").await);
    let room = "/api/v1/channels/maya/chat";
    let said = house.by(&noor, "POST", &format!("{room}/messages"), json!({ "message": "hello" })).await;
    assert_eq!(said.status, 200, "{said:?}");
    let follow = house.by(&noor, "PUT", "/api/v1/me/follows/maya", Value::Null).await.json();
    let timeout = json!({ "data": { "user_login": "noor", "duration": 60 } });
    assert_eq!(house.by(&maya, "POST", &format!("{room}/bans"), timeout).await.status, 200);

    let address = format!("{room}/users/noor");
    let card = house.by(&maya, "GET", &address, Value::Null).await.json();
    assert_eq!(card["messages"][0]["text"], "hello");
    assert_eq!(card["messages"][0]["deleted"], true);
    assert_eq!(card["ban"]["user_login"], "noor");
    assert_eq!(card["log"][0]["action"], "timeout");
    assert_eq!(card["followed_at"], follow["followed_at"]);

    let strangers = [house.by(&omar, "GET", &address, Value::Null).await, house.get(&address).await];
    for seen in strangers.map(|answer| answer.json()) {
        assert_eq!(seen["account"]["login"], "noor");
        assert!(seen["account"]["created_at"].is_string(), "{seen}");
        let keys: Vec<&str> = seen.as_object().expect("a card").keys().map(String::as_str).collect();
        assert_eq!(keys, ["account", "badges", "subscriber"]);
    }
    let owner = house.get(&format!("{room}/users/maya")).await.json();
    assert_eq!(owner["badges"], json!(["broadcaster"]));
    house.get(&format!("{room}/users/nobody1")).await.refused(409, "invalid_user");
}

#[tokio::test]
async fn what_somebody_said_who_left_for_good_is_gone_from_rooms_in_use() {
    let house = House::open().await;
    let (maya, user) = (house.somebody("maya").await, house.somebody("other").await.user);
    let room = "/api/v1/channels/maya/chat/messages";
    let form = json!({ "name": "noor", "email": "noor@example.com", "password": PASSWORD });
    let token = house.json("POST", "/api/v1/accounts", form).await.json()["token"].clone();
    let noor = Somebody { user, token: token.as_str().expect("a token").to_owned() };
    for who in [&noor, &maya] {
        assert_eq!(house.by(who, "POST", room, json!({ "message": "hello" })).await.status, 200);
    }
    let said = async || house.get(room).await.json()["data"].as_array().map(Vec::len);
    assert_eq!(said().await, Some(2));
    let left = house.by(&noor, "DELETE", "/api/v1/me", json!({ "password": PASSWORD })).await;
    assert_eq!(left.status, 204, "{left:?}");
    // The room takes what it is told in order: its answer to this comes after it has forgotten.
    house.by(&maya, "POST", room, json!({ "message": "who was that?" })).await;
    assert_eq!(said().await, Some(2), "only what maya said");
}

#[tokio::test]
async fn who_unfollows_or_is_blocked_writes_no_more_where_only_followers_may_and_who_follows_does() {
    let house = House::open().await;
    let (maya, noor) = (house.somebody("maya").await, house.somebody("noor").await);
    // A known bot may say several things a second.
    let bot = UserPatch { bot: Some(true), ..UserPatch::default() };
    house.stores.accounts.update(noor.user.id, bot).await.expect("is kept");
    let room = "/api/v1/channels/maya/chat";
    let mode = json!({ "follower_mode": true, "follower_mode_duration": 0 });
    assert_eq!(house.by(&maya, "PATCH", &format!("{room}/settings"), mode).await.status, 200);
    let follow = async |method| house.by(&noor, method, "/api/v1/me/follows/maya", Value::Null).await.status;
    let refused = async |text: &str| {
        let message = json!({ "message": text });
        let answer = house.by(&noor, "POST", &format!("{room}/messages"), message).await;
        answer.json()["data"][0]["drop_reason"]["code"].clone()
    };
    let kept_out = json!("msg_followersonly_zero");
    assert_eq!(refused("before").await, kept_out);
    assert_eq!(follow("PUT").await, 200);
    assert_eq!(refused("a follower").await, Value::Null);
    assert_eq!(follow("DELETE").await, 204);
    assert_eq!(refused("no longer").await, kept_out);
    assert_eq!(follow("PUT").await, 200);
    assert_eq!(refused("again").await, Value::Null);
    assert_eq!(house.by(&maya, "PUT", "/api/v1/me/blocks/noor", Value::Null).await.status, 204);
    assert_eq!(refused("blocked").await, kept_out);
}

#[tokio::test]
async fn a_bad_token_in_a_handshake_is_told_and_its_bearer_reads_as_nobody() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    for (token, is_refused) in [("bogus", true), (maya.token.as_str(), false)] {
        let is_told = |read: &str| read.contains("[\"hi\",") && read.contains("login_failed") == is_refused;
        shake_hands(&house, "maya", &format!("authorization: Bearer {token}\r\n"), is_told).await;
    }
}

#[tokio::test]
async fn a_misspelt_wish_in_the_address_of_a_room_is_refused_by_name() {
    let house = House::open().await;
    house.somebody("maya").await;
    for (query, field) in [
        ("view=ful", "view"),
        ("veiw=full", "veiw"),
        ("after=7", "after"),
        ("view=full&after=x.y", "after"),
        ("view=full&view=sampled", "\"view\""),
    ] {
        let read = shake_hands(&house, &format!("maya?{query}"), "", |read| read.ends_with('}')).await;
        assert!(read.starts_with("HTTP/1.1 422") && read.contains(field), "{query}: {read}");
    }
    for query in ["view=full", "view=sampled&after=1.1", ""] {
        shake_hands(&house, &format!("maya?{query}"), "", |read| read.contains("[\"hi\",")).await;
    }
}

#[tokio::test]
async fn who_resumes_is_given_what_waits_and_nothing_that_was_deleted() {
    let house = House::open().await;
    let (maya, noor) = (house.somebody("maya").await, house.somebody("noor").await);
    let room = "/api/v1/channels/maya/chat";
    let say = async |who: &Somebody, text: &str| {
        let said =
            house.by(who, "POST", &format!("{room}/messages"), json!({ "message": text })).await.json();
        said["data"][0]["message_id"].as_str().expect("was said").to_owned()
    };
    let delay = json!({ "non_moderator_chat_delay": true, "non_moderator_chat_delay_duration": 6 });
    assert_eq!(house.by(&maya, "PATCH", &format!("{room}/settings"), delay).await.status, 200);

    let (mut reader, greeting) = knock(&house, "maya", "", |read| read.contains("[\"at\",")).await;
    let before = last_at(&greeting);
    say(&noor, "for later").await;
    let secret = say(&maya, "a secret").await;
    let address = format!("{room}/messages?message_id={secret}");
    assert_eq!(house.by(&maya, "DELETE", &address, Value::Null).await.status, 204);
    say(&maya, "at once").await;
    let after = last_at(&read_on(&mut reader, |read| read.contains("at once")).await);

    let mine = |who: &Somebody| format!("authorization: Bearer {}\r\n", who.token);
    for (who, place, waits) in [
        ("a moderator from here", &after, true),
        ("a moderator from before", &before, true),
        ("its author from here", &after, true),
        ("nobody from before", &before, false),
    ] {
        let header = match who.split(' ').nth(1) {
            Some("moderator") => mine(&maya),
            Some("author") => mine(&noor),
            _ => String::new(),
        };
        // What is asked for last comes last.
        let is_all = |read: &str| read.contains("\"resumed\":true") && last_at(read) == after;
        let (_socket, read) = knock(&house, &format!("maya?after={place}"), &header, is_all).await;
        assert_eq!(read.matches("for later").count(), usize::from(waits), "{who}: {read}");
        // Moderators have it in the log of what they did.
        assert!(!read.contains(&format!("[\"m\",\"{secret}\"")), "{who}: {read}");
        assert!(who.contains("moderator") || !read.contains("a secret"), "{who}: {read}");
        assert_eq!(read.contains(&format!("[\"d\",\"{secret}\"")), *place == before, "{who}: {read}");
    }
    for (who, shown) in [(&maya, true), (&noor, true)] {
        let list = house.by(who, "GET", &format!("{room}/messages"), Value::Null).await;
        assert_eq!(list.text.contains("for later"), shown);
    }
    assert!(!house.get(&format!("{room}/messages")).await.text.contains("for later"));
}

/// `EPOCH.SEQ` of the last `at` that was read; empty without one.
fn last_at(read: &str) -> String {
    let at = read.rsplit_once("[\"at\",\"").and_then(|(_, at)| at.split_once("\","));
    let seq = |rest: &str| rest.split(']').next().unwrap_or_default().to_owned();
    at.map_or(String::new(), |(epoch, rest)| format!("{epoch}.{}", seq(rest)))
}

/// Asks for a room's socket and reads until that is enough.
async fn shake_hands(house: &House, room: &str, header: &str, is_enough: impl Fn(&str) -> bool) -> String {
    knock(house, room, header, is_enough).await.1
}

/// As [`shake_hands`], and the socket with it.
async fn knock(
    house: &House,
    room: &str,
    header: &str,
    is_enough: impl Fn(&str) -> bool,
) -> (TcpStream, String) {
    let mut socket = TcpStream::connect(house.address).await.expect("accepts");
    let handshake = format!(
        "GET /api/v1/chat/{room} HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: footlight.json.v1\r\n{header}\r\n",
        house.address
    );
    socket.write_all(handshake.as_bytes()).await.expect("takes it");
    let read = read_on(&mut socket, is_enough).await;
    (socket, read)
}

async fn read_on(socket: &mut TcpStream, is_enough: impl Fn(&str) -> bool) -> String {
    let (mut read, mut buffer) = (String::new(), [0; 4096]);
    while !is_enough(&read) {
        let count = timeout(PATIENCE, socket.read(&mut buffer)).await.expect("in time").expect("reads");
        assert!(count > 0, "{read}");
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    read
}
