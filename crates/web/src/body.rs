//! The one response body: media as shared bytes, or whatever a handler made.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use video::origin::MediaBody;

/// A response's body. Media is not boxed: its bytes go from the window to the socket as they are.
#[derive(Debug)]
pub(crate) enum Body {
    /// Media.
    Media(MediaBody),
    /// Everything else.
    Other(axum::body::Body),
}

impl From<MediaBody> for Body {
    fn from(body: MediaBody) -> Self {
        Self::Media(body)
    }
}
impl From<axum::body::Body> for Body {
    fn from(body: axum::body::Body) -> Self {
        Self::Other(body)
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Media(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            Self::Other(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Media(body) => body.is_end_stream(),
            Self::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Media(body) => body.size_hint(),
            Self::Other(body) => body.size_hint(),
        }
    }
}
