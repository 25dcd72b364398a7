//! `["m", …]`: a message, the element of which nearly all frames are made.

use crate::event::{Badges, EmoteSpan, Line, Parent};
use crate::wire::put::{colour, decimal, json_id, json_string, signed};
use domain::rooms::Suspicion;
use serde_json::Value;

/// What is said of a line beside the line itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineNote {
    /// It was said before the reader came.
    pub history: bool,
    /// The reader moderates and is told that the author is watched.
    pub marks: bool,
}

/// Appends a message.
pub fn line(line: &Line, note: LineNote, out: &mut Vec<u8>) {
    let author = &*line.author;
    out.extend_from_slice(b"[\"m\",");
    json_id(out, line.id.0);
    out.push(b',');
    signed(out, line.at.unix_ms());
    out.push(b',');
    json_id(out, author.id.0);
    out.push(b',');
    json_string(out, &author.display);
    out.extend_from_slice(b",\"");
    badges(author.badges, out);
    out.extend_from_slice(b"\",\"");
    colour(out, author.colour, false);
    out.extend_from_slice(b"\",");
    json_string(out, &line.text);
    let mut rest = Rest { out, open: false };
    rest.write(line, note);
    if rest.open {
        out.push(b'}');
    }
    out.push(b']');
}

/// The ninth element, which most messages do without.
struct Rest<'o> {
    out: &'o mut Vec<u8>,
    open: bool,
}

impl Rest<'_> {
    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.out.extend_from_slice(if self.open { b"," } else { b",{" });
        self.open = true;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    fn write(&mut self, line: &Line, note: LineNote) {
        let author = &*line.author;
        if !author.display.chars().flat_map(char::to_lowercase).eq(author.login.as_str().chars()) {
            json_string(self.key("l"), author.login.as_str());
        }
        if line.action {
            self.key("a").push(b'1');
        }
        if !line.emotes.is_empty() {
            emotes(&line.text, &line.emotes, self.key("e"));
        }
        if let Some(parent) = &line.parent {
            reply(parent, self.key("r"));
        }
        if let Some(nonce) = &line.nonce {
            json_string(self.key("n"), nonce);
        }
        if line.first {
            self.key("f").push(b'1');
        }
        if let (true, Some(suspicion)) = (note.marks, line.suspicion) {
            let how = match suspicion {
                Suspicion::Monitored => "monitored",
                Suspicion::Restricted => "restricted",
            };
            json_string(self.key("s"), how);
        }
        if note.history {
            self.key("h").push(b'1');
        }
    }
}

/// Appends an event as [`event`](super::event) writes it, comma included, without what its message quotes.
pub fn unquote(event: &[u8], out: &mut Vec<u8>) {
    let written = event.strip_suffix(b",").unwrap_or(event);
    let Ok(mut value) = serde_json::from_slice(written) else { return };
    take_reply(&mut value);
    // A value that was read can be written, and a vector takes all.
    let _ = serde_json::to_writer(&mut *out, &value);
    out.push(b',');
}

/// Takes `r` out of a message's ninth element, wherever the message is in an event.
fn take_reply(value: &mut Value) {
    let Value::Array(elements) = value else { return };
    let is_message = elements.first().is_some_and(|kind| kind == "m");
    for element in elements.iter_mut() {
        match element {
            Value::Object(rest) if is_message => drop(rest.remove("r")),
            Value::Array(_) => take_reply(element),
            _ => {}
        }
    }
}

fn reply(parent: &Parent, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    json_id(out, parent.id.0);
    out.extend_from_slice(b",\"user\":");
    json_id(out, parent.author.0);
    out.extend_from_slice(b",\"login\":");
    json_string(out, parent.login.as_str());
    out.extend_from_slice(b",\"display\":");
    json_string(out, &parent.display);
    out.extend_from_slice(b",\"text\":");
    json_string(out, &parent.text);
    out.extend_from_slice(b",\"top\":");
    json_id(out, parent.thread.id.0);
    out.push(b'}');
}

/// `[["12",0,5],…]`.
pub(super) fn emotes(text: &str, spans: &[EmoteSpan], out: &mut Vec<u8>) {
    let mut units = Utf16::new(text);
    out.push(b'[');
    for (at, span) in spans.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"[" } else { b",[" });
        json_id(out, span.id.0);
        out.push(b',');
        decimal(out, units.of(usize::from(span.start)));
        out.push(b',');
        decimal(out, units.of(usize::from(span.end) + 1));
        out.push(b']');
    }
    out.push(b']');
}

/// Turns positions in code points into positions in UTF-16 code units, cheaply when they rise.
pub(super) struct Utf16<'a> {
    text: &'a str,
    chars: std::str::Chars<'a>,
    point: usize,
    unit: usize,
}

impl<'a> Utf16<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, chars: text.chars(), point: 0, unit: 0 }
    }

    /// The position before code point `point`, or the end of the text.
    pub fn of(&mut self, point: usize) -> u64 {
        if point < self.point {
            *self = Self::new(self.text);
        }
        while self.point < point {
            let Some(c) = self.chars.next() else { break };
            self.point += 1;
            self.unit += c.len_utf16();
        }
        self.unit as u64
    }
}

/// Names of badges, `,`-separated, in display order; the subscriber's with months and tier.
pub(super) fn badges(of: Badges, out: &mut Vec<u8>) {
    let from = out.len();
    let all = [
        (of.broadcaster, "broadcaster"),
        (of.staff, "staff"),
        (of.moderator, "moderator"),
        (of.vip, "vip"),
        (of.subscriber.is_some(), SUBSCRIBER),
        (of.partner, "partner"),
        (of.bot, "bot"),
    ];
    for (_, name) in all.iter().filter(|(has, _)| *has) {
        if out.len() > from {
            out.push(b',');
        }
        out.extend_from_slice(name.as_bytes());
        if let (&SUBSCRIBER, Some((tier, months))) = (name, of.subscriber) {
            decimal(out, u64::from(months));
            out.push(b'/');
            decimal(out, u64::from(tier));
        }
    }
}

/// The one badge with numbers behind it.
const SUBSCRIBER: &str = "subscriber/";
