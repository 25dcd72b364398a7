//! Sockets: protocols, time limits, places, and how everything ends.

use std::sync::Arc;

use directory::AccountsConfig;
use reqwest::Version;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use web::WebConfig;

use crate::house::{House, PATIENCE, local};
use crate::streams::carry;

async fn house(change: impl FnOnce(&mut WebConfig)) -> House {
    let mut config = WebConfig::default();
    change(&mut config);
    House::with(config, AccountsConfig::default()).await
}

/// Opens a bare connection and sends `bytes`.
async fn connect(house: &House, bytes: &str) -> TcpStream {
    let mut socket = TcpStream::connect(house.address).await.expect("connects");
    socket.write_all(bytes.as_bytes()).await.expect("sent");
    socket
}

/// Everything until the other side closes; a reset is a close as well.
async fn rest(mut socket: TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut text)).await.expect("closes");
    drop(read);
    String::from_utf8_lossy(&text).into_owned()
}

/// Starts listening with TLS beside the plain listener, and makes clients that trust anything.
async fn encrypted(house: &House) -> (String, impl Fn() -> reqwest::ClientBuilder) {
    let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("made");
    let folder = tempfile::tempdir().expect("a folder");
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&cert, pair.cert.pem()).expect("written");
    std::fs::write(&key, pair.signing_key.serialize_pem()).expect("written");
    let tls = runtime::tls::server_config(&cert, &key, web::ALPN).expect("fits");
    let listener = runtime::listener::bind(local()).expect("binds");
    let url = format!("https://localhost:{}", listener.local_addr().expect("bound").port());
    house.web.serve(listener, Some(Arc::clone(&tls)));
    (url, || reqwest::Client::builder().no_proxy().timeout(PATIENCE).tls_danger_accept_invalid_certs(true))
}

#[tokio::test]
async fn http_2_and_1_are_spoken_over_tls_as_the_client_likes() {
    let house = House::open().await;
    let (url, client) = encrypted(&house).await;
    let clients = [(client(), Version::HTTP_2), (client().http1_only(), Version::HTTP_11)];
    for (client, version) in clients {
        let client = client.build().expect("a client");
        let response = client.get(format!("{url}/api/v1/site")).send().await.expect("answers");
        assert_eq!((response.status().as_u16(), response.version()), (200, version));
        let out = client.delete(format!("{url}/api/v1/sessions/current")).send().await.expect("answers");
        assert!(out.headers()["set-cookie"].to_str().expect("text").contains("; Secure"));
        let media = client.get(format!("{url}/live/1/source/1.m4s")).send().await.expect("answers");
        assert_eq!(media.status(), 404);
    }
}

#[tokio::test]
async fn a_cookie_works_over_http_2_from_our_own_origin() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    let (url, client) = encrypted(&house).await;
    for (origin, status) in [(url.as_str(), 201), ("https://evil.example", 403)] {
        let request = client().build().expect("a client").post(format!("{url}/api/v1/me/stream-keys"));
        let request =
            request.header("cookie", format!("footlight_session={}", maya.token)).header("origin", origin);
        let response = request.json(&serde_json::json!({})).send().await.expect("answers");
        assert_eq!(response.status().as_u16(), status, "{origin}");
    }
}

#[tokio::test]
async fn plain_http_2_is_spoken_only_if_configured() {
    for h2c in [true, false] {
        let house = house(|config| config.http.h2c = h2c).await;
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
        let client = client.http2_prior_knowledge().build().expect("a client");
        let answer = client.get(house.url("/healthz")).send().await;
        assert_eq!(answer.is_ok_and(|r| r.version() == Version::HTTP_2), h2c);
        assert_eq!(house.get("/healthz").await.status, 200, "HTTP/1.1 is always spoken");
    }
}

#[tokio::test]
async fn a_client_that_dribbles_its_request_is_closed() {
    for (h2c, sent) in [
        (false, ""),
        (false, "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: "),
        (true, "PR"),
        (true, "PRI * HTTP/2.0\r\n\r\nSM"),
        (true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ] {
        let house = house(|config| {
            config.http.header_timeout_ms = 100;
            config.http.h2c = h2c;
        })
        .await;
        let socket = connect(&house, sent).await;
        let told = rest(socket).await;
        assert!(!told.contains("200 OK"), "{sent:?} was told {told:?}");
    }
}

#[tokio::test]
async fn a_tls_client_that_never_shakes_hands_is_closed() {
    let house = house(|config| config.http.header_timeout_ms = 100).await;
    let (url, _) = encrypted(&house).await;
    let port: u16 = url.rsplit(':').next().expect("a port").parse().expect("a number");
    let socket = TcpStream::connect(("127.0.0.1", port)).await.expect("connects");
    assert_eq!(rest(socket).await, "");
}

#[tokio::test]
async fn requests_follow_one_another_on_a_connection() {
    let house = House::open().await;
    let ask = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let last = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let told = rest(connect(&house, &[ask, ask, last].concat()).await).await;
    assert_eq!(told.matches("200 OK").count(), 3, "{told}");
}

#[tokio::test]
async fn heads_that_are_too_long_are_refused() {
    let house = House::open().await;
    let long = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(64 * 1024));
    assert!(!rest(connect(&house, &long).await).await.contains("200 OK"));
    let many = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-one: 1\r\n".repeat(100));
    assert!(!rest(connect(&house, &many).await).await.contains("200 OK"));
}

