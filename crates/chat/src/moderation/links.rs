//! Links in a text, also those that are written so that nobody's filter sees them.
//!
//! Found: addresses with a scheme or `www.`, bare domains of known ends, IPv4 addresses with a port or path, and domains whose dot is
//! written out or wrapped (`example dot com`, `example[.]com`, `example (dot) com`, `example . com`). Ends that are everyday words
//! (`ok.so`, `it.is`) count only with a path behind them.

use unicode_normalization::char::decompose_compatible;

use super::normalise::is_invisible;

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
    /// Stands among other signs, or has a space in it, and is no word of its own. Link filters count it; the model, which learns
    /// from words, does not.
    pub inside: bool,
}

/// Dots, as browsers read them (UTS 46) or as they look.
pub const DOTS: [char; 5] = ['.', '。', '․', '．', '｡'];

/// Most links that are looked for in a text.
const LINKS_MAX: usize = 256;

/// What an address with a scheme begins with, also so that nobody's filter sees it.
const SCHEMES: &[&str] = &["https", "http", "hxxps", "hxxp", "ftps", "ftp", "wss", "ws"];
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
    "ee", "kz", "by", "ge", "am", "im", "edu", "gov", "mobi", "рф", "xn--p1ai",
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
        plain(&words[at], &mut links);
        at += 1;
    }
    links.truncate(LINKS_MAX);
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

/// Links of one word: every address with a scheme in it, wherever that begins, and every bare domain between signs that are part
/// of none. What a browser would make clickable in it is found at least.
fn plain(word: &Word<'_>, links: &mut Vec<Link>) {
    if !may_lead_somewhere(word.text) {
        return;
    }
    let (text, disguised) = spelled(word.text);
    let mut domains = Vec::new();
    let mut rest = &*text;
    while let Some((before, authority, tail)) = schemed(rest) {
        bare(before, &mut domains);
        domains.extend(host_of(authority));
        rest = tail;
    }
    if rest.len() < text.len() {
        // The path of the last one names nothing; what stands behind a comma may.
        let behind =
            rest.split('?').next().and_then(|path| path.split_once([',', ';', '|', ')', ']', '}', '!']));
        rest = behind.map_or("", |(_, behind)| behind);
    }
    bare(rest, &mut domains);
    let (start, end, whole) = (word.start, word.end(), whole(&text));
    links.extend(domains.into_iter().map(|domain| {
        let inside = whole.as_ref() != Some(&domain);
        Link { domain, start, end, disguised, inside }
    }));
}

/// Whether it is worth the while to look: told by bytes, because nearly no word is.
fn may_lead_somewhere(word: &str) -> bool {
    let wrapped = || word.contains(['(', '[', '{', '<']) && word.to_ascii_lowercase().contains("dot");
    word.bytes().any(|byte| matches!(byte, b'.' | b':')) || word.contains(&DOTS[1..]) || wrapped()
}

/// The domain of a word that is a link and nothing else, but for signs at its ends. What the model was trained on: to count links
/// that stand inside words too, or to judge this by what [`bare`] found, costs a sixth of the spam that level 1 holds.
fn whole(text: &str) -> Option<String> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let schemed = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)?.strip_prefix("://"));
    let rest = schemed.unwrap_or(text);
    let named = rest.strip_prefix("www.");
    let rest = named.unwrap_or(rest);
    let (host, tail) = rest.split_at(rest.find(['/', '?', '#', ':']).unwrap_or(rest.len()));
    let host = host.trim_end_matches(|c: char| !c.is_alphanumeric());
    let certain = schemed.is_some() || named.is_some();
    let path = tail.starts_with('/') && tail.len() > 1
        || tail.starts_with(':') && tail[1..].starts_with(|c: char| c.is_ascii_digit());
    let is_link = !host.contains('@')
        && is_host(host)
        && (certain || path && ends_in(host, WORDS) || ends_in(host, ENDS) || path && is_address(host));
    is_link.then(|| host.to_owned())
}

