//! What is typed into the message box: slash commands (chat-protocol.md §2.5), `/me`, and plain text.
//!
//! IRC lines and the native protocol both come through here, so that a command means the same everywhere. HTTP does not: there a
//! text is a text.

use domain::ids::MessageId;
use domain::names::Name;
use domain::rooms::{RoomRole, Suspicion};

use crate::command::{Command, ModesPatch, Question, Refusal, Sweep};
use crate::rules::durations;
use crate::rules::rank::Rank;
use crate::rules::refusals::{self, refuse, usage};
use crate::rules::text;

/// Timeout where none is given, in seconds.
const TIMEOUT_S: u32 = 600;
/// Slow mode where no time is given, in seconds.
const SLOW_S: u16 = 30;

/// Who may use a command, or that this site has no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Everybody,
    Moderators,
    Broadcaster,
    /// Known to clients, not offered here.
    Nobody,
}

/// All commands that clients know, with how each is written.
const COMMANDS: &[(&str, For, &str)] = &[
    ("announce", For::Moderators, "\"/announce <message>\" - Draws attention to a message."),
    ("announceblue", For::Moderators, "\"/announceblue <message>\""),
    ("announcegreen", For::Moderators, "\"/announcegreen <message>\""),
    ("announceorange", For::Moderators, "\"/announceorange <message>\""),
    ("announcepurple", For::Moderators, "\"/announcepurple <message>\""),
    (
        "ban",
        For::Moderators,
        "\"/ban <username> [reason]\" - Permanently prevents a user from chatting. Use \"/unban\" to lift it.",
    ),
    ("block", For::Nobody, ""),
    ("chatters", For::Moderators, "\"/chatters\" - Lists who is here."),
    ("clear", For::Moderators, "\"/clear\" - Clears chat for everybody in this room."),
    ("clip", For::Nobody, ""),
    (
        "color",
        For::Everybody,
        "\"/color <color>\" - Changes the color of your name: a color's name, or #000000.",
    ),
    ("commercial", For::Nobody, ""),
    ("delete", For::Moderators, "\"/delete <message id>\" - Deletes one message."),
    ("disconnect", For::Nobody, ""),
    (
        "emoteonly",
        For::Moderators,
        "\"/emoteonly\" - Only emotes may be used in chat. Use \"/emoteonlyoff\" to lift it.",
    ),
    ("emoteonlyoff", For::Moderators, "\"/emoteonlyoff\""),
    ("endpoll", For::Nobody, ""),
    (
        "followers",
        For::Moderators,
        "\"/followers [duration]\" - Only who has followed for so long may chat, e.g. \"30m\", \"1 week\". Use \"/followersoff\" to lift it.",
    ),
    ("followersoff", For::Moderators, "\"/followersoff\""),
    ("help", For::Everybody, "\"/help [command]\" - Lists commands, or says how one is used."),
    ("marker", For::Nobody, ""),
    ("me", For::Everybody, "\"/me <message>\" - Expresses an action."),
    ("mod", For::Broadcaster, "\"/mod <username>\" - Makes somebody a moderator. Use \"/unmod\" to undo it."),
    ("mods", For::Everybody, "\"/mods\" - Lists the moderators of this channel."),
    (
        "monitor",
        For::Moderators,
        "\"/monitor <username>\" - Marks somebody's messages for moderators. Use \"/unmonitor\" to undo it.",
    ),
    (
        "pin",
        For::Moderators,
        "\"/pin <message id> [duration]\" - Pins a message, for 30 seconds to 30 minutes or until \"/unpin\".",
    ),
    ("poll", For::Nobody, ""),
    ("prediction", For::Nobody, ""),
    ("r9kbeta", For::Moderators, "\"/r9kbeta\" - The old name of \"/uniquechat\"."),
    ("r9kbetaoff", For::Moderators, "\"/r9kbetaoff\""),
    ("raid", For::Nobody, ""),
    ("requests", For::Nobody, ""),
    (
        "restrict",
        For::Moderators,
        "\"/restrict <username>\" - Shows somebody's messages to moderators only. Use \"/unrestrict\" to undo it.",
    ),
    (
        "shield",
        For::Moderators,
        "\"/shield\" - Shield mode: the saved strict settings hold. Use \"/shieldoff\" to lift it.",
    ),
    ("shieldoff", For::Moderators, "\"/shieldoff\""),
    ("shoutout", For::Nobody, ""),
    (
        "slow",
        For::Moderators,
        "\"/slow [duration]\" - Time between two messages of a user, 3 to 120 seconds (30 if none is given). Use \"/slowoff\" to lift it.",
    ),
    ("slowoff", For::Moderators, "\"/slowoff\""),
    (
        "subscribers",
        For::Moderators,
        "\"/subscribers\" - Only subscribers may chat. Use \"/subscribersoff\" to lift it.",
    ),
    ("subscribersoff", For::Moderators, "\"/subscribersoff\""),
    (
        "sweep",
        For::Moderators,
        "\"/sweep <login pattern with *> [timeout, or ban]\" - Removes the recent messages of all matching accounts that the channel does not know.",
    ),
    (
        "timeout",
        For::Moderators,
        "\"/timeout <username> [duration] [reason]\" - Keeps a user from chatting for a time (10 minutes if none is given), at most 14 days. Use \"/untimeout\" to lift it.",
    ),
    ("unban", For::Moderators, "\"/unban <username>\" - Lifts a ban or timeout."),
    ("unblock", For::Nobody, ""),
    (
        "uniquechat",
        For::Moderators,
        "\"/uniquechat\" - Refuses messages that were said already. Use \"/uniquechatoff\" to lift it.",
    ),
    ("uniquechatoff", For::Moderators, "\"/uniquechatoff\""),
    ("unmod", For::Broadcaster, "\"/unmod <username>\""),
    ("unmonitor", For::Moderators, "\"/unmonitor <username>\""),
    ("unpin", For::Moderators, "\"/unpin\" - Unpins the pinned message."),
    ("unraid", For::Nobody, ""),
    ("unrestrict", For::Moderators, "\"/unrestrict <username>\""),
    ("untimeout", For::Moderators, "\"/untimeout <username>\""),
    ("unvip", For::Broadcaster, "\"/unvip <username>\""),
    ("user", For::Moderators, "\"/user <username>\" - Shows what is known of somebody."),
    ("vip", For::Broadcaster, "\"/vip <username>\" - Makes somebody a VIP. Use \"/unvip\" to undo it."),
    ("vips", For::Everybody, "\"/vips\" - Lists the VIPs of this channel."),
    ("w", For::Nobody, ""),
    (
        "warn",
        For::Moderators,
        "\"/warn <username> <reason>\" - Warns somebody, who must acknowledge it before chatting again.",
    ),
];

