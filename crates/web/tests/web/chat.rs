//! Chat over HTTP: what is shown of somebody, to whom.

use serde_json::{Value, json};

use crate::house::House;

#[tokio::test]
async fn moderators_see_a_card_and_everybody_else_only_who_it_is() {
    let house = House::open().await;
    let (maya, noor, omar) =
        (house.somebody("maya").await, house.somebody("noor").await, house.somebody("omar").await);
    let room = "/api/v1/channels/maya/chat";
    let said = house.by(&noor, "POST", &format!("{room}/messages"), json!({ "text": "hello" })).await;
    assert_eq!(said.status, 200, "{said:?}");
    let timeout = json!({ "login": "noor", "seconds": 60 });
    assert_eq!(house.by(&maya, "POST", &format!("{room}/bans"), timeout).await.status, 204);

    let address = format!("{room}/users/noor");
    let card = house.by(&maya, "GET", &address, Value::Null).await.json();
    assert_eq!(card["messages"][0]["text"], "hello");
    assert_eq!(card["messages"][0]["deleted"], true);
    assert_eq!(card["ban"]["who"]["login"], "noor");
    assert_eq!(card["log"][0]["action"], "timeout");

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