/// A word in small letters with plain dots, and whether that took something.
fn spelled(word: &str) -> (String, bool) {
    let mut text = match word.is_ascii() {
        true => word.to_ascii_lowercase(),
        false => {
            let shown = word.chars().filter(|&c| !is_invisible(c)).map(narrow);
            shown.collect::<String>().to_lowercase().replace(DOTS, ".")
        }
    };
    let mut disguised = text.len() != word.len() || text.contains(['[', ']', '{', '}']);
    if text.contains(['[', '(', '{', '<']) {
        for wrapped in ["[.]", "(.)", "{.}", "<.>", "(dot)", "[dot]", "{dot}", "<dot>"] {
            disguised |= text.contains(wrapped);
            text = text.replace(wrapped, ".");
        }
    }
    (text, disguised)
}

/// The plain form of a wide or mathematical character of ASCII, as browsers read it.
fn narrow(c: char) -> char {
    let (mut plain, mut count) = (c, 0);
    if !c.is_ascii() {
        decompose_compatible(c, |part| (plain, count) = (part, count + 1));
    }
    if count == 1 && plain.is_ascii() { plain } else { c }
}

/// The first address with a scheme: what stands before it, its authority (RFC 3986, 3.2), and what follows.
fn schemed(text: &str) -> Option<(&str, &str, &str)> {
    let found = text.match_indices(':').find_map(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        // Browsers want no certain number of slashes, and take backslashes for them.
        let authority = rest.trim_start_matches(['/', '\\']);
        let before = SCHEMES.iter().find_map(|scheme| text[..at].strip_suffix(scheme))?;
        (authority.len() < rest.len()).then_some((before, authority))
    });
    let (before, rest) = found?;
    let end = rest.find(['/', '?', '#', '\\', '<', '>', '"']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    Some((before, authority, tail))
}

/// The host of an authority, without user and port.
fn host_of(authority: &str) -> Option<String> {
    let host = authority.rsplit('@').next().unwrap_or(authority);
    if let Some(v6) = host.strip_prefix('[') {
        return Some(v6.split(']').next().unwrap_or(v6).to_owned());
    }
    let host = host.split(':').next().unwrap_or(host).trim_matches(|c: char| !c.is_alphanumeric());
    let host = host.strip_prefix("www.").unwrap_or(host);
    (!host.is_empty()).then(|| host.to_owned())
}

/// Domains without a scheme.
fn bare(text: &str, domains: &mut Vec<String>) {
    let in_address =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '/' | '?' | '#' | ':');
    for piece in text.split(|c: char| !in_address(c)) {
        // "//host" leads to the same place.
        let mut rest = piece.strip_prefix("//").unwrap_or(piece);
        // What stands behind a path is part of it; behind a question mark without one another address may begin.
        while let Some((authority, tail)) = rest.find(['/', '?', '#']).map(|end| rest.split_at(end)) {
            let has_path = tail.starts_with('/') && tail.len() > 1;
            hosts(authority, has_path, domains);
            rest = if tail.starts_with('/') { "" } else { &tail[1..] };
        }
        hosts(rest, false, domains);
    }
}

/// Domains between colons. An e-mail address is no link.
fn hosts(authority: &str, has_path: bool, domains: &mut Vec<String>) {
    let mut parts = authority.split(':').peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let has_port = parts.peek().is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()));
        if part.contains('@') {
            continue;
        }
        let host = part.trim_matches(|c: char| !c.is_alphanumeric());
        let named = host.strip_prefix("www.");
        let host = named.unwrap_or(host);
        let more = is_last && has_path || has_port;
        let ends = ends_in(host, ENDS) || more && (ends_in(host, WORDS) || is_address(host));
        if is_host(host) && (named.is_some() || ends) {
            domains.push(host.to_owned());
        }
    }
}

/// A link with a space in it (`example .com`), or whose dot is a word of its own; and how many words it takes.
fn spoken(words: &[Word<'_>]) -> Option<(Link, usize)> {
    // Told by its second word, which nearly always is neither, before anything is copied.
    let [name, second, ..] = words else { return None };
    if let Some(end) = second.text.strip_prefix('.') {
        let end_name = end.split(['/', '?']).next().unwrap_or(end).to_lowercase();
        let name_text = name.text.to_lowercase();
        if SPOKEN.contains(&&*end_name) && is_label(&name_text) {
            let (domain, end) = (format!("{name_text}.{end_name}"), second.end());
            return Some((Link { domain, start: name.start, end, disguised: true, inside: true }, 2));
        }
    }
    let end = words.get(2).filter(|_| is_dot(second.text))?;
    let bare = |word: &Word<'_>| {
        word.text.trim_matches(|c: char| !c.is_alphanumeric() && c != '.').trim_matches('.').to_lowercase()
    };
    let (name_text, end_text) = (bare(name), bare(end));
    let end_name = end_text.split(['/', '?']).next().unwrap_or("").trim_end_matches('.');
    let fits = SPOKEN.contains(&end_name) && is_label(&name_text);
    fits.then(|| {
        let domain = format!("{name_text}.{end_name}");
        (Link { domain, start: name.start, end: end.end(), disguised: true, inside: false }, 3)
    })
}

