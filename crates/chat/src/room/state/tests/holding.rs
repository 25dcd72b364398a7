//! Messages that wait for a moderator.

use super::*;
use crate::event::ConnectionId;

#[test]
fn held_messages_wait_for_a_moderator_who_lets_them_pass_or_not() {
    let mut scene = play(
        "bob: hmm one => msg_rejected
         ! held spam hmm one (mods)",
    );
    let decide =
        |scene: &Scene, allow| Command::Decide { message: scene.last_line().expect("held").id, allow };
    let allow = decide(&scene, true);
    assert_eq!(scene.ids("bob", allow.clone()), "no_permission");
    assert_eq!(scene.ids("moda", allow.clone()), "automod_allow");
    scene.play("! Allowed by moda (mods) | did automod_allow (mods) | line bob hmm one");
    assert_eq!(scene.ids("moda", allow), "bad_held_message");
    scene.play("+2s\nbob: hmm two => msg_rejected");
    let deny = decide(&scene, false);
    assert_eq!(scene.ids("moda", deny), "automod_deny");
    scene.play(
        "! held spam hmm two (mods) | Denied by moda (mods) | did automod_deny (mods) | told msg_rejected_mandatory (to 8)
         +2s
         bob: hmm three => msg_rejected
         +299s
         ! held spam hmm three (mods)
         +1s
         ! Expired by nobody (mods) | told msg_rejected_mandatory (to 8)",
    );
}

#[test]
fn the_held_queue_is_bounded_and_the_oldest_makes_room() {
    let config = RoomConfig { held_max: 1, ..RoomConfig::default() };
    let mut scene = Scene::with(config, RoomRecord::default());
    scene.play(
        "bob: hmm one => msg_rejected
         cat: hmm two => msg_rejected
         ! held spam hmm one (mods) | Expired by nobody (mods) | told msg_rejected_mandatory (to 8) | held spam hmm two (mods)",
    );
    let held = scene.ask("moda", Command::Ask(Question::Held)).expect("a list");
    assert!(matches!(held.list, Some(List::Held(list)) if list.len() == 1));
}

#[test]
fn an_allowed_message_comes_to_the_connection_that_sent_it_too() {
    let mut scene = Scene::new();
    let (now, bob) = (scene.now(), Caller { connection: Some(ConnectionId(3)), ..caller("bob") });
    let hmm = Command::Say { text: "hmm".into(), action: false, reply_to: None, nonce: None };
    let refused = scene.room.ask(now, &bob, hmm, None, &mut scene.out);
    assert_eq!(ids(&refused), "msg_rejected");
    let held = scene.last_line().expect("held");
    assert_eq!(held.origin, bob.connection);
    let allow = Command::Decide { message: held.id, allow: true };
    assert_eq!(scene.ids("moda", allow), "automod_allow");
    assert_eq!(scene.last_line().expect("a line").origin, None, "it was told that it was not sent");
}
