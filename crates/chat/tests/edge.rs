//! The edge's threads over real sockets: what a client sees, fast or slow, with and without TLS, until it is asked to leave.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chat::command::{Account, Caller};
use chat::edge::{
    Adopted, Asker, Credential, EdgeConfig, EdgeHandle, EdgeThreads, Presented, Reply, Request, Socket,
    TokenMark, Tongue, Upstream,
};
use chat::event::{Audience, Author, Badges, Became, ConnectionId, Event, Happening, Line, OwnBan};
use chat::tree::encode::{Encoder, RoomName, Wire};
use chat::tree::shell::{Downstream as _, Pass};
use domain::ids::{ChannelId, MessageId, UserId};
use domain::time::WallTime;

const CHANNEL: ChannelId = ChannelId(7);

fn room() -> RoomName {
    RoomName { channel: CHANNEL, login: "maya".parse().expect("a name") }
}

/// A room that lets everybody in, is moderated by maya, and echoes what is said to nobody.
struct Open {
    edge: EdgeHandle,
    asked: Mutex<Vec<String>>,
}

impl Upstream for Open {
    fn find_channel(&self, connection: ConnectionId, name: &str) {
        self.edge.reply(connection, Reply::Channel { name: name.into(), found: Some(CHANNEL) });
    }
    fn join(&self, asker: Asker, _: &RoomName) {
        let greeting = match asker.language {
            chat::tree::language::Language::Native => b"[[\"hi\"]]".to_vec(),
            _ => b"HI\r\n".to_vec(),
        };
        if let Some((_, seq)) = asker.resume {
            self.note(format!("resume at {seq}"));
        }
        let moderates = asker.account.as_ref().is_some_and(|account| account.id == maya().id);
        let given = asker.account.as_ref().map(|_| 1);
        let reply = Reply::Joined { channel: CHANNEL, epoch: 1, seq: 0, greeting, moderates, given };
        self.edge.reply(asker.connection, reply);
    }
    fn part(&self, _: Asker, _: ChannelId) {
        self.note("part".into());
    }
    fn command(
        &self,
        caller: Caller,
        _: Option<TokenMark>,
        _: ChannelId,
        request: Request,
        _: Option<Box<str>>,
    ) {
        if let Request::Say { text, .. } = request {
            self.note(format!("{}: {text}", caller.account.login));
        }
    }
    fn authenticate(&self, connection: ConnectionId, token: &str) {
        self.edge.reply(connection, Reply::Account((token == "maya's").then(maya)));
    }
}

impl Open {
    fn note(&self, text: String) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }
}

/// An edge, its room and a listener for its clients.
struct Stage {
    edge: EdgeHandle,
    room: Arc<Open>,
    listener: TcpListener,
    encoder: Mutex<Encoder>,
    running: Option<chat::edge::handle::Running>,
}

impl Stage {
    fn new(change: impl FnOnce(&mut EdgeConfig)) -> Self {
        let mut config = EdgeConfig { threads: 2, ..EdgeConfig::default() };
        change(&mut config);
        let threads = EdgeThreads::new(config).expect("polls");
        let edge = threads.handle();
        let room = Arc::new(Open { edge: edge.clone(), asked: Mutex::default() });
        let running = threads.start(&(Arc::clone(&room) as Arc<dyn Upstream>)).expect("threads");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        Self { edge, room, listener, encoder: Mutex::default(), running: Some(running) }
    }

