//! Every element of `docs/api/chat.md`, byte for byte, and as JSON.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::{ChannelId, EmoteId, MessageId, ModEntryId, UserId};
use domain::names::Name;
use domain::rooms::{ModEntry, Person, Pinned, RoomSettings, Suspicion};
use domain::time::WallTime;

use super::line as line_of;
use super::*;
use crate::command::{Account, Refusal};
use crate::event::{
    Audience, Author, Badges, EmoteSpan, Event, Fate, Happening, Held, Line, OwnBan, Parent, ThreadTop,
};

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn line(text: &str) -> Line {
    let badges = Badges { moderator: true, subscriber: Some((2, 14)), ..Badges::default() };
    let author =
        Author { id: UserId(77), login: name("kees"), display: "Kees".into(), colour: 0x1E90FF, badges };
    Line {
        id: MessageId(901),
        author: Arc::new(author),
        text: text.into(),
        action: false,
        emotes: Vec::new(),
        parent: None,
        nonce: None,
        at: WallTime::from_unix_ms(1_790_000_000_123),
        first: false,
        suspicion: None,
        origin: None,
        mentions: Vec::new(),
    }
}

/// What `write` appends, which must be one JSON value.
fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    let text = String::from_utf8(out).expect("text");
    serde_json::from_str::<serde_json::Value>(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    text
}

fn told(what: Happening, marks: Marks) -> String {
    let at = WallTime::from_unix_ms(1_790_000_000_500);
    let event = Event { seq: 1, channel: ChannelId(12), audience: Audience::Everyone, what, at };
    written(|out| assert!(super::event(&event, marks, out)))
}

fn check(what: Happening, expected: &str) {
    assert_eq!(told(what, Marks::Hidden), expected);
}

const HI: &str = r##"["m","901",1790000000123,"77","Kees","moderator,subscriber/14/2","1e90ff","hi"]"##;

#[test]
fn a_plain_message_has_eight_elements() {
    check(Happening::Line(line("hi")), HI);
}

