//! Opening stores: what is refused, and how files are left.

use std::os::unix::fs::PermissionsExt as _;

use stores::{OpenError, Places, open};

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
