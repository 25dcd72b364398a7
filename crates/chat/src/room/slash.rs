//! What is typed into the message box: slash commands (chat-protocol.md §2.5), `/me`, and plain text.
//!
//! IRC lines, the native protocol and texts by HTTP all come through here, so that a command means the same everywhere.

mod table;

use std::borrow::Cow;

use domain::ids::MessageId;
use domain::names::Name;
use domain::rooms::{RoomRole, Suspicion};

use crate::command::{Command, ModesPatch, Own, Question, Refusal, Sweep};
use crate::rules::colours;
use crate::rules::durations;
use crate::rules::refusals::{self, refuse, usage};
use crate::rules::text;
pub use table::help;
use table::{COMMANDS, For, help_for};

/// Timeout where none is given, in seconds.
const TIMEOUT_S: u32 = 600;
/// Slow mode where no time is given, in seconds.
const SLOW_S: u16 = 30;

/// What a text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// Something of the room in which it was typed.
    Room(Command),
    /// Something of the site, wherever it was typed.
    Own(Own),
}

/// What somebody means who typed `text` (and what it answers, and their own number for it).
pub fn typed(text: &str, reply_to: Option<MessageId>, nonce: Option<&str>) -> Result<Typed, Refusal> {
    // The wrapper of IRC is of control characters, which go.
    let text = if text.starts_with("\u{1}ACTION ") { Cow::Borrowed(text) } else { opened(text) };
    match command(&text) {
        Some(command) => command,
        None => {
            let (action, text) = text::opening(&text);
            let (text, nonce) = (text.to_owned(), nonce.map(Into::into));
            Ok(Typed::Room(Command::Say { text, action, reply_to, nonce }))
        }
    }
}

/// A text as it would be said; if it is a command, without what nobody sees before its slash: such characters come with pasted texts.
fn opened(text: &str) -> Cow<'_, str> {
    let tidy = text::tidy(text);
    let seen = text::seen(&tidy);
    if seen.len() < tidy.len() && command_name(seen).is_some() { Cow::Owned(seen.to_owned()) } else { tidy }
}

/// Whether a text is a command that needs no room: clients type those to channels that there are not (`#jtv`, `#tmijs`).
pub fn is_own(text: &str) -> bool {
    matches!(command_name(&opened(text)).as_deref(), Some("w" | "block" | "unblock" | "color"))
}

/// Whether an IRC client asks to be disconnected.
pub fn is_disconnect(text: &str) -> bool {
    command_name(&opened(text)).as_deref() == Some("disconnect")
}

/// The name of the command that a text is, in lower case, whether there is such a command or not.
fn command_name(text: &str) -> Option<String> {
    let body = text.strip_prefix(['/', '.'])?;
    let name = body.split(char::is_whitespace).next()?;
    name.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| name.to_ascii_lowercase())
}

/// The command that a text is: `/name …`, or `.name …` where there is such a name. `None` if it is something to say, `/me` included.
/// The text is as it would be said: a space before a command does not publish what was meant for one person.
fn command(text: &str) -> Option<Result<Typed, Refusal>> {
    let name = command_name(text)?;
    let rest = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
    let Some((known, who, how)) = COMMANDS.iter().find(|(known, ..)| *known == name) else {
        // "…" and ".net" are texts; a slash is always meant.
        return text
            .starts_with('/')
            .then(|| Err(refuse("unrecognized_cmd", format!("Unrecognized command: /{name}"))));
    };
    if *known == "me" {
        return None;
    }
    if *who == For::Nobody {
        return Some(Err(refuse("unavailable_command", format!("\"/{known}\" is not available here."))));
    }
    let rest = rest.trim();
    Some(match own(known, rest, how) {
        Some(own) => own.map(Typed::Own),
        None => read(known, rest, how).map(Typed::Room),
    })
}

/// What needs no room.
fn own(name: &'static str, rest: &str, how: &str) -> Option<Result<Own, Refusal>> {
    let wrong = || usage(name, how);
    let (first, more) = rest.split_once(' ').map_or((rest, ""), |(first, more)| (first, more.trim()));
    Some(match name {
        "w" if more.is_empty() => Err(refuse("whisper_invalid_args", format!("Usage: {how}"))),
        "w" => match user(first, wrong) {
            Ok(login) => Ok(Own::Whisper { login, text: more.to_owned() }),
            Err(_) => Err(refuse("whisper_invalid_login", "No user matching that login.")),
        },
        "block" => user(first, wrong).map(Own::Block),
        "unblock" => user(first, wrong).map(Own::Unblock),
        "color" => colours::parse(rest).map(Own::Colour).ok_or_else(wrong),
        _ => return None,
    })
}

