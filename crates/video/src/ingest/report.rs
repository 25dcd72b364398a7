//! A creator's health report: the measured figures, and what they mean in plain words.

use std::time::Instant;

use media::frame::CodecConfig;
use media::time::MediaSpan;

use super::slot::Slot;
use crate::health::{AudioHealth, Health, TranscodeHealth, VideoHealth, Warning};
use crate::live::{Phase, Unfit};
use crate::transcode::TranscodeState;

/// Key frames farther apart than this make joining and switching slow.
const KEY_FRAMES_FAR: MediaSpan = MediaSpan::from_ms(2_600);
/// Key frames farther apart than this can't be cut into segments at all.
const KEY_FRAMES_TOO_FAR: MediaSpan = MediaSpan::from_ms(4_600);
/// Sound further behind its picture than this has stopped, and a picture further behind its sound.
const BEHIND: MediaSpan = MediaSpan::from_ms(3_000);
/// Frame rates below this look like stills.
const FPS_LOW: f64 = 14.0;

/// How the stream on `slot` is doing.
pub fn health(slot: &Slot, transcoding: &TranscodeState, now: Instant) -> Health {
    let broadcast = &slot.broadcast;
    let (rates, interval, fps, history) =
        slot.meter(|meter| (meter.rates(), meter.keyframe_interval(), meter.fps(), meter.history()));
    let video = match broadcast.video.config().as_deref() {
        Some(config @ CodecConfig::H264(h264)) => Some(VideoHealth {
            codec: config.rfc6381(),
            width: h264.display_width(),
            height: h264.height,
            fps: fps.unwrap_or(0.0),
            bitrate_bps: rates.0,
            keyframe_interval_s: (interval.to_seconds() * 100.0).round() / 100.0,
        }),
        _ => None,
    };
    // Announced is not sent (A1).
    let sound = broadcast.audio.newest();
    let audio = match broadcast.audio.config().filter(|_| sound.is_some()).as_deref() {
        Some(config @ CodecConfig::Aac(aac)) => Some(AudioHealth {
            codec: config.rfc6381(),
            sample_rate: aac.sample_rate,
            channels: aac.channels,
            bitrate_bps: rates.1,
        }),
        _ => None,
    };
    let interrupted = *broadcast.phase.borrow() != Phase::Live;
    let apart = broadcast.video.newest().zip(sound);
    let facts = Facts {
        interval,
        unfit: *broadcast.unfit.borrow(),
        has_top: broadcast.top.borrow().is_some(),
        fps,
        silence_s: slot.silence(now).as_secs_f64(),
        has_picture: video.is_some(),
        has_sound: audio.is_some(),
        repairs: slot.repairs(),
        is_silent: apart.is_some_and(|(picture, sound)| picture - sound > BEHIND),
        is_still: apart.is_some_and(|(picture, sound)| sound - picture > BEHIND),
    };
    let warnings = facts.warnings();
    let level = match &warnings[..] {
        _ if interrupted || facts.are_bad() => "bad",
        [] => "good",
        _ => "warning",
    };
    Health {
        state: if interrupted { "interrupted" } else { "live" },
        level,
        sentence: sentence(interrupted, level, video.as_ref()),
        video,
        audio,
        warnings,
        transcode: transcode(transcoding),
        history,
    }
}

struct Facts {
    interval: MediaSpan,
    unfit: Unfit,
    /// The picture is encoded again.
    has_top: bool,
    fps: Option<f64>,
    silence_s: f64,
    has_picture: bool,
    has_sound: bool,
    /// Timestamps that had to be repaired so far.
    repairs: u64,
    /// There was sound, and the picture goes on without it.
    is_silent: bool,
    /// There was a picture, and the sound goes on without it.
    is_still: bool,
}

fn sentence(interrupted: bool, level: &str, video: Option<&VideoHealth>) -> String {
    if interrupted {
        return "Nothing arrives from your encoder. Your viewers wait; the stream goes on when it is back."
            .to_owned();
    }
    let opening = match level {
        "good" => "Good.",
        "warning" => "Something could be better.",
        _ => "Your viewers have trouble.",
    };
    match video {
        Some(video) => format!(
            "{opening} {:.1}\u{a0}Mb/s, key frame every {:.1}\u{a0}s.",
            video.bitrate_bps as f64 / 1e6,
            video.keyframe_interval_s
        ),
        None => format!("{opening} Sound only."),
    }
}

impl Facts {
    /// What a creator should know.
    fn warnings(&self) -> Vec<Warning> {
        let all = [
            self.key_frames(),
            self.frame_rate(),
            self.still(),
            self.silence(),
            self.interlaced(),
            self.sound(),
            self.timestamps(),
        ];
        all.into_iter().flatten().collect()
    }

    /// The picture as it comes can't be cut into segments.
    fn keys_are_too_far(&self) -> bool {
        self.unfit.seldom || self.interval > KEY_FRAMES_TOO_FAR
    }

    /// Viewers have trouble.
    fn are_bad(&self) -> bool {
        self.keys_are_too_far() && !self.has_top
    }

