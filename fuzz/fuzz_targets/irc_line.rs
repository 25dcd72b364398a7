//! Any bytes as a client's IRC lines: no panic, and a line that parses is written and read back as the same line.
#![no_main]

use chat::wire::irc::{ClientCommand, Line, client_nonce, is_anonymous, oauth_token, unwrap_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for text in text.split("\r\n") {
        let Ok(line) = Line::parse(text) else { continue };
        let mut out = Vec::new();
        line.write(&mut out);
        let written = std::str::from_utf8(&out).expect("text stays text");
        assert_eq!(Line::parse(written), Ok(line));
        match ClientCommand::of(&line) {
            ClientCommand::Say { text, tags, .. } => {
                let _ = client_nonce(tags);
                assert!(unwrap_text(text).0.len() <= text.len());
            }
            ClientCommand::Join(channels) | ClientCommand::Part(channels) => {
                assert!(channels.iter().all(|login| !login.is_empty() && !login.contains(',')));
            }
            ClientCommand::Pass(pass) => drop(oauth_token(pass)),
            ClientCommand::Nick(nick) => drop(is_anonymous(nick)),
            _ => {}
        }
    }
});
