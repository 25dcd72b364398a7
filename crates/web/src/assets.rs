//! The site's own pages: the UI build, embedded in the binary or read from a folder, all of it in memory.
//!
//! Promises: files with a hash in their name (`/_app/immutable/…`) are cached for ever, pages are asked for again each time
//! (a match of `ETag` costs no body); `.br` and `.gz` twins beside a file are used when the browser takes them; an address of
//! a page answers with the application, 200 if there is such a page and 404 if not, from the file that the build made for this
//! page if it did, and a channel's says in a `Link` header what it will ask for first; an address that looks like a file
//! answers 404 when there is none. Each page carries a policy that lets nothing run but its own scripts.

mod policy;
mod files;
mod pages;

use std::path::Path;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LINK,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use video::origin::{accepts_encoding, is_unchanged};

use crate::errors::ApiError;
use files::{File, Files};
pub(crate) use pages::Page;

/// The UI's files can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the UI in {dir} can't be read")]
pub struct UiError {
    /// The folder.
    pub dir: String,
    /// What the system said.
    #[source]
    pub source: std::io::Error,
}

/// What names with a hash in them begin with.
const IMMUTABLE: &str = "_app/immutable/";
/// Pages that other sites may show in a frame.
const EMBED: &str = "/embed";

/// The site's pages.
pub(crate) struct Ui {
    files: Files,
    /// What answers for pages that have no file of their own.
    fallback: Option<String>,
}

impl Ui {
    /// Reads `dir`, or what is embedded, or makes do with a page that says how to get a UI.
    pub(crate) fn load(dir: Option<&Path>) -> Result<Self, UiError> {
        let files = match dir {
            Some(dir) => {
                Files::read(dir).map_err(|source| UiError { dir: dir.display().to_string(), source })?
            }
            None => Files::embedded(),
        };
        Ok(Self::new(files))
    }

    fn new(files: Files) -> Self {
        let fallback = ["200.html", "index.html"].into_iter().find(|name| files.get(name).is_some());
        Self { fallback: fallback.map(str::to_owned), files }
    }

    /// Answers a request that no route takes; `page`: what the application has to show there.
    pub(crate) fn answer(&self, request: &Request, page: Option<&Page>) -> Result<Response, ApiError> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refused = ApiError::MethodNotAllowed.into_response();
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Ok(refused);
        }
        let path = request.uri().path();
        let (name, file) = self.find(path, page).ok_or(ApiError::NotFound)?;
        let is_there = page.is_some() || Some(name) != self.fallback.as_deref();
        let status = if is_there { StatusCode::OK } else { StatusCode::NOT_FOUND };
        let mut response = answer(status, name, file, path, request.headers());
        if let Some(links) = page.and_then(Page::soon) {
            response.headers_mut().insert(LINK, links);
        }
        Ok(response)
    }

    /// The file that answers for a path: itself, what the build made for the page, or what answers for every page.
    fn find(&self, path: &str, page: Option<&Page>) -> Option<(&str, &File)> {
        let name = path.trim_start_matches('/').trim_end_matches('/');
        let own = self.files.get(name).or_else(|| page.and_then(|page| self.files.get(&page.file())));
        own.or_else(|| {
            let last = name.rsplit('/').next().unwrap_or_default();
            let is_page = !last.contains('.') && !name.starts_with("_app/");
            self.fallback.as_deref().filter(|_| is_page).and_then(|name| self.files.get(name))
        })
    }
}

/// A file as a response, in the encoding that suits. What a client has already is said only of what is there (RFC 9110 §13.2.1): a page
/// that is gone has the tag of one that was shown at the same address.
fn answer(status: StatusCode, name: &str, file: &File, path: &str, asked: &HeaderMap) -> Response {
    let (encoding, bytes) = encoded(file, asked);
    let unchanged = status == StatusCode::OK && is_unchanged(asked, &file.etag);
    let body = if unchanged { Bytes::new() } else { bytes };
    let status = if unchanged { StatusCode::NOT_MODIFIED } else { status };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.kind));
    headers.insert(ETAG, file.etag.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache(name)));
    if file.has_twins() {
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if let Some(encoding) = encoding.filter(|_| !unchanged) {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Some(policy) = &file.policy {
        let framed = path == EMBED || path.starts_with("/embed/");
        headers
            .insert(CONTENT_SECURITY_POLICY, if framed { policy.framed.clone() } else { policy.own.clone() });
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    }
    response
}

fn cache(name: &str) -> &'static str {
    if name.starts_with(IMMUTABLE) {
        "public, max-age=31536000, immutable"
    } else if name.ends_with(".html") {
        "no-cache"
    } else {
        // Names without a hash: fonts, icons, the manifest.
        "public, max-age=3600, must-revalidate"
    }
}

