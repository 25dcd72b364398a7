//! What the operator may say about transcoding.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Encoder;

/// Configuration of the transcoder, `[transcode]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TranscodeConfig {
    /// The FFmpeg to run: a path, or a name to look up in `PATH`. 5.1 or newer.
    pub ffmpeg: PathBuf,
    /// `auto` for the best encoder that works here, or FFmpeg's name of one: `h264_nvenc`, `h264_qsv`, `h264_vaapi`, `libx264`.
    pub encoder: String,
    /// Streams that are transcoded at once on this node. Unset: one for each two cores, at least one. 0: none.
    pub slots: Option<u32>,
    /// The ladder below the source, in any order. A channel may have fewer of them.
    pub rungs: Vec<Rung>,
    /// libx264's preset. Each step slower costs about a quarter more CPU.
    pub preset: String,
    /// Seconds between thumbnails of a transcoded stream; one without a ladder gets them every 10 s. 0: none at all.
    pub thumbnail_every_s: u32,
}

/// One rung, before it meets a source.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// What viewers and URLs call it: lower-case letters, digits, `-` and `_`.
    pub name: String,
    /// Pixels of the picture's shorter side; a source that has no more than these does not get the rung.
    pub short_side: u32,
    /// Video bit rate in bits a second, constant.
    pub bitrate_bps: u32,
    /// Most frames a second; faster sources lose frames evenly. Unset: as many as the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fps_max: Option<u32>,
    /// Only partners' streams get it, unless an administrator has set it for a channel.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partners_only: bool,
}

/// Most rungs a ladder may have: each is an encoder and a pipe for each stream.
const RUNGS_MAX: usize = 8;
/// Shortest and longest short side of a rung, in pixels.
const SHORT_SIDE: std::ops::RangeInclusive<u32> = 64..=2160;
/// Lowest and highest bit rate of a rung, in bits a second.
const BITRATE_BPS: std::ops::RangeInclusive<u32> = 50_000..=50_000_000;

impl Default for TranscodeConfig {
    fn default() -> Self {
        let rung = |name: &str, short_side, bitrate_bps| Rung {
            name: name.to_owned(),
            short_side,
            bitrate_bps,
            fps_max: None,
            partners_only: false,
        };
        Self {
            ffmpeg: PathBuf::from("ffmpeg"),
            encoder: AUTO.to_owned(),
            slots: None,
            rungs: vec![
                rung("720p", 720, 2_500_000),
                rung("480p", 480, 1_200_000),
                rung("160p", 160, 300_000),
            ],
            preset: "superfast".to_owned(),
            thumbnail_every_s: 4,
        }
    }
}

/// x264's presets, the fastest first. With another none of its encoders starts, and the probe does not try the configured one.
const PRESETS: [&str; 10] = [
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
];

/// The encoder setting that leaves the choice to the probe.
pub(super) const AUTO: &str = "auto";

impl TranscodeConfig {
    /// Everything that is wrong, each with its key.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = rung_faults(&self.rungs);
        if self.ffmpeg.as_os_str().is_empty() {
            faults.push("ffmpeg: empty; name the FFmpeg to run".to_owned());
        }
        if self.encoder != AUTO && Encoder::by_name(&self.encoder).is_none() {
            let known: Vec<_> = Encoder::BEST_FIRST.iter().map(|encoder| encoder.name()).collect();
            faults.push(format!("encoder: `{}` is none of auto, {}", self.encoder, known.join(", ")));
        }
        if !PRESETS.contains(&self.preset.as_str()) {
            faults.push(format!("preset: `{}` is none of libx264's: {}", self.preset, PRESETS.join(", ")));
        }
        faults
    }

    /// The rungs of a channel that has `chosen` some by name, or else those that are for everybody or for partners.
    pub fn rungs_for(&self, chosen: Option<&[String]>, partner: bool) -> Vec<Rung> {
        let is_for = |rung: &&Rung| match chosen {
            Some(names) => names.contains(&rung.name),
            None => partner || !rung.partners_only,
        };
        self.rungs.iter().filter(is_for).cloned().collect()
    }

    /// How many streams are transcoded at once: as configured, or from the machine's `cores`.
    ///
    /// A 1080p ladder down to 160p takes about 0.7 of a core in x264 `superfast`, and the other half of the machine is
    /// for viewers.
    pub fn slots(&self, cores: usize) -> usize {
        match self.slots {
            Some(slots) => usize::try_from(slots).unwrap_or(usize::MAX),
            None => (cores / 2).max(1),
        }
    }
}

