//! Who is asking: a session's token from the cookie or the `Authorization` header, and the rule against other sites' forms.

use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::secrets::Secret;
use domain::time::WallTime;
use domain::users::{Scope, Session, User};
use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Uri};

use crate::errors::ApiError;
use crate::peer::Peer;
use crate::state::{self, State};

/// Name of the cookie.
pub(crate) const COOKIE_NAME: &str = "footlight_session";

/// Somebody who is signed in; a handler that takes this answers 401 to everybody else, and 403 to a token that is for chat
/// alone.
pub(crate) struct SignedIn(pub(crate) User);

impl FromRequestParts<State> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let InChat(user, session) = InChat::from_request_parts(parts, state).await?;
        match session.scope {
            Scope::Full => Ok(Self(user)),
            Scope::Chat => Err(ApiError::Scope),
        }
    }
}

/// Who asks, where nobody has to be anybody: `None` without a sign-in that is good. That nobody could look is no answer.
///
/// # Errors
/// All others than [`ApiError::NotSignedIn`].
pub(crate) fn if_any(asker: Result<InChat, ApiError>) -> Result<Option<User>, ApiError> {
    match asker {
        Ok(InChat(user, _)) => Ok(Some(user)),
        Err(ApiError::NotSignedIn) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Somebody who may chat: signed in, or with a token for chat alone. For the routes of chat.
pub(crate) struct InChat(pub(crate) User, pub(crate) Session);

impl FromRequestParts<State> for InChat {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let token = presented(&parts.headers).ok_or(ApiError::NotSignedIn)?;
        let found = state.deps.accounts.who(&token, state::wall()).await?;
        found.map(|(user, session)| Self(user, session)).ok_or(ApiError::NotSignedIn)
    }
}

/// The token that a request presents, whatever it is worth. A header beats a cookie: it was set on purpose.
pub(crate) fn presented(headers: &HeaderMap) -> Option<Secret> {
    bearer(headers).or_else(|| cookie(headers)).map(Secret::presented)
}

/// The token that a handshake presents. Another site's page may open a socket too: its visitor's cookie is nobody's there.
pub(crate) fn presented_here<B>(request: &http::Request<B>, site: Option<&str>) -> Option<Secret> {
    let headers = request.headers();
    let from_page = || match Provenance::of(headers, request.uri(), site) {
        Provenance::Ours => cookie(headers),
        Provenance::Foreign | Provenance::Unknown => None,
    };
    bearer(headers).or_else(from_page).map(Secret::presented)
}

/// Whether a token is presented on purpose. A browser sends a cookie that is over by itself, and nobody waits to hear of it.
pub(crate) fn has_bearer(headers: &HeaderMap) -> bool {
    bearer(headers).is_some()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value)
}

/// The cookie that keeps a browser signed in until `expires_at`.
pub(crate) fn set_cookie(token: &Secret, expires_at: WallTime, now: WallTime, peer: Peer) -> HeaderValue {
    // Rounded up: a moment has passed since the session was opened.
    let left = expires_at.since(now);
    written(token.expose(), left.as_secs() + u64::from(left.subsec_nanos() > 0), peer)
}

/// The cookie that makes a browser forget.
pub(crate) fn clear_cookie(peer: Peer) -> HeaderValue {
    written("", 0, peer)
}