/// Whether a word stands for a dot.
fn is_dot(word: &str) -> bool {
    let inner = word.trim_matches(['(', ')', '[', ']', '{', '}', '<', '>', '*', '-', '_']);
    let names = [".", "dot", "d0t", "punkt", "punto", "point"];
    names.iter().any(|dot| inner.eq_ignore_ascii_case(dot))
        || !inner.is_ascii() && inner.to_lowercase() == "точка"
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
            ("evil.c\u{200b}om", "evil.com"),
            ("evil\u{200b}.com", "evil.com"),
            ("ｅｖｉｌ．ｃｏｍ", "evil.com"),
            ("evil(dot)com", "evil.com"),
            ("//evil.com", "evil.com"),
            ("пример.рф", "пример.рф"),
            ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
            ("evil｡com", "evil.com"),
            ("𝐞𝐯𝐢𝐥.𝐜𝐨𝐦", "evil.com"),
            ("http:///evil.com", "evil.com"),
            ("https:////evil.com/login", "evil.com"),
            ("http://\\evil.com", "evil.com"),
            ("https://\\/evil.com/x", "evil.com"),
            ("https:/evil.com", "evil.com"),
            ("@carol:evil.com", "evil.com"),
            ("hi@x:evil.com/free", "evil.com"),
            ("@bob?evil.com", "evil.com"),
            ("look?evil.com", "evil.com"),
            ("a#evil.com/x", "evil.com"),
            ("?evil.com", "evil.com"),
            ("example。com", "example.com"),
        ] {
            assert_eq!(domains(text), [domain], "{text}");
        }
        assert_eq!(domains("a.com and b.net"), ["a.com", "b.net"]);
        assert_eq!(domains("example.org#evil.com"), ["example.org", "evil.com"]);
        assert_eq!(
            domains(&("example.org ".repeat(40) + "evil.com")).last().map(String::as_str),
            Some("evil.com")
        );
    }

    #[test]
    fn links_are_found_whatever_stands_around_them() {
        for (text, found) in [
            ("see:b.co", &["b.co"][..]),
            ("a,b.co", &["b.co"]),
            ("evil.com,foo", &["evil.com"]),
            ("evil.com!now", &["evil.com"]),
            ("[a](evil.com)", &["evil.com"]),
            ("watch:https://evil.com/go", &["evil.com"]),
            ("x|https://evil.com", &["evil.com"]),
            ("look->https://evil.com/a", &["evil.com"]),
            ("hihttps://evil.com", &["evil.com"]),
            ("https://x@evil.com/go", &["evil.com"]),
            ("https://good.example@evil.com", &["evil.com"]),
            ("https://good.example:80@evil.com:443", &["evil.com"]),
            ("https://good.example\\@evil.com", &["good.example"]),
            ("good.com,evil.com", &["good.com", "evil.com"]),
            ("https://good.com/,https://evil.com", &["good.com", "evil.com"]),
            ("https://good.com/a,evil.com", &["good.com", "evil.com"]),
            ("https://good.com/evil.com", &["good.com"]),
            ("https://good.com/?next=evil.com,x.com", &["good.com"]),
            ("evil .com", &["evil.com"]),
            ("evil .com/go now", &["evil.com"]),
            ("http://3627734734/x", &["3627734734"]),
            ("http://[::1]/x", &["::1"]),
            ("http://localhost", &["localhost"]),
            ("b.co:8080", &["b.co"]),
            ("t.me:443", &["t.me"]),
            ("https://...", &[]),
            ("a@b.com", &[]),
            ("://", &[]),
        ] {
            assert_eq!(domains(text), found, "{text}");
        }
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
            [Link { domain: "example.com".into(), start: 5, end: 19, disguised: true, inside: false }]
        );
        assert!(!find("x.com")[0].disguised && !find("(x.com)")[0].inside);
        assert!(find("a,x.com")[0].inside && find("x .com")[0].inside);
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
