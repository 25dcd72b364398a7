//! One stream as viewers see it: its renditions' windows and its multivariant playlist.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use domain::users::LatencyMode;
use media::frame::CodecConfig;
use media::hls::playlist::{AudioRendition, Limits, Multivariant, RenditionReport, Variant};
use media::hls::render::render_multivariant;
use media::time::MediaSpan;
use runtime::clock;
use tokio::sync::watch;

use super::OriginConfig;
use super::text::{Kept, Text};
use super::window::Window;
pub use crate::live::SOURCE;
use crate::live::{Broadcast, Phase, Rendition};
use crate::package::{Emit, Plan, Timing};

/// Name of the audio rendition that all others share.
pub const AUDIO: &str = "audio";
/// How long the multivariant playlist waits for rungs that are about to be there.
pub(super) const LADDER_WAIT: Duration = Duration::from_millis(900);
/// Group that variants refer to.
const AUDIO_GROUP: &str = "audio";
/// Peak over target bit rate of an encoder in constant-rate mode, with container overhead.
const CBR_PEAK: f64 = 1.15;

/// A stream that can be watched, or could be a minute ago.
#[derive(Debug)]
pub struct LiveStream {
    /// The stream in memory.
    pub broadcast: Arc<Broadcast>,
    /// Its frozen durations.
    pub timing: Timing,
    /// Its cuts.
    pub plan: Arc<Plan>,
    span: MediaSpan,
    /// When it was taken on air.
    began: Instant,
    /// In the order in which they appeared. Grows by a rung at a time, never shrinks.
    windows: RwLock<Vec<Arc<Window>>>,
    /// How many of them can be played.
    playable: watch::Sender<usize>,
    /// The newest multivariant playlist.
    multivariant: Kept,
}

impl LiveStream {
    /// How often a player that does not wait for parts looks at a playlist: every TARGETDURATION.
    pub fn poll_every(&self) -> Duration {
        Duration::from_secs(u64::from(self.timing.target_duration_s))
    }

    /// A stream without renditions yet.
    pub fn new(broadcast: Arc<Broadcast>, config: &OriginConfig) -> Self {
        let part = match broadcast.latency {
            LatencyMode::Low => config.part_low,
            LatencyMode::Normal => config.part_normal,
        };
        let timing = Timing::of(broadcast.latency, MediaSpan::from_ms(millis(part)));
        let span = MediaSpan::from_ms(millis(config.window));
        Self {
            broadcast,
            timing,
            plan: Arc::default(),
            span,
            began: clock::now(),
            windows: RwLock::default(),
            playable: watch::Sender::new(0),
            multivariant: Kept::default(),
        }
    }

    /// The window of rendition `name`, made if it is not there.
    pub fn window(&self, name: &str) -> Arc<Window> {
        if let Some(window) = self.find(name) {
            return window;
        }
        let mut windows = self.windows.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.iter().find(|window| window.name() == name) {
            return Arc::clone(window);
        }
        let limits = Limits {
            independent_segments: false,
            ..Limits::usual(self.timing.target_duration_s, self.timing.part_target)
        };
        let window = Arc::new(Window::new(name, limits, self.span));
        windows.push(Arc::clone(&window));
        window
    }

    /// Puts what packaging says into `window`, one of this stream's.
    pub(super) fn put(&self, window: &Window, emits: Vec<Emit>) {
        if window.apply(emits) {
            self.playable.send_modify(|windows| *windows += 1);
        }
    }

    /// The window of rendition `name`.
    pub fn find(&self, name: &str) -> Option<Arc<Window>> {
        // With every request for media: one handle is cloned, not all.
        let windows = self.windows.read().unwrap_or_else(PoisonError::into_inner);
        windows.iter().find(|window| window.name() == name).cloned()
    }

