//! Durations as people type them in commands, and as they read them in answers.

/// Seconds of `90`, `30m`, `1d2h`, `1 week`, `2 weeks 3 days`: numbers, each with a unit (`s` `m` `h` `d` `w` `mo`, or the word)
/// or none (`bare` says what a number alone counts, in seconds). `None` if it is anything else or beyond counting.
pub fn parse(text: &str, bare: u64) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let mut rest = text.as_str();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "" => bare,
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 604_800,
            "mo" | "month" | "months" => 30 * 86_400,
            _ => return None,
        };
        rest = rest[letters..].trim_start();
        total = total.checked_add(number.checked_mul(unit)?)?;
    }
    Some(total)
}

/// Splits a duration off the beginning of `text`: the words that are one, as many as possible, and the rest.
pub fn split(text: &str, bare: u64) -> Option<(u64, &str)> {
    let text = text.trim_start();
    let first = text.split(' ').next()?;
    // "1 week of rest": a bare number may be followed by its unit as a word of its own.
    if first.bytes().all(|b| b.is_ascii_digit()) {
        let after = text[first.len()..].trim_start();
        let word = after.split(' ').next().unwrap_or("");
        if !word.is_empty()
            && !word.as_bytes()[0].is_ascii_digit()
            && let Some(seconds) = parse(&format!("{first}{word}"), bare)
        {
            return Some((seconds, after[word.len()..].trim_start()));
        }
    }
    Some((parse(first, bare)?, text[first.len()..].trim_start()))
}

/// "3 days", "1 minute 30 seconds": the two largest units that are not zero.
pub fn words(seconds: u64) -> String {
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, name) in [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")] {
        let n = left / unit;
        left %= unit;
        if n > 0 {
            parts.push(format!("{n} {name}{}", if n == 1 { "" } else { "s" }));
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        let cases = [
            ("90", Some(90)),
            ("30m", Some(1_800)),
            ("1d2h", Some(93_600)),
            ("1 week", Some(604_800)),
            ("2 weeks 3 days", Some(2 * 604_800 + 3 * 86_400)),
            ("1mo", Some(30 * 86_400)),
            ("", None),
            ("soon", None),
            ("1x", None),
            ("-5", None),
            ("99999999999999999999", None),
            ("99999999999999w", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, 1), expected, "{text:?}");
        }
        assert_eq!(parse("10", 60), Some(600), "followers-only counts minutes");
    }

    #[test]
    fn a_duration_is_split_off_what_follows_it() {
        let cases = [
            ("600 rude", Some((600, "rude"))),
            ("1 week of rest", Some((604_800, "of rest"))),
            ("1d2h", Some((93_600, ""))),
            ("10 20", Some((10, "20"))),
            ("rude", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text, 1), expected, "{text:?}");
        }
    }

    #[test]
    fn durations_are_told_by_their_two_largest_units() {
        let cases =
            [(0, "0 seconds"), (1, "1 second"), (90, "1 minute 30 seconds"), (93_661, "1 day 2 hours")];
        for (seconds, expected) in cases {
            assert_eq!(words(seconds), expected);
        }
    }
}
