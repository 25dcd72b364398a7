//! What is wrong with a field that somebody sent: told for all fields at once, so that a form is filled in twice at most.

use domain::limits::{CATEGORY_LEN_MAX, EMAIL_LEN_MAX, PASSWORD_LEN_MAX, PASSWORD_LEN_MIN};
use domain::names::{Name, NameError};

/// One field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Name of the field in the API, e.g. `password` or `tags[2]`.
    pub field: String,
    /// Stable snake_case code: `required`, `too_short`, `too_long`, `too_many`, `characters`, `reserved`, `guessable`,
    /// `shape`, `unknown`, `partners_only`.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

impl FieldFault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into() }
    }
}

/// Keeps the value, or the fault for the answer.
pub(crate) fn keep<T>(checked: Result<T, FieldFault>, faults: &mut Vec<FieldFault>) -> Option<T> {
    checked.map_err(|fault| faults.push(fault)).ok()
}

/// A name, from what was typed. Space around it is dropped.
pub(crate) fn name(field: &str, text: &str) -> Result<Name, FieldFault> {
    let name = text.trim().parse().and_then(|name: Name| match name.may_be_taken() {
        true => Ok(name),
        false => Err(NameError::Reserved),
    });
    name.map_err(|e: NameError| {
        let code = match e {
            NameError::Length if text.trim().is_empty() => "required",
            NameError::Length if text.trim().chars().count() < domain::limits::NAME_LEN_MIN => "too_short",
            NameError::Length => "too_long",
            NameError::Characters => "characters",
            NameError::Reserved => "reserved",
        };
        FieldFault::new(field, code, e.to_string())
    })
}

/// An e-mail address as HTML's `<input type=email>` takes it (HTML Living Standard §4.10.5.1.5), at most 254 bytes.
pub(crate) fn email(field: &str, text: &str) -> Result<String, FieldFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldFault::new(field, "required", "an e-mail address is needed"));
    }
    if text.len() > EMAIL_LEN_MAX {
        return Err(FieldFault::new(field, "too_long", format!("at most {EMAIL_LEN_MAX} characters")));
    }
    let shaped = text.rsplit_once('@').is_some_and(|(local, host)| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b);
        (1..=64).contains(&local.len()) && local.bytes().all(plain) && host.split('.').all(is_host_label)
    });
    if !shaped {
        return Err(FieldFault::new(field, "shape", "that is not an e-mail address"));
    }
    Ok(text.to_owned())
}

fn is_host_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A new password: long enough to be worth hashing, short enough to hash, and not the account's own name.
pub(crate) fn password(field: &str, text: &str, name: &str, email: &str) -> Result<(), FieldFault> {
    if text.is_empty() {
        return Err(FieldFault::new(field, "required", "a password is needed"));
    }
    if text.chars().count() < PASSWORD_LEN_MIN {
        let detail = format!("a password has at least {PASSWORD_LEN_MIN} characters");
        return Err(FieldFault::new(field, "too_short", detail));
    }
    if text.len() > PASSWORD_LEN_MAX {
        let detail = format!("a password has at most {PASSWORD_LEN_MAX} bytes");
        return Err(FieldFault::new(field, "too_long", detail));
    }
    let same = |other: &str| text.trim().eq_ignore_ascii_case(other.trim());
    let mut chars = text.chars();
    let first = chars.next();
    if same(name) || same(email) || chars.all(|c| Some(c) == first) {
        return Err(FieldFault::new(field, "guessable", "that password is too easy to guess"));
    }
    Ok(())
}

/// One line of text: trimmed, at most `longest` characters, no control or direction-changing characters.
pub(crate) fn line(field: &str, text: &str, longest: usize) -> Result<String, FieldFault> {
    let text = text.trim();
    if text.chars().any(is_unprintable) {
        return Err(FieldFault::new(field, "characters", "control characters cannot be used"));
    }
    if text.chars().count() > longest {
        return Err(FieldFault::new(field, "too_long", format!("at most {longest} characters")));
    }
    Ok(text.to_owned())
}

