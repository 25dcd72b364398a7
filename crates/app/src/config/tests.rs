//! The configuration's tests: texts in, values or faults out.

use super::*;

fn vars(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Loads `file` with `env` over it and the flags over that.
fn load_with(
    file: &str,
    env: &[(&str, &str)],
    set: &[(&'static str, &'static str, &str)],
) -> Result<Loaded, Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("f.toml");
    std::fs::write(&path, file).expect("written");
    let set = set.iter().map(|(flag, key, text)| (*flag, *key, (*text).to_owned())).collect();
    let prefix = format!("{}:", path.display());
    load(&Flags { file: Some(path), set }, &vars(env)).map_err(|ConfigError(faults)| {
        faults.iter().map(|fault| fault.to_string().replace(&prefix, "line ")).collect()
    })
}

fn faults_of(file: &str, env: &[(&str, &str)], expected: &[&str]) {
    let faults = load_with(file, env, &[]).err().unwrap_or_default();
    assert_eq!(faults, expected);
}

#[test]
fn every_key_has_a_sentence_and_every_sentence_a_key() {
    let mut keys = layers::leaf_keys(&table_of(&Config::default()));
    let mut documented = keys::documented();
    keys.sort_unstable();
    documented.sort_unstable();
    assert_eq!(keys, documented);
}

#[test]
fn the_printed_default_is_the_golden_file_and_reads_back() {
    let printed = render(&Config::default(), &std::collections::BTreeMap::new());
    insta::assert_snapshot!("default", printed);
    let read = load_with(&printed, &[], &[]).expect("reads back");
    assert_eq!(read.config, Config::default());
}

#[test]
fn the_reference_page_shows_the_printed_default() {
    let page = include_str!("../../../../docs/operating/configuration.md");
    let shown = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let printed = render(&Config::default(), &std::collections::BTreeMap::new());
    assert_eq!(shown, Some(printed.as_str()), "docs/operating/configuration.md, section \"All keys\"");
}

#[test]
fn the_sample_file_has_no_faults_but_its_certificates() {
    let sample = include_str!("../../../../deploy/footlight.toml");
    let faults = load_with(sample, &[], &[]).err().unwrap_or_default();
    assert!(
        faults.iter().all(|fault| fault.contains("http.tls.") && fault.contains("is not a file")),
        "{faults:?}"
    );
}

#[test]
fn default_then_file_then_environment_then_flag() {
    let file = "site.name = 'file'\nsite.url = 'http://file'\ngrace = 100\n[rtmp]\nlisten = ':1'\n";
    let env = [("FOOTLIGHT_SITE_URL", "http://env"), ("FOOTLIGHT_RTMP_LISTEN", ":2")];
    let loaded = load_with(file, &env, &[("--rtmp-listen", "rtmp.listen", ":3")]).expect("fine");
    let config = loaded.config;
    assert_eq!((config.site.name.as_str(), config.site.url.as_str()), ("file", "http://env"));
    assert_eq!(config.rtmp.listen.to_string(), "0.0.0.0:3");
    assert_eq!(config.grace.to_string(), "100s");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(loaded.origins.get("rtmp.listen"), Some(&Origin::Flag("--rtmp-listen".to_owned())));
}

#[test]
fn unknown_keys_are_refused_by_name_with_the_nearest_one() {
    faults_of(
        "sitte.name = 'x'\n[rtmp]\nlisten = ':1'\nlissten = ':2'\n[zebra]\nstripes = 12\n",
        &[
            ("FOOTLIGHT_HTTP_LISTN", ":1"),
            ("FOOTLIGHT_HTP_LISTEN", ":1"),
            ("FOOTLIGHT_CHAT_RATES_PER_VIEWR", "1"),
        ],
        &[
            "line 4: rtmp.lissten is not a setting; did you mean rtmp.listen?",
            "line 1: sitte is not a setting; did you mean site?",
            "line 5: zebra is not a setting",
            "environment FOOTLIGHT_HTTP_LISTN: FOOTLIGHT_HTTP_LISTN is not a setting; did you mean FOOTLIGHT_HTTP_LISTEN?",
            "environment FOOTLIGHT_HTP_LISTEN: FOOTLIGHT_HTP_LISTEN is not a setting; did you mean FOOTLIGHT_HTTP_LISTEN?",
            "environment FOOTLIGHT_CHAT_RATES_PER_VIEWR: FOOTLIGHT_CHAT_RATES_PER_VIEWR is not a setting; did you mean FOOTLIGHT_CHAT_RATES_PER_VIEWER?",
        ],
    );
}

