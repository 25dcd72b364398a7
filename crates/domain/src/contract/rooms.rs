//! The contract of [`Rooms`].

use std::sync::Arc;
use std::time::Duration;

use super::fixtures::{RACERS, at, name, race};
use crate::ids::{ChannelId, MessageId, ModEntryId, TermId, UserId};
use crate::ports::Rooms;
use crate::rooms::{
    Ban, Look, ModEntry, Person, Pinned, RoomChange, RoomRecord, RoomRole, RoomSettings, ShieldProfile,
    Suspicion, Term, TermKind, UnbanRequest, UnbanState, Warning,
};

const ROOM: ChannelId = ChannelId(1);
const OTHER: ChannelId = ChannelId(2);

fn person(id: u64) -> Person {
    Person { id: UserId(id), login: name(&format!("viewer_{id}")) }
}

fn ban(who: u64, until: Option<i64>) -> Ban {
    let reason = format!("ban of \"{who}\" ♟");
    Ban { who: person(who), until: until.map(at), reason, by: person(100), at: at(0) }
}

fn term(id: u64, kind: TermKind) -> Term {
    let text = format!("term_{id}*");
    Term { id: TermId(id), kind, text, public: id.is_multiple_of(2), by: person(100), at: at(0) }
}

fn pinned(until: Option<i64>) -> Pinned {
    let (author, by) = (person(7), person(100));
    Pinned { message: MessageId(5), author, text: "read me".to_owned(), by, until: until.map(at) }
}

fn warning(who: u64, reason: &str) -> Warning {
    Warning { who: person(who), reason: reason.to_owned(), by: person(100), at: at(0) }
}

fn request(who: u64, state: UnbanState) -> UnbanRequest {
    let decided = matches!(state, UnbanState::Approved | UnbanState::Denied);
    UnbanRequest {
        who: person(who),
        text: "I am sorry; \"really\"".to_owned(),
        at: at(0),
        state,
        resolution: if decided { "we looked".to_owned() } else { String::new() },
        by: decided.then(|| person(100)),
        resolved_at: decided.then(|| at(60)),
    }
}

fn entry(id: u64, action: &str, target: Option<u64>) -> ModEntry {
    ModEntry {
        id: ModEntryId(id),
        at: at(i64::try_from(id).unwrap_or(0)),
        by: person(100),
        action: action.to_owned(),
        target: target.map(person),
        detail: format!("detail {id}"),
        duration: (action == "timeout").then_some(Duration::from_secs(600)),
    }
}

async fn change(store: &Arc<dyn Rooms>, change: RoomChange) {
    store.change(ROOM, change, None).await.expect("changes");
}

async fn load(store: &Arc<dyn Rooms>) -> RoomRecord {
    store.load(ROOM).await.expect("loads")
}

fn everything_set() -> RoomSettings {
    RoomSettings {
        slow_s: 30,
        followers_min: Some(0),
        subscribers_only: true,
        emote_only: true,
        unique: true,
        delay_s: 4,
        block_links: true,
        automod: 3,
        verified_only: true,
        account_age_min: 60,
        history: false,
        log: true,
        shield: ShieldProfile { slow_s: 120, automod: 2, ..ShieldProfile::default() },
        shield_on: true,
    }
}

/// Each change is found when the room is loaded, and in no other room.
pub async fn meaning(make: impl AsyncFn() -> Arc<dyn Rooms>) {
    let store = make().await;
    assert_eq!(load(&store).await, RoomRecord::default(), "nothing is kept of it yet");
    for made in changes() {
        change(&store, made).await;
    }
    let record = load(&store).await;
    assert_eq!(record, whole());
    assert_eq!(store.load(OTHER).await.expect("loads"), RoomRecord::default());
    assert_eq!(store.moderated_by(UserId(3)).await.expect("answers"), [ROOM]);
    assert_eq!(store.moderated_by(UserId(4)).await.expect("answers"), [], "a VIP moderates nothing");

    for undone in [
        RoomChange::Revoke(UserId(3), RoomRole::Moderator),
        RoomChange::Unban(UserId(5)),
        RoomChange::RemoveTerm(TermId(21)),
        RoomChange::Pin(None),
        RoomChange::Acknowledge(UserId(9)),
        RoomChange::Suspect(person(11), None),
        RoomChange::DropUnbanRequest(UserId(13)),
    ] {
        change(&store, undone).await;
    }
    let expected = RoomRecord {
        roles: vec![(person(4), RoomRole::Vip)],
        bans: vec![ban(6, None)],
        terms: vec![term(22, TermKind::BlockedRegex), term(23, TermKind::Permitted)],
        pinned: None,
        warnings: Vec::new(),
        suspects: vec![(person(12), Suspicion::Restricted)],
        unban_requests: vec![request(14, UnbanState::Pending)],
        ..whole()
    };
    assert_eq!(sorted(load(&store).await), expected);
    entries_are_found(&make().await).await;
    users_look_and_are_forgotten(&make().await).await;
}

