//! Saying something.

use super::*;
use crate::announce::News;

#[test]
fn a_message_goes_to_everybody() {
    play(
        "bob: hello => ok
         ! line bob hello",
    );
}

#[test]
fn the_order_is_banned_warned_verified_rates_modes_terms_links_held() {
    let mut scene = Scene::new();
    scene.play(
        "moda: /emoteonly => ok
         moda: /slow 10 => ok
         moda: /warn grey calm down => warn_success
         moda: /ban grey => ban_success
         grey: hi => msg_banned
         moda: /unban grey => unban_success
         grey: hi => msg_warned",
    );
    assert_eq!(scene.ids("grey", Command::Acknowledge), "warning_acknowledged");
    let strict = crate::command::ModesPatch {
        verified_only: Some(true),
        block_links: Some(true),
        ..crate::command::ModesPatch::default()
    };
    assert_eq!(scene.ids("owner", Command::Modes(strict)), "ok");
    let blocked = Command::AddTerm { kind: TermKind::Blocked, text: "bad".into(), public: false };
    assert_eq!(scene.ids("owner", blocked), "term_added");
    scene.play(
        "grey: hi => msg_verified_email
         bob: Wave => ok
         bob: Wave => msg_ratelimit
         +2s
         bob: bad hmm x.com => msg_slowmode
         +10s
         bob: bad hmm x.com => msg_emoteonly
         moda: /emoteonlyoff => ok
         bob: bad hmm x.com => msg_rejected_mandatory
         bob: hmm x.com => msg_rejected_mandatory
         bob: hmm => msg_rejected
         +10s
         bob: fine => ok",
    );
}

#[test]
fn moderators_broadcaster_and_staff_pass_everything_but_hygiene() {
    let mut scene = play(
        "owner: /slow 120 => ok
         owner: /subscribers => ok
         owner: /followers 1mo => ok
         owner: /emoteonly => ok
         owner: /uniquechat => ok",
    );
    let strict = crate::command::ModesPatch {
        account_age_min: Some(200_000),
        block_links: Some(true),
        ..Default::default()
    };
    assert_eq!(scene.ids("owner", Command::Modes(strict)), "ok");
    for who in ["owner", "moda", "boss"] {
        for _ in 0..3 {
            assert_eq!(scene.say(who, "hmm the same x.com"), "ok", "{who}");
        }
        assert_eq!(scene.say(who, "\u{200b}"), "msg_bad_characters");
    }
    assert_eq!(scene.say("vipa", "Wave"), "msg_verified_email", "a VIP's account counts like another's");
}

#[test]
fn vips_pass_slow_mode_repetition_unique_chat_and_the_second_between() {
    play(
        "owner: /slow 120 => ok
         owner: /uniquechat => ok
         owner: /subscribers => ok
         vipa: a long sentence => ok
         vipa: a long sentence => ok",
    );
}

#[test]
fn known_bots_have_their_own_rate() {
    let mut scene = Scene::new();
    for n in 0..200 {
        assert_eq!(scene.say("beep", &format!("result {n}")), "ok");
    }
}

#[test]
fn the_same_text_within_thirty_seconds_is_refused() {
    play(
        "bob: hello => ok
         +5s
         bob: HELLO  => msg_duplicate
         bob: other => ok
         +2s
         bob: hello => ok
         +30s
         bob: hello => ok",
    );
}

#[test]
fn unique_chat_refuses_what_anybody_said_if_it_is_longer_than_nine_characters() {
    play(
        "moda: /uniquechat => ok
         bob: good morning => ok
         cat: Good  Morning => msg_r9k
         bob: hi => msg_ratelimit
         +2s
         bob: hi => ok
         cat: hi => ok
         dan: g00d morning => msg_r9k
         moda: /uniquechatoff => ok
         dan: good morning => ok",
    );
}