    /// A client's socket, and the server's end of it.
    fn sockets(&self) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(self.listener.local_addr().expect("bound")).expect("connects");
        let (server, _) = self.listener.accept().expect("accepted");
        client.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
        (client, server)
    }

    fn adopt(&self, socket: Socket, tongue: Tongue, account: Option<Arc<Account>>) {
        self.adopt_again(socket, tongue, account, None);
    }

    fn adopt_again(
        &self,
        socket: Socket,
        tongue: Tongue,
        account: Option<Arc<Account>>,
        after: Option<(u64, u64)>,
    ) {
        self.edge.adopt(Adopted {
            socket,
            leftover: Vec::new(),
            tongue,
            deflate: false,
            room: (tongue == Tongue::Native).then(room),
            account,
            token: Some(Presented { hash: [7; 32], asked: runtime::clock::now() }),
            refused: false,
            address: [127, 0, 0, 1].into(),
            full: true,
            after,
            pass: None,
        });
    }

    fn client(&self, tongue: Tongue, account: Option<Arc<Account>>) -> TcpStream {
        let (client, server) = self.sockets();
        self.adopt(Socket::Plain(server), tongue, account);
        client
    }

    /// The room says lines with these numbers, each with so many bytes of text.
    fn say(&self, seqs: std::ops::RangeInclusive<u64>, bytes: usize) {
        self.tell(seqs.map(|seq| (event(seq, bytes), true)).collect());
    }

    fn tell(&self, events: Vec<(Event, bool)>) {
        let (wants, _) = self.edge.interest(CHANNEL);
        let mut encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner);
        let frames = encoder.frames(&room(), 1, &events, wants, &Wire::default());
        let frames: Vec<_> = frames.into_iter().map(Arc::new).collect();
        self.edge.deliver(&frames, &Pass::new(Arc::default()));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.edge.stop();
        if let Some(running) = self.running.take() {
            running.join();
        }
    }
}

fn event(seq: u64, bytes: usize) -> Event {
    let at = WallTime::from_unix_ms(0);
    let author = Author {
        id: UserId(9),
        login: "anna".parse().expect("a name"),
        display: "Anna".into(),
        colour: 0,
        badges: Badges::default(),
    };
    let line = Line {
        id: MessageId(seq),
        author: Arc::new(author),
        text: format!("<{seq}>{}", "x".repeat(bytes)).into(),
        action: false,
        emotes: Vec::new(),
        parent: None,
        nonce: None,
        at,
        first: false,
        suspicion: None,
        origin: None,
        mentions: Vec::new(),
    };
    let what = if seq.is_multiple_of(10) {
        let login = "anna".parse().expect("a name");
        Happening::MessageDeleted { id: MessageId(seq - 1), login, text: "x".into() }
    } else {
        Happening::Line(line)
    };
    Event { seq, channel: CHANNEL, audience: Audience::Everyone, what, at }
}

fn maya() -> Arc<Account> {
    Arc::new(Account {
        id: UserId(7),
        login: "maya".parse().expect("a name"),
        display: "Maya".into(),
        admin: false,
        partner: false,
        bot: false,
        verified: true,
        created_at: WallTime::from_unix_ms(0),
        colour: 0,
    })
}

/// Reads until `mark` has come; all that came.
fn until(from: &mut impl std::io::Read, mark: &str) -> String {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = from.read(&mut buffer).expect("comes in time");
        assert!(count > 0, "ended before {mark:?}: {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buffer[..count]);
        if all.windows(mark.len()).any(|window| window == mark.as_bytes()) {
            return String::from_utf8_lossy(&all).into_owned();
        }
    }
}

/// A client's text frame, masked with zeros.
fn frame(text: &str) -> Vec<u8> {
    let mut out = vec![0x81, 0x80 | u8::try_from(text.len()).expect("short"), 0, 0, 0, 0];
    out.extend_from_slice(text.as_bytes());
    out
}

