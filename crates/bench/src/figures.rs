//! From samples to figures: percentiles, drift, and the rows of the tables in `docs/benchmarks.md`.

use serde::Deserialize;
use serde_json::Value;

/// One frame as the viewer saw it.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Sample {
    /// Wall clock of the viewer in ms.
    pub(crate) at: f64,
    /// Birth of the frame until then, in ms.
    pub(crate) latency: f64,
}

/// The value below which `share` (0 to 1) of the values lie, by the nearest rank. `None` of nothing.
pub(crate) fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

/// Slope of latency over time in ms a minute, by least squares. 0 for less than two moments.
pub(crate) fn drift(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (time, level) = (mean(|s| s.at), mean(|s| s.latency));
    let (over, under) = samples.iter().fold((0.0, 0.0), |(over, under), s| {
        let t = s.at - time;
        (over + t * (s.latency - level), under + t * t)
    });
    if under > 0.0 { over / under * 60_000.0 } else { 0.0 }
}

/// A finished measurement as a table row; `None` if the kind is unknown.
pub(crate) fn row(result: &Value) -> Option<(&'static str, String)> {
    match result.get("kind")?.as_str()? {
        "glass" => Some((GLASS, glass(result))),
        "drift" => Some((DRIFT, drifting(result))),
        "startup" => Some((STARTUP, cells(result, &STARTUP_CELLS))),
        "waits" => {
            Some((WAITS, cells(result, &["server", "row", "encoder_to_frame", "first_frame_to_glass"])))
        }
        "outage" => Some((OUTAGE, outage(result))),
        "pipeline" => Some((PIPELINE, pipeline(result))),
        _ => None,
    }
}

const GLASS: &str = "| server | viewer | p50 | p95 | p99 | drift ms/min | stalls (longest ms) | page start → first frame | \
    frozen while it settled | frames read | server CPU-s/s | others |\n|---|---|---|---|---|---|---|---|---|---|---|---|";
const DRIFT: &str = "| server | viewer | minutes | p50 of the first 30 s | of the last 30 s | drift ms/min | stalls (longest ms) | others |\n\
    |---|---|---|---|---|---|---|---|";
const STARTUP: &str = "| server | viewer, round | encoder process start → first frame on the glass | encoder's first frame → on the glass | \
    then frozen in 10 s | others |\n|---|---|---|---|---|---|";
const STARTUP_CELLS: [&str; 6] =
    ["server", "row", "encoder_to_frame", "first_frame_to_glass", "frozen", "others"];
const WAITS: &str = "| server | viewer | encoder process start → first frame on the glass | encoder's first frame → on the glass |\n\
    |---|---|---|---|";
const OUTAGE: &str = "| server | viewer | back without a reload | encoder's first new frame → playing | encoder process start → playing | \
    frozen in all | fatal errors | p50 before | p50 after |\n|---|---|---|---|---|---|---|---|---|";
const PIPELINE: &str = "| pipeline | CPU-s per stream-second | of it the server itself | ratio to bare FFmpeg | others |\n|---|---|---|---|---|";

fn samples(result: &Value, name: &str) -> Vec<Sample> {
    result.get(name).and_then(|v| serde_json::from_value(v.clone()).ok()).unwrap_or_default()
}

fn shown(samples: &[Sample], share: f64) -> String {
    let values: Vec<f64> = samples.iter().map(|s| s.latency).collect();
    percentile(&values, share).map_or_else(|| "–".to_owned(), |ms| format!("{ms:.0}"))
}

fn cell(result: &Value, name: &str) -> String {
    match result.get(name) {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => {
            let value = number.as_f64().unwrap_or(0.0);
            if value.fract() == 0.0 || value.abs() >= 20.0 {
                format!("{value:.0}")
            } else {
                format!("{value:.3}")
            }
        }
        Some(other) => other.to_string(),
    }
}

fn cells(result: &Value, names: &[&str]) -> String {
    format!("| {} |", names.iter().map(|name| cell(result, name)).collect::<Vec<_>>().join(" | "))
}

