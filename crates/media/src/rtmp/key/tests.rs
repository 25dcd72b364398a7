//! One line per way in which an encoder says its key.

use super::*;

/// `tcUrl` is what encoders make of the server's address.
#[track_caller]
fn check(app: &str, stream_name: &str, expected: Option<&str>) {
    let tc_url = format!("rtmp://localhost:1935/{app}");
    let found = StreamKey::find(app, &tc_url, stream_name);
    assert_eq!(found.as_ref().map(StreamKey::expose), expected, "app {app:?}, name {stream_name:?}");
}

#[test]
fn each_encoder_is_understood() {
    // OBS, vMix, Wirecast: server and key in two fields.
    check("live", "live_k3y", Some("live_k3y"));
    // OBS with a slash behind the server, and a line break behind the pasted key.
    check("live/", "live_k3y", Some("live_k3y"));
    check("live", " live_k3y\r\n", Some("live_k3y"));
    // OBS with a server without a path.
    check("", "live_k3y", Some("live_k3y"));
    // FFmpeg, GStreamer, Larix: one address, `rtmp://host/live/KEY`.
    check("live", "live_k3y", Some("live_k3y"));
    check("live", "live_k3y/", Some("live_k3y"));
    // FFmpeg with a deeper address: the app takes two segments.
    check("live/room", "live_k3y", Some("live_k3y"));
    check("live", "room/live_k3y", Some("live_k3y"));
    // FFmpeg, and OBS without a key: `rtmp://host/KEY`, and `rtmp://host/live/KEY` as the server.
    check("live_k3y", "", Some("live_k3y"));
    check("live/live_k3y", "", Some("live_k3y"));
    check("live/live_k3y/_definst_", "", Some("live_k3y"));
    // Queries, on the name and on the app.
    check("live", "anything?key=live_k3y", Some("live_k3y"));
    check("live", "?stream_key=live_k3y&x=1", Some("live_k3y"));
    check("live?key=live_k3y", "", Some("live_k3y"));
    check("live?x=1&stream_key=live_k3y", "name", Some("live_k3y"));
    check("live?key=live_k3y/", "", Some("live_k3y"));
    // A query that is not about the key.
    check("live", "live_k3y?bandwidthtest=true", Some("live_k3y"));
    check("live?x=1", "live_k3y", Some("live_k3y"));
    // Percent-encoded, slash and question mark too.
    check("live", "live%5Fk3y", Some("live_k3y"));
    check("live", "room%2Flive_k3y", Some("live_k3y"));
    check("live%3Fkey%3Dlive_k3y", "", Some("live_k3y"));
    check("live", "100%", Some("100%"));
    check("live", "a+b%zz", Some("a+b%zz"));
    // The whole address pasted as the key.
    check("live", "rtmp://localhost/live/live_k3y", Some("live_k3y"));
}

#[test]
fn a_query_that_only_the_address_has_is_found() {
    let found = StreamKey::find("live", "rtmp://localhost/live?key=live_k3y", "");
    assert_eq!(found.as_ref().map(StreamKey::expose), Some("live_k3y"));
}

#[test]
fn no_key_and_endless_keys_are_none() {
    check("", "", None);
    check("///", " / ", None);
    check("live", &"k".repeat(KEY_BYTES_MAX + 1), None);
}

#[test]
fn the_server_s_address_alone_is_no_key() {
    // `rtmp://host/live` and `rtmp://host/live/`, and an empty key field.
    for (app, stream_name) in
        [("live", ""), ("live/", ""), ("/live", "/"), ("live", " \r\n"), ("live/_definst_", "")]
    {
        check(app, stream_name, None);
    }
    check("live?x=1", "?bandwidthtest=true", None);
    check("live?key=", "", None);
}

#[test]
fn a_wrong_key_is_one_wherever_it_is_typed() {
    check("live", "wr0ng", Some("wr0ng"));
    check("live", "live", Some("live"));
    check("", "live", Some("live"));
    check("live/wr0ng", "", Some("wr0ng"));
    check("live?key=wr0ng", "", Some("wr0ng"));
    check("live_wr0ng", "", Some("live_wr0ng"));
}

#[test]
fn a_key_is_not_printed_by_accident() {
    let key = StreamKey::find("live", "", "live_k3y").expect("a key");
    assert_eq!(format!("{key:?}"), "StreamKey(Veiled(8 bytes))");
}
