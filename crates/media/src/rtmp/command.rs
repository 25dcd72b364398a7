//! Commands (RTMP 1.0 §7.2): what a publisher says and what we answer, as values and as message bodies.
//!
//! Knows no state: [`Command::parse`] reads one message, the functions below it write one answer each. `session` decides which and when.

use bytes::Bytes;

use super::amf::{self, AmfError, Value, Writer};
use super::limits::DESCRIPTION_BYTES_MAX;

/// Status codes that encoders know.
pub mod code {
    /// The publisher may send.
    pub const START: &str = "NetStream.Publish.Start";
    /// The key is not good. OBS and FFmpeg show the description and OBS stops trying.
    pub const BAD_NAME: &str = "NetStream.Publish.BadName";
    /// The key is good and still the publisher must go: taken over, banned, over a limit.
    pub const REJECTED: &str = "NetStream.Publish.Rejected";
    /// The publisher has ended its stream.
    pub const UNPUBLISHED: &str = "NetStream.Unpublish.Success";
    /// There is nothing to watch here.
    pub const PLAY_FAILED: &str = "NetStream.Play.Failed";
    /// `connect` succeeded.
    pub const CONNECTED: &str = "NetConnection.Connect.Success";
}

/// Enhanced RTMP v2, `CapsExMask.ModEx`: we read past what it adds. We ask nobody to reconnect, so that is not among them.
const CAPS_EX: f64 = 4.0;
/// Enhanced RTMP v2, `FourCcInfoMask`: we decode it (for the ladder) and forward it (as the source rendition).
const DECODE_AND_FORWARD: f64 = 5.0;

/// A command message.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// `connect`, `publish`, …
    pub name: String,
    /// To be repeated in the answer; 0 wants none.
    pub transaction: f64,
    /// The command object of `connect`; null or missing for all others.
    pub object: Value,
    /// What follows.
    pub arguments: Vec<Value>,
}

impl Command {
    /// Reads the body of a command message in AMF0. `None`: it does not even have a name.
    pub fn parse(data: &[u8]) -> Result<Option<Self>, AmfError> {
        let mut values = amf::decode(data)?.into_iter().peekable();
        let Some(Value::Text(name)) = values.next() else { return Ok(None) };
        let transaction =
            values.next_if(|v| v.as_number().is_some()).and_then(|v| v.as_number()).unwrap_or(0.0);
        // Some encoders leave the null out.
        let is_object = |v: &Value| matches!(v, Value::Null | Value::Undefined | Value::Object(_));
        let object = values.next_if(is_object).unwrap_or(Value::Null);
        Ok(Some(Self { name, transaction, object, arguments: values.collect() }))
    }

    /// Argument `index` as text; empty if it is missing or something else.
    pub fn text(&self, index: usize) -> &str {
        self.arguments.get(index).and_then(Value::as_text).unwrap_or_default()
    }
}

/// The answer to `connect`. `enhanced`: the client spoke of Enhanced RTMP, so it hears what of it we take.
pub fn connected(transaction: f64, object_encoding: f64, enhanced: bool) -> Bytes {
    let server = |w: Writer| {
        w.property("fmsVer", |w| w.text("FMS/3,5,7,7009"))
            .property("capabilities", |w| w.number(31.0))
            .property("mode", |w| w.number(1.0))
    };
    let enhancements = |w: Writer| {
        w.property("fourCcList", |w| w.texts(&["avc1"]))
            .property("videoFourCcInfoMap", |w| {
                w.object(|w| w.property("avc1", |w| w.number(DECODE_AND_FORWARD)))
            })
            .property("audioFourCcInfoMap", |w| {
                w.object(|w| w.property("mp4a", |w| w.number(DECODE_AND_FORWARD)))
            })
            .property("capsEx", |w| w.number(CAPS_EX))
    };
    let information = |w: Writer| {
        let w = status(w, "status", code::CONNECTED, "Connection succeeded.")
            .property("objectEncoding", |w| w.number(object_encoding));
        if enhanced { enhancements(w) } else { w }
    };
    Writer::command("_result", transaction).object(server).object(information).finish()
}

/// `_result` with null and `value`.
pub fn result(transaction: f64, value: Option<f64>) -> Bytes {
    let writer = Writer::command("_result", transaction).null();
    match value {
        Some(value) => writer.number(value),
        None => writer.null(),
    }
    .finish()
}

/// `onStatus`, or its older sisters `onFCPublish` and `onFCUnpublish`. `level` is `status`, `warning` or `error`.
pub fn on_status(name: &str, level: &str, code: &str, description: &str) -> Bytes {
    Writer::command(name, 0.0).null().object(|w| status(w, level, code, description)).finish()
}

fn status(writer: Writer, level: &str, code: &str, description: &str) -> Writer {
    let end = description.floor_char_boundary(DESCRIPTION_BYTES_MAX);
    writer
        .property("level", |w| w.text(level))
        .property("code", |w| w.text(code))
        .property("description", |w| w.text(&description[..end]))
}