/// The smallest form of the file that the client takes.
fn encoded(file: &File, asked: &HeaderMap) -> (Option<&'static str>, Bytes) {
    let taken = |encoding| accepts_encoding(asked, encoding);
    match file {
        File { brotli: Some(bytes), .. } if taken("br") => (Some("br"), bytes.clone()),
        File { gzip: Some(bytes), .. } if taken("gzip") => (Some("gzip"), bytes.clone()),
        _ => (None, file.bytes.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ui() -> Ui {
        let file = |name: &str, text: &str| (name.to_owned(), Bytes::copy_from_slice(text.as_bytes()));
        Ui::new(Files::new([
            file("index.html", "<html><script>start()</script></html>"),
            file("_app/pages/[name].html", "<html>a channel's</html>"),
            file("_app/immutable/app.a1b2.js", "code"),
            file("_app/immutable/app.a1b2.js.br", "br"),
            file("_app/immutable/app.a1b2.js.gz", "gz"),
            file("favicon.svg", "<svg/>"),
        ]))
    }

    fn ask(path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap) {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::empty()).expect("a request");
        let page = Page::at(path).filter(|_| path != "/nobody");
        let response = ui().answer(&request, page.as_ref()).unwrap_or_else(IntoResponse::into_response);
        (response.status().as_u16(), response.headers().clone())
    }

    fn header(headers: &HeaderMap, name: &str) -> String {
        headers.get(name).map(|value| value.to_str().expect("text").to_owned()).unwrap_or_default()
    }

    #[test]
    fn pages_answer_and_missing_files_do_not() {
        for (path, status, kind) in [
            ("/", 200, "text/html; charset=utf-8"),
            ("/maya", 200, "text/html; charset=utf-8"),
            ("/maya/mod", 200, "text/html; charset=utf-8"),
            ("/maya/videos", 404, "text/html; charset=utf-8"),
            ("/signin", 200, "text/html; charset=utf-8"),
            ("/nobody", 404, "text/html; charset=utf-8"),
            ("/favicon.svg", 200, "image/svg+xml"),
            ("/_app/immutable/app.a1b2.js", 200, "text/javascript; charset=utf-8"),
            ("/_app/immutable/gone", 404, "application/problem+json"),
            ("/gone.png", 404, "application/problem+json"),
            ("/../../etc/passwd.txt", 404, "application/problem+json"),
        ] {
            let (got, headers) = ask(path, &[]);
            assert_eq!((got, header(&headers, "content-type").as_str()), (status, kind), "{path}");
        }
    }

    #[test]
    fn a_page_has_its_own_file_if_the_build_made_one_and_a_channel_that_is_not_there_has_none() {
        let ui = ui();
        let found = |path| ui.find(path, Page::at(path).as_ref()).expect("a page").0;
        assert_eq!(found("/maya"), "_app/pages/[name].html");
        assert_eq!(found("/maya/mod"), "index.html");
        assert_eq!(ui.find("/nobody", None).expect("a page").0, "index.html");
    }

    #[test]
    fn hashed_names_are_kept_for_ever_and_pages_asked_for_again() {
        let (_, headers) = ask("/_app/immutable/app.a1b2.js", &[]);
        assert_eq!(header(&headers, "cache-control"), "public, max-age=31536000, immutable");
        let (_, headers) = ask("/maya", &[]);
        assert_eq!(header(&headers, "cache-control"), "no-cache");
        let tag = header(&headers, "etag");
        assert_eq!(ask("/maya", &[("if-none-match", &tag)]).0, 304);
        let list = format!("\"other\", {}", tag.trim_start_matches("W/"));
        assert_eq!(ask("/maya", &[("if-none-match", &list)]).0, 304);
        assert_eq!(ask("/maya", &[("if-none-match", "\"other\"")]).0, 200);
        let (status, headers) = ask("/nobody", &[("if-none-match", &tag), ("accept-encoding", "br")]);
        assert_eq!((status, header(&headers, "content-type").as_str()), (404, "text/html; charset=utf-8"));
        assert_ne!(header(&headers, "content-length"), "0", "a page that is gone has words");
    }

    #[test]
    fn compressed_twins_are_used_if_taken() {
        for (accept, encoding) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gzip"),
            ("br;q=0, gzip;q=0.5", "gzip"),
            ("identity", ""),
        ] {
            let (_, headers) = ask("/_app/immutable/app.a1b2.js", &[("accept-encoding", accept)]);
            assert_eq!(header(&headers, "content-encoding"), encoding, "{accept}");
            assert_eq!(header(&headers, "vary"), "Accept-Encoding");
        }
    }

    #[test]
    fn only_embedded_players_may_be_framed_by_others() {
        let policy = |path: &str| header(&ask(path, &[]).1, "content-security-policy");
        assert!(policy("/maya").contains("frame-ancestors 'self'"));
        assert!(policy("/embed/maya").contains("frame-ancestors *"));
        assert!(policy("/embedded").contains("frame-ancestors 'self'"));
    }

    #[test]
    fn without_a_build_the_page_says_how_to_get_one() {
        let ui = Ui::new(Files::placeholder());
        let (name, file) = ui.find("/maya", Page::at("/maya").as_ref()).expect("a page");
        assert_eq!(name, "index.html");
        assert!(std::str::from_utf8(&file.bytes).expect("text").contains("npm run build"));
    }
}
