//! Which field of a request a room's refusal is about. The room knows commands and no forms: the same id is about another field in
//! each of them.

use chat::AskError;

use crate::errors::ApiError;

/// A refusal's id, the field that it is about in this request, and the code of what is wrong with it.
pub(super) type About = (&'static str, &'static str, &'static str);

/// Lets a refusal name its field.
pub(super) fn naming(fields: &[About]) -> impl Fn(ApiError) -> ApiError {
    move |error| {
        let ApiError::Chat(AskError::Refused(refusal)) = error else { return error };
        match fields.iter().find(|(id, ..)| *id == &*refusal.id) {
            Some((_, field, code)) => ApiError::ChatField { field, code, refusal },
            None => AskError::Refused(refusal).into(),
        }
    }
}
