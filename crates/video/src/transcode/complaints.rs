//! What FFmpeg writes to its standard error, on the way to the stream's log: cut and rationed. A damaged source makes a
//! hundred lines a second. Pure.

use std::time::{Duration, Instant};

use runtime::clock;
use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStderr;

/// Lines that pass in one [`PERIOD`].
const LINES_MAX: u32 = 10;
const PERIOD: Duration = Duration::from_secs(10);
/// Bytes of a line that are kept.
const LINE_BYTES_MAX: usize = 240;

/// Lines that every child writes and nobody can act on: of its start, and of the end of a pipe.
/// Nor can anybody without the line before, which was one of those, or is logged.
const EXPECTED: [&str; 3] =
    ["not enough frames to estimate rate", "Failed to update header", "Last message repeated"];

/// Lines that say nothing of how a stream is doing: the scaler's, of pixel formats that cameras still send, and those of
/// parsers (which have no name), who go on with old parameter sets when the source has new ones. Decoders complain for
/// themselves.
const REMARKS: [&str; 2] = ["deprecated pixel format used", "[NULL @"];

/// Cuts bytes into lines and rations them.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    line: Vec<u8>,
    /// Remarks don't use up what complaints may say.
    complaints: Ration,
    remarks: Ration,
}

/// What has passed of one kind.
#[derive(Debug, Default)]
struct Ration {
    period: Option<Instant>,
    passed: u32,
    dropped: u64,
}

/// A line to log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub line: String,
    /// It is of interest to nobody but those who look for it.
    pub remark: bool,
    /// Lines dropped since the last one that passed.
    pub dropped: u64,
}

impl Complaints {
    /// Takes bytes that came at `now`; gives the lines to log.
    pub(super) fn push(&mut self, bytes: &[u8], now: Instant) -> Vec<Complaint> {
        let mut passed = Vec::new();
        for &byte in bytes {
            // FFmpeg ends progress lines with a carriage return.
            if byte == b'\n' || byte == b'\r' {
                passed.extend(self.end_of_line(now));
            } else if self.line.len() < LINE_BYTES_MAX {
                self.line.push(byte);
            }
        }
        passed
    }

    fn end_of_line(&mut self, now: Instant) -> Option<Complaint> {
        let line = String::from_utf8_lossy(&self.line).trim().to_owned();
        self.line.clear();
        if line.is_empty() || EXPECTED.iter().any(|expected| line.contains(expected)) {
            return None;
        }
        let remark = REMARKS.iter().any(|remark| line.contains(remark));
        let ration = if remark { &mut self.remarks } else { &mut self.complaints };
        let dropped = ration.take(now)?;
        Some(Complaint { line, remark, dropped })
    }
}

impl Ration {
    /// Whether one more may pass at `now`; and if so, how many were dropped before it.
    fn take(&mut self, now: Instant) -> Option<u64> {
        if self.period.is_none_or(|start| now.saturating_duration_since(start) >= PERIOD) {
            self.period = Some(now);
            self.passed = 0;
        }
        if self.passed == LINES_MAX {
            self.dropped += 1;
            return None;
        }
        self.passed += 1;
        Some(std::mem::take(&mut self.dropped))
    }
}

/// Reads what FFmpeg complains of into the stream's log.
pub(super) async fn read(mut stderr: ChildStderr) {
    let mut complaints = Complaints::default();
    let mut buffer = [0; 4096];
    while let Ok(bytes) = stderr.read(&mut buffer).await
        && bytes > 0
    {
        for complaint in complaints.push(&buffer[..bytes], clock::now()) {
            let Complaint { line, remark, dropped } = complaint;
            match remark {
                true => tracing::debug!(line, dropped, "ffmpeg remarks"),
                false => tracing::warn!(line, dropped, "ffmpeg says"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_rationed_and_counted() {
        let mut complaints = Complaints::default();
        let now = runtime::clock::now();
        assert_eq!(complaints.push("bad data\n".repeat(500).as_bytes(), now).len(), 10);
        let later = complaints.push(b"and on\n", now + PERIOD);
        assert_eq!(later, [Complaint { line: "and on".to_owned(), remark: false, dropped: 490 }]);
    }

    #[test]
    fn remarks_are_told_from_complaints_and_leave_them_their_ration() {
        let mut complaints = Complaints::default();
        let now = runtime::clock::now();
        let scaler =
            "[swscaler @ 0x5581] deprecated pixel format used, make sure you did set range correctly\n";
        let parser = "[NULL @ 0x564065042500] reference count 1 overflow\n".repeat(50);
        let remarks = complaints.push(format!("{scaler}{parser}").as_bytes(), now);
        assert!(remarks.len() == 10 && remarks.iter().all(|line| line.remark), "{remarks:?}");
        let said = complaints.push(b"[h264 @ 0x5640] error while decoding MB 3 4\n", now);
        assert!(said.len() == 1 && !said[0].remark, "{said:?}");
    }

    #[test]
    fn lines_are_cut_and_empty_ones_dropped() {
        let mut complaints = Complaints::default();
        let now = runtime::clock::now();
        assert!(complaints.push(b"\n\r\n  \n[flv] Failed to update header\npart", now).is_empty());
        let lines = complaints.push(&[b"ly\n", &[b'x'; 5_000][..], b"\n"].concat(), now);
        assert_eq!(lines[0].line, "partly");
        assert_eq!(lines[1].line.len(), LINE_BYTES_MAX);
    }
}
