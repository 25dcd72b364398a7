//! What the desks and chat refuse, as problems: one function for each of their errors, without a `_` arm.

use std::time::Duration;

use chat::command::Refusal;
use chat::emotes::{AddError, IntakeError};
use directory::FieldFault;
use directory::accounts::{ChangePasswordError, CreateError, CreateTokenError, SignInError, SignUpError};
use directory::channels::PatchError;
use directory::follows::FollowRefusal;
use directory::keys::CreateKeyError;
use directory::passwords::PasswordError;
use domain::class::Class;
use domain::ports::{FollowError, StoreError};
use http::StatusCode;

use crate::problem::{FieldProblem, Problem};

pub(super) fn sign_up(e: &SignUpError) -> Problem {
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

pub(super) fn sign_in(e: &SignInError) -> Problem {
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

pub(super) fn change_password(e: &ChangePasswordError) -> Problem {
    match e {
        ChangePasswordError::Invalid(faults) => invalid(faults),
        ChangePasswordError::SignIn(e) => sign_in(e),
    }
}

pub(super) fn key(e: &CreateKeyError) -> Problem {
    match e {
        CreateKeyError::Invalid(faults) => invalid(faults),
        CreateKeyError::TooMany => Problem::new(StatusCode::CONFLICT, "too_many_keys", e.to_string()),
        CreateKeyError::Store(e) => store(e),
    }
}

pub(super) fn token(e: &CreateTokenError) -> Problem {
    match e {
        CreateTokenError::Invalid(faults) => invalid(faults),
        CreateTokenError::TooMany => Problem::new(StatusCode::CONFLICT, "too_many_tokens", e.to_string()),
        CreateTokenError::Store(e) => store(e),
    }
}

pub(super) fn patch(e: &PatchError) -> Problem {
    match e {
        PatchError::NoSuchChannel => Problem::new(StatusCode::NOT_FOUND, "no_such_channel", e.to_string()),
        PatchError::NotYours => Problem::new(StatusCode::FORBIDDEN, "not_yours", e.to_string()),
        PatchError::Invalid(faults) => invalid(faults),
        PatchError::Store(e) => store(e),
    }
}

pub(super) fn follow(e: &FollowRefusal) -> Problem {
    let say = |status, code: &'static str| Problem::new(status, code, e.to_string());
    match e {
        FollowRefusal::OwnChannel => say(StatusCode::CONFLICT, "own_channel"),
        FollowRefusal::Blocked => say(StatusCode::FORBIDDEN, "blocked"),
        FollowRefusal::RateLimited { retry_after } => {
            say(StatusCode::TOO_MANY_REQUESTS, "rate_limited").with_retry_after(*retry_after)
        }
        FollowRefusal::NotYours => say(StatusCode::FORBIDDEN, "not_yours"),
        FollowRefusal::BadCursor => invalid(&[FieldFault::new("after", "shape", e.to_string())]),
        FollowRefusal::Follow(FollowError::NoSuchChannel) => say(StatusCode::NOT_FOUND, "no_such_channel"),
        FollowRefusal::Follow(FollowError::TooMany) => say(StatusCode::CONFLICT, "too_many_follows"),
        FollowRefusal::Follow(FollowError::Store(e)) => store(e),
    }
}

/// A room's refusal. Its NOTICE id is the code; the status follows from what kind of id it is.
pub(super) fn refused(refusal: &Refusal) -> Problem {
    let id = refusal.id.as_ref();
    let status = match id {
        "msg_ratelimit" | "msg_slowmode" | "msg_duplicate" | "bad_shoutout_limit" => {
            StatusCode::TOO_MANY_REQUESTS
        }
        "whisper_limit_per_sec" | "whisper_limit_per_min" => StatusCode::TOO_MANY_REQUESTS,
        "whisper_restricted" if refusal.retry_after_ms.is_some() => StatusCode::TOO_MANY_REQUESTS,
        "whisper_invalid_login" | "whisper_invalid_self" => StatusCode::CONFLICT,
        "no_permission" => StatusCode::FORBIDDEN,
        "bad_slow_duration"
        | "bad_followers_duration"
        | "bad_delay_duration"
        | "bad_timeout_duration"
        | "bad_pin_duration"
        | "bad_account_age"
        | "bad_automod_level"
        | "bad_term"
        | "bad_value" => StatusCode::UNPROCESSABLE_ENTITY,
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

pub(super) fn emote(e: &AddError) -> Problem {
    let say = |status, code: &'static str| Problem::new(status, code, e.to_string());
    match e {
        AddError::Code => invalid(&[FieldFault::new("code", "characters", e.to_string())]),
        AddError::CodeTaken => say(StatusCode::CONFLICT, "code_taken"),
        AddError::TooMany => say(StatusCode::CONFLICT, "too_many_emotes"),
        AddError::Intake(IntakeError::TooLarge) => say(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        AddError::Intake(IntakeError::Format | IntakeError::NoAvif) => {
            let avif = matches!(e, AddError::Intake(IntakeError::Format)).then_some("image/avif");
            let supported =
                ["image/png", "image/gif", "image/webp"].into_iter().chain(avif).map(str::to_owned);
            say(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
                .with_supported(supported.collect())
        }
        AddError::Intake(IntakeError::Encode(_) | IntakeError::Decoder(_)) | AddError::Lost(_) => fault(),
        AddError::Intake(e) => invalid(&[FieldFault::new("picture", e.code(), e.to_string())]),
        AddError::Busy => busy("busy", e.to_string()),
        AddError::Store(e) => store(e),
    }
}

pub(super) fn password(e: &PasswordError) -> Problem {
    match e {
        PasswordError::Busy => busy("busy", e.to_string()),
        // The cause is for the log; the caller could do nothing with it.
        PasswordError::Hash(_) => fault(),
    }
}

pub(super) fn store(e: &StoreError) -> Problem {
    match e.class() {
        Class::Busy => busy("unavailable", "something we need does not answer; try again in a moment"),
        Class::Caller | Class::Fault => fault(),
    }
}

pub(super) fn invalid(faults: &[FieldFault]) -> Problem {
    let errors = faults.iter().map(|fault| FieldProblem {
        field: fault.field.clone(),
        code: fault.code,
        detail: fault.detail.clone(),
    });
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "some fields are not right")
        .with_errors(errors.collect())
}

pub(super) fn busy(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).with_retry_after(Duration::from_secs(1))
}

pub(super) fn fault() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong on our side")
}
