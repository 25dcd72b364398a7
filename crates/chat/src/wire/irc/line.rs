//! One IRC line: `@tags :prefix COMMAND middle middle :trailing`.

use super::limits::{LINE_BYTES_MAX, PARAMS_MAX, REST_BYTES_MAX, TAGS_BYTES_MAX};
use super::tags::Tags;

/// A line taken apart. Borrows everything; nothing is allocated.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Tags, perhaps none.
    pub tags: Tags<'a>,
    /// Who says it, without the colon. Clients leave it out.
    pub prefix: Option<&'a str>,
    /// Letters or three digits, as written.
    pub command: &'a str,
    params: [&'a str; PARAMS_MAX],
    count: usize,
    trailing: bool,
}

/// Why a text is no line. All are the client's doing; none is worth more than an ignored line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Nothing there; clients send such lines, they mean nothing.
    #[error("the line is empty")]
    Empty,
    /// Tags or the rest are longer than they may be.
    #[error(
        "the line is longer than {LINE_BYTES_MAX} bytes, its tags than {TAGS_BYTES_MAX} or its rest than {REST_BYTES_MAX}"
    )]
    TooLong,
    /// NUL, CR or LF inside.
    #[error("the line has a NUL, CR or LF inside")]
    ControlCharacter,
    /// Only tags or a prefix.
    #[error("the line has no command")]
    NoCommand,
    /// Something other than letters and digits.
    #[error("a command is made of letters or digits")]
    BadCommand,
}

impl<'a> Line<'a> {
    /// Takes one line apart. CR and LF at its end are allowed, inside they are not; several spaces count as one.
    pub fn parse(text: &'a str) -> Result<Self, LineError> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.trim_matches(' ').is_empty() {
            return Err(LineError::Empty);
        }
        if text.bytes().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
            return Err(LineError::ControlCharacter);
        }
        let mut rest = text.trim_start_matches(' ');
        let mut tags = Tags::default();
        if let Some(tagged) = rest.strip_prefix('@') {
            let (raw, after) = word(tagged);
            if raw.len() + 2 > TAGS_BYTES_MAX {
                return Err(LineError::TooLong);
            }
            tags = Tags(raw);
            rest = after;
        }
        if rest.len() > REST_BYTES_MAX {
            return Err(LineError::TooLong);
        }
        let mut prefix = None;
        if let Some(prefixed) = rest.strip_prefix(':') {
            let (raw, after) = word(prefixed);
            prefix = Some(raw);
            rest = after;
        }
        let (command, rest) = word(rest);
        if command.is_empty() {
            return Err(LineError::NoCommand);
        }
        if !command.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(LineError::BadCommand);
        }
        let mut line = Self { tags, prefix, command, params: [""; PARAMS_MAX], count: 0, trailing: false };
        line.take_params(rest);
        Ok(line)
    }

    fn take_params(&mut self, mut rest: &'a str) {
        while !rest.is_empty() {
            let last = self.count + 1 == PARAMS_MAX;
            if let Some(trailing) = rest.strip_prefix(':') {
                self.trailing = true;
                self.params[self.count] = trailing;
                rest = "";
            } else if last {
                self.trailing = true;
                self.params[self.count] = rest;
                rest = "";
            } else {
                (self.params[self.count], rest) = word(rest);
            }
            self.count += 1;
        }
    }

    /// All parameters, the trailing one too.
    pub fn params(&self) -> &[&'a str] {
        &self.params[..self.count]
    }

    /// One parameter.
    pub fn param(&self, at: usize) -> Option<&'a str> {
        self.params().get(at).copied()
    }

    /// The last parameter, if it was written with a colon and may have spaces.
    pub fn trailing(&self) -> Option<&'a str> {
        self.params().last().copied().filter(|_| self.trailing)
    }

    /// Appends the line as text without CR LF; parsing it gives the same line.
    pub fn write(&self, out: &mut Vec<u8>) {
        if !self.tags.0.is_empty() {
            out.push(b'@');
            out.extend_from_slice(self.tags.0.as_bytes());
            out.push(b' ');
        }
        if let Some(prefix) = self.prefix {
            out.push(b':');
            out.extend_from_slice(prefix.as_bytes());
            out.push(b' ');
        }
        out.extend_from_slice(self.command.as_bytes());
        for (at, param) in self.params().iter().enumerate() {
            out.push(b' ');
            if self.trailing && at + 1 == self.count {
                out.push(b':');
            }
            out.extend_from_slice(param.as_bytes());
        }
    }
}

