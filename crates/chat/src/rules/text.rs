//! What a text is before anybody judges it: cut to length, without control characters, `/me` taken off.

use std::borrow::Cow;

use domain::names::Name;

use crate::limits::{REASON_CHARS_MAX, TEXT_CHARS_MAX};
use crate::moderation::normalise::is_invisible;

/// Most names that one message mentions; more are text like any other.
pub const MENTIONS_MAX: usize = 10;

/// A text as it was typed, without what says how it is meant: `/me`, `.me` and the ACTION wrapper of IRC make an action, and
/// the `. ` that careful libraries put in front of everything goes. Other slash commands are [`crate::room::slash`]'s.
pub fn opening(text: &str) -> (bool, &str) {
    if let Some(inner) = text.strip_prefix("\u{1}ACTION ") {
        return (true, inner.strip_suffix('\u{1}').unwrap_or(inner));
    }
    for me in ["/me", ".me"] {
        if let Some((head, rest)) = text.split_at_checked(me.len())
            && head.eq_ignore_ascii_case(me)
            && (rest.is_empty() || rest.starts_with(' '))
        {
            return (true, rest.trim_start());
        }
    }
    (false, text.strip_prefix(". ").unwrap_or(text))
}

/// The text as the room says it: control characters gone (a tab or line break becomes a space), no space around it, at most
/// `TEXT_CHARS_MAX` code points. `None` if nothing is left that can be seen.
pub fn clean(text: &str) -> Option<Cow<'_, str>> {
    clean_to(text, TEXT_CHARS_MAX)
}

/// As [`clean`], with at most `most` code points.
pub fn clean_to(text: &str, most: usize) -> Option<Cow<'_, str>> {
    let text = match tidy(text) {
        Cow::Borrowed(text) => Cow::Borrowed(cut(text, most)),
        Cow::Owned(text) => Cow::Owned(cut(&text, most).to_owned()),
    };
    text.chars().any(|c| !c.is_whitespace() && !is_unseen(c)).then_some(text)
}

/// What a moderator gives as a reason, which may be none: cleaned as what is said is, at most `REASON_CHARS_MAX` code points.
pub fn reason(text: &str) -> Cow<'_, str> {
    clean_to(text, REASON_CHARS_MAX).unwrap_or_default()
}

/// As [`clean`], of any length: what a text begins with once it is said, which decides whether it is a command.
pub fn tidy(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    // Most texts are ASCII, short and clean: they are only looked at.
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) || !text.is_ascii() {
        let mut out = String::with_capacity(text.len());
        let mut changed = false;
        for c in text.chars() {
            match c {
                '\t' | '\n' | '\r' => out.push(' '),
                c if c.is_control() || is_direction(c) => {}
                c => {
                    out.push(c);
                    continue;
                }
            }
            changed = true;
        }
        if changed { Cow::Owned(out.trim().to_owned()) } else { Cow::Borrowed(text) }
    } else {
        Cow::Borrowed(text)
    }
}

/// A text from the first character on that somebody sees.
pub fn seen(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || is_unseen(c))
}

/// The first `chars` code points.
pub fn cut(text: &str, chars: usize) -> &str {
    if text.len() <= chars {
        return text;
    }
    text.char_indices().nth(chars).map_or(text, |(end, _)| text[..end].trim_end())
}

/// Marks that turn the direction of the rest of the line: in a chat they only serve to mislead.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that show nothing by themselves, with which an empty text or a repeated one is dressed up: also what only says how the
/// picture before it is drawn.
fn is_unseen(c: char) -> bool {
    is_invisible(c) || matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// A number for the text as people read it: letter case, spaces and what shows nothing do not count. Two texts that look
/// the same have the same number. (FNV-1a: it is compared with the same author's last text only.)
pub fn fingerprint(text: &str) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    let add = |sum: u64, c: u32| (sum ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3);
    if text.is_ascii() {
        let seen = text.bytes().filter(|b| *b != b' ');
        seen.fold(OFFSET, |sum, b| add(sum, u32::from(b.to_ascii_lowercase())))
    } else {
        let seen = text.chars().filter(|c| !c.is_whitespace() && !is_unseen(*c));
        seen.flat_map(char::to_lowercase).fold(OFFSET, |sum, c| add(sum, u32::from(c)))
    }
}