    fn key_frames(&self) -> Option<Warning> {
        let seconds = self.interval.to_seconds();
        if !self.keys_are_too_far() {
            let text = format!(
                "Key frames come every {seconds:.1} s. Set the key-frame interval to 1 s for quick joining."
            );
            return warn(self.interval > KEY_FRAMES_FAR, "key_frames_far", text);
        }
        let cost = match self.has_top {
            true => "Until then your picture is encoded again here, which costs sharpness.",
            false => "Until then viewers join late and quality can't switch.",
        };
        let pace = match self.interval > KEY_FRAMES_TOO_FAR {
            true => format!("Key frames come every {seconds:.1} s."),
            false => "Your encoder is set to send few key frames.".to_owned(),
        };
        let text = format!(
            "{pace} In OBS, set Settings, Output, Keyframe Interval to 1 s (2 s at most, not 0 or auto). {cost}"
        );
        warn(true, "key_frames_too_far", text)
    }

    fn frame_rate(&self) -> Option<Warning> {
        let fps = self.fps.filter(|fps| self.has_picture && *fps < FPS_LOW)?;
        let text = format!(
            "Frames arrive at {fps:.0} a second. The encoder or the uplink is overloaded, or set to a low frame rate."
        );
        warn(true, "fps_low", text)
    }

    fn still(&self) -> Option<Warning> {
        let text = "The picture has stopped. Your viewers see a still, and hear the sound.";
        warn(self.is_still, "no_picture", text)
    }

    fn silence(&self) -> Option<Warning> {
        let text = format!("Nothing has arrived for {:.0} s.", self.silence_s);
        warn(self.silence_s > 2.0, "silent", text)
    }

    fn interlaced(&self) -> Option<Warning> {
        let cost = match self.has_top {
            true => "It is deinterlaced and encoded again here, which costs sharpness.",
            false => "Your viewers see combs.",
        };
        let text = format!("The picture is interlaced. {cost} Set the camera or encoder to progressive.");
        warn(self.unfit.interlaced, "interlaced", text)
    }

    fn sound(&self) -> Option<Warning> {
        let text = match self.has_sound {
            true => "The sound has stopped. Your viewers hear silence.",
            false => "There is no sound.",
        };
        warn(!self.has_sound || self.is_silent, "no_audio", text)
    }

    fn timestamps(&self) -> Option<Warning> {
        let text = "The encoder's timestamps jump. If sound and picture drift apart, restart the stream.";
        warn(self.repairs > 20, "timestamps", text)
    }
}

fn warn(if_so: bool, code: &'static str, text: impl Into<String>) -> Option<Warning> {
    if_so.then(|| Warning { code, text: text.into() })
}

fn transcode(state: &TranscodeState) -> TranscodeHealth {
    match state {
        TranscodeState::None => TranscodeHealth { state: "none", encoder: None, renditions: Vec::new() },
        TranscodeState::Queued => TranscodeHealth { state: "queued", encoder: None, renditions: Vec::new() },
        TranscodeState::Running { encoder, rungs } => TranscodeHealth {
            state: "running",
            encoder: Some((*encoder).to_owned()),
            renditions: rungs.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Facts = Facts {
        interval: MediaSpan::from_ms(2_000),
        unfit: Unfit { seldom: false, interlaced: false },
        has_top: false,
        fps: Some(30.0),
        silence_s: 0.0,
        has_picture: true,
        has_sound: true,
        repairs: 0,
        is_silent: false,
        is_still: false,
    };

    #[test]
    fn each_fault_is_named_and_far_key_frames_alone_are_bad_until_they_are_made_here() {
        let far = MediaSpan::from_ms(3_000);
        let too_far = MediaSpan::from_ms(5_000);
        let seldom = Unfit { seldom: true, interlaced: false };
        let interlaced = Unfit { seldom: false, interlaced: true };
        for (facts, codes, bad) in [
            (GOOD, "", false),
            (Facts { interval: far, ..GOOD }, "key_frames_far", false),
            (Facts { interval: too_far, ..GOOD }, "key_frames_too_far", true),
            (Facts { unfit: seldom, ..GOOD }, "key_frames_too_far", true),
            (Facts { unfit: seldom, has_top: true, ..GOOD }, "key_frames_too_far", false),
            (Facts { fps: Some(10.0), ..GOOD }, "fps_low", false),
            (Facts { fps: Some(10.0), has_picture: false, ..GOOD }, "", false),
            (Facts { is_still: true, silence_s: 3.0, ..GOOD }, "no_picture silent", false),
            (Facts { unfit: interlaced, ..GOOD }, "interlaced", false),
            (Facts { has_sound: false, ..GOOD }, "no_audio", false),
            (Facts { is_silent: true, repairs: 21, ..GOOD }, "no_audio timestamps", false),
        ] {
            let said: Vec<&str> = facts.warnings().iter().map(|warning| warning.code).collect();
            assert_eq!((said.join(" "), facts.are_bad()), (codes.to_owned(), bad));
        }
    }
}
