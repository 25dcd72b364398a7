//! Links as people write them, and what only looks like one.

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
        ("example﹒com", "example.com"),
        ("evil（dot）com", "evil.com"),
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
        ("and/or#evil.com", &["evil.com"]),
        ("/:t.me/x", &["t.me"]),
        ("good.com/x#evil.com", &["good.com"]),
        ("src/main.rs", &[]),
        ("İ.gg", &["i.gg"]),
        ("t.me/\u{200b}", &["t.me"]),
        ("t.me/http://", &["t.me"]),
        ("t.me/+AbCdEf123", &["t.me"]),
        ("t.me/~x", &["t.me"]),
        ("youtu.be/%64Qw4", &["youtu.be"]),
        ("888.com", &["888.com"]),
        ("1337.gg/x", &["1337.gg"]),
        ("evil.com@", &["evil.com"]),
        ("evil.com@good.example", &[]),
        ("go to evil.com...now", &["evil.com"]),
        ("evil.com\u{200b}now", &["evil.com"]),
        ("evil.c\u{200b}om", &["evil.com"]),
        ("x／evil.com", &["evil.com"]),
        ("look＠evil.com", &["evil.com"]),
        ("evil.com＠now", &["evil.com"]),
        ("https://good.com／watch？v=@evil.com", &["evil.com"]),
        ("https://good.com＃@evil.com", &["evil.com"]),
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
        "2.co",
        "100.ml",
        "at 7.30.am",
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