#[test]
fn all_faults_are_told_at_once_with_their_lines() {
    faults_of(
        "signup = 'maybe'\ngrace = 'long'\nhttp.listen = 8080\nladder = ['720p 2Mbps', '720p']\nhttp.tls.cert = 'x'\n",
        &[("FOOTLIGHT_TRANSCODE_SLOTS", "many")],
        &[
            "line 2: grace: \"long\" is not a time; write it like \"90s\", \"1m30s\" or \"250ms\"",
            "line 3: http.listen: \"8080\" is not an address; write it like \"127.0.0.1:8080\", \":1935\" or \"\" for off",
            "line 4: ladder: \"720p\" is not a rung; write it like \"720p 2.5Mbps\", \"720p 2.5Mbps 30fps\" or \"720p 2.5Mbps partners\"",
            "line 1: signup: unknown variant `maybe`, expected one of `open`, `invite`, `closed`",
            "environment FOOTLIGHT_TRANSCODE_SLOTS: transcode.slots: \"many\" is not a number of streams; write it like \"4\", or \"auto\"",
            "http.tls.key: a certificate needs its key",
        ],
    );
}

#[test]
fn an_administrator_who_could_not_be_made_is_told_before_a_start() {
    faults_of(
        "admin.name = 'api'\nadmin.email = 'nowhere'\nadmin.password = 'short'\n",
        &[],
        &[
            "line 3: admin.password: a password has at least 8 characters",
            "line 1: admin.name: that name is reserved",
            "line 2: admin.email: that is not an e-mail address",
        ],
    );
}

#[test]
fn a_text_that_is_not_toml_is_told_by_line() {
    let faults = load_with("grace = '1s'\nsite = = 3\n", &[], &[]).expect_err("refused");
    assert!(faults[0].starts_with("line 2: "), "{faults:?}");
}

#[test]
fn values_that_do_not_fit_together_are_told_by_key() {
    faults_of(
        "rtmps.listen = ':1936'\nsite.url = 'tv.example.org'\ngrace = '5s'\ngrace_clean_close = '6s'\n",
        &[],
        &[
            "line 4: grace_clean_close: longer than grace; a clean close is the shorter wait",
            "line 1: rtmps.listen: needs rtmps.cert and rtmps.key, or http.tls.cert and http.tls.key",
            "line 2: site.url: \"tv.example.org\" is not http:// or https:// and a host, without a path",
        ],
    );
}

#[test]
fn clients_are_sent_to_a_socket_s_address() {
    for fine in ["", "wss://tv.example.org", "ws://127.0.0.1:8080"] {
        faults_of(&format!("chat.url = '{fine}'\n"), &[], &[]);
    }
    for wrong in
        ["tv.example.org", "https://tv.example.org", "wss://", "wss://tv.example.org/chat", "wss:// x"]
    {
        let told = format!("line 1: chat.url: {wrong:?} is not ws:// or wss:// and a host, without a path");
        faults_of(&format!("chat.url = '{wrong}'\n"), &[], &[&told]);
    }
}

#[test]
fn a_drain_that_lasts_longer_than_a_day_is_refused() {
    faults_of("drain.chat = '24h'\n", &[], &[]);
    faults_of("drain.chat = '25h'\n", &[], &["line 1: drain.chat: at most 24h"]);
}

#[test]
fn a_mistyped_log_filter_is_refused_and_not_silence() {
    let taken = "write a level (off, error, warn, info, debug, trace), and parts of the program with their own, like \"info,video=debug\"";
    let told = |place: &str, part: &str| {
        format!("{place}: log.filter: {part:?} is no level and no part with a level; {taken}")
    };
    faults_of("[log]\nfilter = 'inof'\n", &[], &[&told("line 2", "inof")]);
    let (var, part) = ("FOOTLIGHT_LOG_FILTER", "nonsense stuff =");
    faults_of("", &[(var, part)], &[&told("environment FOOTLIGHT_LOG_FILTER", part)]);
}

