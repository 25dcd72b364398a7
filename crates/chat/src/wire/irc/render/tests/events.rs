//! Events.

use domain::rooms::RoomSettings;
use twitch_irc::message::{ClearChatAction, FollowersOnlyMode, ServerMessage, UserNoticeEvent};

use super::*;

const PRIVMSG_TAGS: &str =
    "@badge-info=subscriber/14;badges=moderator/1,subscriber/12;color=#1E90FF;display-name=Kees;";
const PRIVMSG_END: &str = "subscriber=1;tmi-sent-ts=1790000000123;turbo=0;user-id=77;user-type=mod \
                           :kees!kees@kees.tmi.twitch.tv PRIVMSG #maya :";

#[test]
fn a_message_has_every_tag_and_is_understood() {
    let expected = format!(
        "{PRIVMSG_TAGS}emotes=;first-msg=0;flags=;id=901;mod=1;returning-chatter=0;room-id=12;{PRIVMSG_END}Hello there"
    );
    let ServerMessage::Privmsg(message) = one(Happening::Line(line("Hello there")), &expected) else {
        panic!("a PRIVMSG")
    };
    assert_eq!(
        (&*message.sender.name, &*message.message_text, message.is_action),
        ("Kees", "Hello there", false)
    );
    assert_eq!((&*message.channel_id, &*message.message_id), ("12", "901"));
    assert_eq!(message.badges.len(), 2);
}

#[test]
fn emotes_are_counted_in_code_points_and_grouped() {
    let mut said = line("🎉 Kappa é Kappa Wow");
    said.emotes = vec![span(25, 2, 6), span(25, 10, 14), span(9, 16, 18)];
    said.first = true;
    said.nonce = Some("a;b c".into());
    let expected = "@badge-info=subscriber/14;badges=moderator/1,subscriber/12;client-nonce=a\\:b\\sc;color=#1E90FF;display-name=Kees;\
                    emotes=25:2-6,10-14/9:16-18;first-msg=1;flags=;id=901;mod=1;returning-chatter=0;room-id=12;";
    let message = one(Happening::Line(said), &format!("{expected}{PRIVMSG_END}🎉 Kappa é Kappa Wow"));
    let ServerMessage::Privmsg(message) = message else { panic!("a PRIVMSG") };
    let codes: Vec<&str> = message.emotes.iter().map(|emote| &*emote.code).collect();
    assert_eq!(codes, ["Kappa", "Kappa", "Wow"]);
}

#[test]
fn a_message_of_emotes_alone_says_so() {
    let mut said = line("Kappa  Wow");
    said.emotes = vec![span(25, 0, 4), span(9, 7, 9)];
    assert!(sent(Happening::Line(said.clone()), ALL).contains(";emote-only=1;emotes=25:0-4/9:7-9;"));
    said.text = "Kappa, Wow".into();
    assert!(!sent(Happening::Line(said), ALL).contains("emote-only"));
}

#[test]
fn an_action_is_wrapped_and_its_emotes_do_not_count_the_wrapper() {
    let mut said = line("waves Kappa");
    said.action = true;
    said.emotes = vec![span(25, 6, 10)];
    let expected = format!(
        "{PRIVMSG_TAGS}emotes=25:6-10;first-msg=0;flags=;id=901;mod=1;returning-chatter=0;room-id=12;{PRIVMSG_END}\u{1}ACTION waves Kappa\u{1}"
    );
    let ServerMessage::Privmsg(message) = one(Happening::Line(said), &expected) else { panic!("a PRIVMSG") };
    assert!(message.is_action);
    assert_eq!((&*message.message_text, &*message.emotes[0].code), ("waves Kappa", "Kappa"));
}

