//! Bans, timeouts, deletions, warnings, cards.

use super::*;
use crate::command::ModesPatch;

const CHATTERS: Question = Question::Chatters { after: None, first: 50 };

#[test]
fn a_ban_holds_and_clears_until_it_is_lifted() {
    let scene = play(
        "bob: buy this => ok
         moda: /ban bob spam => ban_success
         ! line bob buy this | cleared bob for good | did ban (mods)
         bob: hi => msg_banned
         moda: /ban bob => already_banned
         moda: /timeout bob 10 => already_banned
         moda: /untimeout bob => untimeout_banned
         moda: /unban bob => unban_success
         moda: /unban bob => bad_unban_no_ban
         +2s
         bob: hi => ok",
    );
    assert_eq!(scene.kept(), ["ban bob +ban", "unban +unban"]);
}

#[test]
fn a_timeout_ends_by_itself_or_is_lifted() {
    play(
        "moda: /timeout bob 60 => timeout_success
         bob: hi => msg_timedout
         +59s
         bob: hi => msg_timedout
         +1s
         bob: hi => ok
         moda: /untimeout bob => timeout_no_timeout
         moda: /timeout bob 1d2h rude => timeout_success
         moda: /timeout bob 5 => timeout_success
         moda: /untimeout bob => untimeout_success
         +2s
         bob: hello => ok
         moda: /timeout bob 14d => timeout_success
         moda: /ban bob => ban_success
         moda: /unban bob => unban_success
         moda: /timeout bob 15d => bad_timeout_duration
         moda: /timeout bob 0 => bad_timeout_duration",
    );
}

#[test]
fn nobody_may_touch_whom_they_may_not() {
    play(
        "bob: /ban cat => no_permission
         moda: /ban nobody => invalid_user
         moda: /ban moda => bad_ban_self
         moda: /timeout owner => bad_timeout_broadcaster
         moda: /timeout modb => bad_timeout_mod
         moda: /ban boss => bad_ban_staff
         moda: /ban justinfan123 => bad_ban_anon
         moda: /warn modb x => bad_warn_mod
         moda: /restrict owner => bad_suspect_broadcaster
         owner: /ban modb => ban_success
         modb: hi => msg_banned",
    );
}

#[test]
fn a_moderator_who_is_banned_is_one_no_longer() {
    let scene = play(
        "owner: /ban modb => ban_success
         ! did unmod (mods) | is mod false vip false (to 3) | cleared modb for good | did ban (mods)
         owner: /mod modb => bad_mod_banned",
    );
    assert_eq!(scene.kept(), ["revoke +unmod", "ban modb +ban"]);
}

#[test]
fn one_message_is_deleted_by_its_number() {
    play(
        "bob: oops => ok
         cat: /delete $last => no_permission
         moda: /delete $last => delete_message_success
         ! line bob oops | deleted bob oops | did delete (mods)
         moda: /delete $last => bad_delete_message_error
         modb: mine => ok
         moda: /delete $last => bad_delete_message_mod
         owner: /delete $last => delete_message_success
         owner: mine => ok
         moda: /delete $last => bad_delete_message_broadcaster
         +2s
         bob: later => ok
         +21601s
         moda: /delete $last => bad_delete_message_error",
    );
}

#[test]
fn a_pinned_message_is_deleted_however_old_it_is_and_the_pin_with_it() {
    let mut scene = play(
        "bob: mind the step => ok
         moda: /pin $last => pin_success
         +21601s",
    );
    let message = scene.last_line().expect("a line").id;
    scene.happened();
    let pinned = scene.room.pinned().cloned();
    assert_eq!(scene.ids("moda", Command::Delete(message)), "delete_message_success");
    let gone = "deleted bob mind the step | unpinned | did delete (mods)";
    assert_eq!(scene.happened(), gone);

    let after_a_restart = |login: &str| {
        let author = Person { id: account(login).id, login: account(login).login };
        let pinned = pinned.clone().map(|pin| Pinned { author, ..pin });
        Scene::with(RoomConfig::default(), RoomRecord { pinned, ..RoomRecord::default() })
    };
    let mut scene = after_a_restart("bob");
    assert_eq!(scene.ids("moda", Command::Delete(message)), "delete_message_success");
    assert_eq!(scene.happened(), gone);
    assert_eq!(scene.kept(), ["unpin", "note delete"]);
    assert_eq!(scene.ids("moda", Command::Delete(message)), "bad_delete_message_error");
    let mods = after_a_restart("modb").ids("moda", Command::Delete(message));
    assert_eq!(mods, "bad_delete_message_mod");
    let owners = after_a_restart("owner").ids("moda", Command::Delete(message));
    assert_eq!(owners, "bad_delete_message_broadcaster");
}

