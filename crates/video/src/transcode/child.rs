//! An FFmpeg process with its pipes, in a process group of its own.
//!
//! Promises that none outlives us: it is killed when this value is dropped, and by the kernel if we die first. The kernel's
//! promise (`PR_SET_PDEATHSIG`) is tied to the *thread* that forks, and Tokio's threads come and go; so one thread,
//! started once and never ended, forks all children. That also keeps the copying of our page tables off the runtime.
//!
//! Output pipes are inherited under the numbers they have here, so nothing is moved in the child and no number can clash.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::net::unix::pipe;
use tokio::process::{ChildStderr, ChildStdin, Command};
use tokio::sync::oneshot;

use super::arguments::Outputs;

/// Bytes of the input pipe: a large key frame fits, so that its write seldom waits.
const INPUT_PIPE_BYTES: i32 = 256 * 1024;
/// Bytes of a rung's pipe: fewer wake-ups. All pipes of 50 streams stay below the 64 MiB that Linux grants a user.
const OUTPUT_PIPE_BYTES: i32 = 128 * 1024;
/// Spawns that may wait for the thread. Full: *refuse*, and the worker tries again.
const SPAWNS_MAX: usize = 64;

/// A running child. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Child {
    process: tokio::process::Child,
    group: Option<Pid>,
}

/// Our ends of a child's pipes.
#[derive(Debug)]
pub(super) struct Pipes {
    pub stdin: ChildStdin,
    pub stderr: ChildStderr,
    pub rungs: Vec<pipe::Receiver>,
    pub thumbnail: Option<pipe::Receiver>,
}

/// Starts `ffmpeg` with an output pipe for each of `rungs` rungs and, if asked, one for thumbnails. `arguments` gets the
/// pipes' numbers.
///
/// # Errors
/// If there is no such program, no more pipes or processes, or too many children are being started.
pub(super) async fn spawn(
    ffmpeg: &Path,
    rungs: usize,
    has_thumbnail: bool,
    arguments: impl FnOnce(&Outputs) -> Vec<String>,
) -> io::Result<(Child, Pipes)> {
    let (mut readers, mut writers) = (Vec::new(), Vec::new());
    for _ in 0..rungs + usize::from(has_thumbnail) {
        let (reader, writer) = io::pipe()?;
        enlarge(&reader, OUTPUT_PIPE_BYTES);
        readers.push(pipe::Receiver::from_owned_fd(reader.into())?);
        writers.push(OwnedFd::from(writer));
    }
    let numbers: Vec<RawFd> = writers.iter().map(|writer| writer.as_raw_fd()).collect();
    let outputs = Outputs { rungs: numbers[..rungs].to_vec(), thumbnail: numbers.get(rungs).copied() };

    let mut command = Command::new(ffmpeg);
    command.args(arguments(&outputs)).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.env_clear().envs(runtime::child::environment());
    command.process_group(0).kill_on_drop(true);
    unsafe_code::inherit_and_die_with_us(&mut command, numbers);
    let mut process = fork(command, writers).await?;

    let group = process.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let (Some(stdin), Some(stderr)) = (process.stdin.take(), process.stderr.take()) else {
        return Err(io::Error::other("the child has no pipes"));
    };
    enlarge(&stdin, INPUT_PIPE_BYTES);
    let thumbnail = readers.split_off(rungs).pop();
    Ok((Child { process, group }, Pipes { stdin, stderr, rungs: readers, thumbnail }))
}

impl Child {
    /// Resolves when it has exited. Cancel-safe.
    pub(super) async fn exited(&mut self) -> io::Result<ExitStatus> {
        let status = self.process.wait().await;
        // Reaped: its number may be another's now.
        self.group = None;
        status
    }

    /// Kills it and all it started, and waits until it is gone.
    pub(super) async fn kill(&mut self) {
        self.signal_kill();
        // It can only fail if there is nothing to wait for.
        drop(self.exited().await);
    }

    /// Its process id while it runs.
    pub(super) fn id(&self) -> Option<u32> {
        self.process.id()
    }

    fn signal_kill(&self) {
        if let Some(group) = self.group {
            // Fails only if it is gone.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal_kill();
    }
}

/// A larger pipe is a convenience: where the user's share is used up, the small one does.
fn enlarge(pipe: impl std::os::fd::AsFd, bytes: i32) {
    let _ = fcntl(pipe, FcntlArg::F_SETPIPE_SZ(bytes));
}

/// A spawn to be made by the thread, with the runtime that waits for it.
struct Spawn {
    command: Command,
    /// The child's ends of its pipes, closed here once it has them.
    writers: Vec<OwnedFd>,
    runtime: tokio::runtime::Handle,
    reply: oneshot::Sender<io::Result<tokio::process::Child>>,
}

async fn fork(command: Command, writers: Vec<OwnedFd>) -> io::Result<tokio::process::Child> {
    static SPAWNER: OnceLock<SyncSender<Spawn>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(start_thread);
    let (reply, answer) = oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    let gone = || io::Error::other("too many children are being started");
    spawner.try_send(Spawn { command, writers, runtime, reply }).map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

fn start_thread() -> SyncSender<Spawn> {
    let (spawner, spawns) = sync_channel::<Spawn>(SPAWNS_MAX);
    let run = move || {
        for Spawn { mut command, writers, runtime, reply } in spawns {
            let _entered = runtime.enter();
            // If nobody waits any more, the child is dropped here, and so killed.
            drop(reply.send(command.spawn()));
            drop(writers);
        }
    };
    // Without the thread every send fails, and the worker says so and tries again for ever: no reason to end the process.
    drop(std::thread::Builder::new().name("transcode-fork".to_owned()).spawn(run));
    spawner
}

mod unsafe_code {
    //! What runs between fork and exec, where only async-signal-safe calls are allowed.
    #![expect(unsafe_code, reason = "`pre_exec` has no safe form")]

    use std::io;
    use std::os::fd::{BorrowedFd, RawFd};

    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    use nix::sys::prctl;
    use nix::sys::signal::Signal;
    use nix::unistd::{getpid, getppid};
    use tokio::process::Command;

    /// The child keeps `pipes` open over exec, and is killed when the thread that forks it ends.
    ///
    /// The caller keeps `pipes` open until the command has been spawned.
    pub(super) fn inherit_and_die_with_us(command: &mut Command, pipes: Vec<RawFd>) {
        let parent = getpid();
        let prepare = move || {
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            // If we died between fork and the line above, nobody will send the signal.
            if getppid() != parent {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            for &pipe in &pipes {
                // SAFETY: the caller's `OwnedFd`s live until `spawn` returns, and the fork copied them all.
                let pipe = unsafe { BorrowedFd::borrow_raw(pipe) };
                fcntl(pipe, FcntlArg::F_SETFD(FdFlag::empty()))?;
            }
            Ok(())
        };
        // SAFETY: the closure calls prctl, getppid and fcntl, which are async-signal-safe, and neither allocates nor locks:
        // errors are an errno or a bare kind.
        unsafe { command.pre_exec(prepare) };
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn a_child_is_told_nothing_of_our_settings() {
        let line = |_: &Outputs| ["-c", "env >&2"].map(str::to_owned).to_vec();
        let (mut child, mut pipes) = spawn(Path::new("sh"), 0, false, line).await.expect("starts");
        let mut said = String::new();
        pipes.stderr.read_to_string(&mut said).await.expect("text");
        assert!(child.exited().await.expect("ends").success(), "{said}");
        // Cargo sets the second for every test.
        assert!(said.contains("PATH=") && !said.contains("CARGO_MANIFEST_DIR"), "{said}");
    }
}
