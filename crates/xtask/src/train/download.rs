//! Fetches what is pinned and not there yet.

use std::path::Path;

use super::packages::{PACKAGES, read};

/// Downloads every package that `folder` lacks; all are the pinned ones afterwards.
pub async fn fetch(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for package in &PACKAGES {
        if read(folder, package).is_ok() {
            continue;
        }
        eprintln!("train: fetching {}", package.url);
        let answer = reqwest::get(package.url).await.and_then(reqwest::Response::error_for_status);
        let answer = answer.map_err(|e| format!("{}: {e}", package.url))?;
        let bytes = answer.bytes().await.map_err(|e| format!("{}: {e}", package.url))?;
        let path = folder.join(package.file);
        std::fs::write(&path, &bytes).map_err(|e| format!("{}: {e}", path.display()))?;
        read(folder, package)?;
    }
    Ok(())
}
