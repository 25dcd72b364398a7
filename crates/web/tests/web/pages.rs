//! Pages, documents and probes.

use directory::AccountsConfig;
use domain::streams::StreamState;
use serde_json::json;
use web::WebConfig;

use crate::house::{House, send};

#[tokio::test]
async fn the_ui_is_served_from_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("index.html", "<html><script>start()</script></html>");
    write("_app/immutable/app.js", "code");
    let mut config = WebConfig::default();
    config.http.ui_dir = Some(folder.path().to_owned());
    let house = House::with(config, AccountsConfig::default()).await;

    let maya = house.somebody("maya").await;
    for (path, status) in [
        ("/", 200),
        ("/maya", 200),
        ("/Maya", 200),
        ("/creator/chat", 200),
        ("/nobody", 404),
        ("/maya/x", 404),
    ] {
        let answer = house.get(path).await;
        assert_eq!((answer.status, answer.header("cache-control")), (status, "no-cache"), "{path}");
        assert!(answer.text.contains("start()"), "the application says so in words");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("script-src 'self' 'sha256-") && policy.contains("worker-src 'self' blob:"),
            "{policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(!answer.header("referrer-policy").is_empty());
    }
    let code = house.get("/_app/immutable/app.js").await;
    assert_eq!(
        (code.text.as_str(), code.header("cache-control")),
        ("code", "public, max-age=31536000, immutable")
    );
    house.get("/robots.txt").await.refused(404, "not_found");
    let channel = "</api/v1/channels/maya>; rel=preload; as=fetch; crossorigin";
    let playlist = "</api/v1/streams/maya/playlist.m3u8>; rel=preload; as=fetch; crossorigin";
    assert_eq!(house.get("/maya").await.header("link"), channel);
    let _live = house.on_air(&maya, 1, StreamState::Live).await;
    assert_eq!(house.get("/Maya").await.header("link"), format!("{channel}, {playlist}"));
    assert_eq!(house.get("/nobody").await.header("link"), "");
    let head = send(house.request("HEAD", "/maya")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn players_of_other_sites_may_fetch_with_headers_of_their_own() {
    let house = House::open().await;
    for (path, status) in
        [("/api/v1/streams/maya/playlist.m3u8", 204), ("/live/7/source/index.m3u8", 204), ("/api/v1/me", 405)]
    {
        let answer = send(house.request("OPTIONS", path)).await;
        assert_eq!(answer.status, status, "{path}");
        let is_open = answer.header("access-control-allow-headers") == "*";
        assert_eq!(is_open, status == 204, "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn without_a_ui_there_is_still_a_page() {
    let house = House::open().await;
    let answer = house.get("/").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
}

#[tokio::test]
async fn the_reference_is_our_own() {
    let house = House::open().await;
    let document = house.get("/api/openapi.json").await;
    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.json()["openapi"].as_str().map(|v| &v[..3]), Some("3.1"));
    assert_eq!(house.get("/api/docs/").await.text, house.get("/api/docs").await.text);
    let page = house.get("/api/docs").await;
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; script-src 'self';"));
    for asset in ["/api/docs/docs.js", "/api/docs/docs.css"] {
        assert!(page.text.contains(asset));
        let text = house.get(asset).await.text;
        assert!(!text.is_empty() && !text.contains("https://"), "{asset} asks nobody else");
    }
}

#[tokio::test]
async fn the_site_says_what_it_is_and_what_time_it_has() {
    let house = House::open().await;
    let site = house.get("/api/v1/site").await.json();
    let expected = json!({
        "name": "Footlight", "version": "9.9.9", "signup": "open", "rtmp": "rtmp://127.0.0.1:1935/live", "rtmps": null,
        "ladder": [
            { "name": "1080p", "partners_only": true },
            { "name": "720p", "partners_only": false },
            { "name": "160p", "partners_only": false },
        ],
    });
    assert_eq!(site, expected);
    let time = house.get("/api/v1/time").await;
    assert_eq!(time.header("cache-control"), "no-store");
    let now = time.json()["now"].as_str().expect("a time").to_owned();
    assert_eq!((now.len(), &now[19..20], &now[23..]), ("2026-01-01T00:00:00.000Z".len(), ".", "Z"));
}

#[tokio::test]
async fn probes_tell_alive_ready_and_what_was_counted() {
    let house = House::open().await;
    assert_eq!(house.get("/healthz").await.status, 200);
    assert_eq!(house.get("/readyz").await.status, 200);
    house.ready.send_replace(false);
    house.get("/readyz").await.refused(503, "not_ready");
    assert_eq!(house.get("/healthz").await.status, 200, "a process that drains is alive");
    house.ready.send_replace(true);
    house.get("/api/v1/channels/nobody").await.refused(404, "no_such_channel");
    let metrics = house.get("/metrics").await.text;
    let line =
        "footlight_http_requests_total{method=\"GET\",route=\"/api/v1/channels/{name}\",status=\"4xx\"}";
    assert!(metrics.contains(line), "{metrics}");
    assert!(!metrics.contains("nobody"), "no label names a channel");
    house.stores.close().await;
    house.get("/readyz").await.refused(503, "unavailable");
}

#[tokio::test]
async fn what_is_for_everybody_is_pressed_and_what_is_somebodys_is_not() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    let long = json!({ "title": "x".repeat(140), "tags": (0..10).map(|n| format!("{n}").repeat(25)).collect::<Vec<_>>() });
    house.by(&maya, "PATCH", "/api/v1/channels/maya", long).await;
    house.on_air(&maya, 9, StreamState::Live).await;
    for (id, name) in [(10, "eve"), (11, "root1")] {
        house.on_air(&house.somebody(name).await, id, StreamState::Live).await;
    }
    for label in 0..9 {
        house
            .by(&maya, "POST", "/api/v1/me/stream-keys", json!({ "label": format!("{label}").repeat(60) }))
            .await;
    }
    for (path, coding) in [
        ("/api/openapi.json", "gzip"),
        ("/api/docs", "gzip"),
        ("/api/v1/streams", "gzip"),
        ("/api/v1/channels/maya", "gzip"),
        ("/api/v1/site", ""),
        ("/api/v1/me", ""),
        ("/api/v1/me/stream-keys", ""),
    ] {
        let ask = || house.request("GET", path).bearer_auth(&maya.token);
        let plain = ask().send().await.expect("answers");
        assert_eq!(plain.headers().get("content-encoding"), None, "{path}");
        let plain = plain.bytes().await.expect("a body");
        let pressed = ask().header("accept-encoding", "gzip").send().await.expect("answers");
        let said =
            pressed.headers().get("content-encoding").map_or("", |value| value.to_str().expect("text"));
        assert_eq!(said, coding, "{path}");
        let pressed = pressed.bytes().await.expect("a body");
        assert_eq!(
            pressed.len() < plain.len(),
            coding == "gzip",
            "{path}: {} of {}",
            pressed.len(),
            plain.len()
        );
    }
}
