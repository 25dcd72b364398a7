//! The command line: what can be asked, and nothing of how it is done.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::Flags;
use crate::roles::Role;

/// A live-streaming platform in one program.
#[derive(Debug, Parser)]
#[command(name = "footlight", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Data folder [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// Configuration file [default: footlight.toml in the data folder, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the platform; with no --role, all of it
    Up(Up),
    /// Accounts
    #[command(subcommand)]
    User(User),
    /// Stream keys
    #[command(subcommand)]
    Key(Key),
    /// Invitations to sign up
    #[command(subcommand)]
    Invite(Invite),
    /// Chat connections
    #[command(subcommand)]
    Chat(Chat),
    /// Take this node out: /readyz says no, chat clients are asked to connect elsewhere, then the server stops
    Drain {
        /// Time over which chat clients are asked, e.g. 5m [default: drain.chat]
        #[arg(long, value_name = "TIME")]
        over: Option<String>,
    },
    /// Check this machine: FFmpeg and its encoders, ports, disk, clock, file limits, data folder
    Doctor(Settings),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a shell's completions
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// `footlight up`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Roles that this process plays [default: all]
    #[arg(long, value_name = "ROLE", value_delimiter = ',', value_enum)]
    pub(crate) role: Vec<Role>,
    /// Put a generated programme on air through the RTMP door
    #[arg(long)]
    pub(crate) demo: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Keys of the configuration that are common enough to be flags.
#[derive(Debug, Default, Args)]
pub(crate) struct Settings {
    /// Site and API, e.g. 127.0.0.1:8080; port 0 is any free one
    #[arg(long, value_name = "ADDRESS")]
    http_listen: Option<String>,
    /// RTMP, e.g. :1935; "" is off
    #[arg(long, value_name = "ADDRESS")]
    rtmp_listen: Option<String>,
    /// RTMPS, e.g. :1936; "" is off
    #[arg(long, value_name = "ADDRESS")]
    rtmps_listen: Option<String>,
    /// IRC, e.g. :6667; "" is off
    #[arg(long, value_name = "ADDRESS")]
    irc_listen: Option<String>,
    /// IRC over TLS, e.g. :6697; "" is off
    #[arg(long, value_name = "ADDRESS")]
    ircs_listen: Option<String>,
    /// PEM certificate for HTTPS, RTMPS and IRC over TLS
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// PEM private key for HTTPS, RTMPS and IRC over TLS
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Address that viewers use, e.g. https://tv.example.org
    #[arg(long, value_name = "URL")]
    site_url: Option<String>,
    /// Who may make an account: open, invite or closed
    #[arg(long, value_name = "WHO")]
    signup: Option<String>,
    /// What is logged, e.g. info,video=debug
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
}

/// `footlight user`.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Make an account
    Create {
        /// 3 to 25 of a-z, 0-9 and _
        name: String,
        /// E-mail address
        #[arg(long)]
        email: String,
        /// May do everything on this site
        #[arg(long)]
        admin: bool,
        /// Gets transcode slots before everybody else
        #[arg(long)]
        partner: bool,
        /// A known bot: chat lets it say more
        #[arg(long)]
        bot: bool,
        /// Read the password from the first line of standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Say that an account's e-mail address is its owner's own
    Verify {
        /// The user
        name: String,
    },
    /// Give an account another password; all its sessions end
    Password {
        /// The user
        name: String,
        /// Read the password from the first line of standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Change an account
    #[command(group(clap::ArgGroup::new("change").required(true)))]
    Set {
        /// The user
        name: String,
        /// A known bot: chat lets it say more
        #[arg(long, group = "change")]
        bot: bool,
        /// No known bot
        #[arg(long, group = "change")]
        no_bot: bool,
    },
}

/// `footlight key`.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a stream key for a user's channel and print it, once
    Create {
        /// The user
        name: String,
        /// What to call it
        #[arg(long, default_value = "command line")]
        label: String,
    },
}

/// `footlight invite`.
#[derive(Debug, Subcommand)]
pub(crate) enum Invite {
    /// Make an invitation code and print it, once
    Create,
}

/// `footlight chat`.
#[derive(Debug, Subcommand)]
pub(crate) enum Chat {
    /// Ask every chat client of this node to connect anew, spread evenly over a time; new ones are taken meanwhile
    Reconnect {
        /// Time over which they are asked, e.g. 5m
        #[arg(long, value_name = "TIME", default_value = "5m")]
        over: String,
    },
}

/// `footlight config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say everything that is wrong, or that nothing is
    Check(Settings),
    /// Print every setting with its value and who set it
    Print(Settings),
}

impl Command {
    /// The settings given as flags, if this command takes any.
    fn settings(&self) -> Option<&Settings> {
        match self {
            Self::Up(up) => Some(&up.settings),
            Self::Doctor(settings)
            | Self::Config(ConfigCommand::Check(settings) | ConfigCommand::Print(settings)) => Some(settings),
            Self::User(_) | Self::Key(_) | Self::Invite(_) | Self::Chat(_) => None,
            Self::Drain { .. } | Self::Completions { .. } => None,
        }
    }
}

impl Cli {
    /// What the command line says about the configuration.
    pub(crate) fn flags(&self) -> Flags {
        let mut set = Vec::new();
        let mut flag = |flag, key, value: &Option<String>| {
            set.extend(value.clone().map(|text| (flag, key, text)));
        };
        flag("--data", "data", &self.global.data);
        if let Some(settings) = self.command.settings() {
            flag("--http-listen", "http.listen", &settings.http_listen);
            flag("--rtmp-listen", "rtmp.listen", &settings.rtmp_listen);
            flag("--rtmps-listen", "rtmps.listen", &settings.rtmps_listen);
            flag("--irc-listen", "irc.listen", &settings.irc_listen);
            flag("--ircs-listen", "ircs.listen", &settings.ircs_listen);
            flag("--tls-cert", "http.tls.cert", &settings.tls_cert);
            flag("--tls-key", "http.tls.key", &settings.tls_key);
            flag("--site-url", "site.url", &settings.site_url);
            flag("--signup", "signup", &settings.signup);
            flag("--log", "log.filter", &settings.log);
        }
        Flags { file: self.global.config.clone(), set }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_name_the_keys_that_they_set() {
        let line = ["footlight", "up", "--data", "d", "--rtmp-listen", "", "--role", "api,ingest"];
        let cli = Cli::try_parse_from(line).expect("parses");
        let set = cli.flags().set;
        assert_eq!(
            set,
            [("--data", "data", "d".to_owned()), ("--rtmp-listen", "rtmp.listen", String::new())]
        );
    }
}
