//! The list of checks, and what a run found: id, clause, level, and how often each was looked at.
//!
//! A [`Judge`] collects; rules never decide what is printed or what the exit code is. A check that never had anything to
//! look at says so: silence would read as a pass.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// How binding a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// The draft, or the low-latency profile, says MUST.
    Must,
    /// The draft, Apple's authoring rules or players' needs say SHOULD.
    Should,
    /// Stricter than the draft, by our own choice.
    Ours,
}

/// One rule of the checker.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Short name, as in the reference.
    pub id: &'static str,
    /// Section of draft-pantos-hls-rfc8216bis-22, or where else it comes from.
    pub clause: &'static str,
    /// How binding it is, unless a finding says otherwise.
    pub level: Level,
    /// In one line.
    pub what: &'static str,
}

const fn check(id: &'static str, clause: &'static str, level: Level, what: &'static str) -> Check {
    Check { id, clause, level, what }
}

use Level::{Must, Ours, Should};

/// All checks, in the order of the table.
pub const CHECKS: [Check; 35] = [
    check(
        "M1",
        "4.4.6",
        Must,
        "multivariant parses, playlists answer, CODECS are those of the init segments",
    ),
    check("M2", "6.2.4", Must, "one TARGETDURATION in all renditions"),
    check("M3", "4.4.3.8", Must, "one SERVER-CONTROL in all renditions"),
    check("M4", "6.2.4", Must, "PROGRAM-DATE-TIME everywhere, rising, same offset to media time"),
    check(
        "M5",
        "6.2.4",
        Must,
        "same discontinuity numbers and times in all renditions; same numbering and parts (ours)",
    ),
    check("M6", "B.1", Must, "live edges within one part of each other"),
    check("H1", "6.2.1", Must, "TARGETDURATION, PART-TARGET and SERVER-CONTROL never change"),
    check("H2", "4.4.3.8", Must, "hold-backs and skip boundary are large enough"),
    check(
        "H3",
        "7, 4.4.3.5",
        Must,
        "VERSION fits, no PLAYLIST-TYPE while live, no hint after the end, no malformed tag",
    ),
    check("P1", "4.4.4.9", Must, "parts are at most PART-TARGET long, and 85 % of it unless excepted"),
    check("P2", "4.4.4.9", Must, "parts add up to their segment, in time and samples"),
    check("P3", "4.4.4.9", Should, "INDEPENDENT on parts with a sync sample, and on no others"),
    check("P4", "4.4.4.9", Must, "a segment's tags stand before its first part"),
    check("P5", "6.2.1", Must, "parts appear within PART-TARGET, segments within 1.5 TARGETDURATION"),
    check(
        "P6",
        "6.2.2",
        Must,
        "parts keep their tag for 3 TARGETDURATION (SHOULD) and their bytes for 3 more",
    ),
    check("P7", "6.2.1", Must, "what is listed can be had at once"),
    check("L1", "6.2.1", Must, "playlists change only as allowed, and numbers add up"),
    check("L2", "6.2.2", Must, "never less than 3 TARGETDURATION listed; removed segments stay available"),
    check("L3", "B.1", Must, "every segment holds an independent frame"),
    check("L4", "3, 4.4.4.1", Must, "media time is continuous, EXTINF is true, audio and video end together"),
    check("B1", "6.2.5.2", Must, "_HLS_msn alone waits for the complete segment"),
    check("B2", "6.2.5.2", Must, "_HLS_msn and _HLS_part wait for the part and are released with it"),
    check("B3", "6.2.5.2", Must, "a part past the end of a finished segment is part 0 of the next"),
    check("B4", "6.2.5.2", Must, "an old _HLS_msn is answered with the whole playlist"),
    check("B5", "6.2.5.2", Must, "impossible directives are refused with 400"),
    check("B6", "6.2.5.2", Should, "a request held for 3 TARGETDURATION is answered 503"),
    check("B7", "6.2.5.2", Must, "directives are ignored after the end"),
    check("D1", "6.2.5.1", Must, "a delta update has SKIP only when due, and merges to the full playlist"),
    check("D2", "6.2.5.1", Must, "_HLS_skip is ignored when it is not offered or not understood"),
    check("K1", "4.4.5.3", Must, "the hint names the next part, is held, and then comes whole"),
    check("K2", "6.2.2", Should, "a part that nobody announced is 404, fast"),
    check("R1", "4.4.5.4", Must, "one true rendition report per other rendition"),
    check(
        "G1",
        "6.2.1, 6.2.4",
        Must,
        "gaps of the source are gaps in all renditions, and discontinuities are at the same numbers",
    ),
    check(
        "C1",
        "B.1, 6.2.1",
        Should,
        "gzip, CORS, cache lifetimes, HEAD, Range, ETag; no cookie, no redirect",
    ),
    check("C2", "house", Ours, "playlists carry no query string and media names are immutable"),
];

/// The check of this name. A name that is not in the table is a mistake in the checker.
pub fn by_id(id: &str) -> &'static Check {
    CHECKS.iter().find(|check| check.id == id).unwrap_or(&CHECKS[0])
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Which check.
    pub id: &'static str,
    /// How binding.
    pub level: Level,
    /// Where: a rendition's name, or `stream`.
    pub rendition: String,
    /// What was expected and what was seen.
    pub detail: String,
}

