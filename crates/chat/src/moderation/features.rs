//! A text as numbers: hashed character n-grams of its words, and a few facts about how it looks.
//!
//! Training and judging read texts through this module alone, so that a model always sees what it was trained on.

use super::links::Link;
use super::normalise::{Folded, Shape};

/// Rows for n-grams; a power of two.
pub const GRAM_ROWS: usize = 1 << 14;
/// Rows for facts about a text's looks.
pub const SHAPE_ROWS: usize = 32;
/// All rows of a model.
pub const ROWS: usize = GRAM_ROWS + SHAPE_ROWS;
/// Longest piece of a word that counts as one word, in bytes: scripts without spaces are read in such pieces.
pub const WORD_BYTES_MAX: usize = 48;

/// An odd number that spreads what it multiplies over the upper bits (2^64 / φ).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A hash of some bytes, for sketches and sets.
pub fn gram(bytes: &[u8]) -> u64 {
    bytes
        .chunks(8)
        .fold(bytes.len() as u64, |hash, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mixed = (hash ^ u64::from_le_bytes(word)).wrapping_mul(SPREAD);
            mixed ^ mixed >> 29
        })
        .wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// The row of an n-gram of three to five bytes, given as the low bytes of a number.
#[inline]
fn row(gram: u64) -> usize {
    (gram.wrapping_mul(SPREAD) >> (64 - GRAM_ROWS.trailing_zeros())) as usize
}

/// Eight bytes from `at`, with zeros behind the end.
#[inline]
fn window(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..at + 8) {
        Some(eight) => u64::from_le_bytes(eight.try_into().expect("eight bytes")),
        None => {
            let mut eight = [0; 8];
            let rest = &bytes[at..];
            eight[..rest.len()].copy_from_slice(rest);
            u64::from_le_bytes(eight)
        }
    }
}

/// The words of a folded text as byte ranges, each with the space before and the one behind it.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    /// The words of a folded text.
    pub fn of(folded: &'a str) -> Self {
        Self { bytes: folded.as_bytes(), at: 0 }
    }
}

impl Iterator for Words<'_> {
    type Item = (usize, usize);

    #[inline]
    fn next(&mut self) -> Option<(usize, usize)> {
        let start = self.at;
        let rest = self.bytes.get(start + 1..).filter(|rest| !rest.is_empty())?;
        let limit = rest.len().min(WORD_BYTES_MAX);
        let length = rest[..limit].iter().position(|&byte| byte == b' ');
        // A piece of a longer word begins with that word's last byte where others begin with a space.
        self.at = start + length.map_or(limit, |length| length + 1);
        Some((start, (self.at + 1).min(self.bytes.len())))
    }
}

/// Shortest number whose digits say nothing: scores, seeds and codes are no spam for the digits that they share with the telephone
/// numbers of adverts. How long a number is counts among the looks.
const NUMBER_DIGITS: usize = 5;

/// Whether a word is such a number.
#[inline]
fn is_number(word: &[u8]) -> bool {
    // Nearly every word is told from one by its first letter.
    word.get(1).is_some_and(u8::is_ascii_digit) && {
        let inner = word.trim_ascii();
        inner.len() >= NUMBER_DIGITS && inner.iter().all(u8::is_ascii_digit)
    }
}

/// Whether abuse is looked for in a word: only in plain Latin letters. There is no labelled data in other alphabets, so nothing in
/// them may be held for what its bytes happen to share with an English word.
#[inline]
pub fn is_readable(folded: &str, (start, end): (usize, usize)) -> bool {
    folded.as_bytes()[start..end].is_ascii()
}

/// Calls `each` with the row of every n-gram in the bytes `start..end` of a folded text, and with that of the whole word. Long
/// numbers have none.
#[inline]
pub fn grams(folded: &str, (start, end): (usize, usize), mut each: impl FnMut(usize)) {
    let bytes = folded.as_bytes();
    if is_number(&bytes[start..end]) {
        return;
    }
    for at in start..end.saturating_sub(2) {
        let eight = window(bytes, at);
        each(row(eight & 0xff_ffff));
        if at + 4 <= end {
            each(row(eight & 0xffff_ffff));
        }
        if at + 5 <= end {
            each(row(eight & 0xff_ffff_ffff));
        }
    }
    // A shorter word is an n-gram itself.
    if end - start > 5 {
        each(row(gram(&bytes[start..end])));
    }
}

