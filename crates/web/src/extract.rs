//! What handlers take from a request. Same meaning as axum's extractors, but every refusal is a [`Problem`](crate::problem::Problem).

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::errors::ApiError;
use crate::limits::BODY_TIMEOUT;
use crate::peer::Peer;

/// A JSON body. Its arrival is bounded in size (413) and in time (408).
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let read = axum::Json::<T>::from_request(request, state);
        let Ok(read) = tokio::time::timeout(BODY_TIMEOUT, read).await else {
            return Err(unreadable(StatusCode::REQUEST_TIMEOUT, "the request's body did not arrive in time"));
        };
        read.map(|axum::Json(value)| Self(value)).map_err(|e| unreadable(e.status(), e.body_text()))
    }
}

/// Parameters of the path. One that can't be what is asked for names nothing: 404.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(value)| Self(value)).map_err(|_| ApiError::NotFound)
    }
}

/// Parameters of the query string.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|axum::extract::Query(value)| Self(value)).map_err(|e| unreadable(e.status(), e.body_text()))
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // The server puts it there before the router sees the request.
        Ok(*parts.extensions.get::<Self>().expect("each request carries its peer"))
    }
}

fn unreadable(status: StatusCode, detail: impl Into<String>) -> ApiError {
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        StatusCode::UNPROCESSABLE_ENTITY => "invalid",
        StatusCode::REQUEST_TIMEOUT => "timeout",
        _ => "malformed",
    };
    ApiError::Unreadable { status, code, detail: detail.into() }
}