#[test]
fn unique_chat_remembers_what_was_said_and_neither_what_was_refused_nor_what_was_denied() {
    let mut scene = play("moda: /uniquechat => ok");
    let links = crate::command::ModesPatch { block_links: Some(true), ..Default::default() };
    assert_eq!(scene.ids("moda", Command::Modes(links)), "ok");
    scene.play(
        "bob: look at x.com today => msg_rejected_mandatory
         +2s
         bob: look at x.com today => msg_rejected_mandatory
         cat: hmm what is this => msg_rejected
         dan: hmm what is this => msg_r9k",
    );
    let held = scene.last_line().expect("held").id;
    assert_eq!(scene.ids("moda", Command::Decide { message: held, allow: false }), "automod_deny");
    scene.play(
        "dan: hmm what is this => msg_rejected
         +300s
         cat: hmm what is this => msg_rejected",
    );
    let held = scene.last_line().expect("held").id;
    assert_eq!(scene.ids("moda", Command::Decide { message: held, allow: true }), "automod_allow");
    scene.play("dan: hmm what is this => msg_r9k");
}

#[test]
fn a_lost_message_leaves_to_unique_chat_what_others_said() {
    let mut scene = play(
        "moda: /uniquechat => ok
         bob: good morning => ok
         vipa: good morning => ok",
    );
    let lost = scene.last_line().expect("a line");
    scene.room.unsay(&lost);
    scene.play("cat: good morning => msg_r9k");
    scene.play("cat: good evening => ok");
    let lost = scene.last_line().expect("a line");
    scene.room.unsay(&lost);
    scene.play("+2s\ndan: good evening => ok");
}

#[test]
fn followers_only_and_subscribers_only_ask_what_somebody_is_to_the_channel() {
    play(
        "moda: /followers 10m => ok
         bob: hi => msg_followersonly
         cat: hi => ok
         moda: /followers 2d => ok
         +2s
         cat: hi there => msg_followersonly_followed
         subby: hi => ok
         moda: /followersoff => ok
         moda: /subscribers => ok
         +2s
         bob: hi => msg_subsonly
         subby: hello => ok
         vipa: hello => ok",
    );
}

#[test]
fn badges_emotes_mentions_first_and_nonce_are_on_the_line() {
    let mut scene = Scene::new();
    let say = |text: &str| Command::Say {
        text: text.into(),
        action: true,
        reply_to: None,
        nonce: Some("n1".into()),
    };
    let outcome = scene.ask("subby", say("Wave at @bob")).expect("said");
    let said = outcome.said.expect("a message");
    let line = scene.last_line().expect("a line");
    assert_eq!((said.id, said.nonce.as_deref()), (line.id, Some("n1")));
    assert_eq!(line.author.badges.subscriber, Some((1, 3)));
    assert_eq!(line.emotes.iter().map(|e| (e.id.0, e.start, e.end)).collect::<Vec<_>>(), [(5, 0, 3)]);
    assert_eq!(line.mentions.iter().map(Name::as_str).collect::<Vec<_>>(), ["bob"]);
    assert!(line.action && line.first);
    scene.pass(2);
    scene.ask("subby", say("again")).expect("said");
    assert!(!scene.last_line().expect("a line").first);
}

#[test]
fn a_reply_quotes_its_parent_and_the_top_of_the_thread() {
    let mut scene = Scene::new();
    let mut say = |who: &str, text: &str, to: Option<MessageId>| {
        let command = Command::Say { text: text.into(), action: false, reply_to: to, nonce: None };
        scene.ask(who, command).expect("said");
        scene.last_line().expect("a line")
    };
    let first = say("bob", "one", None);
    let second = say("cat", "two", Some(first.id));
    let third = say("dan", "three", Some(second.id));
    let parent = third.parent.expect("a parent");
    assert_eq!((parent.id, parent.login.as_str(), &*parent.text), (second.id, "cat", "two"));
    let top = &parent.thread;
    assert_eq!((top.id, top.author, &*top.display), (first.id, first.author.id, &*first.author.display));
    assert_eq!(third.mentions.iter().map(Name::as_str).collect::<Vec<_>>(), ["cat"]);
    scene.play("moda: /ban bob => ban_success");
    let command = Command::Say { text: "four".into(), action: false, reply_to: Some(first.id), nonce: None };
    scene.ask("subby", command).expect("said");
    assert_eq!(scene.last_line().expect("a line").parent, None, "a deleted message is not quoted");
}

