//! A text with its disguises taken off: the form in which terms, duplicates and the classifier read it.
//!
//! Compatibility forms, letter case, accents, look-alikes from other alphabets, zero-width characters and U+E0000, letters written as
//! digits and signs, stretched letters and s p a c e d letters all become plain words with one space on either side. Each byte
//! of the result knows the code point it came from, so that a verdict can point at the text that a moderator sees.
//!
//! Look-alikes and digits are only read as letters inside words that have Latin letters of their own: Russian stays Russian and
//! 2026 a year.

mod glyphs;

use crate::event::EmoteSpan;
pub(crate) use glyphs::is_invisible;
use glyphs::{Glyph, Kind};

/// A folded text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Words with one space before, between and after them; empty if there are none.
    text: String,
    /// For each byte of `text` the code point of the original.
    origin: Vec<u16>,
    /// What the original looked like.
    pub shape: Shape,
}

/// What folding took away and what it counted: how a text looks says something of its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Code points, emotes left out.
    pub chars: u16,
    /// Letters of any alphabet, and pictures.
    pub letters: u16,
    /// Upper-case letters.
    pub capitals: u16,
    /// Digits.
    pub digits: u16,
    /// Most digits in a row, signs between them not counted: a telephone number.
    pub digits_run: u16,
    /// Signs of money and per cent.
    pub money: u16,
    /// `!` and `?`.
    pub shouts: u16,
    /// `@name`.
    pub mentions: u16,
    /// Letters that were written as something else, and characters that nobody sees.
    pub disguises: u16,
    /// Letters left out because they were stretched.
    pub stretched: u16,
    /// Letters outside the Latin alphabet, and pictures.
    pub foreign: u16,
    /// Code points of emotes.
    pub emotes: u16,
    /// Dots between letters or digits: perhaps a link.
    pub inner_dots: u16,
}

impl Folded {
    /// The words.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The code points of the original, first and last, from which the bytes `start..end` came.
    pub fn span(&self, start: usize, end: usize) -> (u16, u16) {
        let bytes = self.origin.get(start..end).unwrap_or(&[]);
        let spaces = |byte: &usize| self.text.as_bytes()[*byte] != b' ';
        let first = (start..end).find(spaces).map_or(0, |byte| self.origin[byte]);
        let last = (start..end).rev().find(spaces).map_or(first, |byte| self.origin[byte]);
        debug_assert_eq!(bytes.len(), end - start);
        (first.min(last), last.max(first))
    }
}

/// Folds texts, keeping its buffers from one to the next.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    glyphs: Vec<Glyph>,
    folded: Folded,
    last: Option<char>,
    run: u16,
    /// A stretched letter keeps two of itself ("cool"), not one.
    doubles: bool,
    singles: u16,
}

/// Folds one text in which nothing is left out.
pub fn fold(text: &str) -> Folded {
    Folder::default().fold(text, &[]).clone()
}

/// As [`fold`], but a stretched letter stays double: `coool` may have been meant as `cool` or as `col`.
pub fn fold_doubles(text: &str) -> Folded {
    Folder { doubles: true, ..Folder::default() }.fold(text, &[]).clone()
}

impl Folder {
    /// Folds a text without its emotes.
    pub fn fold(&mut self, text: &str, emotes: &[EmoteSpan]) -> &Folded {
        self.folded.text.clear();
        self.folded.origin.clear();
        self.folded.shape = Shape::default();
        (self.last, self.run, self.singles) = (None, 0, 0);
        glyphs::read(text, emotes, &mut self.glyphs, &mut self.folded.shape);
        let glyphs = std::mem::take(&mut self.glyphs);
        for word in glyphs.split(|glyph| glyph.kind == Kind::Gap) {
            if word.iter().all(|glyph| glyph.c.is_ascii_lowercase()) {
                self.plain_word(word);
            } else {
                self.words(word);
            }
        }
        self.glyphs = glyphs;
        self.close();
        if self.singles >= 3 {
            self.join_singles();
        }
        &self.folded
    }

    /// What was folded last.
    pub fn folded(&self) -> &Folded {
        &self.folded
    }

    /// What stands together without a space: words, and pictures between them. Pictures that part what may be one word come behind it,
    /// so that `f🙂u🙂n` reads as `f u n` does.
    fn words(&mut self, all: &[Glyph]) {
        let is_picture = |glyph: &Glyph| glyph.kind == Kind::Picture;
        let parts = || all.chunk_by(|a, b| is_picture(a) == is_picture(b));
        if parts().filter(|part| !is_picture(&part[0])).count() < 2 {
            parts().for_each(|part| self.mixed(part));
            return;
        }
        parts().filter(|part| !is_picture(&part[0])).for_each(|part| self.mixed(part));
        parts().filter(|part| is_picture(&part[0])).for_each(|part| self.mixed(part));
    }

    /// One word, or several of scripts that no word mixes: `hey日本` is two.
    fn mixed(&mut self, all: &[Glyph]) {
        if !all.iter().any(|glyph| glyph.c.is_ascii_lowercase()) {
            return self.word(all);
        }
        let other = glyphs::is_of_another_script;
        all.chunk_by(|a, b| other(a) == other(b)).for_each(|word| self.word(word));
    }

