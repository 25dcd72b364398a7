//! A client that speaks `footlight.json.v1`: one room, known from the address.

use domain::ids::ChannelId;

use super::{Context, Effect};
use crate::command::{Command, Outcome, Refusal};
use crate::edge::upstream::Request;
use crate::event::Whisper;
use crate::wire::native::{self, ClientMessage};

/// The session of one room.
#[derive(Debug)]
pub struct NativeSession {
    channel: ChannelId,
    authenticating: bool,
}

impl NativeSession {
    /// A session in a room.
    pub fn new(channel: ChannelId) -> Self {
        Self { channel, authenticating: false }
    }

    /// One text frame.
    pub fn message(&mut self, text: &str, context: Context<'_>, out: &mut Vec<Effect>) {
        match ClientMessage::parse(text.as_bytes()) {
            // The room counts who is in it by account: another one in mid-air would never leave it.
            Ok(ClientMessage::Auth { .. }) if context.account.is_some() => {
                let text = "You are signed in already. Open another connection to be somebody else.";
                out.push(refuse(None, "already_signed_in", text));
            }
            Ok(ClientMessage::Auth { token }) if !self.authenticating => {
                self.authenticating = true;
                out.push(Effect::Authenticate(token));
            }
            Ok(ClientMessage::Auth { .. }) => {}
            Ok(ClientMessage::View { full }) => out.push(Effect::View(full)),
            Ok(ClientMessage::Ping { nonce }) => {
                out.push(say(|words| native::pong(nonce.as_deref(), words)));
            }
            Ok(ClientMessage::Acknowledge) => self.ask(Request::Do(Command::Acknowledge), None, context, out),
            Ok(ClientMessage::Say { text, nonce, reply }) => {
                let request = Request::Say {
                    text,
                    action: false,
                    literal: false,
                    reply_to: reply,
                    nonce: nonce.clone(),
                };
                self.ask(request, nonce, context, out);
            }
            Err(error) => out.push(refuse(None, "bad_message", &error.to_string())),
        }
    }

    fn ask(&self, request: Request, nonce: Option<Box<str>>, context: Context<'_>, out: &mut Vec<Effect>) {
        if context.account.is_some() {
            out.push(Effect::Ask { channel: self.channel, request, nonce });
        } else {
            out.push(refuse(nonce.as_deref(), "not_signed_in", "You must be signed in to do that."));
        }
    }

    /// The token was looked up.
    pub fn authenticated(&mut self, context: Context<'_>, out: &mut Vec<Effect>) {
        self.authenticating = false;
        if context.account.is_none() {
            out.push(refuse(None, "login_failed", "That token is not good, or not any more."));
        }
    }
}

/// What came of a request.
pub fn answer(nonce: Option<&str>, result: &Result<Outcome, Refusal>, words: &mut Vec<u8>) {
    words.push(b'[');
    match result {
        Ok(outcome) => {
            native::ok(nonce, outcome.said.as_ref().map(|said| said.id), words);
            for told in &outcome.told {
                words.push(b',');
                native::notice(&told.id, &told.text, words);
            }
        }
        Err(refusal) => native::no(nonce, refusal, words),
    }
    words.push(b']');
}

/// Somebody says something to this client alone.
pub fn whispered(whisper: &Whisper, words: &mut Vec<u8>) {
    words.push(b'[');
    native::whisper(whisper, words);
    words.push(b']');
}

fn refuse(nonce: Option<&str>, id: &str, text: &str) -> Effect {
    let refusal = Refusal { id: id.into(), text: text.into(), retry_after_ms: None };
    say(|words| native::no(nonce, &refusal, words))
}

/// One event as a frame of its own.
fn say(write: impl FnOnce(&mut Vec<u8>)) -> Effect {
    let mut words = vec![b'['];
    write(&mut words);
    words.push(b']');
    Effect::Say(words)
}
