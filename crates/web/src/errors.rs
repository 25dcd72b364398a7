//! The only place where an error becomes a response.
//!
//! Handlers return [`ApiError`]; its one `problem()` chooses status and code, and what is our own fault is logged here with
//! its causes, which the answer never shows.

use std::error::Error;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use chat::AskError;
use chat::command::Refusal;
use chat::emotes::{AddError, IntakeError};
use directory::FieldFault;
use directory::accounts::{CreateError, CreateTokenError, SignInError, SignUpError};
use directory::browse::BrowseError;
use directory::channels::PatchError;
use directory::keys::CreateKeyError;
use directory::passwords::PasswordError;
use domain::class::Class;
use domain::ports::StoreError;
use http::StatusCode;

use crate::problem::{FieldProblem, Problem};

/// Why a request is not answered as hoped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error(transparent)]
    SignUp(#[from] SignUpError),
    #[error(transparent)]
    SignIn(#[from] SignInError),
    #[error(transparent)]
    Key(#[from] CreateKeyError),
    #[error(transparent)]
    Token(#[from] CreateTokenError),
    #[error(transparent)]
    Patch(#[from] PatchError),
    #[error(transparent)]
    Browse(#[from] BrowseError),
    #[error(transparent)]
    Chat(#[from] AskError),
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
            Self::Key(e) => e.class(),
            Self::Token(e) => e.class(),
            Self::Patch(e) => e.class(),
            Self::Browse(e) => e.class(),
            Self::Chat(e) => e.class(),
            Self::Emote(e) => e.class(),
            Self::Store(e) => e.class(),
            Self::Unreadable { .. } | Self::Invalid(_) | Self::NotSignedIn | Self::CrossSite => Class::Caller,
            Self::Scope | Self::NotYours => Class::Caller,
            Self::NotFound | Self::MethodNotAllowed | Self::NoSuchChannel | Self::Offline => Class::Caller,
            Self::NoThumbnail | Self::UnknownStreamKey | Self::UnsupportedCodec { .. } => Class::Caller,
            Self::BitrateTooHigh { .. } | Self::TooManyEventStreams => Class::Caller,
            Self::TooManyConnections | Self::UpgradeNeeded | Self::BadHandshake => Class::Caller,
            Self::Draining | Self::NotReady(_) => Class::Busy,
        }
    }

    /// Status, code and words. No `_` arm: a new error must choose.
    pub(crate) fn problem(&self) -> Problem {
        let say = |status, code: &'static str| Problem::new(status, code, self.to_string());
        match self {
            Self::SignUp(e) => sign_up(e),
            Self::SignIn(e) => sign_in(e),
            Self::Key(e) => key(e),
            Self::Token(e) => token(e),
            Self::Patch(e) => patch(e),
            Self::Browse(BrowseError::BadCursor) => {
                invalid(&[FieldFault::new("after", "shape", self.to_string())])
            }
            Self::Chat(AskError::Refused(refusal)) => refused(refusal),
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
            Self::Draining => busy("draining", self.to_string()),
            Self::NotReady(_) => busy("not_ready", self.to_string()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        match self.class() {
            Class::Caller => {}
            Class::Busy => tracing::warn!(error = %causes(&self), "request refused as busy"),
            Class::Fault => tracing::error!(error = %causes(&self), "request failed"),
        }
        problem.into_response()
    }
}

/// An error and what caused it, for the log.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn sign_up(e: &SignUpError) -> Problem {
    let say = |status, code: &'static str| Problem::new(status, code, e.to_string());
    match e {
        SignUpError::Closed => say(StatusCode::FORBIDDEN, "signup_closed"),
        SignUpError::InviteNeeded => say(StatusCode::FORBIDDEN, "invite_needed"),
        SignUpError::BadInvite => say(StatusCode::FORBIDDEN, "bad_invite"),
        SignUpError::RateLimited { retry_after } => {
            say(StatusCode::TOO_MANY_REQUESTS, "rate_limited").with_retry_after(*retry_after)
        }
        SignUpError::Account(CreateError::Invalid(faults)) => invalid(faults),
        SignUpError::Account(CreateError::NameTaken) => say(StatusCode::CONFLICT, "name_taken"),
        SignUpError::Account(CreateError::EmailTaken) => say(StatusCode::CONFLICT, "email_taken"),
        SignUpError::Account(CreateError::Password(e)) => password(e),
        SignUpError::Account(CreateError::Store(e)) => store(e),
    }
}

fn sign_in(e: &SignInError) -> Problem {
    let say = |status, code: &'static str| Problem::new(status, code, e.to_string());
    match e {
        SignInError::BadCredentials => say(StatusCode::UNAUTHORIZED, "bad_credentials"),
        SignInError::RateLimited { retry_after } => {
            say(StatusCode::TOO_MANY_REQUESTS, "rate_limited").with_retry_after(*retry_after)
        }
        SignInError::Password(e) => password(e),
        SignInError::Store(e) => store(e),
    }
}

fn key(e: &CreateKeyError) -> Problem {
    match e {
        CreateKeyError::Invalid(faults) => invalid(faults),
        CreateKeyError::TooMany => Problem::new(StatusCode::CONFLICT, "too_many_keys", e.to_string()),
        CreateKeyError::Store(e) => store(e),
    }
}

fn token(e: &CreateTokenError) -> Problem {
    match e {
        CreateTokenError::Invalid(faults) => invalid(faults),
        CreateTokenError::TooMany => Problem::new(StatusCode::CONFLICT, "too_many_tokens", e.to_string()),
        CreateTokenError::Store(e) => store(e),
    }
}

fn patch(e: &PatchError) -> Problem {
    match e {
        PatchError::NoSuchChannel => Problem::new(StatusCode::NOT_FOUND, "no_such_channel", e.to_string()),
        PatchError::NotYours => Problem::new(StatusCode::FORBIDDEN, "not_yours", e.to_string()),
        PatchError::Invalid(faults) => invalid(faults),
        PatchError::Store(e) => store(e),
    }
}

/// A room's refusal. Its NOTICE id is the code; the status follows from what kind of id it is.
fn refused(refusal: &Refusal) -> Problem {
    let id = refusal.id.as_ref();
    let status = match id {
        "msg_ratelimit" | "msg_slowmode" | "msg_duplicate" => StatusCode::TOO_MANY_REQUESTS,
        "no_permission" => StatusCode::FORBIDDEN,
        "bad_slow_duration" | "bad_timeout_duration" | "bad_term" | "bad_value" => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ if id.starts_with("usage_") => StatusCode::UNPROCESSABLE_ENTITY,
        _ if id.starts_with("bad_") || id.starts_with("already_") => StatusCode::CONFLICT,
        "untimeout_banned" | "timeout_no_timeout" | "invalid_user" => StatusCode::CONFLICT,
        _ => StatusCode::FORBIDDEN,
    };
    let problem = Problem::new(status, id.to_owned(), refusal.text.to_string());
    match refusal.retry_after_ms {
        Some(ms) => problem.with_retry_after(Duration::from_millis(ms.into())),
        None => problem,
    }
}

fn emote(e: &AddError) -> Problem {
    let say = |status, code: &'static str| Problem::new(status, code, e.to_string());
    match e {
        AddError::Code => invalid(&[FieldFault::new("code", "characters", e.to_string())]),
        AddError::CodeTaken => say(StatusCode::CONFLICT, "code_taken"),
        AddError::TooMany => say(StatusCode::CONFLICT, "too_many_emotes"),
        AddError::Intake(IntakeError::TooLarge) => say(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        AddError::Intake(IntakeError::Format | IntakeError::Avif) => {
            let supported = ["image/png", "image/gif", "image/webp"].map(str::to_owned);
            say(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
                .with_supported(supported.to_vec())
        }
        AddError::Intake(IntakeError::Encode(_)) | AddError::Lost(_) => fault(),
        AddError::Intake(e) => invalid(&[FieldFault::new("picture", e.code(), e.to_string())]),
        AddError::Busy => busy("busy", e.to_string()),
        AddError::Store(e) => store(e),
    }
}

fn password(e: &PasswordError) -> Problem {
    match e {
        PasswordError::Busy => busy("busy", e.to_string()),
        // The cause is for the log; the caller could do nothing with it.
        PasswordError::Hash(_) => fault(),
    }
}

fn store(e: &StoreError) -> Problem {
    match e.class() {
        Class::Busy => busy("unavailable", "something we need does not answer; try again in a moment"),
        Class::Caller | Class::Fault => fault(),
    }
}

fn invalid(faults: &[FieldFault]) -> Problem {
    let errors = faults.iter().map(|fault| FieldProblem {
        field: fault.field.clone(),
        code: fault.code,
        detail: fault.detail.clone(),
    });
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "some fields are not right")
        .with_errors(errors.collect())
}

fn busy(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).with_retry_after(Duration::from_secs(1))
}

fn fault() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong on our side")
}
