//! Chunks ⇄ messages (RTMP 1.0 §5.3, and the two messages of §5.4 that belong to this layer: Set Chunk Size and Abort).
//!
//! A [`ChunkReader`] owns what each chunk stream remembers and the messages that are still incomplete. A message that lies in one chunk and one
//! read is a slice of the read; any other is copied once, into a buffer of its declared length. That length is paid for in advance out of
//! [`SessionLimits::partial_bytes_max`], so that what a peer can make us hold is what it was told it may.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::RtmpError;
use super::limits::SessionLimits;

/// Message types (§5.4, §6.1, §7.1; Enhanced RTMP adds none).
pub mod kind {
    #![allow(missing_docs, reason = "the names are those of the specification")]
    pub const SET_CHUNK_SIZE: u8 = 1;
    pub const ABORT: u8 = 2;
    pub const ACKNOWLEDGEMENT: u8 = 3;
    pub const USER_CONTROL: u8 = 4;
    pub const WINDOW_ACKNOWLEDGEMENT_SIZE: u8 = 5;
    pub const SET_PEER_BANDWIDTH: u8 = 6;
    pub const AUDIO: u8 = 8;
    pub const VIDEO: u8 = 9;
    pub const DATA_AMF3: u8 = 15;
    pub const COMMAND_AMF3: u8 = 17;
    pub const DATA_AMF0: u8 = 18;
    pub const COMMAND_AMF0: u8 = 20;
    pub const AGGREGATE: u8 = 22;
}

/// The chunk size before anybody says otherwise (§5.4.1).
pub const INITIAL_CHUNK_BYTES: usize = 128;
/// A 24-bit timestamp field with this value has 4 more bytes behind the header (§5.3.1.3).
const EXTENDED: u32 = 0xff_ffff;
/// Basic header, message header and extended timestamp at their longest.
const HEAD_BYTES_MAX: usize = 3 + 11 + 4;

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Milliseconds on the peer's 32-bit clock, which wraps.
    pub timestamp_ms: u32,
    /// One of [`kind`], or something to ignore.
    pub kind: u8,
    /// Message stream.
    pub stream_id: u32,
    /// The body.
    pub data: Bytes,
}

/// What may come, and hence how much of it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nobody asked to publish yet.
    Commands,
    /// Somebody did and waits for the answer.
    Pending,
    /// The publish was accepted.
    Media,
}

/// Puts messages together from chunks.
#[derive(Debug)]
pub struct ChunkReader {
    limits: SessionLimits,
    phase: Phase,
    chunk_bytes: usize,
    streams: Vec<ChunkStream>,
    /// The beginning of a header whose rest has not been read yet.
    stash: Stash,
    /// The chunk whose payload is being read: index into `streams`, bytes to come.
    open: Option<(usize, usize)>,
    /// Declared lengths of all messages in `ChunkStream::partial`.
    reserved: usize,
}

#[derive(Debug, Default)]
struct ChunkStream {
    id: u32,
    timestamp_ms: u32,
    delta_ms: u32,
    length: usize,
    kind: u8,
    stream_id: u32,
    /// The extended timestamp field of the last header that had one, until a header has none.
    extended: Option<u32>,
    in_message: bool,
    received: usize,
    partial: BytesMut,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stash {
    bytes: [u8; HEAD_BYTES_MAX],
    len: usize,
}

/// A chunk header as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    format: u8,
    id: u32,
    /// Absolute for format 0, a delta for 1 and 2, nothing for 3.
    time: u32,
    extended: Option<u32>,
    length: usize,
    kind: u8,
    stream_id: u32,
    /// Bytes of the header itself.
    used: usize,
}

impl ChunkReader {
    /// A reader at the first byte after the handshake.
    pub fn new(limits: SessionLimits) -> Self {
        Self {
            limits,
            phase: Phase::Commands,
            chunk_bytes: INITIAL_CHUNK_BYTES,
            streams: Vec::new(),
            stash: Stash::default(),
            open: None,
            reserved: 0,
        }
    }

