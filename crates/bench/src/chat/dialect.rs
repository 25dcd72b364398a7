//! How to speak to each server: the first bytes, the sign that a connection has joined, and how something is said.

/// One way of speaking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Our native protocol over WebSocket; compressed if the second says so.
    Native {
        /// Channel.
        channel: String,
        /// Every message of a busy room instead of the sampled view.
        full: bool,
        /// Offers permessage-deflate.
        deflate: bool,
    },
    /// IRC over TCP; tags as Twitch has them if `tags`.
    Irc {
        /// With `#`.
        channel: String,
        /// Asks for Twitch's capabilities.
        tags: bool,
    },
    /// Centrifugo's JSON protocol over WebSocket.
    Centrifugo {
        /// Channel.
        channel: String,
    },
}

/// Who a connection is.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// The `n`th reader.
    Reader(usize),
    /// A sender, with the token or name that it needs.
    Sender(String),
}

/// Fixed key of every WebSocket handshake: it guards against proxies, of which there are none here.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

impl Dialect {
    /// What a connection sends first.
    pub(crate) fn hello(&self, host: &str, who: &Who) -> Vec<u8> {
        match self {
            Self::Native { channel, full, deflate } => {
                let view = if *full { "?view=full" } else { "" };
                let mut head =
                    format!("GET /api/v1/chat/{channel}{view} HTTP/1.1\r\nHost: {host}\r\n{UPGRADE}");
                head += &format!("Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Protocol: footlight.json.v1\r\n");
                if *deflate {
                    head += "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
                }
                if let Who::Sender(token) = who {
                    head += &format!("Authorization: Bearer {token}\r\n");
                }
                (head + "\r\n").into_bytes()
            }
            Self::Irc { channel: _, tags } => {
                let caps = if *tags { "CAP REQ :twitch.tv/tags twitch.tv/commands\r\n" } else { "" };
                let (pass, nick) = match who {
                    Who::Reader(n) => (String::new(), format!("justinfan{}", n + 1)),
                    Who::Sender(token) => match token.split_once(':') {
                        Some((name, token)) => (format!("PASS oauth:{token}\r\n"), name.to_owned()),
                        None => (String::new(), token.clone()),
                    },
                };
                let user = format!("USER {nick} 0 * :{nick}\r\n");
                format!("{caps}{pass}NICK {nick}\r\n{user}").into_bytes()
            }
            Self::Centrifugo { channel } => {
                let head = format!("GET /connection/websocket HTTP/1.1\r\nHost: {host}\r\n{UPGRADE}");
                let mut bytes = format!("{head}Sec-WebSocket-Key: {KEY}\r\n\r\n").into_bytes();
                let commands = format!(
                    "{{\"id\":1,\"connect\":{{}}}}\n{{\"id\":2,\"subscribe\":{{\"channel\":\"{channel}\"}}}}"
                );
                frame(commands.as_bytes(), &mut bytes);
                bytes
            }
        }
    }

    /// What a connection must read before it may join, and how it joins then.
    pub(crate) fn join(&self) -> Option<(&'static [u8], Vec<u8>)> {
        match self {
            Self::Irc { channel, .. } => Some((b" 001 ", format!("JOIN {channel}\r\n").into_bytes())),
            Self::Native { .. } | Self::Centrifugo { .. } => None,
        }
    }

    /// What a connection has read when it has joined.
    pub(crate) fn joined(&self) -> &'static [u8] {
        match self {
            Self::Native { .. } => b"\"at\"",
            Self::Irc { .. } => b" 366 ",
            Self::Centrifugo { .. } => b"\"subscribe\"",
        }
    }

    /// Appends what says `text`.
    pub(crate) fn say(&self, text: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Native { .. } => {
                let mut json = b"{\"t\":\"say\",\"text\":\"".to_vec();
                json.extend_from_slice(text);
                json.extend_from_slice(b"\"}");
                frame(&json, out);
            }
            Self::Irc { channel, .. } => {
                out.extend_from_slice(format!("PRIVMSG {channel} :").as_bytes());
                out.extend_from_slice(text);
                out.extend_from_slice(b"\r\n");
            }
            Self::Centrifugo { channel } => {
                let text = String::from_utf8_lossy(text);
                let json = format!(
                    "{{\"id\":3,\"publish\":{{\"channel\":\"{channel}\",\"data\":{{\"t\":\"{text}\"}}}}}}"
                );
                frame(json.as_bytes(), out);
            }
        }
    }

    /// Whether frames arrive compressed, so that texts can't be found in the raw bytes.
    pub(crate) fn compressed(&self) -> bool {
        matches!(self, Self::Native { deflate: true, .. })
    }

    /// What answers a server's question whether we live, if `piece` asks it.
    pub(crate) fn alive(&self, piece: &[u8]) -> Option<&'static [u8]> {
        let irc = matches!(self, Self::Irc { .. });
        (irc && memchr::memmem::find(piece, b"PING ").is_some()).then_some(b"PONG :x\r\n")
    }
}

const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";

/// A masked text frame (RFC 6455 §5.2). The mask is zero, which is a mask like any other.
fn frame(payload: &[u8], out: &mut Vec<u8>) {
    out.push(0x81);
    match payload.len() {
        len @ 0..126 => out.push(0x80 | len as u8),
        len => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}
