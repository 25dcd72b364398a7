//! Answers to one connection.

use domain::rooms::RoomSettings;
use domain::time::WallTime;
use twitch_irc::message::ServerMessage;

use super::*;
use crate::command::{Account, Said};

fn account() -> Account {
    Account {
        id: UserId(77),
        login: "kees".parse().expect("a name"),
        display: "Kees".into(),
        admin: false,
        partner: true,
        bot: false,
        verified: true,
        created_at: WallTime::from_unix_ms(0),
        colour: 0x1E90FF,
    }
}

fn name() -> ServerName {
    ServerName::default()
}

/// What `write` says, which a client must understand.
fn answer(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let text = written(write);
    for line in text.split_terminator("\r\n") {
        IRCMessage::parse(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    }
    text
}

#[test]
fn the_welcome_block_is_as_clients_wait_for_it() {
    assert_eq!(
        answer(|out| welcome("kees", "You are in a maze.", &name(), out)),
        ":tmi.twitch.tv 001 kees :Welcome, GLHF!\r\n\
         :tmi.twitch.tv 002 kees :Your host is tmi.twitch.tv\r\n\
         :tmi.twitch.tv 003 kees :This server is rather new\r\n\
         :tmi.twitch.tv 004 kees :-\r\n\
         :tmi.twitch.tv 375 kees :-\r\n\
         :tmi.twitch.tv 372 kees :You are in a maze.\r\n\
         :tmi.twitch.tv 376 kees :>\r\n"
    );
    let text = answer(|out| global_user_state(&account(), ALL, &name(), out));
    assert_eq!(
        text,
        "@badge-info=;badges=partner/1;color=#1E90FF;display-name=Kees;emote-sets=0;turbo=0;user-id=77;user-type= \
         :tmi.twitch.tv GLOBALUSERSTATE\r\n"
    );
    assert!(matches!(&typed(&text)[..], [ServerMessage::GlobalUserState(_)]));
    assert_eq!(answer(|out| global_user_state(&account(), PLAIN, &name(), out)), "");
}

#[test]
fn a_join_is_answered_in_the_one_order_that_all_clients_take() {
    let settings = RoomSettings { unique: true, slow_s: 5, ..RoomSettings::default() };
    let account = account();
    let room = |you| Joined { nick: "kees", channel: "maya", id: ChannelId(12), settings: &settings, you };
    let member = room(Some((&account, badges())));
    let text = answer(|out| joined(member, ["ada", "kees", "zoe"], ALL, &name(), out));
    assert_eq!(
        text,
        ":kees!kees@kees.tmi.twitch.tv JOIN #maya\r\n\
         :kees.tmi.twitch.tv 353 kees = #maya :kees ada zoe\r\n\
         :kees.tmi.twitch.tv 366 kees #maya :End of /NAMES list\r\n\
         @badge-info=subscriber/14;badges=moderator/1,subscriber/12;color=#1E90FF;display-name=Kees;emote-sets=0;mod=1;\
         subscriber=1;turbo=0;user-type=mod :tmi.twitch.tv USERSTATE #maya\r\n\
         @emote-only=0;followers-only=-1;r9k=1;room-id=12;slow=5;subs-only=0 :tmi.twitch.tv ROOMSTATE #maya\r\n"
    );
    let lines: Vec<&str> = text.split_inclusive("\r\n").collect();
    assert!(matches!(typed(lines[0])[0], ServerMessage::Join(_)));
    assert!(matches!(typed(lines[3])[0], ServerMessage::UserState(_)));
    assert!(matches!(typed(lines[4])[0], ServerMessage::RoomState(_)));
    assert_eq!(
        answer(|out| joined(room(None), ["ada"], PLAIN, &name(), out)),
        ":kees!kees@kees.tmi.twitch.tv JOIN #maya\r\n\
         :kees.tmi.twitch.tv 353 kees = #maya :kees\r\n\
         :kees.tmi.twitch.tv 366 kees #maya :End of /NAMES list\r\n"
    );
    assert_eq!(
        answer(|out| parted("kees", "maya", &name(), out)),
        ":kees!kees@kees.tmi.twitch.tv PART #maya\r\n"
    );
}

#[test]
fn many_names_come_in_several_lines_that_fit_old_buffers() {
    let settings = RoomSettings::default();
    let names: Vec<String> = (0..40).map(|n| format!("a_rather_long_name_{n:06}")).collect();
    let room = Joined { nick: "kees", channel: "maya", id: ChannelId(12), settings: &settings, you: None };
    let text = answer(|out| joined(room, names.iter().map(String::as_str), ALL, &name(), out));
    let lines: Vec<&str> = text.split("\r\n").filter(|line| line.contains(" 353 ")).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.len() <= 510));
    let told: usize =
        lines.iter().map(|line| line.rsplit_once(':').expect("names").1.split(' ').count()).sum();
    assert_eq!(told, 41);
}

#[test]
fn an_accepted_message_is_answered_with_its_number_and_nonce() {
    let said = Said { id: MessageId(901), badges: Badges::default(), nonce: Some("n 1".into()) };
    let account = account();
    let state = UserState { account: &account, badges: said.badges, said: Some(&said) };
    let text = answer(|out| user_state(state, ALL, &name(), "maya", out));
    assert_eq!(
        text,
        "@badge-info=;badges=;client-nonce=n\\s1;color=#1E90FF;display-name=Kees;emote-sets=0;id=901;mod=0;subscriber=0;\
         turbo=0;user-type= :tmi.twitch.tv USERSTATE #maya\r\n"
    );
    assert!(matches!(&typed(&text)[..], [ServerMessage::UserState(_)]));
    let commands = Caps { commands: true, ..PLAIN };
    assert_eq!(
        answer(|out| user_state(state, commands, &name(), "maya", out)),
        ":tmi.twitch.tv USERSTATE #maya\r\n"
    );
}

