//! Rooms with their task: what is answered when, what survives which failure, what waits and what does not.

mod fakes;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::ids::{ChannelId, EmoteId, UserId};
use domain::rooms::{Ban, Person, RoomChange, RoomRole};
use domain::time::WallTime;
use runtime::Scope;
use tokio::sync::oneshot;

use self::fakes::{BEGIN_MS, World};
use super::*;
use crate::command::{Account, Caller, Command, List, Offered, Outcome, Question, Refusal};
use crate::event::Happening;
use crate::tree::testing;

const OWNER: u64 = 1;
const BOB: u64 = 8;

struct Stage {
    world: Arc<World>,
    rooms: Rooms,
    scope: Scope,
}

impl Stage {
    fn new(world: Arc<World>) -> Self {
        Self::with(world, RoomConfig::default())
    }
    fn with(world: Arc<World>, config: RoomConfig) -> Self {
        let scope = Scope::root();
        for id in [OWNER, BOB, 9] {
            world.add(account(id));
        }
        Self { rooms: Rooms::start(world.ports(), config, &scope), world, scope }
    }
    fn enter(&self) -> Arc<RoomHandle> {
        self.rooms.enter(Place { id: ChannelId(OWNER), login: account(OWNER).login })
    }
    async fn close(self) {
        assert_eq!(self.scope.close(Duration::from_secs(60)).await, Vec::<&str>::new());
    }
}

fn account(id: u64) -> Account {
    Account {
        id: UserId(id),
        display: format!("User_{id}").into(),
        ..testing::account(&format!("user_{id}"))
    }
}

fn caller(id: u64) -> Caller {
    let address = IpAddr::from([10, 0, 0, u8::try_from(id % 256).expect("small")]);
    Caller { account: Arc::new(account(id)), address, connection: None }
}

fn say(text: &str) -> Command {
    Command::Say { text: text.to_owned(), action: false, reply_to: None, nonce: None }
}

fn typed(text: &str) -> Command {
    match slash::typed(text, None, None) {
        Ok(slash::Typed::Room(command)) => command,
        other => panic!("{text} is nothing of a room: {other:?}"),
    }
}

fn ids(result: Result<Outcome, Refusal>) -> String {
    match result {
        Ok(outcome) if outcome.told.is_empty() => "ok".to_owned(),
        Ok(outcome) => outcome.told.iter().map(|t| &*t.id).collect::<Vec<_>>().join(","),
        Err(refusal) => refusal.id.into(),
    }
}

async fn ask(room: &RoomHandle, who: u64, command: Command) -> String {
    ids(room.request(caller(who), command).await)
}

/// Asks without waiting; the receiver gets the ids.
fn asked(room: &RoomHandle, who: u64, command: Command) -> oneshot::Receiver<String> {
    let (tell, told) = oneshot::channel();
    room.ask(caller(who), command, Box::new(move |answer| drop(tell.send(ids(answer)))));
    told
}

fn lines(world: &World) -> Vec<String> {
    let text = |what| match what {
        Happening::Line(line) => Some(line.text.to_string()),
        _ => None,
    };
    world.events().into_iter().filter_map(|e| text(e.what)).collect()
}

