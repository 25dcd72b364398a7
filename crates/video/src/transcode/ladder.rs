//! Which rungs a source gets, and how large each is. Pure.

use crate::live::{RungSpec, SOURCE};

use super::Rung;

/// Longest sides over shortest that a rung takes in full. What is wider gets fewer pixels, so that a rung's bit rate
/// and decoders' levels still fit: 720p stays below 1.25 million pixels however wide the source.
const ASPECT_MAX: f64 = 2.4;

/// A rung that has met its source.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRung {
    /// What is asked of the encoder.
    pub spec: RungSpec,
    /// It takes the source's place as the top rendition (V1).
    pub is_top: bool,
}

/// The rungs below a source whose picture is shown at `width`×`height` square pixels, best first.
///
/// A rung is measured by the shorter side, so portrait pictures get the same rungs. Only rungs whose short side is
/// strictly smaller than the source's are made: nothing is scaled up, and the source itself is the top. Sides are even,
/// as 4:2:0 wants them. Of two rungs that end up with the same size, the one with more bits stays.
pub fn rungs(width: u32, height: u32, wanted: &[Rung]) -> Vec<PlannedRung> {
    let short = width.min(height);
    let mut wanted: Vec<&Rung> = wanted.iter().filter(|rung| rung.short_side < short).collect();
    wanted.sort_by_key(|rung| std::cmp::Reverse((rung.short_side, rung.bitrate_bps)));
    let mut planned: Vec<PlannedRung> = Vec::with_capacity(wanted.len());
    for rung in wanted {
        let (width, height) = fit(width, height, rung.short_side);
        let same_size = |other: &PlannedRung| (other.spec.width, other.spec.height) == (width, height);
        if !planned.iter().any(same_size) {
            let Rung { bitrate_bps, fps_max, .. } = *rung;
            let spec = RungSpec { name: rung.name.clone(), width, height, bitrate_bps, fps_max };
            planned.push(PlannedRung { spec, is_top: false });
        }
    }
    planned
}

/// Fewest and most bits a second for each pixel of a top that is encoded again: what x264 `superfast` needs to look like
/// the source, as 2.5 Mb/s for 720p does.
const TOP_BITS: std::ops::RangeInclusive<u64> = 2..=4;
/// And for any picture, in bits a second.
const TOP_BPS: std::ops::RangeInclusive<u64> = 300_000..=12_000_000;

/// The rung that takes the place of a source shown at `width`×`height`, sent with `source_bps` bits a second.
pub(super) fn top(width: u32, height: u32, source_bps: u64) -> PlannedRung {
    let (width, height) = (even(f64::from(width)), even(f64::from(height)));
    let pixels = u64::from(width) * u64::from(height);
    let bps = source_bps.clamp(pixels * TOP_BITS.start(), pixels * TOP_BITS.end());
    let bitrate_bps = u32::try_from(bps.clamp(*TOP_BPS.start(), *TOP_BPS.end())).unwrap_or(u32::MAX);
    let spec = RungSpec { name: SOURCE.to_owned(), width, height, bitrate_bps, fps_max: None };
    PlannedRung { spec, is_top: true }
}

/// The size of a thumbnail that is `wide` pixels wide; smaller if the source is.
pub(super) fn thumbnail(width: u32, height: u32, wide: u32) -> (u32, u32) {
    let wide = wide.min(width);
    let high = f64::from(height) * f64::from(wide) / f64::from(width.max(1));
    (even(f64::from(wide)), even(high))
}

/// The largest even size of the source's shape with this short side and no more than the pixels allowed.
fn fit(width: u32, height: u32, short_side: u32) -> (u32, u32) {
    let short = f64::from(short_side);
    let aspect = f64::from(width.max(height)) / f64::from(width.min(height).max(1));
    let short = if aspect > ASPECT_MAX { short * (ASPECT_MAX / aspect).sqrt() } else { short };
    let long = short * aspect;
    if width < height { (even(short), even(long)) } else { (even(long), even(short)) }
}

