//! From defaults, file, environment and flags to one table, with every fault in it found at once.
//!
//! The default configuration, serialised, is the list of all keys: what is not a leaf of it is refused with the nearest
//! one that is. A layer replaces leaves and nothing else merges. Each leaf that a layer sets is tried alone on the
//! defaults, so ten wrong values give ten faults and not the first one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// Where a value came from; later ones win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The configuration file, and the line of the key where it is known.
    File(PathBuf, Option<usize>),
    /// An environment variable.
    Env(String),
    /// A command line flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, Some(line)) => write!(f, "{}:{line}", path.display()),
            Self::File(path, None) => path.display().fmt(f),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One thing that is wrong, in words that say where and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where it is.
    pub(crate) origin: Option<Origin>,
    /// What is wrong, beginning with the key.
    pub(crate) text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "{origin}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// The keys there are, and what has been set so far.
pub(crate) struct Layers<'a> {
    defaults: &'a Table,
    merged: Table,
    origins: BTreeMap<String, Origin>,
    faults: Vec<Fault>,
    /// Whether a whole configuration with one leaf changed can be read; the error of its type otherwise.
    reads: &'a dyn Fn(&Table) -> Result<(), String>,
}

/// What came of all layers.
pub(crate) struct Merged {
    /// Every key with its value.
    pub(crate) table: Table,
    /// Where the keys that are not at their default were set.
    pub(crate) origins: BTreeMap<String, Origin>,
    /// What was wrong; the table holds the defaults in those places.
    pub(crate) faults: Vec<Fault>,
}

impl<'a> Layers<'a> {
    /// Nothing set yet: all defaults. `reads` tries to make a configuration of a full table.
    pub(crate) fn new(defaults: &'a Table, reads: &'a dyn Fn(&Table) -> Result<(), String>) -> Self {
        Self { defaults, merged: defaults.clone(), origins: BTreeMap::new(), faults: Vec::new(), reads }
    }

    /// Lays a TOML text over what is there.
    pub(crate) fn file(&mut self, path: &Path, text: &str) {
        let table: Table = match text.parse() {
            Ok(table) => table,
            Err(e) => {
                let line = e.span().map(|span| line_of(text, span.start));
                let origin = Some(Origin::File(path.to_owned(), line));
                return self.faults.push(Fault { origin, text: e.message().to_owned() });
            }
        };
        let lines = key_lines(text);
        let mut leaves = Vec::new();
        flatten("", &table, self.defaults, &mut leaves);
        for (key, value) in leaves {
            let origin = Origin::File(path.to_owned(), lines.get(&key).copied());
            self.set(&key, value, origin);
        }
    }

    /// Lays environment variables over what is there: `FOOTLIGHT_A_B` is the key `a.b`.
    ///
    /// `secrets` may also come as `FOOTLIGHT_A_B_FILE`, a file whose first line is the value.
    pub(crate) fn env(&mut self, vars: impl Iterator<Item = (String, String)>, secrets: &[&str]) {
        let keys = leaf_keys(self.defaults);
        let names: BTreeMap<String, &String> = keys.iter().map(|key| (env_name(key), key)).collect();
        for (var, text) in vars {
            if !var.starts_with(ENV_PREFIX) || is_foreign(&var) {
                continue;
            }
            let origin = Origin::Env(var.clone());
            if let Some(key) = names.get(&var) {
                self.text(key, &text, origin);
            } else if let Some(key) = secrets.iter().find(|key| format!("{}_FILE", env_name(key)) == var) {
                match std::fs::read_to_string(&text) {
                    Ok(secret) => self.text(key, secret.lines().next().unwrap_or_default(), origin),
                    Err(e) => self.fault(origin, format!("{key}: can't read {text}: {e}")),
                }
            } else {
                let key = var[ENV_PREFIX.len()..].to_lowercase().replace('_', ".");
                let near = nearest(&key, keys.iter().map(String::as_str)).map(env_name);
                self.fault(origin, format!("{var} is not a setting{}", hint(near.as_deref())));
            }
        }
    }

    /// Lays one flag over what is there.
    pub(crate) fn flag(&mut self, flag: &str, key: &str, text: &str) {
        self.text(key, text, Origin::Flag(flag.to_owned()));
    }

    /// All layers are in.
    pub(crate) fn finish(self) -> Merged {
        Merged { table: self.merged, origins: self.origins, faults: self.faults }
    }

    fn fault(&mut self, origin: Origin, text: String) {
        self.faults.push(Fault { origin: Some(origin), text });
    }

