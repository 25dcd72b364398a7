//! The only place where an error becomes a response.
//!
//! Handlers return [`ApiError`]; its one `problem()` chooses status and code, and what is our own fault is logged here with
//! its causes, which the answer never shows.

mod pipelines;

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use chat::AskError;
use chat::command::Refusal;
use chat::emotes::AddError;
use directory::FieldFault;
use directory::accounts::{ChangePasswordError, CreateTokenError, SignInError, SignUpError};
use directory::browse::BrowseError;
use directory::channels::PatchError;
use directory::follows::FollowRefusal;
use directory::keys::CreateKeyError;
use domain::class::Class;
use domain::ports::StoreError;
use http::StatusCode;
use runtime::clock;
use runtime::log::{Seldom, causes};

use crate::problem::{FieldProblem, Problem};
use pipelines::{
    busy, change_password, emote, follow, invalid, key, patch, refused, sign_in, sign_up, store, token,
};

/// Why a request is not answered as hoped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error(transparent)]
    SignUp(#[from] SignUpError),
    #[error(transparent)]
    SignIn(#[from] SignInError),
    #[error(transparent)]
    Password(#[from] ChangePasswordError),
    #[error(transparent)]
    Key(#[from] CreateKeyError),
    #[error(transparent)]
    Token(#[from] CreateTokenError),
    #[error(transparent)]
    Patch(#[from] PatchError),
    #[error(transparent)]
    Follow(#[from] FollowRefusal),
    #[error(transparent)]
    Browse(#[from] BrowseError),
    #[error(transparent)]
    Chat(#[from] AskError),
    /// A room refuses what one field of a request says.
    #[error("{refusal}")]
    ChatField { field: &'static str, code: &'static str, refusal: Refusal },
    #[error(transparent)]
    Emote(#[from] AddError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The request itself can't be read.
    #[error("{detail}")]
    Unreadable { status: StatusCode, code: &'static str, detail: String },
    #[error("some fields are not right")]
    Invalid(Vec<FieldFault>),
    #[error("sign in first")]
    NotSignedIn,
    #[error("this channel is somebody else's")]
    NotYours,
    #[error("this token is for chat alone")]
    Scope,
    #[error("this request came from another site")]
    CrossSite,
    #[error("there is nothing at this address")]
    NotFound,
    #[error("this address does not take that method")]
    MethodNotAllowed,
    #[error("there is no such channel")]
    NoSuchChannel,
    #[error("the channel is not live")]
    Offline,
    #[error("there is no thumbnail yet")]
    NoThumbnail,
    #[error("no channel has this stream key")]
    UnknownStreamKey,
    #[error("this codec is not taken")]
    UnsupportedCodec { supported: Vec<String> },
    #[error("that is more than the {max} bits a second that are taken")]
    BitrateTooHigh { max: u64 },
    #[error("too many event streams are open")]
    TooManyEventStreams,
    #[error("too many chat connections are open")]
    TooManyConnections,
    #[error("this address speaks WebSocket; see the documentation of chat")]
    UpgradeNeeded,
    #[error("that is no WebSocket handshake: Sec-WebSocket-Key must be 16 bytes in base64")]
    BadHandshake,
    #[error("a request names one host")]
    BadHost,
    #[error("the server is going down; try again in a moment")]
    Draining,
    #[error("{0}")]
    NotReady(&'static str),
}

impl ApiError {
    /// Who must act.
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::SignUp(e) => e.class(),
            Self::SignIn(e) => e.class(),
            Self::Password(e) => e.class(),
            Self::Key(e) => e.class(),
            Self::Token(e) => e.class(),
            Self::Patch(e) => e.class(),
            Self::Follow(e) => e.class(),
            Self::Browse(e) => e.class(),
            Self::Chat(e) => e.class(),
            Self::Emote(e) => e.class(),
            Self::Store(e) => e.class(),
            Self::ChatField { .. } => Class::Caller,
            Self::Unreadable { .. } | Self::Invalid(_) | Self::NotSignedIn | Self::CrossSite => Class::Caller,
            Self::Scope | Self::NotYours => Class::Caller,
            Self::NotFound | Self::MethodNotAllowed | Self::NoSuchChannel | Self::Offline => Class::Caller,
            Self::NoThumbnail | Self::UnknownStreamKey | Self::UnsupportedCodec { .. } => Class::Caller,
            Self::BitrateTooHigh { .. } | Self::TooManyEventStreams => Class::Caller,
            Self::TooManyConnections | Self::UpgradeNeeded => Class::Caller,
            Self::BadHandshake | Self::BadHost => Class::Caller,
            Self::Draining | Self::NotReady(_) => Class::Busy,
        }
    }

    /// Status, code and words. No `_` arm: a new error must choose.
    pub(crate) fn problem(&self) -> Problem {
        let say = |status, code: &'static str| Problem::new(status, code, self.to_string());
        match self {
            Self::SignUp(e) => sign_up(e),
            Self::SignIn(e) => sign_in(e),
            Self::Password(e) => change_password(e),
            Self::Key(e) => key(e),
            Self::Token(e) => token(e),
            Self::Patch(e) => patch(e),
            Self::Follow(e) => follow(e),
            Self::Browse(BrowseError::BadCursor) => {
                invalid(&[FieldFault::new("after", "shape", self.to_string())])
            }
            Self::Chat(AskError::Refused(refusal)) => refused(refusal),
            Self::ChatField { field, code, refusal } => {
                let detail = refusal.text.to_string();
                let error = FieldProblem { field: (*field).to_owned(), code, detail };
                refused(refusal).with_errors(vec![error])
            }
            Self::Browse(BrowseError::Store(e)) | Self::Chat(AskError::Store(e)) | Self::Store(e) => store(e),
            Self::Emote(e) => emote(e),
            Self::Unreadable { status, code, .. } => say(*status, code),
            Self::Invalid(faults) => invalid(faults),
            Self::NotSignedIn => say(StatusCode::UNAUTHORIZED, "not_signed_in"),
            Self::NotYours => say(StatusCode::FORBIDDEN, "not_yours"),
            Self::Scope => say(StatusCode::FORBIDDEN, "scope"),
            Self::CrossSite => say(StatusCode::FORBIDDEN, "cross_site"),
            Self::NotFound => say(StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => say(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::NoSuchChannel => say(StatusCode::NOT_FOUND, "no_such_channel"),
            Self::Offline => say(StatusCode::NOT_FOUND, "offline"),
            Self::NoThumbnail => say(StatusCode::NOT_FOUND, "no_thumbnail"),
            Self::UnknownStreamKey => say(StatusCode::FORBIDDEN, "unknown_stream_key"),
            Self::UnsupportedCodec { supported } => {
                say(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_codec").with_supported(supported.clone())
            }
            Self::BitrateTooHigh { max } => {
                say(StatusCode::UNPROCESSABLE_ENTITY, "bitrate_too_high").with_max(*max)
            }
            Self::TooManyEventStreams => say(StatusCode::TOO_MANY_REQUESTS, "too_many_event_streams")
                .with_retry_after(Duration::from_secs(30)),
            Self::TooManyConnections => say(StatusCode::TOO_MANY_REQUESTS, "too_many_connections")
                .with_retry_after(Duration::from_secs(10)),
            Self::UpgradeNeeded => say(StatusCode::UPGRADE_REQUIRED, "upgrade_needed"),
            Self::BadHandshake => say(StatusCode::BAD_REQUEST, "bad_handshake"),
            Self::BadHost => say(StatusCode::BAD_REQUEST, "bad_host"),
            Self::Draining => busy("draining", self.to_string()),
            Self::NotReady(_) => busy("not_ready", self.to_string()),
        }
    }
}

static BUSY: Seldom = Seldom::new();
static FAULT: Seldom = Seldom::new();

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        match self.class() {
            Class::Caller => {}
            // Anybody may cause these, a thousand times a second.
            Class::Busy => {
                if let Some(left_out) = BUSY.due(clock::now()) {
                    tracing::warn!(error = %causes(&self), left_out, "request refused as busy");
                }
            }
            Class::Fault => {
                if let Some(left_out) = FAULT.due(clock::now()) {
                    tracing::error!(error = %causes(&self), left_out, "request failed");
                }
            }
        }
        problem.into_response()
    }
}
