//! What other parts of the platform tell a room, made into sentences and parameters as clients know them (USERNOTICE,
//! chat-protocol.md §1.8).
//!
//! Whoever tells gives a key, by which the room says each thing once, however often it is told; see `room`.

use std::sync::Arc;

use domain::ids::UserId;
use domain::rooms::Person;

use crate::event::Author;

/// Whoever gives without a name, as clients know them (chat-protocol.md §1.8); of no account here.
pub const ANONYMOUS: UserId = UserId(274_598_607);

/// Something that the platform tells a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// `msg-id`, as in Twitch's list.
    pub kind: Box<str>,
    /// The sentence.
    pub system: Arc<str>,
    /// `msg-param-…` by name.
    pub params: Vec<(Box<str>, Box<str>)>,
    /// Who it is about.
    pub about: Arc<Author>,
    /// What they said with it; may be empty.
    pub text: Arc<str>,
}

/// What a moderator did elsewhere, for the moderation log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Who.
    pub by: Person,
    /// The log's name for it.
    pub action: &'static str,
    /// Whom it concerns.
    pub target: Option<Person>,
    /// More of it, in words.
    pub detail: String,
}

/// A subscription's tier as clients name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Tier 1.
    One,
    /// Tier 2.
    Two,
    /// Tier 3.
    Three,
}

impl Plan {
    fn code(self) -> &'static str {
        match self {
            Self::One => "1000",
            Self::Two => "2000",
            Self::Three => "3000",
        }
    }
    fn words(self) -> &'static str {
        match self {
            Self::One => "at Tier 1",
            Self::Two => "at Tier 2",
            Self::Three => "at Tier 3",
        }
    }
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Subscribed for the first time, or again: `months` in all, `streak` of them in a row if it is shared.
    Subscribed {
        /// Tier.
        plan: Plan,
        /// Months in all.
        months: u16,
        /// Months in a row, if the subscriber shares that.
        streak: Option<u16>,
    },
    /// Gave a subscription to somebody.
    Gave {
        /// Tier.
        plan: Plan,
        /// To whom.
        recipient: Arc<Author>,
        /// Months of the gift.
        months: u16,
    },
    /// Gives several subscriptions to whoever is there.
    GivesMany {
        /// Tier.
        plan: Plan,
        /// How many now.
        count: u32,
        /// How many ever, in this channel.
        in_all: u32,
    },
    /// Goes on with a subscription that somebody had given.
    KeepsGift {
        /// Who had given it; `None` does not say.
        giver: Option<Arc<Author>>,
    },
    /// Gives a subscription because somebody gave them one.
    PaysForward {
        /// Who had given it; `None` does not say.
        giver: Option<Arc<Author>>,
        /// To whom; `None` is to the community.
        recipient: Option<Arc<Author>>,
    },
    /// Prolonged a subscription.
    Extended {
        /// Tier.
        plan: Plan,
        /// Months in all.
        months: u16,
        /// The month (1–12) with which it ends.
        ends: u8,
    },
    /// Has given enough bits for another badge.
    BitsBadge {
        /// Bits in all.
        threshold: u32,
    },
    /// Comes with viewers from another channel.
    Raided {
        /// How many come along.
        viewers: u32,
    },
    /// The raid that was about to begin does not.
    Unraided,
    /// Has been watching for so many streams in a row.
    WatchStreak {
        /// Streams.
        streams: u32,
    },
}

impl News {
    /// What is told about somebody, with what they say to it.
    pub fn new(about: Arc<Author>, what: &What, text: impl Into<Arc<str>>) -> Self {
        let (kind, system, params) = sentence(&about, what);
        let params = params.into_iter().map(|(name, value)| (name.into(), value.into_boxed_str())).collect();
        Self { kind: kind.into(), system: system.into(), params, about, text: text.into() }
    }
}

type Sentence = (&'static str, String, Vec<(&'static str, String)>);

