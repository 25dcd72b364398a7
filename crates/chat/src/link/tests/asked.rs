//! What is asked of rooms while the link is down, or by somebody whose sign-in ends meanwhile.

use bytes::BytesMut;

use super::slow::half_dead_pair;
use super::*;
use crate::edge::Credential;
use crate::link::pipe::{greet, greeted};
use crate::link::wire::{Answered, OtherVersion, VERSION};
use crate::tree::testing::account;

const TOKEN: [u8; 32] = [7; 32];

/// Maya says something, signed in with [`TOKEN`] or with another.
fn says(pair: &Pair, text: &str, token: [u8; 32]) {
    let caller = Caller {
        account: Arc::new(account("maya")),
        address: [127, 0, 0, 1].into(),
        connection: Some(READER),
    };
    let text = text.to_owned();
    let request = Request::Say { text, action: false, literal: false, reply_to: None, nonce: None };
    pair.uplink.command(caller, Some(TokenMark::of(&token)), room().channel, request, None);
}

/// Waits until the lower end knows that the link is up, or down.
async fn linked(pair: &Pair, up: bool) {
    while pair.uplink.linked() != up {
        virtual_time(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_while_the_link_is_down_is_refused_at_once() {
    let pair = pair(EndConfig::default());
    linked(&pair, true).await;
    pair.cut.notify_waiters();
    linked(&pair, false).await;
    says(&pair, "lost", TOKEN);
    assert!(pair.below.all()[0].contains("msg_room_not_found"), "{:?}", pair.below.all());
    linked(&pair, true).await;
    says(&pair, "heard", TOKEN);
    assert_eq!(pair.above.until(1).await, ["maya says heard"]);
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_under_way_when_the_link_broke_is_not_said_late() {
    let (pair, _open) = half_dead_pair(false);
    pair.uplink.find_channel(READER, "maya");
    pair.above.until(1).await;
    pair.cut.notify_waiters();
    virtual_time(Duration::from_millis(1)).await;
    says(&pair, "lost", TOKEN);
    pair.uplink.find_channel(READER, "kees");
    assert!(pair.below.until(1).await[0].contains("msg_room_not_found"));
    assert_eq!(pair.above.until(2).await, ["find maya", "find kees"]);
    says(&pair, "heard", TOKEN);
    assert_eq!(pair.above.until(3).await[2], "maya says heard");
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_has_ended_asks_nothing_before_the_node_knows_it() {
    let pair = pair(EndConfig::default());
    linked(&pair, true).await;
    pair.links.end(Credential::Token(TOKEN));
    says(&pair, "from the grave", TOKEN);
    says(&pair, "from another sign-in", [8; 32]);
    let told = pair.below.until(2).await;
    assert!(told[0].starts_with("Ended") && told[1].contains("no_permission"), "{told:?}");
    assert_eq!(pair.above.until(1).await, ["maya says from another sign-in"]);
    // Now that the node knows, its threads see to it.
    virtual_time(Duration::from_millis(10)).await;
    says(&pair, "let in anew", TOKEN);
    assert_eq!(pair.above.until(2).await[1], "maya says let in anew");
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_of_another_release_is_told_so() {
    let pair = pair(EndConfig::default());
    let (mut here, there) = tokio::io::duplex(4096);
    // As far as versions agree on it.
    let hello = serde_json::json!({ "version": VERSION - 1, "node": 9 });
    let asks = async {
        greet(&mut here, &hello).await.expect("is written");
        greeted::<Answered>(&mut here, &mut BytesMut::new()).await.expect("is answered")
    };
    let (error, answered) = tokio::join!(pair.links.serve(there, &UNBOUND), asks);
    assert_eq!(answered, Answered::OtherVersion(OtherVersion { version: VERSION }));
    assert!(matches!(error, LinkError::Version(version) if version == VERSION - 1), "{error}");
    pair.scope.close(Duration::from_secs(1)).await;
}
