//! Opening stores: what is refused, and how files are left.

use std::os::unix::fs::PermissionsExt as _;

use stores::{Found, OpenError, Places, look, open};

#[tokio::test]
async fn an_address_that_no_back_end_understands_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = Places::embedded(folder.path());
    for (places, told) in [
        (Places { records: "postgres://db".to_owned(), ..good.clone() }, "postgres://db"),
        (Places { records: "sqlite:".to_owned(), ..good.clone() }, "sqlite:PATH"),
        (Places { registry: "dynamodb:".to_owned(), ..good.clone() }, "the registry"),
        (Places { chat_log: "sqlite:".to_owned(), ..good.clone() }, "chat logs"),
        (Places { chat_bus: "kafka://x".to_owned(), ..good.clone() }, "kafka://x"),
        (Places { jobs: "redis://x".to_owned(), ..good.clone() }, "redis://x"),
    ] {
        let refused = open(&places).await.err().expect("is refused").to_string();
        assert!(refused.contains(told), "{refused}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("reads").count(), 0, "nothing was made");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let places = Places::embedded(folder.path());
    let file = folder.path().join("footlight.db");
    let text = "certainly not a database".repeat(100);
    std::fs::write(&file, &text).expect("writes");
    assert!(matches!(open(&places).await, Err(OpenError::Database { .. })));
    assert_eq!(std::fs::read_to_string(&file).expect("reads"), text);
}

#[tokio::test]
async fn only_the_owner_reads_the_database_and_a_close_leaves_no_side_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = open(&Places::embedded(folder.path())).await.expect("opens");
    for file in std::fs::read_dir(folder.path()).expect("reads") {
        let file = file.expect("reads");
        let mode = file.metadata().expect("reads").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.file_name());
    }
    assert!(!stores.accounts.any_admin().await.expect("answers"));
    stores.close().await;
    let mut left: Vec<_> =
        std::fs::read_dir(folder.path()).expect("reads").flatten().map(|f| f.file_name()).collect();
    left.sort();
    assert_eq!(left, ["chatlog.db", "footlight.db"]);
    assert!(stores.accounts.any_admin().await.is_err(), "closed is closed");
}

/// The files of the folder with their sizes, in order.
fn listing(folder: &std::path::Path) -> Vec<(std::ffi::OsString, u64)> {
    let files = std::fs::read_dir(folder).expect("reads").flatten();
    let mut all: Vec<_> = files.map(|f| (f.file_name(), f.metadata().expect("reads").len())).collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_look_at_the_files_changes_nothing_while_they_are_open_and_while_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let places = Places::embedded(folder.path());
    let found = look(&places).await.expect("known back ends");
    assert!(found.iter().all(|(_, found)| matches!(found, Found::Nothing)), "{found:?}");
    let stores = open(&places).await.expect("opens");
    for open in [true, false] {
        if !open {
            stores.close().await;
        }
        let before = listing(folder.path());
        let found = look(&places).await.expect("known back ends");
        assert!(found.iter().all(|(_, found)| matches!(found, Found::Usable)), "{found:?}");
        assert_eq!(listing(folder.path()), before);
    }
}

#[tokio::test]
async fn what_a_start_would_refuse_is_found_by_a_look() {
    let folder = tempfile::tempdir().expect("a folder");
    let places = Places::embedded(folder.path());
    open(&places).await.expect("opens").close().await;
    let (records, log) = (folder.path().join("footlight.db"), folder.path().join("chatlog.db"));
    // The log's file in the place of the other: its migrations are not those that are known by these numbers.
    std::fs::copy(&log, &records).expect("copied");
    std::fs::write(&log, "certainly not a database".repeat(100)).expect("written");
    let found = look(&places).await.expect("known back ends");
    assert!(matches!(found[0].1, Found::Foreign(_)), "{found:?}");
    assert!(matches!(found[1].1, Found::Broken(_)), "{found:?}");
    assert!(open(&places).await.is_err(), "a start says the same");
}