fn written(value: &str, max_age_s: u64, peer: Peer) -> HeaderValue {
    let secure = if peer.secure { "; Secure" } else { "" };
    let text = format!("{COOKIE_NAME}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    // Tokens are base32; anything else would be our own mistake, and no cookie is safer than half of one.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Middleware: refuses what another site makes a browser do here.
///
/// Browsers say on every request where it comes from (`Sec-Fetch-Site`), older ones at least on unsafe ones (`Origin`). An
/// unsafe request that brings the cookie must say that it is ours; one that brings nothing must not say the contrary, or
/// another site could sign its victim in as somebody else. A bearer token can't be sent by a foreign form.
pub(crate) async fn refuse_cross_site(
    axum::extract::State(state): axum::extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let risky = !request.method().is_safe() && bearer(headers).is_none();
    if risky {
        let provenance = Provenance::of(headers, request.uri(), state.origin.as_deref());
        let ours = match provenance {
            Provenance::Ours => true,
            Provenance::Unknown => cookie(headers).is_none(),
            Provenance::Foreign => false,
        };
        if !ours {
            return ApiError::CrossSite.into_response();
        }
    }
    next.run(request).await
}

/// Where a browser says that a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provenance {
    Ours,
    Foreign,
    Unknown,
}

impl Provenance {
    fn of(headers: &HeaderMap, uri: &Uri, site: Option<&str>) -> Self {
        let fetch_site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        let matches = origin.is_some_and(|origin| is_own(origin, headers, uri, site));
        match (fetch_site, origin) {
            (Some(b"same-origin" | b"none"), _) => Self::Ours,
            _ if matches => Self::Ours,
            (None, None) => Self::Unknown,
            _ => Self::Foreign,
        }
    }
}

/// Whether `origin` is the configured site, or the host that this request was sent to.
fn is_own(origin: &str, headers: &HeaderMap, uri: &Uri, site: Option<&str>) -> bool {
    if site.is_some_and(|site| site.eq_ignore_ascii_case(origin)) {
        return true;
    }
    // HTTP/2 names the host in the request target.
    let host = uri.authority().map(http::uri::Authority::as_str);
    let host = host.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()));
    let bare = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    matches!((bare, host), (Some(bare), Some(host)) if bare.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_token_comes_by_header_or_by_cookie() {
        let token = |lines: &[_]| presented(&headers(lines)).map(|secret| secret.expose().to_owned());
        assert_eq!(token(&[("authorization", "Bearer abc")]).as_deref(), Some("abc"));
        assert_eq!(token(&[("authorization", "bearer abc")]).as_deref(), Some("abc"));
        assert_eq!(token(&[("authorization", "Basic abc")]), None);
        assert_eq!(token(&[("cookie", "a=1; footlight_session=def; b=2")]).as_deref(), Some("def"));
        assert_eq!(token(&[("cookie", "xfootlight_session=def")]), None);
        let both = [("cookie", "footlight_session=def"), ("authorization", "Bearer abc")];
        assert_eq!(token(&both).as_deref(), Some("abc"));
    }

    #[test]
    fn the_cookie_is_for_our_pages_only_and_secure_under_tls() {
        let token = Secret::presented("tok");
        let [now, later] = [0, 60_000].map(WallTime::from_unix_ms);
        let cookie = |secure| {
            let peer = Peer { address: [127, 0, 0, 1].into(), secure };
            set_cookie(&token, later, now, peer).to_str().expect("text").to_owned()
        };
        let plain = "footlight_session=tok; Path=/; HttpOnly; SameSite=Lax; Max-Age=60";
        assert_eq!(cookie(false), plain);
        assert_eq!(cookie(true), format!("{plain}; Secure"));
    }

    fn check(lines: &[(&'static str, &'static str)], expected: Provenance) {
        let uri = Uri::from_static("/api/v1/sessions");
        let site = Some("https://live.example.com");
        assert_eq!(Provenance::of(&headers(lines), &uri, site), expected, "{lines:?}");
    }

    #[test]
    fn a_request_is_ours_if_the_browser_says_so() {
        use Provenance::{Foreign, Ours, Unknown};
        check(&[("sec-fetch-site", "same-origin")], Ours);
        check(&[("sec-fetch-site", "none")], Ours);
        check(&[("sec-fetch-site", "same-site")], Foreign);
        check(&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], Foreign);
        check(&[("origin", "https://evil.example"), ("host", "127.0.0.1:8080")], Foreign);
        check(&[("origin", "null"), ("host", "127.0.0.1:8080")], Foreign);
        check(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], Ours);
        check(&[("origin", "http://127.0.0.1:8081"), ("host", "127.0.0.1:8080")], Foreign);
        check(&[("origin", "https://live.example.com"), ("host", "10.0.0.1")], Ours);
        check(&[("host", "127.0.0.1:8080")], Unknown);
    }
}
