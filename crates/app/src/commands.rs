//! Each command, from its words to its exit code.

use std::io::{self, BufRead as _, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::CommandFactory as _;

use crate::admin::{AdminCommand, Answer};
use crate::cli::{Chat, Cli, Command, ConfigCommand, Invite, Key, User};
use crate::config::human::{HumanError, Span};
use crate::config::{self, ConfigError, Loaded};
use crate::control::{self, ControlError};
use crate::data::control_socket;
use crate::limits::{CHAT_WINDOW_MAX, PASSWORD_LINE_MAX};
use crate::up::{self, UpError, Wish};
use crate::{doctor, platform};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The platform does not start, or its data folder can't be opened.
    #[error(transparent)]
    Up(#[from] UpError),
    /// The running server does not answer.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// It was not done, and why.
    #[error("{0}")]
    Refused(String),
    /// Something of the system's.
    #[error("{0}")]
    System(&'static str, #[source] io::Error),
}

/// Does what the command line says.
///
/// # Errors
/// With words for the person who typed it.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, CommandError> {
    if let Command::Completions { shell } = cli.command {
        // In memory first: what writes it would panic if nobody reads on.
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "footlight", &mut script);
        return print(&mut io::stdout().lock(), &script);
    }
    let vars = config::environment(std::env::vars_os())?;
    let loaded = config::load(&cli.flags(), &vars)?;
    match cli.command {
        Command::Up(up) => {
            runtime::log::start(loaded.config.log_format(), &loaded.config.log.filter);
            let wish = Wish { loaded, roles: up.role, demo: up.demo };
            block_on(up::up(wish))?.map_err(CommandError::Up)
        }
        Command::User(User::Create { name, email, admin, partner, bot, password_stdin: _ }) => {
            let password = password_from(io::stdin().lock())?;
            let command = AdminCommand::User { name, email, password, admin, partner, bot };
            block_on(carry_out(&loaded, command))?
        }
        Command::User(User::Verify { name }) => block_on(carry_out(&loaded, AdminCommand::Verify { name }))?,
        Command::User(User::Password { name, password_stdin: _ }) => {
            let password = password_from(io::stdin().lock())?;
            block_on(carry_out(&loaded, AdminCommand::Password { name, password }))?
        }
        // The command line takes exactly one of the two.
        Command::User(User::Set { name, bot, no_bot: _ }) => {
            block_on(carry_out(&loaded, AdminCommand::Set { name, bot: Some(bot) }))?
        }
        Command::Key(Key::Create { name, label }) => {
            block_on(carry_out(&loaded, AdminCommand::Key { name, label }))?
        }
        Command::Invite(Invite::Create) => block_on(carry_out(&loaded, AdminCommand::Invite))?,
        Command::Chat(Chat::Reconnect { over }) => {
            let over_ms = milliseconds(&over)?;
            block_on(carry_out(&loaded, AdminCommand::ChatReconnect { over_ms }))?
        }
        Command::Drain { over } => {
            let over_ms = over.as_deref().map(milliseconds).transpose()?;
            block_on(carry_out(&loaded, AdminCommand::Drain { over_ms }))?
        }
        Command::Doctor(_) => block_on(doctor::doctor(&loaded.config)),
        Command::Config(ConfigCommand::Check(_)) => {
            match &loaded.file {
                Some(file) => println!("{}: nothing wrong", file.display()),
                None => println!("no configuration file; defaults, environment and flags: nothing wrong"),
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Config(ConfigCommand::Print(_)) => {
            print(&mut io::stdout().lock(), config::render(&loaded.config, &loaded.origins).as_bytes())
        }
        Command::Completions { .. } => Ok(ExitCode::SUCCESS),
    }
}

/// Writes a long text. Who has read enough of it, like `head`, closes the pipe, and that is no failure.
fn print(out: &mut impl Write, text: &[u8]) -> Result<ExitCode, CommandError> {
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(CommandError::System("standard output can't be written to", e))
        }
        Ok(()) | Err(_) => Ok(ExitCode::SUCCESS),
    }
}

/// Runs `work` on a runtime of all cores. What still blocks when it is done gets a moment and no more.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| CommandError::System("no threads to run on", e))?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_millis(500));
    Ok(done)
}

/// Through the running server if there is one, else on the data folder itself.
async fn carry_out(loaded: &Loaded, command: AdminCommand) -> Result<ExitCode, CommandError> {
    let data = &loaded.config.data;
    let answer = match control::ask(&control_socket(&absolute(data)), command.clone()).await? {
        Some(answer) => answer,
        None => {
            let (_folder, stores) = up::open_stores(data).await?;
            let answer = platform::desks(&loaded.config, &stores).carry_out(command, up::wall()).await;
            stores.close().await;
            answer
        }
    };
    match answer {
        Answer::Done(text) => {
            println!("{text}");
            Ok(ExitCode::SUCCESS)
        }
        Answer::Refused(why) => Err(CommandError::Refused(why)),
    }
}

/// A time over which chat clients are asked, as people write it, in milliseconds.
fn milliseconds(text: &str) -> Result<u64, CommandError> {
    let span: Span = text.parse().map_err(|e: HumanError| CommandError::Refused(format!("--over: {e}")))?;
    if span.0 > CHAT_WINDOW_MAX {
        return Err(CommandError::Refused(format!("--over: {text:?} is too long; at most 24h")));
    }
    Ok(u64::try_from(span.0.as_millis()).unwrap_or(u64::MAX))
}

fn absolute(path: &Path) -> std::path::PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The first line, without its end.
fn password_from(input: impl io::BufRead) -> Result<String, CommandError> {
    let mut line = String::new();
    let fault = |e| CommandError::System("the password can't be read from standard input", e);
    input.take(PASSWORD_LINE_MAX + 1).read_line(&mut line).map_err(fault)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(CommandError::Refused(
            "no password on standard input; write it there as one line".to_owned(),
        ));
    }
    Ok(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output that fails in one way.
    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_fine_and_a_full_disk_is_told() {
        let mut out = Vec::new();
        assert!(print(&mut out, b"text").is_ok());
        assert_eq!(out, b"text");
        assert!(print(&mut Failing(io::ErrorKind::BrokenPipe), b"text").is_ok());
        let told =
            print(&mut Failing(io::ErrorKind::StorageFull), b"text").map(drop).map_err(|e| e.to_string());
        assert_eq!(told, Err("standard output can't be written to".to_owned()));
    }

    #[test]
    fn a_password_is_the_first_line() {
        let read = |text: &str| password_from(text.as_bytes()).map_err(|e| e.to_string());
        assert_eq!(read("correct horse\r\nbattery").as_deref(), Ok("correct horse"));
        assert_eq!(read("no line end").as_deref(), Ok("no line end"));
        assert!(read("\n").is_err());
        assert_eq!(
            read(&"x".repeat(100_000)).map(|p| p.len()),
            Ok(259),
            "too long is refused later, not swallowed"
        );
    }

    #[test]
    fn clients_are_asked_within_a_day() {
        let read = |text: &str| milliseconds(text).map_err(|e| e.to_string());
        assert_eq!(read("5m"), Ok(300_000));
        assert_eq!(read("24h"), Ok(86_400_000));
        assert_eq!(read("24h1ms"), Err("--over: \"24h1ms\" is too long; at most 24h".to_owned()));
        assert_eq!(read("100d"), Err("--over: \"100d\" is too long; at most 24h".to_owned()));
    }
}
