//! One connection of a publisher, from its first byte to its last.
//!
//! A [`Session`] owns the state and decides which answer goes out when. Every method appends [`Effect`]s to a vector that the shell reuses; their order is
//! the order on the wire. After an error the session is over: what was appended before it stands (send it), and every later call fails alike.
//!
//! Media data are slices of what was given to [`Session::receive`] wherever a message lies in one chunk and one read. They keep that read's buffer
//! alive, so a shell that holds single small frames for long should copy those.

mod events;
mod commands;

use bytes::{Buf, Bytes, BytesMut};

use super::RtmpError;
use super::amf::{self, Value};
use super::chunk::{self, ChunkReader, Message, Phase, kind};
use super::command::{self, Command, code};
use super::handshake::Handshake;
use super::limits::{AGGREGATE_TAGS_MAX, OWN_CHUNK_BYTES, SessionLimits, WINDOW_BYTES};
use crate::flv::{TAG_HEAD_BYTES, TRAILER_BYTES, TagHead, TagKind};

pub use events::{Connect, Effect, Metadata, PublishRequest};

/// Chunk streams on which we answer.
const CONTROL_CHUNKS: u8 = 2;
const COMMAND_CHUNKS: u8 = 3;
const STATUS_CHUNKS: u8 = 5;

/// User control events (RTMP 1.0 §7.1.7).
const STREAM_BEGIN: u16 = 0;
const PING_REQUEST: u16 = 6;
const PING_RESPONSE: u16 = 7;

/// What a pending effect costs besides its data.
const PENDING_EFFECT_BYTES: usize = size_of::<Effect>();

/// See the module.
#[derive(Debug)]
pub struct Session {
    limits: SessionLimits,
    /// `None` once it is done.
    handshake: Option<Handshake>,
    chunks: ChunkReader,
    stage: Stage,
    /// What `connect` said.
    connect: Option<Box<Connect>>,
    commands: u32,
    streams_created: u32,
    /// The encoder sent `FCPublish`, so it is told twice that it may begin.
    fc_publish: bool,
    /// Media that came before the answer to the publish request.
    pending: Vec<Effect>,
    pending_bytes: usize,
    /// The stream ended before it was answered; that waits as well, so that every request gets its answer.
    pending_end: bool,
    /// Written and not yet in an effect.
    out: BytesMut,
    out_chunk_bytes: usize,
    /// All bytes ever received, wrapping: the sequence number of acknowledgements (§5.4.3).
    received: u32,
    unacknowledged: usize,
    window: u32,
    failed: Option<RtmpError>,
}

/// How far the peer has come. The number is the message stream of the publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing is published.
    Idle,
    /// A publish waits for the shell's answer.
    Requested(u32),
    /// Media flow.
    Publishing(u32),
    /// Refused or cut: nothing more is listened to.
    Over,
}

impl Session {
    /// A session at the first byte of a connection.
    pub fn new(limits: SessionLimits) -> Self {
        Self {
            limits,
            handshake: Some(Handshake::default()),
            chunks: ChunkReader::new(limits),
            stage: Stage::Idle,
            connect: None,
            commands: 0,
            streams_created: 0,
            fc_publish: false,
            pending: Vec::new(),
            pending_bytes: 0,
            pending_end: false,
            out: BytesMut::new(),
            out_chunk_bytes: chunk::INITIAL_CHUNK_BYTES,
            received: 0,
            unacknowledged: 0,
            window: WINDOW_BYTES,
            failed: None,
        }
    }

