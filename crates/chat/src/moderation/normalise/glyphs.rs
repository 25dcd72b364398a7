//! Characters, one by one: what each is once it has lost its form, and what it may stand for.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::Shape;
use crate::event::EmoteSpan;

/// What a character is to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of words.
    Letter,
    /// Stands for a word, and is no part of one: a letter beside it is another word's.
    Picture,
    Digit,
    /// Something that may stand for a letter or end a word.
    Sign,
    /// Ends a word.
    Gap,
}

/// A character with the code point that it came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    pub c: char,
    pub at: u16,
    pub kind: Kind,
}

/// Takes a text apart, without its emotes.
pub(super) fn read(text: &str, emotes: &[EmoteSpan], out: &mut Vec<Glyph>, shape: &mut Shape) {
    out.clear();
    out.reserve(text.len());
    let mut emotes = emotes.iter().peekable();
    let mut digits_run = 0;
    for (at, c) in (0..u16::MAX).zip(text.chars()) {
        while emotes.next_if(|span| span.end < at).is_some() {}
        if emotes.peek().is_some_and(|span| span.start <= at) {
            shape.emotes += 1;
            push(out, ' ', at, Kind::Gap);
            continue;
        }
        shape.chars += 1;
        if c.is_ascii() {
            ascii(c, at, out, shape);
        } else {
            other(c, at, out, shape);
        }
        if c.is_ascii_digit() {
            digits_run += 1;
            shape.digits_run = shape.digits_run.max(digits_run);
        } else if !matches!(c, ' ' | '-' | '.' | '(' | ')' | '+') {
            digits_run = 0;
        }
    }
}

fn push(out: &mut Vec<Glyph>, c: char, at: u16, kind: Kind) {
    out.push(Glyph { c, at, kind });
}

fn ascii(c: char, at: u16, out: &mut Vec<Glyph>, shape: &mut Shape) {
    match c {
        'a'..='z' => {
            shape.letters += 1;
            push(out, c, at, Kind::Letter);
        }
        'A'..='Z' => {
            shape.letters += 1;
            shape.capitals += 1;
            push(out, c.to_ascii_lowercase(), at, Kind::Letter);
        }
        '0'..='9' => {
            shape.digits += 1;
            push(out, c, at, Kind::Digit);
        }
        // "don't" is one word, and quotes around one are nothing.
        '\'' => {}
        '@' if out.last().is_none_or(|glyph| glyph.kind == Kind::Gap) => {
            shape.mentions += 1;
            push(out, ' ', at, Kind::Gap);
        }
        '.' => {
            shape.inner_dots += u16::from(out.last().is_some_and(|glyph| glyph.kind != Kind::Gap));
            push(out, c, at, Kind::Sign);
        }
        '!' | '?' => {
            shape.shouts += 1;
            push(out, c, at, Kind::Sign);
        }
        '$' | '%' => {
            shape.money += 1;
            push(out, c, at, Kind::Sign);
        }
        '@' | '(' | '|' | '+' | '*' | '#' | '^' => push(out, c, at, Kind::Sign),
        '\0'..='\x1f' | '\x7f' => shape.disguises += u16::from(!matches!(c, '\t' | '\n' | '\r')),
        _ => push(out, ' ', at, Kind::Gap),
    }
}

fn other(c: char, at: u16, out: &mut Vec<Glyph>, shape: &mut Shape) {
    if is_invisible(c) {
        shape.disguises += 1;
    } else if is_accent(c) || is_picture_modifier(c) || matches!(c, '’' | '‘' | 'ʼ') {
        // Nothing of its own: "don’t" is one word, é is e.
    } else if matches!(c, '£' | '€' | '¥' | '₽' | '₿' | '¢') {
        shape.money += 1;
        push(out, c, at, Kind::Sign);
    } else if let Some(letter) = lone_symbol(c, out) {
        shape.letters += 1;
        shape.disguises += 1;
        push(out, letter, at, Kind::Letter);
    } else if is_whole(c) || is_picture(c) {
        shape.letters += 1;
        shape.foreign += 1;
        push(out, c, at, if is_picture(c) { Kind::Picture } else { Kind::Letter });
    } else if matches!(c, '™' | '℠' | '℡' | '℻') {
        // One sign, not the letters that it is made of.
        push(out, ' ', at, Kind::Gap);
    } else {
        decomposed(c, at, out, shape);
    }
}

