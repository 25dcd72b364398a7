//! What operators and their tools ask: is it alive, does it want requests, what did it count.

use axum::Router;
use axum::extract;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::names::Name;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use crate::errors::ApiError;
use crate::limits::READY_TIMEOUT;
use crate::state::State;

/// `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        // That this answers is all that it says: a process that is merely busy must not be killed for it.
        .route("/healthz", get(async || axum::Json(serde_json::json!({ "status": "ok" }))))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Whether requests should be sent here: started, not draining, chat's rooms in reach, and the store answers.
async fn ready(extract::State(state): extract::State<State>) -> Result<Response, ApiError> {
    if !*state.deps.ready.borrow() || state.scope.stop().is_stopped() {
        return Err(ApiError::NotReady("starting or going down"));
    }
    if state.deps.reception.as_ref().is_some_and(|chat| !chat.is_ready()) {
        return Err(ApiError::NotReady("the node that owns the chat rooms is not linked"));
    }
    // Any question will do; nobody has this name, and nobody needs to.
    let anybody: Name = "readiness_probe".parse().expect("a valid name");
    let asked = tokio::time::timeout(READY_TIMEOUT, state.deps.channels.by_name(&anybody)).await;
    asked.map_err(|_| ApiError::NotReady("the store does not answer"))??;
    Ok(axum::Json(serde_json::json!({ "status": "ready" })).into_response())
}

/// Prometheus text format.
async fn metrics(extract::State(state): extract::State<State>) -> Response {
    let text = state.deps.metrics.as_ref().map(runtime::metrics::Metrics::render).unwrap_or_default();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(CONTENT_TYPE, kind)], text).into_response()
}
