//! The configuration: one struct per component, composed here, read from defaults, a TOML file, the environment and flags.
//!
//! Each key is written once below with its default and once in [`docs`](keys) with its sentence; `config print`, the
//! sample file and the reference page come from the two. Nothing reads the environment after [`load`] has returned.

pub(crate) mod human;
mod keys;
mod layers;
pub(crate) mod sections;
mod parts;
pub(crate) mod links;

use std::ffi::OsString;
use std::path::PathBuf;

use domain::users::LatencyMode;
use serde::{Deserialize, Serialize};
use toml::Table;

pub(crate) use keys::render;
pub(crate) use layers::{Fault, Origin};
use sections::{
    Accounts, Admin, Chat, Drain, Http, Ingest, Irc, Ircs, Log, Rtmp, Rtmps, Rung, Signup, Site, Transcode,
};

use human::Span;
use layers::{ENV_PREFIX, Layers};

/// Everything that can be set. Field order is the order of `config print`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) signup: Signup,
    pub(crate) ladder: Vec<Rung>,
    pub(crate) latency: LatencyMode,
    pub(crate) grace: Span,
    pub(crate) grace_clean_close: Span,
    pub(crate) site: Site,
    pub(crate) http: Http,
    pub(crate) rtmp: Rtmp,
    pub(crate) rtmps: Rtmps,
    pub(crate) irc: Irc,
    pub(crate) ircs: Ircs,
    pub(crate) chat: Chat,
    pub(crate) ingest: Ingest,
    pub(crate) transcode: Transcode,
    pub(crate) origin: sections::Origin,
    pub(crate) accounts: Accounts,
    pub(crate) admin: Admin,
    pub(crate) log: Log,
    pub(crate) drain: Drain,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            signup: Signup::Open,
            ladder: parts::default_ladder(),
            latency: LatencyMode::Low,
            grace: Span(std::time::Duration::from_secs(90)),
            grace_clean_close: Span(std::time::Duration::from_secs(15)),
            site: Site::default(),
            http: Http::default(),
            rtmp: Rtmp::default(),
            rtmps: Rtmps::default(),
            irc: Irc::default(),
            ircs: Ircs::default(),
            chat: Chat::default(),
            ingest: Ingest::default(),
            transcode: Transcode::default(),
            origin: sections::Origin::default(),
            accounts: Accounts::default(),
            admin: Admin::default(),
            log: Log::default(),
            drain: Drain::default(),
        }
    }
}

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`.
    pub(crate) file: Option<PathBuf>,
    /// Flags that set a key: flag, key, text.
    pub(crate) set: Vec<(&'static str, &'static str, String)>,
}

/// A configuration and where its values came from.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// The values.
    pub(crate) config: Config,
    /// Keys that are not at their default, and who set them.
    pub(crate) origins: std::collections::BTreeMap<String, Origin>,
    /// The file that was read, if there was one.
    pub(crate) file: Option<PathBuf>,
}

/// The configuration can't be used: everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} to fix:{}", faults_in_words(.0.len()), list(.0))]
pub(crate) struct ConfigError(pub(crate) Vec<Fault>);

fn faults_in_words(count: usize) -> String {
    if count == 1 { "one fault".to_owned() } else { format!("{count} faults") }
}
fn list(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("\n  * {fault}")).collect()
}

/// The environment as texts. What is not ours and no text is left out; of ours, a value that is no text is told.
///
/// # Errors
/// When a setting is not UTF-8.
pub(crate) fn environment(
    vars: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, ConfigError> {
    let (mut texts, mut faults) = (Vec::new(), Vec::new());
    for (name, value) in vars.filter_map(|(name, value)| Some((name.into_string().ok()?, value))) {
        match value.into_string() {
            Ok(value) => texts.push((name, value)),
            Err(_) if name.starts_with(ENV_PREFIX) => {
                faults.push(Fault {
                    origin: Some(Origin::Env(name)),
                    text: "the value is not UTF-8".to_owned(),
                });
            }
            Err(_) => {}
        }
    }
    if faults.is_empty() { Ok(texts) } else { Err(ConfigError(faults)) }
}

/// Reads the configuration: defaults, then the file, then `vars`, then flags.
///
/// Without `--config` the file is `footlight.toml` in the data folder, if it is there.
///
/// # Errors
/// With every fault of every layer at once.
pub(crate) fn load(flags: &Flags, vars: &[(String, String)]) -> Result<Loaded, ConfigError> {
    let defaults = table_of(&Config::default());
    let reads = |table: &Table| table.clone().try_into::<Config>().map(drop).map_err(|e| type_error(&e));
    let mut layers = Layers::new(&defaults, &reads);
    let file = chosen_file(flags, vars);
    if let Some((path, _)) = &file {
        match std::fs::read_to_string(path) {
            Ok(text) => layers.file(path, &text),
            Err(e) => {
                return Err(ConfigError(vec![Fault {
                    origin: None,
                    text: format!("can't read {}: {e}", path.display()),
                }]));
            }
        }
    }
    layers.env(vars.iter().cloned(), keys::SECRETS);
    for (flag, key, text) in &flags.set {
        layers.flag(flag, key, text);
    }
    let merged = layers.finish();
    let mut faults = merged.faults;
    let config: Config = match merged.table.try_into() {
        Ok(config) => config,
        Err(e) => {
            faults.push(Fault { origin: None, text: type_error(&e) });
            return Err(ConfigError(faults));
        }
    };
    let origin_of = |text: &str| {
        let key = text.split(':').next().unwrap_or(text);
        merged.origins.get(key).cloned()
    };
    faults.extend(config.faults().into_iter().map(|text| Fault { origin: origin_of(&text), text }));
    if let (Some((path, Found::InData)), Some(Origin::File(..))) = (&file, merged.origins.get("data")) {
        let text = format!("data: {} was found in the data folder and can't move it", path.display());
        faults.push(Fault { origin: merged.origins.get("data").cloned(), text });
    }
    if !faults.is_empty() {
        return Err(ConfigError(faults));
    }
    Ok(Loaded { config, origins: merged.origins, file: file.map(|(path, _)| path) })
}

/// How the configuration file was chosen.
enum Found {
    /// By name.
    Named,
    /// Because it lies in the data folder.
    InData,
}

fn chosen_file(flags: &Flags, vars: &[(String, String)]) -> Option<(PathBuf, Found)> {
    let var = |name: &str| vars.iter().find(|(key, _)| key == name).map(|(_, value)| PathBuf::from(value));
    if let Some(path) = flags.file.clone().or_else(|| var("FOOTLIGHT_CONFIG")) {
        return Some((path, Found::Named));
    }
    let flag = flags.set.iter().find(|(_, key, _)| *key == "data").map(|(_, _, value)| PathBuf::from(value));
    let data = flag.or_else(|| var("FOOTLIGHT_DATA")).unwrap_or_else(|| Config::default().data);
    let path = data.join("footlight.toml");
    path.is_file().then_some((path, Found::InData))
}

/// The configuration as a table, which is also the list of all keys.
pub(crate) fn table_of(config: &Config) -> Table {
    Table::try_from(config).expect("a configuration is a table of plain values")
}

/// What serde says of a value, without the key, which the caller knows.
fn type_error(e: &toml::de::Error) -> String {
    e.message().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
