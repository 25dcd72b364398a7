//! Where the stream key is: encoders put it in the stream name, in the app, in a query, percent-encoded or not.
//!
//! [`StreamKey::find`] is one pure rule for all of them. It does not know which keys are good.

use std::fmt;

use super::limits::KEY_BYTES_MAX;

/// What the keys that we hand out begin with.
const PREFIX: &str = "live_";

/// Text that may hold a stream key, and so is never printed by accident.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Veiled(String);

impl Veiled {
    /// Puts the veil on.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The text itself, for whoever has a reason.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Veiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Veiled({} bytes)", self.0.len())
    }
}

/// A stream key as the streamer was given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamKey(Veiled);

impl StreamKey {
    /// Finds the key in the `app` and `tcUrl` of `connect` and the `stream_name` of `publish`; `None` if they hold none, or one that is too long.
    ///
    /// In this order: `?key=` or `?stream_key=` in the name, the app, the URL; the name's last path segment; the app's last path segment,
    /// unless that is the whole app and no key by its looks: then it is the server's address alone, `rtmp://host/live`.
    pub fn find(app: &str, tc_url: &str, stream_name: &str) -> Option<Self> {
        let [app, url, name] = [app, tc_url, stream_name].map(decode);
        let key = in_query(&name)
            .or_else(|| in_query(&app))
            .or_else(|| in_query(&url))
            .or_else(|| last_segment(&name))
            .or_else(|| in_app(&app))?;
        (key.len() <= KEY_BYTES_MAX).then(|| Self(Veiled::new(key)))
    }

    /// The key itself, for the one look-up.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Percent-decoding (RFC 3986 §2.1); a `%` that begins nothing stays, and `+` is itself.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = |at: usize| tail.get(at).and_then(|&b| char::from(b).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (first, hex(0), hex(1)) {
            bytes.push((high * 16 + low) as u8);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn in_query(text: &str) -> Option<&str> {
    let (_, query) = text.split_once('?')?;
    let value = |wanted| {
        query.split(['&', '?']).filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == wanted)
    };
    let (_, value) = value("key").or_else(|| value("stream_key"))?;
    Some(value.trim_matches(is_padding)).filter(|value| !value.is_empty())
}

/// The key behind the app in an address, or instead of it.
fn in_app(app: &str) -> Option<&str> {
    let last = last_segment(app)?;
    (last.starts_with(PREFIX) || segments(app).nth(1).is_some()).then_some(last)
}

fn last_segment(text: &str) -> Option<&str> {
    segments(text).next_back()
}

fn segments(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    let path = text.split('?').next().unwrap_or_default();
    // Flash Media Server's name for "no instance"; some encoders append it to every app.
    path.split('/').map(|s| s.trim_matches(is_padding)).filter(|s| !s.is_empty() && *s != "_definst_")
}

fn is_padding(c: char) -> bool {
    c.is_whitespace() || c == '/' || c.is_control()
}

#[cfg(test)]
mod tests;
