//! The whole of it as one value: built from configuration and dependencies, then served on sockets.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Extension, Router, middleware};
use bytes::Bytes;
use http::header::HOST;
use http::{Method, Request, Response, Uri, Version};
use hyper::body::Incoming;
use runtime::{Scope, Stop};
use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;
use tower::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;
use video::origin::preflight;

use crate::api::{self, Hub};
use crate::assets::{Page, Ui, UiError};
use crate::body::Body;
use crate::config::WebConfig;
use crate::deps::Deps;
use crate::errors::ApiError;
use crate::limits::BODY_BYTES_MAX;
use crate::media::{self, Media};
use crate::peer::Peer;
use crate::server::{Answer, Server};
use crate::sockets::Sockets;
use crate::state::{self, State};
use crate::{compress, docs, openapi, probes, session, telemetry};

/// The door to the street. Clones are handles to the same one.
#[derive(Clone)]
pub struct Web {
    /// One for all: every request has a handle to it.
    site: Arc<Site>,
    server: Server,
    scope: Scope,
}

impl Web {
    /// Everything but the sockets. Connections and event streams will live in `scope`; closing it drains them.
    ///
    /// # Errors
    /// When the UI's files can't be read.
    pub fn new(config: WebConfig, deps: Deps, scope: &Scope) -> Result<Self, UiError> {
        let ui = Ui::load(config.http.ui_dir.as_deref())?;
        let server = Server::new(&config.http);
        let media = Media::new(deps.origin.clone(), Arc::clone(&deps.viewers));
        let state = State::new(config, deps, scope);
        let sockets = Sockets::new(state.clone());
        let site = Arc::new(Site { media, sockets, router: router(state, ui) });
        Ok(Self { site, server, scope: scope.clone() })
    }

    /// Answers on `listener` until the scope closes: then it stops listening at once, waiting playlist requests and event
    /// streams are released, and requests that are being answered are finished. May be called for several listeners; with
    /// `tls` (ALPN `h2` and `http/1.1`) everything on this one is encrypted.
    pub fn serve(&self, listener: TcpListener, tls: Option<Arc<ServerConfig>>) {
        self.server.serve(listener, tls, Arc::clone(&self.site), &self.scope);
    }
}

/// The protocols to offer by ALPN, best first, for [`runtime::tls::server_config`].
pub const ALPN: &[&str] = &["h2", "http/1.1"];

/// Answers requests: media straight from the origin, handshakes of chat, all else by the router.
struct Site {
    media: Media,
    sockets: Sockets,
    router: Router,
}

impl Answer for Arc<Site> {
    async fn answer(&self, mut request: Request<Incoming>, peer: Peer, stop: Stop) -> Response<Body> {
        if !names_one_host(&request) {
            return ApiError::BadHost.into_response().map(Body::Other);
        }
        if request.uri().path().starts_with(media::PREFIX) {
            return self.media.answer(request, peer, stop).await;
        }
        if Sockets::is_ours(&request) {
            return self.sockets.answer(request, peer).await;
        }
        request.extensions_mut().insert(peer);
        let answered = self.router.clone().oneshot(request.map(axum::body::Body::new)).await;
        match answered {
            Ok(response) => response.map(Body::Other),
            Err(never) => match never {},
        }
    }
}

/// HTTP/1.1 wants exactly one `Host` (RFC 9112 §3.2): a proxy before us may have looked at another one.
fn names_one_host<B>(request: &Request<B>) -> bool {
    request.version() != Version::HTTP_11 || request.headers().get_all(HOST).iter().count() == 1
}

/// No route takes that method there. Players on other sites may ask whether they may fetch playlists with headers of their own.
async fn not_allowed(method: Method, uri: Uri) -> axum::response::Response {
    if method == Method::OPTIONS && uri.path().ends_with("/playlist.m3u8") {
        return preflight().map(|()| axum::body::Body::empty());
    }
    ApiError::MethodNotAllowed.into_response()
}

/// The application's page at `path`. A store that does not answer is no reason to say that there is none.
async fn page_at(state: &State, path: &str) -> Option<Page> {
    let mut page = Page::at(path)?;
    let Some(name) = &page.channel else { return Some(page) };
    match state.deps.channels.by_name(name).await {
        Ok(None) => return None,
        Ok(Some(channel)) => {
            let stream = state.deps.browse.of_channel(channel, state::wall(), state::now()).await;
            page.live = matches!(stream, Ok(Some(_)));
        }
        Err(_) => {}
    }
    Some(page)
}

/// Every route but media.
fn router(state: State, ui: Ui) -> Router {
    let (api, document) =
        OpenApiRouter::with_openapi(openapi::preamble()).merge(api::routes()).split_for_parts();
    let document = Bytes::from(openapi::printed(document));
    let ui = Arc::new(ui);
    let shared = state.clone();
    api.route("/api/openapi.json", get(async move || openapi::answer(&document)))
        .merge(docs::routes())
        .merge(probes::routes())
        .fallback(async move |uri: Uri, request: axum::extract::Request| {
            if uri.path() == "/api" || uri.path().starts_with("/api/") {
                return Err(ApiError::NotFound);
            }
            let page = page_at(&shared, uri.path()).await;
            ui.answer(&request, page.as_ref())
        })
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn_with_state(state.clone(), session::refuse_cross_site))
        .layer(middleware::from_fn(compress::mark))
        .layer(compress::layer())
        .layer(middleware::from_fn(telemetry::headers))
        .layer(middleware::from_fn(telemetry::count))
        .layer(Extension(Hub::default()))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(state)
}