/// The compatibility form of a character in small letters, without accents.
fn decomposed(c: char, at: u16, out: &mut Vec<Glyph>, shape: &mut Shape) {
    let from = out.len();
    shape.capitals += u16::from(c.is_uppercase());
    decompose_compatible(c, |part| {
        if is_accent(part) {
            return;
        }
        for small in part.to_lowercase().filter(|&small| !is_accent(small)) {
            match small {
                '\'' => {}
                'ß' => out.extend(['s', 's'].map(|c| Glyph { c, at, kind: Kind::Letter })),
                'æ' => out.extend(['a', 'e'].map(|c| Glyph { c, at, kind: Kind::Letter })),
                'œ' => out.extend(['o', 'e'].map(|c| Glyph { c, at, kind: Kind::Letter })),
                _ => push(out, barred(small).unwrap_or(small), at, kind(small)),
            }
        }
    });
    for glyph in &out[from..] {
        match glyph.kind {
            Kind::Letter => {
                shape.letters += 1;
                shape.foreign += u16::from(!glyph.c.is_ascii());
                // Small capitals, fonts of mathematics and wide forms are a disguise; é is not.
                shape.disguises += u16::from(
                    glyph.c.is_ascii() && (u32::from(c) >= 0x1d00 || matches!(c, '\u{250}'..='\u{2af}')),
                );
            }
            Kind::Digit => shape.digits += 1,
            Kind::Picture | Kind::Sign | Kind::Gap => {}
        }
    }
}

fn kind(c: char) -> Kind {
    if c.is_ascii_digit() {
        Kind::Digit
    } else if c.is_ascii_alphabetic() {
        Kind::Letter
    } else if matches!(c, '@' | '!' | '$' | '(' | '|' | '+' | '*' | '?' | '%' | '.') {
        Kind::Sign
    } else if !c.is_ascii() && (c.is_alphanumeric() || is_combining_mark(c)) {
        Kind::Letter
    } else {
        // Punctuation of all scripts, arrows, and what nobody has given a meaning.
        Kind::Gap
    }
}

/// Letters of Latin that Unicode does not take apart: with a bar, or small capitals, which no language writes words in.
fn barred(c: char) -> Option<char> {
    match c {
        'ø' => Some('o'),
        'đ' | 'ð' => Some('d'),
        'ł' => Some('l'),
        'ħ' => Some('h'),
        'ı' => Some('i'),
        '\u{250}'..='\u{2af}' | '\u{1d00}'..='\u{1d2b}' | '\u{a730}' | '\u{a731}' => look_alike(c),
        _ => None,
    }
}

/// Characters that are seen as nothing: zero-width, fillers, direction marks, tags (U+E0000 …).
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' | '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{2800}')
}

/// Accents on Latin, Greek and Cyrillic letters, and what Zalgo piles up. Signs that carry vowels elsewhere stay.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Variation selectors and skin tones: the picture is the same.
fn is_picture_modifier(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// Han, Hangul and most of Cyrillic and Hebrew: nothing to take apart.
fn is_whole(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}'
        | '\u{430}'..='\u{438}' | '\u{43a}'..='\u{44f}' | '\u{5d0}'..='\u{5ea}')
}

/// Emoji, dingbats, and the pieces of games.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{4dc0}'..='\u{4dff}' | '\u{1f000}'..='\u{1f0ff}' | '\u{1f300}'..='\u{1fbff}')
}

/// Whether a glyph is a letter that no word of Latin letters has, nor one that looks like a letter of such a word.
pub(super) fn is_of_another_script(glyph: &Glyph) -> bool {
    let is_latin = matches!(glyph.c, '\0'..='\u{36f}' | '\u{1e00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}'
        | '\u{a720}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab6f}');
    glyph.kind == Kind::Letter && !is_latin && look_alike(glyph.c).is_none()
}

/// Letters in boxes and flags' letters that stand alone. Two flags' letters side by side are a flag.
fn lone_symbol(c: char, before: &mut Vec<Glyph>) -> Option<char> {
    let nth = |from: u32| char::from_u32(u32::from('a') + u32::from(c) - from);
    match c {
        '\u{1f130}'..='\u{1f149}' => nth(0x1f130),
        '\u{1f150}'..='\u{1f169}' => nth(0x1f150),
        '\u{1f170}'..='\u{1f189}' => nth(0x1f170),
        '\u{1f1e6}'..='\u{1f1ff}' => {
            // Letters of a flag come in twos without a gap: they end words instead of making one.
            let after_letter = before.last().is_some_and(|glyph| glyph.kind != Kind::Gap);
            if after_letter {
                let at = before.last().map_or(0, |glyph| glyph.at);
                push(before, ' ', at, Kind::Gap);
            }
            nth(0x1f1e6)
        }
        _ => None,
    }
}