    /// Sets how much is taken from the next header on.
    pub fn expect(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Bytes set aside for incomplete messages.
    pub fn held_bytes(&self) -> usize {
        self.reserved
    }

    /// Takes chunks off the front of `input` until a message is whole. `None`: all of `input` is taken and more is needed.
    ///
    /// Set Chunk Size and Abort are obeyed here and not returned.
    pub fn read(&mut self, input: &mut Bytes) -> Result<Option<Message>, RtmpError> {
        loop {
            let (index, left) = match self.open {
                Some(open) => open,
                None => match self.take_head(input) {
                    Some(head) => self.begin(head)?,
                    None => return Ok(None),
                },
            };
            self.open = Some((index, left));
            let Some(message) = self.take_payload(index, left, input)? else {
                if self.open.is_some() {
                    return Ok(None);
                }
                continue;
            };
            match message.kind {
                kind::SET_CHUNK_SIZE => self.set_chunk_size(&message.data)?,
                kind::ABORT => self.abort(&message.data),
                _ => return Ok(Some(message)),
            }
        }
    }

    /// A header that is whole, with the bytes of earlier reads in front.
    fn take_head(&mut self, input: &mut Bytes) -> Option<Head> {
        let before = self.stash.len;
        let fresh = (HEAD_BYTES_MAX - before).min(input.len());
        let mut joined = self.stash;
        joined.bytes[before..before + fresh].copy_from_slice(&input[..fresh]);
        joined.len += fresh;
        let Some(head) =
            Head::parse(&joined.bytes[..joined.len], |id| self.find(id).and_then(|s| s.extended))
        else {
            input.advance(fresh);
            self.stash = joined;
            return None;
        };
        self.stash.len = 0;
        if head.used >= before {
            input.advance(head.used - before);
        } else {
            // What looked like the first bytes of a repeated timestamp was payload, and the read ended between.
            *input = [&joined.bytes[head.used..before], input].concat().into();
        }
        Some(head)
    }

    fn find(&self, id: u32) -> Option<&ChunkStream> {
        self.streams.iter().find(|stream| stream.id == id)
    }

    /// Notes a header. Returns the chunk stream's index and how many payload bytes this chunk has.
    fn begin(&mut self, head: Head) -> Result<(usize, usize), RtmpError> {
        let index = match self.streams.iter().position(|stream| stream.id == head.id) {
            Some(index) => index,
            // Some old librtmp opens with format 1; nothing is missing that matters.
            None if head.format > 1 => return Err(RtmpError::ChunkWithoutHeader(head.id)),
            None if self.streams.len() >= self.limits.chunk_streams_max => {
                return Err(RtmpError::ChunkStreams { max: self.limits.chunk_streams_max });
            }
            None => {
                self.streams.push(ChunkStream { id: head.id, ..ChunkStream::default() });
                self.streams.len() - 1
            }
        };
        if head.format < 3 {
            self.discard(index);
        }
        let stream = &mut self.streams[index];
        stream.take(head);
        if stream.received == 0 {
            self.phase.check_length(stream.length, &self.limits)?;
        }
        Ok((index, self.chunk_bytes.min(stream.length - stream.received)))
    }

    /// Takes payload of the open chunk off `input`; the message, if that ends it. `self.open` is `None` after the chunk's last byte.
    fn take_payload(
        &mut self,
        index: usize,
        left: usize,
        input: &mut Bytes,
    ) -> Result<Option<Message>, RtmpError> {
        let stream = &mut self.streams[index];
        let taken = left.min(input.len());
        let whole = stream.received == 0 && taken == stream.length;
        if taken < left {
            self.open = Some((index, left - taken));
        } else {
            self.open = None;
        }
        if whole {
            stream.in_message = false;
            return Ok(Some(stream.message(input.split_to(taken))));
        }
        if taken == 0 {
            return Ok(None);
        }
        if stream.received == 0 {
            let max = self.phase.partial_bytes_max(&self.limits);
            if self.reserved + stream.length > max {
                return Err(RtmpError::Partial { max });
            }
            self.reserved += stream.length;
            stream.partial = BytesMut::with_capacity(stream.length);
        }
        stream.partial.put_slice(&input.split_to(taken));
        stream.received += taken;
        if stream.received < stream.length {
            return Ok(None);
        }
        let data = std::mem::take(&mut stream.partial).freeze();
        stream.received = 0;
        stream.in_message = false;
        self.reserved -= stream.length;
        Ok(Some(stream.message(data)))
    }

    /// Forgets the incomplete message of a chunk stream.
    fn discard(&mut self, index: usize) {
        let stream = &mut self.streams[index];
        if stream.received > 0 {
            self.reserved -= stream.length;
        }
        stream.partial = BytesMut::new();
        stream.received = 0;
        stream.in_message = false;
    }

    /// §5.4.1.
    fn set_chunk_size(&mut self, data: &[u8]) -> Result<(), RtmpError> {
        let Some(size) = data.first_chunk().map(|b| u32::from_be_bytes(*b)) else { return Ok(()) };
        if size == 0 || size > i32::MAX as u32 {
            return Err(RtmpError::ChunkSize(size));
        }
        // No message is longer than 24 bits can say, so a bigger chunk is no different.
        self.chunk_bytes = size.min(EXTENDED) as usize;
        Ok(())
    }

    /// §5.4.2.
    fn abort(&mut self, data: &[u8]) {
        let id = data.first_chunk().map(|b| u32::from_be_bytes(*b));
        if let Some(index) = self.streams.iter().position(|stream| Some(stream.id) == id) {
            self.discard(index);
        }
    }
}

impl Phase {
    fn check_length(self, bytes: usize, limits: &SessionLimits) -> Result<(), RtmpError> {
        match self {
            Self::Commands if bytes > limits.command_bytes_max => {
                Err(RtmpError::Command { bytes, max: limits.command_bytes_max })
            }
            Self::Pending if bytes > limits.pending_bytes_max => {
                Err(RtmpError::Pending { max: limits.pending_bytes_max })
            }
            _ if bytes > limits.message_bytes_max => {
                Err(RtmpError::Message { bytes, max: limits.message_bytes_max })
            }
            _ => Ok(()),
        }
    }

