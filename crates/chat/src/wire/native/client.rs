//! What a browser says, with limits and with faults that have names.

use std::borrow::Cow;

use domain::ids::MessageId;
use serde::Deserialize;
use serde_json::Value;

use crate::limits::NONCE_BYTES_MAX;

/// Longest frame of a client.
pub const FRAME_BYTES_MAX: usize = 4_096;

/// One message of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Who I am. Kept out of `Debug` output by whoever logs: it is a secret.
    Auth {
        /// API token.
        token: String,
    },
    /// Say something; slash commands are still in the text.
    Say {
        /// Text, not cut, not checked.
        text: String,
        /// Comes back with the answer.
        nonce: Option<Box<str>>,
        /// What it answers.
        reply: Option<MessageId>,
    },
    /// Every message from now on (`true`), or the sampled view.
    View {
        /// Every message.
        full: bool,
    },
    /// I have read my warning.
    Acknowledge,
    /// Are you there?
    Ping {
        /// Comes back.
        nonce: Option<Box<str>>,
    },
}

/// Why a frame is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientMessageError {
    /// Longer than it may be.
    #[error("a frame has at most {FRAME_BYTES_MAX} bytes")]
    TooLong,
    /// Not one JSON object.
    #[error("not a JSON object of the protocol")]
    Json,
    /// A field is of another type: its name, and what it should be.
    #[error("{0} is not {1}")]
    Shape(&'static str, &'static str),
    /// `t` names nothing that we know.
    #[error("there is no such message")]
    Kind,
    /// A field that this message needs is not there.
    #[error("a field is missing: {0}")]
    Missing(&'static str),
    /// What it answers is no id.
    #[error("reply is the id of a message: digits, as a string")]
    Reply,
    /// The nonce is too long.
    #[error("a nonce has at most {NONCE_BYTES_MAX} bytes")]
    Nonce,
}

/// All fields of all messages: flat is cheaper to read than tagged, and unknown fields are a newer client's.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    t: Cow<'a, str>,
    token: Option<String>,
    text: Option<String>,
    #[serde(borrow)]
    nonce: Option<Cow<'a, str>>,
    #[serde(borrow)]
    reply: Option<Cow<'a, str>>,
    full: Option<bool>,
}

impl ClientMessage {
    /// Reads one text frame.
    pub fn parse(frame: &[u8]) -> Result<Self, ClientMessageError> {
        use ClientMessageError::{Kind, Missing, Nonce, Reply, TooLong};
        if frame.len() > FRAME_BYTES_MAX {
            return Err(TooLong);
        }
        let raw: Raw<'_> = serde_json::from_slice(frame).map_err(|_| Self::fault(frame))?;
        if raw.nonce.as_ref().is_some_and(|nonce| nonce.len() > NONCE_BYTES_MAX) {
            return Err(Nonce);
        }
        let nonce = raw.nonce.map(|nonce| nonce.into_owned().into_boxed_str());
        match &*raw.t {
            "say" => Ok(Self::Say {
                text: raw.text.ok_or(Missing("text"))?,
                nonce,
                reply: raw.reply.map(|id| id.parse()).transpose().map_err(|_| Reply)?,
            }),
            "auth" => Ok(Self::Auth { token: raw.token.ok_or(Missing("token"))? }),
            "view" => Ok(Self::View { full: raw.full.ok_or(Missing("full"))? }),
            "ack" => Ok(Self::Acknowledge),
            "ping" => Ok(Self::Ping { nonce }),
            _ => Err(Kind),
        }
    }

    /// What is wrong with a frame that is none of these. It is looked for only then: good frames are read once.
    fn fault(frame: &[u8]) -> ClientMessageError {
        use ClientMessageError::{Json, Missing, Shape};
        let Ok(Value::Object(fields)) = serde_json::from_slice(frame) else { return Json };
        let wrong = |name: &str, is: fn(&Value) -> bool| fields.get(name).is_some_and(|value| !is(value));
        match fields.get("t") {
            None => return Missing("t"),
            Some(t) if !t.is_string() => return Shape("t", "a string"),
            Some(_) => {}
        }
        let mut strings = ["token", "text", "nonce", "reply"].into_iter();
        let string = strings.find(|name| wrong(name, |value| value.is_string() || value.is_null()));
        match string {
            Some(name) => Shape(name, "a string"),
            None if wrong("full", |value| value.is_boolean() || value.is_null()) => {
                Shape("full", "true or false")
            }
            None => Json,
        }
    }
}
