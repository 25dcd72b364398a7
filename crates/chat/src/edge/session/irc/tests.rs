//! Registration and rooms of IRC clients, as data.

use std::sync::Arc;

use super::*;
use crate::command::{Account, Said, Told};
use crate::event::{Addressee, Author, Badges};
use crate::tree::testing;
use crate::wire::irc::render::ServerName;
use domain::ids::{MessageId, UserId};
use domain::time::WallTime;

fn maya() -> Arc<Account> {
    Arc::new(Account { id: UserId(7), display: "Maya".into(), ..testing::account("maya") })
}

/// A client whose effects are told in words.
struct Client {
    session: IrcSession,
    account: Option<Arc<Account>>,
    server: ServerName,
}

impl Client {
    fn new() -> Self {
        Self { session: IrcSession::default(), account: None, server: ServerName::default() }
    }

    fn does(&mut self, act: impl FnOnce(&mut IrcSession, Context<'_>, &mut Vec<Effect>)) -> Vec<String> {
        let mut out = Vec::new();
        let context = Context { account: self.account.as_ref(), server: &self.server, motd: "hi" };
        act(&mut self.session, context, &mut out);
        out.into_iter()
            .map(|effect| match effect {
                Effect::Say(words) => String::from_utf8(words).expect("text").trim_end().to_owned(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    fn line(&mut self, text: &str) -> Vec<String> {
        self.does(|session, context, out| session.line(text, context, out))
    }

    fn authenticated(&mut self, account: Option<Arc<Account>>) -> Vec<String> {
        self.account = account;
        self.does(|session, context, out| session.authenticated(context, out))
    }

    fn found(&mut self, name: &str, channel: Option<ChannelId>) -> Vec<String> {
        self.does(|session, context, out| session.found(name, channel, context, out))
    }

    /// Signed in as maya, with all capabilities.
    fn ready() -> Self {
        let mut client = Self::new();
        client.line("CAP REQ :twitch.tv/tags twitch.tv/commands");
        client.line("PASS oauth:abc");
        client.line("NICK maya");
        client.authenticated(Some(maya()));
        client
    }
}

#[test]
fn every_order_of_registration_seen_in_the_wild_works() {
    for lines in [
        &["CAP REQ :twitch.tv/tags", "PASS oauth:abc", "NICK maya"][..],
        &["PASS oauth:abc", "NICK maya", "CAP REQ :twitch.tv/tags"],
        &[
            "CAP LS 302",
            "CAP REQ :twitch.tv/tags",
            "CAP END",
            "PASS :oauth:abc",
            "NICK Maya",
            "USER maya 0 * :x",
        ],
        &["CAP REQ :twitch.tv/tags", "PASS oauth:abc", "NICK maya", "USER maya 0 * :x", "CAP END"],
    ] {
        let mut client = Client::new();
        let said: Vec<String> = lines.iter().flat_map(|line| client.line(line)).collect();
        assert!(said.contains(&"Authenticate(\"abc\")".to_owned()), "{lines:?}: {said:?}");
        assert!(said.iter().any(|s| s.starts_with(":tmi.twitch.tv CAP * ACK :twitch.tv/tags")), "{said:?}");
        let welcome = client.authenticated(Some(maya()));
        assert!(welcome[0].starts_with(":tmi.twitch.tv 001 maya :"), "{welcome:?}");
        assert!(client.session.caps().tags);
    }
}

#[test]
fn failed_logins_say_the_words_that_clients_match() {
    for (lines, expected) in [
        (&["NICK maya"][..], "Login unsuccessful"),
        (&["PASS abc", "NICK maya"], "Improperly formatted auth"),
        (&["PASS oauth:abc", "NICK ma-ya"], "Invalid NICK"),
    ] {
        let mut client = Client::new();
        let said: Vec<String> = lines.iter().flat_map(|line| client.line(line)).collect();
        assert_eq!(said[0], format!(":tmi.twitch.tv NOTICE * :{expected}"));
        assert!(said[1].starts_with("Close(1008"), "{said:?}");
        assert!(client.line("JOIN #maya").is_empty(), "nothing is heard after that");
    }
    let mut client = Client::new();
    client.line("PASS oauth:abc");
    client.line("NICK bob_99");
    let said = client.authenticated(Some(maya()));
    assert_eq!(said[0], ":tmi.twitch.tv NOTICE * :Login authentication failed", "somebody else's token");
}

#[test]
fn anonymous_readers_come_in_with_any_password_and_write_nowhere() {
    for pass in ["PASS SCHMOOPIIE", "PASS oauth:59301", "CAP LS"] {
        let mut client = Client::new();
        client.line(pass);
        let said = client.line("NICK justinfan123");
        assert!(said[0].starts_with(":tmi.twitch.tv 001 justinfan123 :"), "{said:?}");
        assert!(!said[0].contains("GLOBALUSERSTATE"));
        assert_eq!(client.line("JOIN #maya"), ["Find { name: \"maya\", join: true }"]);
        client.found("maya", Some(ChannelId(7)));
        assert!(client.line("PRIVMSG #maya :hello").is_empty());
    }
}

#[test]
fn a_join_before_the_welcome_waits_for_it() {
    let mut client = Client::new();
    client.line("PASS oauth:abc");
    client.line("NICK maya");
    assert!(client.line("JOIN #maya,#bob_99").is_empty());
    let said = client.authenticated(Some(maya()));
    assert_eq!(said[1..], ["Find { name: \"maya\", join: true }", "Find { name: \"bob_99\", join: true }"]);
    let said = client.found("maya", Some(ChannelId(7)));
    assert!(said[0].starts_with("Join(RoomName { channel: ChannelId(7)"), "{said:?}");
    let said = client.found("bob_99", None);
    assert!(said.is_empty(), "no NOTICE with an id without the capability: {said:?}");
}

#[test]
fn a_join_of_a_room_that_one_is_in_or_goes_into_costs_nothing() {
    let mut client = Client::new();
    client.line("PASS oauth:abc");
    client.line("NICK maya");
    client.line("JOIN #maya,#MAYA");
    client.line("JOIN #maya");
    let said = client.authenticated(Some(maya()));
    assert_eq!(said[1..], ["Find { name: \"maya\", join: true }"]);
    assert!(client.line("JOIN #maya").is_empty(), "it is on its way");
    client.found("maya", Some(ChannelId(7)));
    assert!(client.line("JOIN #Maya").is_empty(), "it is in");
    client.line("PART #maya");
    assert_eq!(client.line("JOIN #maya"), ["Find { name: \"maya\", join: true }"]);
}

#[test]
fn messages_are_told_from_commands() {
    let mut client = Client::ready();
    client.line("JOIN #maya");
    client.found("maya", Some(ChannelId(7)));
    for (text, expected) in [
        ("hello", "text: \"hello\", action: false, literal: false"),
        ("/ban bob", "text: \"/ban bob\", action: false, literal: false"),
        (". /ban bob", "text: \"/ban bob\", action: false, literal: true"),
        ("\u{1}ACTION waves\u{1}", "text: \"waves\", action: true, literal: true"),
        ("/me waves", "text: \"waves\", action: true, literal: true"),
    ] {
        let said = client.line(&format!("@client-nonce=x PRIVMSG #maya :{text}"));
        assert!(said[0].contains(expected) && said[0].ends_with("nonce: Some(\"x\") }"), "{said:?}");
    }
}

#[test]
fn who_has_not_joined_may_write() {
    let mut client = Client::ready();
    assert_eq!(client.line("PRIVMSG #bob_99 :hello"), ["Find { name: \"bob_99\", join: false }"]);
    let said = client.found("bob_99", Some(ChannelId(9)));
    assert!(said[0].starts_with("Ask { channel: ChannelId(9)"), "{said:?}");
}

#[test]
fn answers_are_lines() {
    let mut client = Client::ready();
    client.line("JOIN #maya");
    client.found("maya", Some(ChannelId(7)));
    let answer = |client: &mut Client, result: Result<Outcome, Refusal>| {
        client.does(|session, context, out| {
            let mut words = Vec::new();
            session.answer(ChannelId(7), &result, context, &mut words);
            out.push(Effect::Say(words));
        })
    };
    let said = Said { id: MessageId(5), badges: Badges::default(), nonce: Some("x".into()) };
    let state = answer(&mut client, Ok(Outcome { said: Some(said), ..Outcome::default() }));
    assert!(state[0].contains("client-nonce=x;") && state[0].contains(";id=5;"), "{state:?}");
    assert!(state[0].ends_with(":tmi.twitch.tv USERSTATE #maya"), "{state:?}");
    let told = Told { id: "ban_success".into(), text: "bob is banned.".into() };
    let notice = answer(&mut client, Ok(Outcome { told: vec![told], ..Outcome::default() }));
    assert_eq!(notice, ["@msg-id=ban_success :tmi.twitch.tv NOTICE #maya :bob is banned."]);
    let refusal = Refusal { id: "msg_slowmode".into(), text: "Slow down.".into(), retry_after_ms: None };
    let notice = answer(&mut client, Err(refusal));
    assert_eq!(notice, ["@msg-id=msg_slowmode :tmi.twitch.tv NOTICE #maya :Slow down."]);
}

#[test]
fn a_part_is_echoed_and_habits_are_answered() {
    let mut client = Client::ready();
    client.line("JOIN #maya");
    client.found("maya", Some(ChannelId(7)));
    assert_eq!(client.line("PART #MAYA"), ["Part(ChannelId(7))", ":maya!maya@maya.tmi.twitch.tv PART #maya"]);
    assert!(client.line("PART #maya").is_empty());
    client.line("JOIN #maya");
    client.line("PART #maya");
    assert!(client.found("maya", Some(ChannelId(7))).is_empty(), "it left before it came");
    assert_eq!(client.line("PING"), ["PONG :tmi.twitch.tv"]);
    assert_eq!(client.line("PING :a b"), [":tmi.twitch.tv PONG tmi.twitch.tv :a b"]);
    assert_eq!(client.line("TOPIC #maya :x"), [":tmi.twitch.tv 421 maya TOPIC :Unknown command"]);
    assert!(client.line("WHO #maya")[0].contains(" 315 "));
    assert!(client.line("PONG :x").is_empty());
}

#[test]
fn a_client_that_asks_for_everything_holds_little() {
    let mut client = Client::new();
    for n in 0..10_000 {
        client.line(&format!("JOIN #channel_{n}"));
        client.line("PRIVMSG #a :x");
    }
    assert_eq!(client.session.waiting.len(), WAITING_MAX);
}

#[test]
fn what_needs_no_room_is_asked_without_one_and_answered_where_it_was_typed() {
    let mut client = Client::ready();
    for text in ["PRIVMSG #jtv :  /w bob hi", "PRIVMSG #tmijs :/color red", "PRIVMSG #jtv :/block bob"] {
        let said = client.line(text);
        assert!(said.len() == 1 && said[0].starts_with("Ask { channel: ChannelId(0)"), "{said:?}");
    }
    let refusal = Refusal { id: "whisper_invalid_self".into(), text: "No.".into(), retry_after_ms: None };
    let said = client.does(|session, context, out| {
        let mut words = Vec::new();
        session.answer(NOWHERE, &Err(refusal), context, &mut words);
        out.push(Effect::Say(words));
    });
    assert_eq!(said, ["@msg-id=whisper_invalid_self :tmi.twitch.tv NOTICE #jtv :No."]);
    let said = client.line("PRIVMSG #jtv :hello");
    assert_eq!(said, ["Find { name: \"jtv\", join: false }"], "that is no room");
    assert_eq!(client.line("PRIVMSG #maya :/disconnect"), ["Close(1000, \"bye\")"]);
}

#[test]
fn answers_to_who_has_not_joined_name_the_room() {
    let mut client = Client::ready();
    client.line("PRIVMSG #bob_99 :hello");
    client.found("bob_99", Some(ChannelId(9)));
    let said = Said { id: MessageId(5), badges: Badges::default(), nonce: None };
    let state = client.does(|session, context, out| {
        let mut words = Vec::new();
        session.answer(
            ChannelId(9),
            &Ok(Outcome { said: Some(said), ..Outcome::default() }),
            context,
            &mut words,
        );
        out.push(Effect::Say(words));
    });
    assert!(state[0].ends_with(":tmi.twitch.tv USERSTATE #bob_99"), "{state:?}");
    let again = client.line("PRIVMSG #Bob_99 :hello again");
    assert!(again[0].starts_with("Ask { channel: ChannelId(9)"), "known by now: {again:?}");
    for n in 0..100 {
        client.line(&format!("PRIVMSG #channel_{n} :x"));
        client.found(&format!("channel_{n}"), Some(ChannelId(100 + n)));
    }
    assert_eq!(client.session.aside.len(), ASIDE_MAX);
}

#[test]
fn a_whisper_is_for_who_is_welcome_under_that_name() {
    let whisper = Whisper {
        id: MessageId(3),
        from: Arc::new(Author {
            id: UserId(9),
            login: "bob".parse().expect("a name"),
            display: "Bob".into(),
            colour: 0x0011_2233,
            badges: Badges::default(),
        }),
        to: Addressee { id: UserId(7), login: "maya".parse().expect("a name"), display: "Maya".into() },
        text: "psst".into(),
        emotes: Vec::new(),
        at: WallTime::from_unix_ms(0),
    };
    let hears = |client: &Client| {
        let context = Context { account: client.account.as_ref(), server: &client.server, motd: "" };
        let mut words = Vec::new();
        client.session.whispered(&whisper, context, &mut words);
        String::from_utf8(words).expect("text")
    };
    let expected = "@badges=;color=#112233;display-name=Bob;emotes=;message-id=3;thread-id=7_9;turbo=0;user-id=9;user-type= :bob!bob@bob.tmi.twitch.tv WHISPER maya :psst\r\n";
    assert_eq!(hears(&Client::ready()), expected);
    let mut nobody = Client::new();
    nobody.line("CAP REQ :twitch.tv/commands");
    assert_eq!(hears(&nobody), "");
    nobody.line("NICK justinfan1");
    assert_eq!(hears(&nobody), "", "who reads as nobody");
}

#[test]
fn what_a_client_has_is_listed_apart_from_what_there_is() {
    let mut client = Client::new();
    assert_eq!(
        client.line("CAP LS 302"),
        [":tmi.twitch.tv CAP * LS :twitch.tv/commands twitch.tv/membership twitch.tv/tags"]
    );
    client.line("CAP REQ :twitch.tv/tags");
    assert_eq!(client.line("CAP LIST"), [":tmi.twitch.tv CAP * LIST :twitch.tv/tags"]);
    assert_eq!(
        client.line("CAP REQ :twitch.tv/tags echo-message"),
        [":tmi.twitch.tv CAP * NAK :twitch.tv/tags echo-message"]
    );
}

#[test]
fn a_refused_join_takes_back_itself_and_no_message() {
    let mut client = Client::ready();
    client.line("PRIVMSG #bob_99 :hello");
    client.line("JOIN #bob_99");
    client.does(|session, context, out| session.too_many("bob_99", context, out));
    let said = client.found("bob_99", Some(ChannelId(9)));
    assert!(said.len() == 1 && said[0].starts_with("Ask { channel: ChannelId(9)"), "{said:?}");
    assert!(client.found("bob_99", Some(ChannelId(9))).is_empty());
}