/// The Latin letter that a letter of another alphabet looks like.
pub(super) fn look_alike(c: char) -> Option<char> {
    Some(match c {
        'а' | 'α' | 'ɑ' | 'ᴀ' | 'λ' => 'a',
        'в' | 'β' | 'ʙ' | 'ь' | 'б' => 'b',
        'с' | 'ϲ' | 'ᴄ' | '⊂' | 'ς' => 'c',
        'ԁ' | 'ᴅ' | 'ɗ' => 'd',
        'е' | 'є' | 'ε' | 'э' | 'ᴇ' | 'ҽ' => 'e',
        'ꜰ' | 'ƒ' => 'f',
        'ɡ' | 'ɢ' | 'ց' => 'g',
        'н' | 'һ' | 'ʜ' | 'հ' => 'h',
        'і' | 'ι' | 'ɪ' | 'ӏ' | 'ί' => 'i',
        'ј' | 'ᴊ' => 'j',
        'к' | 'κ' | 'ᴋ' => 'k',
        'ʟ' | 'ⅼ' => 'l',
        'м' | 'ᴍ' => 'm',
        'п' | 'η' | 'ɴ' | 'ո' | 'π' | 'и' => 'n',
        'о' | 'ο' | 'σ' | 'ᴏ' | 'օ' | 'θ' => 'o',
        'р' | 'ρ' | 'ᴘ' => 'p',
        'ԛ' | 'ǫ' => 'q',
        'г' | 'ʀ' | 'я' => 'r',
        'ѕ' | 'ꜱ' | 'ʂ' => 's',
        'т' | 'τ' | 'ᴛ' => 't',
        'υ' | 'ᴜ' | 'ս' | 'μ' | 'ц' => 'u',
        'ν' | 'ᴠ' | 'ѵ' => 'v',
        'ԝ' | 'ω' | 'ш' | 'ᴡ' | 'щ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' | 'ʏ' => 'y',
        'ᴢ' => 'z',
        _ => return None,
    })
}

/// The letter that a digit or a sign is used for.
pub(super) fn as_letter(c: char) -> Option<char> {
    Some(match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '|' => 'l',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '(' | '¢' => 'c',
        '£' => 'l',
        _ => return None,
    })
}

/// Whether a digit or sign is meant as a letter: among letters nearly always (`b4d`, `f(uk`), at the end of a word if there are one
/// or two of them (`a55`, `a$$`, but `user2026`), at its beginning if there is one and more than a unit follows (`5tupid`, but
/// `60fps` and `5k`).
pub(super) fn stands_for_letter(word: &[Glyph], at: usize) -> bool {
    let may = |glyph: &Glyph| matches!(glyph.kind, Kind::Digit | Kind::Sign) && as_letter(glyph.c).is_some();
    if !may(&word[at]) {
        return false;
    }
    let start = at - word[..at].iter().rev().take_while(|glyph| may(glyph)).count();
    let end = at + word[at..].iter().take_while(|glyph| may(glyph)).count();
    let is_letter = |glyph: &&Glyph| glyph.kind == Kind::Letter;
    let before = start > 0 && word[start - 1].kind == Kind::Letter;
    let after = word[end..].iter().take_while(is_letter).count();
    let run = end - start;
    let plain = word[start..end].iter().all(|glyph| glyph.kind == Kind::Digit || glyph.c == '$');
    match (before, after) {
        (true, 1..) => run <= 3,
        (true, 0) => run <= 2 && end == word.len() && plain && word[0].kind == Kind::Letter,
        (false, _) => run == 1 && plain && start == 0 && (after >= 3 || word[at].c == '$' && after >= 1),
    }
}

/// Signs that hide a letter.
pub(super) fn is_mask(c: char) -> bool {
    matches!(c, '*' | '#' | '^')
}

pub(super) fn is_money(c: char) -> bool {
    matches!(c, '$' | '%' | '£' | '€' | '¥' | '₽' | '₿' | '¢')
}
