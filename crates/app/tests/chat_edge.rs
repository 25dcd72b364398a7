//! Rooms in one process, readers in another, and a node that is taken out: what chat clients see of it over IRC.

#[path = "support/server.rs"]
mod support;

use std::path::Path;

use nix::sys::signal::Signal;
use support::{Irc, Server, command, logs};

const SECRET: &str = "what both ends of the link know";

/// The node that has the accounts and owns the rooms.
fn rooms(data: &Path) -> Server {
    let config = format!("chat.link.listen = '127.0.0.1:0'\nchat.link.secret = '{SECRET}'\n");
    Server::start(data, &config, &["--role", "directory,chat,api"])
}

/// A node that delivers the rooms of another.
fn edge(data: &Path, rooms: &Server) -> Server {
    let upstream = rooms.door("chat_link");
    let config =
        format!("chat.link.upstream = '{upstream}'\nchat.link.secret = '{SECRET}'\nchat.link.node = 7\n");
    Server::start(data, &config, &["--role", "chat-edge"])
}

#[test]
fn what_is_said_and_done_on_one_node_is_seen_on_the_other() {
    let [here, there] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let rooms = rooms(here.path());
    let [maya, bobby] = ["maya", "bobby"].map(|name| rooms.sign_up(name));
    let edge = edge(there.path(), &rooms);
    let mut owner = Irc::enter(rooms.door("irc"), Some(("maya", &maya)), "maya");
    let mut viewer = Irc::enter(edge.door("irc"), Some(("bobby", &bobby)), "maya");
    let mut reader = Irc::enter(edge.door("irc"), None, "maya");

    viewer.says("maya", "good evening from the edge");
    for listener in [&mut owner, &mut reader] {
        let line = listener.hears(&["PRIVMSG #maya :good evening from the edge"]);
        assert!(line.contains("display-name=bobby;"), "{line}");
    }
    owner.says("maya", "and from the rooms");
    for listener in [&mut viewer, &mut reader] {
        let line = listener.hears(&["PRIVMSG #maya :and from the rooms"]);
        assert!(line.contains("broadcaster/1"), "{line}");
    }

    owner.says("maya", "/ban bobby enough of it");
    for listener in [&mut viewer, &mut reader] {
        let line = listener.hears(&["CLEARCHAT #maya :bobby"]);
        assert!(!line.contains("ban-duration"), "for good: {line}");
    }
    viewer.says("maya", "let me");
    viewer.hears(&["msg-id=msg_banned", "NOTICE #maya"]);

    assert_eq!(edge.stop(Signal::SIGTERM), 0);
    assert_eq!(rooms.stop(Signal::SIGTERM), 0);
}

#[test]
fn a_node_feeds_another_and_when_it_is_gone_the_rooms_do() {
    let [here, between, there] = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    let config =
        format!("chat.link.listen = '127.0.0.1:0'\nchat.link.secret = '{SECRET}'\nchat.link.children = 1\n");
    let rooms = Server::start(here.path(), &config, &["--role", "directory,chat,api"]);
    let link = |node: u16| {
        let upstream = rooms.door("chat_link");
        format!("chat.link.upstream = '{upstream}'\nchat.link.secret = '{SECRET}'\nchat.link.node = {node}\n")
    };
    let [maya, bobby] = ["maya", "bobby"].map(|name| rooms.sign_up(name));
    let mut owner = Irc::enter(rooms.door("irc"), Some(("maya", &maya)), "maya");
    let feeds = format!("{}chat.link.listen = '127.0.0.1:0'\nchat.link.address = '127.0.0.1:0'\n", link(7));
    let relay = Server::start(between.path(), &feeds, &["--role", "chat-edge"]);
    // Whoever is in the room there has shown that it is linked.
    let mut middle = Irc::enter(relay.door("irc"), None, "maya");
    let leaf = Server::start(there.path(), &link(8), &["--role", "chat-edge"]);
    let mut viewer = Irc::enter(leaf.door("irc"), Some(("bobby", &bobby)), "maya");

    viewer.says("maya", "from two hops away");
    for listener in [&mut owner, &mut middle] {
        listener.hears(&["display-name=bobby;", "PRIVMSG #maya :from two hops away"]);
    }
    owner.says("maya", "and back");
    for listener in [&mut viewer, &mut middle] {
        listener.hears(&["PRIVMSG #maya :and back"]);
    }
    rooms.sign_out(&bobby);
    viewer.ends();

    let mut reader = Irc::enter(leaf.door("irc"), None, "maya");
    assert_eq!(relay.stop(Signal::SIGKILL), -1);
    // What it has read may have a hole: it comes again, and would not if the rooms had fed that node from the start.
    reader.ends();
    let mut reader = Irc::enter(leaf.door("irc"), None, "maya");
    owner.says("maya", "straight from the rooms");
    reader.hears(&["PRIVMSG #maya :straight from the rooms"]);
    assert_eq!(leaf.stop(Signal::SIGTERM), 0);
    assert_eq!(rooms.stop(Signal::SIGTERM), 0);
}

