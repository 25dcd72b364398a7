//! Every key with its sentence, and the configuration printed with them.

use std::collections::BTreeMap;

use toml::Value;

use super::layers::{Origin, lookup};
use super::{Config, table_of};

/// Keys whose value is never printed and may come from a file (`FOOTLIGHT_…_FILE`).
pub(super) const SECRETS: &[&str] = &["admin.password", "chat.link.secret"];

/// What each key is for. A test compares this list with the struct.
const DOCS: &[(&str, &str)] = &[
    ("data", "Folder for everything that is kept: database, control socket, ports.json."),
    ("signup", "Who may make an account: \"open\", \"invite\" or \"closed\"."),
    (
        "ladder",
        "Rungs below the source, highest first; those not smaller than the source are left out. [] plays the source only. \"720p 2.5Mbps 30fps partners\": at most 30 frames a second, and for partners; each may be left out.",
    ),
    (
        "latency",
        "Latency mode of new channels: \"low\" (1 s segments, 0.2 s parts) or \"normal\" (2 s segments).",
    ),
    ("grace", "How long a stream waits for an encoder that is gone before it ends."),
    ("grace_clean_close", "The same after the encoder said goodbye; at most `grace`."),
    ("site.url", "Address that viewers use, e.g. \"https://tv.example.org\"; empty: taken from the request."),
    ("site.name", "Name on the pages."),
    (
        "http.listen",
        "Address of the site and API. Public hosts: \":80\", \":443\" with http.tls, or a proxy in front.",
    ),
    (
        "http.trusted_proxies",
        "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses or networks.",
    ),
    (
        "http.header_timeout",
        "Time for a TLS handshake, for a request's head, and for the next request on an idle connection.",
    ),
    ("http.h2c", "Take HTTP/2 on plain connections too, as some proxies speak it."),
    ("http.ui_dir", "Folder with a built UI that is served instead of the embedded one."),
    ("http.tls.cert", "PEM certificate chain; with it http.listen speaks HTTPS and HTTP/2."),
    ("http.tls.key", "PEM private key."),
    (
        "http.connections.per_address_max",
        "Most connections from one address; trusted proxies are not counted.",
    ),
    ("http.connections.total_max", "Most connections in all; the next one is closed at once."),
    ("http.connections.event_streams_per_address_max", "Most event streams that one address may hold open."),
    ("http.connections.event_streams_total_max", "Most event streams in all."),
    ("rtmp.listen", "Where encoders publish; \"\" is off."),
    ("rtmps.listen", "Where encoders publish over TLS, usually \":1936\" or \":443\"; \"\" is off."),
    ("rtmps.cert", "PEM certificate chain; empty: that of http.tls."),
    ("rtmps.key", "PEM private key; empty: that of http.tls."),
    (
        "irc.listen",
        "Where IRC clients connect; tokens cross it in the clear, so public hosts want ircs. \"\" is off.",
    ),
    ("irc.server_name", "Name in the server's lines. Twitch clients match on the default."),
    ("ircs.listen", "Where IRC clients connect over TLS, usually \":6697\"; \"\" is off."),
    ("ircs.cert", "PEM certificate chain; empty: that of http.tls."),
    ("ircs.key", "PEM private key; empty: that of http.tls."),
    ("chat.history", "Messages that a newcomer is shown, kept in memory; 0 is none."),
    ("chat.view_budget", "Messages a second of a very busy room that viewers see unless they ask for all."),
    ("chat.tick_max", "Longest time for which a busy room gathers messages before it sends them together."),
    (
        "chat.threads",
        "Threads that write to chat clients: a number, or \"auto\" for one for each core; 1 to 63, what is below or above is taken for these.",
    ),
    ("chat.connections_max", "Most chat connections of this process; the next one is refused."),
    ("chat.per_address_max", "Most chat connections from one address; trusted proxies are not counted."),
    (
        "chat.url",
        "Where clients are sent when this node drains, e.g. \"wss://tv.example.org\", without a path; empty: the same address.",
    ),
    ("chat.rates.window", "Time in which messages are counted."),
    ("chat.rates.per_viewer", "Messages of one viewer in that time; 0 is no limit, here and below."),
    ("chat.rates.per_moderator", "Messages of a moderator, VIP or the broadcaster."),
    ("chat.rates.per_bot", "Messages of a known bot."),
    ("chat.rates.per_address", "Messages of viewers from one address."),
    ("chat.rates.per_channel", "Messages a second of all viewers of a channel."),
    (
        "chat.link.listen",
        "Where nodes with the role chat-edge connect, e.g. \"10.0.0.5:7100\"; \"\" is off. A node with that role may listen too, and feeds others.",
    ),
    (
        "chat.link.upstream",
        "For the role chat-edge: the address that the rooms' node, or one that feeds others, listens on for links.",
    ),
    (
        "chat.link.address",
        "For the role chat-edge with chat.link.listen: where other delivering nodes reach that, e.g. \"10.0.0.6:7100\" (port 0: the bound one). The rooms' node sends them here when it feeds chat.link.children itself; empty: it sends nobody.",
    ),
    (
        "chat.link.children",
        "Nodes that one node feeds before others are to, which have chat.link.address; set on the rooms' node.",
    ),
    (
        "chat.link.node",
        "For the role chat-edge: this node's number, 1-4095, its own on the site; 0 picks one.",
    ),
    ("chat.link.secret", "What both ends of a link must know; never sent. At least 16 characters."),
    (
        "chat.link.cert",
        "Certificate that links are shown (PEM); empty: one of our own, made at the first start (chat-link.pem).",
    ),
    ("chat.link.key", "Its key (PEM)."),
    (
        "chat.link.fingerprint",
        "For the role chat-edge: SHA-256 of the certificate that chat.link.upstream must show; empty: the secret alone decides.",
    ),
    (
        "chat.link.ca",
        "For the role chat-edge: PEM file of who must have signed that certificate, which is for the host that is linked to then.",
    ),
    ("chat.link.plain", "Links without TLS, between addresses of this machine (127.0.0.1, ::1) alone."),
    ("ingest.handshake_timeout", "Time from the first byte to an accepted key."),
    ("ingest.idle_timeout", "Silence after which a connection is closed."),
    (
        "ingest.silent_after",
        "Silence after which a publisher counts as gone and its key is free for a new connection.",
    ),
    ("ingest.key_frame_timeout", "Wait for the first key frame."),
    ("ingest.bitrate_max", "Highest bit rate of a source, video and audio together, over ten seconds."),
    ("ingest.frame_max", "Largest frame."),
    ("ingest.message_max", "Longest message before the stream is accepted: a command and what it carries."),
    (
        "ingest.memory_max",
        "Most memory for what one connection has sent and what is not whole yet; a frame must fit into it.",
    ),
    ("ingest.per_address_max", "Most publisher connections from one address."),
    ("ingest.publishers_max", "Most publishers; the next one is refused, not queued."),
    ("transcode.ffmpeg", "FFmpeg's program."),
    (
        "transcode.encoder",
        "\"auto\" takes the best that really encodes; or h264_nvenc, h264_qsv, h264_vaapi, libx264.",
    ),
    (
        "transcode.slots",
        "Streams with a ladder at once: a number, or \"auto\" for one for each two cores; 0 makes none.",
    ),
    ("transcode.preset", "libx264's preset; each step slower costs about a quarter more CPU."),
    ("transcode.thumbnail_every", "Time between thumbnails of a transcoded stream; 0 makes none."),
    ("origin.part_low", "Length of parts in low-latency mode."),
    ("origin.part_normal", "Length of parts in normal mode."),
    ("origin.window", "Media that playlists list: what can be rewound."),
    ("accounts.session_days", "How long a browser stays signed in."),
    ("accounts.invite_days", "How long an invitation can be used."),
    ("accounts.sign_up_per_address.burst", "Accounts that one address may make at once."),
    ("accounts.sign_up_per_address.refill", "Time after which it may make one more."),
    ("accounts.sign_in_per_address.burst", "Failed sign-ins that one address may make at once."),
    ("accounts.sign_in_per_address.refill", "Time after which it may try once more."),
    (
        "accounts.sign_in_per_name.burst",
        "Failed sign-ins that one name may see at once, where it has not signed in before.",
    ),
    ("accounts.sign_in_per_name.refill", "Time after which it may see one more."),
    ("admin.name", "Name of the administrator that a start makes if the site has none."),
    ("admin.email", "The administrator's e-mail address."),
    ("admin.password", "The administrator's first password; empty: one is made and printed once."),
    ("log.format", "\"text\", \"json\", or \"auto\": text on a terminal, JSON elsewhere."),
    ("log.filter", "What is logged: \"info\", \"debug\", or by part, e.g. \"info,video=debug\"."),
    ("drain.grace", "Time that a stop leaves for goodbyes."),
    (
        "drain.chat",
        "Time over which a stop asks chat clients to connect elsewhere, before anything else goes down; 0: at once.",
    ),
];

/// The configuration as TOML, each key with its sentence and, where it is not the default, who set it.
pub(crate) fn render(config: &Config, origins: &BTreeMap<String, Origin>) -> String {
    let table = table_of(config);
    let mut text = String::new();
    let mut section = "";
    // In the order of the list above: a TOML table is sorted by name, which helps nobody.
    for (key, doc) in DOCS {
        let (in_section, name) = key.rsplit_once('.').unwrap_or(("", key));
        if in_section != section {
            section = in_section;
            text.push_str(&format!("[{section}]\n"));
        }
        let origin = origins.get(*key).map(|origin| format!(" ({origin})")).unwrap_or_default();
        let value = lookup(&table, key).map_or_else(String::new, |value| shown(key, value));
        text.push_str(&format!("# {doc}{origin}\n{name} = {value}\n\n"));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn shown(key: &str, value: &Value) -> String {
    let set = value.as_str().is_some_and(|text| !text.is_empty());
    if set && SECRETS.contains(&key) { "\"(hidden)\"".to_owned() } else { value.to_string() }
}

#[cfg(test)]
pub(super) fn documented() -> Vec<&'static str> {
    DOCS.iter().map(|(key, _)| *key).collect()
}
