//! From a command to whoever decides it.

use domain::time::WallTime;

use super::say::Words;
use super::{By, Room};
use crate::command::{Caller, Command, Outcome, Refusal};
use crate::room::effects::Effects;
use crate::rules::rank::{self, Rank, Target};
use crate::rules::{refusals, text};

impl Room {
    /// Whether the caller may ask for this at all. What it needs is looked up only then.
    pub fn permits(&self, caller: &Caller, command: &Command) -> Result<(), Refusal> {
        rank::may(Rank::of(self.badges(&caller.account)), command)
    }

    /// Does what is asked, or refuses it. `target` is whom the command names, if there is such an account.
    pub fn ask(
        &mut self,
        now: WallTime,
        caller: &Caller,
        command: Command,
        target: Option<Target>,
        out: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        if self.is_gone {
            return Err(refusals::no_channel());
        }
        self.permits(caller, &command)?;
        let target = match rank::names(&command) {
            Some(login) => Some(target.ok_or_else(|| refusals::nobody(login))?),
            None => None,
        };
        let by = By { id: caller.account.id, login: &caller.account.login, rank: self.rank(caller) };
        // A moderator whom the broadcaster timed out or warned would lift it otherwise, or speak by announcements.
        if by.rank == Rank::Moderator && rank::acts(&command) {
            self.may_write(now, by.id)?;
        }
        match (command, target) {
            (Command::Say { text, action, reply_to, nonce }, _) => {
                self.say(now, caller, Words { text, action, reply_to, nonce }, out)
            }
            (Command::Announce { text, colour }, _) => self.announce(now, caller, &text, &colour, out),
            (Command::Decide { message, allow }, _) => self.decide(now, by, message, allow, out),
            (Command::Delete(message), _) => self.delete(now, by, message, out),
            (Command::Clear, _) => self.clear(now, by, out),
            (Command::Acknowledge, _) => self.acknowledge(now, by, out),
            (Command::Sweep(sweep), _) => self.sweep(now, by, &sweep, out),
            (Command::Timeout { seconds, reason, .. }, Some(whom)) => {
                self.ban(now, by, &whom, Some(seconds), &reason, out)
            }
            (Command::Ban { reason, .. }, Some(whom)) => self.ban(now, by, &whom, None, &reason, out),
            (Command::Unban(_), Some(whom)) => self.unban(now, by, &whom, false, out),
            (Command::Untimeout(_), Some(whom)) => self.unban(now, by, &whom, true, out),
            (Command::Warn { reason, .. }, Some(whom)) => self.warn(now, by, &whom, &reason, out),
            (Command::Suspect { how, .. }, Some(whom)) => self.suspect(now, by, &whom, how, out),
            (Command::Role { role, give: true, .. }, Some(whom)) => self.grant(now, by, &whom, role, out),
            (Command::Role { role, give: false, .. }, Some(whom)) => self.revoke(now, by, &whom, role, out),
            (Command::Modes(patch), _) => self.change_modes(now, by, &patch, out),
            (Command::Shield(on), _) => self.shield(now, by, on, out),
            (Command::Pin { message, seconds }, _) => self.pin(now, by, message, seconds, out),
            (Command::Unpin, _) => self.unpin(now, by, out),
            (Command::AddTerm { kind, text, public }, _) => {
                self.add_term(now, by, kind, &text::tidy(&text), public, out)
            }
            (Command::RemoveTerm(term), _) => self.remove_term(now, by, term, out),
            (Command::Shoutout(_), Some(whom)) => self.shoutout(now, caller, &whom, out),
            (Command::RequestUnban(text), _) => self.request_unban(now, by, &text, out),
            (Command::CancelUnbanRequest, _) => self.cancel_unban_request(now, by, out),
            (Command::ResolveUnban { approve, text, .. }, Some(whom)) => {
                self.resolve_unban(now, by, &whom, approve, &text, out)
            }
            (Command::Ask(question), target) => Ok(self.answer(now, by, &question, target.as_ref())),
            // The target of every command that names one was found above.
            (_, None) => Err(refusals::no_permission()),
        }
    }
}
