//! The OpenAPI document: made from the same registrations as the routes, and kept as a golden file.

mod refusals;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderValue;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, Tag};

use crate::session::COOKIE_NAME;

/// What comes before the paths.
pub(crate) fn preamble() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Footlight")
        .version("1")
        .description(Some(
            "Live streaming: accounts, channels, stream keys and live streams.\n\n\
             Ids are strings, times RFC 3339. Every refusal is `application/problem+json` (RFC 9457) with a stable `code`; \
             where fields are wrong, `errors` names all of them. A session is a cookie for browsers and a bearer token for \
             scripts; with the cookie, requests that change something must come from the site's own pages.",
        ))
        .license(Some(License::new("MIT OR Apache-2.0")))
        .build();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE_NAME)));
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components =
        ComponentsBuilder::new().security_scheme("cookie", cookie).security_scheme("bearer", bearer).build();
    let tags = ["accounts", "channels", "stream keys", "streams", "chat", "emotes", "site"].map(Tag::new);
    OpenApiBuilder::new().info(info).components(Some(components)).tags(Some(tags)).build()
}

/// The document of these routes as it is served and kept.
pub(crate) fn printed(mut document: OpenApi) -> String {
    refusals::add_to(&mut document);
    let mut text = document.to_pretty_json().expect("strings and numbers serialise");
    text.push('\n');
    text
}

/// Serves the document.
pub(crate) fn answer(text: &Bytes) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        // Documentation tools on other hosts may read it; there is nothing private in it.
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, text.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use utoipa_axum::router::OpenApiRouter;

    use super::*;

    /// `UPDATE=1 cargo test -p web` writes the file anew; the difference is what a reviewer reads.
    #[test]
    fn the_document_is_the_golden_file() {
        let (_, document) =
            OpenApiRouter::with_openapi(preamble()).merge(crate::api::routes()).split_for_parts();
        let printed = printed(document);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &printed).expect("the golden file can be written");
        }
        let golden = std::fs::read_to_string(path).expect("the golden file is there");
        assert!(
            golden == printed,
            "crates/web/openapi.json is not what the routes say: UPDATE=1 cargo test -p web"
        );
    }
}
