//! What links carry, and how it is framed: `length (4) kind (1) number (8) body`, big-endian. Numbers are those of [`super::end`]; what has
//! none says 0.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use domain::ids::ChannelId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::LinkError;
use super::proof::Nonce;
use crate::command::Caller;
use crate::edge::handle::NODE_MAX;
use crate::edge::{Asker, Reply, Request, TokenMark};
use crate::event::ConnectionId;
use crate::tree::encode::RoomName;
use crate::tree::language::Wants;
use crate::tree::plan::Fed;

/// Version of all this: nodes of different versions do not link.
pub const VERSION: u16 = 8;
/// Longest message once both ends are proven.
pub const MESSAGE_BYTES_MAX: usize = 64 << 20;
/// Longest message before.
pub const GREETING_BYTES_MAX: usize = 4096;
/// Longest address: a name, a colon and a port.
pub const ADDRESS_BYTES_MAX: usize = 253 + 1 + 5;

/// What the lower node says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`].
    pub version: u16,
    /// Which node, by number.
    pub node: u16,
    /// Random for each life of the lower node: its messages are numbered anew.
    pub life: u64,
    /// The life of the upper node that it knows, 0 for none.
    pub known: u64,
    /// Last message that it has taken.
    pub received: u64,
    /// For the proofs.
    pub nonce: Nonce,
    /// Where other nodes may link to it, if they may.
    pub offer: Option<Offer>,
    /// How often in a row it could not link where it was sent: it is to be sent elsewhere once, then to be fed by the upper node itself.
    pub stranded: u32,
}

/// Where a node takes links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Host and port.
    pub address: String,
    /// SHA-256 of the certificate that it shows there; `None`: without TLS, or as the lower end is configured.
    pub fingerprint: Option<[u8; 32]>,
}

/// Whether a number is that of a node below another.
fn is_node(number: u16) -> bool {
    (1..=NODE_MAX).contains(&number)
}

impl Offer {
    fn is_sound(&self) -> bool {
        self.address.len() <= ADDRESS_BYTES_MAX
    }
}

impl Hello {
    /// Whether a node can be so.
    pub fn is_sound(&self) -> bool {
        is_node(self.node) && self.offer.as_ref().is_none_or(Offer::is_sound)
    }
}

/// Whether these can be the nodes below another.
pub fn are_sound(nodes: &[Fed<u16, Offer>]) -> bool {
    let is_sound =
        |fed: &Fed<u16, Offer>| is_node(fed.node) && fed.offer.as_ref().is_none_or(Offer::is_sound);
    nodes.len() <= usize::from(NODE_MAX) && nodes.iter().all(is_sound)
}

/// The upper node's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// For the proofs.
    pub nonce: Nonce,
    /// Shows that the upper node knows the secret.
    pub proof: [u8; 32],
}

/// What the upper node says to one that speaks another version. Its form stays what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherVersion {
    /// [`VERSION`] of the upper node.
    pub version: u16,
}

/// The upper node's answer, or that it can't give one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Answered {
    /// Go on.
    Challenge(Challenge),
    /// No.
    OtherVersion(OtherVersion),
}

/// The lower node's proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Shows that the lower node knows the secret.
    pub proof: [u8; 32],
}

/// The upper node lets the lower one in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Welcome {
    /// Go on after the last message that the upper node has taken.
    Resume {
        /// Last message taken.
        received: u64,
        /// This life of the upper node.
        life: u64,
    },
    /// Begin anew: what was asked is forgotten, what was read has a hole.
    Fresh {
        /// This life of the upper node.
        life: u64,
    },
    /// Link to another node instead.
    Elsewhere(Offer),
    /// The upper node has no link itself.
    Unfed,
    /// The upper node has the lower one's number.
    Number,
}

