//! What lies in the data folder: whether we may use each file, and whether a start would open the databases.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::unistd::{AccessFlags, access, geteuid};
use stores::{Found, Places};

use super::checks::Line;

/// What a start opens, and makes where it is missing.
const FILES: [&str; 9] = [
    "footlight.lock",
    "footlight.db",
    "footlight.db-wal",
    "footlight.db-shm",
    "chatlog.db",
    "chatlog.db-wal",
    "chatlog.db-shm",
    "chat-link.pem",
    "chat-link.key",
];

/// One line for all files, or one for each that can't be used; and one for each database that may be read.
pub(super) async fn kept(folder: &Path) -> Vec<Line> {
    let about = std::fs::metadata(folder).ok().filter(Metadata::is_dir);
    // What is wrong with the folder itself has a line already.
    let Some(about) = about else { return Vec::new() };
    let mut lines: Vec<_> = FILES.iter().filter_map(|name| file(&folder.join(name), &about)).collect();
    if lines.is_empty() {
        lines.push(Line::ok("files kept", "each can be read and written"));
        // The addresses are our own, so none is unknown.
        let found = stores::look(&Places::embedded(folder)).await.unwrap_or_default();
        lines.extend(found.iter().map(|(path, found)| database(path, found)));
    }
    lines
}

/// What is wrong with the rights on a file, if it is there.
fn file(path: &Path, folder: &Metadata) -> Option<Line> {
    let (shown, todo) =
        (path.display(), format!("chown it to who owns the folder, and chmod 600 {}", path.display()));
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(e) if e.kind() == ErrorKind::NotFound => return None,
        Err(e) => return Some(Line::fail("files kept", format!("{shown}: {e}"), todo)),
    };
    if access(path, AccessFlags::R_OK | AccessFlags::W_OK).is_err() {
        let found = format!(
            "{shown} can't be read and written (it is user {}'s, mode {:o})",
            about.uid(),
            about.mode() & 0o777
        );
        return Some(Line::fail("files kept", found, todo));
    }
    // Root may use every file; the service, which owns the folder, may not.
    if geteuid().is_root() && foreign(&about, folder) {
        let found = format!("{shown} is user {}'s and the folder user {}'s", about.uid(), folder.uid());
        return Some(Line::fail("files kept", found, format!("chown {} {shown}", folder.uid())));
    }
    None
}

/// Whether the folder's owner can't use a file, as far as the file's bits for everybody tell.
fn foreign(file: &Metadata, folder: &Metadata) -> bool {
    folder.uid() != 0 && file.uid() != folder.uid() && file.mode() & 0o006 != 0o006
}

fn database(path: &Path, found: &Found) -> Line {
    let shown = path.display();
    match found {
        Found::Nothing => Line::ok("database", format!("{shown} will be made")),
        Found::Usable => Line::ok("database", format!("{shown} can be opened")),
        Found::Foreign(why) => Line::fail(
            "database",
            format!("{shown} was written by another version or program: {why}"),
            "start the version that wrote it, or put a copy back (docs/operating/backup.md)",
        ),
        Found::Broken(why) => Line::fail(
            "database",
            format!("{shown} can't be opened: {why}"),
            "put a copy back (docs/operating/backup.md), or move it and its -wal and -shm away: a start makes a new one",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, chown};

    use super::super::checks::Verdict;
    use super::*;

    async fn all(folder: &Path) -> String {
        let lines = kept(folder).await;
        for line in &lines {
            assert_eq!(line.todo.is_empty(), line.verdict == Verdict::Ok, "{line:?}");
        }
        lines.iter().map(|line| format!("{:?} {}: {}\n", line.verdict, line.what, line.found)).collect()
    }

    #[tokio::test]
    async fn databases_that_a_start_opens_are_fine_and_others_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = all(folder.path()).await;
        assert_eq!(made.matches("will be made").count(), 2, "{made}");
        stores::open(&Places::embedded(folder.path())).await.expect("opens").close().await;
        let opened = all(folder.path()).await;
        assert_eq!(opened.matches("can be opened").count(), 2, "{opened}");
        std::fs::write(folder.path().join("footlight.db"), "no database".repeat(99)).expect("written");
        let told = all(folder.path()).await;
        assert!(told.contains("Fail database") && told.contains("footlight.db can't be opened"), "{told}");
    }

    #[tokio::test]
    async fn a_file_that_the_service_can_t_use_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("footlight.db");
        std::fs::write(&file, "").expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).expect("ours");
        if geteuid().is_root() {
            // Of a service that owns its folder and not what was put into it.
            chown(folder.path(), Some(65_534), None).expect("root may");
        }
        let told = all(folder.path()).await;
        assert!(told.starts_with("Fail files kept: "), "{told}");
        assert!(!told.contains("database"), "{told}");
    }
}
