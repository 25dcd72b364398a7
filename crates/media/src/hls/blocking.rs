//! When a playlist request is answered (§6.2.5 of the draft).
//!
//! Owns the query directives and the rules of waiting. Pure: the origin keeps the position, wakes whoever
//! waits when it changes, asks again, and gives up after three target durations.

use super::playlist::Limits;
use crate::time::{MediaSpan, TICKS_PER_SECOND};

/// A request may be for a segment this far past the last one (§6.2.5.2).
const SEGMENTS_AHEAD_MAX: u64 = 2;

/// What a client asks for with its query string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Directives {
    /// `_HLS_msn`: wait for this segment, or for a part of it.
    pub msn: Option<u64>,
    /// `_HLS_part`: wait for this part of it, counted from 0. Only with `msn`.
    pub part: Option<u64>,
    /// `_HLS_skip`: a delta update will do.
    pub skip: bool,
}

/// A query that must be answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectiveError {
    /// The value of the named directive is not a decimal number.
    #[error("{0} is not a decimal number")]
    NotANumber(&'static str),
    /// `_HLS_part` without `_HLS_msn`.
    #[error("_HLS_part needs _HLS_msn")]
    PartWithoutMsn,
}

impl Directives {
    /// Reads a query string, without its `?`. Unknown names, also unknown `_HLS_` ones, are ignored, and so
    /// is a value of `_HLS_skip` other than `YES` and `v2`. Of a repeated directive the last counts.
    ///
    /// # Errors
    /// See [`DirectiveError`]. After the end of a stream directives are to be ignored, errors in them
    /// included.
    pub fn parse(query: &str) -> Result<Self, DirectiveError> {
        let mut directives = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "_HLS_msn" => directives.msn = Some(number("_HLS_msn", value)?),
                "_HLS_part" => directives.part = Some(number("_HLS_part", value)?),
                "_HLS_skip" => directives.skip = matches!(value, "YES" | "v2"),
                _ => {}
            }
        }
        if directives.part.is_some() && directives.msn.is_none() {
            return Err(DirectiveError::PartWithoutMsn);
        }
        Ok(directives)
    }
}

/// A number too long for 64 bits is as far ahead as any: it becomes the largest.
fn number(name: &'static str, value: &str) -> Result<u64, DirectiveError> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DirectiveError::NotANumber(name));
    }
    Ok(value.parse().unwrap_or(u64::MAX))
}

/// How far a playlist is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// MSN of the last finished segment; `None` before the first.
    pub last_complete: Option<u64>,
    /// Parts of that segment, listed or not; 0 if it was never divided.
    pub last_complete_parts: u64,
    /// MSN of the segment in progress, or of the next one if none is.
    pub open_msn: u64,
    /// Parts that it has so far.
    pub open_parts: u64,
    /// `PART-TARGET`.
    pub part_target: MediaSpan,
    /// Nothing will be added any more.
    pub ended: bool,
}

/// What to do with a request, now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Answer with the current playlist.
    ServeNow,
    /// Hold it until the position changes, then decide again.
    Wait,
    /// Answer 400: the client is ahead of anything that will be there soon.
    TooFarAhead,
}

impl Position {
    /// Whether there is anything to play.
    fn is_empty(&self) -> bool {
        self.last_complete.is_none() && self.open_parts == 0
    }

    fn is_complete(&self, msn: u64) -> bool {
        self.last_complete.is_some_and(|last| last >= msn)
    }
}

/// Whether a request is answered now, held or refused.
///
/// A request without directives waits only for the first content. One for a segment waits until that segment,
/// or a later one, is *finished*; one for a part until that part or anything later is listed.
pub fn decide(directives: &Directives, position: &Position) -> Decision {
    if position.ended {
        return Decision::ServeNow;
    }
    let Some(msn) = directives.msn else {
        return if position.is_empty() { Decision::Wait } else { Decision::ServeNow };
    };
    if msn.saturating_sub(position.open_msn) > SEGMENTS_AHEAD_MAX {
        return Decision::TooFarAhead;
    }
    match directives.part {
        None if position.is_complete(msn) => Decision::ServeNow,
        None => Decision::Wait,
        Some(part) => decide_part(msn, part, position),
    }
}

fn decide_part(msn: u64, part: u64, position: &Position) -> Decision {
    // A part past the last one of a finished segment is part 0 of the next. Only of the last finished one can
    // that next part be missing, so only its number of parts is needed.
    let parts = position.last_complete_parts;
    let past_the_end = position.last_complete == Some(msn) && parts > 0 && part >= parts;
    let (msn, part) = if past_the_end { (msn.saturating_add(1), 0) } else { (msn, part) };
    if position.is_complete(msn) {
        return Decision::ServeNow;
    }
    let parts_past_the_last = match msn.checked_sub(position.open_msn) {
        // Older than anything that will ever be listed.
        None if position.is_empty() => return Decision::Wait,
        None => return Decision::ServeNow,
        // `open_parts` is one more than the index of the last.
        Some(0) if part < position.open_parts => return Decision::ServeNow,
        Some(0) => (part - position.open_parts).saturating_add(1),
        // At the least: the segment in progress ends now, and one between has a single part.
        Some(segments) => part.saturating_add(segments),
    };
    if parts_past_the_last > advance_part_limit(position.part_target) {
        Decision::TooFarAhead
    } else {
        Decision::Wait
    }
}

/// The Advance Part Limit (§6.2.5.2): three seconds' worth of parts, but at least three.
fn advance_part_limit(part_target: MediaSpan) -> u64 {
    let three_seconds = 3 * TICKS_PER_SECOND;
    u64::try_from((three_seconds + part_target.0 - 1) / part_target.0.max(1)).unwrap_or(0).max(3)
}

/// How long a request may be held (§6.2.5.2): three target durations; then it is answered 503.
pub fn hold_max(limits: &Limits) -> MediaSpan {
    MediaSpan::from_ms(i64::from(limits.target_duration_s) * 3_000)
}
