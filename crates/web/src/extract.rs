//! What handlers take from a request. Same meaning as axum's extractors, but every refusal is a
//! [`Problem`](crate::problem::Problem) that names the field which is wrong.

use std::error::Error;

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use directory::FieldFault;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::errors::ApiError;
use crate::limits::BODY_TIMEOUT;
use crate::peer::Peer;

/// A JSON object as body. Its arrival is bounded in size (413) and in time (408).
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            let detail = "the body must be JSON, with the header Content-Type: application/json";
            return Err(unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let read = Bytes::from_request(request, state);
        let Ok(read) = tokio::time::timeout(BODY_TIMEOUT, read).await else {
            return Err(unreadable(StatusCode::REQUEST_TIMEOUT, "the request's body did not arrive in time"));
        };
        object(&read.map_err(|e| unreadable(e.status(), e.body_text()))?).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let kind = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    kind == b"application/json" || (kind.starts_with(b"application/") && kind.ends_with(b"+json"))
}

/// What the JSON object says. Serde would take an array for a struct too; nobody documents that.
fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(match serde_json::from_slice::<IgnoredAny>(body) {
            Ok(_) => unreadable(StatusCode::UNPROCESSABLE_ENTITY, "the body is JSON, but no object"),
            Err(e) => malformed(&e),
        });
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json);
    let value = read.map_err(|e| match e.inner().classify() {
        Category::Data => ApiError::Invalid(vec![wrong_field(&e)]),
        Category::Syntax | Category::Eof | Category::Io => malformed(e.inner()),
    })?;
    json.end().map_err(|e| malformed(&e))?;
    Ok(value)
}

fn malformed(e: &serde_json::Error) -> ApiError {
    unreadable(StatusCode::BAD_REQUEST, format!("the body is not JSON: {e}"))
}

/// Which field serde stumbled over, and why.
fn wrong_field<E: Error>(e: &serde_path_to_error::Error<E>) -> FieldFault {
    let said = e.inner().to_string();
    // The place in the text is of no use to who made it from an object.
    let detail = said.split(" at line ").next().unwrap_or_default().to_owned();
    let named = |what: &str| detail.strip_prefix(what)?.strip_prefix(" field `")?.strip_suffix('`');
    match (named("missing"), named("duplicate")) {
        (Some(field), _) => needed(&within(e.path(), field)),
        (_, Some(field)) => FieldFault::new(field, "shape", format!("{field} is there twice")),
        _ if detail.starts_with("unknown field") => FieldFault::new(e.path().to_string(), "unknown", detail),
        _ => FieldFault::new(e.path().to_string(), "shape", detail),
    }
}

/// The whole path of a field of what stands at `parent`.
fn within(parent: &serde_path_to_error::Path, field: &str) -> String {
    if parent.iter().next().is_none() { field.to_owned() } else { format!("{parent}.{field}") }
}

/// Refuses a form with fields that are empty or left out, which counts as empty, and names all of them.
pub(crate) fn all_given(fields: &[(&str, &str)]) -> Result<(), ApiError> {
    let missing: Vec<_> =
        fields.iter().filter(|(_, value)| value.is_empty()).map(|(field, _)| needed(field)).collect();
    if missing.is_empty() { Ok(()) } else { Err(ApiError::Invalid(missing)) }
}

fn needed(field: &str) -> FieldFault {
    FieldFault::new(field, "required", format!("{field} is needed"))
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

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.uri)
    }
}

impl<T: DeserializeOwned> Query<T> {
    /// Those of `uri`.
    pub(crate) fn of(uri: &Uri) -> Result<Self, ApiError> {
        let read = axum::extract::Query::<T>::try_from_uri(uri);
        read.map(|axum::extract::Query(value)| Self(value)).map_err(|e| match stumbled_over(&e) {
            Some(e) => ApiError::Invalid(vec![wrong_field(e)]),
            None => unreadable(e.status(), e.body_text()),
        })
    }
}

/// What serde said of a query, among the causes of a rejection.
fn stumbled_over(e: &dyn Error) -> Option<&serde_path_to_error::Error<serde::de::value::Error>> {
    let mut cause = e.source();
    while let Some(e) = cause {
        if let Some(found) = e.downcast_ref() {
            return Some(found);
        }
        cause = e.source();
    }
    None
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

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused is looked at")]
    struct Form {
        name: String,
        tags: Option<Vec<u8>>,
        next: Option<Box<Form>>,
    }

    fn check(body: &str, expected: &str) {
        let told = match object::<Form>(body.as_bytes()) {
            Ok(_) => "taken".to_owned(),
            Err(ApiError::Invalid(faults)) => format!("{} {}", faults[0].field, faults[0].code),
            Err(ApiError::Unreadable { code, .. }) => code.to_owned(),
            Err(other) => panic!("{body:?}: {other}"),
        };
        assert_eq!(told, expected, "{body:?}");
    }

    #[test]
    fn what_is_wrong_with_a_body_is_told_by_field() {
        check("{\"name\":\"maya\"}", "taken");
        check(" {\"name\":\"maya\",\"tags\":[7]} ", "taken");
        check("{\"name\":7}", "name shape");
        check("{\"name\":\"maya\",\"tags\":[7,300]}", "tags[1] shape");
        check("{}", "name required");
        check("{\"name\":\"maya\",\"next\":{}}", "next.name required");
        check("{\"name\":\"maya\",\"nmae\":1}", "nmae unknown");
        check("[\"maya\",[7]]", "invalid");
        check("7", "invalid");
        check("", "malformed");
        check("{", "malformed");
        check("{\"name\":\"maya\"}{}", "malformed");
        check("nul", "malformed");
    }

    #[test]
    fn all_fields_that_are_missing_are_named() {
        let told = |name, password| match all_given(&[("name", name), ("password", password)]) {
            Ok(()) => String::new(),
            Err(ApiError::Invalid(faults)) => {
                faults.iter().map(|fault| format!("{} {} ", fault.field, fault.code)).collect()
            }
            Err(other) => panic!("{other}"),
        };
        assert_eq!(told("", ""), "name required password required ");
        assert_eq!(told("maya", ""), "password required ");
        assert_eq!(told("maya", " "), "", "may be wrong, but is there");
    }

    #[test]
    fn json_is_known_by_its_media_type() {
        let kind = |kind: &'static str| {
            is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]))
        };
        assert!(kind("application/json") && kind("Application/JSON; charset=utf-8"));
        assert!(kind("application/merge-patch+json"));
        assert!(!kind("text/json") && !kind("application/jsonp") && !is_json(&HeaderMap::new()));
    }
}
