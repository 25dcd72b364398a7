//! What somebody is told who comes into a room, in their language.

use domain::names::Name;
use domain::ports::StoreError;

use crate::command::Refusal;
use crate::edge::{Asker, EdgeConfig, Reply};
use crate::event::{Badges, Line, OwnBan};
use crate::room::{RoomView, You};
use crate::rules::refusals;
use crate::tree::language::Language;
use crate::tree::node::NodeConfig;
use crate::wire::irc::render::{self, Joined, ServerName};
use crate::wire::native::{self, Hi, LineNote};

/// Greets.
#[derive(Clone, Debug)]
pub(super) struct Greeter {
    server: ServerName,
    budget: u32,
    ping_s: u32,
}

impl Greeter {
    pub(super) fn new(edge: &EdgeConfig, node: &NodeConfig) -> Self {
        let ping_s = u32::try_from(edge.ping_after.as_secs()).unwrap_or(u32::MAX);
        Self { server: edge.server.clone(), budget: node.view_budget, ping_s }
    }

    /// The answer to somebody who wants in.
    pub(super) fn greet(&self, asker: &Asker, view: &RoomView) -> Reply {
        let channel = view.place.id;
        let badges = view.you.as_ref().map_or(Badges::default(), |you| you.badges);
        // Whoever has what came before this life of the room has nothing to go on from.
        let resume = asker.resume.filter(|(epoch, seq)| *epoch == view.epoch && *seq <= view.seq);
        let mut greeting = Vec::new();
        match asker.language {
            Language::Native if asker.again => {
                greeting.push(b'[');
                if let Some(you) = self.you(asker, view) {
                    native::you(&you, &mut greeting);
                    waiting(view, resume, &mut greeting);
                }
                greeting.push(b']');
            }
            Language::Native => self.hi(asker, view, resume, &mut greeting),
            Language::Irc(_) if is_banned(view.you.as_ref()) => {
                let words = self.words(asker, &view.place.login, &refusals::banned(&view.place.login));
                return Reply::NotJoined { channel, words };
            }
            Language::Irc(caps) => {
                let joined = Joined {
                    nick: &asker.nick,
                    channel: view.place.login.as_str(),
                    id: channel,
                    settings: &view.settings,
                    you: asker.account.as_deref().map(|account| (account, badges)),
                };
                render::joined(joined, [], caps, &self.server, &mut greeting);
            }
        }
        let (seq, given) = match resume {
            // Whoever it was before, it has or is given now what still waits.
            Some((_, seq)) => (seq, 0),
            None if asker.language == Language::Native => (view.seq, view.given),
            None => (view.seq, view.seq + 1),
        };
        let given = asker.account.as_ref().map(|_| given);
        Reply::Joined { channel, epoch: view.epoch, seq, greeting, moderates: badges.moderates(), given }
    }

    /// The answer where the room can't be had.
    pub(super) fn unavailable(
        &self,
        asker: &Asker,
        channel: domain::ids::ChannelId,
        login: &Name,
        error: &StoreError,
    ) -> Reply {
        tracing::warn!(%error, %channel, "chat room can't be watched");
        Reply::NotJoined { channel, words: self.words(asker, login, &refusals::room_unreachable()) }
    }

    fn words(&self, asker: &Asker, login: &Name, refusal: &Refusal) -> Vec<u8> {
        let (id, text) = (&*refusal.id, &*refusal.text);
        let mut words = Vec::new();
        match asker.language {
            Language::Native => {
                words.push(b'[');
                native::notice(id, text, &mut words);
                words.push(b']');
            }
            Language::Irc(caps) => {
                render::notice(id, text, Some(login.as_str()), caps, &self.server, &mut words);
            }
        }
        words
    }

    fn hi(&self, asker: &Asker, view: &RoomView, resume: Option<(u64, u64)>, out: &mut Vec<u8>) {
        let login = &view.place.login;
        let hi = Hi {
            channel: (view.place.id, login, login.as_str()),
            epoch: view.epoch,
            seq: resume.map_or(view.seq, |(_, seq)| seq),
            settings: &view.settings,
            pinned: view.pinned.as_deref(),
            you: self.you(asker, view),
            resumed: resume.is_some(),
            budget: self.budget,
            ping_s: self.ping_s,
        };
        out.push(b'[');
        native::hi(&hi, out);
        if resume.is_none() {
            view.history.iter().for_each(|past| history(&past.line, past.announced.as_deref(), out));
        }
        waiting(view, resume, out);
        out.push(b',');
        native::at(view.epoch, hi.seq, out);
        out.push(b']');
    }

    fn you<'a>(&self, asker: &'a Asker, view: &'a RoomView) -> Option<native::You<'a>> {
        let (account, you) = (asker.account.as_deref()?, view.you.as_ref()?);
        Some(native::You {
            account,
            badges: you.badges,
            warning: you.warning.as_deref(),
            ban: you.ban.as_ref(),
        })
    }
}

/// What somebody who goes on after an event may see of what was said before it and waits still. Whether it had that, or was somebody
/// else then, nobody knows: it is history to it.
fn waiting(view: &RoomView, resume: Option<(u64, u64)>, out: &mut Vec<u8>) {
    let Some((_, seq)) = resume else { return };
    view.waiting.iter().filter(|(said, _)| *said <= seq).for_each(|(_, line)| history(line, None, out));
}

fn history(line: &Line, announced: Option<&str>, out: &mut Vec<u8>) {
    let note = LineNote { history: true, ..LineNote::default() };
    out.push(b',');
    match announced {
        Some(colour) => native::announcement(line, colour, note, out),
        None => native::line(line, note, out),
    }
}

/// Banned for good.
fn is_banned(you: Option<&You>) -> bool {
    you.and_then(|you| you.ban.as_ref()).is_some_and(OwnBan::for_good)
}
