//! What a session tells its shell.

use bytes::Bytes;

use crate::rtmp::amf::Value;
use crate::rtmp::key::{StreamKey, Veiled};

/// One thing to do or to know, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Bytes for the socket.
    Send(Bytes),
    /// `connect` came and was answered.
    Connected(Box<Connect>),
    /// Somebody wants to publish: answer with [`accept_publish`](super::Session::accept_publish) or [`refuse_publish`](super::Session::refuse_publish).
    PublishRequested(Box<PublishRequest>),
    /// An audio message of the accepted publish, never empty.
    Audio {
        /// Raw 32-bit milliseconds of the encoder's clock; they wrap.
        timestamp_ms: u32,
        /// An FLV audio tag body, for [`AudioTag::parse`](crate::flv::AudioTag::parse).
        data: Bytes,
    },
    /// A video message of the accepted publish, never empty.
    Video {
        /// Raw 32-bit milliseconds of the encoder's clock; they wrap.
        timestamp_ms: u32,
        /// An FLV video tag body, for [`VideoTag::parse`](crate::flv::VideoTag::parse).
        data: Bytes,
    },
    /// `onMetaData` of the accepted publish.
    Metadata(Metadata),
    /// The publisher said that its stream is over (`FCUnpublish`, `deleteStream`, `closeStream`). End of file means the same.
    Ended,
}

/// What `connect` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Connect {
    /// First path segments of the address; may hold the key.
    pub app: Veiled,
    /// The address as the encoder has it; may hold the key.
    pub tc_url: Veiled,
    /// `flashVer`: which encoder this is, in its own words.
    pub encoder: String,
    /// 3 if it would like AMF3.
    pub object_encoding: f64,
    /// Codecs it may send by Enhanced RTMP (`fourCcList`, `videoFourCcInfoMap`, `audioFourCcInfoMap`).
    pub four_ccs: Vec<String>,
    /// Enhanced RTMP v2, `CapsExMask`.
    pub caps_ex: u32,
}

/// What `publish` asks.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishRequest {
    /// The key, wherever it was. `None`: there is none, and the refusal should say so.
    pub key: Option<StreamKey>,
    /// From `connect`.
    pub encoder: String,
}

/// What the encoder says of its stream. A hint: decide from the packets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// In the order sent.
    pub properties: Vec<(String, Value)>,
}

impl Metadata {
    /// A property by name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.properties.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
    /// A number by name, e.g. `videodatarate` in kbit/s.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.as_number()
    }
}
