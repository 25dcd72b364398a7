//! Starts the browser half in `tests/bench/`, reads its results line by line, and prints one table per kind.
//!
//! Each row is told on standard error when it is there; the tables come at the end, also if a later row fails.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{Measure, figures};

/// Runs one kind of measurement and prints its table. `Err` if the browser half cannot be started or fails.
pub(crate) fn measure(kind: &str, measure: &Measure) -> Result<(), String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/bench/run.mjs");
    let own = std::env::current_exe().map_err(|fault| format!("cannot find this program: {fault}"))?;
    let plan = serde_json::json!({
        "kind": kind, "servers": measure.server, "rows": measure.row, "rounds": measure.rounds,
        "window": measure.minutes.map_or(measure.window, |minutes| minutes * 60), "drift": measure.minutes.is_some(),
        "far": measure.far, "mbits": measure.mbits, "mediamtx": measure.mediamtx, "size": measure.size, "bench": own,
    });
    let mut child = Command::new("node")
        .arg(script)
        .arg(plan.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|fault| format!("cannot start node: {fault}"))?;
    let output = child.stdout.take().ok_or("node has no standard output")?;
    let mut tables: Vec<(&str, Vec<String>)> = Vec::new();
    // Read to its end whatever it says: only then has it stopped all that it started.
    let mut fault = None;
    for line in BufReader::new(output).lines() {
        let line = line.map_err(|fault| format!("cannot read from node: {fault}"))?;
        if measure.json {
            println!("{line}");
            continue;
        }
        let row = serde_json::from_str::<Value>(&line).ok().and_then(|result| figures::row(&result));
        let Some((table, row)) = row else {
            fault.get_or_insert(format!("{line}: no known result"));
            continue;
        };
        eprintln!("{row}");
        match tables.iter_mut().find(|(head, _)| *head == table) {
            Some((_, rows)) => rows.push(row),
            None => tables.push((table, vec![row])),
        }
    }
    for (head, rows) in &tables {
        println!("{head}\n{}\n", rows.join("\n"));
    }
    let end = child.wait().map_err(|fault| format!("cannot wait for node: {fault}"))?;
    match fault {
        Some(fault) => Err(fault),
        None if end.success() => Ok(()),
        None => Err(format!("tests/bench/run.mjs ended: {end}")),
    }
}
