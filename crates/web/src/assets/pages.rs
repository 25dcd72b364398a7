//! Which addresses are pages of the application, so that one that is none answers 404 and not only looks like it.

use std::str::FromStr as _;

use domain::names::Name;
use http::HeaderValue;

/// The application's pages, as `ui/src/routes` has them; `[name]` is a channel's.
const PAGES: &[&str] = &[
    "",
    "[name]",
    "[name]/mod",
    "creator",
    "creator/account",
    "creator/chat",
    "creator/emotes",
    "embed/[name]/chat",
    "popout/[name]/chat",
    "signin",
    "signup",
];
const NAME: &str = "[name]";

/// A page of the application.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// As in [`PAGES`].
    route: &'static str,
    /// Whose it is: there is no such page without that channel.
    pub(crate) channel: Option<Name>,
    /// Whether that channel is live.
    pub(crate) live: bool,
}

impl Page {
    /// The page at `path`.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let asked: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        PAGES.iter().find_map(|route| Self::of(route, &asked))
    }

    fn of(route: &'static str, asked: &[&str]) -> Option<Self> {
        let segments: Vec<&str> = route.split('/').filter(|segment| !segment.is_empty()).collect();
        let pairs = || segments.iter().zip(asked);
        let fits = segments.len() == asked.len() && pairs().all(|(want, is)| *want == NAME || want == is);
        if !fits {
            return None;
        }
        let name = pairs().find(|(want, _)| **want == NAME).map(|(_, is)| Name::from_str(is));
        // Names of other pages are none of channels.
        Some(Self { route, channel: name.transpose().ok()?, live: false })
    }

    /// The build's file for it (`ui/pages.ts`).
    pub(super) fn file(&self) -> String {
        let name = if self.route.is_empty() { "index" } else { self.route };
        format!("_app/pages/{name}.html")
    }

    /// What its scripts will ask for first, for a `Link` header (RFC 8288): by then it is there. Only where the player is.
    pub(super) fn soon(&self) -> Option<HeaderValue> {
        let name = self.channel.as_ref().filter(|_| self.route == NAME)?;
        let playlist = self.live.then(|| format!("/api/v1/streams/{name}/playlist.m3u8"));
        let asked = [Some(format!("/api/v1/channels/{name}")), playlist];
        // `crossorigin` as fetch and XMLHttpRequest ask: else the browser would fetch it a second time.
        let links =
            asked.into_iter().flatten().map(|it| format!("<{it}>; rel=preload; as=fetch; crossorigin"));
        HeaderValue::try_from(links.collect::<Vec<_>>().join(", ")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn an_address_leads_to_a_page_a_channel_or_nowhere() {
        let ours = |route| Some((route, None));
        let of_maya = |route| Some((route, Some("maya")));
        for (path, want) in [
            ("/", ours("")),
            ("/signin", ours("signin")),
            ("/creator/", ours("creator")),
            ("/creator/chat", ours("creator/chat")),
            ("/creator/nothing", None),
            ("/maya", of_maya("[name]")),
            ("/Maya/mod", of_maya("[name]/mod")),
            ("/maya/videos", None),
            ("/popout/maya/chat", of_maya("popout/[name]/chat")),
            ("/popout/maya", None),
            ("/embed/signin/chat", None),
            ("/not-a-name", None),
            ("/settings", None),
        ] {
            let page = Page::at(path);
            let found = page.as_ref().map(|page| (page.route, page.channel.as_ref().map(Name::as_str)));
            assert_eq!(found, want, "{path}");
        }
    }

    #[test]
    fn each_page_has_a_file_of_its_own() {
        let file = |path| Page::at(path).expect("a page").file();
        assert_eq!(file("/"), "_app/pages/index.html");
        assert_eq!(file("/maya/mod"), "_app/pages/[name]/mod.html");
    }

    #[test]
    fn a_channels_page_says_what_it_will_ask_for_and_others_do_not() {
        let soon = |path, live| {
            let page = Page { live, ..Page::at(path).expect("a page") };
            page.soon().map(|links| links.to_str().expect("text").to_owned())
        };
        let channel = "</api/v1/channels/maya>; rel=preload; as=fetch; crossorigin";
        let playlist = "</api/v1/streams/maya/playlist.m3u8>; rel=preload; as=fetch; crossorigin";
        assert_eq!(soon("/Maya", false).as_deref(), Some(channel));
        assert_eq!(soon("/maya", true), Some(format!("{channel}, {playlist}")));
        assert_eq!((soon("/maya/mod", true), soon("/signin", false)), (None, None));
    }

    #[test]
    fn the_list_is_that_of_the_application() {
        fn collect(folder: &Path, at: &str, found: &mut Vec<String>) {
            for entry in
                std::fs::read_dir(folder).expect("the UI's routes").map(|entry| entry.expect("reads"))
            {
                let name = entry.file_name().into_string().expect("UTF-8");
                if name == "+page.svelte" {
                    found.push(at.to_owned());
                } else if entry.path().is_dir() {
                    let below = format!("{at}/{name}");
                    collect(&entry.path(), below.trim_start_matches('/'), found);
                }
            }
        }
        let routes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/routes");
        let mut found = Vec::new();
        collect(&routes, "", &mut found);
        found.sort();
        assert_eq!(found, PAGES);
    }
}