#[tokio::test]
async fn a_request_names_one_host_and_hides_no_second_one() {
    let house = House::open().await;
    for hosts in ["", "host: x\r\nhost: y\r\n"] {
        let told = rest(
            connect(&house, &format!("GET /healthz HTTP/1.1\r\n{hosts}connection: close\r\n\r\n")).await,
        );
        let told = told.await;
        assert!(told.starts_with("HTTP/1.1 400") && told.contains("bad_host"), "{told}");
    }
    let hidden = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    for length in
        ["content-length: 6\r\ntransfer-encoding: chunked", "content-length: 6\r\ncontent-length: 7"]
    {
        let head = "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json";
        let told = rest(connect(&house, &format!("{head}\r\n{length}\r\n\r\n0\r\n\r\n{hidden}")).await).await;
        assert!(told.starts_with("HTTP/1.1 400"), "{told}");
        assert_eq!(told.matches("HTTP/1.1").count(), 1, "the hidden request is not answered: {told}");
    }
}

#[tokio::test]
async fn a_flood_of_streams_that_are_reset_ends_its_connection() {
    let house = house(|config| config.http.h2c = true).await;
    let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in (1_u32..4_000).step_by(2) {
        // HEADERS that end the request (`GET http://x/`), then RST_STREAM with CANCEL (RFC 9113 §6.2, §6.4).
        sent.extend(b"\0\0\x06\x01\x05");
        sent.extend(stream.to_be_bytes());
        sent.extend(b"\x82\x84\x86\x41\x01x");
        sent.extend(b"\0\0\x04\x03\0");
        sent.extend(stream.to_be_bytes());
        sent.extend(b"\0\0\0\x08");
    }
    let mut socket = TcpStream::connect(house.address).await.expect("connects");
    // The server may close while we still write.
    drop(socket.write_all(&sent).await);
    let told = rest(socket).await;
    assert!(told.is_empty() || told.contains("too_many_resets"), "{told:?}");
    assert_eq!(house.get("/healthz").await.status, 200, "others are served");
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let house = house(|config| config.http.connections.per_address_max = 2).await;
    let ask = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut socket = connect(&house, ask).await;
        let mut first = [0; 15];
        socket.read_exact(&mut first).await.expect("answered");
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        held.push(socket);
    }
    assert_eq!(rest(connect(&house, ask).await).await, "", "the third is closed unanswered");
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way_and_takes_no_more() {
    let house = House::open().await;
    let body = "{\"name\":\"maya\"}";
    let head = format!(
        "POST /api/v1/streams/ingest HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    let mut socket = connect(&house, &head).await;
    // The handler is reading the body once it says so.
    let mut go_on = [0; 25];
    socket.read_exact(&mut go_on).await.expect("told to go on");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    let closing = house.scope.close(PATIENCE);
    let finish = async {
        house.scope.stop().stopped().await;
        socket.write_all(body.as_bytes()).await.expect("sent");
        rest(socket).await
    };
    let (stragglers, told) = tokio::join!(closing, finish);
    assert!(told.starts_with("HTTP/1.1 422") && told.contains("connection: close"), "{told}");
    assert_eq!(stragglers, Vec::<&str>::new());
    assert!(TcpStream::connect(house.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn stopping_releases_requests_that_wait_for_a_stream_to_begin() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    let broadcast = carry(&house, &maya, 7);
    let before = broadcast.watchable.receiver_count();
    let waiting = house.get("/api/v1/streams/maya/playlist.m3u8");
    let stop = async {
        while broadcast.watchable.receiver_count() == before {
            tokio::task::yield_now().await;
        }
        house.scope.close(PATIENCE).await
    };
    let (answer, stragglers) = tokio::join!(waiting, stop);
    answer.refused(503, "draining");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(stragglers, Vec::<&str>::new());
}