#[test]
fn an_edge_links_to_the_node_that_it_knows_and_says_so_of_every_other() {
    let [here, there] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let rooms = rooms(here.path());
    let upstream = rooms.door("chat_link");
    let certificate =
        runtime::tls::certificate(&here.path().join("chat-link.pem")).expect("made at the start");
    let digest = chat::link::tls::fingerprint(&certificate);
    let right: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let wrong = "00".repeat(32);
    for (secret, more, words) in [
        (SECRET, format!("chat.link.fingerprint = '{wrong}'"), "the other end is not who it should be"),
        ("another secret than theirs", String::new(), "the other end does not know the link's secret"),
        (SECRET, "chat.link.plain = true".to_owned(), "chat link is down"),
    ] {
        let config = format!(
            "chat.link.upstream = '{upstream}'\nchat.link.secret = '{secret}'\nchat.link.node = 7\n{more}\n"
        );
        let line = logs(there.path(), &config, &["--role", "chat-edge"], words);
        assert!(!line.contains(SECRET), "{line}");
    }
    let maya = rooms.sign_up("maya");
    let config = format!(
        "chat.link.upstream = '{upstream}'\nchat.link.secret = '{SECRET}'\nchat.link.node = 7\nchat.link.fingerprint = '{right}'\n"
    );
    let edge = Server::start(there.path(), &config, &["--role", "chat-edge"]);
    let mut owner = Irc::enter(rooms.door("irc"), Some(("maya", &maya)), "maya");
    let mut reader = Irc::enter(edge.door("irc"), None, "maya");
    owner.says("maya", "over a link that both ends know");
    reader.hears(&["PRIVMSG #maya :over a link that both ends know"]);
    assert_eq!(edge.stop(Signal::SIGTERM), 0);
    assert_eq!(rooms.stop(Signal::SIGTERM), 0);
}

#[test]
fn an_edge_that_was_killed_serves_again_and_the_rooms_did_not_notice() {
    let [here, there] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let rooms = rooms(here.path());
    let maya = rooms.sign_up("maya");
    let mut owner = Irc::enter(rooms.door("irc"), Some(("maya", &maya)), "maya");
    let mut reader = Irc::enter(rooms.door("irc"), None, "maya");

    // Somebody else each time: a viewer may write once a second, and the next edge may be there sooner.
    let rounds = [("first", Signal::SIGKILL), ("second", Signal::SIGKILL), ("third", Signal::SIGTERM)];
    for (round, end) in rounds {
        let token = rooms.sign_up(round);
        let edge = edge(there.path(), &rooms);
        let mut viewer = Irc::enter(edge.door("irc"), Some((round, &token)), "maya");
        let text = format!("the {round} edge is here");
        viewer.says("maya", &text);
        owner.hears(&["PRIVMSG #maya :", &text]);
        let answer = format!("welcome to the {round}");
        owner.says("maya", &answer);
        viewer.hears(&["PRIVMSG #maya :", &answer]);
        let code = edge.stop(end);
        assert_eq!(code, if end == Signal::SIGKILL { -1 } else { 0 }, "{round}");
        // Who is on the rooms' own node goes on talking over the connection that was there from the start.
        let after = format!("the {round} is gone");
        owner.says("maya", &after);
        reader.hears(&["PRIVMSG #maya :", &after]);
        assert_eq!(rooms.status("/readyz"), 200);
    }
    owner.catches_up();
    assert_eq!(owner.count("RECONNECT"), 0);
    assert_eq!(rooms.stop(Signal::SIGTERM), 0);
}

#[test]
fn a_drained_node_asks_each_client_once_says_it_is_not_ready_and_ends() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path(), "", &[]);
    let maya = server.sign_up("maya");
    let mut clients: Vec<Irc> = (0..8).map(|_| Irc::enter(server.door("irc"), None, "maya")).collect();
    assert_eq!(server.status("/readyz"), 200);

    command(data.path(), &["drain", "--over", "5s"]);
    let mut speaker = Irc::enter(server.door("irc"), Some(("maya", &maya)), "maya");
    speaker.says("maya", "until the end");
    clients.push(speaker);
    clients[0].hears(&["RECONNECT"]);
    assert_eq!(server.status("/readyz"), 503);
    // Nobody leaves by themselves, and none of them holds the server.
    for client in &mut clients {
        client.ends();
        assert_eq!(client.count("RECONNECT"), 1);
    }
    assert!(clients[..8].iter().all(|client| client.count("until the end") == 1));
    assert_eq!(server.ended(), 0);
}