#[test]
fn with_a_delay_moderators_see_first_and_what_they_delete_nobody_else_ever_sees() {
    let mut scene = Scene::new();
    let delay = crate::command::ModesPatch { delay_s: Some(4), ..Default::default() };
    assert_eq!(scene.ids("moda", Command::Modes(delay)), "ok");
    scene.happened();
    scene.play(
        "bob: one => ok
         cat: two => ok
         moda: three => ok
         ! line bob one (mods and 8) | line cat two (mods and 9) | line moda three
         moda: /timeout cat 10 => timeout_success
         +3s
         ! cleared cat 10 | did timeout (mods)
         +1s
         ! line bob one (all but who got 3)",
    );
}

/// Something is said in a room with a delay, replied to by one message that waits for a moderator and one that waits for its time,
/// and taken back by `gone`; what everybody reads then.
fn read_after(gone: impl FnOnce(&mut Scene, MessageId)) -> Vec<Line> {
    let mut scene = Scene::new();
    scene.play("dan: the secret => ok");
    let secret = scene.last_line().expect("a line").id;
    let reply = |text: &str| {
        let text = text.to_owned();
        Command::Say { text, action: false, reply_to: Some(secret), nonce: None }
    };
    assert_eq!(scene.ids("bob", reply("hmm")), "msg_rejected");
    let held = scene.last_line().expect("held").id;
    assert_eq!(scene.ids("moda", delay(4)), "ok");
    assert_eq!(scene.ids("cat", reply("late")), "ok");
    let before = scene.out.events.len();
    gone(&mut scene, secret);
    assert_eq!(scene.ids("moda", Command::Decide { message: held, allow: true }), "automod_allow");
    scene.pass(4);
    let after = scene.out.events[before..].iter();
    after
        .filter_map(|e| if let Happening::Line(line) = &e.what { Some(line.clone()) } else { None })
        .collect()
}

fn delay(seconds: u8) -> Command {
    Command::Modes(crate::command::ModesPatch { delay_s: Some(seconds), ..Default::default() })
}

#[test]
fn what_is_deleted_while_a_reply_to_it_waits_is_not_quoted_when_that_is_said_at_last() {
    let kept = read_after(|_, _| {});
    assert_eq!(kept.len(), 3, "one held and allowed, and both when their time had come");
    assert!(kept.iter().all(|line| line.parent.is_some()));
    let delete: fn(&mut Scene, MessageId) = |scene, secret| {
        assert_eq!(scene.ids("owner", Command::Delete(secret)), "delete_message_success");
    };
    let forget: fn(&mut Scene, MessageId) = |scene, _| {
        let (now, dan) = (scene.now(), account("dan"));
        scene.room.forget(now, &Person { id: dan.id, login: dan.login }, &mut scene.out);
    };
    for gone in [delete, forget] {
        let read = read_after(gone);
        assert_eq!(read.len(), 3);
        assert!(read.iter().all(|line| line.parent.is_none()), "{read:?}");
    }
}

#[test]
fn what_is_deleted_is_not_quoted_in_the_history_that_moderators_ask_for() {
    let mut scene = play("bob: the secret => ok");
    let secret = scene.last_line().expect("a line").id;
    let reply = Command::Say { text: "oh".into(), action: false, reply_to: Some(secret), nonce: None };
    assert_eq!(scene.ids("cat", reply), "ok");
    scene.play("moda: /timeout bob 60 => timeout_success");
    let history = scene.ask("moda", Command::Ask(Question::History)).expect("a list");
    let Some(List::Lines(lines)) = history.list else { panic!("lines") };
    assert_eq!(lines.iter().map(|l| (&*l.text, l.parent.is_some())).collect::<Vec<_>>(), [("oh", false)]);
}

#[test]
fn nothing_overtakes_what_waits_when_the_delay_is_made_shorter() {
    let mut scene = Scene::new();
    assert_eq!(scene.ids("moda", delay(6)), "ok");
    scene.happened();
    scene.play(
        "bob: one => ok
         cat: two => ok
         ! line bob one (mods and 8) | line cat two (mods and 9)",
    );
    assert_eq!(scene.ids("moda", delay(2)), "ok");
    scene.happened();
    scene.play(
        "dan: three => ok
         +2s
         ! line dan three (mods and 10) | line bob one (all but who got 3) | line cat two (all but who got 4) | line dan three (all but who got 7)
         bob: four => ok
         ! line bob four (mods and 8)",
    );
    assert_eq!(scene.ids("moda", delay(0)), "ok");
    scene.play(
        "! did delayoff (mods) | line bob four (all but who got 11) | modes
         cat: five => ok
         ! line cat five
         +10s
         !",
    );
}

