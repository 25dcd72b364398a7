//! Coming in and signing in, in whatever order the answers come.

use super::*;
use crate::event::{Audience, Badges, Became, Happening};

const AUTH: &str = r#"{"t":"auth","token":"maya's"}"#;

#[test]
fn who_signs_in_before_the_room_answers_is_introduced_when_it_has() {
    let mut stage = Stage::new();
    let (slot, mut client) = stage.client(Tongue::Native, None);
    stage.says(slot, AUTH);
    assert_eq!(stage.asked.take(), ["join maya as nobody", "authenticate maya's"]);
    stage.answers(slot, Reply::Account(Some(maya())));
    assert!(stage.asked.take().is_empty(), "the room has not even let it in");
    stage.lets_in(slot, "[[\"hi\"]]", None);
    assert_eq!(stage.asked.take(), ["join maya again as maya"]);
    stage.lets_in(slot, "[[\"you\"]]", Some(1));
    assert!(stage.asked.take().is_empty(), "once");
    until(&mut client, "[[\"you\"]]");
    let connection = stage.thread.at(slot).expect("is here");
    assert!(connection.rooms[0].sight.moderates(), "what is held is shown to it");
}

#[test]
fn who_signs_in_after_the_room_answered_is_introduced_at_once() {
    let mut stage = Stage::new();
    let (slot, _client) = stage.client(Tongue::Native, None);
    stage.lets_in(slot, "[[\"hi\"]]", None);
    stage.says(slot, AUTH);
    stage.answers(slot, Reply::Account(Some(maya())));
    assert_eq!(stage.asked.take(), ["join maya as nobody", "authenticate maya's", "join maya again as maya"]);
    stage.thread.remove(slot);
    assert_eq!(stage.asked.take(), ["part 7 as maya"]);
}

#[test]
fn what_somebody_became_before_the_greeting_came_is_told_behind_it() {
    let mut stage = Stage::new();
    let (slot, mut client) = stage.client(Tongue::Native, Some(maya()));
    let badges = Badges { moderator: true, ..Badges::default() };
    let what = Happening::YouChanged(Box::new(Became { badges, role: true, ..Became::default() }));
    stage.happens(&room(), testing::event(1, Audience::User(maya().id), what));
    let reply = Reply::Joined {
        channel: room().channel,
        epoch: 1,
        seq: 0,
        greeting: b"[[\"hi\"]]".to_vec(),
        moderates: false,
        given: Some(1),
    };
    stage.answers(slot, reply);
    let said = until(&mut client, "moderator");
    assert!(said.find("[\"hi\"]") < said.find("[\"you\""), "{said}");
    assert!(stage.thread.at(slot).expect("is here").rooms[0].sight.moderates());
}

#[test]
fn who_leaves_before_it_was_introduced_leaves_as_nobody() {
    let mut stage = Stage::new();
    let (slot, _client) = stage.client(Tongue::Native, None);
    stage.says(slot, AUTH);
    stage.answers(slot, Reply::Account(Some(maya())));
    stage.asked.take();
    stage.thread.remove(slot);
    assert_eq!(stage.asked.take(), ["part 7 as nobody"], "the room knows nobody of that name");
}

#[test]
fn who_came_with_an_account_leaves_with_it() {
    let mut stage = Stage::new();
    let (slot, _client) = stage.client(Tongue::Native, Some(maya()));
    stage.lets_in(slot, "[[\"hi\"]]", Some(1));
    stage.thread.remove(slot);
    assert_eq!(stage.asked.take(), ["join maya as maya", "part 7 as maya"]);
}
