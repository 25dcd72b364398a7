//! What a start says to the person who started it: where the site is, who may administer it, what OBS wants to know.

use std::path::Path;

use crate::doors::Addresses;
use crate::first_start::FirstStart;

/// The text. Secrets are in it on the first start only.
pub(crate) fn text(
    addresses: &Addresses,
    first: Option<&FirstStart>,
    demo: Option<&str>,
    data: &Path,
) -> String {
    let site = addresses.site.as_deref();
    let mut lines = vec![String::new(), "  Footlight is up.".to_owned(), String::new()];
    let mut line = |name: &str, value: &str| lines.push(format!("  {name:<15}{value}"));
    if let Some(site) = site {
        line("Site", site);
    }
    if let (Some(demo), Some(site)) = (demo, site) {
        line("On air", &format!("{site}/{demo} (demo programme)"));
    }
    if let Some(first) = first {
        line("Administrator", first.name.as_str());
        let chosen = "as configured (admin.password)";
        let password = first.password.as_ref().map_or(chosen, |password| password.expose());
        line("Password", password);
    }
    if let Some(server) = addresses.rtmp.as_deref().or(addresses.rtmps.as_deref()) {
        line("OBS server", server);
        match (first.and_then(|first| first.key.as_ref()), site) {
            (Some(key), _) => line("OBS stream key", key.expose()),
            (None, Some(site)) => line("OBS stream key", &format!("on your creator page: {site}/creator")),
            (None, None) => line("OBS stream key", "footlight key create NAME"),
        }
    }
    line("Data", &data.display().to_string());
    if first.is_some() {
        lines.push(String::new());
        lines.push("  Password and key are shown this once. Keep them, or make new ones later.".to_owned());
    }
    lines.push(String::new());
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::secrets::Secret;

    fn addresses() -> Addresses {
        Addresses {
            site: Some("http://127.0.0.1:8080".to_owned()),
            rtmp: Some("rtmp://127.0.0.1/live".to_owned()),
            rtmps: None,
        }
    }

    #[test]
    fn secrets_are_shown_on_the_first_start_only() {
        let first = FirstStart {
            name: "operator".parse().expect("a name"),
            password: Some(Secret::presented("one-time")),
            key: Some(Secret::presented("live_key")),
        };
        let once = text(&addresses(), Some(&first), Some("first_light"), Path::new("/data"));
        insta::assert_snapshot!("first", once);
        insta::assert_snapshot!("later", text(&addresses(), None, None, Path::new("/data")));
    }
}