#[test]
fn the_ninth_element_has_what_is_not_plain() {
    let mut said = line("🎉 Kappa \"x\"");
    said.author = Arc::new(Author { display: "キース".into(), ..(*said.author).clone() });
    said.action = true;
    said.emotes = vec![EmoteSpan { id: EmoteId(25), start: 2, end: 6 }];
    let thread =
        ThreadTop { id: MessageId(899), author: UserId(78), login: name("ada"), display: "Ada".into() };
    said.parent = Some(Box::new(Parent {
        id: MessageId(900),
        author: UserId(78),
        login: name("ada"),
        display: "Ada".into(),
        text: "live?".into(),
        thread,
    }));
    said.nonce = Some("n1".into());
    said.first = true;
    said.suspicion = Some(Suspicion::Monitored);
    let head = r#"["m","901",1790000000123,"77","キース","moderator,subscriber/14/2","1e90ff","🎉 Kappa \"x\"",{"l":"kees","a":1,"e":[["25",3,8]],"r":{"id":"900","user":"78","login":"ada","display":"Ada","text":"live?","top":"899"},"n":"n1","f":1"#;
    check(Happening::Line(said.clone()), &format!("{head}}}]"));
    assert_eq!(
        told(Happening::Line(said.clone()), Marks::Shown),
        format!(r#"{head},"s":"monitored"}}]"#),
        "only moderators are told of a watch"
    );
    let note = LineNote { history: true, marks: false };
    assert_eq!(written(|out| line_of(&said, note, out)), format!(r#"{head},"h":1}}]"#));
}

#[test]
fn what_is_taken_back_is_named() {
    let deleted = Happening::MessageDeleted { id: MessageId(901), login: name("kees"), text: "x".into() };
    check(deleted, r#"["d","901","kees"]"#);
    check(Happening::RoomCleared, r#"["c"]"#);
    for (seconds, shown) in [(Some(600), "600"), (None, "null"), (Some(0), "0")] {
        let cleared = Happening::UserCleared { user: UserId(77), login: name("kees"), seconds };
        check(cleared, &format!(r#"["c","77","kees",{shown}]"#));
    }
}

#[test]
fn modes_pins_announcements_and_notices_are_told() {
    let settings = RoomSettings { slow_s: 30, followers_min: Some(0), ..RoomSettings::default() };
    let modes = Happening::Modes {
        settings: Box::new(settings),
        before: Box::default(),
        notices: vec![("slow_on".into(), "Slow.".into()), ("followers_on_zero".into(), "Followers.".into())],
    };
    check(
        modes,
        r#"["s",{"slow_s":30,"followers_min":0,"subscribers_only":false,"emote_only":false,"unique":false,"block_links":false,"verified_only":false,"history":true,"log":false,"shield_on":false,"delay_s":0,"automod":1,"account_age_min":0},[["slow_on","Slow."],["followers_on_zero","Followers."]]]"#,
    );
    check(Happening::Pinned(None), r#"["p",null]"#);
    check(
        Happening::Pinned(Some(Box::new(pin()))),
        r#"["p",{"message":"901","author":{"id":"77","login":"kees"},"text":"rules","by":{"id":"12","login":"maya"},"until":1790000060000}]"#,
    );
    check(
        Happening::Announcement { line: line("hi"), colour: "PURPLE".into() },
        &format!(r#"["a","PURPLE",{HI}]"#),
    );
    let params = vec![("viewerCount".into(), "9".into()), ("login".into(), "kees".into())];
    check(
        Happening::Notice { kind: "raid".into(), system: "9 raiders".into(), params, line: line("hi") },
        &format!(r#"["u","raid","9 raiders",{{"viewerCount":"9","login":"kees"}},{HI}]"#),
    );
}

fn person(id: u64, login: &str) -> Person {
    Person { id: UserId(id), login: name(login) }
}

fn pin() -> Pinned {
    Pinned {
        message: MessageId(901),
        author: person(77, "kees"),
        text: "rules".into(),
        by: person(12, "maya"),
        until: Some(WallTime::from_unix_ms(1_790_000_060_000)),
    }
}

#[test]
fn moderators_are_told_what_waits_and_what_was_done() {
    let held = Held { line: line("🎉bad"), category: "swearing".into(), level: 2, spans: vec![(1, 3)] };
    check(
        Happening::Held(Box::new(held)),
        &format!(
            r#"["h",{{"category":"swearing","level":2,"spans":[[2,5]]}},{}]"#,
            HI.replace("hi", "🎉bad")
        ),
    );
    let by = Some(name("maya"));
    check(
        Happening::HeldDecided { id: MessageId(901), fate: Fate::Allowed, by },
        r#"["hd","901","allowed","maya"]"#,
    );
    check(
        Happening::HeldDecided { id: MessageId(901), fate: Fate::Expired, by: None },
        r#"["hd","901","expired",null]"#,
    );
    let entry = ModEntry {
        id: ModEntryId(5),
        at: WallTime::from_unix_ms(1_790_000_000_500),
        by: person(12, "maya"),
        action: "timeout".into(),
        target: Some(person(77, "kees")),
        detail: "spam".into(),
        duration: Some(Duration::from_secs(600)),
    };
    check(
        Happening::Moderated(Box::new(entry)),
        r#"["l",{"id":"5","at":1790000000500,"by":{"id":"12","login":"maya"},"action":"timeout","target":{"id":"77","login":"kees"},"detail":"spam","seconds":600}]"#,
    );
}

#[test]
fn one_user_is_told_and_warned() {
    check(
        Happening::Told { id: "msg_slowmode".into(), text: "Wait.".into() },
        r#"["n","msg_slowmode","Wait."]"#,
    );
    check(Happening::Warned { reason: Some("be kind".into()) }, r#"["w","be kind"]"#);
    check(Happening::Warned { reason: None }, r#"["w",null]"#);
}

#[test]
fn a_reader_is_greeted_with_everything_it_needs() {
    let account = Account {
        id: UserId(77),
        login: name("kees"),
        display: "Kees".into(),
        admin: false,
        partner: false,
        bot: false,
        verified: true,
        created_at: WallTime::from_unix_ms(0),
        colour: 0x1E90FF,
    };
    let ban = OwnBan { left_ms: 0, reason: "\"spam\"".into(), at: WallTime::from_unix_ms(7), until: None };
    let who = You { account: &account, badges: Badges::default(), warning: None, ban: Some(&ban) };
    let settings = RoomSettings::default();
    let login = name("maya");
    let greeting = Hi {
        channel: (ChannelId(12), &login, "Maya"),
        epoch: u64::MAX,
        seq: 41,
        settings: &settings,
        pinned: None,
        you: Some(who),
        resumed: true,
        budget: 50,
        ping_s: 240,
    };
    let me = r##"{"id":"77","login":"kees","display":"Kees","colour":"#1e90ff","badges":"","moderates":false,"warning":null,"timeout_ms":0,"ban":{"reason":"\"spam\"","at":7,"until":null}}"##;
    let modes = r#"{"slow_s":0,"followers_min":null,"subscribers_only":false,"emote_only":false,"unique":false,"block_links":false,"verified_only":false,"history":true,"log":false,"shield_on":false,"delay_s":0,"automod":1,"account_age_min":0}"#;
    assert_eq!(
        written(|out| hi(&greeting, out)),
        format!(
            r#"["hi",{{"channel":{{"id":"12","name":"maya","display":"Maya"}},"epoch":"18446744073709551615","seq":41,"settings":{modes},"pinned":null,"you":{me},"resumed":true,"budget":50,"ping_s":240}}]"#
        )
    );
    assert_eq!(written(|out| you(&who, out)), format!(r#"["you",{me}]"#));
}

#[test]
fn answers_and_counts_are_short() {
    let refusal = Refusal { id: "msg_slowmode".into(), text: "Wait.".into(), retry_after_ms: Some(900) };
    for (text, expected) in [
        (written(|out| ok(Some("n1"), Some(MessageId(901)), out)), r#"["ok","n1","901"]"#),
        (written(|out| ok(None, None, out)), r#"["ok",null,null]"#),
        (written(|out| no(Some("n1"), &refusal, out)), r#"["no","n1","msg_slowmode","Wait.",900]"#),
        (written(|out| notice("a", "b", out)), r#"["n","a","b"]"#),
        (written(|out| pong(Some("n1"), out)), r#"["pong","n1"]"#),
        (written(|out| pong(None, out)), r#"["pong",null]"#),
        (written(|out| bye(1500, None, out)), r#"["bye",{"after_ms":1500,"target":null}]"#),
        (written(|out| gap(7, out)), r#"["g",7]"#),
        (written(|out| left_out(9, out)), r#"["v",9]"#),
        (written(|out| at(3, 42, out)), r#"["at","3",42]"#),
    ] {
        assert_eq!(text, expected);
    }
}

#[test]
fn a_client_says_five_things() {
    use ClientMessage::{Acknowledge, Auth, Ping, Say, View};
    let parsed = |frame: &str| ClientMessage::parse(frame.as_bytes());
    let say = Say { text: "hi \u{e9}".into(), nonce: Some("n".into()), reply: Some(MessageId(900)) };
    for (frame, expected) in [
        (r#"{"t":"say","text":"hi \u00e9","nonce":"n","reply":"900"}"#, say),
        (r#"{"t":"say","text":""}"#, Say { text: String::new(), nonce: None, reply: None }),
        (r#"{"t":"auth","token":"abc"}"#, Auth { token: "abc".into() }),
        (r#"{"t":"view","full":true}"#, View { full: true }),
        (r#"{"t":"ack","later":[1,{"x":null}]}"#, Acknowledge),
        (r#"{"t":"ping","nonce":null}"#, Ping { nonce: None }),
    ] {
        assert_eq!(parsed(frame), Ok(expected), "{frame}");
    }
}

#[test]
fn what_a_client_may_not_say_is_named() {
    use ClientMessageError::{Json, Kind, Missing, Nonce, Reply, Shape, TooLong};
    let long = format!(r#"{{"t":"say","text":"{}"}}"#, "x".repeat(FRAME_BYTES_MAX));
    let nonce = format!(r#"{{"t":"ping","nonce":"{}"}}"#, "x".repeat(65));
    for (frame, expected) in [
        ("", Json),
        ("[]", Json),
        (r#"{"t":5}"#, Shape("t", "a string")),
        (r#"{"t":"say","text":5}"#, Shape("text", "a string")),
        (r#"{"t":"say","text":"a","reply":7}"#, Shape("reply", "a string")),
        (r#"{"t":"view","full":1}"#, Shape("full", "true or false")),
        (r#"{"t":"say","text":"a","text":"b"}"#, Json),
        (r#"{"t":"say","text":"a"} x"#, Json),
        (r#"{"text":"x"}"#, Missing("t")),
        (r#"{"t":"dance"}"#, Kind),
        (r#"{"t":"say"}"#, Missing("text")),
        (r#"{"t":"auth"}"#, Missing("token")),
        (r#"{"t":"view"}"#, Missing("full")),
        (r#"{"t":"say","text":"a","reply":"x"}"#, Reply),
        (&long, TooLong),
        (&nonce, Nonce),
    ] {
        assert_eq!(ClientMessage::parse(frame.as_bytes()), Err(expected), "{frame}");
    }
    assert_eq!(ClientMessage::parse(b"{\"t\":\"say\",\"text\":\"\xff\"}"), Err(Json));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = ClientMessage::parse(&bytes);
    }

    #[test]
    fn a_line_tells_its_text_and_where_its_emotes_are(text in "[a-zé🎉\"\\\\\u{1} ]{1,20}", at in 0_u16..25, length in 0_u16..9) {
        let mut said = line(&text);
        said.emotes = vec![EmoteSpan { id: EmoteId(1), start: at, end: at + length }];
        let json = told(Happening::Line(said), Marks::Hidden);
        let value: serde_json::Value = serde_json::from_str(&json).expect("json");
        proptest::prop_assert_eq!(value[7].as_str(), Some(&*text));
        let units: Vec<u16> = text.encode_utf16().collect();
        let bound = |n: usize| value[8]["e"][0][n].as_u64().expect("a position") as usize;
        let points: String = text.chars().skip(usize::from(at)).take(usize::from(length) + 1).collect();
        let slice = String::from_utf16(&units[bound(1)..bound(2)]).expect("whole characters");
        proptest::prop_assert_eq!(slice, points);
    }
}
