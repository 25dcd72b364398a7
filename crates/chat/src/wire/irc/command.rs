//! What a client asks, from the line that it sent.

use domain::ids::MessageId;

use super::line::Line;
use super::tags::Tags;
use crate::limits::NONCE_BYTES_MAX;

/// A client's line by its meaning. Whether it may be asked now, and by whom, is the session's to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClientCommand<'a> {
    /// `CAP …`.
    Cap(CapCommand<'a>),
    /// `PASS`, as written; see [`oauth_token`].
    Pass(&'a str),
    /// `NICK`, as written.
    Nick(&'a str),
    /// `USER …`: said by IRC clients, says nothing that we need.
    User,
    /// `JOIN #a,#b`.
    Join(Channels<'a>),
    /// `PART #a`.
    Part(Channels<'a>),
    /// `PRIVMSG #chan :text`. A slash command is still in the text; see [`unwrap_text`].
    Say {
        /// Login, without `#` (Twitch takes both) and as written.
        channel: &'a str,
        /// As written; not cut, not checked.
        text: &'a str,
        /// `reply-parent-msg-id`, if it is a number of ours. Any other id answers nothing.
        reply_to: Option<MessageId>,
        /// For the sender's own number: see [`client_nonce`].
        tags: Tags<'a>,
    },
    /// `PING`, with what it says.
    Ping(Option<&'a str>, Option<&'a str>),
    /// `PONG`, whatever it says.
    Pong,
    /// `QUIT`.
    Quit,
    /// `NAMES #a`.
    Names(Channels<'a>),
    /// `WHO mask`.
    Who(&'a str),
    /// `MODE target`, perhaps with a change that nobody may make.
    Mode(&'a str),
    /// `USERHOST nick`.
    Userhost(&'a str),
    /// A known command that lacks a parameter (461).
    TooFew(&'a str),
    /// Anything else (421).
    Unknown(&'a str),
}

/// `CAP` with its subcommand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapCommand<'a> {
    /// `LS [302]`.
    Ls,
    /// `LIST`.
    List,
    /// `REQ :list`.
    Req(&'a str),
    /// `END`.
    End,
}

/// A list of channels, `#a,#b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels<'a>(&'a str);

impl<'a> Channels<'a> {
    /// Logins without `#`, as written, empty ones left out.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        self.0.split(',').map(login).filter(|login| !login.is_empty())
    }
}

/// `#maya` → `maya`.
fn login(channel: &str) -> &str {
    let channel = channel.trim();
    channel.strip_prefix('#').unwrap_or(channel)
}

impl<'a> ClientCommand<'a> {
    /// What the line asks. Commands are matched without regard to case.
    pub fn of(line: &Line<'a>) -> Self {
        let first = line.param(0).filter(|param| !param.is_empty());
        let need = |make: fn(&'a str) -> Self| first.map_or(Self::TooFew(line.command), make);
        let mut upper = [0_u8; 8];
        let command = upper_case(line.command, &mut upper);
        match command {
            b"PRIVMSG" => Self::say(line),
            b"PING" => Self::Ping(line.param(0), line.param(1)),
            b"PONG" => Self::Pong,
            b"JOIN" => need(|list| Self::Join(Channels(list))),
            b"PART" => need(|list| Self::Part(Channels(list))),
            b"CAP" => Self::cap(line),
            b"PASS" => need(Self::Pass),
            b"NICK" => need(Self::Nick),
            b"USER" => Self::User,
            b"QUIT" => Self::Quit,
            b"NAMES" => need(|list| Self::Names(Channels(list))),
            b"WHO" => Self::Who(first.unwrap_or("*")),
            b"MODE" => need(Self::Mode),
            b"USERHOST" => need(Self::Userhost),
            _ => Self::Unknown(line.command),
        }
    }

    fn say(line: &Line<'a>) -> Self {
        let (Some(channel), Some(text)) = (line.param(0), line.param(1)) else {
            return Self::TooFew(line.command);
        };
        let reply_to = line.tags.get("reply-parent-msg-id").and_then(|id| id.parse().ok());
        Self::Say { channel: login(channel), text, reply_to, tags: line.tags }
    }

    fn cap(line: &Line<'a>) -> Self {
        let sub = line.param(0).unwrap_or("");
        let is = |name: &str| sub.eq_ignore_ascii_case(name);
        if is("LS") {
            Self::Cap(CapCommand::Ls)
        } else if is("LIST") {
            Self::Cap(CapCommand::List)
        } else if is("END") {
            Self::Cap(CapCommand::End)
        } else if let (true, Some(list)) = (is("REQ"), line.param(1)) {
            Self::Cap(CapCommand::Req(list))
        } else {
            Self::TooFew(line.command)
        }
    }
}

/// The command in upper case, or nothing that is a command of ours if it is too long for one.
fn upper_case<'b>(command: &str, buffer: &'b mut [u8; 8]) -> &'b [u8] {
    let Some(upper) = buffer.get_mut(..command.len()) else {
        return b"";
    };
    upper.copy_from_slice(command.as_bytes());
    upper.make_ascii_uppercase();
    upper
}

/// The token in a password: `oauth:TOKEN`. `None` is no such password: "Improperly formatted auth", unless the name is an
/// anonymous one, with which any password goes.
pub fn oauth_token(pass: &str) -> Option<&str> {
    pass.trim().strip_prefix("oauth:").filter(|token| !token.is_empty())
}

/// Whether a NICK is an anonymous reader's: `justinfan` and digits.
pub fn is_anonymous(nick: &str) -> bool {
    let digits = nick.get(..9).filter(|start| start.eq_ignore_ascii_case("justinfan")).map(|_| &nick[9..]);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The sender's own number for a message, `client-nonce`. One that is too long is as good as none.
pub fn client_nonce(tags: Tags<'_>) -> Option<Box<str>> {
    let nonce = tags.get("client-nonce")?;
    (!nonce.is_empty() && nonce.len() <= NONCE_BYTES_MAX).then(|| nonce.into())
}

/// A text as it was meant and whether it is an action: takes off `\x01ACTION …\x01`, `/me ` and `.me `, and the `. ` that
/// twitch-irc puts before every text so that nothing in it is a command. Other slash commands stay.
pub fn unwrap_text(text: &str) -> (&str, bool) {
    if let Some(action) = text.strip_prefix("\u{1}ACTION") {
        let action = action.strip_suffix('\u{1}').unwrap_or(action);
        return (action.strip_prefix(' ').unwrap_or(action), true);
    }
    if let Some(plain) = text.strip_prefix(". ") {
        return (plain, false);
    }
    let is_me = text
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case("/me") || start.eq_ignore_ascii_case(".me"));
    match text.get(3..).filter(|_| is_me) {
        Some("") => ("", true),
        Some(rest) => rest.strip_prefix(' ').map_or((text, false), |action| (action, true)),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> ClientCommand<'_> {
        ClientCommand::of(&Line::parse(text).expect("a line"))
    }

    #[test]
    fn registration_is_understood_in_every_form_seen_in_the_wild() {
        use ClientCommand::{Cap, Nick, Pass, TooFew, User};
        for (text, expected) in [
            (
                "CAP REQ :twitch.tv/tags twitch.tv/commands",
                Cap(CapCommand::Req("twitch.tv/tags twitch.tv/commands")),
            ),
            ("CAP REQ twitch.tv/tags", Cap(CapCommand::Req("twitch.tv/tags"))),
            ("CAP LS 302", Cap(CapCommand::Ls)),
            ("CAP END", Cap(CapCommand::End)),
            ("CAP LIST", Cap(CapCommand::List)),
            ("CAP REQ", TooFew("CAP")),
            ("PASS oauth:abc", Pass("oauth:abc")),
            ("PASS :oauth:abc", Pass("oauth:abc")),
            ("NICK maya", Nick("maya")),
            ("nick maya", Nick("maya")),
            ("NICK", TooFew("NICK")),
            ("USER justinfan1 8 * :justinfan1", User),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn keep_alive_and_the_habits_of_irc_clients_are_understood() {
        use ClientCommand::{Mode, Names, Ping, Pong, Quit, Unknown, Userhost, Who};
        for (text, expected) in [
            ("PING", Ping(None, None)),
            ("PING tmi.twitch.tv", Ping(Some("tmi.twitch.tv"), None)),
            ("PING :x y", Ping(Some("x y"), None)),
            ("PONG :tmi.twitch.tv", Pong),
            ("QUIT :bye", Quit),
            ("NAMES #maya", Names(Channels("#maya"))),
            ("WHO #maya", Who("#maya")),
            ("MODE #maya +b", Mode("#maya")),
            ("USERHOST maya", Userhost("maya")),
            ("TOPIC #maya :x", Unknown("TOPIC")),
            ("TAGMSG #maya", Unknown("TAGMSG")),
            ("AVERYLONGCOMMAND", Unknown("AVERYLONGCOMMAND")),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn channels_come_in_lists_with_and_without_their_sign() {
        let ClientCommand::Join(channels) = of("JOIN #a,b,,#,#Maya_1") else { panic!("a join") };
        assert_eq!(channels.iter().collect::<Vec<_>>(), ["a", "b", "Maya_1"]);
    }

    #[test]
    fn a_message_brings_its_text_and_what_it_answers() {
        let text = "@reply-parent-msg-id=12;client-nonce=a\\sb PRIVMSG #maya :hi there";
        let ClientCommand::Say { channel, text, reply_to, tags } = of(text) else { panic!("a message") };
        assert_eq!((channel, text, reply_to), ("maya", "hi there", Some(MessageId(12))));
        assert_eq!(client_nonce(tags).as_deref(), Some("a b"));
        let ClientCommand::Say { channel, reply_to, .. } = of("@reply-parent-msg-id=b34-x PRIVMSG maya :x")
        else {
            panic!("a message")
        };
        assert_eq!((channel, reply_to), ("maya", None));
        assert_eq!(of("PRIVMSG #maya"), ClientCommand::TooFew("PRIVMSG"));
        assert_eq!(client_nonce(Tags(&format!("client-nonce={}", "x".repeat(65)))), None);
    }

    #[test]
    fn wrappers_are_taken_off_a_text_and_commands_stay() {
        for (text, expected) in [
            ("hello", ("hello", false)),
            ("\u{1}ACTION waves\u{1}", ("waves", true)),
            ("\u{1}ACTION waves", ("waves", true)),
            ("/me waves", ("waves", true)),
            (".me waves", ("waves", true)),
            ("/ME waves", ("waves", true)),
            ("/me", ("", true)),
            ("/menu", ("/menu", false)),
            (". /ban maya", ("/ban maya", false)),
            (". hello", ("hello", false)),
            ("/ban maya", ("/ban maya", false)),
            (".ban maya", (".ban maya", false)),
            ("...", ("...", false)),
            ("/mé", ("/mé", false)),
        ] {
            assert_eq!(unwrap_text(text), expected, "{text:?}");
        }
    }

    #[test]
    fn passwords_and_anonymous_names_are_told_apart() {
        assert_eq!(oauth_token("oauth:abc"), Some("abc"));
        assert_eq!(oauth_token("SCHMOOPIIE"), None);
        assert_eq!(oauth_token("oauth:"), None);
        for (nick, expected) in [
            ("justinfan1", true),
            ("JustinFan64537", true),
            ("justinfan", false),
            ("justinfan1x", false),
            ("maya", false),
        ] {
            assert_eq!(is_anonymous(nick), expected, "{nick}");
        }
    }
}
