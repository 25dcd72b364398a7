//! Slash commands as tables.

use super::*;
use crate::rules::rank::Rank;

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn modes(f: impl Fn(&mut ModesPatch)) -> Command {
    let mut patch = ModesPatch::default();
    f(&mut patch);
    Command::Modes(patch)
}

fn slash(text: &str) -> Option<Result<Typed, Refusal>> {
    command(&text::tidy(text))
}

#[test]
fn what_is_trimmed_off_a_text_hides_no_command_in_it() {
    let whisper = || Ok(Typed::Own(Own::Whisper { login: name("carol"), text: "the secret".into() }));
    for text in [
        "  /w carol the secret",
        "\t/w carol the secret",
        "\u{a0}/w carol the secret",
        "\u{202e}/w carol the secret",
        "\u{1}/w carol the secret",
        "/w\tcarol the secret",
        "/w\u{a0}carol the secret",
        "/w  carol\nthe secret ",
        " .w carol the secret",
        "\u{200b}/w carol the secret",
        "\u{feff} \u{2060}/w carol the secret",
    ] {
        assert_eq!(typed(text, None, None), whisper(), "{text:?}");
        assert!(is_own(text), "{text:?}");
    }
    assert!(is_disconnect(" /disconnect"));
    let said = |text: &str| match typed(text, None, None) {
        Ok(Typed::Room(Command::Say { text, action, .. })) => (text, action),
        other => panic!("{text:?}: {other:?}"),
    };
    assert_eq!(said("  /me waves"), ("waves".to_owned(), true));
    assert_eq!(said("\u{1}ACTION waves\u{1}"), ("waves".to_owned(), true));
    assert_eq!(said(" . /w carol hi"), ("/w carol hi".to_owned(), false), "what hides one still does");
}

#[test]
fn each_command_is_read() {
    let timeout =
        |seconds, reason: &str| Command::Timeout { login: name("bob"), seconds, reason: reason.to_owned() };
    let ban = |reason: &str| Command::Ban { login: name("bob"), reason: reason.to_owned() };
    let role = |role, give| Command::Role { login: name("bob"), role, give };
    let suspect = |how| Command::Suspect { login: name("bob"), how };
    let say = |colour: &str| Command::Announce { text: "hi all".into(), colour: colour.into() };
    let sweep =
        |timeout_s| Command::Sweep(Sweep { login: Some("hoss*".into()), timeout_s, ..Sweep::default() });
    let cases = [
        ("/ban bob", ban("")),
        ("/BAN @Bob, very rude", ban("very rude")),
        (".ban bob", ban("")),
        ("/timeout bob", timeout(600, "")),
        ("/timeout bob 90", timeout(90, "")),
        ("/timeout bob 1d2h spam and more", timeout(93_600, "spam and more")),
        ("/timeout bob 1 week rest", timeout(604_800, "rest")),
        ("/timeout bob 99999999999", timeout(u32::MAX, "")),
        ("/unban bob", Command::Unban(name("bob"))),
        ("/untimeout bob", Command::Untimeout(name("bob"))),
        ("/warn bob be nice", Command::Warn { login: name("bob"), reason: "be nice".into() }),
        ("/delete 123", Command::Delete(MessageId(123))),
        ("/clear", Command::Clear),
        ("/announce hi all", say("PRIMARY")),
        ("/announceblue hi all", say("BLUE")),
        ("/announcegreen hi all", say("GREEN")),
        ("/announceorange hi all", say("ORANGE")),
        ("/announcepurple hi all", say("PURPLE")),
        ("/slow", modes(|p| p.slow_s = Some(30))),
        ("/slow 10", modes(|p| p.slow_s = Some(10))),
        ("/slow 1m", modes(|p| p.slow_s = Some(60))),
        ("/slow 0", modes(|p| p.slow_s = Some(1))),
        ("/slowoff", modes(|p| p.slow_s = Some(0))),
        ("/followers", modes(|p| p.followers_min = Some(Some(0)))),
        ("/followers 10", modes(|p| p.followers_min = Some(Some(10)))),
        ("/followers 1 week", modes(|p| p.followers_min = Some(Some(10_080)))),
        ("/followers 1mo", modes(|p| p.followers_min = Some(Some(43_200)))),
        ("/followersoff", modes(|p| p.followers_min = Some(None))),
        ("/subscribers", modes(|p| p.subscribers_only = Some(true))),
        ("/subscribersoff", modes(|p| p.subscribers_only = Some(false))),
        ("/emoteonly", modes(|p| p.emote_only = Some(true))),
        ("/emoteonlyoff", modes(|p| p.emote_only = Some(false))),
        ("/uniquechat", modes(|p| p.unique = Some(true))),
        ("/r9kbeta", modes(|p| p.unique = Some(true))),
        ("/uniquechatoff", modes(|p| p.unique = Some(false))),
        ("/r9kbetaoff", modes(|p| p.unique = Some(false))),
        ("/shield", Command::Shield(true)),
        ("/shieldoff", Command::Shield(false)),
        ("/mod bob", role(RoomRole::Moderator, true)),
        ("/unmod bob", role(RoomRole::Moderator, false)),
        ("/vip bob", role(RoomRole::Vip, true)),
        ("/unvip bob", role(RoomRole::Vip, false)),
        ("/mods", Command::Ask(Question::Moderators)),
        ("/vips", Command::Ask(Question::Vips)),
        ("/chatters", Command::Ask(Question::Chatters { after: None, first: 50 })),
        ("/user bob", Command::Ask(Question::Card(name("bob")))),
        ("/monitor bob", suspect(Some(Suspicion::Monitored))),
        ("/unmonitor bob", suspect(None)),
        ("/restrict bob", suspect(Some(Suspicion::Restricted))),
        ("/unrestrict bob", suspect(None)),
        ("/pin 7", Command::Pin { message: MessageId(7), seconds: None }),
        ("/pin 7 20m", Command::Pin { message: MessageId(7), seconds: Some(1_200) }),
        ("/unpin", Command::Unpin),
        ("/sweep hoss*", sweep(None)),
        ("/sweep hoss* 1h", sweep(Some(3_600))),
        ("/sweep hoss* ban", sweep(Some(0))),
        ("/shoutout bob", Command::Shoutout(name("bob"))),
        ("/requests", Command::Ask(Question::UnbanRequests)),
        ("/help", Command::Ask(Question::Help)),
    ];
    for (text, expected) in cases {
        assert_eq!(slash(text), Some(Ok(Typed::Room(expected))), "{text}");
        assert!(!is_own(text), "{text}");
    }
}