    /// Takes what one read gave and appends what follows from it.
    pub fn receive(&mut self, input: Bytes, effects: &mut Vec<Effect>) -> Result<(), RtmpError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.stage == Stage::Over {
            // It still sends what it had in hand; the shell reads on only so that the reason arrives.
            return Ok(());
        }
        let result = self.take_in(input, effects);
        self.flush(effects);
        if let Err(error) = &result {
            self.failed = Some(error.clone());
        }
        result
    }

    /// Bytes held for messages that are incomplete or wait for the answer to a publish request.
    pub fn held_bytes(&self) -> usize {
        let handshake = self.handshake.as_ref().map_or(0, Handshake::held_bytes);
        handshake + self.chunks.held_bytes() + self.pending_bytes
    }

    /// Tells the publisher to begin, and appends what it sent ahead.
    pub fn accept_publish(&mut self, effects: &mut Vec<Effect>) -> Result<(), RtmpError> {
        let Stage::Requested(stream) = self.stage else { return Err(RtmpError::NothingToAccept) };
        self.stage = Stage::Publishing(stream);
        self.chunks.expect(Phase::Media);
        self.user_control(STREAM_BEGIN, &stream.to_be_bytes());
        let description = "Publishing.";
        if self.fc_publish {
            self.status(stream, &command::on_status("onFCPublish", "status", code::START, description));
        }
        self.status(stream, &command::on_status("onStatus", "status", code::START, description));
        self.flush(effects);
        self.pending_bytes = 0;
        effects.append(&mut std::mem::take(&mut self.pending));
        if self.pending_end {
            self.finish_publish(stream, effects);
        }
        Ok(())
    }

    /// Tells the would-be publisher why not, instead of "begin": only then does OBS stop trying. `code` is mostly [`code::BAD_NAME`].
    ///
    /// Send what is appended, shut the write side down and read on for a moment before closing, or the reason may be lost.
    pub fn refuse_publish(&mut self, code: &str, description: &str, effects: &mut Vec<Effect>) {
        self.cut(code, description, effects);
    }

    /// Tells a live publisher why it is cut, e.g. with [`code::REJECTED`]. To be followed by a close, as after [`Session::refuse_publish`].
    pub fn end_publish(&mut self, code: &str, description: &str, effects: &mut Vec<Effect>) {
        self.cut(code, description, effects);
    }

    fn cut(&mut self, code: &str, description: &str, effects: &mut Vec<Effect>) {
        if let Stage::Requested(stream) | Stage::Publishing(stream) = self.stage {
            self.status(stream, &command::on_status("onStatus", "error", code, description));
            self.flush(effects);
        }
        self.leave_publish(Stage::Over);
        self.chunks = ChunkReader::new(self.limits);
    }

    /// Whatever waited for an answer is forgotten.
    fn leave_publish(&mut self, next: Stage) {
        self.stage = next;
        self.chunks.expect(Phase::Commands);
        self.pending = Vec::new();
        self.pending_bytes = 0;
        self.pending_end = false;
    }

    fn take_in(&mut self, mut input: Bytes, effects: &mut Vec<Effect>) -> Result<(), RtmpError> {
        self.received = self.received.wrapping_add(input.len() as u32);
        self.unacknowledged = self.unacknowledged.saturating_add(input.len());
        if let Some(handshake) = &mut self.handshake {
            if !handshake.receive(&mut input, &mut self.out)? {
                return Ok(());
            }
            self.handshake = None;
        }
        while let Some(message) = self.chunks.read(&mut input)? {
            self.message(message, effects)?;
        }
        self.acknowledge();
        Ok(())
    }

    fn message(&mut self, message: Message, effects: &mut Vec<Effect>) -> Result<(), RtmpError> {
        let Message { timestamp_ms, kind, stream_id, mut data } = message;
        match kind {
            kind::WINDOW_ACKNOWLEDGEMENT_SIZE => self.set_window(&data),
            kind::USER_CONTROL => self.ping(&data),
            kind::AUDIO => self.media(Effect::Audio { timestamp_ms, data }, effects)?,
            kind::VIDEO => self.media(Effect::Video { timestamp_ms, data }, effects)?,
            kind::AGGREGATE => self.aggregate(timestamp_ms, data, effects)?,
            kind::DATA_AMF0 | kind::DATA_AMF3 => {
                skip_format_selector(kind, &mut data);
                self.data(&data, effects)?;
            }
            kind::COMMAND_AMF0 | kind::COMMAND_AMF3 => {
                skip_format_selector(kind, &mut data);
                if let Some(command) = Command::parse(&data)? {
                    self.command(stream_id, command, effects)?;
                }
            }
            // Acknowledgements and bandwidths: TCP does that. Shared objects and the rest: not ours.
            _ => {}
        }
        Ok(())
    }

    /// Passes media on, or keeps them until the publish is answered. Without a publish they are dropped.
    fn media(&mut self, effect: Effect, effects: &mut Vec<Effect>) -> Result<(), RtmpError> {
        let (Effect::Audio { data, .. } | Effect::Video { data, .. }) = &effect else { return Ok(()) };
        if data.is_empty() {
            return Ok(());
        }
        let bytes = data.len();
        self.deliver(effect, bytes, effects)
    }

    /// `bytes` is what it costs to keep `effect`.
    fn deliver(&mut self, effect: Effect, bytes: usize, effects: &mut Vec<Effect>) -> Result<(), RtmpError> {
        match self.stage {
            Stage::Publishing(_) => self.emit(effect, effects),
            Stage::Requested(_) if !self.pending_end => {
                let held = self.pending_bytes + bytes + PENDING_EFFECT_BYTES;
                if held > self.limits.pending_bytes_max {
                    return Err(RtmpError::Pending { max: self.limits.pending_bytes_max });
                }
                self.pending_bytes = held;
                self.pending.push(effect.detached());
            }
            Stage::Requested(_) | Stage::Idle | Stage::Over => {}
        }
        Ok(())
    }

    /// FLV tags in one message; their timestamps count from the first one's (RTMP 1.0 §7.1.6).
    fn aggregate(
        &mut self,
        timestamp_ms: u32,
        mut data: Bytes,
        effects: &mut Vec<Effect>,
    ) -> Result<(), RtmpError> {
        let mut first = None;
        for number in 0.. {
            let Some(head) = data.first_chunk::<TAG_HEAD_BYTES>().map(TagHead::parse) else { break };
            data.advance(TAG_HEAD_BYTES);
            if data.len() < head.data_bytes {
                break;
            }
            if number >= AGGREGATE_TAGS_MAX {
                return Err(RtmpError::Aggregate { max: AGGREGATE_TAGS_MAX });
            }
            let body = data.split_to(head.data_bytes);
            data.advance(TRAILER_BYTES.min(data.len()));
            let since_first = head.timestamp_ms.wrapping_sub(*first.get_or_insert(head.timestamp_ms));
            let timestamp_ms = timestamp_ms.wrapping_add(since_first);
            match head.kind {
                Some(TagKind::Audio) => self.media(Effect::Audio { timestamp_ms, data: body }, effects)?,
                Some(TagKind::Video) => self.media(Effect::Video { timestamp_ms, data: body }, effects)?,
                Some(TagKind::Script) => self.data(&body, effects)?,
                None => {}
            }
        }
        Ok(())
    }

    /// `onMetaData`, bare or behind `@setDataFrame`. What can't be read is no reason to end a stream.
    fn data(&mut self, data: &[u8], effects: &mut Vec<Effect>) -> Result<(), RtmpError> {
        if !matches!(self.stage, Stage::Requested(_) | Stage::Publishing(_)) {
            return Ok(());
        }
        let Ok(values) = amf::decode(data) else { return Ok(()) };
        let mut values = values.into_iter().skip_while(|v| v.as_text() == Some("@setDataFrame"));
        match (values.next(), values.next()) {
            (Some(Value::Text(name)), Some(Value::Object(properties))) if name == "onMetaData" => {
                // Decoded values are several times as large as their bytes.
                let bytes = data.len() * size_of::<(String, Value)>() / 4;
                self.deliver(Effect::Metadata(Metadata { properties }), bytes, effects)
            }
            _ => Ok(()),
        }
    }

    /// §5.4.4. A window of 0 would ask for an acknowledgement of nothing.
    fn set_window(&mut self, data: &[u8]) {
        match data.first_chunk().map(|b| u32::from_be_bytes(*b)) {
            None | Some(0) => {}
            Some(window) => self.window = window,
        }
    }

    /// §5.4.3, at half the window so that a peer that waits for us never stands still; at most one per read.
    fn acknowledge(&mut self) {
        if self.unacknowledged >= (self.window / 2).max(1) as usize {
            self.unacknowledged = 0;
            let sequence = self.received.to_be_bytes();
            self.control(kind::ACKNOWLEDGEMENT, &sequence);
        }
    }

    fn ping(&mut self, data: &[u8]) {
        if let Some((event, rest)) = data.split_first_chunk()
            && u16::from_be_bytes(*event) == PING_REQUEST
        {
            self.user_control(PING_RESPONSE, &rest[..rest.len().min(4)]);
        }
    }

    fn user_control(&mut self, event: u16, data: &[u8]) {
        let mut body = [0; 6];
        body[..2].copy_from_slice(&event.to_be_bytes());
        body[2..2 + data.len()].copy_from_slice(data);
        self.control(kind::USER_CONTROL, &body[..2 + data.len()]);
    }

    fn control(&mut self, kind: u8, data: &[u8]) {
        chunk::write(&mut self.out, self.out_chunk_bytes, CONTROL_CHUNKS, kind, 0, data);
    }

    fn answer(&mut self, data: &[u8]) {
        chunk::write(&mut self.out, self.out_chunk_bytes, COMMAND_CHUNKS, kind::COMMAND_AMF0, 0, data);
    }

    fn status(&mut self, stream_id: u32, data: &[u8]) {
        chunk::write(&mut self.out, self.out_chunk_bytes, STATUS_CHUNKS, kind::COMMAND_AMF0, stream_id, data);
    }

    fn announce_chunk_size(&mut self) {
        self.control(kind::SET_CHUNK_SIZE, &OWN_CHUNK_BYTES.to_be_bytes());
        self.out_chunk_bytes = OWN_CHUNK_BYTES as usize;
    }

    /// Appends an event behind everything written so far, so that a shell that answers it at once keeps the order.
    fn emit(&mut self, effect: Effect, effects: &mut Vec<Effect>) {
        self.flush(effects);
        effects.push(effect);
    }

    fn flush(&mut self, effects: &mut Vec<Effect>) {
        if !self.out.is_empty() {
            effects.push(Effect::Send(self.out.split().freeze()));
        }
    }
}

impl Effect {
    /// The same with data of its own: kept slices would keep whole reads.
    fn detached(self) -> Self {
        match self {
            Self::Audio { timestamp_ms, data } => {
                Self::Audio { timestamp_ms, data: Bytes::copy_from_slice(&data) }
            }
            Self::Video { timestamp_ms, data } => {
                Self::Video { timestamp_ms, data: Bytes::copy_from_slice(&data) }
            }
            other => other,
        }
    }
}

/// AMF3 messages begin with a byte 0, "AMF0 follows" (Enhanced RTMP v2, "AMF3-encoded Historical Specification Clarification"). It is
/// no AMF0 string marker, so an encoder that leaves it out is understood as well.
fn skip_format_selector(kind: u8, data: &mut Bytes) {
    if matches!(kind, kind::DATA_AMF3 | kind::COMMAND_AMF3) && data.first() == Some(&0) {
        data.advance(1);
    }
}

#[cfg(test)]
mod tests;