/// Every kind of change, some of them replacing one before.
fn changes() -> Vec<RoomChange> {
    vec![
        RoomChange::Settings(RoomSettings::default()),
        RoomChange::Settings(everything_set()),
        RoomChange::Grant(person(3), RoomRole::Vip),
        RoomChange::Grant(person(3), RoomRole::Moderator),
        RoomChange::Grant(person(4), RoomRole::Vip),
        RoomChange::Ban(ban(5, None)),
        RoomChange::Ban(ban(5, Some(600))),
        RoomChange::Ban(ban(6, None)),
        RoomChange::AddTerm(term(21, TermKind::Blocked)),
        RoomChange::AddTerm(term(22, TermKind::BlockedRegex)),
        RoomChange::AddTerm(term(23, TermKind::Permitted)),
        RoomChange::Pin(Some(pinned(None))),
        RoomChange::Pin(Some(pinned(Some(60)))),
        RoomChange::Warn(warning(9, "first")),
        RoomChange::Warn(warning(9, "second")),
        RoomChange::Suspect(person(11), Some(Suspicion::Restricted)),
        RoomChange::Suspect(person(11), Some(Suspicion::Monitored)),
        RoomChange::Suspect(person(12), Some(Suspicion::Restricted)),
        RoomChange::UnbanRequest(request(13, UnbanState::Pending)),
        RoomChange::UnbanRequest(request(13, UnbanState::Denied)),
        RoomChange::UnbanRequest(request(14, UnbanState::Pending)),
    ]
}

/// What [`changes`] leave.
fn whole() -> RoomRecord {
    RoomRecord {
        settings: everything_set(),
        roles: vec![(person(3), RoomRole::Moderator), (person(4), RoomRole::Vip)],
        bans: vec![ban(5, Some(600)), ban(6, None)],
        terms: vec![
            term(21, TermKind::Blocked),
            term(22, TermKind::BlockedRegex),
            term(23, TermKind::Permitted),
        ],
        pinned: Some(pinned(Some(60))),
        warnings: vec![warning(9, "second")],
        suspects: vec![(person(11), Suspicion::Monitored), (person(12), Suspicion::Restricted)],
        unban_requests: vec![request(13, UnbanState::Denied), request(14, UnbanState::Pending)],
    }
}

/// The port promises no order of lists.
fn sorted(mut record: RoomRecord) -> RoomRecord {
    record.roles.sort_by_key(|(who, _)| who.id);
    record.bans.sort_by_key(|ban| ban.who.id);
    record.terms.sort_by_key(|term| term.id);
    record.warnings.sort_by_key(|warning| warning.who.id);
    record.suspects.sort_by_key(|(who, _)| who.id);
    record.unban_requests.sort_by_key(|request| request.who.id);
    record
}

async fn entries_are_found(store: &Arc<dyn Rooms>) {
    let banned = RoomChange::Ban(ban(5, None));
    store.change(ROOM, banned, Some(entry(1, "ban", Some(5)))).await.expect("changes");
    for noted in [entry(2, "clear", None), entry(3, "timeout", Some(6)), entry(4, "delete", Some(5))] {
        store.note(ROOM, noted.clone()).await.expect("notes");
        store.note(ROOM, noted).await.expect("noting it again changes nothing");
    }
    store.note(OTHER, entry(1, "ban", Some(5))).await.expect("notes");
    for (target, before, most, expected) in [
        (None, None, 10, vec![4, 3, 2, 1]),
        (None, None, 2, vec![4, 3]),
        (None, Some(3), 10, vec![2, 1]),
        (Some(5), None, 10, vec![4, 1]),
        (Some(5), Some(4), 10, vec![1]),
        (Some(9), None, 10, vec![]),
        (None, None, 0, vec![]),
    ] {
        let found =
            store.entries(ROOM, target.map(UserId), before.map(ModEntryId), most).await.expect("answers");
        let ids: Vec<u64> = found.iter().map(|entry| entry.id.0).collect();
        assert_eq!(ids, expected, "{target:?} {before:?} {most}");
    }
    let found = store.entries(ROOM, Some(UserId(6)), None, 1).await.expect("answers");
    assert_eq!(found, [entry(3, "timeout", Some(6))], "whole");
}

