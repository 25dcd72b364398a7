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
        is_silent: apart.is_some_and(|(picture, sound)| picture - sound > BEHIND),
        is_still: apart.is_some_and(|(picture, sound)| sound - picture > BEHIND),
    };
    let warnings = warnings(&facts, video.as_ref(), audio.as_ref(), slot.repairs());
    let level = match (
        interrupted,
        warnings.iter().any(|warning| warning.code == "key_frames_too_far") && !facts.has_top,
        &warnings[..],
    ) {
        (true, ..) | (_, true, _) => "bad",
        (_, _, []) => "good",
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
            "{opening} {:.1} Mb/s, key frame every {:.1} s.",
            video.bitrate_bps as f64 / 1e6,
            video.keyframe_interval_s
        ),
        None => format!("{opening} Sound only."),
    }
}

fn warnings(
    facts: &Facts,
    video: Option<&VideoHealth>,
    audio: Option<&AudioHealth>,
    repairs: u64,
) -> Vec<Warning> {
    let mut out = Vec::new();
    let mut warn = |code, text: String| out.push(Warning { code, text });
    let seconds = facts.interval.to_seconds();
    if facts.unfit.seldom || facts.interval > KEY_FRAMES_TOO_FAR {
        let cost = match facts.has_top {
            true => "Until then your picture is encoded again here, which costs sharpness.",
            false => "Until then viewers join late and quality can't switch.",
        };
        let pace = match facts.interval > KEY_FRAMES_TOO_FAR {
            true => format!("Key frames come every {seconds:.1} s."),
            false => "Your encoder is set to send few key frames.".to_owned(),
        };
        warn(
            "key_frames_too_far",
            format!(
                "{pace} In OBS, set Settings, Output, Keyframe Interval to 1 s (2 s at most, not 0 or auto). {cost}"
            ),
        );
    } else if facts.interval > KEY_FRAMES_FAR {
        warn(
            "key_frames_far",
            format!(
                "Key frames come every {seconds:.1} s. Set the key-frame interval to 1 s for quick joining."
            ),
        );
    }
    if video.is_some() && facts.fps.is_some_and(|fps| fps < FPS_LOW) {
        warn(
            "fps_low",
            format!(
                "Frames arrive at {:.0} a second. The encoder or the uplink is overloaded, or set to a low frame rate.",
                facts.fps.unwrap_or(0.0)
            ),
        );
    }
    if facts.is_still {
        warn(
            "no_picture",
            "The picture has stopped. Your viewers see a still, and hear the sound.".to_owned(),
        );
    }
    if facts.silence_s > 2.0 {
        warn("silent", format!("Nothing has arrived for {:.0} s.", facts.silence_s));
    }
    if facts.unfit.interlaced {
        let cost = match facts.has_top {
            true => "It is deinterlaced and encoded again here, which costs sharpness.",
            false => "Your viewers see combs.",
        };
        warn(
            "interlaced",
            format!("The picture is interlaced. {cost} Set the camera or encoder to progressive."),
        );
    }
    if audio.is_none() {
        warn("no_audio", "There is no sound.".to_owned());
    } else if facts.is_silent {
        warn("no_audio", "The sound has stopped. Your viewers hear silence.".to_owned());
    }
    if repairs > 20 {
        warn(
            "timestamps",
            "The encoder's timestamps jump. If sound and picture drift apart, restart the stream.".to_owned(),
        );
    }
    out
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
