//! The crate `twitch-irc`, as Rust bots use it, against the built server: what it is told arrives as its own types.

#[path = "support/server.rs"]
mod support;

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use nix::sys::signal::Signal;
use support::{PATIENCE, Server, command};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use twitch_irc::login::StaticLoginCredentials;
use twitch_irc::message::{
    Badge, ClearChatAction, ClearChatMessage, ClearMsgMessage, Emote, PrivmsgMessage, RoomStateMessage,
    ServerMessage,
};
use twitch_irc::transport::tcp::{MakeConnection, TCPTransport, TCPTransportConnectError};
use twitch_irc::{ClientConfig, TwitchIRCClient};

thread_local! {
    /// Where this test's server is. The crate asks a type for a connection, not a value, so the address has to be where
    /// the type finds it; a test's runtime has one thread, so tests don't see each other's.
    static DOOR: Cell<Option<SocketAddr>> = const { Cell::new(None) };
}

/// To our server, where the crate's own transports name Twitch's.
struct Ours;

#[async_trait]
impl MakeConnection for Ours {
    type Socket = TcpStream;

    async fn new_socket() -> Result<TcpStream, TCPTransportConnectError> {
        let door = DOOR.get().expect("the server was started on this thread");
        Ok(TcpStream::connect(door).await?)
    }
}

type Sender = TwitchIRCClient<TCPTransport<Ours>, StaticLoginCredentials>;

/// A client in a room, and all that it is told.
struct Client {
    login: &'static str,
    sender: Sender,
    told: UnboundedReceiver<ServerMessage>,
    heard: Vec<ServerMessage>,
}

impl Client {
    /// In maya's room by the time this returns.
    async fn enter(login: &'static str, token: Option<String>) -> Self {
        let mut config = ClientConfig::new_simple(StaticLoginCredentials::new(login.to_owned(), token));
        config.new_connection_every = Duration::ZERO;
        let (told, sender) = Sender::new(config);
        sender.join("maya".to_owned()).expect("a channel's name");
        let mut client = Self { login, sender, told, heard: Vec::new() };
        client.is_in().await;
        client
    }

    /// Waits until the server has told it that it is in the room, and in which state that is.
    async fn is_in(&mut self) {
        let login = self.login;
        self.hears(|message| {
            matches!(message, ServerMessage::Join(join) if join.user_login == login).then_some(())
        })
        .await;
        self.hears(|message| {
            matches!(message, ServerMessage::RoomState(state) if state.slow_mode.is_some()).then_some(())
        })
        .await;
    }

    /// Reads until something is what is looked for.
    async fn hears<T>(&mut self, mut wanted: impl FnMut(&ServerMessage) -> Option<T>) -> T {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.told.recv()).await;
            let Ok(Some(message)) = next else {
                panic!("{} waits in vain after {:#?}", self.login, self.heard)
            };
            let found = wanted(&message);
            self.heard.push(message);
            if let Some(found) = found {
                return found;
            }
        }
    }

    async fn hears_text(&mut self, text: &str) -> PrivmsgMessage {
        self.hears(|message| match message {
            ServerMessage::Privmsg(message) if message.message_text == text => Some(message.clone()),
            _ => None,
        })
        .await
    }

    async fn hears_cleared(&mut self) -> ClearChatMessage {
        self.hears(|message| match message {
            ServerMessage::ClearChat(cleared) => Some(cleared.clone()),
            _ => None,
        })
        .await
    }

    async fn hears_deleted(&mut self) -> ClearMsgMessage {
        self.hears(|message| match message {
            ServerMessage::ClearMsg(deleted) => Some(deleted.clone()),
            _ => None,
        })
        .await
    }

    async fn hears_state(&mut self) -> RoomStateMessage {
        self.hears(|message| match message {
            ServerMessage::RoomState(state) => Some(state.clone()),
            _ => None,
        })
        .await
    }

    async fn hears_notice(&mut self, id: &str) -> String {
        self.hears(|message| match message {
            ServerMessage::Notice(notice) if notice.message_id.as_deref() == Some(id) => {
                Some(notice.message_text.clone())
            }
            _ => None,
        })
        .await
    }

    async fn says(&self, text: &str) {
        self.sender.say("maya".to_owned(), text.to_owned()).await.expect("sent");
    }

    async fn commands(&self, text: &str) {
        self.sender.privmsg("maya".to_owned(), text.to_owned()).await.expect("sent");
    }
}

/// A server, its folder, and two clients in maya's room: hers and a viewer's.
struct Stage {
    data: tempfile::TempDir,
    server: Server,
    maya: Client,
    bobby: Client,
}

async fn stage() -> Stage {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path(), "", &[]);
    DOOR.set(Some(server.door("irc")));
    let [owner, viewer] = ["maya", "bobby"].map(|name| server.sign_up(name));
    let maya = Client::enter("maya", Some(owner)).await;
    let bobby = Client::enter("bobby", Some(viewer)).await;
    Stage { data, server, maya, bobby }
}

fn badge(name: &str) -> Badge {
    Badge { name: name.to_owned(), version: "1".to_owned() }
}

