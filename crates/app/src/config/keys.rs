//! Every key with its sentence, and the configuration printed with them.

use std::collections::BTreeMap;

use toml::Value;

use super::layers::{Origin, lookup};
use super::{Config, table_of};

/// Keys whose value is never printed and may come from a file (`FOOTLIGHT_…_FILE`).
pub(super) const SECRETS: &[&str] = &["admin.password"];

/// What each key is for. A test compares this list with the struct.
const DOCS: &[(&str, &str)] = &[
    ("data", "Folder for everything that is kept: database, control socket, ports.json."),
    ("signup", "Who may make an account: \"open\", \"invite\" or \"closed\"."),
    ("ladder", "Rungs below the source, highest first; those not smaller than the source are left out. [] plays the source only."),
    ("latency", "Latency mode of new channels: \"low\" (1 s segments, 0.2 s parts) or \"normal\" (2 s segments)."),
    ("grace", "How long a stream waits for an encoder that is gone before it ends."),
    ("grace_clean_close", "The same after the encoder said goodbye."),
    ("site.url", "Address that viewers use, e.g. \"https://tv.example.org\"; empty: taken from the request."),
    ("site.name", "Name on the pages."),
    ("http.listen", "Address of the site and API. Public hosts: \":80\", \":443\" with http.tls, or a proxy in front."),
    ("http.trusted_proxies", "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, by IP address."),
    ("http.tls.cert", "PEM certificate chain; with it http.listen speaks HTTPS and HTTP/2."),
    ("http.tls.key", "PEM private key."),
    ("rtmp.listen", "Where encoders publish; \"\" is off."),
    ("rtmps.listen", "Where encoders publish over TLS, usually \":1936\" or \":443\"; \"\" is off."),
    ("rtmps.cert", "PEM certificate chain; empty: that of http.tls."),
    ("rtmps.key", "PEM private key; empty: that of http.tls."),
    ("ingest.handshake_timeout", "Time a publisher has from connecting to publishing."),
    ("ingest.idle_timeout", "Silence after which a publisher is gone."),
    ("ingest.bitrate_max", "Highest bit rate a source may have."),
    ("ingest.frame_max", "Largest single frame a source may send."),
    ("ingest.connections_max", "Most publisher connections in all; the next one is refused."),
    ("ingest.connections_per_address_max", "Most publisher connections from one address; the next one is refused."),
    ("transcode.ffmpeg", "FFmpeg's program."),
    ("transcode.encoder", "H.264 encoder: \"auto\" takes the best that really encodes; or nvenc, qsv, vaapi, x264."),
    ("transcode.slots", "Streams with a ladder at once; 0: by the number of cores."),
    ("accounts.session_days", "How long a browser stays signed in."),
    ("accounts.invite_days", "How long an invitation can be used."),
    ("admin.name", "Name of the administrator that the first start on an empty data folder makes."),
    ("admin.email", "The administrator's e-mail address."),
    ("admin.password", "The administrator's first password; empty: one is made and printed once."),
    ("log.format", "\"text\", \"json\", or \"auto\": text on a terminal, JSON elsewhere."),
    ("log.filter", "What is logged: \"info\", \"debug\", or by part, e.g. \"info,video=debug\"."),
    ("drain.grace", "Time that a stop leaves for goodbyes."),
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
