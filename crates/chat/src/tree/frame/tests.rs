//! What each reader gets of a frame, as data.

use super::*;
use crate::command::Account;
use crate::event::{Event, Happening};
use crate::tree::encode::Encoder;
use crate::tree::language::{Want, Wants};
use crate::tree::testing::{self, Plainly, account, line, room};
use crate::websocket::deflate::Inflater;
use crate::wire::irc::render::Caps;
use domain::rooms::Suspicion;
use std::sync::Arc;

const IRC: Language = Language::Irc(Caps { tags: false, commands: false, membership: false });

fn viewer(language: Language, account: Option<&Account>) -> Viewer<'_> {
    Viewer {
        connection: ConnectionId(1),
        language,
        deflate: false,
        framed: false,
        full: true,
        moderates: false,
        had: false,
        account,
    }
}

fn all_wanted() -> Wants {
    [Language::Native, IRC].into_iter().fold(Wants::default(), |wants, language| {
        [(false, false), (false, true), (true, false), (true, true)]
            .into_iter()
            .fold(wants, |wants, (deflate, full)| wants.and(Want::new(language, deflate, full)))
    })
}

/// Frames of events, of which the sample has those with true.
fn frames(events: Vec<(Event, bool)>) -> Vec<Arc<Frame>> {
    let frames = Encoder::default().frames(&room(), 9, &events, all_wanted(), &Plainly);
    frames.into_iter().map(Arc::new).collect()
}

/// One frame of lines of `maya` with numbers 1, 2, …, some of them changed.
fn frame(lines: u64, change: impl Fn(&mut Event, &mut bool)) -> Arc<Frame> {
    let events = (1..=lines).map(|seq| {
        let (mut event, mut sampled) = (line(seq, "maya"), true);
        change(&mut event, &mut sampled);
        (event, sampled)
    });
    let mut frames = frames(events.collect());
    assert_eq!(frames.len(), 1);
    frames.remove(0)
}

fn edit(event: &mut Event, change: impl FnOnce(&mut crate::event::Line)) {
    if let Happening::Line(line) = &mut event.what {
        change(line);
    }
}

/// What a viewer is written, as text without header.
fn told(frame: &Frame, viewer: &Viewer<'_>, from: u64) -> String {
    match frame.share(viewer, from) {
        Share::Nothing => String::new(),
        Share::Bytes(bytes) => String::from_utf8(bytes.to_vec()).expect("text"),
        Share::Unspoken => "unspoken".into(),
    }
}

