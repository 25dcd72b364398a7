//! The data folder has one owner: a second process is refused, and told which process has it.
//!
//! The lock is the kernel's (`flock` on `footlight.lock`), so it ends with its process however that ends. The process id
//! inside is for people; it decides nothing.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use domain::class::Class;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

/// Name of the lock file.
const LOCK_FILE: &str = "footlight.lock";

/// Why the folder is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("the data folder {} is in use{}", .folder.display(), .pid.map(|pid| format!(" by process {pid}")).unwrap_or_default())]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Who has it, if it could be read.
        pid: Option<u32>,
    },
    /// The folder cannot be made or written.
    #[error("the data folder {} cannot be used", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl LockError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::Held { .. } => Class::Busy,
            Self::Folder { .. } => Class::Caller,
        }
    }
}

/// A data folder that is ours until this is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    lock: Flock<File>,
}

impl DataFolder {
    /// Makes the folder if it is missing (mode 0700, with its parents) and takes it, or says who has it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LockError> {
        let path = path.as_ref().to_owned();
        let fault = |source| LockError::Folder { folder: path.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(fault)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join(LOCK_FILE))
            .map_err(fault)?;
        let mut lock = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => lock,
            Err((file, Errno::EWOULDBLOCK)) => {
                return Err(LockError::Held { folder: path, pid: owner(file) });
            }
            Err((_, e)) => return Err(fault(e.into())),
        };
        sign(&mut lock).map_err(fault)?;
        Ok(Self { path, lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        // Only so that nobody reads the id of a process that is gone; the lock itself ends with the file.
        let _ = self.lock.set_len(0);
    }
}

/// The process id that the file names.
fn owner(mut file: File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_second_owner_is_refused_by_process_id_and_admitted_after_the_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/data");
        let first = DataFolder::open(&path).expect("it is free");
        assert_eq!(std::fs::metadata(&path).expect("is there").permissions().mode() & 0o777, 0o700);
        let refused = DataFolder::open(&path).expect_err("it is held");
        let own = std::process::id();
        assert!(matches!(&refused, LockError::Held { pid: Some(pid), .. } if *pid == own), "{refused:?}");
        assert!(refused.to_string().ends_with(&format!("is in use by process {own}")), "{refused}");
        drop(first);
        DataFolder::open(&path).expect("it is free again");
    }

    #[test]
    fn a_stale_process_id_keeps_nobody_out() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(LOCK_FILE), "4194304\nand more").expect("writes");
        let _ours = DataFolder::open(folder.path()).expect("nobody holds it");
        let kept = std::fs::read_to_string(folder.path().join(LOCK_FILE)).expect("reads");
        assert_eq!(kept, format!("{}\n", std::process::id()));
    }

    #[test]
    fn what_is_not_a_folder_is_refused_with_the_reason() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let refused = DataFolder::open(file.path()).expect_err("a file is no folder");
        assert!(matches!(refused, LockError::Folder { .. }), "{refused:?}");
    }
}