/// Everything that is wrong with a ladder, the operator's or a channel's own.
pub fn rung_faults(rungs: &[Rung]) -> Vec<String> {
    let mut faults = Vec::new();
    if rungs.len() > RUNGS_MAX {
        faults.push(format!("rungs: {} rungs; at most {RUNGS_MAX}", rungs.len()));
    }
    for (at, rung) in rungs.iter().enumerate() {
        let fault = |what: String| format!("rungs[{at}].{what}");
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if rung.name.is_empty() || rung.name.len() > 20 || !rung.name.bytes().all(plain) {
            faults.push(fault(format!("name: `{}` is not 1 to 20 of a-z, 0-9, - and _", rung.name)));
        }
        if matches!(rung.name.as_str(), "source" | "audio") {
            faults.push(fault(format!("name: `{}` is taken", rung.name)));
        }
        if rungs[..at].iter().any(|other| other.name == rung.name) {
            faults.push(fault(format!("name: `{}` is there twice", rung.name)));
        }
        if !SHORT_SIDE.contains(&rung.short_side) {
            faults.push(fault(format!("short_side: {} is not within {SHORT_SIDE:?}", rung.short_side)));
        }
        if !BITRATE_BPS.contains(&rung.bitrate_bps) {
            faults.push(fault(format!("bitrate_bps: {} is not within {BITRATE_BPS:?}", rung.bitrate_bps)));
        }
        if rung.fps_max == Some(0) {
            faults.push(fault("fps_max: 0 shows nothing".to_owned()));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(TranscodeConfig::default().faults(), Vec::<String>::new());
    }

    #[test]
    fn all_faults_are_told_at_once_and_by_key() {
        let bad = Rung {
            name: "7 20".to_owned(),
            short_side: 8,
            bitrate_bps: 1,
            fps_max: Some(0),
            partners_only: false,
        };
        let config = TranscodeConfig {
            encoder: "h265".to_owned(),
            preset: "-fast".to_owned(),
            rungs: vec![bad],
            ..TranscodeConfig::default()
        };
        let faults = config.faults().join("\n");
        for key in ["encoder", "preset", "rungs[0].name", "short_side", "bitrate_bps", "fps_max"] {
            assert!(faults.contains(key), "{key} is not in: {faults}");
        }
    }

    #[test]
    fn only_presets_that_x264_has_are_taken() {
        let faults_of = |preset: &str| {
            TranscodeConfig { preset: preset.to_owned(), ..TranscodeConfig::default() }.faults()
        };
        for preset in PRESETS {
            assert_eq!(faults_of(preset), Vec::<String>::new(), "{preset}");
        }
        for preset in ["", "nonsense", "p4", "Fast", "fast ", "fast,medium"] {
            let faults = faults_of(preset);
            assert!(faults.len() == 1 && faults[0].starts_with(&format!("preset: `{preset}` is none")));
            assert!(faults[0].ends_with("veryslow, placebo"), "{faults:?}");
        }
    }

    #[test]
    fn a_channel_gets_what_it_chose_or_else_what_is_for_its_kind() {
        let mut config = TranscodeConfig::default();
        config.rungs[0].partners_only = true;
        let names = |chosen: Option<&[&str]>, partner| {
            let chosen: Option<Vec<String>> =
                chosen.map(|names| names.iter().map(|&name| name.to_owned()).collect());
            let rungs = config.rungs_for(chosen.as_deref(), partner);
            rungs.into_iter().map(|rung| rung.name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!([names(None, false), names(None, true)], ["480p 160p", "720p 480p 160p"]);
        assert_eq!(names(Some(&["160p", "720p", "gone"]), false), "720p 160p", "it was granted");
        assert_eq!(names(Some(&[]), true), "");
    }

    #[test]
    fn half_the_cores_are_slots_unless_said_otherwise() {
        let slots = |slots, cores| TranscodeConfig { slots, ..TranscodeConfig::default() }.slots(cores);
        assert_eq!([slots(None, 1), slots(None, 2), slots(None, 9)], [1, 1, 4]);
        assert_eq!([slots(Some(0), 8), slots(Some(20), 8)], [0, 20]);
    }
}
