//! Rooms as scripts: who types what, and what comes of it.
//!
//! A line `bob: hi => msg_banned` types and names the NOTICE ids that come back (`ok` if none); `+30s` lets time pass; `! …` names
//! what happened since the last such line, as [`tell`] writes it.

mod holding;
mod moderating;
mod saying;
mod setting;
mod sweeping;

use std::net::IpAddr;

use domain::ids::{EmoteId, MessageId};
use domain::messages::Subscriber;
use domain::ports::Deleted;
use domain::rooms::{RoomChange, TermKind};

use super::*;
use crate::command::{List, Offered, Question, Refusal};
use crate::event::Line;
use crate::room::effects::LogWrite;
use crate::room::judge::{AutoJudge, Candidate, Judgement};
use crate::room::slash::{self, Typed};
use crate::rules::rank;

const BEGIN_MS: i64 = 1_800_000_000_000;

/// Terms and links as everywhere; of AutoMod only that "hmm" is held.
#[derive(Default)]
struct TestJudge(AutoJudge);

impl Judge for TestJudge {
    fn terms(&mut self, terms: &[Term]) {
        self.0.terms(terms);
    }
    fn check(&self, kind: TermKind, text: &str) -> Result<(), Box<str>> {
        self.0.check(kind, text)
    }
    fn judge(&mut self, now: WallTime, candidate: &Candidate<'_>) -> Judgement {
        match self.0.judge(now, &Candidate { level: 0, ..*candidate }) {
            Judgement::Pass if candidate.text.contains("hmm") && candidate.level > 0 => {
                Judgement::Hold { category: "spam".into(), level: 2, spans: vec![(0, 2)] }
            }
            verdict => verdict,
        }
    }
    fn was_said(&self, now: WallTime, text: &str) -> bool {
        self.0.was_said(now, text)
    }
    fn said(&mut self, now: WallTime, text: &str, by: MessageId) {
        self.0.said(now, text, by);
    }
    fn unsaid(&mut self, text: &str, by: MessageId) {
        self.0.unsaid(text, by);
    }
    fn fold(&self, text: &str) -> String {
        self.0.fold(text)
    }
}

/// A room in the middle of a script.
struct Scene {
    room: Room,
    at_ms: i64,
    out: Effects,
    /// Events that a `!` line has looked at.
    seen: usize,
    config: Arc<RoomConfig>,
}

impl Scene {
    fn new() -> Self {
        Self::with(RoomConfig::default(), RoomRecord::default())
    }

    /// `moda` and `modb` moderate, `vipa` is VIP; the channel is `owner`'s.
    fn with(config: RoomConfig, mut record: RoomRecord) -> Self {
        let person = |login| Person { id: account(login).id, login: account(login).login };
        record.roles.extend([
            (person("moda"), RoomRole::Moderator),
            (person("modb"), RoomRole::Moderator),
            (person("vipa"), RoomRole::Vip),
        ]);
        let place = Place { id: ChannelId(account("owner").id.0), login: account("owner").login };
        let config = Arc::new(config);
        let now = WallTime::from_unix_ms(BEGIN_MS);
        let judge = Box::<TestJudge>::default();
        let mut room = Room::new(now, place, Arc::clone(&config), Arc::default(), judge, 7, record);
        room.offer(Codes::new(&[Offered { id: EmoteId(5), code: "Wave".into() }]));
        Self { room, at_ms: BEGIN_MS, out: Effects::default(), seen: 0, config }
    }

    fn now(&self) -> WallTime {
        WallTime::from_unix_ms(self.at_ms)
    }

    fn pass(&mut self, seconds: i64) {
        self.at_ms += seconds * 1_000;
        let now = self.now();
        self.room.tick(now, &mut self.out);
    }

    fn ask(&mut self, who: &str, command: Command) -> Result<Outcome, Refusal> {
        let now = self.now();
        let caller = caller(who);
        self.room.learn(now, caller.account.id, Some(standing(who)));
        let target = rank::names(&command)
            .filter(|login| login.as_str() != "nobody")
            .map(|login| Target::from(&account(login.as_str())));
        self.room.ask(now, &caller, command, target, &mut self.out)
    }