fn sentence(about: &Author, what: &What) -> Sentence {
    let name = &about.display;
    let anonymous = about.id == ANONYMOUS;
    match what {
        What::Subscribed { plan, months, streak } => {
            let first = *months <= 1;
            let kind = if first { "sub" } else { "resub" };
            let mut text = format!("{name} subscribed {}.", plan.words());
            if !first {
                text.push_str(&format!(" They've subscribed for {months} months"));
                match streak {
                    Some(streak) => {
                        text.push_str(&format!(", currently on a {streak} month streak!"));
                    }
                    None => text.push('!'),
                }
            }
            let mut params = vec![
                ("cumulative-months", months.to_string()),
                ("months", "0".to_owned()),
                ("should-share-streak", u8::from(streak.is_some()).to_string()),
                ("sub-plan", plan.code().to_owned()),
                ("sub-plan-name", format!("Subscription ({})", plan.words().trim_start_matches("at "))),
                ("was-gifted", "false".to_owned()),
            ];
            if let Some(streak) = streak {
                params.push(("streak-months", streak.to_string()));
            }
            (kind, text, params)
        }
        What::Gave { plan, recipient, months } => (
            if anonymous { "anonsubgift" } else { "subgift" },
            format!(
                "{name} gifted a {} sub to {}!",
                plan.words().trim_start_matches("at "),
                recipient.display
            ),
            vec![
                ("gift-months", months.to_string()),
                ("months", months.to_string()),
                ("recipient-display-name", recipient.display.to_string()),
                ("recipient-id", recipient.id.to_string()),
                ("recipient-user-name", recipient.login.to_string()),
                ("sub-plan", plan.code().to_owned()),
                ("sub-plan-name", format!("Subscription ({})", plan.words().trim_start_matches("at "))),
            ],
        ),
        What::GivesMany { plan, count, in_all } => (
            if anonymous { "anonsubmysterygift" } else { "submysterygift" },
            format!(
                "{name} is gifting {count} {} Subs to the community! They've gifted a total of {in_all} in the channel!",
                plan.words().trim_start_matches("at ")
            ),
            vec![
                ("mass-gift-count", count.to_string()),
                ("sender-count", in_all.to_string()),
                ("sub-plan", plan.code().to_owned()),
            ],
        ),
        What::KeepsGift { giver: Some(giver) } => (
            "giftpaidupgrade",
            format!("{name} is continuing the Gift Sub they got from {}!", giver.display),
            vec![("sender-login", giver.login.to_string()), ("sender-name", giver.display.to_string())],
        ),
        What::KeepsGift { giver: None } => (
            "anongiftpaidupgrade",
            format!("{name} is continuing the Gift Sub they got from an anonymous user!"),
            Vec::new(),
        ),
        What::PaysForward { giver, recipient } => pays_forward(name, giver.as_deref(), recipient.as_deref()),
        What::Extended { plan, months, ends } => (
            "extendsub",
            format!("{name} extended their {} subscription!", plan.words().trim_start_matches("at ")),
            vec![
                ("cumulative-months", months.to_string()),
                ("sub-benefit-end-month", ends.to_string()),
                ("sub-plan", plan.code().to_owned()),
            ],
        ),
        What::BitsBadge { threshold } => (
            "bitsbadgetier",
            format!("{name} just earned a new {threshold} Bits badge!"),
            vec![("threshold", threshold.to_string())],
        ),
        What::Raided { viewers } => (
            "raid",
            format!("{viewers} raiders from {name} have joined!"),
            vec![
                ("displayName", name.to_string()),
                ("login", about.login.to_string()),
                ("viewerCount", viewers.to_string()),
            ],
        ),
        What::Unraided => ("unraid", "The raid has been canceled.".to_owned(), Vec::new()),
        What::WatchStreak { streams } => (
            "viewermilestone",
            format!("{name} watched {streams} consecutive streams and sparked a watch streak!"),
            vec![("category", "watch-streak".to_owned()), ("value", streams.to_string())],
        ),
    }
}

