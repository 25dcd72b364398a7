//! What viewers fetch: the live window of each rendition, its playlists, and how a request is answered.

mod body;

pub use body::MediaBody;

use bytes::Bytes;
use domain::names::Name;
use http::{HeaderMap, Method, Response};

/// A request for media, without the transport.
#[derive(Clone, Copy, Debug)]
pub struct MediaRequest<'a> {
    /// GET or HEAD; anything else is refused with 405.
    pub method: &'a Method,
    /// What follows `/live/`: `{stream}/{rendition}/{file}`.
    pub path: &'a str,
    /// The query string, if there is one.
    pub query: Option<&'a str>,
    /// The request's headers.
    pub headers: &'a HeaderMap,
}

/// Every stream that can be watched on this node. Clones are handles to the same one.
#[derive(Clone, Debug, Default)]
pub struct Origin {}

impl Origin {
    /// Answers a request under `/live/`, waiting where the protocol asks for it.
    pub async fn respond(&self, _request: MediaRequest<'_>) -> Response<MediaBody> {
        Response::new(MediaBody::empty())
    }

    /// The multivariant playlist of a channel; `None` if it is not live.
    pub async fn multivariant(
        &self,
        _channel: &Name,
        _request: MediaRequest<'_>,
    ) -> Option<Response<MediaBody>> {
        None
    }

    /// The newest thumbnail of a channel, a JPEG.
    pub fn thumbnail(&self, _channel: &Name) -> Option<Bytes> {
        None
    }
}