    /// One word, still with signs and digits in it.
    fn word(&mut self, word: &[Glyph]) {
        let latin = word.iter().any(|glyph| glyph.c.is_ascii_lowercase());
        for (at, glyph) in word.iter().enumerate() {
            match self.read_glyph(word, at, latin) {
                Some(c) => self.put(c, glyph.at),
                None => self.close(),
            }
        }
        self.close();
    }

    /// One word of small ASCII letters, as nearly all are: it is copied whole, unless a letter in it is stretched.
    fn plain_word(&mut self, word: &[Glyph]) {
        if word.is_empty() {
            return;
        }
        if word.windows(3).any(|three| three[0].c == three[1].c && three[1].c == three[2].c) {
            word.iter().for_each(|glyph| self.put(glyph.c, glyph.at));
        } else {
            if self.folded.text.is_empty() {
                self.push(' ', word[0].at);
            }
            self.folded.text.extend(word.iter().map(|glyph| glyph.c));
            self.folded.origin.extend(word.iter().map(|glyph| glyph.at));
            self.last = word.last().map(|glyph| glyph.c);
        }
        self.close();
    }

    /// What a glyph stands for; `None` ends the word there.
    fn read_glyph(&mut self, word: &[Glyph], at: usize, latin: bool) -> Option<char> {
        let Glyph { c, kind, .. } = word[at];
        let instead = match kind {
            Kind::Letter if latin && !c.is_ascii() => glyphs::look_alike(c),
            Kind::Digit | Kind::Sign if latin && glyphs::stands_for_letter(word, at) => glyphs::as_letter(c),
            _ => None,
        };
        if let Some(letter) = instead {
            self.folded.shape.disguises += 1;
            return Some(letter);
        }
        match kind {
            Kind::Letter | Kind::Picture | Kind::Digit => Some(c),
            // A masked letter: f*ck, f##k. What it hides nobody can say, but the mask is part of the word.
            Kind::Sign if glyphs::is_mask(c) && self.last.is_some() && at + 1 < word.len() => Some('*'),
            Kind::Sign if glyphs::is_money(c) => Some('$'),
            Kind::Sign | Kind::Gap => None,
        }
    }

    /// Appends a character to the word, unless it is the third of its kind in a row.
    fn put(&mut self, c: char, at: u16) {
        if c == '*' && self.last == Some(c) {
            return;
        }
        self.run = if self.last == Some(c) { self.run + 1 } else { 1 };
        if self.run >= 3 && c.is_alphabetic() {
            self.folded.shape.stretched += 1;
            if self.run == 3 && !self.doubles {
                self.folded.text.pop();
                self.folded.origin.truncate(self.folded.text.len());
            }
            return;
        }
        if self.last.is_none() && self.folded.text.is_empty() {
            self.push(' ', at);
        }
        self.last = Some(c);
        self.push(c, at);
    }

    /// Ends a word, if there is one.
    fn close(&mut self) {
        if let Some(last) = self.last.take() {
            let at = self.folded.origin.last().copied().unwrap_or(0);
            let bytes = self.folded.text.as_bytes();
            let single = last.is_ascii_alphabetic() && bytes.len() >= 2 && bytes[bytes.len() - 2] == b' ';
            self.singles += u16::from(single);
            self.push(' ', at);
        }
        self.run = 0;
    }

    fn push(&mut self, c: char, at: u16) {
        self.folded.text.push(c);
        self.folded.origin.resize(self.folded.text.len(), at);
    }

    /// `f u c k` is one word: three single letters in a row lose the spaces between them.
    fn join_singles(&mut self) {
        let bytes = self.folded.text.as_bytes();
        let mut joined = Vec::with_capacity(bytes.len());
        let mut origin = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let letters = singles_from(bytes, at);
            if letters >= 3 {
                for n in 0..letters {
                    joined.push(bytes[at + 1 + 2 * n]);
                    origin.push(self.folded.origin[at + 1 + 2 * n]);
                }
                self.folded.shape.disguises += u16::try_from(letters).unwrap_or(u16::MAX);
                at += 2 * letters;
                // The space before is pushed with the word; the one behind is the next turn's.
                joined.insert(joined.len() - letters, b' ');
                origin.insert(origin.len() - letters, origin[origin.len() - letters]);
            } else {
                joined.push(bytes[at]);
                origin.push(self.folded.origin[at]);
                at += 1;
            }
        }
        self.folded.text = String::from_utf8(joined).expect("only whole ASCII letters were moved");
        self.folded.origin = origin;
    }
}

/// How many single ASCII letters, each between spaces, follow one another from the space at `at`.
fn singles_from(bytes: &[u8], at: usize) -> usize {
    let single = |n: usize| {
        let from = at + 2 * n;
        matches!(bytes.get(from..from + 3), Some([b' ', letter, b' ']) if letter.is_ascii_alphabetic())
    };
    (0..).take_while(|&n| single(n)).count()
}

#[cfg(test)]
mod tests;
