//! The room of the simulated world: the product's own, with people who talk in it and an owner who clears it.

use std::net::IpAddr;
use std::sync::Arc;

use chat::command::{Account, Caller, Command};
use chat::event::{Batch, Happening};
use chat::room::effects::Effects;
use chat::room::judge::AutoJudge;
use chat::room::state::Room;
use chat::room::{Place, RoomConfig};
use domain::ids::{ChannelId, UserId};
use domain::rooms::RoomRecord;
use domain::time::WallTime;
use rand::RngExt as _;
use rand::rngs::StdRng;

pub const EPOCH: u64 = 1;
const PEOPLE: u64 = 5;

/// The room, and what it has promised.
pub struct Talk {
    room: Room,
    people: Vec<Caller>,
    texts: u64,
    /// Events of messages whose senders were told that they were said.
    pub acknowledged: Vec<u64>,
    /// Events that delete.
    pub deletions: Vec<u64>,
}

impl Talk {
    pub fn new(now: WallTime) -> Self {
        // The owner is the first of them.
        let people = (0..PEOPLE).map(|n| {
            let login: domain::names::Name = format!("anna{n}").parse().expect("a name");
            let account = Account {
                id: UserId(7 + n),
                display: login.as_str().into(),
                login,
                admin: false,
                partner: false,
                bot: false,
                verified: true,
                created_at: WallTime::from_unix_ms(0),
                colour: 0,
            };
            let address = IpAddr::from([192, 0, 2, n as u8]);
            Caller { account: Arc::new(account), address, connection: None }
        });
        let people: Vec<Caller> = people.collect();
        let place = Place { id: ChannelId(7), login: people[0].account.login.clone() };
        let config = Arc::new(RoomConfig::default());
        let judge = Box::<AutoJudge>::default();
        let room = Room::new(now, place, config, Arc::default(), judge, EPOCH, RoomRecord::default());
        Self { room, people, texts: 0, acknowledged: Vec::new(), deletions: Vec::new() }
    }

    /// The last event's number.
    pub fn seq(&self) -> u64 {
        self.room.position().1
    }

    /// So many people ask for something at once; what the bus is given.
    pub fn turn(&mut self, now: WallTime, asks: u64, rng: &mut StdRng) -> Batch {
        let mut out = Effects::default();
        for _ in 0..asks {
            let clears = rng.random_bool(0.05);
            let who = if clears { 0 } else { rng.random_range(0..PEOPLE as usize) };
            self.texts += 1;
            let text = format!("message {} of this evening", self.texts);
            let say = Command::Say { text, action: false, reply_to: None, nonce: None };
            let command = if clears { Command::Clear } else { say };
            let before = out.events.len();
            let caller = self.people[who].clone();
            let answer = self.room.ask(now, &caller, command, None, &mut out);
            for event in &out.events[before..] {
                match &event.what {
                    Happening::Line(line) => {
                        let said = answer.as_ref().ok().and_then(|outcome| outcome.said.as_ref());
                        assert_eq!(said.map(|said| said.id), Some(line.id), "a refused message is not said");
                        self.acknowledged.push(event.seq);
                    }
                    Happening::RoomCleared => self.deletions.push(event.seq),
                    _ => {}
                }
            }
        }
        self.room.tick(now, &mut out);
        Batch { epoch: EPOCH, events: out.events }
    }
}
