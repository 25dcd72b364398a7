//! Modes, shield mode, roles, terms, pins, colours, questions, and rooms that start without their store.

use super::*;
use crate::command::{ModesPatch, Sweep};
use crate::limits::REGEX_TERMS_MAX;

#[test]
fn each_mode_is_set_told_and_kept_once() {
    let scene = play(
        "bob: /slow => no_permission
         moda: /slow 10 => ok
         ! did slow (mods) | modes slow_on
         moda: /slow 10 => already_slow_on
         moda: /slow 121 => bad_slow_duration
         moda: /slow 2 => bad_slow_duration
         moda: /slowoff => ok
         moda: /slowoff => already_slow_off
         moda: /followers => ok
         ! did slowoff (mods) | modes slow_off | did followers (mods) | modes followers_on_zero
         moda: /followers 91d => bad_followers_duration
         moda: /emoteonly => ok
         moda: /emoteonly => already_emote_only_on
         moda: /subscribersoff => already_subs_off
         moda: /uniquechatoff => already_r9k_off",
    );
    assert_eq!(
        scene.kept(),
        ["settings +slow", "settings +slowoff", "settings +followers", "settings +emoteonly"]
    );
}

#[test]
fn several_modes_at_once_are_one_change_with_an_entry_each() {
    let mut scene = Scene::new();
    let patch = ModesPatch { slow_s: Some(5), unique: Some(true), ..ModesPatch::default() };
    assert_eq!(scene.ids("moda", Command::Modes(patch)), "ok");
    assert_eq!(scene.kept(), ["settings +uniquechat", "note slow"]);
    scene.play("! did uniquechat (mods) | did slow (mods) | modes r9k_on,slow_on");
}

#[test]
fn shield_mode_holds_the_stricter_settings_and_is_undone_exactly() {
    let mut scene = play(
        "moda: /slow 30 => ok
         moda: /shield => ok
         ! did slow (mods) | modes slow_on | did shield (mods) | modes shield_on
         moda: /shield => already_shield_on
         grey: hi => msg_verified_email
         newb: hi => msg_verified_email
         bob: see x.com => msg_rejected_mandatory
         bob: hi => ok",
    );
    assert_eq!(scene.room.holds().slow_s, 30);
    scene.play("moda: /shieldoff => ok");
    let expected = RoomSettings { slow_s: 30, ..RoomSettings::default() };
    assert_eq!(scene.room.holds(), &expected);
    scene.play(
        "moda: /shieldoff => already_shield_off
         newb: hi => ok",
    );
}

#[test]
fn a_new_shield_profile_is_kept_though_nothing_else_changes() {
    let mut scene = Scene::new();
    let shield = domain::rooms::ShieldProfile { slow_s: 60, ..Default::default() };
    let patch = ModesPatch { shield: Some(shield), ..ModesPatch::default() };
    assert_eq!(scene.ids("moda", Command::Modes(patch)), "ok");
    assert_eq!(scene.kept(), ["settings +settings"]);
}

#[test]
fn roles_are_given_by_the_owner_and_staff() {
    play(
        "moda: /mod bob => no_permission
         moda: /mods => room_mods
         owner: /mod bob => mod_success
         ! did mod (mods) | is mod true vip false (to 8)
         owner: /mod bob => bad_mod_mod
         owner: /mod owner => bad_mod_mod
         bob: /slow => ok
         boss: /vip bob => vip_success
         bob: /slowoff => no_permission
         owner: /vip bob => bad_vip_grantee_already_vip
         owner: /unvip bob => unvip_success
         owner: /unvip bob => bad_unvip_grantee_not_vip
         owner: /unmod bob => bad_unmod_mod
         owner: /unmod moda => unmod_success
         owner: /unmod modb => unmod_success
         owner: /unvip vipa => unvip_success
         bob: /mods => no_mods
         bob: /vips => no_vips
         owner: /ban cat => ban_success
         owner: /vip cat => bad_vip_grantee_banned
         owner: /mod nobody => invalid_user
         owner: /mod justinfan99 => invalid_user",
    );
}

#[test]
fn vips_are_limited() {
    let config = RoomConfig { vips_max: 1, ..RoomConfig::default() };
    Scene::with(config, RoomRecord::default()).play("owner: /vip bob => bad_vip_max_vips_reached");
}

#[test]
fn lists_of_people_are_told_in_the_words_that_clients_take_apart() {
    let mut scene = Scene::new();
    let mut text = |question| {
        let outcome = scene.ask("bob", Command::Ask(question)).expect("a list");
        outcome.told[0].text.to_string()
    };
    assert_eq!(text(Question::Moderators), "The moderators of this channel are: moda, modb");
    assert_eq!(text(Question::Vips), "The VIPs of this channel are: vipa.");
    assert!(text(Question::Help).contains("/me"));
}