    /// Before the key is known to be good, less is held: four commands, or what may be pending.
    fn partial_bytes_max(self, limits: &SessionLimits) -> usize {
        match self {
            Self::Commands => limits.partial_bytes_max.min(4 * limits.command_bytes_max),
            Self::Pending => limits.partial_bytes_max.min(limits.pending_bytes_max),
            Self::Media => limits.partial_bytes_max,
        }
    }
}

impl ChunkStream {
    /// §5.3.1.2: what the four header formats inherit.
    fn take(&mut self, head: Head) {
        match head.format {
            0 => {
                self.timestamp_ms = head.time;
                // A format 3 that opens a message after a format 0 adds its timestamp (§5.3.1.2.4; FFmpeg does so for the first frames).
                // One that needs the extended field is no distance between frames.
                self.delta_ms = if head.extended.is_some() { 0 } else { head.time };
                self.stream_id = head.stream_id;
            }
            1 | 2 => {
                self.delta_ms = head.time;
                self.timestamp_ms = self.timestamp_ms.wrapping_add(head.time);
            }
            _ if !self.in_message => self.timestamp_ms = self.timestamp_ms.wrapping_add(self.delta_ms),
            _ => {}
        }
        if head.format < 2 {
            self.length = head.length;
            self.kind = head.kind;
        }
        if head.format < 3 {
            self.extended = head.extended;
        }
        self.in_message = true;
    }

    fn message(&self, data: Bytes) -> Message {
        Message { timestamp_ms: self.timestamp_ms, kind: self.kind, stream_id: self.stream_id, data }
    }
}

impl Head {
    /// Reads a header from the front of `bytes`; `None` if it is not all there. `extended_of` is what the chunk stream's last header had.
    fn parse(bytes: &[u8], extended_of: impl Fn(u32) -> Option<u32>) -> Option<Self> {
        let first = *bytes.first()?;
        let (id, basic) = match first & 0x3f {
            0 => (64 + u32::from(*bytes.get(1)?), 2),
            1 => (64 + u32::from(*bytes.get(1)?) + 256 * u32::from(*bytes.get(2)?), 3),
            id => (u32::from(id), 1),
        };
        let format = first >> 6;
        let used = basic + [11, 7, 3, 0][usize::from(format)];
        let fields = bytes.get(basic..used)?;
        let mut head = Self { format, id, time: 0, extended: None, length: 0, kind: 0, stream_id: 0, used };
        if format == 3 {
            head.used += repeated_timestamp(&bytes[used..], extended_of(id))?;
            return Some(head);
        }
        head.time = u24(fields);
        if format < 2 {
            head.length = u24(&fields[3..]) as usize;
            head.kind = fields[6];
        }
        if format == 0 {
            head.stream_id = u32::from_le_bytes([fields[7], fields[8], fields[9], fields[10]]);
        }
        if head.time == EXTENDED {
            let extended = u32::from_be_bytes(*bytes[used..].first_chunk()?);
            head.time = extended;
            head.extended = Some(extended);
            head.used += 4;
        }
        Some(head)
    }
}

/// How many bytes the repeated extended timestamp of a format 3 header takes: 4, or none from encoders that leave it out (OBS before 2024).
/// Only the value tells them apart. `None`: what is there so far is the beginning of the value.
fn repeated_timestamp(rest: &[u8], extended: Option<u32>) -> Option<usize> {
    let Some(extended) = extended else { return Some(0) };
    let known = extended.to_be_bytes();
    let seen = &rest[..rest.len().min(4)];
    match known.starts_with(seen) {
        false => Some(0),
        true if seen.len() == 4 => Some(4),
        true => None,
    }
}

fn u24(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]])
}

/// Appends a message of ours to `out`, with a full header and timestamp 0, in chunks of `chunk_bytes`. `chunk_stream` is 2–63.
pub fn write(
    out: &mut BytesMut,
    chunk_bytes: usize,
    chunk_stream: u8,
    kind: u8,
    stream_id: u32,
    data: &[u8],
) {
    out.put_u8(chunk_stream);
    out.put_uint(0, 3);
    out.put_uint(data.len() as u64, 3);
    out.put_u8(kind);
    out.put_u32_le(stream_id);
    for (number, chunk) in data.chunks(chunk_bytes).enumerate() {
        if number > 0 {
            out.put_u8(0xc0 | chunk_stream);
        }
        out.put_slice(chunk);
    }
}

#[cfg(test)]
mod tests;