#[test]
fn a_reply_names_its_parent_in_tags_and_in_its_text() {
    let mut said = line("yes Kappa");
    said.parent = Some(parent());
    said.emotes = vec![span(25, 4, 8)];
    let expected = format!(
        "{PRIVMSG_TAGS}emotes=25:9-13;first-msg=0;flags=;id=901;mod=1;reply-parent-display-name=Ada;\
         reply-parent-msg-body=is\\sit\\:\\slive?;reply-parent-msg-id=900;reply-parent-user-id=78;reply-parent-user-login=ada;\
         reply-thread-parent-display-name=Eva;reply-thread-parent-msg-id=899;reply-thread-parent-user-id=79;reply-thread-parent-user-login=eva;returning-chatter=0;room-id=12;{PRIVMSG_END}@Ada yes Kappa"
    );
    let ServerMessage::Privmsg(message) = one(Happening::Line(said.clone()), &expected) else {
        panic!("a PRIVMSG")
    };
    let reply = message.reply_parent.expect("a reply");
    assert_eq!(
        (&*reply.message_id, &*reply.reply_parent_user.login, &*reply.message_text),
        ("900", "ada", "is it; live?")
    );
    assert_eq!(message.emotes[0].code, "Kappa");
    for already in ["@ada yes", "@Ada, yes"] {
        said.text = already.into();
        said.emotes.clear();
        assert!(sent(Happening::Line(said.clone()), PLAIN).ends_with(&format!(" :{already}\r\n")));
    }
}

#[test]
fn badges_stand_in_display_order_with_their_versions() {
    for (badges, info, shown, kind) in [
        (Badges { broadcaster: true, ..Badges::default() }, "", "broadcaster/1", ""),
        (Badges { staff: true, partner: true, ..Badges::default() }, "", "staff/1,partner/1", "staff"),
        (
            Badges { vip: true, bot: true, subscriber: Some((2, 1)), ..Badges::default() },
            "subscriber/1",
            "vip/1,subscriber/2000,bot-badge/1",
            "",
        ),
        (Badges { subscriber: Some((3, 11)), ..Badges::default() }, "subscriber/11", "subscriber/3009", ""),
        (Badges { subscriber: Some((1, 29)), ..Badges::default() }, "subscriber/29", "subscriber/24", ""),
    ] {
        let mut said = line("x");
        said.author = Arc::new(Author { badges, ..author() });
        let text = sent(Happening::Line(said), ALL);
        assert!(text.starts_with(&format!("@badge-info={info};badges={shown};color=")), "{text}");
        assert!(
            text.contains(&format!(";user-type={kind}{} :kees!", if badges.vip { ";vip=1" } else { "" })),
            "{text}"
        );
        assert!(text.contains(";mod=0;"), "the broadcaster is no moderator: {text}");
        typed(&text);
    }
}

#[test]
fn announcements_and_what_the_platform_tells_are_user_notices() {
    let tags = "@badge-info=subscriber/14;badges=moderator/1,subscriber/12;color=#1E90FF;display-name=Kees;emotes=;flags=;id=901;login=kees;mod=1;";
    let end = "tmi-sent-ts=1790000000123;turbo=0;user-id=77;user-type=mod :tmi.twitch.tv USERNOTICE #maya";
    let announced = Happening::Announcement { line: line("We are live"), colour: "PURPLE".into() };
    let expected = format!(
        "{tags}msg-id=announcement;msg-param-color=PURPLE;room-id=12;subscriber=1;system-msg=;{end} :We are live"
    );
    let ServerMessage::UserNotice(message) = one(announced, &expected) else { panic!("a USERNOTICE") };
    assert_eq!(message.message_text.as_deref(), Some("We are live"));

    let params = vec![
        ("cumulative-months".into(), "14".into()),
        ("should-share-streak".into(), "0".into()),
        ("sub-plan".into(), "1000".into()),
        ("sub-plan-name".into(), "Maya's club".into()),
    ];
    let system = "Kees subscribed at Tier 1.";
    let sub = Happening::Notice { kind: "resub".into(), system: system.into(), params, line: line("") };
    let expected = format!(
        "{tags}msg-id=resub;msg-param-cumulative-months=14;msg-param-should-share-streak=0;msg-param-sub-plan=1000;\
         msg-param-sub-plan-name=Maya's\\sclub;room-id=12;subscriber=1;system-msg=Kees\\ssubscribed\\sat\\sTier\\s1.;{end}"
    );
    let ServerMessage::UserNotice(message) = one(sub, &expected) else { panic!("a USERNOTICE") };
    assert!(matches!(message.event, UserNoticeEvent::SubOrResub { cumulative_months: 14, .. }));
    assert_eq!(message.system_message, system);

    let params = [
        ("displayName", "Kees"),
        ("login", "kees"),
        ("viewerCount", "9"),
        ("profileImageURL", "https://a/b"),
    ];
    let params = params.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    let raid = Happening::Notice { kind: "raid".into(), system: "9 raiders".into(), params, line: line("") };
    let messages = typed(&sent(raid, ALL));
    let ServerMessage::UserNotice(message) = &messages[0] else { panic!("a USERNOTICE") };
    assert!(matches!(message.event, UserNoticeEvent::Raid { viewer_count: 9, .. }));
}

