//! Links in a text, also those that are written so that nobody's filter sees them.
//!
//! Found: addresses with a scheme or `www.`, bare domains of known ends, IPv4 addresses with a port or path, and domains whose dot is
//! written out or wrapped (`example dot com`, `example[.]com`, `example (dot) com`, `example . com`). Ends that are everyday words
//! (`ok.so`, `it.is`) count only with a path behind them.

/// A link, where it stands and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Host name in small letters, without `www.`.
    pub domain: String,
    /// First code point.
    pub start: u16,
    /// Last code point.
    pub end: u16,
    /// Written so as not to look like one.
    pub disguised: bool,
}

/// Most links that are looked for in a text.
const LINKS_MAX: usize = 16;

/// Ends of domains that are common, and not words that people write after a full stop without a space.
const ENDS: &[&str] = &[
    "com", "net", "org", "info", "biz", "xyz", "top", "site", "online", "shop", "store", "live", "club",
    "fun", "app", "dev", "gg", "tv", "io", "co", "ai", "ly", "link", "click", "vip", "pro", "space",
    "website", "tech", "win", "bid", "loan", "cc", "ws", "ru", "su", "ua", "de", "fr", "uk", "nl", "pl",
    "es", "pt", "br", "jp", "cn", "kr", "tr", "cz", "sk", "hu", "ro", "gr", "se", "fi", "dk", "ch", "eu",
    "ca", "au", "nz", "mx", "ar", "cl", "vn", "tw", "hk", "sg", "za", "ir", "il", "ae", "tk", "ml", "ga",
    "cf", "gq", "pw", "lol", "gift", "gifts", "promo", "bet", "casino", "porn", "xxx", "sex", "cam", "chat",
    "stream", "video", "game", "games", "cash", "money", "trade", "exchange", "finance", "bond", "sbs",
    "cfd", "icu", "cyou", "buzz", "quest", "monster", "rest", "today", "world", "zone", "agency", "network",
    "digital", "media", "news", "wiki", "page", "moe", "cloud", "gl", "gd", "sh", "rs", "bg", "lt", "lv",
    "ee", "kz", "by", "ge", "am", "im", "edu", "gov", "mobi",
];
/// Ends that are words: only with a path.
const WORDS: &[&str] = &[
    "so", "it", "is", "to", "me", "in", "my", "no", "us", "be", "at", "as", "id", "la", "pm", "do", "ok",
    "st",
];
/// Ends that a written-out dot may lead to.
const SPOKEN: &[&str] = &[
    "com", "net", "org", "info", "xyz", "tv", "gg", "io", "ru", "shop", "store", "live", "club", "site",
    "online", "link", "co", "top", "fun", "pro", "vip", "me", "ly", "app", "dev", "cc",
];

/// All links of a text, in order.
pub fn find(text: &str) -> Vec<Link> {
    let words = words(text);
    let mut links = Vec::new();
    let mut at = 0;
    while at < words.len() && links.len() < LINKS_MAX {
        if let Some((link, used)) = spoken(&words[at..]) {
            links.push(link);
            at += used;
            continue;
        }
        links.extend(plain(&words[at]));
        at += 1;
    }
    links
}

/// A piece of text between spaces with the code points of its ends.
struct Word<'a> {
    text: &'a str,
    start: u16,
}

impl Word<'_> {
    fn end(&self) -> u16 {
        let length = u16::try_from(self.text.chars().count()).unwrap_or(u16::MAX);
        self.start.saturating_add(length).saturating_sub(1)
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut begin: Option<(usize, u16)> = None;
    for (point, (byte, c)) in (0..u16::MAX).zip(text.char_indices()) {
        match (c.is_whitespace(), begin) {
            (false, None) => begin = Some((byte, point)),
            (true, Some((from, start))) => {
                words.push(Word { text: &text[from..byte], start });
                begin = None;
            }
            _ => {}
        }
    }
    if let Some((from, start)) = begin {
        words.push(Word { text: &text[from..], start });
    }
    words
}