#[test]
fn a_cleared_room_shows_nothing_to_newcomers() {
    let mut scene = play(
        "bob: one => ok
         cat: two => ok
         moda: /clear => ok
         ! line bob one | line cat two | room cleared | did clear (mods)
         dan: three => ok",
    );
    let history = scene.ask("bob", Command::Ask(Question::History)).expect("a list");
    assert!(matches!(history.list, Some(List::Lines(lines)) if lines.len() == 1));
}

#[test]
fn a_warning_must_be_acknowledged() {
    let mut scene = play(
        "moda: /warn bob be nice => warn_success
         ! warned be nice (to 8) | did warn (mods)
         bob: but why => msg_warned",
    );
    assert_eq!(scene.ids("bob", Command::Acknowledge), "warning_acknowledged");
    assert_eq!(scene.ids("bob", Command::Acknowledge), "ok", "twice is fine");
    scene.play(
        "! did acknowledge_warning (mods) | warned no more (to 8)
         bob: fine => ok",
    );
    assert_eq!(scene.kept(), ["warn bob +warn", "acknowledge +acknowledge_warning"]);
}

#[test]
fn pending_messages_of_the_banned_go_with_them() {
    play(
        "bob: hmm => msg_rejected
         moda: /ban bob => ban_success
         ! held spam hmm (mods) | Denied by nobody (mods) | cleared bob for good | did ban (mods)",
    );
}

#[test]
fn moderators_see_a_card_with_what_is_known_of_somebody() {
    let mut scene = play(
        "bob: one => ok
         +2s
         bob: two => ok
         moda: /warn bob x => warn_success
         moda: /monitor bob => monitor_success
         moda: /timeout bob 60 => timeout_success",
    );
    let ask = || Command::Ask(Question::Card("bob".parse().expect("a name")));
    assert_eq!(scene.ids("cat", ask()), "no_permission");
    let outcome = scene.ask("moda", ask()).expect("a card");
    let Some(List::Card(card)) = outcome.list else { panic!("a card") };
    assert_eq!(card.lines.len(), 2, "deleted ones too");
    assert_eq!(card.deleted, [card.lines[0].id, card.lines[1].id]);
    assert!(card.ban.is_some() && card.warning.is_some());
    assert_eq!(card.suspicion, Some(domain::rooms::Suspicion::Monitored));
}

#[test]
fn a_card_says_which_messages_are_deleted() {
    let mut scene = play(
        "bob: one => ok
         +2s
         bob: two => ok
         moda: /delete $last => delete_message_success",
    );
    let ask = Command::Ask(Question::Card("bob".parse().expect("a name")));
    let Some(List::Card(card)) = scene.ask("moda", ask).expect("a card").list else { panic!("a card") };
    let deleted: Vec<&str> =
        card.lines.iter().filter(|line| card.deleted.contains(&line.id)).map(|line| &*line.text).collect();
    assert_eq!((card.lines.len(), deleted), (2, vec!["two"]));
}

