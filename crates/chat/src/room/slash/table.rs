//! All commands that clients know (chat-protocol.md §2.5): who may use them, and how each is written.

use crate::command::Refusal;
use crate::rules::rank::Rank;
use crate::rules::refusals::{refuse, usage};

/// Who may use a command, or that this site has no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    Everybody,
    Moderators,
    Broadcaster,
    /// Known to clients, not offered here.
    Nobody,
}

/// All commands that clients know, with how each is written.
pub(super) const COMMANDS: &[(&str, For, &str)] = &[
    (
        "acknowledge",
        For::Everybody,
        "\"/acknowledge\" - Says that you have read your warning, and lets you chat again.",
    ),
    (
        "announce",
        For::Moderators,
        "\"/announce <message>\" - Draws attention to a message, in the channel's colour. Others: \"/announceblue\", \"/announcegreen\", \"/announceorange\", \"/announcepurple\".",
    ),
    ("announceblue", For::Moderators, "\"/announceblue <message>\" - An announcement in blue."),
    ("announcegreen", For::Moderators, "\"/announcegreen <message>\" - An announcement in green."),
    ("announceorange", For::Moderators, "\"/announceorange <message>\" - An announcement in orange."),
    ("announcepurple", For::Moderators, "\"/announcepurple <message>\" - An announcement in purple."),
    (
        "ban",
        For::Moderators,
        "\"/ban <username> [reason]\" - Permanently prevents a user from chatting. Use \"/unban\" to lift it.",
    ),
    (
        "block",
        For::Everybody,
        "\"/block <username>\" - Somebody can no longer whisper to you, and your client hides what they say.",
    ),
    ("chatters", For::Moderators, "\"/chatters\" - Lists who is here."),
    ("clear", For::Moderators, "\"/clear\" - Clears chat for everybody in this room."),
    ("clip", For::Nobody, ""),
    (
        "color",
        For::Everybody,
        "\"/color <color>\" - Changes the color of your name: Blue, BlueViolet, CadetBlue, Chocolate, Coral, DodgerBlue, Firebrick, GoldenRod, Green, HotPink, OrangeRed, Red, SeaGreen, SpringGreen, YellowGreen, or #000000.",
    ),
    ("commercial", For::Nobody, ""),
    ("delete", For::Moderators, "\"/delete <message id>\" - Deletes one message."),
    ("disconnect", For::Everybody, "\"/disconnect\" - Closes this connection of an IRC client."),
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
    ("requests", For::Moderators, "\"/requests\" - Lists who asks to be unbanned."),
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
    (
        "shoutout",
        For::Moderators,
        "\"/shoutout <username>\" - Recommends somebody's channel, once in 2 minutes and the same one once an hour.",
    ),
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
    ("unblock", For::Everybody, "\"/unblock <username>\""),
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
    ("w", For::Everybody, "\"/w <username> <message>\" - Says something to somebody alone."),
    (
        "warn",
        For::Moderators,
        "\"/warn <username> <reason>\" - Warns somebody, who must acknowledge it before chatting again.",
    ),
];

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

/// How one command is used, told as what the client shows: a NOTICE.
pub(super) fn help_for(name: &str) -> Refusal {
    let name = name.trim_start_matches(['/', '.']).to_ascii_lowercase();
    match COMMANDS.iter().find(|(known, who, _)| *known == name && *who != For::Nobody) {
        Some((known, _, how)) => usage(known, how),
        None => refuse("no_help", format!("No help available for \"{name}\".")),
    }
}
