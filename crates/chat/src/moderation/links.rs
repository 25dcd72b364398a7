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
pub const DOTS: [char; 6] = ['.', '。', '․', '．', '｡', '﹒'];

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
/// Ends that are units as well: `100.ml` and `730.am` are no names.
const UNITS: &[&str] = &["am", "cc", "ml"];
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
    let mut domains = addresses(&text);
    // Some readers see a gap, or one sign more, where others see nothing.
    if word.text.contains(is_invisible) {
        let (gaps, _) = spelled(&word.text.replace(is_invisible, "\u{fffd}"));
        for domain in addresses(&gaps) {
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
    }
    let (start, end, whole) = (word.start, word.end(), whole(&text));
    links.extend(domains.into_iter().map(|domain| {
        let inside = whole.as_ref() != Some(&domain);
        Link { domain, start, end, disguised, inside }
    }));
}

/// The domains of all addresses in a word.
fn addresses(text: &str) -> Vec<String> {
    let mut domains = Vec::new();
    let (mut rest, mut in_path) = (text, false);
    while let Some((before, authority, tail)) = schemed(rest) {
        bare(before, true, &mut domains);
        domains.extend(host_of(authority));
        (rest, in_path) = (tail, !authority.is_empty());
    }
    if in_path {
        // The path of the last one names nothing; what stands behind a comma may.
        let behind = rest
            .split('?')
            .next()
            .and_then(|path| path.split_once([',', ';', '|', ')', ']', '}', '!', '<', '>', '"']));
        rest = behind.map_or("", |(_, behind)| behind);
    }
    bare(rest, false, &mut domains);
    domains
}

/// Whether it is worth the while to look: told by bytes, because nearly no word is.
fn may_lead_somewhere(word: &str) -> bool {
    let wrapped =
        || word.contains(['(', '[', '{', '<', '（', '［', '｛']) && word.to_lowercase().contains("dot");
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
            // The small form of İ is an i with a dot of its own.
            shown.collect::<String>().to_lowercase().replace('\u{307}', "").replace(DOTS, ".")
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

/// The plain form of a wide or mathematical character of ASCII, as browsers read it in names. Signs that part an address stay what they
/// are: browsers take only plain ones for them.
fn narrow(c: char) -> char {
    let (mut plain, mut count) = (c, 0);
    if !c.is_ascii() {
        decompose_compatible(c, |part| (plain, count) = (part, count + 1));
    }
    let parts = matches!(plain, '@' | ':' | '/' | '\\' | '?' | '#' | '<' | '>' | '"');
    if count == 1 && plain.is_ascii() && !parts { plain } else { c }
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

/// Domains without a scheme; behind the text something `follows`, or not.
fn bare(text: &str, follows: bool, domains: &mut Vec<String>) {
    let in_address =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '/' | '?' | '#' | ':');
    for piece in text.split_inclusive(|c: char| !in_address(c)) {
        let next = piece.chars().next_back().filter(|&c| !in_address(c));
        let piece = &piece[..piece.len() - next.map_or(0, char::len_utf8)];
        // "//host" leads to the same place.
        let mut rest = piece.strip_prefix("//").unwrap_or(piece);
        // What stands behind a domain's path is part of it. Behind "and/or#", or a question mark without a path, an address may begin.
        while let Some((authority, tail)) = rest.find(['/', '?', '#']).map(|end| rest.split_at(end)) {
            let goes_on = next.map_or(follows, |c| !matches!(c, '<' | '>' | '"'));
            let before = domains.len();
            hosts(authority, tail.starts_with('/') && (tail.len() > 1 || goes_on), domains);
            rest = match (tail.starts_with('/'), domains.len() > before) {
                (false, _) => &tail[1..],
                (true, true) => "",
                (true, false) => tail.split_once(['?', '#', ':']).map_or("", |(_, behind)| behind),
            };
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
        // "example.com...now"
        let mut names = part.trim_end_matches('@').split("..").peekable();
        while let Some(name) = names.next() {
            let more = names.peek().is_none() && (is_last && has_path || has_port);
            domains.extend((!name.contains('@')).then(|| named(name, more)).flatten());
        }
    }
}

/// The domain that a text names; some do only if `more` of an address follows.
fn named(text: &str, more: bool) -> Option<String> {
    let host = text.trim_matches(|c: char| !c.is_alphanumeric());
    let after_www = host.strip_prefix("www.");
    let host = after_www.unwrap_or(host);
    let ends = ends_in(host, ENDS) || more && (ends_in(host, WORDS) || is_address(host));
    (is_host(host) && (after_www.is_some() || ends)).then(|| host.to_owned())
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
    // "2.co" is a number; a name has a letter, or is `888.com`.
    let is_name = || {
        let digits = name.chars().filter(char::is_ascii_digit).count();
        name.chars().any(char::is_alphabetic) || digits >= 3 && !UNITS.contains(&end)
    };
    ends.contains(&end) && is_name()
}

fn is_address(host: &str) -> bool {
    host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok())
}

#[cfg(test)]
mod tests;
