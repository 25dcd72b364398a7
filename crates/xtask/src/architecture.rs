//! The architecture's own tests: what the plan says and nothing else would keep.
//!
//! [`faults`] reads the workspace and returns one sentence per broken rule, each naming its file. It owns the table of
//! floors (the only place where it is written down), and promises to look at manifests and text alone: it runs on a
//! tree that does not compile. What counts as good style beyond these rules is left to readers.

use std::fs;
use std::path::{Path, PathBuf};

pub mod floors;
pub mod links;
pub mod modules;

/// Every broken rule, as a sentence that begins with the file to change. Empty if the house is in order.
pub fn faults(root: &Path) -> Vec<String> {
    let mut faults = floors::faults(root);
    faults.extend(modules::faults(root));
    faults.extend(links::faults(root));
    faults
}

/// All files below `folder` whose name ends in `.ending`, sorted; build products, hidden and vendored folders are left out.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    const SKIPPED: [&str; 6] = ["target", "node_modules", "build", "test-results", "data", "corpus"];
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        // A link may lead out of the tree or round in circles; what it names is looked at where it lives.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
            found.extend(files(&path, ending));
        } else if kind.is_file() && path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// `path` as the reader of a fault knows it: relative to the workspace.
fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_house_keeps_its_own_plan() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        assert_eq!(faults(&root), Vec::<String>::new());
    }
}