    /// What comes back, as NOTICE ids.
    fn ids(&mut self, who: &str, command: Command) -> String {
        ids(&self.ask(who, command))
    }

    fn say(&mut self, who: &str, text: &str) -> String {
        let text = self.fill(text);
        match slash::typed(&text, None, None) {
            Ok(Typed::Room(command)) => self.ids(who, command),
            Ok(Typed::Own(own)) => panic!("not a room's: {own:?}"),
            Err(refusal) => refusal.id.into(),
        }
    }

    /// `$last` in a script is the number of the last message that was said or held.
    fn fill(&self, text: &str) -> String {
        match self.last_line() {
            Some(line) => text.replace("$last", &line.id.to_string()),
            None => text.to_owned(),
        }
    }

    fn last_line(&self) -> Option<Line> {
        self.out.events.iter().rev().find_map(|event| match &event.what {
            Happening::Line(line) => Some(line.clone()),
            Happening::Held(held) => Some(held.line.clone()),
            _ => None,
        })
    }

    fn happened(&mut self) -> String {
        let new = &self.out.events[self.seen..];
        let told: Vec<String> = new.iter().filter_map(tell).collect();
        self.seen = self.out.events.len();
        told.join(" | ")
    }

    fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|l| !l.is_empty()) {
            if let Some(seconds) = line.strip_prefix('+') {
                self.pass(seconds.trim_end_matches('s').parse().expect("seconds"));
            } else if let Some(expected) = line.strip_prefix('!') {
                assert_eq!(self.happened().trim(), expected.trim());
            } else {
                let (who, rest) = line.split_once(": ").expect("who: text => ids");
                let (text, expected) = rest.rsplit_once(" => ").expect("text => ids");
                assert_eq!(self.say(who, text.trim()), expected.trim(), "{line}");
            }
        }
        self.check_numbers();
    }

    /// Events are numbered without a hole, whatever happened.
    fn check_numbers(&self) {
        assert!(self.out.events.iter().map(|e| e.seq).eq(1..=self.out.events.len() as u64));
    }

    fn kept(&self) -> Vec<String> {
        self.out.keep.iter().map(keep).collect()
    }
}

fn play(script: &str) -> Scene {
    let mut scene = Scene::new();
    scene.play(script);
    scene
}

fn ids(result: &Result<Outcome, Refusal>) -> String {
    match result {
        Ok(outcome) if outcome.told.is_empty() => "ok".to_owned(),
        Ok(outcome) => outcome.told.iter().map(|t| &*t.id).collect::<Vec<_>>().join(","),
        Err(refusal) => refusal.id.to_string(),
    }
}

/// Accounts by name: each has the same number in every test. `newb` is young, `grey` has no verified address.
fn account(login: &str) -> Account {
    let names =
        ["owner", "moda", "modb", "vipa", "boss", "subby", "beep", "bob", "cat", "dan", "newb", "grey"];
    let number = names.iter().position(|n| *n == login).map_or_else(
        || 1_000 + login.bytes().fold(0_u64, |n, b| n * 31 % 999_983 + u64::from(b)),
        |n| n as u64 + 1,
    );
    let age_ms = if login.starts_with("newb") { 60_000 } else { 100 * 86_400_000 };
    Account {
        id: UserId(number),
        login: login.parse().expect("a name"),
        display: login.into(),
        admin: login == "boss",
        partner: false,
        bot: login == "beep",
        verified: login != "grey",
        created_at: WallTime::from_unix_ms(BEGIN_MS - age_ms),
        colour: 0x112233,
    }
}

fn caller(login: &str) -> Caller {
    let account = account(login);
    let [.., a, b] = account.id.0.to_be_bytes();
    Caller { account: Arc::new(account), address: IpAddr::from([10, 0, a, b]), connection: None }
}

