//! A server under test: started on its core, measured by what the kernel says of it, ended by its own pid.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use runtime::clock;

/// A running server.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// Processor time of all threads, in s.
    pub(crate) cpu_s: f64,
    /// Time that its threads were ready and had to wait for a core, in s.
    pub(crate) waited_s: f64,
}

impl Process {
    /// Starts `program` on core 0, its output in `log`.
    ///
    /// # Errors
    /// When it can't be started.
    pub(crate) fn start(program: &Path, arguments: &[&str], log: &Path) -> io::Result<Self> {
        let output = fs::File::create(log)?;
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(program).args(arguments);
        let child = command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).spawn()?;
        Ok(Self { child, log: log.to_owned() })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself.
    pub(crate) fn is_over(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// The end of what it wrote.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().rev().find(|line| !line.is_empty()).unwrap_or("nothing").to_owned()
    }

    /// Processor and waiting time, summed over the threads that live now.
    pub(crate) fn used(&self) -> Used {
        let mut used = Used::default();
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid())).into_iter().flatten().flatten();
        for thread in threads {
            let text = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
            let mut numbers = text.split_whitespace().map(|n| n.parse::<f64>().unwrap_or(0.0) / 1e9);
            used.cpu_s += numbers.next().unwrap_or(0.0);
            used.waited_s += numbers.next().unwrap_or(0.0);
        }
        used
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_over() {
            return;
        }
        // SIGTERM by its own pid, a moment, then the hard way.
        let pid = self.pid().to_string();
        drop(Command::new("kill").args(["-TERM", &pid]).status());
        let patience = clock::now() + Duration::from_secs(10);
        while clock::now() < patience {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