fn glass(result: &Value) -> String {
    let all = samples(result, "samples");
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| shown(&all, share));
    let stalls = format!("{} ({})", cell(result, "stalls"), cell(result, "longest_stall"));
    let head = format!("| {} | {} | {p50} | {p95} | {p99}", cell(result, "server"), cell(result, "row"));
    let tail = cells(result, &["page_to_frame", "frozen", "frames", "server_cpu", "others"]);
    format!("{head} | {:.0} | {stalls} {tail}", drift(&all))
}

/// Half a minute at either end says what ten minutes did to it.
fn drifting(result: &Value) -> String {
    const ENDS_MS: f64 = 30_000.0;
    let all = samples(result, "samples");
    let from = all.first().map_or(0.0, |first| first.at);
    let to = all.last().map_or(0.0, |last| last.at);
    let first: Vec<Sample> = all.iter().filter(|sample| sample.at < from + ENDS_MS).copied().collect();
    let last: Vec<Sample> = all.iter().filter(|sample| sample.at > to - ENDS_MS).copied().collect();
    let stalls = format!("{} ({})", cell(result, "stalls"), cell(result, "longest_stall"));
    format!(
        "| {} | {} | {:.1} | {} | {} | {:.1} | {stalls} | {} |",
        cell(result, "server"),
        cell(result, "row"),
        (to - from) / 60_000.0,
        shown(&first, 0.5),
        shown(&last, 0.5),
        drift(&all),
        cell(result, "others")
    )
}

fn outage(result: &Value) -> String {
    let head = cells(
        result,
        &["server", "row", "back", "frame_to_playing", "encoder_to_playing", "frozen", "fatal"],
    );
    format!("{head} {} | {} |", shown(&samples(result, "before"), 0.5), shown(&samples(result, "after"), 0.5))
}

fn pipeline(result: &Value) -> String {
    cells(result, &["server", "cpu", "server_cpu", "ratio", "others"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(
            [0.5, 0.95, 0.99, 1.0].map(|share| percentile(&values, share)),
            [50.0, 95.0, 99.0, 100.0].map(Some)
        );
        assert_eq!(percentile(&[7.0], 0.99), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn drift_is_the_slope_per_minute() {
        let samples: Vec<Sample> =
            (0..100).map(|n| Sample { at: f64::from(n) * 1000.0, latency: 700.0 + f64::from(n) }).collect();
        assert!((drift(&samples) - 60.0).abs() < 1e-6);
        assert_eq!(drift(&samples[..1]), 0.0);
    }

    #[test]
    fn a_result_becomes_a_row_of_its_table() {
        let result = serde_json::json!({
            "kind": "glass", "server": "x", "row": "source", "samples": [{ "at": 1.0, "latency": 701.6 }],
            "stalls": 1, "longest_stall": 320.4, "page_to_frame": 412, "frozen": 0, "frames": 1, "server_cpu": 0.0312, "others": null,
        });
        let (head, line) = row(&result).expect("a row");
        assert_eq!(line, "| x | source | 702 | 702 | 702 | 0 | 1 (320) | 412 | 0 | 1 | 0.031 | – |");
        assert_eq!(line.matches('|').count(), head.lines().next().unwrap_or_default().matches('|').count());
    }

    #[test]
    fn a_long_watch_tells_both_ends() {
        let samples: Vec<Value> = (0..600)
            .map(|n| serde_json::json!({ "at": 1000.0 * f64::from(n), "latency": 400.0 + f64::from(n) }))
            .collect();
        let result = serde_json::json!({
            "kind": "drift", "server": "x", "row": "source", "samples": samples, "stalls": 0, "longest_stall": 0, "others": 0,
        });
        let (_, line) = row(&result).expect("a row");
        assert_eq!(line, "| x | source | 10.0 | 414 | 984 | 60.0 | 0 (0) | 0 |");
    }

    #[test]
    fn every_kind_of_row_has_the_cells_of_its_head() {
        for kind in ["glass", "drift", "startup", "waits", "outage", "pipeline"] {
            let (head, line) = row(&serde_json::json!({ "kind": kind })).expect("a row");
            let columns = |line: &str| line.matches('|').count();
            assert_eq!(columns(&line), columns(head.lines().next().unwrap_or_default()), "{kind}: {line}");
        }
    }
}