async fn users_look_and_are_forgotten(store: &Arc<dyn Rooms>) {
    assert_eq!(store.look(UserId(7)).await.expect("answers"), Look::default());
    for colour in [Some(0x00ff_80aa), Some(0), None, Some(0x00ff_ffff)] {
        store.set_look(UserId(7), Look { colour }).await.expect("keeps");
        assert_eq!(store.look(UserId(7)).await.expect("answers"), Look { colour });
    }
    blocks_are_one_users_own(store).await;
    for made in [
        RoomChange::UnbanRequest(request(7, UnbanState::Pending)),
        RoomChange::Grant(person(7), RoomRole::Moderator),
        RoomChange::Grant(person(8), RoomRole::Moderator),
        RoomChange::Warn(warning(7, "w")),
        RoomChange::Suspect(person(7), Some(Suspicion::Monitored)),
        RoomChange::Ban(ban(7, None)),
        RoomChange::Pin(Some(pinned(None))),
    ] {
        change(store, made).await;
    }
    for noted in [entry(1, "delete", Some(7)), entry(2, "ban", Some(7)), entry(3, "delete", Some(8))] {
        store.note(ROOM, noted).await.expect("notes");
    }
    store.forget(UserId(7)).await.expect("forgets");
    store.forget(UserId(7)).await.expect("forgetting twice is fine");
    let record = load(store).await;
    let left = RoomRecord {
        roles: vec![(person(8), RoomRole::Moderator)],
        bans: vec![ban(7, None)],
        ..RoomRecord::default()
    };
    assert_eq!(record, left, "bans stay");
    assert_eq!(store.look(UserId(7)).await.expect("answers"), Look::default());
    assert_eq!(store.blocked_by(UserId(7)).await.expect("answers"), [], "whom they blocked");
    assert_eq!(store.blocked_by(UserId(8)).await.expect("answers"), [person(6)], "who blocked them");
    let details: Vec<String> = store
        .entries(ROOM, None, None, 10)
        .await
        .expect("answers")
        .into_iter()
        .map(|entry| entry.detail)
        .collect();
    assert_eq!(details, ["detail 3", "", ""], "what was done about them stays, their words do not");
}

/// Leaves 7 blocking 5, and 8 blocking 6 and 7.
async fn blocks_are_one_users_own(store: &Arc<dyn Rooms>) {
    let block = async |user: u64, whom: u64, blocked: bool| {
        store.set_block(UserId(user), person(whom), blocked).await.expect("keeps");
    };
    for (user, whom, blocked) in
        [(7, 6, true), (7, 5, true), (7, 5, true), (7, 6, false), (7, 9, false), (8, 7, true), (8, 6, true)]
    {
        block(user, whom, blocked).await;
    }
    assert_eq!(store.blocked_by(UserId(7)).await.expect("answers"), [person(5)]);
    assert_eq!(store.blocked_by(UserId(8)).await.expect("answers"), [person(6), person(7)], "by login");
    assert_eq!(store.blocked_by(UserId(6)).await.expect("answers"), [], "to be blocked is not to block");
}

/// Changes that race are all kept, each with its entry.
pub async fn concurrency(make: impl AsyncFn() -> Arc<dyn Rooms>) {
    let store = make().await;
    race(|n| {
        let store = store.clone();
        async move {
            let granted = RoomChange::Grant(person(n + 1), RoomRole::Vip);
            store.change(ROOM, granted, Some(entry(n + 1, "vip", Some(n + 1)))).await.expect("changes");
        }
    })
    .await;
    assert_eq!(load(&store).await.roles.len() as u64, RACERS);
    let found = store.entries(ROOM, None, None, 1000).await.expect("answers");
    assert_eq!(found.len() as u64, RACERS);
    assert!(found.is_sorted_by(|a, b| a.id > b.id), "newest first");
}

/// Taking what is not there is fine, and a role is not taken by another's name.
pub async fn refusal(make: impl AsyncFn() -> Arc<dyn Rooms>) {
    let store = make().await;
    change(&store, RoomChange::Grant(person(3), RoomRole::Moderator)).await;
    for nothing in [
        RoomChange::Revoke(UserId(3), RoomRole::Vip),
        RoomChange::Revoke(UserId(4), RoomRole::Moderator),
        RoomChange::Unban(UserId(3)),
        RoomChange::RemoveTerm(TermId(1)),
        RoomChange::Pin(None),
        RoomChange::Acknowledge(UserId(3)),
        RoomChange::Suspect(person(3), None),
        RoomChange::DropUnbanRequest(UserId(3)),
    ] {
        change(&store, nothing).await;
    }
    let roles = vec![(person(3), RoomRole::Moderator)];
    assert_eq!(load(&store).await, RoomRecord { roles, ..RoomRecord::default() });
    assert_eq!(store.load(ChannelId(u64::MAX)).await.expect("loads"), RoomRecord::default());
}

/// Rooms outlive the process.
pub async fn restart(open: impl AsyncFn() -> Arc<dyn Rooms>) {
    let store = open().await;
    for made in changes() {
        change(&store, made).await;
    }
    store.note(ROOM, entry(1, "clear", None)).await.expect("notes");
    store.set_look(UserId(7), Look { colour: Some(7) }).await.expect("keeps");
    store.set_block(UserId(7), person(5), true).await.expect("keeps");
    drop(store);
    let store = open().await;
    assert_eq!(sorted(load(&store).await), whole());
    assert_eq!(store.entries(ROOM, None, None, 9).await.expect("answers"), [entry(1, "clear", None)]);
    assert_eq!(store.look(UserId(7)).await.expect("answers"), Look { colour: Some(7) });
    assert_eq!(store.blocked_by(UserId(7)).await.expect("answers"), [person(5)]);
}