impl PartialEq for Line<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.tags, self.prefix, self.command, self.params(), self.trailing)
            == (other.tags, other.prefix, other.command, other.params(), other.trailing)
    }
}

/// The text up to a space, and what follows the spaces.
fn word(text: &str) -> (&str, &str) {
    match text.split_once(' ') {
        Some((word, rest)) => (word, rest.trim_start_matches(' ')),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One word for each part: tags|prefix|command|parameters, `:` before a trailing one.
    fn check(text: &str, expected: Result<&str, LineError>) {
        let shown = Line::parse(text).map(|line| {
            let mut params: Vec<String> = line.params().iter().map(|&p| p.to_owned()).collect();
            if line.trailing().is_some() {
                let last = params.last_mut().expect("a trailing parameter is a parameter");
                last.insert(0, ':');
            }
            format!("{}|{}|{}|{}", line.tags.0, line.prefix.unwrap_or("-"), line.command, params.join("|"))
        });
        assert_eq!(shown, expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn a_line_is_tags_prefix_command_and_parameters() {
        check("PING", Ok("|-|PING|"));
        check("PRIVMSG #maya :hello there\r\n", Ok("|-|PRIVMSG|#maya|:hello there"));
        check("@a=1;b :n!u@h PRIVMSG #maya ::)", Ok("a=1;b|n!u@h|PRIVMSG|#maya|::)"));
        check("USER a 0 * :real name", Ok("|-|USER|a|0|*|:real name"));
        check("PRIVMSG #maya :", Ok("|-|PRIVMSG|#maya|:"));
        check("@ PING", Ok("|-|PING|"));
    }

    #[test]
    fn spaces_too_many_and_missing_colons_are_forgiven() {
        check("  JOIN   #a  ", Ok("|-|JOIN|#a"));
        check("PRIVMSG  #maya   :a  b ", Ok("|-|PRIVMSG|#maya|:a  b "));
        check("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", Ok("|-|X|1|2|3|4|5|6|7|8|9|10|11|12|13|14|:15 16"));
    }

    #[test]
    fn what_is_no_line_is_named() {
        check("", Err(LineError::Empty));
        check(" \r\n", Err(LineError::Empty));
        check("PING\nPING", Err(LineError::ControlCharacter));
        check("PING \0", Err(LineError::ControlCharacter));
        check("@a=1", Err(LineError::NoCommand));
        check(":maya ", Err(LineError::NoCommand));
        check("PRIV-MSG #a", Err(LineError::BadCommand));
        check("PRÏVMSG #a", Err(LineError::BadCommand));
        check(&format!("X {}", "y".repeat(REST_BYTES_MAX)), Err(LineError::TooLong));
        check(&format!("@{} X", "y".repeat(TAGS_BYTES_MAX)), Err(LineError::TooLong));
        check(&format!("PRIVMSG #maya :{}", "\u{1F389}".repeat(640)), Err(LineError::TooLong));
        assert!(Line::parse(&format!("PRIVMSG #maya :{}", "\u{1F389}".repeat(500))).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_a_line_or_an_error(text in any::<String>()) {
            let _ = Line::parse(&text);
        }

        #[test]
        fn a_written_line_reads_back_the_same(text in "(@[a-z=;\\\\:]{0,12} )?(:[a-z!@.]{1,9} )?[A-Z]{1,8}( {1,2}[a-z#é][a-z:#]{0,5}){0,16}( :[ -~é🎉]{0,20})?") {
            let line = Line::parse(&text).expect("a line");
            let mut out = Vec::new();
            line.write(&mut out);
            let written = String::from_utf8(out).expect("text");
            prop_assert_eq!(Line::parse(&written).expect("a line"), line, "{}", written);
        }

        #[test]
        fn whatever_parses_reads_back_the_same(text in "[@:; =a-z#\\\\]{0,40}") {
            if let Ok(line) = Line::parse(&text) {
                let mut out = Vec::new();
                line.write(&mut out);
                let written = String::from_utf8(out).expect("text");
                prop_assert_eq!(Line::parse(&written).expect("a line"), line, "{}", written);
            }
        }
    }
}
