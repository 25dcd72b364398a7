//! Who gets a message that waits, and when, as tables.

use std::sync::Arc;

use super::*;
use crate::edge::ring::RingConfig;
use crate::event::{ConnectionId, Event};
use crate::tree::encode::Encoder;
use crate::tree::language::{Language, Want, Wants};
use crate::tree::testing::{Plainly, account, line, room};

/// A ring of lines of bob with numbers from 1 on, for these audiences, and a place in it.
fn ring(audiences: &[Audience]) -> (Ring, Place) {
    let events: Vec<(Event, bool)> =
        (1..).zip(audiences).map(|(seq, to)| (Event { audience: *to, ..line(seq, "bob") }, true)).collect();
    let wants = Wants::default().and(Want::new(Language::Native, false, true));
    let now = runtime::clock::now();
    let mut ring = Ring::new(RingConfig::default());
    for frame in Encoder::default().frames(&room(), 9, &events, wants, &Plainly) {
        ring.push(now, Arc::new(frame));
    }
    let start = ring.after(9, 0);
    (ring, start)
}

fn viewer<'a>(moderates: bool, account: Option<&'a Account>) -> Viewer<'a> {
    Viewer {
        connection: ConnectionId(1),
        language: Language::Native,
        deflate: false,
        framed: false,
        full: true,
        moderates,
        had: false,
        account,
    }
}

#[test]
fn a_message_that_waited_reaches_whoever_has_not_got_it() {
    let bob = account("bob");
    let anna = account("anna");
    // Said as event 3, for everybody as event 6.
    let late = Audience::EverybodyElse { author: bob.id, first: 3 };
    let (ring, start) = ring(&[Audience::Everyone, late]);
    let (frame, _) = ring.between(start.with_seq(2), ring.end()).next().expect("the second");
    let at = |seq| start.with_seq(seq);
    let became = |from_now_on: bool, seq| {
        let mut sight = Sight::new(!from_now_on, at(1));
        sight.becomes(from_now_on, at(seq));
        assert_eq!(sight.moderates(), from_now_on);
        sight
    };
    let again = {
        let mut sight = became(false, 4);
        sight.becomes(true, at(5));
        sight
    };
    for (who, sight, account, had) in [
        ("a viewer", Sight::new(false, at(1)), Some(&anna), false),
        ("nobody", Sight::default(), None, false),
        ("nobody so far", Sight::default(), Some(&bob), false),
        ("a moderator", Sight::new(true, at(1)), Some(&anna), true),
        ("a moderator who came with it", Sight::new(true, at(3)), Some(&anna), true),
        ("a moderator who came after it", Sight::new(true, at(4)), Some(&anna), false),
        ("its author", Sight::new(false, at(3)), Some(&bob), true),
        ("its author, from elsewhere, since", Sight::new(false, at(4)), Some(&bob), false),
        ("a moderator since", became(true, 4), Some(&anna), false),
        ("a moderator since before", became(true, 3), Some(&anna), true),
        ("a moderator until after it", became(false, 4), Some(&anna), true),
        ("a moderator until after it, and again", again, Some(&anna), true),
        ("a moderator until before it", became(false, 3), Some(&anna), false),
    ] {
        assert_eq!(sight.had(frame, ring.end(), account), had, "{who}");
    }
}

#[test]
fn who_signs_in_is_given_what_was_for_it_alone() {
    use Audience::{EverybodyElse, Everyone, Moderators, ModeratorsAnd, User};
    let (maya, bob) = (account("maya"), account("bob"));
    let (ring, start) = ring(&[
        Moderators,                                 // 1: before it read here
        ModeratorsAnd(bob.id),                      // 2
        Everyone,                                   // 3
        Moderators,                                 // 4
        Moderators,                                 // 5
        ModeratorsAnd(bob.id),                      // 6: waits still
        EverybodyElse { author: bob.id, first: 2 }, // 7
        User(maya.id),                              // 8
        User(bob.id),                               // 9
        ModeratorsAnd(bob.id),                      // 10: not read yet
    ]);
    let missed = |from, moderates, account| {
        let words =
            missed(&ring, &viewer(moderates, Some(account)), start.with_seq(from), start.with_seq(10));
        String::from_utf8(words).expect("text")
    };
    let (moderator, viewer) = (missed(2, true, &maya), missed(2, false, &maya));
    assert_eq!(moderator, r#"[["4 hello"],["5 hello"],["6 hello"],["8 hello"],["at","9",9]]"#);
    assert_eq!(viewer, r#"[["8 hello"],["at","9",9]]"#);
    assert_eq!(missed(5, true, &maya), r#"[["5 hello"],["6 hello"],["8 hello"],["at","9",9]]"#);
    assert_eq!(missed(2, false, &bob), r#"[["6 hello"],["9 hello"],["at","9",9]]"#);
    assert_eq!(missed(9, true, &maya), "", "nothing is no payload");
}
