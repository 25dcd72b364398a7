//! More readings of a text for blocked terms: every digit and sign that may stand for a letter does, or those at a word's ends are
//! nothing. Too eager for a model, which would see words in numbers; a channel's own terms are few.

/// The text with letters for all digits and signs that may stand for some; `None` where that changes nothing.
pub fn read(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        if word.chars().all(|c| c.is_ascii_digit()) && word.len() > 1 || is_mention(word) {
            out.push_str(piece);
            continue;
        }
        let chars: Vec<char> = piece.chars().collect();
        out.extend(chars.iter().enumerate().map(|(at, &c)| {
            let goes_on = chars.get(at + 1).is_some_and(|next| next.is_alphanumeric());
            letter(c, goes_on).unwrap_or(c)
        }));
    }
    (out != text).then_some(out)
}

/// `@name`: two letters are no name, so `@ss` is not one.
fn is_mention(word: &str) -> bool {
    let name = word.strip_prefix('@').map(|name| name.trim_end_matches(|c: char| c.is_ascii_punctuation()));
    name.is_some_and(|name| name.len() > 2 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// What a digit or sign may stand for. A `!` at a word's end is one.
fn letter(c: char, goes_on: bool) -> Option<char> {
    Some(match c {
        '0' => 'o',
        '1' => 'i',
        '!' if goes_on => 'i',
        '|' if goes_on => 'l',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '6' | '9' => 'g',
        '7' => 't',
        '8' => 'b',
        '+' if goes_on => 't',
        '£' => 'l',
        _ => return None,
    })
}

/// The text without signs at the ends of its words (`$term`, `term##`), which elsewhere are letters or hide some; `None` where that
/// changes nothing.
pub fn without_signs(text: &str) -> Option<String> {
    let is_sign = |c: char| c.is_ascii_punctuation() || matches!(c, '£' | '€' | '¥' | '₽' | '₿' | '¢');
    let words = text.split_whitespace();
    let bare: Vec<&str> = words.clone().map(|word| word.trim_matches(is_sign)).collect();
    words.zip(&bare).any(|(word, bare)| word.len() != bare.len()).then(|| bare.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_at_the_ends_of_words_are_nothing() {
        for (text, expected) in [
            ("$term and **term**", Some("term and term")),
            ("term## €term% !", Some("term term ")),
            ("te$m c++x", None),
        ] {
            assert_eq!(without_signs(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn digits_and_signs_are_letters_but_in_numbers_and_names() {
        for (text, expected) in [
            ("5h1t", Some("shit")),
            ("you 5H1T!", Some("you sHiT!")),
            ("s h 1 t", Some("s h i t")),
            ("@ss @$$ 4ss", Some("ass ass ass")),
            ("600dword 9oodword", Some("goodword goodword")),
            ("hello there!", None),
            ("@kees_1 455 2026", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }
}