#[test]
fn capabilities_are_granted_as_asked_or_not_at_all() {
    let asked = "twitch.tv/membership twitch.tv/tags";
    assert_eq!(Caps::default().with(asked), Some(Caps { tags: true, commands: false, membership: true }));
    assert_eq!(ALL.with("-twitch.tv/tags"), Some(Caps { tags: false, ..ALL }));
    assert_eq!(Caps::default().with("twitch.tv/tags sasl"), None);
    assert_eq!(Caps::default().with("twitch.tv/TAGS"), None);
    for index in 0..8 {
        assert_eq!(Caps::from_index(index).index(), index);
    }
    assert_eq!(answer(|out| cap_ack(asked, &name(), out)), format!(":tmi.twitch.tv CAP * ACK :{asked}\r\n"));
    assert_eq!(answer(|out| cap_nak("sasl", &name(), out)), ":tmi.twitch.tv CAP * NAK :sasl\r\n");
    assert_eq!(
        answer(|out| cap_list(&name(), out)),
        ":tmi.twitch.tv CAP * LS :twitch.tv/commands twitch.tv/membership twitch.tv/tags\r\n"
    );
}

#[test]
fn a_pong_suits_the_client_that_asked() {
    for (arguments, expected) in [
        ((None, None), "PONG :tmi.twitch.tv\r\n"),
        ((Some("tmi.twitch.tv"), None), ":tmi.twitch.tv PONG tmi.twitch.tv :tmi.twitch.tv\r\n"),
        ((Some("chatterino/2.5"), None), ":tmi.twitch.tv PONG tmi.twitch.tv :chatterino/2.5\r\n"),
        ((Some("x y"), None), ":tmi.twitch.tv PONG tmi.twitch.tv :x y\r\n"),
        ((Some("x"), Some("y")), ":tmi.twitch.tv PONG tmi.twitch.tv :x y\r\n"),
    ] {
        let text = answer(|out| pong(arguments, &name(), out));
        assert_eq!(text, expected);
        assert!(matches!(&typed(&text)[..], [ServerMessage::Pong(_)]));
    }
    assert_eq!(answer(|out| ping(&name(), out)), "PING :tmi.twitch.tv\r\n");
}

#[test]
fn failed_logins_have_the_exact_words() {
    let texts = [
        (LoginFault::Authentication, "Login authentication failed"),
        (LoginFault::Unsuccessful, "Login unsuccessful"),
        (LoginFault::Format, "Improperly formatted auth"),
        (LoginFault::Nick, "Invalid NICK"),
        (LoginFault::Unavailable, "Error logging in"),
    ];
    for (fault, words) in texts {
        let text = answer(|out| login_fault(fault, &name(), out));
        assert_eq!(text, format!(":tmi.twitch.tv NOTICE * :{words}\r\n"));
        assert!(matches!(&typed(&text)[..], [ServerMessage::Notice(_)]));
    }
}

#[test]
fn notices_and_the_end_are_understood() {
    let text =
        answer(|out| notice("msg_channel_suspended", "No such channel.", Some("nobody"), ALL, &name(), out));
    assert_eq!(text, "@msg-id=msg_channel_suspended :tmi.twitch.tv NOTICE #nobody :No such channel.\r\n");
    assert!(matches!(&typed(&text)[..], [ServerMessage::Notice(_)]));
    assert_eq!(
        answer(|out| notice("no_help", "x", None, ALL, &name(), out)),
        "@msg-id=no_help :tmi.twitch.tv NOTICE * :x\r\n"
    );
    assert_eq!(answer(|out| notice("x", "y", Some("maya"), PLAIN, &name(), out)), "");
    let text = answer(|out| reconnect(&name(), out));
    assert_eq!(text, ":tmi.twitch.tv RECONNECT\r\n");
    assert!(matches!(&typed(&text)[..], [ServerMessage::Reconnect(_)]));
}

#[test]
fn what_plain_irc_clients_send_after_a_join_is_answered_with_nothing() {
    for (text, expected) in [
        (written(|out| unknown_command("kees", "TOPIC", &name(), out)), "421 kees TOPIC :Unknown command"),
        (written(|out| too_few("kees", "JOIN", &name(), out)), "461 kees JOIN :Not enough parameters"),
        (written(|out| end_of_who("kees", "#maya", &name(), out)), "315 kees #maya :End of /WHO list"),
        (written(|out| mode_is("kees", "#maya", &name(), out)), "324 kees #maya +"),
        (written(|out| mode_is("kees", "kees", &name(), out)), "221 kees +"),
        (written(|out| userhost("kees", &name(), out)), "302 kees :"),
    ] {
        assert_eq!(text, format!(":tmi.twitch.tv {expected}\r\n"));
    }
}

#[test]
fn another_server_name_is_used_everywhere() {
    let server = ServerName::new("chat.example").expect("a name");
    let text = written(|out| {
        welcome("kees", "x", &server, out);
        event(&happened(Happening::Line(line("x"))), ALL, &server, "maya", out);
        pong((None, None), &server, out);
    });
    assert!(!text.contains("tmi.twitch.tv") && text.contains("kees@kees.chat.example"));
    for bad in ["", "a b", "a\r\nb", "é"] {
        assert_eq!(ServerName::new(bad), None, "{bad:?}");
    }
}
