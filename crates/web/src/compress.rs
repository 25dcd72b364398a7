//! gzip for what anybody may read: lists of streams, channels, the API's description.
//!
//! Only routes that are named here, so that a new one is plain until somebody has thought about it: where an answer holds
//! a secret beside something that the asker chose, its compressed length tells the secret letter by letter (BREACH). Media
//! is not ours to press, playlists and the UI's files are pressed once for all where they are made (`video::origin`,
//! `assets`).

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{Extensions, HeaderMap, Method, StatusCode, Version};
use tower_http::compression::predicate::SizeAbove;
use tower_http::compression::{CompressionLayer, CompressionLevel, Predicate};

/// Routes whose answers are the same for everybody, and large.
const PUBLIC: &[&str] = &[
    "/api/openapi.json",
    "/api/docs",
    "/api/docs/docs.js",
    "/api/docs/docs.css",
    "/api/v1/streams",
    "/api/v1/streams/{name}",
    "/api/v1/channels/{name}",
];

/// Fewer bytes fit into one packet however they are written.
const BYTES_MIN: u16 = 1_024;

/// The answer is of a route in [`PUBLIC`].
#[derive(Clone, Copy)]
struct Public;

/// Middleware below [`layer`]: says which answers may be pressed.
pub(crate) async fn mark(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let is_public = route.is_some_and(|route| PUBLIC.contains(&route.as_str()));
    // What a change answers is its maker's alone.
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = next.run(request).await;
    if is_public && is_read && response.status() == StatusCode::OK {
        response.extensions_mut().insert(Public);
    }
    response
}

/// Presses answers that are marked, for those who take gzip.
pub(crate) fn layer() -> CompressionLayer<impl Predicate> {
    let is_marked =
        |_: StatusCode, _: Version, _: &HeaderMap, marks: &Extensions| marks.get::<Public>().is_some();
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(BYTES_MIN).and(is_marked))
}
