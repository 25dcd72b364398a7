//! The smallest pieces of playlist text: numbers, dates and strings.
//!
//! Owns their syntax (§4.2 of the draft). Durations are written from ticks by integer arithmetic, so that no
//! float noise gets in; strings cannot end the line or the quotation that they stand in, so that no name can
//! add a tag.

use std::fmt::Write;

use crate::time::{MediaSpan, TICKS_PER_SECOND};

/// Appends formatted text.
pub(super) fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string cannot fail");
}

/// Seconds with five decimal digits, from ticks, rounded to the nearest.
pub(super) struct Seconds(pub(super) MediaSpan);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ticks = i128::from(self.0.0.max(0));
        let second = i128::from(TICKS_PER_SECOND);
        let units = (ticks * 100_000 + second / 2) / second;
        write!(f, "{}.{:05}", units / 100_000, units % 100_000)
    }
}

/// A string inside quotation marks or on a line of its own: what would end either is percent-encoded.
pub(super) struct Safe<'a>(pub(super) &'a str);

impl std::fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.0.contains(['"', '\r', '\n']) {
            return f.write_str(self.0);
        }
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("%22")?,
                '\r' => f.write_str("%0D")?,
                '\n' => f.write_str("%0A")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// ISO 8601 in UTC with milliseconds, from milliseconds since 1970.
pub(super) struct DateTime(pub(super) i64);

impl std::fmt::Display for DateTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, ms) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
    }
}

/// Year, month and day of a day number, 0 being 1970-01-01, by counting eras of 400 years that begin on 1
/// March.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}