#[test]
fn messages_are_taken_back_one_by_one_by_author_and_all_at_once() {
    let login: domain::names::Name = "kees".parse().expect("a name");
    let cleared = |seconds| Happening::UserCleared { user: UserId(77), login: login.clone(), seconds };
    let timeout = one(
        cleared(Some(600)),
        "@ban-duration=600;room-id=12;target-user-id=77;tmi-sent-ts=1790000000500 :tmi.twitch.tv CLEARCHAT #maya :kees",
    );
    let ServerMessage::ClearChat(message) = timeout else { panic!("a CLEARCHAT") };
    assert!(matches!(message.action, ClearChatAction::UserTimedOut { .. }));
    let ban = one(
        cleared(None),
        "@room-id=12;target-user-id=77;tmi-sent-ts=1790000000500 :tmi.twitch.tv CLEARCHAT #maya :kees",
    );
    let ServerMessage::ClearChat(message) = ban else { panic!("a CLEARCHAT") };
    assert!(matches!(message.action, ClearChatAction::UserBanned { .. }));
    assert!(sent(cleared(Some(0)), ALL).starts_with("@ban-duration=0;"));
    let all =
        one(Happening::RoomCleared, "@room-id=12;tmi-sent-ts=1790000000500 :tmi.twitch.tv CLEARCHAT #maya");
    let ServerMessage::ClearChat(message) = all else { panic!("a CLEARCHAT") };
    assert_eq!(message.action, ClearChatAction::ChatCleared);

    let deleted = Happening::MessageDeleted { id: MessageId(901), login, text: "buy\r\nnow".into() };
    let expected = "@login=kees;room-id=12;target-msg-id=901;tmi-sent-ts=1790000000500 :tmi.twitch.tv CLEARMSG #maya :buy  now";
    let ServerMessage::ClearMsg(message) = one(deleted, expected) else { panic!("a CLEARMSG") };
    assert_eq!((&*message.message_id, &*message.sender_login), ("901", "kees"));
}

#[test]
fn changed_modes_are_one_room_state_each_and_their_notices() {
    let before = RoomSettings::default();
    let now = RoomSettings { slow_s: 30, followers_min: Some(10), block_links: true, ..before.clone() };
    let notices = vec![("slow_on".into(), "This room is now in slow mode.".into())];
    let modes = Happening::Modes { settings: Box::new(now), before: Box::new(before), notices };
    let text = sent(modes.clone(), ALL);
    assert_eq!(
        text,
        "@followers-only=10;room-id=12 :tmi.twitch.tv ROOMSTATE #maya\r\n\
         @room-id=12;slow=30 :tmi.twitch.tv ROOMSTATE #maya\r\n\
         @msg-id=slow_on :tmi.twitch.tv NOTICE #maya :This room is now in slow mode.\r\n"
    );
    let messages = typed(&text);
    let ServerMessage::RoomState(state) = &messages[0] else { panic!("a ROOMSTATE") };
    let ten = std::time::Duration::from_secs(600);
    assert_eq!(state.followers_only, Some(FollowersOnlyMode::Enabled(ten)));
    assert_eq!(sent(modes, PLAIN), "");
}

