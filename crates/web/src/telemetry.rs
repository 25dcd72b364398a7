//! What is counted of a request: its route's template and the class of its status, never a name in it.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, StatusCode};

use crate::state;

/// Middleware: counts and times. Event streams are timed to their first word only, as all answers are.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method(request.method());
    let began = state::now();
    let response = next.run(request).await;
    let took = state::now().saturating_duration_since(began);
    let route = route.map_or_else(|| "other".to_owned(), |route| route.as_str().to_owned());
    let status = class(response.status());
    tracing::debug!(
        method,
        route,
        status = response.status().as_u16(),
        took_ms = took.as_secs_f64() * 1e3,
        "request answered"
    );
    metrics::counter!("footlight_http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("footlight_http_request_seconds", "route" => route).record(took.as_secs_f64());
    response
}

/// Middleware: what every answer of the API says unless its handler said otherwise: not to be kept, not to be guessed at.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if headers.contains_key(CONTENT_TYPE) {
        headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    }
    response
}

/// A method as a label: anybody may invent one.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
