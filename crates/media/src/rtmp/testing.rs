//! A publisher for tests: writes the bytes that an encoder would.

use bytes::{BufMut, Bytes, BytesMut};

use super::amf::{Value, Writer};
use super::chunk::{self, kind};
use super::limits::OWN_CHUNK_BYTES;
use super::{Effect, RtmpError, Session};

/// Collects the bytes of one connection.
pub(crate) struct Client {
    pub(crate) out: BytesMut,
    pub(crate) chunk_bytes: usize,
}

/// A chunk with its header. `time` is written as it stands; more than 24 bits go to the extended field.
pub(crate) fn chunk(
    format: u8,
    id: u8,
    time: u32,
    length: usize,
    kind: u8,
    stream_id: u32,
    payload: &[u8],
) -> Vec<u8> {
    let mut out = vec![format << 6 | id];
    if format < 3 {
        out.put_uint(u64::from(time.min(0xff_ffff)), 3);
    }
    if format < 2 {
        out.put_uint(length as u64, 3);
        out.put_u8(kind);
    }
    if format < 1 {
        out.put_u32_le(stream_id);
    }
    if format < 3 && time >= 0xff_ffff {
        out.put_u32(time);
    }
    out.extend_from_slice(payload);
    out
}

impl Client {
    /// A client that has shaken hands.
    pub(crate) fn new() -> Self {
        let mut client = Self { out: BytesMut::new(), chunk_bytes: chunk::INITIAL_CHUNK_BYTES };
        client.out.put_u8(3);
        client.out.put_bytes(0, 2 * super::handshake::PACKET_BYTES);
        client
    }

    pub(crate) fn message(&mut self, id: u8, time: u32, kind: u8, stream_id: u32, data: &[u8]) -> &mut Self {
        let mut chunks = data.chunks(self.chunk_bytes);
        let first = chunks.next().unwrap_or_default();
        self.out.extend_from_slice(&chunk(0, id, time, data.len(), kind, stream_id, first));
        for rest in chunks {
            self.out.put_u8(0xc0 | id);
            if time >= 0xff_ffff {
                self.out.put_u32(time);
            }
            self.out.extend_from_slice(rest);
        }
        self
    }

    pub(crate) fn set_chunk_size(&mut self, bytes: u32) -> &mut Self {
        self.message(2, 0, kind::SET_CHUNK_SIZE, 0, &bytes.to_be_bytes());
        self.chunk_bytes = bytes as usize;
        self
    }

    pub(crate) fn command(&mut self, stream_id: u32, body: Writer) -> &mut Self {
        self.message(3, 0, kind::COMMAND_AMF0, stream_id, &body.finish())
    }

    pub(crate) fn connect(&mut self, app: &str) -> &mut Self {
        let object = |w: Writer| {
            w.property("app", |w| w.text(app))
                .property("flashVer", |w| w.text("FMLE/3.0 (compatible; test)"))
                .property("tcUrl", |w| w.text("rtmp://localhost/live"))
        };
        self.command(0, Writer::command("connect", 1.0).object(object))
    }

    /// What OBS and FFmpeg send between `connect` and the first tag.
    pub(crate) fn publish(&mut self, name: &str) -> &mut Self {
        self.command(0, Writer::command("releaseStream", 2.0).null().text(name))
            .command(0, Writer::command("FCPublish", 3.0).null().text(name))
            .command(0, Writer::command("createStream", 4.0).null())
            .command(1, Writer::command("publish", 5.0).null().text(name).text("live"))
    }

    pub(crate) fn audio(&mut self, time: u32, data: &[u8]) -> &mut Self {
        self.message(4, time, kind::AUDIO, 1, data)
    }

    pub(crate) fn video(&mut self, time: u32, data: &[u8]) -> &mut Self {
        self.message(6, time, kind::VIDEO, 1, data)
    }

    pub(crate) fn take(&mut self) -> Bytes {
        self.out.split().freeze()
    }
}

/// Feeds `bytes` in pieces that end at `cuts`, accepting whoever asks. All effects in order, and how it ended.
pub(crate) fn run(
    session: &mut Session,
    bytes: &Bytes,
    cuts: &[usize],
) -> (Vec<Effect>, Result<(), RtmpError>) {
    let mut all = Vec::new();
    let mut from = 0;
    for &to in cuts.iter().chain([&bytes.len()]) {
        let mut effects = Vec::new();
        let result = session.receive(bytes.slice(from..to), &mut effects);
        from = to;
        let asked = effects.iter().any(|e| matches!(e, Effect::PublishRequested(_)));
        all.append(&mut effects);
        if let Err(error) = result {
            return (all, Err(error));
        }
        if asked {
            session.accept_publish(&mut all).expect("asked");
        }
    }
    (all, Ok(()))
}

/// What `effects` put on the wire after the handshake: chunk by chunk decoded again.
pub(crate) fn sent(effects: &[Effect]) -> Vec<chunk::Message> {
    let mut wire = BytesMut::new();
    for effect in effects {
        if let Effect::Send(bytes) = effect {
            wire.extend_from_slice(bytes);
        }
    }
    let mut reader = chunk::ChunkReader::new(super::SessionLimits::default());
    // With the handshake in what was fed, our chunk size is announced behind it; without, it was before.
    let mut input = if wire.first() == Some(&3) && wire.len() >= 3073 {
        wire.freeze().slice(3073..)
    } else {
        let announced = chunk(0, 2, 0, 4, kind::SET_CHUNK_SIZE, 0, &OWN_CHUNK_BYTES.to_be_bytes());
        [&announced[..], &wire].concat().into()
    };
    let mut messages = Vec::new();
    while let Some(message) = reader.read(&mut input).expect("we write well") {
        messages.push(message);
    }
    messages
}

/// The commands among them: name, transaction and the `code` of the information, if any.
pub(crate) fn answers(effects: &[Effect]) -> Vec<(String, f64, String)> {
    sent(effects)
        .iter()
        .filter(|m| m.kind == kind::COMMAND_AMF0)
        .map(|m| {
            let command = super::command::Command::parse(&m.data).expect("AMF").expect("named");
            let code = command.arguments.iter().find_map(|a| a.get("code")).and_then(Value::as_text);
            (command.name.clone(), command.transaction, code.unwrap_or_default().to_owned())
        })
        .collect()
}

/// The effects that are no bytes, in short: `audio 40 abc`.
pub(crate) fn events(effects: &[Effect]) -> Vec<String> {
    let text = |data: &Bytes| data.escape_ascii().to_string();
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send(_) => None,
            Effect::Connected(connect) => Some(format!("connected {}", connect.app.expose())),
            Effect::PublishRequested(request) => {
                Some(format!("publish {}", request.key.as_ref().map_or("-", |k| k.expose())))
            }
            Effect::Audio { timestamp_ms, data } => Some(format!("audio {timestamp_ms} {}", text(data))),
            Effect::Video { timestamp_ms, data } => Some(format!("video {timestamp_ms} {}", text(data))),
            Effect::Metadata(metadata) => Some(format!("metadata {}", metadata.properties.len())),
            Effect::Ended => Some("ended".to_owned()),
        })
        .collect()
}