/// Lets virtual time pass. The clock is paused in every test here, so nothing waits: Tokio moves it on only once all tasks are
/// idle, and timers on the way fire in their order.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Lets every task run until all wait.
async fn settle() {
    pass(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_said_is_acknowledged_once_it_is_on_its_way() {
    let world = World::new();
    world.bus_gate.forget_permits(usize::MAX);
    let stage = Stage::new(world);
    let room = stage.enter();
    let mut answer = asked(&room, BOB, say("hello"));
    settle().await;
    assert!(answer.try_recv().is_err(), "the bus has not taken it yet");
    stage.world.bus_gate.add_permits(100);
    assert_eq!(answer.await.as_deref(), Ok("ok"));
    assert_eq!(lines(&stage.world), ["hello"]);
    assert!(stage.world.events().iter().map(|e| e.seq).eq(1..=1));
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_ban_holds_though_the_store_is_down_and_is_kept_when_it_is_back() {
    let stage = Stage::new(World::new());
    let room = stage.enter();
    assert_eq!(ask(&room, BOB, say("spam")).await, "ok");
    stage.world.store_down.store(true, Ordering::Relaxed);
    assert_eq!(ask(&room, OWNER, typed("/ban user_8")).await, "ban_success,not_kept");
    assert_eq!(ask(&room, BOB, say("more")).await, "msg_banned");
    let cleared = |e: &crate::event::Event| matches!(e.what, Happening::UserCleared { .. });
    assert!(stage.world.events().iter().any(cleared), "all screens know at once");
    assert_eq!(ask(&room, OWNER, typed("/slow 5")).await, "not_kept", "what comes after is not made to wait");
    stage.world.store_down.store(false, Ordering::Relaxed);
    pass(Duration::from_secs(60)).await;
    assert_eq!(stage.world.changes(), 2);
    assert_eq!(ask(&room, OWNER, typed("/slow 6")).await, "ok");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_holds_from_the_first_message_on() {
    let world = World::new();
    let person = |id| Person { id: account(id).id, login: account(id).login };
    let ban = Ban {
        who: person(BOB),
        until: None,
        reason: String::new(),
        by: person(OWNER),
        at: WallTime::from_unix_ms(BEGIN_MS),
    };
    world.record().bans.push(ban);
    world.record().roles.push((person(9), RoomRole::Moderator));
    let stage = Stage::new(world);
    let room = stage.enter();
    assert_eq!(ask(&room, BOB, say("hi")).await, "msg_banned");
    room.loaded().await;
    let you = |id| room.view(Some(&caller(id))).you.expect("an account");
    assert_eq!(you(BOB).ban.map(|ban| ban.for_good()), Some(true));
    assert!(you(9).badges.moderator && you(OWNER).badges.broadcaster);
    assert_eq!(ask(&room, 9, typed("/unban user_8")).await, "unban_success");
    assert_eq!(you(BOB).ban, None);
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_room_works_without_any_store_and_takes_over_what_is_kept_later() {
    let world = World::new();
    world.store_down.store(true, Ordering::Relaxed);
    world.log_down.store(true, Ordering::Relaxed);
    world.record().settings.slow_s = 10;
    let stage = Stage::new(world);
    let room = stage.enter();
    assert_eq!(ask(&room, BOB, say("anybody there?")).await, "ok");
    assert_eq!(ask(&room, OWNER, typed("/ban user_99")).await, "unavailable_command");
    assert_eq!(
        ask(&room, OWNER, typed("/ban user_8")).await,
        "ban_success,not_kept",
        "who wrote lately is known"
    );
    stage.world.store_down.store(false, Ordering::Relaxed);
    pass(Duration::from_secs(60)).await;
    assert_eq!(room.view(None).settings.slow_s, 10);
    assert_eq!(ask(&room, BOB, say("hi")).await, "msg_banned");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn messages_keep_their_order_while_somebody_is_looked_up() {
    let world = World::new();
    world.standing_gate.forget_permits(usize::MAX);
    let stage = Stage::new(world);
    let room = stage.enter();
    let answers: Vec<_> = (1..=100).map(|n| asked(&room, OWNER, say(&format!("message {n}")))).collect();
    settle().await;
    assert!(lines(&stage.world).is_empty());
    stage.world.standing_gate.add_permits(1);
    for answer in answers {
        assert_eq!(answer.await.as_deref(), Ok("ok"));
    }
    let expected: Vec<String> = (1..=100).map(|n| format!("message {n}")).collect();
    assert_eq!(lines(&stage.world), expected);
    let other = asked(&room, BOB, say("I wait for nobody's answer for long"));
    assert_eq!(other.await.as_deref(), Ok("ok"), "patience has an end");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_follows_no_longer_is_kept_out_from_the_next_message_on_whatever_was_known() {
    let world = World::new();
    world.record().settings.followers_min = Some(0);
    world.follow(Some(WallTime::from_unix_ms(0)));
    let stage = Stage::new(world);
    let room = stage.enter();
    let (bob, channel) = (UserId(BOB), ChannelId(OWNER));
    assert_eq!(ask(&room, BOB, say("one")).await, "ok");
    stage.world.follow(None);
    stage.rooms.unlearn(bob, channel).await;
    pass(Duration::from_secs(2)).await;
    assert_eq!(ask(&room, BOB, say("two")).await, "msg_followersonly_zero");
    // They follow again while a message waits for the answer that they do not.
    stage.world.standing_gate.forget_permits(usize::MAX);
    pass(Duration::from_secs(2)).await;
    let three = asked(&room, BOB, say("three"));
    settle().await;
    stage.world.follow(Some(WallTime::from_unix_ms(0)));
    stage.rooms.unlearn(bob, channel).await;
    settle().await;
    stage.world.standing_gate.add_permits(2);
    assert_eq!(three.await.as_deref(), Ok("ok"));
    // Nobody tells the room: it asks before it judges, once what it knows is old.
    stage.world.standing_gate.add_permits(1);
    stage.world.follow(None);
    pass(Duration::from_secs(61)).await;
    assert_eq!(ask(&room, BOB, say("four")).await, "msg_followersonly_zero");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_refused_and_does_not_keep_moderators_out() {
    let config = RoomConfig { queue: 4, ..RoomConfig::default() };
    let stage = Stage::with(World::new(), config);
    let room = stage.enter();
    assert_eq!(ask(&room, BOB, say("hello")).await, "ok");
    stage.world.bus_gate.forget_permits(usize::MAX);
    let stuck = asked(&room, OWNER, say("this one blocks the bus"));
    settle().await;
    let flood: Vec<_> = (0..20).map(|n| asked(&room, BOB, say(&format!("flood {n}")))).collect();
    let ban = asked(&room, OWNER, typed("/ban user_8"));
    stage.world.bus_gate.add_permits(100);
    assert_eq!(stuck.await.as_deref(), Ok("ok"));
    assert_eq!(ban.await.as_deref(), Ok("ban_success"));
    let mut counts = std::collections::BTreeMap::new();
    for answer in flood {
        *counts.entry(answer.await.expect("an answer")).or_insert(0) += 1;
    }
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        [("msg_banned".into(), 4), ("msg_ratelimit".into(), 16)]
    );
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_bus_loses_is_not_acknowledged_and_begins_a_new_epoch() {
    let stage = Stage::new(World::new());
    let room = stage.enter();
    assert_eq!(ask(&room, BOB, say("one")).await, "ok");
    let before = room.view(None);
    stage.world.bus_down.store(true, Ordering::Relaxed);
    assert_eq!(ask(&room, OWNER, say("two")).await, "msg_ratelimit");
    stage.world.bus_down.store(false, Ordering::Relaxed);
    assert_eq!(ask(&room, OWNER, say("three")).await, "ok");
    let after = room.view(None);
    assert_ne!(before.epoch, after.epoch);
    assert_eq!((before.seq, after.seq), (1, 1));
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_bus_loses_was_not_said_and_may_be_said_again() {
    for (delay_s, unique) in [(0, false), (0, true), (4, false)] {
        let world = World::new();
        {
            let mut record = world.record();
            (record.settings.log, record.settings.delay_s, record.settings.unique) = (true, delay_s, unique);
        }
        let stage = Stage::new(world);
        let room = stage.enter();
        stage.world.bus_down.store(true, Ordering::Relaxed);
        assert_eq!(ask(&room, BOB, say("this is said once")).await, "msg_ratelimit");
        let view = room.view(Some(&caller(OWNER)));
        assert!(view.history.is_empty() && view.waiting.is_empty());
        stage.world.bus_down.store(false, Ordering::Relaxed);
        pass(Duration::from_secs(10)).await;
        assert!(lines(&stage.world).is_empty() && stage.world.logged().is_empty());
        assert_eq!(ask(&room, BOB, say("this is said once")).await, "ok");
        pass(Duration::from_secs(10)).await;
        assert_eq!(stage.world.logged(), ["this is said once"]);
        let seen: Vec<_> =
            room.view(None).history.iter().map(|p| (p.line.text.to_string(), p.line.first)).collect();
        assert_eq!(seen, [("this is said once".to_owned(), true)]);
        stage.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_message_that_is_lost_when_it_is_allowed_waits_again_and_its_moderator_is_told() {
    let text = "Cheap viewers on bigviews dot com";
    let world = World::new();
    world.record().settings.automod = 4;
    let stage = Stage::new(world);
    let room = stage.enter();
    assert_eq!(ask(&room, BOB, say(text)).await, "msg_rejected");
    let held = async || match room.request(caller(OWNER), Command::Ask(Question::Held)).await {
        Ok(Outcome { list: Some(List::Held(held)), .. }) => held,
        other => panic!("no list: {other:?}"),
    };
    let message = held().await[0].line.id;
    let allow = Command::Decide { message, allow: true };
    stage.world.bus_down.store(true, Ordering::Relaxed);
    assert_eq!(ask(&room, OWNER, allow.clone()).await, "msg_ratelimit");
    assert_eq!(held().await.len(), 1);
    stage.world.bus_down.store(false, Ordering::Relaxed);
    assert_eq!(ask(&room, OWNER, allow).await, "automod_allow");
    assert_eq!(lines(&stage.world), [text]);
    assert!(held().await.is_empty());
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_newcomers_view_fits_its_place_in_the_stream() {
    let stage = Stage::new(World::new());
    let room = stage.enter();
    for (who, text) in [(BOB, "one"), (9, "two"), (OWNER, "three")] {
        assert_eq!(ask(&room, who, say(text)).await, "ok");
    }
    assert_eq!(ask(&room, OWNER, typed("/timeout user_8 60")).await, "timeout_success");
    assert_eq!(ask(&room, OWNER, typed("/slow 5")).await, "ok");
    let view = room.view(Some(&caller(BOB)));
    assert_eq!(view.history.iter().map(|past| &*past.line.text).collect::<Vec<_>>(), ["two", "three"]);
    assert_eq!(view.settings.slow_s, 5);
    assert_eq!(view.seq, stage.world.events().last().expect("events").seq);
    assert!(view.you.and_then(|y| y.ban).is_some_and(|ban| ban.left_ms > 59_000));
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_room_is_put_away_unless_somebody_holds_it_or_is_in_it() {
    let stage = Stage::new(World::new());
    let room = stage.enter();
    room.presence(&caller(BOB), true);
    settle().await;
    drop(room);
    pass(Duration::from_secs(1_000)).await;
    let room = stage.rooms.find(ChannelId(OWNER)).expect("somebody is in it");
    room.presence(&caller(BOB), false);
    pass(Duration::from_secs(1_000)).await;
    assert_eq!(stage.rooms.len(), 1, "it is held");
    drop(room);
    pass(Duration::from_secs(1_000)).await;
    assert!(stage.rooms.is_empty());
    let room = stage.enter();
    assert_eq!(ask(&room, BOB, say("back again")).await, "ok");
    assert_eq!(stage.world.loads.load(Ordering::Relaxed), 2);
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_is_kept_when_the_site_closes() {
    let stage = Stage::new(World::new());
    let room = stage.enter();
    assert_eq!(ask(&room, BOB, say("spam")).await, "ok");
    stage.world.store_down.store(true, Ordering::Relaxed);
    assert_eq!(ask(&room, OWNER, typed("/ban user_8")).await, "ban_success,not_kept");
    stage.world.store_down.store(false, Ordering::Relaxed);
    let world = Arc::clone(&stage.world);
    stage.close().await;
    assert_eq!(world.changes(), 1);
    assert_eq!(ask(&room, BOB, say("hi")).await, "msg_ratelimit", "a room that is over answers all the same");
}

#[tokio::test(start_paused = true)]
async fn a_card_has_the_account_and_what_was_done_about_it() {
    let stage = Stage::new(World::new());
    let room = stage.enter();
    assert_eq!(ask(&room, OWNER, typed("/timeout user_8 60 rude")).await, "timeout_success");
    let card = Command::Ask(Question::Card(account(BOB).login));
    let outcome = room.request(caller(OWNER), card).await.expect("a card");
    let Some(List::Card(card)) = outcome.list else { panic!("a card") };
    assert_eq!(card.account, Some(account(BOB)));
    assert_eq!(card.entries.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(), ["timeout"]);
    assert_eq!(ask(&room, OWNER, typed("/user user_77")).await, "invalid_user");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn emotes_are_those_that_are_offered_now() {
    let stage = Stage::new(World::new());
    let room = stage.enter();
    assert_eq!(ask(&room, OWNER, say("Wave")).await, "ok");
    let offer = Offered { id: EmoteId(3), code: "Wave".into() };
    stage.world.offered.send_replace(Arc::from([offer]));
    settle().await;
    assert_eq!(ask(&room, OWNER, say("Wave")).await, "ok");
    let found = |e: crate::event::Event| match e.what {
        Happening::Line(line) => Some(line.emotes.len()),
        _ => None,
    };
    assert_eq!(stage.world.events().into_iter().filter_map(found).collect::<Vec<_>>(), [0, 1]);
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_log_that_fails_is_never_in_the_way_and_deletions_reach_it_at_last() {
    let world = World::new();
    world.record().settings.log = true;
    let stage = Stage::new(world);
    let room = stage.enter();
    assert_eq!(ask(&room, BOB, say("one")).await, "ok");
    settle().await;
    assert_eq!(stage.world.logged(), ["one"]);
    stage.world.log_down.store(true, Ordering::Relaxed);
    assert_eq!(ask(&room, OWNER, say("lost after some tries")).await, "ok");
    assert_eq!(ask(&room, OWNER, typed("/ban user_8")).await, "ban_success");
    pass(Duration::from_secs(30)).await;
    stage.world.log_down.store(false, Ordering::Relaxed);
    pass(Duration::from_secs(30)).await;
    assert_eq!(stage.world.logged(), ["one", "-author 8"]);
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_is_gone_is_forgotten_in_rooms_store_and_log() {
    let stage = Stage::new(World::new());
    let room = stage.enter();
    assert_eq!(ask(&room, BOB, say("one")).await, "ok");
    let who = Person { id: UserId(BOB), login: account(BOB).login };
    stage.rooms.forget(who).await.expect("forgotten");
    settle().await;
    assert!(room.view(None).history.is_empty());
    assert!(stage.world.logged().contains(&"-forget 8".to_owned()));
    let banned = |c: &RoomChange| matches!(c, RoomChange::Ban(_));
    assert!(!stage.world.changes.lock().expect("no panic").iter().any(banned));
    stage.close().await;
}
