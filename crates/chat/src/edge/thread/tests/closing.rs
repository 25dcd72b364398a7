//! What a client is sent once its connection closes, and what not.

use super::*;
use crate::command::Outcome;

const CLOSED: &[u8] = b"\x88\x18\x03\xe9your sign-in has ended";

/// A native client in its room, with all that it was sent so far read.
fn reader(stage: &mut Stage) -> (u32, TcpStream) {
    let (slot, mut client) = stage.client(Tongue::Native, Some(maya()));
    stage.lets_in(slot, "[[\"hi\"]]", Some(1));
    until(&mut client, "[[\"hi\"]]");
    (slot, client)
}

/// Its sign-in ends.
fn ends(stage: &mut Stage) {
    let at = stage.thread.now;
    stage.thread.note(Note::End(Credential::Token(TOKEN), at));
}

/// A late answer to something that the client asked.
fn answers_late(stage: &mut Stage, slot: u32) {
    let outcome = Outcome::default();
    stage.answers(slot, Reply::Answer { channel: room().channel, nonce: None, result: Ok(outcome) });
}

fn rest(client: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    client.read_to_end(&mut all).expect("is closed");
    all
}

#[test]
fn an_answer_after_the_close_does_not_break_the_connection_off() {
    let mut stage = Stage::new();
    let (slot, mut client) = reader(&mut stage);
    ends(&mut stage);
    answers_late(&mut stage, slot);
    assert!(stage.thread.ending.is_empty(), "it has its time to answer the close");
    assert_eq!(rest(&mut client), CLOSED);
}

#[test]
fn behind_a_close_that_waits_comes_nothing() {
    let mut stage = Stage::new();
    let (slot, mut client) = reader(&mut stage);
    stage.thread.at(slot).expect("is here").blocked = true;
    ends(&mut stage);
    answers_late(&mut stage, slot);
    stage.thread.ready(slot, false, false, true);
    stage.thread.remove(slot);
    assert_eq!(rest(&mut client), CLOSED);
}

#[test]
fn a_farewell_that_is_due_does_not_put_a_close_off() {
    let mut stage = Stage::new();
    let (slot, mut client) = reader(&mut stage);
    stage.thread.note(Note::Reconnect(Duration::from_secs(3_600), None));
    ends(&mut stage);
    let end_s = stage.thread.at(slot).expect("is here").end_s;
    assert_eq!(end_s, stage.thread.now_s + 5);
    stage.thread.now += Duration::from_secs(7_200);
    stage.thread.send_farewells();
    assert!(stage.thread.farewells.is_empty(), "its moment has come");
    assert_eq!(stage.thread.at(slot).expect("is here").end_s, end_s);
    assert_eq!(rest(&mut client), CLOSED);
}