#[test]
fn what_needs_no_room_is_told_apart() {
    let whisper = |text: &str| Own::Whisper { login: name("bob"), text: text.to_owned() };
    let cases = [
        ("/w bob hi there", whisper("hi there")),
        (".W @Bob, hi", whisper("hi")),
        ("/block bob", Own::Block(name("bob"))),
        ("/unblock bob", Own::Unblock(name("bob"))),
        ("/color red", Own::Colour(0xff0000)),
        ("/color Dodger_Blue", Own::Colour(0x1e90ff)),
        ("/color #12aBcD", Own::Colour(0x12abcd)),
    ];
    for (text, expected) in cases {
        assert_eq!(slash(text), Some(Ok(Typed::Own(expected))), "{text}");
        assert!(is_own(text), "{text}");
    }
    assert!(is_own("/w") && is_own("/color mud") && !is_own("/where") && !is_own("w bob hi"));
    assert!(is_disconnect("/disconnect") && is_disconnect(".Disconnect now") && !is_disconnect("/disco"));
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_usage() {
    let cases = [
        ("/ban", "usage_ban"),
        ("/ban !?", "invalid_user"),
        ("/timeout bob soon", "usage_timeout"),
        ("/warn bob", "usage_warn"),
        ("/delete it", "usage_delete"),
        ("/slow down", "usage_slow"),
        ("/followers ever", "usage_followers"),
        ("/pin this", "usage_pin"),
        ("/sweep", "usage_sweep"),
        ("/color mud", "usage_color"),
        ("/color #12345", "usage_color"),
        ("/color #+12345", "usage_color"),
        ("/announce", "usage_announce"),
        ("/help ban", "usage_ban"),
        ("/help /ban", "usage_ban"),
        ("/help dance", "no_help"),
        ("/dance", "unrecognized_cmd"),
        ("/raid maya", "unavailable_command"),
        ("/w maya", "whisper_invalid_args"),
        ("/w !? hi", "whisper_invalid_login"),
        ("/block", "usage_block"),
        ("/shoutout", "usage_shoutout"),
        ("/disconnect", "unavailable_command"),
        ("/commercial", "unavailable_command"),
    ];
    for (text, expected) in cases {
        let refusal = slash(text).and_then(Result::err);
        assert_eq!(refusal.map(|r| r.id.into_string()).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_not_a_command_is_said() {
    let say =
        |text: &str, action| Command::Say { text: text.to_owned(), action, reply_to: None, nonce: None };
    let cases = [
        ("hello", say("hello", false)),
        ("/me waves", say("waves", true)),
        (". /ban bob", say("/ban bob", false)),
        ("... what", say("... what", false)),
        (".net is fine", say(".net is fine", false)),
        ("/ what", say("/ what", false)),
        ("//", say("//", false)),
        ("\u{1}ACTION waves\u{1}", say("waves", true)),
    ];
    for (text, expected) in cases {
        assert_eq!(typed(text, None, None), Ok(Typed::Room(expected)), "{text}");
    }
}

#[test]
fn every_command_of_the_list_is_read_or_said_to_be_unavailable() {
    for (name, who, how) in COMMANDS {
        let result = slash(&format!("/{name} maya 5 x"));
        match who {
            For::Nobody => assert_eq!(
                result.and_then(Result::err).map(|r| r.id.into_string()).as_deref(),
                Some("unavailable_command")
            ),
            _ => assert!(how.starts_with(&format!("\"/{name}")), "{name} says how it is used"),
        }
    }
    assert!(COMMANDS.is_sorted_by(|a, b| a.0 < b.0));
}

#[test]
fn help_lists_what_one_may_use() {
    assert!(!help(Rank::Viewer).contains("/ban"));
    assert!(help(Rank::Moderator).contains("/ban") && !help(Rank::Moderator).contains("/vip "));
    assert!(help(Rank::Broadcaster).contains("/unvip"));
    let moderator = help(Rank::Moderator);
    let listed: Vec<&str> = moderator.split(' ').collect();
    for (name, ..) in COMMANDS.iter().filter(|(_, who, _)| *who == For::Moderators) {
        assert!(listed.contains(&&*format!("/{name}")), "{name}");
    }
}

#[test]
fn help_for_announcements_names_the_colours() {
    let Some(Err(refusal)) = slash("/help announce") else { panic!("told") };
    for colour in ["blue", "green", "orange", "purple"] {
        assert!(refusal.text.contains(&format!("/announce{colour}")), "{}", refusal.text);
    }
}