/// Collects verdicts.
#[derive(Debug, Default)]
pub struct Judge {
    /// Every broken rule, in the order found.
    pub findings: Vec<Finding>,
    looked: BTreeMap<&'static str, u64>,
    skipped: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Judge {
    /// Notes one look at a check of the table's level.
    pub fn check(&mut self, id: &'static str, rendition: &str, ok: bool, detail: impl FnOnce() -> String) {
        self.check_as(by_id(id).level, id, rendition, ok, detail);
    }

    /// Notes one look at a check whose level here is not the table's.
    pub fn check_as(
        &mut self,
        level: Level,
        id: &'static str,
        rendition: &str,
        ok: bool,
        detail: impl FnOnce() -> String,
    ) {
        *self.looked.entry(id).or_default() += 1;
        if !ok {
            self.findings.push(Finding { id, level, rendition: rendition.to_owned(), detail: detail() });
        }
    }

    /// Notes why a check had nothing to look at.
    pub fn skip(&mut self, id: &'static str, why: &str) {
        self.skipped.entry(id).or_default().insert(why.to_owned());
    }

    /// Closes the collection.
    /// What is printed says how long the machine held the checker up, at most and in all, in milliseconds.
    pub fn report(self, url: &str, (lag_worst_ms, lag_total_ms): (f64, f64)) -> Report {
        let rows = CHECKS.iter().map(|check| self.row(check)).collect();
        Report { url: url.to_owned(), rows, findings: self.findings, lag_worst_ms, lag_total_ms }
    }

    fn row(&self, check: &Check) -> Row {
        let own: Vec<&Finding> = self.findings.iter().filter(|f| f.id == check.id).collect();
        let looked = self.looked.get(check.id).copied().unwrap_or(0);
        let worst = own.iter().map(|f| f.level).min();
        let why = self.skipped.get(check.id).map(|why| why.iter().cloned().collect::<Vec<_>>().join("; "));
        let (verdict, note) = match (worst, looked) {
            (Some(Level::Must), _) => ("FAIL", summary(&own)),
            (Some(Level::Should), _) => ("warn", summary(&own)),
            (Some(Level::Ours), _) => ("ours", summary(&own)),
            (None, 0) => ("-", why.unwrap_or_else(|| "nothing to look at".to_owned())),
            (None, _) => ("pass", String::new()),
        };
        Row {
            id: check.id,
            clause: check.clause,
            level: check.level,
            what: check.what,
            verdict,
            looked,
            note,
        }
    }
}

fn summary(findings: &[&Finding]) -> String {
    let first: Vec<String> =
        findings.iter().take(3).map(|f| format!("[{}] {}", f.rendition, f.detail)).collect();
    let more = findings.len().saturating_sub(first.len());
    first.join("; ") + &if more > 0 { format!("; and {more} more") } else { String::new() }
}

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Which check.
    pub id: &'static str,
    /// Where the rule is written.
    pub clause: &'static str,
    /// How binding by the table.
    pub level: Level,
    /// The rule in one line.
    pub what: &'static str,
    /// `pass`, `FAIL` (a MUST), `warn` (a SHOULD), `ours`, or `-` (nothing to look at).
    pub verdict: &'static str,
    /// How often it was looked at.
    pub looked: u64,
    /// First findings, or why there was nothing to look at.
    pub note: String,
}

/// What a run found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The address that was checked.
    pub url: String,
    /// One row per check.
    pub rows: Vec<Row>,
    /// Every finding in full.
    pub findings: Vec<Finding>,
    /// The longest time that this machine did not let the checker run; timed rules left that out.
    pub lag_worst_ms: f64,
    /// All such times together.
    pub lag_total_ms: f64,
}

impl Report {
    /// Whether a MUST is broken, or any rule at all when `strict`.
    pub fn broken(&self, strict: bool) -> bool {
        self.findings.iter().any(|f| strict || f.level == Level::Must)
    }

    /// For machines.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_else(|fault| format!("{{\"fault\":\"{fault}\"}}"))
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut out = format!("{}\n", self.url);
        for row in &self.rows {
            let level = format!("{:?}", row.level).to_uppercase();
            let head =
                format!("{:<3} {:<11} {level:<6} {:<4} {:>5}", row.id, row.clause, row.verdict, row.looked);
            out.push_str(&format!("{head}  {}\n", row.what));
            if !row.note.is_empty() {
                out.push_str(&format!("{:34}└ {}\n", "", row.note));
            }
        }
        let of = |level| self.findings.iter().filter(|f| f.level == level).count();
        let (worst, total) = (self.lag_worst_ms, self.lag_total_ms);
        out.push_str(&format!(
            "checker held up by this machine for {worst:.0} ms at most, {total:.0} ms in all\n"
        ));
        out.push_str(&format!("MUST broken {}×, SHOULD {}×, ours {}×", of(Must), of(Should), of(Ours)));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_gives_the_verdict_and_silence_is_no_pass() {
        let mut judge = Judge::default();
        judge.check("P1", "720p", true, String::new);
        judge.check_as(Should, "H2", "720p", false, || "close".to_owned());
        judge.check("H2", "720p", false, || "too close".to_owned());
        judge.skip("B7", "still live");
        let report = judge.report("http://x/", (0.0, 0.0));
        let verdict = |id| report.rows.iter().find(|r| r.id == id).map(|r| (r.verdict, r.note.as_str()));
        assert_eq!(verdict("P1"), Some(("pass", "")));
        assert_eq!(verdict("H2"), Some(("FAIL", "[720p] close; [720p] too close")));
        assert_eq!(verdict("B7"), Some(("-", "still live")));
        assert!(report.broken(false));
    }

    #[test]
    fn a_broken_should_breaks_a_strict_run_only() {
        let mut judge = Judge::default();
        judge.check("P3", "720p", false, String::new);
        let report = judge.report("http://x/", (0.0, 0.0));
        assert!(!report.broken(false) && report.broken(true));
    }
}
