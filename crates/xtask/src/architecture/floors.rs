//! Who may import whom: the floors of the house, read from the manifests.
//!
//! A crate imports only from lower floors; crates of one floor never import each other, so pipelines meet in ports and
//! events only. `[dev-dependencies]` are exempt: a test may look at a neighbour. A crate that this table does not name,
//! or that `ARCHITECTURE.md` does not mention, is a fault as well.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Crates by floor. An entry may import any crate of a lower row, except where [`KEEPERS`] says otherwise.
pub const FLOORS: [&[&str]; 5] = [
    &["media", "domain", "runtime"],
    &["video", "chat", "directory", "stores"],
    &["web"],
    &["app"],
    &["bench", "xtask"],
];

/// Crates that only some may import: (crate, its importers below the top floor, why).
pub const KEEPERS: [(&str, &[&str], &str); 2] = [
    ("media", &["video"], "bytes and containers are the video pipeline's business"),
    ("stores", &["app"], "a pipeline never sees a back end"),
];

/// The floor of a crate, counted from the ground; `None` if the table does not name it.
pub fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|crates| crates.contains(&name))
}

/// Why `importer` may not import `imported`; `None` if it may.
pub fn forbidden(importer: &str, imported: &str) -> Option<String> {
    let (from, to) = (floor(importer)?, floor(imported)?);
    if to >= from {
        return Some(format!(
            "{importer} (floor {from}) imports {imported} (floor {to}): imports go down only"
        ));
    }
    let (_, allowed, why) = KEEPERS.iter().find(|(kept, ..)| *kept == imported)?;
    let top = FLOORS.len() - 1;
    (from != top && !allowed.contains(&importer)).then(|| {
        format!("{importer} imports {imported}, which is for {} and the top floor: {why}", allowed.join(", "))
    })
}

/// The names under `[dependencies]`, `[build-dependencies]` and their `[target.…]` forms.
pub fn imports(manifest: &str) -> Result<BTreeSet<String>, String> {
    let table: toml::Table = manifest.parse().map_err(|fault| format!("{fault}"))?;
    let mut names = BTreeSet::new();
    let mut take = |table: &toml::Table| {
        for section in ["dependencies", "build-dependencies"] {
            let Some(listed) = table.get(section).and_then(toml::Value::as_table) else { continue };
            for (name, value) in listed {
                // `package = "x"` renames: the crate behind the name is what counts.
                let package = value.get("package").and_then(toml::Value::as_str);
                names.insert(package.unwrap_or(name).to_owned());
            }
        }
    };
    take(&table);
    for target in
        table.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values)
    {
        target.as_table().into_iter().for_each(&mut take);
    }
    Ok(names)
}

/// Every broken import, unnamed crate and crate missing from the map.
pub fn faults(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    let map = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap_or_default();
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(root.join("crates")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(manifest) = fs::read_to_string(entry.path().join("Cargo.toml")) else { continue };
        seen.insert(name.clone());
        let file = format!("crates/{name}/Cargo.toml");
        if floor(&name).is_none() {
            faults.push(format!("{file}: {name} has no floor: add it to xtask's table"));
        }
        if !map.contains(&format!("`{name}`")) && !map.contains(&format!("**{name}**")) {
            faults.push(format!("ARCHITECTURE.md: does not name the crate {name}"));
        }
        match imports(&manifest) {
            Ok(names) => faults.extend(
                names.iter().filter_map(|import| forbidden(&name, import)).map(|f| format!("{file}: {f}")),
            ),
            Err(fault) => faults.push(format!("{file}: {fault}")),
        }
    }
    let gone = FLOORS.iter().copied().flatten().filter(|name| !seen.contains(**name));
    faults.extend(
        gone.map(|name| format!("crates/xtask/src/architecture/floors.rs: there is no crate {name}")),
    );
    faults.sort();
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(importer: &str, imported: &str, allowed: bool) {
        assert_eq!(forbidden(importer, imported).is_none(), allowed, "{importer} → {imported}");
    }

    #[test]
    fn imports_go_down_only() {
        check("video", "domain", true);
        check("web", "video", true);
        check("domain", "video", false);
        check("web", "app", false);
    }

    #[test]
    fn neighbours_never_import_each_other() {
        check("video", "directory", false);
        check("media", "domain", false);
        check("bench", "xtask", false);
    }

    #[test]
    fn media_is_for_video_and_stores_for_app() {
        check("web", "media", false);
        check("directory", "media", false);
        check("app", "stores", true);
        check("web", "stores", false);
        check("bench", "media", true);
        check("xtask", "stores", true);
    }

    #[test]
    fn crates_from_outside_are_nobodys_floor() {
        check("media", "bytes", true);
    }

    #[test]
    fn dev_dependencies_are_exempt_and_renames_are_seen_through() {
        let manifest = "[dependencies]\nx = { package = \"stores\", path = \"..\" }\n\
             [dev-dependencies]\nvideo.workspace = true\n[target.'cfg(unix)'.dependencies]\nmedia.workspace = true\n";
        let names = imports(manifest).expect("the manifest is well formed");
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["media", "stores"]);
    }
}
