//! Imports go up the page: the order of a crate's module list is its reading order.
//!
//! A file of module `m` may name `crate::x` only if `x` stands above `m` in the list of `lib.rs` (or `main.rs`). That
//! keeps modules free of cycles and lets a stranger read a crate from the top. Unit tests are exempt, as
//! dev-dependencies are; comments are not code. Every source file begins with `//!` too, which is checked here.

use std::fs;
use std::path::Path;

use super::{files, shown};

/// One broken rule per sentence, for all crates of the workspace and the fuzz targets.
pub fn faults(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    let mut crates: Vec<_> = fs::read_dir(root.join("crates")).into_iter().flatten().flatten().collect();
    crates.sort_by_key(fs::DirEntry::file_name);
    for entry in crates {
        for door in ["lib.rs", "main.rs"] {
            faults.extend(out_of_order(root, &entry.path().join("src"), door));
        }
    }
    for folder in ["crates", "fuzz"] {
        for path in files(&root.join(folder), "rs") {
            if !fs::read_to_string(&path).unwrap_or_default().starts_with("//!") {
                faults.push(format!("{}: does not begin with `//!`", shown(root, &path)));
            }
        }
    }
    faults
}

/// Imports that go down the page, in the modules that `door` lists.
fn out_of_order(root: &Path, src: &Path, door: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let order = listed(&fs::read_to_string(src.join(door)).unwrap_or_default());
    for (at, module) in order.iter().enumerate() {
        let mut paths = vec![src.join(format!("{module}.rs"))];
        paths.extend(files(&src.join(module), "rs"));
        for path in paths.iter().filter(|path| !is_test(path)) {
            for import in imports(&fs::read_to_string(path).unwrap_or_default()) {
                if order.iter().skip(at + 1).any(|below| *below == import) {
                    let file = shown(root, path);
                    faults.push(format!(
                        "{file}: {module} imports crate::{import}, which {door} lists below it"
                    ));
                }
            }
        }
    }
    faults
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// The modules that a `lib.rs` lists in files of their own, in order; test-only ones are left out.
pub fn listed(source: &str) -> Vec<String> {
    let mut modules = Vec::new();
    let mut for_tests = false;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            for_tests |= line.contains("cfg(test)");
            continue;
        }
        let declared = line
            .strip_prefix("pub(crate) ")
            .or_else(|| line.strip_prefix("pub "))
            .unwrap_or(line)
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'));
        if let Some(name) = declared.filter(|_| !for_tests) {
            modules.push(name.to_owned());
        }
        for_tests = false;
    }
    modules
}

/// The top-level modules of its own crate that a source names in code, once each.
pub fn imports(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let code: String =
        code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` and `other_crate::` are other words.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        names.extend(heads(&code[at + "crate::".len()..]));
    }
    names.sort();
    names.dedup();
    names
}

/// The first word of each path that follows `crate::`: one, or all of a braced group's.
fn heads(rest: &str) -> Vec<String> {
    let Some(group) = rest.trim_start().strip_prefix('{') else { return vec![word(rest)] };
    let (mut depth, mut start, mut found) = (0_usize, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && !c.is_whitespace() => {
                found.push(word(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_in_order_and_without_tests() {
        let source = "//! x\npub mod time;\nmod frame;\npub(crate) mod flv;\n#[cfg(test)]\nmod contract;\nmod inline { }\n";
        assert_eq!(listed(source), ["time", "frame", "flv"]);
    }

    #[track_caller]
    fn check(source: &str, names: &[&str]) {
        assert_eq!(imports(source), names, "{source}");
    }

    #[test]
    fn paths_in_code_are_imports() {
        check("use crate::time::MediaTime;\nfn f() { crate::frame::g() }", &["frame", "time"]);
        check("use crate::{time::{A, B}, frame, flv::C};", &["flv", "frame", "time"]);
    }

    #[test]
    fn comments_macros_and_unit_tests_are_not() {
        check("// crate::time\n/// [`crate::frame`]\nfn f() { $crate::x!() }", &[]);
        check("use crate::time;\n#[cfg(test)]\nmod tests { use crate::web; }", &["time"]);
    }

    #[test]
    fn an_import_that_goes_down_the_page_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let src = folder.path().join("crates/media/src");
        fs::create_dir_all(src.join("flv")).expect("folders");
        for (name, text) in [
            ("lib.rs", "//! l\nmod time;\nmod flv;\n"),
            ("time.rs", "//! t\nuse crate::flv::Tag;\n"),
            ("flv.rs", "//! f\nuse crate::time;\n"),
            ("flv/tag.rs", "use crate::time;\n"),
        ] {
            fs::write(src.join(name), text).expect("a file");
        }
        assert_eq!(
            faults(folder.path()),
            [
                "crates/media/src/time.rs: time imports crate::flv, which lib.rs lists below it",
                "crates/media/src/flv/tag.rs: does not begin with `//!`",
            ]
        );
    }
}
