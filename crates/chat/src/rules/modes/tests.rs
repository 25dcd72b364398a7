//! Modes as tables: ranges, shield mode, sentences, who passes.

use domain::ids::UserId;
use domain::messages::Subscriber;

use super::*;

fn at(minutes: i64) -> WallTime {
    WallTime::from_unix_ms(1_800_000_000_000 + minutes * 60_000)
}

fn id(refusal: Result<impl Sized, Refusal>) -> String {
    refusal.err().map_or(String::new(), |r| r.id.into())
}

#[test]
fn values_out_of_range_change_nothing() {
    let patch = |f: fn(&mut ModesPatch)| {
        let mut patch = ModesPatch::default();
        f(&mut patch);
        id(patched(&RoomSettings::default(), &patch))
    };
    let cases = [
        (patch(|p| p.slow_s = Some(2)), "bad_slow_duration"),
        (patch(|p| p.slow_s = Some(121)), "bad_slow_duration"),
        (patch(|p| p.slow_s = Some(120)), ""),
        (patch(|p| p.slow_s = Some(0)), ""),
        (patch(|p| p.followers_min = Some(Some(129_601))), "bad_followers_duration"),
        (patch(|p| p.followers_min = Some(Some(129_600))), ""),
        (patch(|p| p.delay_s = Some(3)), "bad_delay_duration"),
        (patch(|p| p.automod = Some(5)), "bad_automod_level"),
        (patch(|p| p.account_age_min = Some(u32::MAX)), "bad_account_age"),
        (patch(|p| p.shield = Some(ShieldProfile { slow_s: 1, ..Default::default() })), "bad_slow_duration"),
    ];
    for (n, (got, expected)) in cases.into_iter().enumerate() {
        assert_eq!(got, expected, "case {n}");
    }
}

#[test]
fn shield_mode_takes_the_stricter_of_each_and_undoes_exactly() {
    let mut own = RoomSettings { slow_s: 30, followers_min: Some(0), automod: 1, ..RoomSettings::default() };
    own.shield.followers_min = None;
    let before = own.clone();
    assert_eq!(effective(&own), own, "off: nothing of the profile holds");
    own.shield_on = true;
    let holds = effective(&own);
    assert_eq!((holds.slow_s, holds.followers_min, holds.automod), (30, Some(0), 4));
    assert!(holds.verified_only && holds.block_links);
    own.shield_on = false;
    assert_eq!(own, before);
}

