//! The answers of the opening handshake (RFC 6455 §4.2.2): who asks and whether is the web's business.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use super::deflate;

/// What the key is joined with before it is hashed.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The subprotocol of the native language.
pub const NATIVE: &str = "footlight.json.v1";
/// The subprotocol of Twitch IRC.
pub const IRC: &str = "irc";

/// Which language was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subprotocol {
    /// `footlight.json.v1`.
    Native,
    /// `irc`, echoed because clients insist.
    Irc,
    /// None was offered, or none that we know: IRC, and nothing is echoed.
    Unnamed,
}

impl Subprotocol {
    /// The first that the client offers (its order is its preference) and that we know.
    pub fn choose<'a>(offers: impl IntoIterator<Item = &'a str>) -> Self {
        offers
            .into_iter()
            .flat_map(|header| header.split(','))
            .find_map(|offer| match offer.trim() {
                NATIVE => Some(Self::Native),
                IRC => Some(Self::Irc),
                _ => None,
            })
            .unwrap_or(Self::Unnamed)
    }

    /// What `Sec-WebSocket-Protocol` of the answer says, if anything.
    pub fn echo(self) -> Option<&'static str> {
        match self {
            Self::Native => Some(NATIVE),
            Self::Irc => Some(IRC),
            Self::Unnamed => None,
        }
    }
}

/// `Sec-WebSocket-Accept` for a client's key. `None` if the key is not 16 bytes in base64.
pub fn accept(key: &str) -> Option<String> {
    if STANDARD.decode(key).ok()?.len() != 16 {
        return None;
    }
    Some(STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize()))
}

/// What a handshake's answer has to say; header names in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// `sec-websocket-accept`.
    pub accept: String,
    /// `sec-websocket-protocol`.
    pub subprotocol: Subprotocol,
    /// `sec-websocket-extensions`, if compression was agreed.
    pub extensions: Option<String>,
}

impl Answer {
    /// The answer to a client's key, offered subprotocols and offered extensions (header values as they came). `None` if the key is bad: 400.
    pub fn to<'a>(
        key: &str,
        protocols: impl IntoIterator<Item = &'a str>,
        extensions: impl IntoIterator<Item = &'a str>,
    ) -> Option<Self> {
        Some(Self {
            accept: accept(key)?,
            subprotocol: Subprotocol::choose(protocols),
            extensions: deflate::negotiate(extensions),
        })
    }

    /// The whole answer as bytes, where no HTTP library writes it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {}\r\n",
            self.accept
        );
        for (name, value) in [
            ("sec-websocket-protocol", self.subprotocol.echo()),
            ("sec-websocket-extensions", self.extensions.as_deref()),
        ] {
            if let Some(value) = value {
                out.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        out.push_str("\r\n");
        out.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_rfc_is_accepted_as_in_the_rfc() {
        assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ==").as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(accept("c2hvcnQ="), None);
    }

    #[test]
    fn the_first_known_subprotocol_is_taken_and_echoed() {
        for (offers, expected, echo) in [
            (&["irc"][..], Subprotocol::Irc, Some("irc")),
            (&["x, footlight.json.v1", "irc"], Subprotocol::Native, Some("footlight.json.v1")),
            (&["x"], Subprotocol::Unnamed, None),
            (&[], Subprotocol::Unnamed, None),
        ] {
            let found = Subprotocol::choose(offers.iter().copied());
            assert_eq!((found, found.echo()), (expected, echo), "{offers:?}");
        }
    }

    #[test]
    fn the_answer_ends_with_an_empty_line() {
        let answer = Answer::to("dGhlIHNhbXBsZSBub25jZQ==", ["irc"], ["permessage-deflate"]).expect("a key");
        let text = String::from_utf8(answer.bytes()).expect("text");
        assert!(text.ends_with("client_no_context_takeover\r\n\r\n"), "{text}");
        assert!(text.contains("\r\nsec-websocket-protocol: irc\r\n"));
    }
}