fn pays_forward(name: &str, giver: Option<&Author>, recipient: Option<&Author>) -> Sentence {
    let from = giver.map_or("an anonymous gifter", |giver| &giver.display);
    let to = recipient.map_or("the community", |recipient| &recipient.display);
    let mut params = vec![("prior-gifter-anonymous", giver.is_none().to_string())];
    if let Some(giver) = giver {
        params.push(("prior-gifter-display-name", giver.display.to_string()));
        params.push(("prior-gifter-id", giver.id.to_string()));
        params.push(("prior-gifter-user-name", giver.login.to_string()));
    }
    if let Some(recipient) = recipient {
        params.push(("recipient-display-name", recipient.display.to_string()));
        params.push(("recipient-id", recipient.id.to_string()));
        params.push(("recipient-user-name", recipient.login.to_string()));
    }
    let kind = if recipient.is_some() { "standardpayforward" } else { "communitypayforward" };
    (kind, format!("{name} is paying forward the Gift they got from {from} to {to}!"), params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Badges;

    fn author(id: u64, display: &str) -> Arc<Author> {
        Arc::new(Author {
            id: UserId(id),
            login: display.parse().expect("a name"),
            display: display.into(),
            colour: 0,
            badges: Badges::default(),
        })
    }

    #[test]
    fn each_thing_has_its_id_its_sentence_and_its_parameters() {
        let cases = [
            (
                What::Subscribed { plan: Plan::One, months: 1, streak: None },
                "sub",
                "Maya subscribed at Tier 1.",
                6,
            ),
            (
                What::Subscribed { plan: Plan::Two, months: 5, streak: Some(3) },
                "resub",
                "Maya subscribed at Tier 2. They've subscribed for 5 months, currently on a 3 month streak!",
                7,
            ),
            (
                What::Gave { plan: Plan::One, recipient: author(2, "Bob"), months: 1 },
                "subgift",
                "Maya gifted a Tier 1 sub to Bob!",
                7,
            ),
            (
                What::GivesMany { plan: Plan::One, count: 5, in_all: 20 },
                "submysterygift",
                "Maya is gifting 5 Tier 1 Subs to the community! They've gifted a total of 20 in the channel!",
                3,
            ),
            (
                What::KeepsGift { giver: Some(author(2, "Bob")) },
                "giftpaidupgrade",
                "Maya is continuing the Gift Sub they got from Bob!",
                2,
            ),
            (
                What::KeepsGift { giver: None },
                "anongiftpaidupgrade",
                "Maya is continuing the Gift Sub they got from an anonymous user!",
                0,
            ),
            (
                What::PaysForward { giver: Some(author(2, "Bob")), recipient: Some(author(3, "Eva")) },
                "standardpayforward",
                "Maya is paying forward the Gift they got from Bob to Eva!",
                7,
            ),
            (
                What::PaysForward { giver: None, recipient: None },
                "communitypayforward",
                "Maya is paying forward the Gift they got from an anonymous gifter to the community!",
                1,
            ),
            (
                What::Extended { plan: Plan::One, months: 3, ends: 12 },
                "extendsub",
                "Maya extended their Tier 1 subscription!",
                3,
            ),
            (
                What::BitsBadge { threshold: 1000 },
                "bitsbadgetier",
                "Maya just earned a new 1000 Bits badge!",
                1,
            ),
            (What::Raided { viewers: 42 }, "raid", "42 raiders from Maya have joined!", 3),
            (What::Unraided, "unraid", "The raid has been canceled.", 0),
        ];
        for (what, kind, system, params) in cases {
            let news = News::new(author(1, "Maya"), &what, "");
            assert_eq!((&*news.kind, &*news.system, news.params.len()), (kind, system, params));
        }
    }
    #[test]
    fn who_gives_without_a_name_is_told_as_such() {
        let nobody = Arc::new(Author { id: ANONYMOUS, ..Author::clone(&author(1, "AnAnonymousGifter")) });
        let one = What::Gave { plan: Plan::One, recipient: author(2, "Bob"), months: 1 };
        let many = What::GivesMany { plan: Plan::One, count: 5, in_all: 5 };
        for (what, kind) in [(one, "anonsubgift"), (many, "anonsubmysterygift")] {
            assert_eq!(&*News::new(Arc::clone(&nobody), &what, "").kind, kind);
        }
    }
}
