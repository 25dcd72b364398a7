//! What rooms say, and who of a thread is given it.

use super::*;
use crate::event::{Audience, Became, Happening};

fn anna() -> RoomName {
    RoomName { channel: ChannelId(1), login: "anna".parse().expect("a name") }
}

/// A client of IRC in its rooms: the room of maya, and anna's.
fn in_two_rooms(stage: &mut Stage) -> (u32, TcpStream) {
    let (slot, mut client) = stage.client(Tongue::IrcTcp, None);
    stage.comes(slot, b"CAP REQ :twitch.tv/commands\r\nPASS oauth:abc\r\nNICK maya\r\n");
    stage.answers(slot, Reply::Account(Some(maya())));
    stage.comes(slot, b"JOIN #maya,#anna\r\n");
    for room in [room(), anna()] {
        let (name, channel) = (room.login.as_str().into(), room.channel);
        stage.answers(slot, Reply::Channel { name, found: Some(channel) });
        let greeting = format!("HI #{}\r\n", room.login).into_bytes();
        let reply = Reply::Joined { channel, epoch: 1, seq: 0, greeting, moderates: false, given: Some(1) };
        stage.answers(slot, reply);
    }
    until(&mut client, "HI #anna\r\n");
    (slot, client)
}

#[test]
fn only_the_account_that_became_something_is_told_and_only_in_that_room() {
    let mut stage = Stage::new();
    let (_, mut irc) = in_two_rooms(&mut stage);
    let mut natives = [Some(maya()), Some(Arc::new(testing::account("bob_99"))), None].map(|account| {
        let given = account.as_ref().map(|_| 1);
        let (slot, client) = stage.client(Tongue::Native, account);
        stage.lets_in(slot, "[[\"hi\"]]", given);
        client
    });
    let what = Happening::YouChanged(Box::new(Became { role: true, ..Became::default() }));
    let you = testing::event(1, Audience::User(maya().id), what);
    // Without looking through the room's readers: there may be very many.
    let here = stage.thread.rooms.find(room().channel).expect("is read");
    let readers = std::mem::take(&mut stage.thread.rooms.get_mut(here).expect("is read").members);
    stage.happens(&room(), you);
    stage.thread.rooms.get_mut(here).expect("is read").members = readers;
    stage.thread.walk();
    for (channel, seq) in [(room(), 2), (anna(), 1)] {
        stage.happens(&channel, testing::line(seq, "cat"));
    }
    stage.thread.walk();
    let read = natives.each_mut().map(|client| until(client, "[\"at\",\"1\",2]").contains("[\"you\","));
    assert_eq!(read, [true, false, false]);
    let (mut said, mark) = (until(&mut irc, "PRIVMSG #maya"), "PRIVMSG #anna");
    if !said.contains(mark) {
        said += &until(&mut irc, mark);
    }
    assert_eq!(
        (said.matches("USERSTATE").count(), said.matches("USERSTATE #maya").count()),
        (1, 1),
        "{said}"
    );
}

#[test]
fn who_reads_two_rooms_is_given_both_at_once_and_after_a_backlog() {
    let mut stage = Stage::new();
    let (slot, mut client) = in_two_rooms(&mut stage);
    for (seq, blocked) in [(1, false), (2, true)] {
        stage.thread.at(slot).expect("is here").blocked = blocked;
        for channel in [room(), anna()] {
            stage.happens(&channel, testing::line(seq, "cat"));
        }
        stage.thread.walk();
        stage.thread.ready(slot, false, false, true);
        let mut said = until(&mut client, "PRIVMSG #maya");
        if !said.contains("PRIVMSG #anna") {
            said += &until(&mut client, "PRIVMSG #anna");
        }
        assert_eq!(said.matches("PRIVMSG").count(), 2, "{said}");
    }
}

#[test]
fn a_frame_of_one_room_makes_nobody_look_into_the_others() {
    let mut stage = Stage::new();
    let (slot, mut client) = in_two_rooms(&mut stage);
    stage.happens(&anna(), testing::line(1, "cat"));
    stage.thread.walk();
    until(&mut client, "PRIVMSG #anna");
    // As if it had not got that: whoever looks gives it once more.
    let [.., others] = &mut *stage.thread.at(slot).expect("is here").rooms else { panic!("two rooms") };
    others.place = Some(others.began);
    stage.happens(&room(), testing::line(1, "cat"));
    stage.thread.walk();
    stage.thread.remove(slot);
    let mut said = String::new();
    client.read_to_string(&mut said).expect("is closed");
    assert!(said.contains("PRIVMSG #maya") && !said.contains("PRIVMSG #anna"), "{said}");
}
