//! What the process asks of the system: private files, as many open files as it may have, children that die with it.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};

/// Files and sockets made from here on are for their owner alone.
pub(crate) fn keep_files_private() {
    umask(Mode::from_bits_truncate(0o077));
}

/// Open files that this process may have now.
pub(crate) fn file_limit() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft)
}

/// Raises the limit of open files to the most that the system lets us have, and says what it was and is.
pub(crate) fn raise_file_limit() -> (u64, u64) {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return (0, 0) };
    if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_err() {
        return (soft, soft);
    }
    (soft, hard)
}

/// Makes the system kill `command`'s process when ours ends, however it ends.
#[expect(unsafe_code, reason = "only between fork and exec can a child ask for this")]
pub(crate) fn die_with_us(command: &mut tokio::process::Command) {
    let parent = nix::unistd::getpid();
    let ask = move || {
        nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
        // We may have ended between the fork and the line above.
        if nix::unistd::getppid() == parent { Ok(()) } else { Err(nix::errno::Errno::ESRCH.into()) }
    };
    // SAFETY: the closure makes two system calls, and allocates and locks nothing.
    unsafe { command.pre_exec(ask) };
}
