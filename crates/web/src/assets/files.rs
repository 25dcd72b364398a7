//! The UI's files in memory: name, bytes, compressed twins, kind and tag.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::HeaderValue;
use sha2::{Digest as _, Sha256};

use super::policy::Policy;

/// All files, by their path without a leading slash.
pub(super) struct Files(HashMap<String, File>);

/// One file.
pub(super) struct File {
    /// As it is.
    pub(super) bytes: Bytes,
    /// Compressed by brotli, if the build did.
    pub(super) brotli: Option<Bytes>,
    /// Compressed by gzip, if the build did.
    pub(super) gzip: Option<Bytes>,
    /// Media type.
    pub(super) kind: &'static str,
    /// Of the content, whatever its encoding: therefore weak.
    pub(super) etag: HeaderValue,
    /// Of pages only.
    pub(super) policy: Option<Policy>,
}

impl File {
    fn new(name: &str, bytes: Bytes) -> Self {
        let digest = URL_SAFE_NO_PAD.encode(&Sha256::digest(&bytes)[..15]);
        let etag = HeaderValue::try_from(format!("W/\"{digest}\"")).expect("base64 is a header value");
        let policy = name.ends_with(".html").then(|| Policy::of(&String::from_utf8_lossy(&bytes)));
        Self { bytes, brotli: None, gzip: None, kind: kind(name), etag, policy }
    }

    /// Whether there is more than one form of it.
    pub(super) fn has_twins(&self) -> bool {
        self.brotli.is_some() || self.gzip.is_some()
    }
}

impl Files {
    /// These files; `x.br` and `x.gz` become forms of `x`.
    pub(super) fn new(given: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let (twins, plain): (Vec<_>, Vec<_>) =
            given.into_iter().partition(|(name, _)| name.ends_with(".br") || name.ends_with(".gz"));
        let mut files: HashMap<String, File> =
            plain.into_iter().map(|(name, bytes)| (name.clone(), File::new(&name, bytes))).collect();
        for (name, bytes) in twins {
            let (of, brotli) = match name.strip_suffix(".br") {
                Some(of) => (of, true),
                None => (name.trim_end_matches(".gz"), false),
            };
            let Some(file) = files.get_mut(of) else { continue };
            let form = if brotli { &mut file.brotli } else { &mut file.gzip };
            *form = Some(bytes);
        }
        Self(files)
    }

    /// Everything below `dir`.
    pub(super) fn read(dir: &Path) -> io::Result<Self> {
        let mut found = Vec::new();
        let mut folders = vec![dir.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                // Names that are not text can't be asked for.
                let Some(name) = path.strip_prefix(dir).ok().and_then(Path::to_str) else { continue };
                found.push((name.to_owned(), std::fs::read(&path)?.into()));
            }
        }
        Ok(Self::new(found))
    }

    /// What the build embedded.
    #[cfg(feature = "embed-ui")]
    pub(super) fn embedded() -> Self {
        #[derive(rust_embed::RustEmbed)]
        #[folder = "../../ui/build"]
        struct Build;

        let bytes = |data| match data {
            std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Self::new(Build::iter().filter_map(|name| Some((name.to_string(), bytes(Build::get(&name)?.data)))))
    }

    /// What there is without an embedded build.
    #[cfg(not(feature = "embed-ui"))]
    pub(super) fn embedded() -> Self {
        Self::placeholder()
    }

    /// One page that says how to get the others.
    #[cfg(any(test, not(feature = "embed-ui")))]
    pub(super) fn placeholder() -> Self {
        const PAGE: &str = include_str!("../../assets/no-ui.html");
        Self::new([("index.html".to_owned(), Bytes::from_static(PAGE.as_bytes()))])
    }

    /// The file of this name, with the name.
    pub(super) fn get(&self, name: &str) -> Option<(&str, &File)> {
        self.0.get_key_value(name).map(|(name, file)| (name.as_str(), file))
    }
}

/// Media types of what a web build holds.
fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}