/// `subby` subscribes, `cat` follows for a day.
fn standing(login: &str) -> StandingRecord {
    let day = WallTime::from_unix_ms(BEGIN_MS - 86_400_000);
    StandingRecord {
        subscriber: (login == "subby").then_some(Subscriber { tier: 1, months: 3 }),
        follows_since: (login == "cat").then_some(day),
    }
}

/// An event in a few words.
fn tell(event: &Event) -> Option<String> {
    let what = match &event.what {
        Happening::Line(line) => format!("line {} {}", line.author.login, line.text),
        Happening::Announcement { line, colour } => format!("announcement {colour} {}", line.text),
        Happening::Notice { kind, line, .. } => format!("notice {kind} {}", line.text),
        Happening::MessageDeleted { login, text, .. } => format!("deleted {login} {text}"),
        Happening::UserCleared { login, seconds: None, .. } => format!("cleared {login} for good"),
        Happening::UserCleared { login, seconds: Some(s), .. } => format!("cleared {login} {s}"),
        Happening::RoomCleared => "room cleared".to_owned(),
        Happening::Modes { notices, .. } => {
            let ids: Vec<&str> = notices.iter().map(|(id, _)| &**id).collect();
            format!("modes {}", ids.join(","))
        }
        Happening::Pinned(Some(pinned)) => format!("pinned {}", pinned.text),
        Happening::Pinned(None) => "unpinned".to_owned(),
        Happening::Members { joined, parted } => {
            let names = |n: &[Name]| n.iter().map(Name::as_str).collect::<Vec<_>>().join(",");
            format!("came {} went {}", names(joined), names(parted))
        }
        Happening::Held(held) => format!("held {} {}", held.category, held.line.text),
        Happening::HeldDecided { fate, by, .. } => {
            format!("{fate:?} by {}", by.as_ref().map_or("nobody", Name::as_str))
        }
        Happening::Moderated(entry) => format!("did {}", entry.action),
        Happening::Warned { reason } => format!("warned {}", reason.as_deref().unwrap_or("no more")),
        Happening::YouChanged(became) if became.role => {
            format!("is mod {} vip {}", became.badges.moderator, became.badges.vip)
        }
        // What somebody may write changes with nearly everything that moderators do: tests that mean it look at it.
        Happening::YouChanged(_) => return None,
        Happening::Told { id, .. } => format!("told {id}"),
    };
    let to = match event.audience {
        Audience::Everyone => String::new(),
        Audience::Moderators => " (mods)".to_owned(),
        Audience::User(user) => format!(" (to {user})"),
        Audience::ModeratorsAnd(user) => format!(" (mods and {user})"),
        Audience::EverybodyElse { first, .. } => format!(" (all but who got {first})"),
    };
    Some(what + &to)
}

/// A write in a few words.
fn keep(keep: &Keep) -> String {
    let entry = |e: &Option<Box<ModEntry>>| e.as_ref().map_or(String::new(), |e| format!(" +{}", e.action));
    match keep {
        Keep::Change(change, e) => {
            let what = match &**change {
                RoomChange::Settings(_) => "settings".to_owned(),
                RoomChange::Grant(who, _) => format!("grant {}", who.login),
                RoomChange::Revoke(..) => "revoke".to_owned(),
                RoomChange::Ban(ban) => format!("ban {}", ban.who.login),
                RoomChange::Unban(_) => "unban".to_owned(),
                RoomChange::AddTerm(term) => format!("term {}", term.text),
                RoomChange::RemoveTerm(_) => "no term".to_owned(),
                RoomChange::Pin(Some(_)) => "pin".to_owned(),
                RoomChange::Pin(None) => "unpin".to_owned(),
                RoomChange::Warn(warning) => format!("warn {}", warning.who.login),
                RoomChange::Acknowledge(_) => "acknowledge".to_owned(),
                RoomChange::Suspect(who, _) => format!("suspect {}", who.login),
                RoomChange::UnbanRequest(request) => {
                    format!("request {} {:?}", request.who.login, request.state)
                }
                RoomChange::DropUnbanRequest(_) => "no request".to_owned(),
            };
            what + &entry(e)
        }
        Keep::Note(e) => format!("note {}", e.action),
    }
}