fn emote(id: u32, from: usize, code: &str) -> Emote {
    let char_range = from..from + code.chars().count();
    Emote { id: id.to_string(), char_range, code: code.to_owned() }
}

#[tokio::test]
async fn messages_and_replies_arrive_with_author_badges_and_emotes() {
    let Stage { server, mut maya, mut bobby, data: _data } = stage().await;
    let mut nobody = Client::enter("justinfan12345", None).await;

    // The crate writes `. ` before what is said, so that it can't be a command; nobody sees that.
    bobby.says("footHype na\u{ef}ve :)").await;
    let said = maya.hears_text("footHype na\u{ef}ve :)").await;
    assert_eq!(said.emotes, [emote(13, 0, "footHype"), emote(1, 15, ":)")]);
    assert_eq!((said.sender.login.as_str(), said.sender.name.as_str()), ("bobby", "bobby"));
    assert_eq!(
        (said.channel_login.as_str(), said.badges.as_slice(), said.is_action),
        ("maya", [].as_slice(), false)
    );
    assert!(said.reply_parent.is_none() && said.bits.is_none());
    assert_eq!(nobody.hears_text("footHype na\u{ef}ve :)").await.message_id, said.message_id);

    maya.sender.say_in_reply_to(&said, "you sound happy".to_owned()).await.expect("sent");
    for listener in [&mut bobby, &mut nobody] {
        let reply = listener.hears(|message| match message {
            ServerMessage::Privmsg(message) if message.sender.login == "maya" => Some(message.clone()),
            _ => None,
        });
        let reply = reply.await;
        assert!(reply.message_text.ends_with("you sound happy"), "{}", reply.message_text);
        assert_eq!(reply.badges, [badge("broadcaster")]);
        assert_eq!(reply.channel_id, said.channel_id);
        let parent = reply.reply_parent.expect("it is a reply");
        assert_eq!((&parent.message_id, &parent.message_text), (&said.message_id, &said.message_text));
        assert_eq!(parent.reply_parent_user, said.sender);
    }

    maya.sender.me("maya".to_owned(), "waves".to_owned()).await.expect("sent");
    assert!(bobby.hears_text("waves").await.is_action);
    assert_eq!(server.stop(Signal::SIGTERM), 0);
}

#[tokio::test]
async fn what_a_broadcaster_does_arrives_as_the_types_that_bots_match_on() {
    let Stage { server, mut maya, mut bobby, data: _data } = stage().await;
    bobby.says("delete me please").await;
    let said = maya.hears_text("delete me please").await;

    maya.commands(&format!("/delete {}", said.message_id)).await;
    let deleted = bobby.hears_deleted().await;
    assert_eq!((deleted.message_id, deleted.message_text), (said.message_id, said.message_text));
    assert_eq!(deleted.sender_login, "bobby");

    let (user_login, user_id) = (said.sender.login, said.sender.id);
    maya.commands("/timeout bobby 90 a test").await;
    let timeout_length = Duration::from_secs(90);
    let timed_out = ClearChatAction::UserTimedOut {
        user_login: user_login.clone(),
        user_id: user_id.clone(),
        timeout_length,
    };
    let cleared = bobby.hears_cleared().await;
    assert_eq!((cleared.action, cleared.channel_id), (timed_out, said.channel_id));
    bobby.says("may I?").await;
    let refused = bobby.hears_notice("msg_timedout").await;
    assert!(refused.contains("timed out"), "{refused}");

    maya.commands("/ban bobby a test").await;
    assert_eq!(bobby.hears_cleared().await.action, ClearChatAction::UserBanned { user_login, user_id });
    maya.commands("/unban bobby").await;
    maya.hears_notice("unban_success").await;

    for (asked, seconds) in [("/slow 30", 30), ("/slowoff", 0)] {
        maya.commands(asked).await;
        let state = bobby.hears_state().await;
        assert_eq!(state.slow_mode, Some(Duration::from_secs(seconds)), "{asked}");
        assert_eq!(
            (state.emote_only, state.r9k, state.subscribers_only),
            (None, None, None),
            "only what changed"
        );
    }
    maya.commands("/clear").await;
    assert_eq!(bobby.hears_cleared().await.action, ClearChatAction::ChatCleared);
    assert_eq!(server.stop(Signal::SIGTERM), 0);
}

#[tokio::test]
async fn asked_to_reconnect_it_joins_again_by_itself_and_is_heard() {
    let Stage { server, mut maya, mut bobby, data } = stage().await;
    command(data.path(), &["chat", "reconnect", "--over", "1s"]);
    for client in [&mut maya, &mut bobby] {
        client.hears(|message| matches!(message, ServerMessage::Reconnect(_)).then_some(())).await;
        client.is_in().await;
    }
    bobby.says("here I am again").await;
    assert_eq!(maya.hears_text("here I am again").await.sender.login, "bobby");
    maya.says("and so am I").await;
    assert_eq!(bobby.hears_text("and so am I").await.badges, [badge("broadcaster")]);
    assert_eq!(server.stop(Signal::SIGTERM), 0);
}