#[test]
fn who_came_and_went_is_told_late_and_together() {
    let mut scene = Scene::new();
    let moves = |scene: &mut Scene, login: &str, by| {
        let (now, account) = (scene.now(), account(login));
        scene.room.presence(now, account.id, &account.login, by);
    };
    moves(&mut scene, "bob", 1);
    moves(&mut scene, "bob", 1);
    moves(&mut scene, "cat", 1);
    moves(&mut scene, "cat", -1);
    scene.play("+1s\n!\n+1s\n! came bob went");
    moves(&mut scene, "bob", -1);
    scene.play("+2s\n!");
    moves(&mut scene, "bob", -1);
    moves(&mut scene, "dan", 1);
    scene.play("+2s\n! came dan went bob");
    let outcome = scene.ask("moda", Command::Ask(CHATTERS)).expect("a list");
    assert!(matches!(outcome.list, Some(List::Chatters(people, 1)) if people.len() == 1));
    assert_eq!(scene.ids("bob", Command::Ask(CHATTERS)), "no_permission");
}

#[test]
fn who_is_here_is_told_in_pages() {
    let mut scene = Scene::new();
    for login in ["dan", "bob", "cat"] {
        let (now, account) = (scene.now(), account(login));
        scene.room.presence(now, account.id, &account.login, 1);
    }
    let mut page = |after: Option<&str>| {
        let after = after.map(|login| account(login).login);
        let outcome = scene.ask("moda", Command::Ask(Question::Chatters { after, first: 2 }));
        let Ok(Some(List::Chatters(people, 3))) = outcome.map(|outcome| outcome.list) else {
            panic!("three")
        };
        people.iter().map(|p| p.login.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(page(None), "bob cat");
    assert_eq!(page(Some("cat")), "dan");
    assert_eq!(page(Some("dan")), "");
}

#[test]
fn who_is_gone_is_forgotten() {
    let mut scene = play(
        "bob: one => ok
         moda: /warn bob x => warn_success",
    );
    scene.happened();
    let (now, bob) = (scene.now(), account("bob"));
    scene.room.forget(now, &Person { id: bob.id, login: bob.login.clone() }, &mut scene.out);
    scene.play("! cleared bob 0");
    let outcome = scene.ask("moda", Command::Ask(Question::Card(bob.login))).expect("a card");
    let Some(List::Card(card)) = outcome.list else { panic!("a card") };
    assert!(card.lines.is_empty() && card.warning.is_none());
}

#[test]
fn who_may_write_no_longer_or_again_is_told_what_they_are_now() {
    let you = |script: &str| {
        let scene = play(script);
        let told = scene.out.events.iter().rev().find_map(|event| match (&event.what, event.audience) {
            (Happening::YouChanged(became), Audience::User(user)) if user == account("bob").id => {
                let left = became.ban.as_ref().map(|ban| ban.left_ms);
                Some((left, became.warning.as_deref().map(str::to_owned), became.role))
            }
            _ => None,
        });
        told.expect("bob is told")
    };
    let warned = "moda: /warn bob mind => warn_success\n";
    let out = "moda: /timeout bob 60 => timeout_success\n";
    let banned = "moda: /ban bob => ban_success\n";
    let cases = [
        (out.to_owned(), (Some(60_000), None, false)),
        (format!("{warned}{out}"), (Some(60_000), Some("mind".to_owned()), false)),
        (format!("{out}moda: /untimeout bob => untimeout_success"), (None, None, false)),
        (banned.to_owned(), (Some(0), None, false)),
        (format!("{banned}moda: /unban bob => unban_success"), (None, None, false)),
        (format!("{warned}owner: /mod bob => mod_success"), (None, Some("mind".to_owned()), true)),
    ];
    for (script, expected) in cases {
        assert_eq!(you(&script), expected, "{script}");
    }
}

#[test]
fn somebody_banned_asks_once_and_a_moderator_decides() {
    let ask = || Command::RequestUnban("I was rude, sorry".into());
    let resolve = |approve, text: &str| Command::ResolveUnban {
        login: account("bob").login,
        approve,
        text: text.to_owned(),
    };
    let mut scene = Scene::new();
    assert_eq!(scene.ids("bob", ask()), "bad_unban_no_ban");
    scene.play("moda: /timeout bob 60 => timeout_success");
    assert_eq!(scene.ids("bob", ask()), "bad_unban_request_timeout");
    scene.play("moda: /ban bob => ban_success\nmoda: /requests => unban_requests");
    scene.happened();
    assert_eq!(scene.ids("bob", Command::RequestUnban(" \u{200b} ".into())), "usage_request");
    assert_eq!(scene.ids("bob", ask()), "unban_request_sent");
    assert_eq!(scene.ids("bob", ask()), "already_requested");
    assert_eq!(scene.ids("cat", resolve(true, "")), "no_permission");
    assert_eq!(scene.ids("modb", resolve(false, "not yet")), "unban_request_denied");
    assert_eq!(scene.ids("modb", resolve(true, "")), "bad_unban_request", "it is decided");
    assert_eq!(scene.ids("bob", ask()), "bad_unban_request_denied", "once for each ban");
    let bob = account("bob").id;
    let told = format!(
        "did create_unban_request (mods) | did deny_unban_request (mods) | told unban_request_denied (to {bob})"
    );
    assert_eq!(scene.happened(), told);

    scene.pass(1);
    scene.play("moda: /unban bob => unban_success\nmoda: /ban bob => ban_success");
    assert_eq!(scene.ids("bob", ask()), "unban_request_sent", "another ban, another request");
    assert_eq!(scene.ids("bob", Command::CancelUnbanRequest), "unban_request_canceled");
    assert_eq!(scene.ids("bob", ask()), "unban_request_sent");
    assert_eq!(scene.ids("moda", resolve(true, "welcome back")), "unban_request_approved");
    scene.play("+2s\nbob: hello => ok");
    let kept = scene.kept().split_off(2);
    assert_eq!(
        kept,
        [
            "request bob Pending +create_unban_request",
            "request bob Denied +deny_unban_request",
            "unban +unban",
            "ban bob +ban",
            "request bob Pending +create_unban_request",
            "request bob Canceled +cancel_unban_request",
            "request bob Pending +create_unban_request",
            "request bob Approved +approve_unban_request",
            "unban +unban",
        ]
    );
}

#[test]
fn a_ban_that_is_lifted_otherwise_settles_the_request_and_only_moderators_see_others() {
    let mut scene = play("moda: /ban bob => ban_success\nmoda: /ban cat => ban_success");
    for who in ["bob", "cat"] {
        assert_eq!(scene.ids(who, Command::RequestUnban("please".into())), "unban_request_sent");
    }
    scene.play("moda: /unban bob => unban_success");
    let mut seen = |who: &str| match scene.ask(who, Command::Ask(Question::UnbanRequests)).map(|o| o.list) {
        Ok(Some(List::UnbanRequests(requests))) => {
            requests.iter().map(|r| format!("{} {:?}", r.who.login, r.state)).collect::<Vec<_>>()
        }
        other => panic!("no list: {other:?}"),
    };
    assert_eq!(seen("moda"), ["cat Pending", "bob Acknowledged"]);
    assert_eq!(seen("cat"), ["cat Pending"]);
    assert_eq!(seen("dan"), Vec::<String>::new());
}

#[test]
fn shoutouts_are_rare() {
    let mut scene = play(
        "bob: /shoutout cat => no_permission
         moda: /shoutout owner => bad_shoutout_self
         moda: /shoutout nobody => invalid_user
         moda: /shoutout cat => shoutout_success
         ! notice shoutout  | did shoutout (mods)
         moda: /shoutout dan => bad_shoutout_limit
         +120s
         moda: /shoutout cat => bad_shoutout_limit
         moda: /shoutout dan => shoutout_success
         +3480s
         owner: /shoutout cat => shoutout_success",
    );
    assert_eq!(scene.kept(), ["note shoutout"; 3]);
    let refusal = scene.ask("moda", Command::Shoutout(account("bob").login)).expect_err("is too soon");
    assert_eq!(refusal.retry_after_ms, Some(120_000));
}

#[test]
fn questions_are_answered_in_words_too() {
    let mut scene = play(
        "bob: hi => ok
         moda: /timeout bob 1h rude => timeout_success
         moda: /restrict bob => restrict_success",
    );
    let now = scene.now();
    scene.room.presence(now, account("cat").id, &account("cat").login, 1);
    let mut text = |command| match scene.ask("moda", command) {
        Ok(outcome) => outcome.told[0].text.to_string(),
        Err(refusal) => panic!("{refusal:?}"),
    };
    assert_eq!(text(Command::Ask(CHATTERS)), "1 signed-in person is here: cat");
    let card = "bob: 1 recent messages, 1 deleted; timed out by moda for 1 hour more; restricted.";
    assert_eq!(text(Command::Ask(Question::Card(account("bob").login))), card);
}

#[test]
fn what_few_have_is_deleted_for_those_few() {
    play(
        "moda: /restrict bob => restrict_success
         bob: ghost => ok
         ! did restrict (mods) | line bob ghost (mods and 8)
         moda: /delete $last => delete_message_success
         ! deleted bob ghost (mods and 8) | did delete (mods)",
    );
    let mut scene = Scene::new();
    let delay = crate::command::ModesPatch { delay_s: Some(4), ..Default::default() };
    scene.ids("moda", Command::Modes(delay));
    scene.happened();
    scene.play(
        "bob: too soon => ok
         ! line bob too soon (mods and 8)
         moda: /delete $last => delete_message_success
         ! deleted bob too soon (mods and 8) | did delete (mods)
         cat: fine => ok
         +5s
         ! line cat fine (mods and 9) | line cat fine (all but who got 6)
         moda: /delete $last => delete_message_success
         ! deleted cat fine | did delete (mods)",
    );
}

#[test]
fn a_moderator_who_may_not_write_may_not_moderate() {
    let mut scene = play(
        "owner: /timeout moda 600 => timeout_success
         moda: /untimeout moda => msg_timedout
         moda: /announce hello => msg_timedout
         moda: /slow 10 => msg_timedout
         moda: /timeout bob 10 => msg_timedout
         owner: /untimeout moda => untimeout_success
         owner: /warn moda mind => warn_success
         moda: /clear => msg_warned",
    );
    assert_eq!(scene.ids("moda", Command::Acknowledge), "warning_acknowledged");
    scene.play("moda: /timeout bob 10 => timeout_success");
}

#[test]
fn who_leaves_for_good_is_told_of_where_they_wrote_and_a_clear_unpins() {
    let mut scene = play(
        "bob: hi => ok
         moda: /pin $last => pin_success
         moda: /clear => ok
         ! line bob hi | did pin (mods) | pinned hi | room cleared | unpinned | did clear (mods)",
    );
    let now = scene.now();
    for (login, told) in [("bob", "cleared bob 0"), ("dan", "")] {
        let who = Person { id: account(login).id, login: account(login).login };
        scene.room.forget(now, &who, &mut scene.out);
        assert_eq!(scene.happened(), told);
    }
}

#[test]
fn a_room_whose_owner_is_gone_is_emptied_and_does_nothing_any_more() {
    let mut scene = Scene::new();
    let log = ModesPatch { log: Some(true), ..ModesPatch::default() };
    assert_eq!(scene.ids("owner", Command::Modes(log)), "ok");
    scene.play("bob: one => ok\ncat: hmm two => msg_rejected");
    let (now, owner) = (scene.now(), account("owner"));
    scene.happened();
    let logged = scene.out.log.len();
    scene.room.forget(now, &Person { id: owner.id, login: owner.login }, &mut scene.out);
    assert!(matches!(scene.out.log[logged..], [LogWrite::Deleted(_, Deleted::All(_))]));
    scene.play(
        "! Denied by nobody (mods) | unpinned | room cleared | told msg_channel_suspended
         dan: three => msg_channel_suspended
         moda: /timeout bob 60 => msg_channel_suspended
         moda: /announce four => msg_channel_suspended",
    );
    assert_eq!(scene.out.log.len(), logged + 1, "nothing more is logged");
}
