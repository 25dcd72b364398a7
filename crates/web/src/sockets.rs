//! WebSockets: the handshake is answered here, then the socket itself is handed to chat, and no task of ours stays with it.
//!
//! `/api/v1/chat/{channel}` is one room, in the language that the subprotocol names; `/irc`, and `/` because tmi.js and others can't
//! set a path, are Twitch IRC for any number of rooms.

use std::sync::Arc;

use axum::response::IntoResponse as _;
use chat::command::Account;
use chat::edge::{Adopted, Presented, Tongue};
use chat::service::Reception;
use chat::tree::encode::RoomName;
use chat::websocket::handshake::{Answer, Subprotocol};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use runtime::clock;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::body::Body;
use crate::errors::ApiError;
use crate::extract::Query;
use crate::peer::Peer;
use crate::server::into_socket;
use crate::session;
use crate::state::State;

const CHAT: &str = "/api/v1/chat/";

/// Answers handshakes.
#[derive(Clone)]
pub(crate) struct Sockets(State);

/// What a handshake asks for.
struct Wish {
    tongue: Tongue,
    room: Option<RoomName>,
    full: bool,
    after: Option<(u64, u64)>,
}

/// The query of a room's address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    view: Option<View>,
    after: Option<After>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum View {
    Full,
    Sampled,
}

/// The last event that a client has: epoch and number.
struct After(u64, u64);

impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let said = String::deserialize(d)?;
        let read =
            said.split_once('.').and_then(|(epoch, seq)| Some(Self(epoch.parse().ok()?, seq.parse().ok()?)));
        read.ok_or_else(|| D::Error::custom("EPOCH.SEQ of the last event is needed, as `at` has them"))
    }
}

impl Sockets {
    pub(crate) fn new(state: State) -> Self {
        Self(state)
    }

    /// Whether a request is ours to answer: one for chat's address, or a handshake to where IRC clients knock.
    pub(crate) fn is_ours(request: &Request<Incoming>) -> bool {
        let path = request.uri().path();
        path.starts_with(CHAT) || (matches!(path, "/" | "/irc") && asks_to_upgrade(request.headers()))
    }

    /// Answers a handshake, and sees to it that the socket goes where it should once the answer is sent.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Response<Body> {
        match self.shake_hands(request, peer).await {
            Ok(response) => response,
            Err(error) => error.into_response().map(Body::Other),
        }
    }

    async fn shake_hands(
        &self,
        mut request: Request<Incoming>,
        peer: Peer,
    ) -> Result<Response<Body>, ApiError> {
        let chat = self.0.deps.reception.clone().ok_or(ApiError::NotReady("this node has no chat"))?;
        if request.method() != Method::GET || !is_handshake(request.headers()) {
            return Err(ApiError::UpgradeNeeded);
        }
        let headers = request.headers();
        let all =
            |name: HeaderName| headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        let key = headers.get(SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
        let answer = Answer::to(key, all(SEC_WEBSOCKET_PROTOCOL), all(SEC_WEBSOCKET_EXTENSIONS));
        let mut answer = answer.ok_or(ApiError::BadHandshake)?;
        let wish = self.wish(&*chat, &request, answer.subprotocol).await?;
        if wish.tongue != Tongue::Native && answer.subprotocol == Subprotocol::Native {
            // What is not spoken here is not promised.
            answer.subprotocol = Subprotocol::Unnamed;
        }
        let account = match wish.tongue {
            Tongue::Native => self.account(&*chat, &request).await?,
            // IRC clients say who they are by PASS.
            Tongue::IrcWebSocket | Tongue::IrcTcp => None,
        };
        let (account, token) = account.unzip();
        let refused =
            wish.tongue == Tongue::Native && token.is_none() && session::has_bearer(request.headers());
        let place = chat.door().admit(peer.address).map_err(|_| ApiError::TooManyConnections)?;
        let upgrade = hyper::upgrade::on(&mut request);
        let deflate = answer.extensions.is_some();
        self.0.scope.spawn("chat handover", async move {
            let Ok(upgraded) = upgrade.await else { return };
            let Some((socket, leftover)) = into_socket(upgraded) else { return };
            let Wish { tongue, room, full, after } = wish;
            let address = peer.address;
            let client = Adopted {
                socket,
                leftover,
                tongue,
                deflate,
                room,
                account,
                token,
                refused,
                address,
                full,
                after,
                pass: None,
            };
            chat.door().take(place, client);
        });
        Ok(switching(&answer))
    }

    /// What the address and the subprotocol ask for.
    async fn wish(
        &self,
        chat: &dyn Reception,
        request: &Request<Incoming>,
        subprotocol: Subprotocol,
    ) -> Result<Wish, ApiError> {
        let Some(name) = request.uri().path().strip_prefix(CHAT) else {
            return Ok(Wish { tongue: Tongue::IrcWebSocket, room: None, full: false, after: None });
        };
        let room = chat.room_named(name).await?.ok_or(ApiError::NoSuchChannel)?;
        let Query(Reading { view, after }) = Query::of(request.uri())?;
        let after = after.map(|After(epoch, seq)| (epoch, seq));
        let tongue = match subprotocol {
            Subprotocol::Native => Tongue::Native,
            Subprotocol::Irc | Subprotocol::Unnamed => Tongue::IrcWebSocket,
        };
        Ok(Wish { tongue, room: Some(room), full: view == Some(View::Full), after })
    }

    /// Who knocks. A cookie counts only if the page that opened the socket is ours: any site can open one.
    async fn account(
        &self,
        chat: &dyn Reception,
        request: &Request<Incoming>,
    ) -> Result<Option<(Arc<Account>, Presented)>, ApiError> {
        let Some(token) = session::presented_here(request, self.0.origin.as_deref()) else { return Ok(None) };
        let presented = Presented { hash: token.hash().0, asked: clock::now() };
        Ok(chat.account(token.expose()).await?.map(|account| (account, presented)))
    }
}

fn is_handshake(headers: &HeaderMap) -> bool {
    asks_to_upgrade(headers) && headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13")
}

fn asks_to_upgrade(headers: &HeaderMap) -> bool {
    let has = |name, word: &str| {
        let values = headers.get_all(name).into_iter().filter_map(|value: &HeaderValue| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    has(UPGRADE, "websocket") && has(CONNECTION, "upgrade")
}

fn switching(answer: &Answer) -> Response<Body> {
    let mut response = Response::new(Body::Other(axum::body::Body::empty()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    let text = |text: &str| HeaderValue::from_str(text).ok();
    let said = [
        (SEC_WEBSOCKET_ACCEPT, text(&answer.accept)),
        (SEC_WEBSOCKET_PROTOCOL, answer.subprotocol.echo().map(HeaderValue::from_static)),
        (SEC_WEBSOCKET_EXTENSIONS, answer.extensions.as_deref().and_then(text)),
    ];
    headers.extend(said.into_iter().filter_map(|(name, value)| Some((name, value?))));
    response
}
