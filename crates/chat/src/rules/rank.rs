//! Who may do what, and to whom.

use domain::ids::{ChannelId, UserId};
use domain::names::Name;
use domain::rooms::RoomRole;

use super::refusals::{no_permission, refuse};
use crate::command::{Account, Command, Question, Refusal};
use crate::event::Badges;

/// What somebody may do in a room, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Writes.
    Viewer,
    /// Moderates.
    Moderator,
    /// Staff of the site.
    Staff,
    /// Owns the channel.
    Broadcaster,
}

impl Rank {
    /// From badges.
    pub fn of(badges: Badges) -> Self {
        match badges {
            Badges { broadcaster: true, .. } => Self::Broadcaster,
            Badges { staff: true, .. } => Self::Staff,
            Badges { moderator: true, .. } => Self::Moderator,
            _ => Self::Viewer,
        }
    }
}

/// Whom a command is done to, as far as the site knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Number.
    pub id: UserId,
    /// Login.
    pub login: Name,
    /// Staff of the site.
    pub staff: bool,
}

impl From<&Account> for Target {
    fn from(account: &Account) -> Self {
        Self { id: account.id, login: account.login.clone(), staff: account.admin }
    }
}

/// The login that a command names, which has to be looked up before the room can decide.
pub fn names(command: &Command) -> Option<&Name> {
    match command {
        Command::Timeout { login, .. }
        | Command::Ban { login, .. }
        | Command::Unban(login)
        | Command::Untimeout(login)
        | Command::Warn { login, .. }
        | Command::Role { login, .. }
        | Command::Suspect { login, .. }
        | Command::Shoutout(login)
        | Command::ResolveUnban { login, .. }
        | Command::Ask(Question::Card(login)) => Some(login),
        Command::Say { .. }
        | Command::Delete(_)
        | Command::Clear
        | Command::Acknowledge
        | Command::Announce { .. }
        | Command::Pin { .. }
        | Command::Unpin
        | Command::Modes(_)
        | Command::Shield(_)
        | Command::Decide { .. }
        | Command::AddTerm { .. }
        | Command::RemoveTerm(_)
        | Command::Sweep(_)
        | Command::RequestUnban(_)
        | Command::CancelUnbanRequest
        | Command::Ask(_) => None,
    }
}

/// Whether somebody of this rank may ask for this at all.
pub fn may(rank: Rank, command: &Command) -> Result<(), Refusal> {
    let least = match command {
        Command::Say { .. }
        | Command::Acknowledge
        | Command::RequestUnban(_)
        | Command::CancelUnbanRequest => Rank::Viewer,
        Command::Ask(question) => match question {
            Question::Moderators
            | Question::Vips
            | Question::History
            | Question::Terms
            | Question::UnbanRequests
            | Question::Help => Rank::Viewer,
            Question::Chatters { .. } | Question::Bans | Question::Held | Question::Card(_) => {
                Rank::Moderator
            }
        },
        Command::Role { .. } => Rank::Staff,
        // A log is the owner's to decide about: it is the owner who answers for it.
        Command::Modes(patch) if patch.log.is_some() => Rank::Broadcaster,
        Command::Delete(_)
        | Command::Timeout { .. }
        | Command::Ban { .. }
        | Command::Unban(_)
        | Command::Untimeout(_)
        | Command::Clear
        | Command::Warn { .. }
        | Command::Announce { .. }
        | Command::Pin { .. }
        | Command::Unpin
        | Command::Modes(_)
        | Command::Shield(_)
        | Command::Decide { .. }
        | Command::AddTerm { .. }
        | Command::RemoveTerm(_)
        | Command::Suspect { .. }
        | Command::Shoutout(_)
        | Command::ResolveUnban { .. }
        | Command::Sweep(_) => Rank::Moderator,
    };
    if rank >= least { Ok(()) } else { Err(no_permission()) }
}

/// Whether a command is an act of moderation, and not a question or a message.
pub fn acts(command: &Command) -> bool {
    may(Rank::Viewer, command).is_err() && !matches!(command, Command::Ask(_))
}

/// Whether `by` may ban, time out, warn or watch `target`; `verb` is `ban`, `timeout` …, of which the NOTICE id is made.
pub fn may_touch(
    verb: &str,
    by: (UserId, Rank),
    target: &Target,
    role: Option<RoomRole>,
    channel: ChannelId,
) -> Result<(), Refusal> {
    let no = |who: &str, text: &str| Err(refuse(&format!("bad_{verb}_{who}"), text));
    let doing = match verb {
        "ban" => "ban",
        "timeout" => "time out",
        "warn" => "warn",
        _ => "mark",
    };
    if target.id == by.0 {
        return no("self", &format!("You cannot {doing} yourself."));
    }
    if target.id == channel.owner() {
        return no("broadcaster", &format!("You cannot {doing} the broadcaster."));
    }
    if target.login.is_anonymous() {
        return no("anon", &format!("You cannot {doing} anonymous users."));
    }
    if target.staff && by.1 != Rank::Staff {
        return no("staff", &format!("You cannot {doing} staff."));
    }
    if role == Some(RoomRole::Moderator) && by.1 < Rank::Staff {
        return no(
            "mod",
            &format!("You cannot {doing} moderator {} unless you own this channel.", target.login),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::ModesPatch;

    #[test]
    fn each_command_asks_for_a_rank() {
        let log = Command::Modes(ModesPatch { log: Some(true), ..ModesPatch::default() });
        let maya: Name = "maya".parse().expect("a name");
        let modded = Command::Role { login: maya.clone(), role: RoomRole::Moderator, give: true };
        let cases = [
            (Command::Acknowledge, Rank::Viewer),
            (Command::Ask(Question::Moderators), Rank::Viewer),
            (Command::Ask(Question::Card(maya)), Rank::Moderator),
            (Command::Clear, Rank::Moderator),
            (Command::Modes(ModesPatch::default()), Rank::Moderator),
            (modded, Rank::Staff),
            (log, Rank::Broadcaster),
        ];
        for (command, least) in cases {
            for rank in [Rank::Viewer, Rank::Moderator, Rank::Staff, Rank::Broadcaster] {
                assert_eq!(may(rank, &command).is_ok(), rank >= least, "{rank:?} {command:?}");
            }
        }
    }

    #[test]
    fn nobody_bans_themselves_the_broadcaster_staff_or_a_fellow_moderator() {
        let channel = ChannelId(1);
        let target =
            |id, login: &str, staff| Target { id: UserId(id), login: login.parse().expect("a name"), staff };
        let moderator = Some(RoomRole::Moderator);
        let cases = [
            ((5, Rank::Moderator), target(5, "me_too", false), None, "bad_ban_self"),
            ((5, Rank::Moderator), target(1, "owner", false), None, "bad_ban_broadcaster"),
            ((5, Rank::Moderator), target(6, "justinfan123", false), None, "bad_ban_anon"),
            ((1, Rank::Broadcaster), target(6, "boss", true), None, "bad_ban_staff"),
            ((5, Rank::Moderator), target(6, "fellow", false), moderator, "bad_ban_mod"),
            ((1, Rank::Broadcaster), target(6, "fellow", false), moderator, ""),
            ((9, Rank::Staff), target(6, "boss", true), None, ""),
            ((5, Rank::Moderator), target(6, "viewer", false), Some(RoomRole::Vip), ""),
        ];
        for ((by, rank), target, role, expected) in cases {
            let result = may_touch("ban", (UserId(by), rank), &target, role, channel);
            assert_eq!(result.err().map_or(String::new(), |r| r.id.into()), expected, "{target:?}");
        }
    }
}