fn read(name: &'static str, rest: &str, how: &str) -> Result<Command, Refusal> {
    let wrong = || usage(name, how);
    let modes = |f: fn(&mut ModesPatch)| {
        let mut patch = ModesPatch::default();
        f(&mut patch);
        Ok(Command::Modes(patch))
    };
    let (first, more) = rest.split_once(' ').map_or((rest, ""), |(first, more)| (first, more.trim()));
    let login = || user(first, wrong);
    let role = |role, give| Ok(Command::Role { login: user(first, wrong)?, role, give });
    let suspect = |how| Ok(Command::Suspect { login: user(first, wrong)?, how });
    match name {
        "announce" => announce(rest, "PRIMARY", wrong),
        "announceblue" => announce(rest, "BLUE", wrong),
        "announcegreen" => announce(rest, "GREEN", wrong),
        "announceorange" => announce(rest, "ORANGE", wrong),
        "announcepurple" => announce(rest, "PURPLE", wrong),
        "ban" => Ok(Command::Ban { login: login()?, reason: more.to_owned() }),
        "timeout" => {
            let login = login()?;
            let (seconds, reason) = if more.is_empty() {
                (u64::from(TIMEOUT_S), "")
            } else {
                durations::split(more, 1).ok_or_else(wrong)?
            };
            // What is beyond any range the room refuses, with its own id.
            let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
            Ok(Command::Timeout { login, seconds, reason: reason.to_owned() })
        }
        "acknowledge" => Ok(Command::Acknowledge),
        "unban" => Ok(Command::Unban(login()?)),
        "untimeout" => Ok(Command::Untimeout(login()?)),
        "warn" if more.is_empty() => Err(wrong()),
        "warn" => Ok(Command::Warn { login: login()?, reason: more.to_owned() }),
        "delete" => Ok(Command::Delete(first.parse().map_err(|_| wrong())?)),
        "clear" => Ok(Command::Clear),
        "slow" => {
            let seconds = if rest.is_empty() { u64::from(SLOW_S) } else { span(rest, 1, wrong)? };
            // 0 would be `slowoff`, which has a name of its own.
            let seconds = if seconds == 0 { 1 } else { seconds };
            let slow_s = Some(u16::try_from(seconds).unwrap_or(u16::MAX));
            Ok(Command::Modes(ModesPatch { slow_s, ..ModesPatch::default() }))
        }
        "slowoff" => modes(|p| p.slow_s = Some(0)),
        "followers" => {
            let seconds = if rest.is_empty() { 0 } else { span(rest, 60, wrong)? };
            let followers_min = Some(Some(u32::try_from(seconds / 60).unwrap_or(u32::MAX)));
            Ok(Command::Modes(ModesPatch { followers_min, ..ModesPatch::default() }))
        }
        "followersoff" => modes(|p| p.followers_min = Some(None)),
        "subscribers" => modes(|p| p.subscribers_only = Some(true)),
        "subscribersoff" => modes(|p| p.subscribers_only = Some(false)),
        "emoteonly" => modes(|p| p.emote_only = Some(true)),
        "emoteonlyoff" => modes(|p| p.emote_only = Some(false)),
        "uniquechat" | "r9kbeta" => modes(|p| p.unique = Some(true)),
        "uniquechatoff" | "r9kbetaoff" => modes(|p| p.unique = Some(false)),
        "shield" => Ok(Command::Shield(true)),
        "shieldoff" => Ok(Command::Shield(false)),
        "mod" => role(RoomRole::Moderator, true),
        "unmod" => role(RoomRole::Moderator, false),
        "vip" => role(RoomRole::Vip, true),
        "unvip" => role(RoomRole::Vip, false),
        "mods" => Ok(Command::Ask(Question::Moderators)),
        "vips" => Ok(Command::Ask(Question::Vips)),
        "chatters" => Ok(Command::Ask(Question::Chatters { after: None, first: 50 })),
        "user" => Ok(Command::Ask(Question::Card(login()?))),
        "monitor" => suspect(Some(Suspicion::Monitored)),
        "restrict" => suspect(Some(Suspicion::Restricted)),
        "unmonitor" | "unrestrict" => suspect(None),
        "pin" => {
            let message = first.parse().map_err(|_| wrong())?;
            let seconds = if more.is_empty() { None } else { Some(span(more, 1, wrong)?) };
            Ok(Command::Pin { message, seconds: seconds.map(|s| u32::try_from(s).unwrap_or(u32::MAX)) })
        }
        "unpin" => Ok(Command::Unpin),
        "sweep" if first.is_empty() => Err(wrong()),
        "sweep" => {
            let timeout_s = match more {
                "" => None,
                "ban" => Some(0),
                time => Some(u32::try_from(span(time, 1, wrong)?.max(1)).unwrap_or(u32::MAX)),
            };
            Ok(Command::Sweep(Sweep { login: Some(first.to_owned()), timeout_s, ..Sweep::default() }))
        }
        "shoutout" => Ok(Command::Shoutout(login()?)),
        "requests" => Ok(Command::Ask(Question::UnbanRequests)),
        // IRC clients' sessions close their connection themselves; elsewhere one closes what one opened.
        "disconnect" => Err(refuse("unavailable_command", "Close the page or the connection instead.")),
        "help" if rest.is_empty() => Ok(Command::Ask(Question::Help)),
        "help" => Err(help_for(rest)),
        _ => Err(wrong()),
    }
}

fn announce(text: &str, colour: &str, wrong: impl Fn() -> Refusal) -> Result<Command, Refusal> {
    if text.is_empty() {
        return Err(wrong());
    }
    Ok(Command::Announce { text: text.to_owned(), colour: colour.into() })
}

/// A login as people type one: with `@`, in any case, with the comma of a completion.
fn user(typed: &str, wrong: impl Fn() -> Refusal) -> Result<Name, Refusal> {
    let bare = typed.trim_start_matches('@').trim_end_matches(',');
    if bare.is_empty() {
        return Err(wrong());
    }
    bare.parse().map_err(|_| refusals::refuse("invalid_user", format!("Invalid username: {bare}")))
}

fn span(text: &str, bare: u64, wrong: impl Fn() -> Refusal) -> Result<u64, Refusal> {
    durations::parse(text, bare).ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
