//! How to speak to each server: the first bytes, the sign that a connection has joined, and how something is said.

use super::servers::goim;

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
        /// With `#`; none, and it only signs in.
        channel: Option<String>,
        /// Asks for Twitch's capabilities.
        tags: bool,
    },
    /// Centrifugo's JSON protocol over WebSocket.
    Centrifugo {
        /// Channel.
        channel: String,
        /// Senders publish by its HTTP API, which leaves out who said it.
        tuned: bool,
    },
    /// goim's packets over TCP.
    Goim {
        /// Messages that its job pushes at once.
        batch: usize,
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
            Self::Goim { .. } => goim::sign_in(match who {
                Who::Reader(_) => "reader",
                Who::Sender(name) => name,
            }),
            Self::Centrifugo { tuned: true, .. } if matches!(who, Who::Sender(_)) => {
                request(host, "/api/info", "{}")
            }
            Self::Centrifugo { .. } => {
                let head = format!("GET /connection/websocket HTTP/1.1\r\nHost: {host}\r\n{UPGRADE}");
                format!("{head}Sec-WebSocket-Key: {KEY}\r\n\r\n").into_bytes()
            }
        }
    }

    /// What a connection must read before it may join, and how it joins then.
    pub(crate) fn join(&self) -> Option<(&'static [u8], Vec<u8>)> {
        match self {
            Self::Irc { channel: Some(channel), .. } => {
                Some((b" 001 ", format!("JOIN {channel}\r\n").into_bytes()))
            }
            Self::Irc { channel: None, .. } => Some((b" 001 ", b"PING in\r\n".to_vec())),
            // It hangs up on who says something before it has answered the handshake.
            Self::Centrifugo { channel, .. } => {
                let commands = format!(
                    "{{\"id\":1,\"connect\":{{}}}}\n{{\"id\":2,\"subscribe\":{{\"channel\":\"{channel}\"}}}}"
                );
                let mut bytes = Vec::new();
                frame(commands.as_bytes(), &mut bytes);
                Some((b" 101 ", bytes))
            }
            Self::Native { .. } | Self::Goim { .. } => None,
        }
    }

    /// What a connection has read when it has joined.
    pub(crate) fn joined(&self, sends: bool) -> &'static [u8] {
        match self {
            Self::Centrifugo { tuned: true, .. } if sends => b"\"nodes\"",
            Self::Goim { .. } => goim::SIGNED_IN,
            Self::Native { .. } => b"\"at\"",
            Self::Irc { channel: Some(_), .. } => b" 366 ",
            Self::Irc { channel: None, .. } => b" PONG ",
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
            Self::Irc { channel: Some(channel), .. } => {
                out.extend_from_slice(format!("PRIVMSG {channel} :").as_bytes());
                out.extend_from_slice(text);
                out.extend_from_slice(b"\r\n");
            }
            // Its job takes them; and who is in no channel has nobody to say it to.
            Self::Goim { .. } | Self::Irc { channel: None, .. } => {}
            Self::Centrifugo { channel, tuned: true } => {
                let text = String::from_utf8_lossy(text);
                let json = format!("{{\"channel\":\"{channel}\",\"data\":{{\"t\":\"{text}\"}}}}");
                out.extend_from_slice(&request("bench", "/api/publish", &json));
            }
            Self::Centrifugo { channel, .. } => {
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

    /// How long a connection is to wait, in ms, before it connects anew, if `piece` asks for that.
    pub(crate) fn farewell(&self, piece: &[u8]) -> Option<u64> {
        match self {
            Self::Native { .. } => {
                const SIGN: &[u8] = b"[\"bye\",{\"after_ms\":";
                let rest = &piece[memchr::memmem::find(piece, SIGN)? + SIGN.len()..];
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
                Some(digits.fold(0, |n, digit| n * 10 + u64::from(digit - b'0')))
            }
            Self::Irc { .. } => memchr::memmem::find(piece, b" RECONNECT\r\n").map(|_| 0),
            Self::Centrifugo { .. } | Self::Goim { .. } => None,
        }
    }

    /// What answers a server's question whether we live, if `piece` asks it.
    pub(crate) fn alive(&self, piece: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Irc { .. } => {
                let at = memchr::memmem::find(piece, b"PING ")?;
                // InspIRCd may want its own words back before it lets somebody in.
                let words = piece[at + 5..].split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
                Some([&b"PONG "[..], words, b"\r\n"].concat())
            }
            // An empty object each way.
            Self::Centrifugo { .. } if piece == b"\x81\x02{}" => {
                let mut pong = Vec::new();
                frame(b"{}", &mut pong);
                Some(pong)
            }
            _ => None,
        }
    }
}

const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";

/// A JSON request on a connection that stays open.
fn request(host: &str, path: &str, json: &str) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n");
    format!("{head}Content-Length: {}\r\n\r\n{json}", json.len()).into_bytes()
}

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