#[test]
fn a_native_client_is_greeted_reads_and_writes() {
    let stage = Stage::new(|_| {});
    let mut client = stage.client(Tongue::Native, Some(maya()));
    until(&mut client, "[\"hi\"]");
    stage.say(1..=3, 1);
    let read = until(&mut client, "[\"at\",\"1\",3]");
    assert!(read.contains("<1>") && read.contains("<3>"), "{read}");
    client.write_all(&frame(r#"{"t":"say","text":"hello"}"#)).expect("writes");
    client.write_all(&frame(r#"{"t":"ping","nonce":"n"}"#)).expect("writes");
    until(&mut client, "[\"pong\",\"n\"]");
    assert_eq!(*stage.room.asked.lock().expect("not poisoned"), ["maya: hello"]);
}

#[test]
fn an_irc_client_over_tcp_registers_joins_and_reads_lines() {
    let stage = Stage::new(|_| {});
    let mut client = stage.client(Tongue::IrcTcp, None);
    client.write_all(b"CAP REQ :twitch.tv/tags\r\nNICK justinfan12\r\nJOIN #ma").expect("writes");
    until(&mut client, " 376 ");
    client.write_all(b"ya\r\n").expect("writes");
    until(&mut client, "HI\r\n");
    stage.say(1..=1, 1);
    let read = until(&mut client, "<1>");
    assert!(read.contains("PRIVMSG #maya :"), "{read}");
    client.write_all(b"PING\r\n").expect("writes");
    until(&mut client, "PONG :tmi.twitch.tv\r\n");
}

#[test]
fn what_breaks_the_protocol_is_closed_with_its_code() {
    let stage = Stage::new(|_| {});
    for (bytes, code) in [
        (b"\x81\x02hi".to_vec(), 1002_u16),
        (b"\x82\x80\0\0\0\0".to_vec(), 1003),
        (b"\x81\x81\0\0\0\0\xff".to_vec(), 1007),
        (b"\x81\xff\0\0\0\0\0\x0f\0\0\0\0\0\0".to_vec(), 1009),
        (frame("x").repeat(400), 1008),
    ] {
        let mut client = stage.client(Tongue::Native, None);
        client.write_all(&bytes).expect("writes");
        let mut all = Vec::new();
        let _ = client.read_to_end(&mut all);
        let close = code.to_be_bytes();
        let found = all.windows(4).any(|four| four[0] == 0x88 && four[2..] == close);
        assert!(found, "expected {code}: {}", String::from_utf8_lossy(&all));
    }
}

#[test]
fn a_slow_reader_skips_is_told_and_still_gets_every_deletion() {
    let stage = Stage::new(|config| {
        config.ring.bytes_max = 64 * 1024;
        config.patience = Duration::from_secs(60);
    });
    let mut slow = stage.client(Tongue::Native, None);
    let mut fast = stage.client(Tongue::Native, None);
    until(&mut slow, "[\"hi\"]");
    until(&mut fast, "[\"hi\"]");
    // Far more than the kernel holds for a socket that nobody reads.
    let last = 60_000;
    for begin in (1..=last).step_by(100) {
        stage.say(begin..=begin + 99, 400);
        let seen = until(&mut fast, &format!("[\"at\",\"1\",{}]", begin + 99));
        assert!(!seen.contains("[\"g\","), "a fast reader misses nothing");
    }
    let read = until(&mut slow, &format!("[\"at\",\"1\",{last}]"));
    assert!(read.contains("[\"g\","), "it was told");
    let deletions = read.matches("[\"d\",").count();
    assert_eq!(deletions as u64, last / 10, "what must reach");
}

#[test]
fn everybody_is_asked_to_come_again_once_and_newcomers_are_served() {
    let stage = Stage::new(|config| config.farewell = Duration::from_secs(1));
    let mut old: Vec<TcpStream> = (0..20).map(|_| stage.client(Tongue::Native, None)).collect();
    old.iter_mut().for_each(|client| drop(until(client, "[\"hi\"]")));
    let mut irc = stage.client(Tongue::IrcTcp, None);
    irc.write_all(b"NICK justinfan1\r\n").expect("writes");
    until(&mut irc, " 376 ");
    stage.edge.reconnect_all(Duration::from_millis(500), Some("wss://other"));
    stage.edge.reconnect_all(Duration::from_millis(500), None);
    let mut young = stage.client(Tongue::Native, None);
    until(&mut young, "[\"hi\"]");
    until(&mut irc, ":tmi.twitch.tv RECONNECT\r\n");
    for client in &mut old {
        let mut all = Vec::new();
        let _ = client.read_to_end(&mut all);
        let text = String::from_utf8_lossy(&all);
        assert_eq!(text.matches("[\"bye\",").count(), 1, "{text}");
        assert!(text.contains("wss://other") && text.contains("please connect again"), "{text}");
    }
    stage.say(1..=1, 1);
    until(&mut young, "<1>");
}

#[test]
fn who_comes_while_the_node_goes_away_is_asked_too_and_nobody_stays() {
    let stage = Stage::new(|_| {});
    let mut old = stage.client(Tongue::Native, None);
    until(&mut old, "[\"hi\"]");
    // One that was asked for later must not stay behind.
    stage.edge.reconnect_all(Duration::from_secs(3_600), None);
    stage.edge.leave_all(Duration::from_millis(500), Some("wss://other"));
    let mut young = stage.client(Tongue::Native, None);
    let mut irc = stage.client(Tongue::IrcTcp, None);
    irc.write_all(b"NICK justinfan1\r\n").expect("writes");
    let read = |client: &mut TcpStream| {
        let mut all = Vec::new();
        client.read_to_end(&mut all).expect("is closed");
        String::from_utf8_lossy(&all).into_owned()
    };
    for client in [&mut old, &mut young] {
        let text = read(client);
        assert_eq!(text.matches("[\"bye\",").count(), 1, "{text}");
        assert!(text.contains("wss://other") && text.contains("this server goes away"), "{text}");
    }
    assert_eq!(read(&mut irc).matches("RECONNECT").count(), 1);
    let mut last = stage.client(Tongue::IrcTcp, None);
    assert_eq!(read(&mut last).matches("RECONNECT").count(), 1, "and closed at once");
}

#[test]
fn over_tls_everything_arrives_as_well() {
    let stage = Stage::new(|_| {});
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(signed.signing_key.serialize_der().into());
    let certificate = signed.cert.der().clone();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("fits");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (socket, mut other) = stage.sockets();
    let shaking = std::thread::spawn(move || {
        let mut session = rustls::ServerConnection::new(Arc::new(server)).expect("a session");
        while session.is_handshaking() {
            session.complete_io(&mut other).expect("shakes hands");
        }
        (session, other)
    });
    let session = rustls::ClientConnection::new(Arc::new(config), "localhost".try_into().expect("a name"));
    let mut client = rustls::StreamOwned::new(session.expect("a session"), socket);
    client.write_all(b"").expect("shakes hands");
    while client.conn.is_handshaking() {
        client.conn.complete_io(&mut client.sock).expect("shakes hands");
    }
    let (mut session, mut socket) = shaking.join().expect("done");
    // A client's first words may come with the end of the handshake, and lie in the session when the edge gets it.
    client.write_all(&frame(r#"{"t":"ping","nonce":"early"}"#)).expect("writes");
    while session.process_new_packets().expect("records").plaintext_bytes_to_read() == 0 {
        session.read_tls(&mut socket).expect("reads");
    }
    stage.adopt(Socket::Tls(Box::new(session), socket), Tongue::Native, Some(maya()));
    let read = until(&mut client, "[\"pong\",\"early\"]");
    if !read.contains("[\"hi\"]") {
        until(&mut client, "[\"hi\"]");
    }
    stage.say(1..=2_000, 300);
    let read = until(&mut client, "[\"at\",\"1\",2000]");
    assert!(read.contains("<1>") && read.contains("<1998>"));
    client.write_all(&frame(r#"{"t":"ping","nonce":"tls"}"#)).expect("writes");
    until(&mut client, "[\"pong\",\"tls\"]");
}

#[test]
fn who_is_timed_out_is_told_so_natively_and_irc_clients_are_not() {
    let stage = Stage::new(|_| {});
    let mut native = stage.client(Tongue::Native, Some(maya()));
    let mut irc = stage.client(Tongue::IrcTcp, Some(maya()));
    until(&mut native, "[\"hi\"]");
    irc.write_all(b"NICK justinfan12\r\nJOIN #maya\r\n").expect("writes");
    until(&mut irc, "HI\r\n");
    let (at, end) = (WallTime::from_unix_ms(0), WallTime::from_unix_ms(60_000));
    let ban = OwnBan { left_ms: 60_000, reason: "rude".into(), at, until: Some(end) };
    let became = Became { ban: Some(ban), warning: Some("mind".into()), ..Became::default() };
    let what = Happening::YouChanged(Box::new(became));
    let you = Event { audience: Audience::User(maya().id), what, ..event(1, 1) };
    stage.tell(vec![(you, true)]);
    let read = until(&mut native, "\"timeout_ms\":60000");
    assert!(read.contains("\"login\":\"maya\"") && read.contains("\"warning\":\"mind\""), "{read}");
    stage.say(2..=2, 1);
    let read = until(&mut irc, "<2>");
    assert!(!read.contains("USERSTATE"), "{read}");
}

#[test]
fn who_comes_again_is_put_where_the_room_is_remembered() {
    let stage = Stage::new(|config| config.threads = 4);
    let mut first = stage.client(Tongue::Native, None);
    until(&mut first, "[\"hi\"]");
    stage.say(1..=5, 1);
    until(&mut first, "[\"at\",\"1\",5]");
    let mut others = Vec::new();
    for seq in 1..=3 {
        let (mut again, server) = stage.sockets();
        stage.adopt_again(Socket::Plain(server), Tongue::Native, None, Some((1, seq)));
        until(&mut again, "[\"hi\"]");
        others.push(again);
    }
    let asked = stage.room.asked.lock().expect("not poisoned");
    assert_eq!(*asked, ["resume at 1", "resume at 2", "resume at 3"]);
}

#[test]
fn a_moderator_who_signs_in_late_misses_nothing_and_is_told_nothing_twice() {
    let stage = Stage::new(|_| {});
    let mut client = stage.client(Tongue::Native, None);
    until(&mut client, "[\"hi\"]");
    let line = |seq, audience| (Event { audience, ..event(seq, 1) }, true);
    let waits = Audience::ModeratorsAnd(UserId(9));
    let comes = |first| Audience::EverybodyElse { author: UserId(9), first };
    stage.tell(vec![line(1, waits), line(2, waits), line(3, comes(1)), line(4, Audience::Everyone)]);
    let nobody = until(&mut client, "[\"at\",\"1\",4]");
    assert!(!nobody.contains("<1>") && !nobody.contains("<2>") && nobody.contains("<3>"), "{nobody}");
    client.write_all(&frame(r#"{"t":"auth","token":"maya's"}"#)).expect("writes");
    let signed_in = until(&mut client, "[\"at\",\"1\",4]");
    assert!(signed_in.contains("<2>") && !signed_in.contains("<1>"), "{signed_in}");
    stage.tell(vec![line(5, waits), line(6, comes(2)), line(7, comes(5)), line(8, Audience::Everyone)]);
    let moderator = until(&mut client, "[\"at\",\"1\",8]");
    assert!(moderator.contains("<5>"), "{moderator}");
    assert!(!moderator.contains("<6>") && !moderator.contains("<7>"), "{moderator}");
}

#[test]
fn who_moderates_no_longer_is_told_of_what_waits_only_once() {
    let stage = Stage::new(|_| {});
    let mut client = stage.client(Tongue::Native, Some(maya()));
    until(&mut client, "[\"hi\"]");
    let to = |seq, audience| (Event { audience, ..event(seq, 1) }, true);
    let waits = Audience::ModeratorsAnd(UserId(9));
    let comes = |first| Audience::EverybodyElse { author: UserId(9), first };
    stage.tell(vec![to(1, waits)]);
    until(&mut client, "<1>");
    let viewer = Happening::YouChanged(Box::new(Became { role: true, ..Became::default() }));
    let (mut demoted, _) = to(2, Audience::User(maya().id));
    demoted.what = viewer;
    stage.tell(vec![(demoted, true)]);
    until(&mut client, "[\"you\",");
    stage.tell(vec![to(3, waits), to(4, comes(1)), to(5, comes(3)), to(6, Audience::Everyone)]);
    let after = until(&mut client, "[\"at\",\"1\",6]");
    assert!(!after.contains("<3>") && !after.contains("<4>") && after.contains("<5>"), "{after}");
}

#[test]
fn who_is_signed_out_is_closed_and_others_are_not() {
    let stage = Stage::new(|_| {});
    let credentials = [Credential::Token([7; 32]), Credential::Account(maya().id)];
    for (credential, account) in credentials.into_iter().zip([None, Some(maya())]) {
        let mut client = stage.client(Tongue::Native, account);
        until(&mut client, "[\"hi\"]");
        stage.edge.end(Credential::Token([8; 32]));
        stage.edge.end(Credential::Account(UserId(8)));
        client.write_all(&frame(r#"{"t":"ping","nonce":"n"}"#)).expect("writes");
        until(&mut client, "[\"pong\",\"n\"]");
        stage.edge.end(credential);
        until(&mut client, "your sign-in has ended");
    }
}