/// Name colours by name, as on Twitch.
const COLOURS: [(&str, u32); 15] = [
    ("blue", 0x0000ff),
    ("blueviolet", 0x8a2be2),
    ("cadetblue", 0x5f9ea0),
    ("chocolate", 0xd2691e),
    ("coral", 0xff7f50),
    ("dodgerblue", 0x1e90ff),
    ("firebrick", 0xb22222),
    ("goldenrod", 0xdaa520),
    ("green", 0x008000),
    ("hotpink", 0xff69b4),
    ("orangered", 0xff4500),
    ("red", 0xff0000),
    ("seagreen", 0x2e8b57),
    ("springgreen", 0x00ff7f),
    ("yellowgreen", 0x9acd32),
];

/// What somebody means who typed `text` (and what it answers, and their own number for it).
pub fn typed(text: &str, reply_to: Option<MessageId>, nonce: Option<&str>) -> Result<Command, Refusal> {
    match slash(text) {
        Some(command) => command,
        None => {
            let (action, text) = text::opening(text);
            Ok(Command::Say { text: text.to_owned(), action, reply_to, nonce: nonce.map(Into::into) })
        }
    }
}

/// The command that a text is: `/name …`, or `.name …` where there is such a name. `None` if it is something to say, `/me` included.
pub fn slash(text: &str) -> Option<Result<Command, Refusal>> {
    let text = text.trim_end();
    let body = text.strip_prefix(['/', '.'])?;
    let (name, rest) = body.split_once(' ').unwrap_or((body, ""));
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let name = name.to_ascii_lowercase();
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
    Some(read(known, rest.trim(), how))
}

/// The commands that somebody may use, in one sentence.
pub fn help(rank: Rank) -> String {
    let may = |who: For| match who {
        For::Everybody => true,
        For::Moderators => rank >= Rank::Moderator,
        For::Broadcaster => rank >= Rank::Staff,
        For::Nobody => false,
    };
    let names: Vec<String> =
        COMMANDS.iter().filter(|(_, who, _)| may(*who)).map(|(name, ..)| format!("/{name}")).collect();
    format!("Commands available to you in this room (use /help <command> for details): {}", names.join(" "))
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
        "chatters" => Ok(Command::Ask(Question::Chatters)),
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
        "color" => colour(rest).map(Command::Colour).ok_or_else(wrong),
        "help" if rest.is_empty() => Ok(Command::Ask(Question::Help)),
        "help" => Err(help_for(rest)),
        _ => Err(wrong()),
    }
}

/// How one command is used, told as what the client shows: a NOTICE.
fn help_for(name: &str) -> Refusal {
    let name = name.trim_start_matches(['/', '.']).to_ascii_lowercase();
    match COMMANDS.iter().find(|(known, who, _)| *known == name && *who != For::Nobody) {
        Some((known, _, how)) => usage(known, how),
        None => refuse("no_help", format!("No help available for \"{name}\".")),
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

fn colour(text: &str) -> Option<u32> {
    if let Some(hex) = text.strip_prefix('#') {
        let plain = hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        return if plain { u32::from_str_radix(hex, 16).ok() } else { None };
    }
    let name = text.to_ascii_lowercase().replace('_', "");
    COLOURS.iter().find(|(known, _)| *known == name).map(|(_, colour)| *colour)
}

#[cfg(test)]
mod tests;
