//! Requests under `/live/`: straight to the origin, before any router, and counted.
//!
//! A playlist request that was answered counts its client as a viewer; the client's number is a keyed hash of address and
//! user agent that no one can turn back. When the process stops, waiting requests are released with 503.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use axum::response::IntoResponse as _;
use directory::Viewers;
use domain::ids::StreamId;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response};
use metrics::Counter;
use runtime::Stop;
use video::origin::{MediaRequest, Origin};

use crate::body::Body;
use crate::errors::ApiError;
use crate::peer::Peer;
use crate::state;

/// What media paths begin with.
pub(crate) const PREFIX: &str = "/live/";

/// The way from a request to the origin. Clones are handles.
#[derive(Clone)]
pub(crate) struct Media {
    origin: Origin,
    viewers: Arc<Viewers>,
    hasher: RandomState,
    /// One counter for each class of status, looked up once: this path is hot.
    answered: [Counter; 5],
}

impl Media {
    pub(crate) fn new(origin: Origin, viewers: Arc<Viewers>) -> Self {
        let answered = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| {
            metrics::counter!("footlight_http_requests_total", "route" => "/live/", "status" => class)
        });
        Self { origin, viewers, hasher: RandomState::new(), answered }
    }

    /// Answers one request whose path begins with [`PREFIX`].
    pub(crate) async fn answer<B>(&self, request: Request<B>, peer: Peer, stop: Stop) -> Response<Body> {
        let (head, _body) = request.into_parts();
        let path = head.uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let asked =
            MediaRequest { method: &head.method, path, query: head.uri.query(), headers: &head.headers };
        let response = tokio::select! {
            biased;
            response = self.origin.respond(asked) => response.map(Body::Media),
            () = stop.stopped() => released(),
        };
        let status = response.status();
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.answered[class].increment(1);
        if status.is_success()
            && let Some(stream) = playlist_of(path)
        {
            self.viewers.seen(stream, self.viewer(peer, &head.headers), state::now());
        }
        response
    }

    /// The number of a viewer, opaque and different after a restart.
    fn viewer(&self, peer: Peer, headers: &HeaderMap) -> u64 {
        self.hasher.hash_one((peer.address, headers.get(USER_AGENT).map(HeaderValue::as_bytes)))
    }
}

/// The stream whose media playlist this path is, if it is one: `{stream}/{rendition}/index.m3u8`.
fn playlist_of(path: &str) -> Option<StreamId> {
    let (stream, rest) = path.split_once('/')?;
    let (_rendition, file) = rest.split_once('/')?;
    (file == "index.m3u8").then(|| stream.parse().ok())?
}

/// What a waiting request is told when the process stops: come back, to whoever answers then.
fn released() -> Response<Body> {
    let mut response = ApiError::Draining.problem().into_response();
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response.map(Body::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_media_playlists_count_viewers() {
        for (path, stream) in [
            ("12/source/index.m3u8", Some(12)),
            ("12/720p/index.m3u8", Some(12)),
            ("12/source/7.m4s", None),
            ("12/index.m3u8", None),
            ("12/source/deeper/index.m3u8", None),
            ("maya/source/index.m3u8", None),
            ("", None),
        ] {
            assert_eq!(playlist_of(path), stream.map(StreamId), "{path:?}");
        }
    }
}
