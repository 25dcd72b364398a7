//! What a room costs for each message in time on a core (not on the clock): the decision alone, and with the batch's form for the
//! bus. Prints one line for each.
//!
//! `cargo run --release -p chat --example room_cost`

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chat::command::{Account, Caller, Command, Offered};
use chat::event::Batch;
use chat::room::config::RoomConfig;
use chat::room::effects::Effects;
use chat::room::judge::AutoJudge;
use chat::room::state::{Place, Room};
use chat::rules::emotes::Codes;
use domain::ids::{ChannelId, EmoteId, UserId};
use domain::messages::StandingRecord;
use domain::rooms::RoomRecord;
use domain::time::WallTime;

/// Messages of each run, of as many people as a very busy room has.
const MESSAGES: u64 = 500_000;
const PEOPLE: u64 = 20_000;
/// Messages in one batch, as at 8,300 a second with a batch each 10 ms.
const BATCH: u64 = 83;

fn caller(id: u64) -> Caller {
    let login = format!("viewer_{id}");
    let account = Account {
        id: UserId(id),
        login: login.parse().expect("a name"),
        display: login.into(),
        admin: false,
        partner: false,
        bot: false,
        verified: true,
        created_at: WallTime::from_unix_ms(0),
        colour: 0,
    };
    let [.., a, b, c, d] = u32::try_from(id).expect("small").to_be_bytes();
    Caller { account: Arc::new(account), address: IpAddr::from([a | 10, b, c, d]), connection: None }
}

/// A sentence of its own: the same one again and again would be held as an advert.
fn text(n: u64) -> String {
    const WORDS: [&str; 32] = [
        "well", "played", "what", "a", "save", "look", "at", "that", "jump", "he", "never", "misses", "chat",
        "is", "this", "the", "last", "round", "I", "think", "we", "need", "more", "snacks", "tonight",
        "music", "name", "please", "nice", "hat", "again", "tomorrow",
    ];
    let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = format!("emoteNumber{}", n % 200);
    for _ in 0..22 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push(' ');
        text.push_str(WORDS[usize::try_from(state % 32).expect("small")]);
    }
    text.push_str(" @maya");
    text
}

/// Nanoseconds that this thread was on a core so far, from the kernel's own books.
fn on_core_ns() -> u64 {
    let books = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    books.split(' ').next().and_then(|ns| ns.parse().ok()).expect("a number")
}

fn main() {
    let callers: Vec<Caller> = (2..PEOPLE + 2).map(caller).collect();
    for form in [false, true] {
        let config = RoomConfig::default();
        let place = Place { id: ChannelId(1), login: "maya".parse().expect("a name") };
        let begin = WallTime::from_unix_ms(1_800_000_000_000);
        let judge = Box::<AutoJudge>::default();
        let mut room =
            Room::new(begin, place, Arc::new(config), Arc::default(), judge, 1, RoomRecord::default());
        let offered: Vec<_> =
            (0..200).map(|n| Offered { id: EmoteId(n), code: format!("emoteNumber{n}").into() }).collect();
        room.offer(Codes::new(&offered));
        for caller in &callers {
            room.learn(begin, caller.account.id, Some(StandingRecord::default()));
        }
        let mut out = Effects::default();
        let (mut said, mut bytes) = (0_u64, 0_usize);
        let start = on_core_ns();
        for n in 0..MESSAGES {
            let now = begin + Duration::from_millis(n / 8);
            let who = &callers[usize::try_from(n % PEOPLE).expect("small")];
            let text = text(n);
            let command = Command::Say { text, action: false, reply_to: None, nonce: None };
            said += u64::from(room.ask(now, who, command, None, &mut out).is_ok());
            if n % BATCH == 0 {
                let Effects { events, .. } = std::mem::take(&mut out);
                if form {
                    bytes += serde_json::to_vec(&Batch { epoch: 1, events }).map_or(0, |b| b.len());
                }
            }
        }
        let each = (on_core_ns() - start) as f64 / 1e9 / MESSAGES as f64;
        println!(
            "form={form} said={said} bytes={bytes} us_per_message={:.2} core_at_8300_per_s={:.1}%",
            each * 1e6,
            each * 8_300.0 * 100.0
        );
    }
}
