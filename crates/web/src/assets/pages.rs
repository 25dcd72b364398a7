//! Which addresses are pages of the application, so that one that is none answers 404 and not only looks like it.

use std::str::FromStr as _;

use domain::names::Name;

/// The application's pages, segment by segment; `*` is a channel's name. As `ui/src/routes` has them.
const PAGES: &[&[&str]] = &[
    &[],
    &["*"],
    &["*", "mod"],
    &["creator"],
    &["creator", "account"],
    &["creator", "chat"],
    &["creator", "emotes"],
    &["embed", "*", "chat"],
    &["popout", "*", "chat"],
    &["signin"],
    &["signup"],
];

/// What an address leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// A page that is there.
    Ours,
    /// A page that is there if this channel is.
    Of(Name),
    /// No page.
    None,
}

/// The page at `path`.
pub(crate) fn page(path: &str) -> Page {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let fits = |page: &&[&str]| {
        page.len() == segments.len()
            && page.iter().zip(&segments).all(|(want, is)| *want == "*" || want == is)
    };
    let channel =
        |page: &[&str]| page.iter().zip(&segments).find(|(want, _)| **want == "*").map(|(_, is)| *is);
    for page in PAGES.iter().copied().filter(fits) {
        match channel(page).map(Name::from_str) {
            None => return Page::Ours,
            Some(Ok(name)) => return Page::Of(name),
            // Names of other pages are none of channels.
            Some(Err(_)) => {}
        }
    }
    Page::None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn an_address_leads_to_a_page_a_channel_or_nowhere() {
        let maya = || Page::Of("maya".parse().expect("a name"));
        for (path, want) in [
            ("/", Page::Ours),
            ("/signin", Page::Ours),
            ("/creator/", Page::Ours),
            ("/creator/chat", Page::Ours),
            ("/creator/nothing", Page::None),
            ("/maya", maya()),
            ("/Maya/mod", maya()),
            ("/maya/videos", Page::None),
            ("/popout/maya/chat", maya()),
            ("/popout/maya", Page::None),
            ("/embed/signin/chat", Page::None),
            ("/not-a-name", Page::None),
            ("/settings", Page::None),
        ] {
            assert_eq!(page(path), want, "{path}");
        }
    }

    #[test]
    fn the_list_is_that_of_the_application() {
        fn collect(folder: &Path, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
            for entry in
                std::fs::read_dir(folder).expect("the UI's routes").map(|entry| entry.expect("reads"))
            {
                let name = entry.file_name().into_string().expect("UTF-8");
                if name == "+page.svelte" {
                    found.push(at.clone());
                } else if entry.path().is_dir() {
                    at.push(if name.starts_with('[') { "*".to_owned() } else { name });
                    collect(&entry.path(), at, found);
                    at.pop();
                }
            }
        }
        let routes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/routes");
        let mut found = Vec::new();
        collect(&routes, &mut Vec::new(), &mut found);
        found.sort();
        assert_eq!(found, PAGES);
    }
}