/// The nearest even number of pixels, at least two.
fn even(pixels: f64) -> u32 {
    ((pixels / 2.0).round() as u32).max(1) * 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcode::TranscodeConfig;

    fn ladder(width: u32, height: u32) -> String {
        let rungs = rungs(width, height, &TranscodeConfig::default().rungs);
        let sizes: Vec<_> = rungs.iter().map(|r| format!("{}x{}", r.spec.width, r.spec.height)).collect();
        sizes.join(" ")
    }

    #[test]
    fn rungs_are_below_the_source_by_the_short_side_with_even_sides() {
        let cases = [
            ("1080p", (1920, 1080), "1280x720 854x480 284x160"),
            ("4k", (3840, 2160), "1280x720 854x480 284x160"),
            ("720p is not made of 720p", (1280, 720), "854x480 284x160"),
            ("one line more is enough", (1284, 722), "1280x720 854x480 284x160"),
            ("portrait", (1080, 1920), "720x1280 480x854 160x284"),
            ("square", (1000, 1000), "720x720 480x480 160x160"),
            ("21:9", (2560, 1080), "1706x720 1138x480 380x160"),
            ("32:9 has fewer lines", (3840, 1080), "2104x592 1402x394 468x132"),
            ("a tall strip too", (1080, 3840), "592x2104 394x1402 132x468"),
            ("4:3", (640, 480), "214x160"),
            ("odd", (641, 481), "640x480 214x160"),
            ("as small as the smallest rung", (284, 160), ""),
            ("a dot", (1, 1), ""),
            ("nothing", (0, 0), ""),
        ];
        for (name, (width, height), want) in cases {
            assert_eq!(ladder(width, height), want, "{name}");
        }
    }

    #[test]
    fn no_size_makes_a_rung_larger_than_the_source_or_odd() {
        for width in (2..4100).step_by(37) {
            for height in (2..4100).step_by(41) {
                for rung in rungs(width, height, &TranscodeConfig::default().rungs) {
                    let spec = rung.spec;
                    assert!(spec.width % 2 == 0 && spec.height % 2 == 0, "{spec:?}");
                    assert!(
                        spec.width <= width + 1 && spec.height <= height + 1,
                        "{spec:?} of {width}x{height}"
                    );
                    assert!(spec.width * spec.height <= 1_250_000, "{spec:?}");
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_configuration_does_not_matter_and_twins_lose() {
        let rung = |name: &str, short_side, bitrate_bps| Rung {
            name: name.to_owned(),
            short_side,
            bitrate_bps,
            fps_max: Some(30),
            partners_only: false,
        };
        let wanted = [rung("low", 160, 1), rung("cheap", 480, 1), rung("good", 480, 2), rung("top", 720, 3)];
        let names: Vec<_> = rungs(1920, 1080, &wanted).into_iter().map(|r| r.spec.name).collect();
        assert_eq!(names, ["top", "good", "low"]);
    }

    #[test]
    fn the_top_has_the_sources_size_and_about_its_bits() {
        let cases = [
            ((1920, 1080), 6_000_000, (1920, 1080), 6_000_000),
            ((1920, 1080), 50_000_000, (1920, 1080), 8_294_400),
            ((1280, 720), 500_000, (1280, 720), 1_843_200),
            ((3840, 2160), 40_000_000, (3840, 2160), 12_000_000),
            ((161, 91), 0, (162, 92), 300_000),
        ];
        for ((width, height), source_bps, size, bps) in cases {
            let spec = top(width, height, source_bps).spec;
            assert_eq!(((spec.width, spec.height), spec.bitrate_bps), (size, bps), "{width}x{height}");
        }
    }

    #[test]
    fn thumbnails_keep_the_shape_and_are_not_scaled_up() {
        let cases = [
            ((1920, 1080), (440, 248)),
            ((1080, 1920), (440, 782)),
            ((320, 180), (320, 180)),
            ((0, 0), (2, 2)),
        ];
        for ((width, height), want) in cases {
            assert_eq!(thumbnail(width, height, 440), want);
        }
    }
}
