//! What one connection may make us hold. Every number that a peer could otherwise choose is here.

/// The limits of one [`Session`](super::Session). All of them end the connection with a named [`RtmpError`](super::RtmpError).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Longest message in bytes once a publish was asked for: one video frame. RTMP itself ends at 16 MiB − 1.
    pub message_bytes_max: usize,
    /// Longest message in bytes before a publish was asked for: one command.
    pub command_bytes_max: usize,
    /// Bytes of media kept between the request to publish and the answer, whole and in part.
    pub pending_bytes_max: usize,
    /// Chunk streams in use. Encoders use four to six.
    pub chunk_streams_max: usize,
    /// Bytes set aside for messages that have begun and not ended, over all chunk streams.
    pub partial_bytes_max: usize,
    /// Commands while nothing is published, over the life of the connection.
    pub commands_before_publish_max: u32,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            message_bytes_max: 8 << 20,
            command_bytes_max: 64 << 10,
            pending_bytes_max: 2 << 20,
            chunk_streams_max: 32,
            partial_bytes_max: 12 << 20,
            commands_before_publish_max: 64,
        }
    }
}

/// Our own chunk size, announced after `connect`; FFmpeg answers in kind, which spares both sides headers and copies.
pub const OWN_CHUNK_BYTES: u32 = 65_536;
/// The acknowledgement window that we announce, and that we assume for a peer that announces none.
pub const WINDOW_BYTES: u32 = 2_500_000;
/// Objects and arrays inside each other in one AMF message.
pub const AMF_DEPTH_MAX: usize = 16;
/// Values in one AMF message.
pub const AMF_VALUES_MAX: usize = 4_096;
/// Text decoded from one AMF message, in bytes: AMF3 may name the same string again and again.
pub const AMF_TEXT_BYTES_MAX: usize = 256 << 10;
/// FLV tags in one aggregate message.
pub const AGGREGATE_TAGS_MAX: usize = 1_024;
/// Longest stream key that is worth looking up.
pub const KEY_BYTES_MAX: usize = 512;
/// Longest description in a status that we send.
pub const DESCRIPTION_BYTES_MAX: usize = 512;
/// What is kept of an encoder's name for itself.
pub const ENCODER_CHARS_MAX: usize = 128;
/// Codecs of Enhanced RTMP that an encoder may list.
pub const FOUR_CCS_MAX: usize = 64;
