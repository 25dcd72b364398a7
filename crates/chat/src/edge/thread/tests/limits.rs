//! What one client may ask for, over however many questions at once.

use super::*;
use crate::edge::rates::RateConfig;

/// A thread that lets a connection into two rooms.
fn two_rooms() -> Stage {
    let rates = RateConfig { rooms_max: 2, ..RateConfig::default() };
    Stage::with(EdgeConfig { rates, ..EdgeConfig::default() })
}

/// A client of IRC that is welcome, as maya.
fn irc(stage: &mut Stage) -> (u32, TcpStream) {
    let (slot, client) = stage.client(Tongue::IrcTcp, None);
    stage.comes(slot, b"CAP REQ :twitch.tv/tags twitch.tv/commands\r\nPASS oauth:abc\r\nNICK maya\r\n");
    stage.answers(slot, Reply::Account(Some(maya())));
    stage.asked.take();
    (slot, client)
}

/// The rooms' numbers are found, one after the other.
fn found(stage: &mut Stage, slot: u32, rooms: &[(&str, u64)]) {
    for (name, id) in rooms {
        stage.answers(slot, Reply::Channel { name: (*name).into(), found: Some(ChannelId(*id)) });
    }
}

#[test]
fn joins_at_once_are_counted_together() {
    let mut stage = two_rooms();
    let (slot, mut client) = irc(&mut stage);
    stage.comes(slot, b"JOIN #anna,#bob_99,#cat,#dora\r\n");
    found(&mut stage, slot, &[("anna", 1), ("bob_99", 2), ("cat", 3), ("dora", 4)]);
    let asked = stage.asked.take();
    let joined: Vec<&str> = asked.iter().map(String::as_str).filter(|a| a.starts_with("join ")).collect();
    assert_eq!(joined, ["join anna as maya", "join bob_99 as maya"]);
    let said = until(&mut client, "NOTICE #dora");
    assert!(said.contains("@msg-id=msg_ratelimit :tmi.twitch.tv NOTICE #cat :"), "{said}");
    stage.comes(slot, b"PART #anna\r\nJOIN #cat\r\n");
    found(&mut stage, slot, &[("cat", 3)]);
    assert_eq!(stage.asked.take(), ["part 1 as maya", "find cat", "join cat as maya"]);
}

#[test]
fn a_message_to_a_room_is_not_taken_for_a_join_that_was_refused() {
    let mut stage = two_rooms();
    let (slot, mut client) = irc(&mut stage);
    stage.comes(slot, b"JOIN #anna,#bob_99\r\n");
    found(&mut stage, slot, &[("anna", 1), ("bob_99", 2)]);
    stage.asked.take();
    stage.comes(slot, b"PRIVMSG #cat :hello\r\nJOIN #cat\r\n");
    found(&mut stage, slot, &[("cat", 3)]);
    assert_eq!(stage.asked.take(), ["find cat", "command of maya in 3"]);
    until(&mut client, "@msg-id=msg_ratelimit :tmi.twitch.tv NOTICE #cat :");
}

#[test]
fn lines_of_one_frame_are_counted_one_by_one() {
    let mut stage = Stage::new();
    let (slot, mut client) = stage.client(Tongue::IrcWebSocket, None);
    let start = "CAP REQ :twitch.tv/tags\r\nPASS x\r\nNICK justinfan1\r\n";
    let joins: String = (0..100).map(|n| format!("JOIN #channel_{n}\r\n")).collect();
    stage.says(slot, &format!("{start}{joins}\r\n"));
    until(&mut client, " 376 ");
    assert_eq!(stage.asked.take().len(), 100, "that is how clients begin");
    // Five seconds' worth, with what came before.
    stage.says(slot, &"PING\r\n".repeat(300 - 103));
    assert!(!stage.thread.at(slot).expect("is here").closing);
    stage.says(slot, "\r\nPING\r\n\r\n");
    until(&mut client, "you send too many messages");
}

#[test]
fn who_is_one_too_many_is_told_so_and_takes_no_place() {
    let mut stage = Stage::with(EdgeConfig { connections_max: 1, ..EdgeConfig::default() });
    let (slot, first) = stage.client(Tongue::Native, None);
    let (_, mut second) = stage.client(Tongue::Native, None);
    until(&mut second, "this server is full");
    assert_eq!((stage.thread.slots.len(), stage.thread.inbox.connections.load(Ordering::Relaxed)), (1, 1));
    let before = stage.thread.at(slot).expect("is here").id;
    stage.thread.remove(slot);
    drop(first);
    let (again, _client) = stage.client(Tongue::Native, Some(maya()));
    let after = stage.thread.at(again).expect("is here").id;
    assert_eq!(again, slot);
    assert_ne!(before, after, "an answer to the one that is gone is for nobody");
    assert_eq!(stage.thread.shared.people.of(maya().id), [after]);
}