    /// All windows.
    pub fn windows(&self) -> Vec<Arc<Window>> {
        self.windows.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where every rendition but `name` is. A rung that is made no longer is none of them; one that waits for its source is.
    pub fn reports_without(&self, name: &str) -> Vec<RenditionReport> {
        let ladder = self.broadcast.ladder.borrow();
        let is_made = |window: &Arc<Window>| {
            matches!(window.name(), SOURCE | AUDIO)
                || ladder.iter().any(|rung| rung.spec.name == window.name())
        };
        let others = self.windows().into_iter().filter(|window| window.name() != name && is_made(window));
        others.filter_map(|window| window.report()).collect()
    }

    /// Whether a player that starts now finds what it needs: the picture, if there is one, and sound, be it silence (A1).
    pub fn is_watchable(&self) -> bool {
        let has = |name: &str| self.find(name).is_some_and(|window| window.has_media());
        has(AUDIO) && (has(SOURCE) || self.broadcast.video.config().is_none())
    }

    /// Whether every rung that is being made can be played too. In its first moments a stream without rungs is taken as one
    /// whose transcoder is about to begin.
    fn is_complete(&self, now: Instant) -> bool {
        let ladder = self.broadcast.ladder.borrow();
        let waiting = ladder.is_empty() && now.saturating_duration_since(self.began) < LADDER_WAIT;
        !waiting
            && ladder.iter().all(|rung| self.find(&rung.spec.name).is_some_and(|window| window.has_media()))
    }

    /// Resolves when all renditions that are being made can be played.
    pub(super) async fn complete(&self) {
        let (mut playable, mut ladder) = (self.playable.subscribe(), self.broadcast.ladder.subscribe());
        loop {
            let now = clock::now();
            if self.is_watchable() && self.is_complete(now) {
                return;
            }
            let rest = LADDER_WAIT.saturating_sub(now.saturating_duration_since(self.began));
            tokio::select! {
                changed = playable.changed() => if changed.is_err() { return },
                changed = ladder.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(rest), if !rest.is_zero() => {}
            }
        }
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        *self.broadcast.phase.borrow() == Phase::Ended
    }

    /// Names of what can be watched, best picture first.
    pub fn renditions(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        if self.find(SOURCE).is_some_and(|window| window.has_media()) {
            names.push(SOURCE.to_owned());
        }
        names.extend(self.rungs().into_iter().map(|(window, _)| window.name().to_owned()));
        if self.find(AUDIO).is_some_and(|window| window.has_media()) {
            names.push(AUDIO.to_owned());
        }
        names
    }

    /// The multivariant playlist as it is now.
    pub fn multivariant(&self) -> Text {
        let audio = self.find(AUDIO).filter(|window| window.has_media());
        let sound = audio.as_ref().and_then(|window| Some((window.config()?, window.bandwidth())));
        let mut playlist = Multivariant::default();
        if let Some((CodecConfig::Aac(aac), _)) = sound.as_ref().map(|(config, rate)| (&**config, rate)) {
            playlist.audio.push(AudioRendition {
                group: AUDIO_GROUP.to_owned(),
                name: "Audio".to_owned(),
                uri: self.uri(AUDIO),
                channels: aac.channels,
                default: true,
            });
        }
        let heard = sound.as_ref().map(|(config, rate)| (config.rfc6381(), audio_rate(*rate)));
        if let Some(window) = self.find(SOURCE).filter(|window| window.has_media()) {
            let rate = source_rate(&window, &self.broadcast);
            playlist.variants.extend(self.variant(&window, rate, None, heard.as_ref()));
        }
        for (window, rung) in self.rungs() {
            let bitrate = u64::from(rung.spec.bitrate_bps);
            let rate = (window.bandwidth().0.max((bitrate as f64 * CBR_PEAK) as u64), bitrate);
            playlist.variants.extend(self.variant(&window, rate, rung.spec.fps_max, heard.as_ref()));
        }
        if let Some((codec, rate)) = heard {
            playlist.variants.push(Variant {
                uri: self.uri(AUDIO),
                bandwidth: rate.0,
                average_bandwidth: Some(rate.1),
                codecs: vec![codec],
                audio: Some(AUDIO_GROUP.to_owned()),
                ..Variant::default()
            });
        }
        self.multivariant.keep(render_multivariant(&playlist))
    }

    fn variant(
        &self,
        window: &Window,
        rate: (u64, u64),
        fps_max: Option<u32>,
        heard: Option<&(String, (u64, u64))>,
    ) -> Option<Variant> {
        let config = window.config()?;
        let CodecConfig::H264(h264) = &*config else { return None };
        let (codec, sound) = heard.map_or((None, (0, 0)), |(codec, rate)| (Some(codec.clone()), *rate));
        let source = self.broadcast.video.config();
        let said = h264.fps.or(match source.as_deref() {
            Some(CodecConfig::H264(source)) => source.fps,
            _ => None,
        });
        let fps = self.broadcast.measured_fps().or(said);
        Some(Variant {
            uri: self.uri(window.name()),
            bandwidth: rate.0 + sound.0,
            average_bandwidth: Some(rate.1 + sound.1),
            codecs: std::iter::once(config.rfc6381()).chain(codec).collect(),
            resolution: Some((h264.display_width(), h264.height)),
            // What is measured is the source's rate, of which a capped rung has only a part.
            frame_rate: fps.map(|fps| fps_max.map_or(fps, |max| fps.min(f64::from(max)))),
            audio: heard.map(|_| AUDIO_GROUP.to_owned()),
        })
    }

    /// Rungs that are being made and can be played, best first.
    fn rungs(&self) -> Vec<(Arc<Window>, Arc<Rendition>)> {
        let ladder = self.broadcast.ladder.borrow();
        let playable = ladder.iter().filter_map(|rung| {
            let window = self.find(&rung.spec.name).filter(|window| window.has_media() && window.is_fed())?;
            Some((window, Arc::clone(rung)))
        });
        playable.collect()
    }

    fn uri(&self, rendition: &str) -> String {
        format!("/live/{}/{rendition}/index.m3u8", self.broadcast.stream)
    }
}

/// Peak and mean of the source: as measured, or as the encoder announced while nothing was measured.
fn source_rate(window: &Window, broadcast: &Broadcast) -> (u64, u64) {
    match window.bandwidth() {
        (0, _) => {
            let announced = broadcast.announced_bps();
            ((announced as f64 * CBR_PEAK) as u64, announced)
        }
        // What was announced is the encoder's peak to come; a usual value in its place would be no more than a guess.
        (peak, mean) => (peak.max(broadcast.rates.borrow().announced_bps), mean),
    }
}

/// Peak and mean of the sound. Silence says nothing of the sound that may yet come, so the peak is never less than is usual.
fn audio_rate((peak, mean): (u64, u64)) -> (u64, u64) {
    const USUAL: u64 = 160_000;
    (peak.max(USUAL), if peak == 0 { USUAL } else { mean })
}

fn millis(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 90)
}

