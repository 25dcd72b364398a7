//! Links between documents lead somewhere: every relative link in every Markdown file names a file or folder that exists.
//!
//! Addresses with a scheme are left alone (the tests run offline). A `#heading` in a Markdown file must exist as well.

use std::fs;
use std::path::Path;

use super::{files, shown};

/// One sentence per dead link.
pub fn faults(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for path in files(root, "md") {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for target in targets(&text) {
            if let Some(why) = dead(&path, &target) {
                faults.push(format!("{}: link to {target}: {why}", shown(root, &path)));
            }
        }
    }
    faults
}

/// What the Markdown links to, code left out: `](target)` and `[label]: target`.
pub fn targets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("` `");
        for (at, _) in prose.match_indices("](") {
            let rest = &prose[at + 2..];
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            found.push(target.trim_matches(['<', '>']).to_owned());
        }
        let defined = prose.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        if let Some((_, target)) =
            defined.filter(|(label, _)| !label.starts_with('^') && !label.contains(']'))
        {
            found.push(target.split_whitespace().next().unwrap_or_default().to_owned());
        }
    }
    found
}

fn dead(from: &Path, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") || target.is_empty() {
        return None;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { from.to_owned() } else { from.parent()?.join(file) };
    if !path.exists() {
        return Some("there is no such file".to_owned());
    }
    if heading.is_empty() || path.extension().is_none_or(|ending| ending != "md") {
        return None;
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    let known = text.lines().filter_map(|line| line.strip_prefix('#')).any(|line| anchor(line) == heading);
    (!known).then(|| "there is no such heading".to_owned())
}

/// A heading's anchor, as Git forges make it.
pub fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_prose_and_not_in_code() {
        let text = "See [a](docs/a.md) and `[b](b.md)`, [c](<c.md> \"t\").\n```\n[d](d.md)\n```\n[e]: e.md\n[^1]: note\n";
        assert_eq!(targets(text), ["docs/a.md", "c.md", "e.md"]);
    }

    #[test]
    fn anchors_are_made_as_forges_make_them() {
        assert_eq!(anchor("## Who may import whom?"), "who-may-import-whom");
    }

    #[test]
    fn a_dead_link_and_a_dead_heading_are_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = "# Top\n[x](gone.md) [y](#top) [z](#nowhere) [w](https://example.org/)\n";
        fs::write(folder.path().join("a.md"), text).expect("a file");
        assert_eq!(
            faults(folder.path()),
            [
                "a.md: link to gone.md: there is no such file",
                "a.md: link to #nowhere: there is no such heading"
            ]
        );
    }
}
