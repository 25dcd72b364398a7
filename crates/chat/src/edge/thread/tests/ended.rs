//! Sign-ins that end while they are on their way.

use domain::secrets::Secret;

use super::*;
use crate::edge::handle::EdgeHandle;

const ACCOUNT: Credential = Credential::Account(UserId(7));

fn hash(token: &str) -> [u8; 32] {
    Secret::presented(token).hash().0
}

/// Something ends so many seconds after the thread began.
fn ends(stage: &mut Stage, credential: Credential, after_s: u64) {
    let at = stage.thread.started + Duration::from_secs(after_s);
    stage.thread.note(Note::End(credential, at));
}

#[test]
fn what_ends_while_it_is_looked_up_lets_nobody_in() {
    for tongue in [Tongue::Native, Tongue::IrcTcp] {
        for ended in [ACCOUNT, Credential::Token(hash("abc"))] {
            let mut stage = Stage::new();
            let (slot, mut client) = stage.client(tongue, None);
            match tongue {
                Tongue::Native => stage.says(slot, r#"{"t":"auth","token":"abc"}"#),
                _ => stage.comes(slot, b"PASS oauth:abc\r\nNICK maya\r\n"),
            }
            ends(&mut stage, ended, 0);
            stage.answers(slot, Reply::Account(Some(maya())));
            assert!(stage.thread.at(slot).is_none_or(|c| c.closing), "{tongue:?} {ended:?}");
            let mut all = Vec::new();
            client.read_to_end(&mut all).expect("is closed");
            let told = String::from_utf8_lossy(&all).contains("your sign-in has ended");
            assert_eq!(told, tongue == Tongue::Native, "lines over TCP end without a word");
        }
    }
}

#[test]
fn what_ends_while_its_socket_is_handed_over_lets_nobody_in() {
    for ended in [ACCOUNT, Credential::Token(TOKEN)] {
        let mut stage = Stage::new();
        ends(&mut stage, ended, 0);
        let (_, mut client) = stage.client(Tongue::Native, Some(maya()));
        until(&mut client, "your sign-in has ended");
        assert!(stage.asked.take().is_empty(), "no room was asked");
    }
}

#[test]
fn what_is_asked_after_an_end_is_not_passed_on_though_the_thread_has_not_looked_at_its_notes() {
    for end in [|edge: &EdgeHandle| edge.end(ACCOUNT), EdgeHandle::come_again] {
        let mut stage = Stage::new();
        let (slot, mut client) = stage.client(Tongue::Native, Some(maya()));
        stage.lets_in(slot, "[[\"hi\"]]", Some(1));
        let says = r#"{"t":"say","text":"hello","n":"1"}"#;
        stage.says(slot, says);
        assert_eq!(stage.asked.take(), ["join maya as maya", "command of maya in 7"]);
        end(&EdgeHandle(Arc::clone(&stage.thread.shared)));
        stage.says(slot, says);
        assert!(stage.asked.take().is_empty());
        client.read_to_end(&mut Vec::new()).expect("is closed");
    }
}

#[test]
fn who_is_on_the_way_when_ends_may_have_been_missed_has_to_come_again() {
    let mut stage = Stage::new();
    let at = stage.thread.started;
    stage.thread.note(Note::ComeAgain(at));
    let (_, mut client) = stage.client(Tongue::Native, Some(maya()));
    until(&mut client, "please connect again");
    stage.client(Tongue::Native, None);
    assert_eq!(stage.asked.take(), ["join maya as nobody"], "what nobody has does not end");
}

#[test]
fn who_comes_again_does_not_go_on_from_a_ring_that_may_have_missed_something() {
    let mut stage = Stage::new();
    let (slot, mut client) = stage.client(Tongue::Native, None);
    stage.lets_in(slot, "[[\"hi\"]]", None);
    stage.happens(&room(), testing::line(1, "cat"));
    stage.thread.walk();
    until(&mut client, "[\"at\",\"1\",1]");
    let at = stage.thread.started;
    let comes = |stage: &mut Stage| {
        stage.asked.take();
        stage.client_after(Tongue::Native, None, Some((1, 1)));
        stage.asked.take()
    };
    assert_eq!(comes(&mut stage), ["join maya after 1.1 as nobody"]);
    // The first client takes its time to go, and holds the room.
    stage.thread.note(Note::ComeAgain(at));
    assert_eq!(comes(&mut stage), ["join maya as nobody"]);
    stage.happens(&room(), testing::line(5, "cat"));
    assert_eq!(comes(&mut stage), ["join maya as nobody"], "events 2 to 4 never came");
}

#[test]
fn frames_that_came_before_a_hole_are_in_no_ring_after_it() {
    let mut stage = Stage::new();
    let (slot, _client) = stage.client(Tongue::Native, Some(maya()));
    stage.lets_in(slot, "[[\"hi\"]]", Some(1));
    stage.thread.inbox.leave(stage.frames(&room(), testing::line(1, "cat")));
    EdgeHandle(Arc::clone(&stage.thread.shared)).come_again();
    // Hears out of turn that it is to come again.
    stage.says(slot, r#"{"t":"say","text":"hello","n":"1"}"#);
    let mut notes = Vec::new();
    stage.thread.inbox.take(&mut notes);
    notes.into_iter().for_each(|note| stage.thread.note(note));
    stage.asked.take();
    stage.client_after(Tongue::Native, None, Some((1, 1)));
    assert_eq!(stage.asked.take(), ["join maya as nobody"]);
}

#[test]
fn who_was_looked_up_after_the_end_and_who_is_somebody_else_come_in() {
    let mut stage = Stage::new();
    ends(&mut stage, Credential::Account(UserId(8)), 0);
    ends(&mut stage, Credential::Token(hash("another")), 0);
    stage.client(Tongue::Native, Some(maya()));
    assert_eq!(stage.asked.take(), ["join maya as maya"]);
    stage.thread.now = stage.thread.started + Duration::from_secs(2);
    ends(&mut stage, ACCOUNT, 1);
    let (slot, mut client) = stage.client(Tongue::Native, None);
    stage.says(slot, r#"{"t":"auth","token":"abc"}"#);
    stage.answers(slot, Reply::Account(Some(maya())));
    stage.lets_in(slot, "[[\"hi\"]]", None);
    until(&mut client, "[[\"hi\"]]");
    let asked = stage.asked.take();
    assert_eq!(asked.last().map(String::as_str), Some("join maya again as maya"), "it was only changed");
}