/// What goes up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Up {
    /// So many read a room below, in these variants; none any more with 0.
    Interest(ChannelId, Wants, usize),
    /// Nodes below this one.
    Below(Vec<Fed<u16, Offer>>),
    /// [`crate::edge::Upstream::find_channel`].
    Find(ConnectionId, Box<str>),
    /// [`crate::edge::Upstream::join`].
    Join(Box<Asker>, RoomName),
    /// [`crate::edge::Upstream::part`].
    Part(Box<Asker>, ChannelId),
    /// [`crate::edge::Upstream::command`].
    Command(Box<Caller>, Option<TokenMark>, ChannelId, Box<Request>, Option<Box<str>>),
    /// What was said with this number is taken back: it was not taken before the connection broke, and whoever asked has been told so.
    Nothing,
    /// [`crate::edge::Upstream::authenticate`].
    Authenticate(ConnectionId, Box<str>),
}

/// What goes down, apart from frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Down(pub ConnectionId, pub Reply);

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JSON of the handshake.
    Greeting,
    /// The other end's messages up to this number are taken.
    Confirmed,
    /// JSON: [`Up`] or [`Down`].
    Said,
    /// A frame.
    Frame,
}

/// Bytes in front of a body.
pub const HEAD: usize = 13;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub kind: Kind,
    /// Its number, or the number confirmed.
    pub number: u64,
    /// The rest.
    pub body: Bytes,
}

/// Kind and body as kept by an end: the kind in the first byte.
pub fn keep(kind: Kind, body: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(1 + body.len());
    out.put_u8(kind as u8);
    out.put_slice(body);
    out.freeze()
}

/// A value as JSON, as kept by an end.
pub fn said(value: &impl Serialize) -> Bytes {
    let json = serde_json::to_vec(value).expect("links say nothing that has no form in JSON");
    keep(Kind::Said, &json)
}

/// What a kept message says, if it is of that kind.
pub fn read_said<T: DeserializeOwned>(kept: &[u8]) -> Option<T> {
    let (kind, body) = kept.split_first()?;
    serde_json::from_slice(body).ok().filter(|_| *kind == Kind::Said as u8)
}

/// A kept message with its number, as it goes over the wire.
pub fn put(kept: &[u8], number: u64, out: &mut BytesMut) {
    let Some((kind, body)) = kept.split_first() else {
        return;
    };
    out.put_u32((HEAD - 4 + body.len()) as u32);
    out.put_u8(*kind);
    out.put_u64(number);
    out.put_slice(body);
}

/// Takes one message off the front; `None` if it is not whole.
///
/// # Errors
/// When it is too long or of an unknown kind.
pub fn take(input: &mut BytesMut, max: usize) -> Result<Option<Message>, LinkError> {
    let Some(len) = input.first_chunk::<4>().map(|len| u32::from_be_bytes(*len) as usize) else {
        return Ok(None);
    };
    if len + 4 < HEAD || len > max {
        return Err(LinkError::Message("bad length"));
    }
    if input.len() < len + 4 {
        input.reserve(len + 4 - input.len());
        return Ok(None);
    }
    let mut message = input.split_to(len + 4).freeze();
    message.advance(4);
    let kind = match message.get_u8() {
        0 => Kind::Greeting,
        1 => Kind::Confirmed,
        2 => Kind::Said,
        3 => Kind::Frame,
        _ => return Err(LinkError::Message("unknown kind")),
    };
    let number = message.get_u64();
    Ok(Some(Message { kind, number, body: message }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn messages_are_taken_as_they_were_put(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..6), step in 1usize..20) {
            let mut bytes = BytesMut::new();
            for (number, body) in (1..).zip(&bodies) {
                put(&keep(Kind::Said, body), number, &mut bytes);
            }
            let (mut input, mut taken) = (BytesMut::new(), Vec::new());
            for piece in bytes.chunks(step) {
                input.extend_from_slice(piece);
                while let Some(message) = take(&mut input, 1000).expect("fine") {
                    prop_assert_eq!((message.kind, message.number), (Kind::Said, taken.len() as u64 + 1));
                    taken.push(message.body.to_vec());
                }
            }
            prop_assert_eq!(taken, bodies);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut input = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = take(&mut input, 1000) {}
        }
    }
}