/// Calls `each` with the row of every fact that holds for a text's looks.
pub fn looks(shape: &Shape, links: &[Link], mut each: impl FnMut(usize)) {
    let links = || links.iter().filter(|link| !link.inside);
    let share = |part: u16, least: u16| {
        part > 0 && u32::from(part) * 100 >= u32::from(shape.chars) * u32::from(least)
    };
    let long = shape.letters >= 8;
    let facts = [
        long && u32::from(shape.capitals) * 2 > u32::from(shape.letters),
        long && u32::from(shape.capitals) * 5 > u32::from(shape.letters) * 4,
        share(shape.digits, 10),
        share(shape.digits, 30),
        shape.digits_run >= 5,
        shape.digits_run >= 9,
        shape.money >= 1,
        shape.money >= 3,
        shape.shouts >= 3,
        shape.shouts >= 8,
        shape.mentions >= 1,
        shape.mentions >= 3,
        shape.disguises >= 1,
        shape.disguises >= 4,
        shape.disguises >= 10,
        shape.stretched >= 1,
        shape.stretched >= 10,
        share(shape.foreign, 50),
        shape.chars <= 12,
        shape.chars > 80,
        shape.chars > 160,
        shape.chars > 300,
        links().next().is_some(),
        links().nth(1).is_some(),
        links().any(|link| link.disguised),
        shape.letters == 0 && shape.chars > 0,
        u32::from(shape.letters) * 2 < u32::from(shape.chars) && shape.chars > 40,
    ];
    facts.iter().enumerate().filter(|(_, holds)| **holds).for_each(|(n, _)| each(GRAM_ROWS + n));
}

/// A text as the classifier takes it.
#[derive(Clone, Copy, Debug)]
pub struct Features<'a> {
    /// The folded text.
    pub folded: &'a Folded,
    /// Links in it.
    pub links: &'a [Link],
    /// Bytes of the folded text that are not looked at: permitted terms.
    pub skipped: &'a [(usize, usize)],
}

impl Features<'_> {
    /// Whether a word is left out.
    #[inline]
    pub fn skips(&self, (start, end): (usize, usize)) -> bool {
        self.skipped.iter().any(|&(from, to)| start + 1 >= from && end <= to + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moderation::normalise::fold;

    fn words(text: &str) -> Vec<String> {
        let folded = fold(text);
        Words::of(folded.as_str())
            .map(|(start, end)| String::from_utf8_lossy(&folded.as_str().as_bytes()[start..end]).into_owned())
            .collect()
    }

    #[test]
    fn words_share_the_spaces_between_them() {
        assert_eq!(words("hi there you"), [" hi ", " there ", " you "]);
        assert_eq!(words(""), Vec::<String>::new());
        assert_eq!(words("x"), [" x "]);
    }

    #[test]
    fn long_runs_are_read_in_pieces_that_miss_nothing() {
        let text = "ab".repeat(70);
        let folded = fold(&text);
        let mut covered = vec![false; folded.as_str().len()];
        for (start, end) in Words::of(folded.as_str()) {
            assert!(end - start <= WORD_BYTES_MAX + 2);
            covered[start..end].fill(true);
        }
        assert!(covered.iter().all(|&seen| seen));
    }

    #[test]
    fn a_word_gives_its_three_to_five_grams() {
        let count = |text: &str| {
            let folded = fold(text);
            let mut count = 0;
            for word in Words::of(folded.as_str()) {
                grams(folded.as_str(), word, |row| {
                    assert!(row < GRAM_ROWS);
                    count += 1;
                });
            }
            count
        };
        assert_eq!(count("a"), 1);
        assert_eq!(count("ab"), 2 + 1);
        assert_eq!(count("abc"), 3 + 2 + 1);
        assert_eq!(count("abc abc"), 12);
        assert_eq!(
            (count("12345"), count("76561198000000000 1234567"), count("3.14159265")),
            (0, 0, count("3"))
        );
        assert_eq!((count("1234") > 0, count("12345a") > 0), (true, true));
        assert_eq!(count(""), 0);
    }

    #[test]
    fn looks_have_rows_of_their_own() {
        let folded = fold("BUY NOW CHEAP FOLLOWERS $$$ 0800 123 4567 !!!");
        let mut rows = Vec::new();
        looks(&folded.shape, &[], |row| rows.push(row));
        assert!(rows.len() >= 5 && rows.iter().all(|row| (GRAM_ROWS..ROWS).contains(row)));
        rows.clear();
        looks(&fold("what a nice game").shape, &[], |row| rows.push(row));
        assert!(rows.is_empty(), "{rows:?}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_words_that_cover_it(text in proptest::prelude::any::<String>()) {
            let folded = fold(&text);
            let mut at = 0;
            for (start, end) in Words::of(folded.as_str()) {
                proptest::prop_assert!(start <= at && end > at && end <= folded.as_str().len());
                grams(folded.as_str(), (start, end), |row| assert!(row < GRAM_ROWS));
                at = end;
            }
            proptest::prop_assert_eq!(at, folded.as_str().len());
        }
    }
}