#[cfg(test)]
mod tests {
    use media::codec::h264::H264Config;

    use super::*;
    use crate::live::Rates;
    use crate::origin::testing::{part, rung, segment, stream};
    use crate::package::Emit;

    #[test]
    fn a_capped_rung_is_announced_with_its_own_frame_rate() {
        // x264's record of 1080p, which says 30 frames a second; the encoder sends twice as many.
        let record = [
            0x01, 0x42, 0xc0, 0x0b, 0xff, 0xe1, 0x00, 0x18, 0x67, 0x42, 0xc0, 0x0b, 0xda, 0x01, 0xe0, 0x08,
            0x9f, 0x97, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x07, 0x80, 0xf1, 0x42, 0xaa,
            0x01, 0x00, 0x04, 0x68, 0xce, 0x0f, 0xc8,
        ];
        let config = H264Config::parse(&bytes::Bytes::copy_from_slice(&record)).expect("a good record");
        let config = Arc::new(CodecConfig::H264(config));
        let stream = stream();
        stream.broadcast.rates.send_replace(Rates { announced_bps: 0, fps: 60.0 });
        stream.broadcast.ladder.send_replace(vec![
            rung("720p", None),
            rung("480p", Some(30)),
            rung("160p", Some(120)),
        ]);
        for name in [SOURCE, "720p", "480p", "160p"] {
            let config = Some(Arc::clone(&config));
            stream.window(name).apply(vec![
                segment(0, None),
                part(0, false),
                Emit::EndSegment,
                segment(1, config),
                part(1, false),
            ]);
        }
        let text = stream.multivariant().plain();
        let text = std::str::from_utf8(&text).expect("text");
        let rates: Vec<&str> = text.split("FRAME-RATE=").skip(1).map(|rest| &rest[..6]).collect();
        assert_eq!(rates, ["60.000", "60.000", "30.000", "60.000"], "{text}");
    }
}