#[test]
fn what_waits_when_its_author_is_restricted_goes_no_further() {
    let mut scene = Scene::new();
    assert_eq!(scene.ids("moda", delay(4)), "ok");
    scene.play("bob: hmm => msg_rejected\n+2s\ncat: one => ok");
    scene.happened();
    let held = scene.out.events.iter().find_map(|e| match &e.what {
        Happening::Held(held) => Some(held.line.id),
        _ => None,
    });
    scene.play(
        "bob: two => ok
         ! line bob two (mods and 8)
         moda: /restrict bob => restrict_success",
    );
    let allow = Command::Decide { message: held.expect("held"), allow: true };
    assert_eq!(scene.ids("moda", allow), "automod_allow");
    scene.play(
        "! did restrict (mods) | Allowed by moda (mods) | did automod_allow (mods) | line bob hmm (mods and 8)
         +4s
         ! line cat one (all but who got 4)",
    );
}

#[test]
fn messages_of_the_restricted_reach_moderators_and_their_author_only() {
    let mut scene = play(
        "moda: /restrict bob => restrict_success
         bob: hi => ok
         moda: /monitor cat => monitor_success
         cat: hi => ok
         ! did restrict (mods) | line bob hi (mods and 8) | did monitor (mods) | line cat hi
         moda: /unrestrict bob => unrestrict_success
         +2s
         bob: back => ok",
    );
    assert!(scene.happened().ends_with("line bob back"));
}

#[test]
fn news_is_told_once_for_each_key() {
    let mut scene = Scene::new();
    scene.play("bob: hi => ok");
    let about = scene.last_line().expect("a line").author;
    let news = News::new(about, &crate::announce::What::Unraided, "bye");
    let now = scene.now();
    assert!(scene.room.tell(now, 7, &news, &mut scene.out));
    assert!(!scene.room.tell(now, 7, &news, &mut scene.out));
    scene.play("! line bob hi | notice unraid bye");
}

#[test]
fn announcements_have_a_colour_and_are_for_moderators() {
    play(
        "bob: /announce hi => no_permission
         moda: /announceblue hi all => ok
         ! announcement BLUE hi all | did announce (mods)",
    );
    let mut scene = Scene::new();
    let pink = Command::Announce { text: "hi".into(), colour: "pink".into() };
    assert_eq!(scene.ids("moda", pink), "usage_announce");
}

#[test]
fn whoever_announced_something_has_written_here() {
    let mut scene = play("moda: /announce hi => ok\nmoda: /announce again => ok");
    let firsts = |scene: &Scene| {
        let announced = |event: &Event| match &event.what {
            Happening::Announcement { line, .. } => Some(line.first),
            _ => None,
        };
        scene.out.events.iter().filter_map(announced).collect::<Vec<_>>()
    };
    assert_eq!(firsts(&scene), [true, false]);
    scene.play("moda: plainly => ok");
    assert!(!scene.last_line().expect("a line").first);
}

#[test]
fn a_channel_that_opted_in_has_its_messages_logged_and_deletions_always() {
    let mut scene = Scene::new();
    scene.play("bob: unlogged => ok");
    let log = Command::Modes(crate::command::ModesPatch { log: Some(true), ..Default::default() });
    assert_eq!(scene.ids("moda", log.clone()), "no_permission");
    assert_eq!(scene.ids("owner", log), "ok");
    scene.play(
        "+2s
         bob: logged => ok
         moda: /delete $last => delete_message_success
         moda: /ban bob => ban_success
         moda: /clear => ok",
    );
    let kinds: Vec<_> = scene
        .out
        .log
        .iter()
        .map(|w| match w {
            LogWrite::Said(m) => m.text.clone(),
            LogWrite::Deleted(_, Deleted::Message(_)) => "-message".into(),
            LogWrite::Deleted(_, Deleted::Author(..)) => "-author".into(),
            LogWrite::Deleted(_, Deleted::All(_)) => "-all".into(),
            LogWrite::Forget(_) => "-user".into(),
        })
        .collect();
    assert_eq!(kinds, ["logged", "-message", "-author", "-all"]);
}