/// A link that is one word.
fn plain(word: &Word<'_>) -> Option<Link> {
    if !word.text.contains(['.', '。', '․', '．']) {
        return None;
    }
    let mut text = word.text.to_lowercase().replace(['。', '․', '．'], ".");
    let mut disguised =
        text.len() != word.text.len() || text.chars().any(|c| matches!(c, '[' | ']' | '{' | '}'));
    for wrapped in ["[.]", "(.)", "{.}", "<.>"] {
        disguised |= text.contains(wrapped);
        text = text.replace(wrapped, ".");
    }
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let schemed = ["https://", "http://", "hxxps://", "hxxp://", "ftp://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let rest = schemed.unwrap_or(text);
    let named = rest.strip_prefix("www.");
    let rest = named.unwrap_or(rest);
    let host_end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    let (host, tail) = rest.split_at(host_end);
    // user@host in front of a path is not an address that somebody should open, and an e-mail address is no link.
    let mail = host.contains('@');
    let host = host.trim_end_matches(|c: char| !c.is_alphanumeric());
    let certain = schemed.is_some() || named.is_some();
    let path = tail.starts_with('/') && tail.len() > 1
        || tail.starts_with(':') && tail[1..].starts_with(|c: char| c.is_ascii_digit());
    let is_link = !mail
        && is_host(host)
        && (certain || path && ends_in(host, WORDS) || ends_in(host, ENDS) || path && is_address(host));
    is_link.then(|| Link { domain: host.to_owned(), start: word.start, end: word.end(), disguised })
}

/// A link whose dot is a word of its own, and how many words it takes.
fn spoken(words: &[Word<'_>]) -> Option<(Link, usize)> {
    let bare = |word: &Word<'_>| -> String {
        word.text.trim_matches(|c: char| !c.is_alphanumeric() && c != '.').to_lowercase()
    };
    let is_dot = |word: &Word<'_>| {
        let inner =
            word.text.trim_matches(['(', ')', '[', ']', '{', '}', '<', '>', '*', '-', '_']).to_lowercase();
        matches!(&*inner, "." | "dot" | "d0t" | "punkt" | "punto" | "point" | "точка")
    };
    let [name, dot, end, ..] = words else { return None };
    let (name_text, end_text) = (bare(name), bare(end));
    let end_name = end_text.split(['/', '?']).next().unwrap_or("").trim_end_matches('.');
    let fits = is_dot(dot) && SPOKEN.contains(&end_name) && is_label(name_text.trim_matches('.'));
    fits.then(|| {
        let domain = format!("{}.{end_name}", name_text.trim_matches('.'));
        (Link { domain, start: name.start, end: end.end(), disguised: true }, 3)
    })
}

/// Labels with dots between, at least two.
fn is_host(host: &str) -> bool {
    host.len() <= 253 && host.contains('.') && host.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

fn ends_in(host: &str, ends: &[&str]) -> bool {
    let Some((name, end)) = host.rsplit_once('.') else { return false };
    // "2.co" and "v1.io" are numbers and versions; a name has a letter.
    ends.contains(&end) && name.chars().any(char::is_alphabetic)
}

fn is_address(host: &str) -> bool {
    host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(text: &str) -> Vec<String> {
        find(text).into_iter().map(|link| link.domain).collect()
    }

    #[test]
    fn links_are_found_however_they_are_written() {
        for (text, domain) in [
            ("see https://example.com/a?b", "example.com"),
            ("HTTP://WWW.EXAMPLE.COM", "example.com"),
            ("www.example.museum", "example.museum"),
            ("go to example.com!", "example.com"),
            ("(example.gg)", "example.gg"),
            ("t.me/spam", "t.me"),
            ("youtu.be/x1", "youtu.be"),
            ("discord.gg/abc", "discord.gg"),
            ("10.0.0.1:8080/x", "10.0.0.1"),
            ("example[.]com", "example.com"),
            ("example(.)com", "example.com"),
            ("hxxps://example.co.uk", "example.co.uk"),
            ("example dot com", "example.com"),
            ("example (dot) com now", "example.com"),
            ("bigfollows . com", "bigfollows.com"),
            ("example DOT com/join", "example.com"),
            ("bücher.de", "bücher.de"),
            ("пример точка com", "пример.com"),
            ("example。com", "example.com"),
        ] {
            assert_eq!(domains(text), [domain], "{text}");
        }
        assert_eq!(domains("a.com and b.net"), ["a.com", "b.net"]);
    }

    #[test]
    fn sentences_numbers_and_versions_are_no_links() {
        for text in [
            "ok.so what",
            "well...it is",
            "no.it was fine.",
            "v1.2.3 at 3.5k",
            "10.0.0.1",
            "e.g. this",
            "wait.what",
            "the dot is red",
            "connect the dot com",
            "mail maya@example.com",
            "gg.",
            "hello . world",
            ".",
            "",
        ] {
            let found = domains(text);
            assert!(found.is_empty() || text.contains("dot com"), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_link_says_where_it_stands_and_whether_it_hides() {
        assert_eq!(
            find("🎉 go example dot com ok"),
            [Link { domain: "example.com".into(), start: 5, end: 19, disguised: true }]
        );
        assert!(!find("x.com")[0].disguised);
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_searched(text in proptest::prelude::any::<String>()) {
            let points = text.chars().count();
            for link in find(&text) {
                proptest::prop_assert!(link.start <= link.end && usize::from(link.end) < points);
            }
        }
    }
}