#[test]
fn faults_of_the_transcoder_are_told_by_key_and_place() {
    let presets = "ultrafast, superfast, veryfast, faster, fast, medium, slow, slower, veryslow, placebo";
    faults_of(
        "ladder = ['720p 2.5Mbps', '480p 1kbps']\n[transcode]\nencoder = 'h265'\nffmpeg = ''\n",
        &[("FOOTLIGHT_TRANSCODE_PRESET", "nonsense")],
        &[
            "line 1: ladder: rung 2, bitrate_bps: 1000 is not within 50000..=50000000",
            "line 4: transcode.ffmpeg: empty; name the FFmpeg to run",
            "line 3: transcode.encoder: `h265` is none of auto, h264_nvenc, h264_qsv, h264_vaapi, libx264",
            &format!(
                "environment FOOTLIGHT_TRANSCODE_PRESET: transcode.preset: `nonsense` is none of libx264's: {presets}"
            ),
        ],
    );
    let many = "'720p 2Mbps', ".repeat(9);
    let faults = load_with(&format!("ladder = [{many}]\n"), &[], &[]).err().unwrap_or_default();
    assert!(faults.iter().any(|fault| fault == "line 1: ladder: 9 rungs; at most 8"), "{faults:?}");
}

#[test]
fn a_short_grace_alone_shortens_the_one_after_a_goodbye() {
    let config = load_with("grace = '5s'\n", &[], &[]).expect("fits together");
    assert_eq!(config.config.ingest().grace_clean_close, std::time::Duration::from_secs(5));
}

#[test]
fn lists_numbers_and_secrets_come_from_the_environment_by_their_type() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "correct horse\nbattery staple\n").expect("written");
    let env = [
        ("FOOTLIGHT_LADDER", "480p 1Mbps, 160p 200kbps"),
        ("FOOTLIGHT_TRANSCODE_SLOTS", "3"),
        ("FOOTLIGHT_ADMIN_PASSWORD_FILE", secret.to_str().expect("text")),
        ("FOOTLIGHT_PORT_8080_TCP", "what Kubernetes says"),
    ];
    let loaded = load_with("", &env, &[]).expect("fine");
    assert_eq!(loaded.config.ladder.len(), 2);
    assert_eq!(loaded.config.transcode.slots.to_string(), "3");
    assert_eq!(loaded.config.admin.password, "correct horse");
    let printed = render(&loaded.config, &loaded.origins);
    assert!(!printed.contains("horse") && printed.contains("(hidden)"), "{printed}");
}

#[test]
fn an_environment_that_is_no_text_is_told_only_where_it_is_ours() {
    use std::os::unix::ffi::OsStringExt as _;
    let latin = || OsString::from_vec(b"caf\xe9".to_vec());
    let foreign = [(latin(), OsString::from("x")), ("LS_COLORS".into(), latin())];
    let ours = [("FOOTLIGHT_SITE_NAME".into(), latin())];
    assert!(environment(foreign.clone().into_iter()).expect("nothing of ours").is_empty());
    let ConfigError(faults) = environment(foreign.into_iter().chain(ours)).expect_err("no text");
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["environment FOOTLIGHT_SITE_NAME: the value is not UTF-8"]);
}

#[test]
fn the_file_in_the_data_folder_is_found_and_cannot_move_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("footlight.toml");
    std::fs::write(&file, "site.name = 'found'\n").expect("written");
    let data = folder.path().to_str().expect("text").to_owned();
    let flags = Flags { file: None, set: vec![("--data", "data", data)] };
    assert_eq!(load(&flags, &[]).expect("fine").config.site.name, "found");
    std::fs::write(&file, "data = '/elsewhere'\n").expect("written");
    let by_env = vars(&[("FOOTLIGHT_DATA", folder.path().to_str().expect("text"))]);
    let refused = load(&Flags::default(), &by_env).expect("the environment wins, so nothing moves");
    assert_eq!(refused.config.data, folder.path());
}
