//! Registration, keep-alive and the numerics that plain IRC clients wait for.

use super::parts::{end, put_all, put_text, server_prefix};
use super::{Caps, ServerName};

/// Why a login failed. The texts are part of the protocol: clients match on them and stop reconnecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginFault {
    /// The token is not valid, or is somebody else's.
    Authentication,
    /// There was no password, or nobody has that name.
    Unsuccessful,
    /// The password is not `oauth:…`.
    Format,
    /// No name can be like this.
    Nick,
    /// Our own fault: nothing can be looked up right now.
    Unavailable,
}

impl LoginFault {
    /// The exact words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Authentication => "Login authentication failed",
            Self::Unsuccessful => "Login unsuccessful",
            Self::Format => "Improperly formatted auth",
            Self::Nick => "Invalid NICK",
            Self::Unavailable => "Error logging in",
        }
    }
}

/// A failed login, a NOTICE to `*` without an id and for every client; the connection is closed after it.
pub fn login_fault(fault: LoginFault, server: &ServerName, out: &mut Vec<u8>) {
    server_prefix(out, server.as_str());
    put_all(out, &["NOTICE * :", fault.text(), "\r\n"]);
}

/// The welcome block, 001 to 376. tmi.js waits for its end, TwitchIO for its beginning. `motd` is one line.
pub fn welcome(nick: &str, motd: &str, server: &ServerName, out: &mut Vec<u8>) {
    let name = server.as_str();
    let mut numeric = |number: &str, words: &[&str]| {
        put_all(out, &[":", name, " ", number, " ", nick, " :"]);
        words.iter().for_each(|word| put_text(out, word));
        end(out);
    };
    numeric("001", &["Welcome, GLHF!"]);
    numeric("002", &["Your host is ", name]);
    numeric("003", &["This server is rather new"]);
    numeric("004", &["-"]);
    numeric("375", &["-"]);
    numeric("372", &[motd]);
    numeric("376", &[">"]);
}

/// Capabilities granted, as they were asked for.
pub fn cap_ack(list: &str, server: &ServerName, out: &mut Vec<u8>) {
    cap("ACK", list, server, out);
}

/// Capabilities refused: one of them we do not have, so none is granted.
pub fn cap_nak(list: &str, server: &ServerName, out: &mut Vec<u8>) {
    cap("NAK", list, server, out);
}

/// The answer to `CAP LS`.
pub fn cap_list(server: &ServerName, out: &mut Vec<u8>) {
    cap("LS", Caps::ALL, server, out);
}

/// The answer to `CAP LIST`: what the client has.
pub fn cap_held(caps: Caps, server: &ServerName, out: &mut Vec<u8>) {
    let all = [caps.commands, caps.membership, caps.tags];
    let names = Caps::ALL.split(' ').zip(all).filter(|(_, has)| *has).map(|(name, _)| name);
    cap("LIST", &names.collect::<Vec<_>>().join(" "), server, out);
}

fn cap(sub: &str, list: &str, server: &ServerName, out: &mut Vec<u8>) {
    put_all(out, &[":", server.as_str(), " CAP * ", sub, " :"]);
    put_text(out, list.trim_end());
    end(out);
}

/// The answer to PING. Without an argument tmi.js wants it without a prefix (and disconnects at one); with one, others want it
/// with a prefix and the argument.
pub fn pong(arguments: (Option<&str>, Option<&str>), server: &ServerName, out: &mut Vec<u8>) {
    let name = server.as_str();
    let Some(first) = arguments.0.filter(|argument| !argument.is_empty()) else {
        put_all(out, &["PONG :", name, "\r\n"]);
        return;
    };
    put_all(out, &[":", name, " PONG ", name, " :"]);
    put_text(out, first);
    if let Some(second) = arguments.1 {
        out.push(b' ');
        put_text(out, second);
    }
    end(out);
}

/// The server's own PING.
pub fn ping(server: &ServerName, out: &mut Vec<u8>) {
    put_all(out, &["PING :", server.as_str(), "\r\n"]);
}

/// The server goes away: connect anew. Told to every client, also to those that asked for no commands: all must move.
pub fn reconnect(server: &ServerName, out: &mut Vec<u8>) {
    put_all(out, &[":", server.as_str(), " RECONNECT\r\n"]);
}

/// 417: a line that is too long for anything to be done with it.
pub fn too_long(nick: &str, server: &ServerName, out: &mut Vec<u8>) {
    put_all(out, &[":", server.as_str(), " 417 ", nick, " :Input line was too long\r\n"]);
}

/// 421.
pub fn unknown_command(nick: &str, command: &str, server: &ServerName, out: &mut Vec<u8>) {
    put_all(out, &[":", server.as_str(), " 421 ", nick, " ", command, " :Unknown command\r\n"]);
}

/// 461: a command without a parameter that it needs.
pub fn too_few(nick: &str, command: &str, server: &ServerName, out: &mut Vec<u8>) {
    put_all(out, &[":", server.as_str(), " 461 ", nick, " ", command, " :Not enough parameters\r\n"]);
}

/// 366, which also answers a NAMES of a room in which nobody is told.
pub fn end_of_names(nick: &str, channel: &str, server: &ServerName, out: &mut Vec<u8>) {
    put_all(
        out,
        &[":", nick, ".", server.as_str(), " 366 ", nick, " #", channel, " :End of /NAMES list\r\n"],
    );
}

/// 315: nobody is told by WHO, which irssi and WeeChat send after a join.
pub fn end_of_who(nick: &str, mask: &str, server: &ServerName, out: &mut Vec<u8>) {
    put_all(out, &[":", server.as_str(), " 315 ", nick, " ", mask, " :End of /WHO list\r\n"]);
}

/// 324 for a channel and 221 for a user: there are no modes of IRC's kind.
pub fn mode_is(nick: &str, target: &str, server: &ServerName, out: &mut Vec<u8>) {
    if target.starts_with('#') {
        put_all(out, &[":", server.as_str(), " 324 ", nick, " ", target, " +\r\n"]);
    } else {
        put_all(out, &[":", server.as_str(), " 221 ", nick, " +\r\n"]);
    }
}

/// 302 with nothing in it.
pub fn userhost(nick: &str, server: &ServerName, out: &mut Vec<u8>) {
    put_all(out, &[":", server.as_str(), " 302 ", nick, " :\r\n"]);
}