/// Controls, line separators, and what overrides or isolates direction (Unicode UAX #9): they would deface a list.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// A BCP 47 language tag by its shape (RFC 5646 §2.1: 2–8 letters, then subtags of 1–8 letters and digits); empty is
/// "not said". The registry of subtags is not consulted.
pub(crate) fn language(field: &str, text: &str) -> Result<String, FieldFault> {
    let text = text.trim();
    let mut subtags = text.split('-');
    let first = subtags.next().unwrap_or_default();
    let shaped = (2..=8).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags.all(|s| (1..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric()))
        // RFC 5646 §4.4.1: every implementation takes at least 35 characters.
        && text.len() <= 35;
    if text.is_empty() || shaped {
        Ok(text.to_owned())
    } else {
        Err(FieldFault::new(field, "shape", "a language is a tag such as en, de or pt-BR"))
    }
}

/// A category; empty is "not said".
pub(crate) fn category(field: &str, text: &str) -> Result<String, FieldFault> {
    line(field, text, CATEGORY_LEN_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T>(checked: Result<T, FieldFault>) -> &'static str {
        checked.err().map_or("ok", |fault| fault.code)
    }

    #[test]
    fn names_say_what_is_wrong_with_them() {
        for (text, expected) in [
            (" Maya ", "ok"),
            ("", "required"),
            ("ab", "too_short"),
            ("a2345678901234567890123456", "too_long"),
            ("ma.ya", "characters"),
            ("api", "reserved"),
            ("justinfan777", "reserved"),
            ("120495948571525120", "reserved"),
        ] {
            assert_eq!(code(name("name", text)), expected, "{text:?}");
        }
    }

    #[test]
    fn addresses_are_those_that_a_browser_takes() {
        let long = format!("{}@example.com", "a".repeat(250));
        for (text, expected) in [
            ("maya@example.com", "ok"),
            (" Maya.O'Neil+tv@sub.example.co.uk ", "ok"),
            ("operator@localhost", "ok"),
            ("", "required"),
            ("maya", "shape"),
            ("@example.com", "shape"),
            ("maya@", "shape"),
            ("maya@example..com", "shape"),
            ("maya@-example.com", "shape"),
            ("ma ya@example.com", "shape"),
            ("maya@example.com\n.evil", "shape"),
            ("a@b@c", "shape"),
            ("mäya@example.com", "shape"),
            (&long, "too_long"),
        ] {
            assert_eq!(code(email("email", text)), expected, "{text:?}");
        }
    }

    #[test]
    fn passwords_are_long_enough_and_not_the_name() {
        let long = "ä".repeat(129);
        for (text, expected) in [
            ("correct horse", "ok"),
            ("pässwört", "ok"),
            ("", "required"),
            ("1234567", "too_short"),
            ("Maya_long", "guessable"),
            ("maya@example.com", "guessable"),
            ("aaaaaaaaaaaa", "guessable"),
            (&long, "too_long"),
        ] {
            assert_eq!(
                code(password("password", text, "maya_long", "maya@example.com")),
                expected,
                "{text:?}"
            );
        }
    }

    #[test]
    fn lines_are_trimmed_counted_in_characters_and_printable() {
        for (text, expected) in [
            ("  Chess  ", "ok"),
            ("", "ok"),
            ("äöüß♟", "ok"),
            ("sixsix", "too_long"),
            ("a\u{7}", "characters"),
            ("a\nb", "characters"),
            ("\u{202E}abc", "characters"),
        ] {
            assert_eq!(code(line("title", text, 5)), expected, "{text:?}");
        }
        assert_eq!(line("title", "  Chess  ", 5).as_deref(), Ok("Chess"));
    }

    #[test]
    fn languages_have_the_shape_of_bcp_47() {
        for (text, expected) in [
            ("", "ok"),
            ("en", "ok"),
            ("pt-BR", "ok"),
            ("zh-Hant-TW", "ok"),
            ("de-1996", "ok"),
            ("e", "shape"),
            ("english please", "shape"),
            ("en_GB", "shape"),
            ("en-", "shape"),
            ("1a", "shape"),
        ] {
            assert_eq!(code(language("language", text)), expected, "{text:?}");
        }
    }
}