#[test]
fn members_come_and_go_for_those_who_asked() {
    let name = |name: &str| name.parse().expect("a name");
    let members = Happening::Members { joined: vec![name("ada"), name("kees")], parted: vec![name("zoe")] };
    let text = sent(members.clone(), ALL);
    assert_eq!(
        text,
        ":ada!ada@ada.tmi.twitch.tv JOIN #maya\r\n:kees!kees@kees.tmi.twitch.tv JOIN #maya\r\n\
         :zoe!zoe@zoe.tmi.twitch.tv PART #maya\r\n"
    );
    assert_eq!(typed(&text).len(), 3);
    assert_eq!(sent(members, Caps { membership: false, ..ALL }), "");
}

#[test]
fn one_user_is_told_and_warned() {
    let told = Happening::Told { id: "msg_rejected".into(), text: "Wait\nfor a moderator".into() };
    one(told, "@msg-id=msg_rejected :tmi.twitch.tv NOTICE #maya :Wait for a moderator");
    let warned = Happening::Warned { reason: Some("be kind".into()) };
    one(
        warned,
        "@msg-id=msg_warned :tmi.twitch.tv NOTICE #maya :You have been warned by a moderator and must acknowledge it \
         before you can chat again: be kind",
    );
}

#[test]
fn without_capabilities_there_are_messages_and_nothing_else() {
    assert_eq!(
        sent(Happening::Line(line("hi")), PLAIN),
        ":kees!kees@kees.tmi.twitch.tv PRIVMSG #maya :hi\r\n"
    );
    let commands = Caps { commands: true, ..PLAIN };
    assert_eq!(sent(Happening::RoomCleared, commands), ":tmi.twitch.tv CLEARCHAT #maya\r\n");
    for what in [
        Happening::RoomCleared,
        Happening::Told { id: "x".into(), text: "y".into() },
        Happening::Announcement { line: line("x"), colour: "BLUE".into() },
        Happening::Notice { kind: "raid".into(), system: "x".into(), params: Vec::new(), line: line("") },
    ] {
        assert_eq!(sent(what, Caps { commands: false, ..ALL }), "");
    }
}

#[test]
fn what_irc_has_no_word_for_is_not_said() {
    for what in [
        Happening::Pinned(None),
        Happening::YouChanged(Box::default()),
        Happening::Warned { reason: None },
        Happening::HeldDecided { id: MessageId(1), fate: crate::event::Fate::Denied, by: None },
    ] {
        assert_eq!(sent(what, ALL), "");
    }
}

#[test]
fn nobody_writes_a_line_in_the_servers_name() {
    let mut said = line("x\r\n:tmi.twitch.tv NOTICE * :pay\0");
    said.parent = Some(Box::new(Parent { text: "a\r\nb".into(), display: "A\nb".into(), ..*parent() }));
    said.nonce = Some("a\r\nb".into());
    for index in 0..8 {
        let text = sent(Happening::Line(said.clone()), Caps::from_index(index));
        assert_eq!(text.matches(['\r', '\n', '\0']).count(), 2, "{text:?}");
    }
}

proptest::proptest! {
    #[test]
    fn whatever_is_said_arrives_as_it_was_said(
        text in "[^\r\n\0\u{1}]{1,40}",
        display in "[^\r\n\0]{1,9}",
        nonce in "[^\r\n\0]{0,9}",
    ) {
        let mut said = line(&text);
        said.author = Arc::new(Author { display: display.as_str().into(), ..author() });
        said.nonce = Some(nonce.as_str().into());
        let sent = sent(Happening::Line(said), ALL);
        let line = crate::wire::irc::Line::parse(&sent).expect("a line");
        proptest::prop_assert_eq!(line.trailing(), Some(&*text));
        proptest::prop_assert_eq!(line.tags.get("display-name"), Some(display.into()));
        proptest::prop_assert_eq!(line.tags.get("client-nonce"), Some(nonce.into()));
    }
}
