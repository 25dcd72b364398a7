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
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
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
        if let Some(stream) = watched(path, status) {
            self.viewers.seen(stream, self.viewer(peer, &head.headers), state::now());
        }
        response
    }

    /// The number of a viewer, opaque and different after a restart.
    fn viewer(&self, peer: Peer, headers: &HeaderMap) -> u64 {
        self.hasher.hash_one((peer.address, headers.get(USER_AGENT).map(HeaderValue::as_bytes)))
    }
}

/// The stream that is watched by who got this answer: media playlists count, `{stream}/{rendition}/index.m3u8`. Refusals do
/// not, or anybody could make up streams.
fn watched(path: &str, status: StatusCode) -> Option<StreamId> {
    if !status.is_success() {
        return None;
    }
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
    use std::future::Future as _;
    use std::task::{Context, Poll, Waker};

    use domain::ids::ChannelId;
    use domain::time::WallTime;
    use domain::users::LatencyMode;
    use runtime::Scope;
    use video::live::Broadcast;
    use video::origin::SOURCE;

    use super::*;

    #[tokio::test]
    async fn a_playlist_request_that_waits_is_released_when_the_process_stops() {
        let (scope, origin) = (Scope::root(), Origin::default());
        let name = "maya".parse().expect("a name");
        let began = WallTime::from_unix_ms(0);
        let broadcast = Broadcast::new(StreamId(7), ChannelId(1), name, false, LatencyMode::Low, began);
        origin.carry(Arc::new(broadcast), &scope).window(SOURCE);
        let media = Media::new(origin, Arc::default());
        let peer = Peer { address: [127, 0, 0, 1].into(), secure: false };
        let request =
            Request::get("/live/7/source/index.m3u8?_HLS_msn=0&_HLS_part=0").body(()).expect("a request");
        let mut answer = Box::pin(media.answer(request, peer, scope.stop()));
        let polled = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending), "there is nothing to play yet: {polled:?}");
        scope.cancel();
        let response = answer.await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }

    #[test]
    fn answered_media_playlists_count_viewers() {
        for (path, status, stream) in [
            ("12/source/index.m3u8", 200, Some(12)),
            ("12/720p/index.m3u8", 200, Some(12)),
            ("12/source/index.m3u8", 404, None),
            ("12/source/index.m3u8", 503, None),
            ("12/source/7.m4s", 200, None),
            ("12/index.m3u8", 200, None),
            ("12/source/deeper/index.m3u8", 200, None),
            ("maya/source/index.m3u8", 200, None),
            ("", 200, None),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(watched(path, status), stream.map(StreamId), "{path:?} {status}");
        }
    }

    #[tokio::test]
    async fn a_viewer_is_an_address_and_a_player() {
        let media = Media::new(Origin::default(), Arc::default());
        let viewer = |address: [u8; 4], player: &'static str| {
            let headers = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(player))]);
            media.viewer(Peer { address: address.into(), secure: false }, &headers)
        };
        let one = viewer([192, 0, 2, 1], "Firefox");
        assert_eq!(one, viewer([192, 0, 2, 1], "Firefox"));
        assert_ne!(one, viewer([192, 0, 2, 1], "VLC"));
        assert_ne!(one, viewer([192, 0, 2, 2], "Firefox"));
    }
}