/// The names that a text mentions with `@`, each once, in order.
pub fn mentions(text: &str) -> Vec<Name> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices('@') {
        // Only at the beginning of a word: an address is no mention.
        if text[..at].chars().next_back().is_some_and(|before| !before.is_whitespace()) {
            continue;
        }
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if let Ok(name) = rest[..end].parse::<Name>()
            && !names.contains(&name)
        {
            names.push(name);
            if names.len() == MENTIONS_MAX {
                break;
            }
        }
    }
    names
}

/// Whether a login matches a pattern in which `*` stands for any rest at either end.
pub fn login_matches(pattern: &str, login: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => login.contains(pattern.trim_matches('*')),
        (Some(end), None) => login.ends_with(end),
        (None, Some(start)) => login.starts_with(start),
        (None, None) => login == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_told_in_three_ways_and_a_dot_and_space_hide_a_command() {
        let cases = [
            ("hello", (false, "hello")),
            ("/me waves", (true, "waves")),
            (".me waves", (true, "waves")),
            ("/ME waves", (true, "waves")),
            (".Me waves", (true, "waves")),
            ("/me", (true, "")),
            ("/meow", (false, "/meow")),
            ("\u{1}ACTION waves\u{1}", (true, "waves")),
            ("\u{1}ACTION waves", (true, "waves")),
            (". /ban me", (false, "/ban me")),
            ("...", (false, "...")),
        ];
        for (text, expected) in cases {
            assert_eq!(opening(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_cleaned_cut_and_refused_if_nothing_can_be_seen() {
        let long = "é".repeat(600);
        let cases: [(&str, Option<String>); 10] = [
            ("  hello  ", Some("hello".into())),
            ("one\r\ntwo\u{7}", Some("one  two".into())),
            ("tab\there", Some("tab here".into())),
            ("", None),
            (" \u{200b}\u{e0000} ", None),
            ("\u{1}\u{2}", None),
            ("\u{fff3}\u{206c} \u{180f}\u{fe0f}", None),
            ("abc\u{202e}def", Some("abcdef".into())),
            ("👩‍👩‍👧", Some("👩‍👩‍👧".into())),
            (&long, Some("é".repeat(500))),
        ];
        for (text, expected) in cases {
            assert_eq!(clean(text).map(Cow::into_owned), expected, "{text:?}");
        }
    }

    #[test]
    fn texts_that_look_the_same_have_the_same_fingerprint() {
        let same = [
            ("Hello World", "hello  world"),
            ("hi", "hi \u{e0000}"),
            ("hi", "h\u{206f}i\u{fff0}"),
            ("ÉTÉ", "été"),
        ];
        for (a, b) in same {
            assert_eq!(fingerprint(a), fingerprint(b), "{a:?} {b:?}");
        }
        assert_ne!(fingerprint("hello"), fingerprint("hallo"));
    }

    #[test]
    fn mentions_are_names_after_an_at_sign_each_once() {
        let found = mentions("@Maya hi @maya, and @bob_2! mail@maya.tv @ab @maya_");
        assert_eq!(found.iter().map(Name::as_str).collect::<Vec<_>>(), ["maya", "bob_2", "maya_"]);
    }

    #[test]
    fn a_star_at_either_end_of_a_login_stands_for_any_rest() {
        let cases = [
            ("hoss*", "hoss0042", true),
            ("hoss*", "thehoss", false),
            ("*_bot", "my_bot", true),
            ("*oss*", "hoss1", true),
            ("HOSS", "hoss", true),
            ("hoss", "hoss1", false),
        ];
        for (pattern, login, expected) in cases {
            assert_eq!(login_matches(pattern, login), expected, "{pattern} {login}");
        }
    }
}
