//! A playlist's text, compressed at most once and shared by everybody who asks for this version of it.

use std::io::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Text as it is and gzipped. Clones share both.
#[derive(Clone, Debug)]
pub struct Text(Arc<Both>);

#[derive(Debug)]
struct Both {
    plain: Bytes,
    gzip: OnceLock<Bytes>,
}

impl Text {
    /// Keeps `text`.
    pub fn new(text: String) -> Self {
        Self(Arc::new(Both { plain: text.into(), gzip: OnceLock::new() }))
    }

    /// As it is.
    pub fn plain(&self) -> Bytes {
        self.0.plain.clone()
    }

    /// Gzipped, by whoever asks first. Fast rather than small: a playlist lives for a fifth of a second.
    pub fn gzip(&self) -> Bytes {
        let compress = || {
            let mut encoder = GzEncoder::new(Vec::with_capacity(self.0.plain.len() / 4), Compression::fast());
            // Writing to memory does not fail; if it did, an empty body would show at once.
            drop(encoder.write_all(&self.0.plain));
            encoder.finish().unwrap_or_default().into()
        };
        self.0.gzip.get_or_init(compress).clone()
    }
}

/// The last version of a playlist that is rendered anew for everybody who asks, though it seldom changes.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Option<Text>>);

impl Kept {
    /// The version that is kept if it is `text`, or else a new one.
    pub fn keep(&self, text: String) -> Text {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some(same) if same.0.plain == text => same.clone(),
            _ => kept.insert(Text::new(text)).clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_shared_until_there_is_another_one() {
        let kept = Kept::default();
        let [first, same, other] = ["a", "a", "b"].map(|text| kept.keep(text.to_owned()));
        assert!(Arc::ptr_eq(&first.0, &same.0) && !Arc::ptr_eq(&first.0, &other.0));
        assert_eq!([first, other].map(|text| text.plain()), ["a", "b"]);
    }
}
