//! Why a session ends. All of it is the peer's doing, and each text tells the streamer what to do.

use super::amf::AmfError;

/// The peer broke the protocol or a limit; the connection is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtmpError {
    /// The first byte names another protocol: RTMPE (6), or not RTMP at all.
    #[error(
        "byte {0:#04x} opens the connection where RTMP has 0x03; publish to an rtmp:// or rtmps:// address"
    )]
    Version(u8),
    /// Not in RTMP 1.0 §5.4.1.
    #[error("chunk size {0} is not between 1 and 2147483647; update the encoder")]
    ChunkSize(u32),
    /// A chunk that leans on an earlier one which never was.
    #[error("a chunk on chunk stream {0} has no header to continue; update the encoder")]
    ChunkWithoutHeader(u32),
    /// [`SessionLimits::chunk_streams_max`](super::SessionLimits).
    #[error("more than {max} chunk streams in one connection; publish one stream per connection")]
    ChunkStreams {
        /// The limit.
        max: usize,
    },
    /// [`SessionLimits::message_bytes_max`](super::SessionLimits).
    #[error(
        "a message of {bytes} bytes is over the limit of {max}; lower the bit rate or the key-frame size"
    )]
    Message {
        /// As declared by the peer.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// [`SessionLimits::command_bytes_max`](super::SessionLimits).
    #[error(
        "a message of {bytes} bytes came before the publish command, over the limit of {max}; send media only after publishing"
    )]
    Command {
        /// As declared by the peer.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// [`SessionLimits::partial_bytes_max`](super::SessionLimits).
    #[error(
        "unfinished messages would take more than {max} bytes; send fewer messages at once or lower the bit rate"
    )]
    Partial {
        /// The limit.
        max: usize,
    },
    /// [`SessionLimits::pending_bytes_max`](super::SessionLimits).
    #[error(
        "more than {max} bytes of media came before the stream was accepted; wait for NetStream.Publish.Start"
    )]
    Pending {
        /// The limit.
        max: usize,
    },
    /// [`SessionLimits::commands_before_publish_max`](super::SessionLimits).
    #[error("more than {max} commands without a publish; connect again and publish")]
    Commands {
        /// The limit.
        max: u32,
    },
    /// [`AGGREGATE_TAGS_MAX`](super::limits::AGGREGATE_TAGS_MAX).
    #[error("more than {max} tags in one aggregate message; turn message aggregation off")]
    Aggregate {
        /// The limit.
        max: usize,
    },
    /// A command that can't be read, or that is built to exhaust us.
    #[error("a command can't be read; update the encoder")]
    Amf(#[from] AmfError),
    /// A stream command before `connect`.
    #[error("a stream command came before connect; connect first")]
    NotConnected,
    /// The peer wants to watch.
    #[error("this server takes publishers only; watch on the web site")]
    Play,
    /// [`Session::accept_publish`](super::Session::accept_publish) without a request to publish.
    #[error("no publish request is waiting for an answer")]
    NothingToAccept,
}