    /// Sets a leaf from text, read by the type of the leaf.
    fn text(&mut self, key: &str, text: &str, origin: Origin) {
        match leaf_of_text(lookup(self.defaults, key), text) {
            Ok(value) => self.set(key, value, origin),
            Err(why) => self.fault(origin, format!("{key}: {why}")),
        }
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) {
        if lookup(self.defaults, key).is_none_or(Value::is_table) {
            // An unknown section is compared with sections: what is in it says nothing.
            let mut keys = leaf_keys(self.defaults);
            if value.is_table() {
                keys = keys.iter().filter_map(|key| Some(key.rsplit_once('.')?.0.to_owned())).collect();
            }
            let near = nearest(key, keys.iter().map(String::as_str));
            return self.fault(origin, format!("{key} is not a setting{}", hint(near)));
        }
        let mut alone = self.defaults.clone();
        put(&mut alone, key, value.clone());
        if let Err(why) = (self.reads)(&alone) {
            return self.fault(origin, format!("{key}: {why}"));
        }
        put(&mut self.merged, key, value);
        self.origins.insert(key.to_owned(), origin);
    }
}

pub(crate) const ENV_PREFIX: &str = "FOOTLIGHT_";

/// The environment variable of a key: `http.tls.cert` is `FOOTLIGHT_HTTP_TLS_CERT`.
pub(crate) fn env_name(key: &str) -> String {
    format!("{ENV_PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

/// Variables that look like ours and are not: the file's own place, which is not in the file, and what Kubernetes puts
/// into every container beside a service called `footlight`.
fn is_foreign(var: &str) -> bool {
    let rest = &var[ENV_PREFIX.len()..];
    rest == "CONFIG" || rest == "PORT" || rest.starts_with("SERVICE_") || rest.starts_with("PORT_")
}

/// Every leaf's key, in the order of the table.
pub(crate) fn leaf_keys(table: &Table) -> Vec<String> {
    let mut leaves = Vec::new();
    flatten("", table, table, &mut leaves);
    leaves.into_iter().map(|(key, _)| key).collect()
}

/// The leaves of `table`. A table where `shape` has none is an unknown key of its own: it is told once, not by leaf.
fn flatten(prefix: &str, table: &Table, shape: &Table, leaves: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match (value, shape.get(name)) {
            (Value::Table(inner), Some(Value::Table(shape))) => flatten(&key, inner, shape, leaves),
            (value, _) => leaves.push((key, value.clone())),
        }
    }
}

pub(crate) fn lookup<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    let mut parts = key.split('.');
    let first = table.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.as_table()?.get(part))
}

fn put(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(table.insert(key.to_owned(), value)),
        Some((first, rest)) => {
            if let Some(Value::Table(inner)) = table.get_mut(first) {
                put(inner, rest, value);
            }
        }
    }
}

/// A leaf from the environment or a flag. Lists are written with commas, or as a TOML array.
fn leaf_of_text(leaf: Option<&Value>, text: &str) -> Result<Value, String> {
    let text = text.trim();
    match leaf {
        Some(Value::Boolean(_)) => match text {
            "1" | "true" | "yes" | "on" => Ok(Value::Boolean(true)),
            "0" | "false" | "no" | "off" | "" => Ok(Value::Boolean(false)),
            _ => Err(format!("{text:?} is neither true nor false")),
        },
        Some(Value::Integer(_)) => {
            text.parse().map(Value::Integer).map_err(|_| format!("{text:?} is not a whole number"))
        }
        Some(Value::Float(_)) => {
            text.parse().map(Value::Float).map_err(|_| format!("{text:?} is not a number"))
        }
        Some(Value::Array(_)) if text.starts_with('[') => {
            let line = format!("list = {text}");
            let table: Table = line.parse().map_err(|_| format!("{text:?} is not a list"))?;
            table.get("list").cloned().ok_or_else(|| "not a list".to_owned())
        }
        Some(Value::Array(_)) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// The nearest of `known`, if any is near.
fn nearest<'k>(unknown: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let near = |candidate: &str| {
        // `rtmp.port` for `rtmp.listen`: the same section counts for more than the letters.
        let section = |key: &str| key.split('.').next().map(str::to_owned);
        let bonus = if section(unknown) == section(candidate) { 0.15 } else { 0.0 };
        // Without Winkler's bonus for a common beginning: of long keys of one section all would be as near.
        strsim::jaro(unknown, candidate) + bonus
    };
    let best = known.map(|key| (near(key), key)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(score, _)| *score > 0.7).map(|(_, key)| key)
}

fn hint(near: Option<&str>) -> String {
    near.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

/// The line of every key in the text, counted from 1.
fn key_lines(text: &str) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    if let Ok(table) = toml::de::DeTable::parse(text) {
        walk_lines("", table.get_ref(), text, &mut lines);
    }
    lines
}

fn walk_lines(prefix: &str, table: &toml::de::DeTable<'_>, text: &str, lines: &mut BTreeMap<String, usize>) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.get_ref().to_string()
        } else {
            format!("{prefix}.{}", name.get_ref())
        };
        if let toml::de::DeValue::Table(inner) = value.get_ref() {
            walk_lines(&key, inner, text, lines);
        }
        lines.insert(key, line_of(text, name.span().start));
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}
