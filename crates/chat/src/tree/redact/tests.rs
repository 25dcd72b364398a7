//! What is left of frames of which something was taken back, as text.

use super::*;
use crate::event::{Audience, ConnectionId, Event, Fate, Happening, Held, Parent, ThreadTop};
use crate::tree::encode::{Encoder, Wire};
use crate::tree::frame::{Share, Viewer};
use crate::tree::language::{Want, Wants};
use crate::tree::testing::{account, event, line, room};

/// A line by `login` with a text of its own, which answers message `to`, if that is one.
fn says(seq: u64, login: &str, to: Option<(u64, &str)>) -> (Event, bool) {
    let mut event = line(seq, login);
    if let Happening::Line(line) = &mut event.what {
        line.text = format!("words{seq}").into();
        line.parent = to.map(|(id, login)| {
            let author = account(login);
            let (id, display) = (MessageId(id), author.display);
            let login = author.login;
            let thread = ThreadTop { id, author: author.id, login: login.clone(), display: display.clone() };
            let text = format!("words{id}").into();
            Box::new(Parent { id, author: author.id, login, display, text, thread })
        });
    }
    (event, true)
}

fn frame(events: &[(Event, bool)]) -> Frame {
    let wants = [true, false]
        .into_iter()
        .fold(Wants::default(), |wants, full| wants.and(Want::new(Language::Native, false, full)));
    Encoder::default().frames(&room(), 9, events, wants, &Wire::default()).remove(0)
}

fn told(frame: &Frame, full: bool) -> String {
    let viewer = Viewer {
        connection: ConnectionId(1),
        language: Language::Native,
        deflate: false,
        framed: false,
        full,
        moderates: false,
        had: false,
        account: None,
    };
    match frame.share(&viewer, frame.first) {
        Share::Bytes(bytes) => String::from_utf8(bytes.to_vec()).expect("text"),
        other => panic!("{other:?}"),
    }
}

/// Which of `words1` … `words9` stand in a frame for all, and how many times.
fn words(frame: &Frame) -> String {
    let text = told(frame, true);
    serde_json::from_str::<serde_json::Value>(&text).expect("still JSON");
    let count = |n: &u64| text.matches(&format!("\"words{n}\"")).count();
    (1..10).filter(|n| count(n) > 0).map(|n| format!("{n}x{}", count(&n))).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_taken_back_is_not_read_any_more_nor_quoted() {
    let whole = frame(&[says(1, "kees", None), says(2, "noor", Some((1, "kees"))), says(3, "kees", None)]);
    assert_eq!(words(&whole), "1x2 2x1 3x1");
    let kees = account("kees").id;
    for (removal, before, left) in [
        (Removal::Message(MessageId(1)), u32::MAX, "2x1 3x1"),
        (Removal::Message(MessageId(2)), u32::MAX, "1x1 3x1"),
        (Removal::Author(kees), u32::MAX, "2x1"),
        (Removal::Author(kees), 2, "2x1 3x1"),
        (Removal::Everything, u32::MAX, ""),
    ] {
        let rest = whole.without(removal, before).expect("something is taken back");
        assert_eq!(words(&rest), left, "{removal:?} before {before}");
        assert!(told(&rest, true).ends_with(r#",["at","9",3]]"#) || left.is_empty());
        assert_eq!((rest.first, rest.last, rest.len()), (1, 3, 3), "numbers stay");
        assert_eq!(rest.without(removal, before), None, "once");
    }
    assert_eq!(whole.without(Removal::Message(MessageId(7)), u32::MAX), None);
    assert_eq!(whole.without(Removal::Everything, 0), None);
}

#[test]
fn the_sampled_view_is_redacted_too() {
    let mut events = [says(1, "kees", None), says(2, "noor", None), says(3, "kees", None)];
    events[1].1 = false;
    let whole = frame(&events);
    let rest = whole.without(Removal::Message(MessageId(1)), u32::MAX).expect("one");
    let text = told(&rest, false);
    assert!(text.contains("words3") && !text.contains("words1") && !text.contains("words2"), "{text}");
    assert!(text.contains(r#"["v",1]"#), "{text}");
}

#[test]
fn a_held_message_is_replayed_until_it_is_denied_or_what_was_allowed_is_deleted() {
    let held = |seq| {
        let Happening::Line(line) = says(1, "kees", None).0.what else { unreachable!("a line") };
        let held = Held { line, category: "spam".into(), level: 1, spans: Vec::new() };
        (event(seq, Audience::Everyone, Happening::Held(Box::new(held))), true)
    };
    let decided = |fate| {
        let what = Happening::HeldDecided { id: MessageId(1), fate, by: None };
        (event(2, Audience::Everyone, what), true)
    };
    for (fate, left) in [(Fate::Allowed, "1x1"), (Fate::Denied, ""), (Fate::Expired, "")] {
        let frame = frame(&[held(1), decided(fate)]);
        let rest = frame
            .removals
            .iter()
            .fold(frame.clone(), |frame, (removal, at)| frame.without(*removal, *at).unwrap_or(frame));
        assert_eq!(words(&rest), left, "{fate:?}");
        assert_eq!(words(&rest.without(Removal::Message(MessageId(1)), 2).unwrap_or(rest)), "", "deleted");
    }
}

#[test]
fn announcements_and_pins_hold_words_too() {
    let Happening::Line(said) = says(1, "kees", None).0.what else { unreachable!("a line") };
    let announced = Happening::Announcement { line: said, colour: "BLUE".into() };
    let frame = frame(&[(event(1, Audience::Everyone, announced), true)]);
    assert_eq!(words(&frame), "1x1");
    assert_eq!(words(&frame.without(Removal::Everything, 1).expect("one")), "");
}