#[test]
fn terms_are_added_checked_and_removed() {
    let mut scene = Scene::new();
    let add = |kind, text: &str, public| Command::AddTerm { kind, text: text.into(), public };
    let cases = [
        ("bob", add(TermKind::Blocked, "bad", false), "no_permission"),
        ("moda", add(TermKind::Blocked, "x", false), "bad_term"),
        ("moda", add(TermKind::Blocked, "***", false), "bad_term"),
        ("moda", add(TermKind::BlockedRegex, "(", false), "bad_term"),
        ("moda", add(TermKind::Blocked, " bad ", true), "term_added"),
        ("moda", add(TermKind::Blocked, "bad", true), "bad_term"),
    ];
    for (who, command, expected) in cases {
        assert_eq!(scene.ids(who, command), expected);
    }
    let say = Command::Say { text: "so bad".into(), action: false, reply_to: None, nonce: None };
    let refusal = scene.ask("bob", say).expect_err("blocked");
    assert!(refusal.text.contains("\"bad\""), "a public term is told: {}", refusal.text);
    let terms = scene.ask("moda", Command::Ask(Question::Terms)).expect("a list");
    let Some(List::Terms(terms)) = terms.list else { panic!("terms") };
    let seen = |scene: &mut Scene, who| match scene.ask(who, Command::Ask(Question::Terms)).map(|o| o.list) {
        Ok(Some(List::Terms(terms))) => terms.iter().map(|t| t.text.clone()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(seen(&mut scene, "bob"), ["bad"], "a public one may be listed");
    assert_eq!(scene.ids("moda", Command::RemoveTerm(terms[0].id)), "term_removed");
    assert_eq!(scene.ids("moda", Command::RemoveTerm(terms[0].id)), "bad_term");
    assert_eq!(scene.kept(), ["term bad +add_blocked_term", "no term +remove_blocked_term"]);
}

#[test]
fn regular_expressions_that_would_match_nothing_are_refused() {
    let mut scene = Scene::new();
    let mut add = |kind, text: String| scene.ids("moda", Command::AddTerm { kind, text, public: false });
    for number in 0..REGEX_TERMS_MAX {
        assert_eq!(add(TermKind::BlockedRegex, format!("expression {number}")), "term_added");
    }
    assert_eq!(add(TermKind::BlockedRegex, "one more".into()), "bad_term");
    assert_eq!(add(TermKind::Blocked, "a word".into()), "term_added");
}

#[test]
fn a_message_is_pinned_for_a_time_and_unpinned_when_it_goes() {
    let scene = play(
        "bob: read me => ok
         bob: /pin $last => no_permission
         moda: /pin $last 29 => bad_pin_duration
         moda: /pin 12345 => bad_pin_message
         moda: /pin $last 30 => pin_success
         ! line bob read me | did pin (mods) | pinned read me
         +30s
         ! unpinned
         moda: /unpin => bad_unpin
         moda: /pin $last => pin_success
         moda: /unpin => unpin_success
         moda: /pin $last => pin_success
         moda: /delete $last => delete_message_success
         moda: /unpin => bad_unpin",
    );
    assert_eq!(
        scene.kept(),
        ["pin +pin", "unpin", "pin +pin", "unpin +unpin", "pin +pin", "unpin", "note delete"]
    );
}

#[test]
fn a_new_colour_is_shown_from_the_next_message_on() {
    let mut scene = Scene::new();
    scene.room.recolour(account("bob").id, 0xff0000);
    scene.play("bob: hi => ok");
    assert_eq!(scene.last_line().expect("a line").author.colour, 0xff0000);
    scene.play("cat: hi => ok");
    assert_eq!(scene.last_line().expect("a line").author.colour, 0x112233);
}

#[test]
fn history_is_bounded_and_can_be_off() {
    let config = RoomConfig { history_lines: 2, ..RoomConfig::default() };
    let mut scene = Scene::with(config, RoomRecord::default());
    scene.play("bob: one => ok\ncat: two => ok\ndan: three => ok");
    let texts = |scene: &mut Scene| {
        let outcome = scene.ask("bob", Command::Ask(Question::History)).expect("a list");
        let Some(List::Lines(lines)) = outcome.list else { panic!("lines") };
        lines.iter().map(|l| l.text.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&mut scene), ["two", "three"]);
    let off = ModesPatch { history: Some(false), ..ModesPatch::default() };
    assert_eq!(scene.ids("moda", Command::Modes(off)), "ok");
    assert!(texts(&mut scene).is_empty());
    assert_eq!(scene.config.history_lines, 2);
}

#[test]
fn a_room_that_started_without_its_store_takes_over_later_what_is_kept() {
    let mut scene = play("moda: /ban cat => ban_success");
    scene.happened();
    let person = |login| Person { id: account(login).id, login: account(login).login };
    let ban = |login| domain::rooms::Ban {
        who: person(login),
        until: None,
        reason: String::new(),
        by: person("owner"),
        at: scene.now(),
    };
    let record = RoomRecord {
        settings: RoomSettings { slow_s: 5, ..RoomSettings::default() },
        bans: vec![ban("bob")],
        roles: ["dora", "eve"].map(|login| (person(login), RoomRole::Moderator)).into(),
        ..RoomRecord::default()
    };
    let now = scene.now();
    for login in ["bob", "dora"] {
        scene.room.presence(now, account(login).id, &account(login).login, 1);
    }
    let before = scene.out.events.len();
    scene.room.adopt(now, record, &mut scene.out);
    let told = |event: &Event| match (&event.what, event.audience) {
        (Happening::YouChanged(became), Audience::User(user)) => {
            Some((user, became.ban.is_some(), became.badges.moderator, became.role))
        }
        _ => None,
    };
    let told: Vec<_> = scene.out.events[before..].iter().filter_map(told).collect();
    let (bob, dora) = (account("bob").id, account("dora").id);
    assert_eq!(told, [(bob, true, false, false), (dora, false, true, true)], "whoever is here");
    assert_eq!(scene.happened(), format!("is mod true vip false (to {dora}) | modes slow_on"));
    scene.play(
        "bob: hi => msg_banned
         cat: hi => msg_banned",
    );
}

#[test]
fn a_standing_is_asked_for_once_and_again_when_it_is_stale() {
    let mut scene = Scene::new();
    let say = Command::Say { text: "hi".into(), action: false, reply_to: None, nonce: None };
    let (bob, now) = (account("bob").id, scene.now());
    assert_eq!(scene.room.wants(now, bob, &Command::Clear), Wants::Nothing);
    assert_eq!(scene.room.wants(now, bob, &say), Wants::Standing);
    scene.room.learn(now, bob, Some(standing("subby")));
    assert_eq!(scene.room.wants(now, bob, &say), Wants::Nothing);
    scene.pass(61);
    let now = scene.now();
    assert_eq!(scene.room.wants(now, bob, &say), Wants::Refresh);
    assert_eq!(scene.room.wants(now, bob, &say), Wants::Nothing, "it is being asked");
    scene.room.learn(now, bob, None);
    assert!(scene.room.badges(&account("bob")).subscriber.is_some(), "what was known stays");
}

#[test]
fn whom_a_mode_keeps_out_is_asked_about_again_because_they_may_have_followed() {
    let mut scene = Scene::new();
    let say = Command::Say { text: "hi".into(), action: false, reply_to: None, nonce: None };
    let bob = account("bob").id;
    scene.room.learn(scene.now(), bob, Some(standing("bob")));
    scene.pass(1);
    assert_eq!(scene.room.wants(scene.now(), bob, &say), Wants::Nothing, "everybody may write");
    scene.say("moda", "/followers 10m");
    assert_eq!(scene.room.wants(scene.now(), bob, &say), Wants::Standing);
    scene.room.learn(scene.now(), bob, Some(standing("bob")));
    assert_eq!(scene.room.wants(scene.now(), bob, &say), Wants::Nothing, "but not with each message");
    scene.pass(1);
    scene.room.learn(scene.now(), bob, Some(standing("cat")));
    scene.pass(1);
    assert_eq!(scene.room.wants(scene.now(), bob, &say), Wants::Nothing, "now they follow");
}

#[test]
fn what_moderators_write_has_no_control_characters_either() {
    let mut scene = Scene::new();
    let rude = "rude\r\n\u{7}\u{202e} and\tloud ";
    scene.play("bob: hello => ok");
    let ban = Command::Ban { login: account("bob").login, reason: rude.into() };
    let outcome = scene.ask("moda", ban).expect("banned");
    let Some(List::Bans(bans)) = outcome.list else { panic!("bans") };
    assert_eq!(bans[0].reason, "rude   and loud");
    assert_eq!(scene.ids("bob", Command::RequestUnban("please".into())), "unban_request_sent");
    let login = account("bob").login;
    let deny = Command::ResolveUnban { login, approve: false, text: "no,\nand \u{1}never".into() };
    let outcome = scene.ask("moda", deny).expect("denied");
    let Some(List::UnbanRequests(requests)) = outcome.list else { panic!("requests") };
    assert_eq!(requests[0].resolution, "no, and never");
    let told = scene.out.events.iter().find_map(|event| match &event.what {
        Happening::Told { text, .. } => Some(&**text),
        _ => None,
    });
    assert_eq!(told, Some("Your request to be unbanned was denied: no, and never"));
    let term = Command::AddTerm { kind: TermKind::Blocked, text: "two\nlines\u{7}".into(), public: false };
    let outcome = scene.ask("moda", term).expect("added");
    let Some(List::Terms(terms)) = outcome.list else { panic!("terms") };
    assert_eq!(terms[0].text, "two lines");
    let same = Command::AddTerm { kind: TermKind::Blocked, text: "Two LINES".into(), public: false };
    assert_eq!(scene.ids("moda", same), "bad_term");
    scene.play("cat: these are two lines => msg_rejected_mandatory");
    let sweep = Sweep { login: Some("no\nbody*".into()), ..Sweep::default() };
    assert_eq!(scene.ids("moda", Command::Sweep(sweep)), "sweep_success");
    let details = scene.out.events.iter().filter_map(|event| match &event.what {
        Happening::Moderated(entry) => Some(entry.detail.as_str()),
        _ => None,
    });
    assert!(
        details.clone().all(|detail| !detail.contains(char::is_control)),
        "{:?}",
        details.collect::<Vec<_>>()
    );
}