#[test]
fn everybody_gets_the_same_bytes() {
    let frame = frame(2, |_, _| {});
    let reader = viewer(Language::Native, None);
    assert_eq!(told(&frame, &reader, 1), r#"[["1 hello"],["2 hello"],["at","9",2]]"#);
    let (Share::Bytes(a), Share::Bytes(b)) = (frame.share(&reader, 1), frame.share(&reader, 1)) else {
        panic!("bytes")
    };
    assert_eq!(a.as_ptr(), b.as_ptr(), "no copy");
    assert_eq!(told(&frame, &viewer(IRC, None), 1), "1 hello\r\n2 hello\r\n");
    let Share::Bytes(framed) = frame.share(&Viewer { framed: true, ..viewer(IRC, None) }, 1) else {
        panic!("bytes")
    };
    assert_eq!(&framed[..2], [0x81, 18]);
}

#[test]
fn a_joiner_gets_what_it_has_not_seen() {
    let frame = frame(3, |_, _| {});
    let reader = viewer(Language::Native, None);
    assert_eq!(told(&frame, &reader, 3), r#"[["3 hello"],["at","9",3]]"#);
    assert_eq!(told(&frame, &reader, 4), "");
}

#[test]
fn an_irc_client_does_not_get_its_own_line_back_and_its_other_connections_do() {
    let frame = frame(2, |event, _| {
        let origin = (event.seq == 2).then_some(ConnectionId(1));
        edit(event, |line| line.origin = origin);
    });
    assert_eq!(told(&frame, &viewer(IRC, None), 1), "1 hello\r\n");
    let other = Viewer { connection: ConnectionId(2), ..viewer(IRC, None) };
    assert_eq!(told(&frame, &other, 1), "1 hello\r\n2 hello\r\n");
    assert!(told(&frame, &viewer(Language::Native, None), 1).contains("2 hello"), "native clients do");
}

#[test]
fn the_sampled_view_keeps_ones_own_lines_and_mentions() {
    let frame = frame(6, |event, sampled| {
        *sampled = event.seq == 1;
        let mentions = if event.seq == 3 { vec!["bob_99".parse().expect("a name")] } else { vec![] };
        edit(event, |line| line.mentions = mentions);
        if event.seq == 5 {
            *event = line(5, "anna");
        }
    });
    let (bob, anna) = (account("bob_99"), account("anna"));
    for (who, expected) in [
        (None, r#"[["1 hello"],["v",5],["at","9",6]]"#),
        (Some(&bob), r#"[["1 hello"],["3 hello"],["v",4],["at","9",6]]"#),
        (Some(&anna), r#"[["1 hello"],["5 hello"],["v",4],["at","9",6]]"#),
    ] {
        let reader = Viewer { full: false, ..viewer(Language::Native, who) };
        assert_eq!(told(&frame, &reader, 1), expected);
    }
    assert_eq!(told(&frame, &Viewer { full: false, ..viewer(IRC, None) }, 1), "1 hello\r\n");
    assert!(told(&frame, &viewer(Language::Native, None), 1).contains("6 hello"), "full is full");
}

#[test]
fn events_of_other_audiences_are_frames_of_their_own_in_their_order() {
    use crate::event::Audience::{EverybodyElse, Everyone, Moderators, ModeratorsAnd, User};
    let maya = account("maya");
    let late = EverybodyElse { author: maya.id, first: 4 };
    let audiences = [Everyone, Moderators, User(maya.id), ModeratorsAnd(maya.id), late, Everyone];
    let events = audiences
        .iter()
        .zip(1..)
        .map(|(audience, seq)| (testing::event(seq, *audience, Happening::RoomCleared), true));
    let frames = frames(events.collect());
    let seen = |reader: Viewer<'_>| {
        let seen = frames.iter().filter(|frame| frame.share(&reader, 1) != Share::Nothing);
        seen.map(|frame| frame.first).collect::<Vec<_>>()
    };
    let bob = account("bob_99");
    assert_eq!(seen(viewer(Language::Native, None)), [1, 5, 6]);
    assert_eq!(seen(viewer(Language::Native, Some(&bob))), [1, 5, 6]);
    assert_eq!(seen(Viewer { had: true, ..viewer(Language::Native, Some(&maya)) }), [1, 3, 4, 6]);
    let moderator = Viewer { moderates: true, ..viewer(Language::Native, Some(&bob)) };
    assert_eq!(seen(moderator), [1, 2, 4, 5, 6], "came while the message waited, after event 4");
    assert_eq!(seen(Viewer { had: true, ..moderator }), [1, 2, 4, 6]);
}

#[test]
fn only_moderators_see_who_is_watched() {
    let frame = frame(1, |event, _| edit(event, |line| line.suspicion = Some(Suspicion::Monitored)));
    assert_eq!(told(&frame, &viewer(IRC, None), 1), "1 hello\r\n");
    assert_eq!(told(&frame, &Viewer { moderates: true, ..viewer(IRC, None) }, 1), "!1 hello\r\n");
}

#[test]
fn what_must_reach_can_be_taken_out_alone() {
    let frame = frame(4, |event, _| {
        if event.seq % 2 == 0 {
            *event = testing::cleared(event.seq);
        }
    });
    let must = frame.only_must().expect("two of four");
    let reader = viewer(Language::Native, None);
    assert_eq!(told(&must, &reader, 1), r#"[["2 must"],["4 must"],["at","9",4]]"#);
    assert_eq!(told(&must, &viewer(IRC, None), 1), "2 must\r\n4 must\r\n");
    assert!(frames(vec![(line(1, "maya"), true)])[0].only_must().is_none());
}

#[test]
fn a_compressed_frame_inflates_to_the_plain_one() {
    let frame = frame(40, |_, _| {});
    let plain = told(&frame, &viewer(Language::Native, None), 1);
    let reader = Viewer { deflate: true, framed: true, ..viewer(Language::Native, None) };
    let Share::Bytes(bytes) = frame.share(&reader, 1) else { panic!("bytes") };
    assert_eq!(bytes[0], 0xc1);
    let head = if bytes[1] == 126 { 4 } else { 2 };
    let inflated = Inflater::default().inflate(&bytes[head..], 1 << 16).expect("inflates");
    assert_eq!(String::from_utf8(inflated).expect("text"), plain);
    assert!(bytes.len() < plain.len() / 2);
}

#[test]
fn a_language_that_nobody_read_is_unspoken() {
    let wants = Wants::default().and(Want::new(Language::Native, false, true));
    let made = Encoder::default().frames(&room(), 9, &[(line(1, "maya"), true)], wants, &Plainly);
    assert_eq!(told(&made[0], &viewer(IRC, None), 1), "unspoken");
}