#[test]
fn each_change_has_a_notice_and_an_action() {
    let off = RoomSettings::default();
    let on = RoomSettings {
        slow_s: 10,
        followers_min: Some(10),
        subscribers_only: true,
        emote_only: true,
        unique: true,
        delay_s: 4,
        ..off.clone()
    };
    let list = |a: &RoomSettings, b: &RoomSettings| -> Vec<(String, &str)> {
        changes(a, b).into_iter().map(|(told, action)| (told.id.into(), action)).collect()
    };
    let named = |pairs: &[(&str, &'static str)]| -> Vec<(String, &str)> {
        pairs.iter().map(|(id, action)| ((*id).to_owned(), *action)).collect()
    };
    assert_eq!(
        list(&off, &on),
        named(&[
            ("subs_on", "subscribers"),
            ("emote_only_on", "emoteonly"),
            ("r9k_on", "uniquechat"),
            ("slow_on", "slow"),
            ("followers_on", "followers"),
            ("delay_changed", "delay"),
        ])
    );
    assert_eq!(
        list(&on, &off),
        named(&[
            ("subs_off", "subscribersoff"),
            ("emote_only_off", "emoteonlyoff"),
            ("r9k_off", "uniquechatoff"),
            ("slow_off", "slowoff"),
            ("followers_off", "followersoff"),
            ("delay_changed", "delayoff"),
        ])
    );
    let zero = RoomSettings { followers_min: Some(0), ..off.clone() };
    assert_eq!(list(&off, &zero), named(&[("followers_on_zero", "followers")]));
    assert!(list(&off, &off).is_empty());
}

#[test]
fn what_is_switched_off_is_told_in_words_and_not_as_a_zero() {
    let off = RoomSettings { automod: 0, ..RoomSettings::default() };
    let on = RoomSettings { slow_s: 90, delay_s: 4, automod: 2, account_age_min: 60, ..off.clone() };
    let texts = |before: &RoomSettings, after: &RoomSettings| {
        changes(before, after).into_iter().map(|(told, _)| told.text.into_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        texts(&off, &on),
        [
            "This room is now in slow mode. You may send one message every 1 minute 30 seconds.",
            "Messages are shown to moderators 4 seconds before everybody else.",
            "Accounts must now be at least 1 hour old to chat.",
            "AutoMod is now on level 2.",
        ]
    );
    assert_eq!(
        texts(&on, &off),
        [
            "This room is no longer in slow mode.",
            "Messages are shown to everybody at once.",
            "Accounts of any age may chat now.",
            "AutoMod is now off.",
        ]
    );
}

#[test]
fn a_patch_that_changes_nothing_is_told_so() {
    let settings = RoomSettings { slow_s: 10, ..RoomSettings::default() };
    let patch = ModesPatch {
        slow_s: Some(10),
        emote_only: Some(false),
        followers_min: Some(None),
        ..ModesPatch::default()
    };
    let ids: Vec<_> = already(&settings, &patch).into_iter().map(|t| t.id).collect();
    let expected: Vec<Box<str>> =
        vec!["already_emote_only_off".into(), "already_slow_on".into(), "already_followers_off".into()];
    assert_eq!(ids, expected);
}

#[test]
fn accounts_must_be_verified_and_old_enough_where_the_room_asks() {
    let account = |verified, age_min: i64| Account {
        id: UserId(1),
        login: "maya".parse().expect("a name"),
        display: "Maya".into(),
        admin: false,
        partner: false,
        bot: false,
        verified,
        created_at: at(-age_min),
        colour: 0,
    };
    let strict = RoomSettings { verified_only: true, account_age_min: 60, ..RoomSettings::default() };
    let cases = [
        (true, 60, "", None),
        (true, 59, "msg_verified_email", Some(60_000)),
        (false, 600, "msg_verified_email", None),
    ];
    for (verified, age, expected, retry) in cases {
        let result = account_passes(at(0), &strict, &account(verified, age));
        assert_eq!(result.as_ref().err().and_then(|r| r.retry_after_ms), retry);
        assert_eq!(id(result), expected);
    }
    assert!(account_passes(at(0), &RoomSettings::default(), &account(false, 0)).is_ok());
}

#[test]
fn standing_and_slow_mode_decide_who_writes() {
    let open = RoomSettings::default();
    let slow = RoomSettings { slow_s: 30, ..open.clone() };
    let followers = RoomSettings { followers_min: Some(10), ..open.clone() };
    let any_follower = RoomSettings { followers_min: Some(0), ..open.clone() };
    let subs = RoomSettings { subscribers_only: true, ..open.clone() };
    let nobody = StandingRecord::default();
    let followed = |min: i64| StandingRecord { follows_since: Some(at(-min)), subscriber: None };
    let sub = StandingRecord { subscriber: Some(Subscriber { tier: 1, months: 3 }), follows_since: None };
    let vip = Badges { vip: true, ..Badges::default() };
    let none = Badges::default();
    let ago = |s| Some(Duration::from_secs(s));
    let cases = [
        (&open, none, Some(nobody), ago(0), ""),
        (&slow, none, Some(nobody), None, ""),
        (&slow, none, Some(nobody), ago(29), "msg_slowmode"),
        (&slow, none, Some(nobody), ago(30), ""),
        (&slow, vip, Some(nobody), ago(1), ""),
        (&followers, none, Some(nobody), None, "msg_followersonly"),
        (&followers, none, None, None, "msg_followersonly"),
        (&followers, none, Some(followed(9)), None, "msg_followersonly_followed"),
        (&followers, none, Some(followed(10)), None, ""),
        (&followers, none, Some(sub), None, ""),
        (&followers, vip, Some(nobody), None, ""),
        (&any_follower, none, Some(nobody), None, "msg_followersonly_zero"),
        (&any_follower, none, Some(followed(0)), None, ""),
        (&subs, none, Some(followed(99)), None, "msg_subsonly"),
        (&subs, none, Some(sub), None, ""),
        (&subs, vip, Some(nobody), None, ""),
    ];
    let maya = "maya".parse().expect("a name");
    for (n, (settings, badges, standing, last, expected)) in cases.into_iter().enumerate() {
        let result = standing_passes(at(0), settings, &maya, badges, standing, last);
        assert_eq!(id(result), expected, "case {n}");
    }
}
