//! The H.264 encoders we can drive, and the flags that make each one constant in rate, free of delay and obedient about
//! key frames. Pure.
//!
//! x264's flags are measured; those of the GPUs follow FFmpeg's documentation and are tried by the probe, with exactly
//! these arguments, before anything relies on them.

use media::codec::h264::H264Config;

/// An encoder of FFmpeg's that makes H.264.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoder {
    /// NVIDIA.
    Nvenc,
    /// Intel Quick Sync.
    Qsv,
    /// AMD and Intel by VA-API on Linux.
    Vaapi,
    /// The CPU.
    X264,
}

/// What one output is encoded to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Target<'a> {
    /// Bits a second, constant.
    pub bitrate_bps: u32,
    /// Frames a second as measured, for x264's rate control; the time stamps of the frames are what they are.
    pub fps: f64,
    /// libx264's preset.
    pub preset: &'a str,
    /// What decoders must be able to do.
    pub profile: Profile,
    /// Which frames become key frames, as FFmpeg's `-force_key_frames` has it.
    pub keys: &'a str,
}

/// A profile of H.264, and the level if it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    name: &'static str,
    /// Ten times the level.
    level: Option<u8>,
}

impl Profile {
    /// What every browser decodes, at the level that the encoder finds.
    pub(super) const USUAL: Self = Self { name: "high", level: None };

    /// The one of `source`, so that what takes its place is announced by the same CODECS.
    pub(super) fn of(source: &H264Config) -> Self {
        let name = match source.profile {
            66 => "baseline",
            77 => "main",
            _ => "high",
        };
        Self { name, level: Some(source.level) }
    }
}

/// Frames without a key frame after which an encoder makes one of its own: longer than any sane source leaves, so that key
/// frames are where the source has them and nowhere else.
const GROUP_FRAMES: &str = "600";
/// Where VA-API finds the first GPU.
const VAAPI_DEVICE: &str = "/dev/dri/renderD128";

impl Encoder {
    /// In the order in which they are preferred: the CPU is for viewers, so a GPU goes first.
    pub const BEST_FIRST: [Self; 4] = [Self::Nvenc, Self::Qsv, Self::Vaapi, Self::X264];

    /// FFmpeg's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nvenc => "h264_nvenc",
            Self::Qsv => "h264_qsv",
            Self::Vaapi => "h264_vaapi",
            Self::X264 => "libx264",
        }
    }

    /// The encoder with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::BEST_FIRST.into_iter().find(|encoder| encoder.name() == name)
    }

    /// Arguments before the inputs.
    pub(super) fn global(self) -> &'static [&'static str] {
        match self {
            Self::Vaapi => &["-vaapi_device", VAAPI_DEVICE],
            Self::Nvenc | Self::Qsv | Self::X264 => &[],
        }
    }

    /// The end of the filter chain before the encoder: 4:2:0 in 8 bits, which is all that browsers decode, where it reads it.
    pub(super) fn upload(self) -> &'static str {
        match self {
            Self::X264 | Self::Nvenc => "format=yuv420p",
            Self::Qsv => "format=nv12",
            Self::Vaapi => "format=nv12,hwupload",
        }
    }

    /// Arguments of one output, from the codec on.
    pub(super) fn output(self, target: Target<'_>) -> Vec<String> {
        let rate = target.bitrate_bps;
        [
            format!("-c:v {}", self.name()),
            self.pace(&target),
            self.flags().to_owned(),
            self.profile(target.profile),
            format!("-b:v {rate} -maxrate {rate} -bufsize {rate}"),
            format!("-g {GROUP_FRAMES}"),
        ]
        .iter()
        .flat_map(|words| words.split_ascii_whitespace())
        // Apart, since an expression may hold spaces.
        .chain(["-force_key_frames", target.keys])
        .map(str::to_owned)
        .collect()
    }

    /// How much work an encoder on the CPU may make of it.
    fn pace(self, target: &Target<'_>) -> String {
        match self {
            // Zero latency makes x264 trust this and not the time stamps when it shares out bits; FFmpeg's own guess is
            // wrong for sources that do not say their frame rate.
            Self::X264 => {
                let per_1000_s = (target.fps * 1000.0).round() as u64;
                format!("-preset {} -x264-params fps={per_1000_s}/1000", target.preset)
            }
            Self::Nvenc | Self::Qsv | Self::Vaapi => String::new(),
        }
    }

    /// No frame waits for a later one, key frames come when they are asked for, and the rate is constant.
    fn flags(self) -> &'static str {
        match self {
            Self::X264 => "-tune zerolatency -sc_threshold 0",
            Self::Nvenc => {
                "-preset p4 -tune ull -rc cbr -zerolatency 1 -delay 0 -bf 0 -no-scenecut 1 -forced-idr 1"
            }
            Self::Qsv => "-preset veryfast -async_depth 1 -bf 0 -forced_idr 1",
            Self::Vaapi => "-rc_mode CBR -bf 0",
        }
    }

    fn profile(self, Profile { name, level }: Profile) -> String {
        let name = match (self, name) {
            (Self::Vaapi, "baseline") => "constrained_baseline",
            (_, name) => name,
        };
        let level = level.map(|level| format!(" -level:v {}.{}", level / 10, level % 10));
        format!("-profile:v {name}{}", level.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoder_is_found_by_its_name_and_told_rate_and_key_frames() {
        for encoder in Encoder::BEST_FIRST {
            assert_eq!(Encoder::by_name(encoder.name()), Some(encoder));
            let line = encoder
                .output(Target {
                    bitrate_bps: 300_000,
                    fps: 29.97,
                    preset: "superfast",
                    profile: Profile::USUAL,
                    keys: "source",
                })
                .join(" ");
            assert!(line.starts_with(&format!("-c:v {} ", encoder.name())));
            assert!(line.contains("-b:v 300000 -maxrate 300000 -bufsize 300000"), "{line}");
            assert!(line.ends_with("-g 600 -force_key_frames source"), "{line}");
        }
        assert_eq!(Encoder::by_name("libx265"), None);
    }

    #[test]
    fn x264_is_driven_as_it_was_measured() {
        let line = Encoder::X264
            .output(Target {
                bitrate_bps: 1_200_000,
                fps: 30.0,
                preset: "superfast",
                profile: Profile::USUAL,
                keys: "source",
            })
            .join(" ");
        assert_eq!(
            line,
            "-c:v libx264 -preset superfast -x264-params fps=30000/1000 -tune zerolatency -sc_threshold 0 \
             -profile:v high -b:v 1200000 -maxrate 1200000 -bufsize 1200000 -g 600 -force_key_frames source"
        );
    }
}
