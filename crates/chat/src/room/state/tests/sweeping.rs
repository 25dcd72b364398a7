//! Bulk removal.

use super::*;
use crate::command::Sweep;

fn raid(scene: &mut Scene) {
    for name in ["hoss001", "hoss002", "newbie01", "bob", "subby", "vipa", "moda"] {
        assert_eq!(scene.say(name, "Follow HOSS now"), "ok");
    }
    scene.happened();
}

#[test]
fn a_sweep_removes_who_matches_all_conditions_and_spares_whom_the_channel_knows() {
    let sweep = |login: Option<&str>, text: Option<&str>, younger: Option<u32>, timeout_s| {
        let mut scene = Scene::new();
        raid(&mut scene);
        let sweep = Sweep {
            login: login.map(Into::into),
            text: text.map(Into::into),
            younger_than_min: younger,
            timeout_s,
        };
        let answer = scene.ids("moda", Command::Sweep(sweep));
        let events = scene.happened();
        let mut cleared: Vec<_> =
            events.split(" | ").filter(|e| e.starts_with("cleared")).map(str::to_owned).collect();
        cleared.sort();
        (answer, cleared.join(" "), scene)
    };
    let cases = [
        (Some("hoss*"), None, None, None, "cleared hoss001 0 cleared hoss002 0"),
        (
            None,
            Some("follow hoss"),
            None,
            Some(0),
            "cleared bob for good cleared hoss001 for good cleared hoss002 for good cleared newbie01 for good",
        ),
        (None, None, Some(60), Some(600), "cleared newbie01 600"),
        (Some("hoss*"), Some("hoss"), Some(60), None, ""),
    ];
    for (login, text, younger, timeout, expected) in cases {
        let (answer, cleared, _) = sweep(login, text, younger, timeout);
        assert_eq!((answer.as_str(), cleared.as_str()), ("sweep_success", expected));
    }
    let (_, _, mut scene) = sweep(Some("hoss*"), None, None, Some(0));
    assert_eq!(scene.say("hoss001", "again"), "msg_banned");
    assert_eq!(scene.kept(), ["ban hoss001 +ban", "ban hoss002 +ban", "note sweep"]);
    assert_eq!(sweep(None, None, None, None).0, "usage_sweep");
    assert_eq!(sweep(Some("*"), None, None, None).0, "usage_sweep");
}

#[test]
fn a_sweep_finds_whose_messages_are_held_or_cleared_already() {
    let sweep =
        |login: &str, timeout_s| Sweep { login: Some(login.to_owned()), timeout_s, ..Sweep::default() };
    let mut scene = play(
        "hoss001: hmm => msg_rejected
         hoss002: hello => ok
         moda: /delete $last => delete_message_success",
    );
    scene.happened();
    assert_eq!(scene.ids("moda", Command::Sweep(sweep("hoss*", None))), "sweep_success");
    let removed = "Denied by nobody (mods) | cleared hoss001 0 | did sweep (mods)";
    assert_eq!(scene.happened(), removed, "of one there is something to remove");
    scene.play("newbie1: hmm => msg_rejected");
    assert_eq!(scene.ids("moda", Command::Sweep(sweep("*e*", Some(600)))), "sweep_success");
    scene.happened();
    assert_eq!(scene.kept().split_off(2), ["ban newbie1 +timeout", "note sweep"]);
    scene.play("newbie1: hi => msg_timedout");
    assert_eq!(scene.ids("moda", Command::Sweep(sweep("hoss*", Some(0)))), "sweep_success");
    scene.play("hoss002: hi => msg_banned");
    let again = scene.ask("moda", Command::Sweep(sweep("hoss*", Some(600)))).expect("swept");
    assert_eq!(&*again.told[0].text, "Removed the messages of 0 accounts.", "a ban stays one");
    scene.play("hoss002: hi => msg_banned");
}

#[test]
fn a_sweep_is_bounded_and_says_that_there_are_more() {
    let config = RoomConfig { sweep_max: 1, ..RoomConfig::default() };
    let mut scene = Scene::with(config, RoomRecord::default());
    raid(&mut scene);
    let sweep = Sweep { login: Some("hoss*".into()), ..Sweep::default() };
    let outcome = scene.ask("moda", Command::Sweep(sweep)).expect("swept");
    assert!(outcome.told[0].text.contains("1 account.") && outcome.told[0].text.contains("more"));
}
