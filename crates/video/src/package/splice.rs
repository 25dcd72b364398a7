//! When an encoder stands in for a source whose key frames come too seldom, and when it ceases to (V1).
//!
//! The stand-in's frames carry the source's times and come a moment later. So the source stops where a key frame of
//! the stand-in is due, and goes on with a key frame of its own at which the stand-in has arrived: no time is shown
//! twice. A stand-in that is lost leaves a still, since nothing can be decoded before the source's next key frame.

use domain::users::LatencyMode;
use media::time::{MediaSpan, MediaTime};

use super::timing::SLACK;
use crate::live::{Read, beat_due};

/// A stand-in further behind the source than this does not keep pace, and is not begun with.
const LAG_MAX: MediaSpan = MediaSpan::from_ms(700);
/// A stand-in of which nothing came for so long, while the source went on, is lost.
const SILENT_MAX: MediaSpan = MediaSpan::from_ms(3_000);
/// The source paused for so long, and a stand-in that had kept pace sent nothing meanwhile: that is no silence.
const PAUSE_MIN: MediaSpan = MediaSpan::from_ms(1_000);
/// One that was lost by its silence is not tried again before this.
const DISTRUST: MediaSpan = MediaSpan::from_ms(60_000);

/// What is to be done with the plan.
#[derive(Clone, Debug)]
pub enum Step {
    /// It goes on with this frame.
    Push(Box<Read>),
    /// From here on, another encoder's frames follow.
    Splice,
    /// There is nothing to show up to here but a still.
    Still(MediaTime),
}

/// Where the stand-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Top {
    /// When its newest key frame is shown.
    pub key: MediaTime,
    /// When its newest frame is shown.
    pub newest: MediaTime,
}

/// Chooses between the source and its stand-in, frame by frame.
#[derive(Debug)]
pub struct Splice {
    latency: LatencyMode,
    /// When the source's newest frame is shown.
    newest: Option<MediaTime>,
    /// The stand-in is not wanted before this.
    trusted_from: Option<MediaTime>,
    /// The source's first frame of another session, while nothing of that session was shown: whoever leads goes on with it
    /// anew. The stand-in's encoder goes on over a break and does not tell.
    broken: Option<MediaTime>,
    stand_in: Option<StandIn>,
}

/// The stand-in has the lead.
#[derive(Debug)]
struct StandIn {
    /// Its first key frame that counts is not shown before this.
    from: MediaTime,
    /// When its newest frame is shown.
    newest: MediaTime,
    /// From where on, by the source's frames, nothing of it has come.
    silent_since: MediaTime,
    has_begun: bool,
    is_lost: bool,
    /// The source's key frame at which it ends.
    back: Option<Box<Read>>,
}

impl StandIn {
    /// One that is to begin with the key frame at `from` or the next one, now that the source's newest frame is shown at `at`.
    fn new(from: MediaTime, at: MediaTime) -> Self {
        Self { from, newest: at, silent_since: at, has_begun: false, is_lost: false, back: None }
    }
}

impl Splice {
    /// A choice that begins with the source, of a stream in `latency`.
    pub fn new(latency: LatencyMode) -> Self {
        Self { latency, newest: None, trusted_from: None, broken: None, stand_in: None }
    }

    /// Whether the stand-in has the lead, or had it and nobody has it now.
    pub fn is_encoded(&self) -> bool {
        self.stand_in.is_some()
    }

    /// The source's frame at which it takes over again is known.
    pub fn is_turning_back(&self) -> bool {
        self.stand_in.as_ref().is_some_and(|stand_in| stand_in.back.is_some())
    }

    /// Takes the source's next frame; `top` is where the stand-in is, while one is wanted and made.
    pub fn source(&mut self, read: Read, top: Option<Top>) -> Vec<Step> {
        let at = read.frame.pts();
        self.broken = if read.discontinuity { Some(at) } else { self.broken };
        let begins = self.begins(at, top);
        let paused_at = self.newest.filter(|before| at - *before >= PAUSE_MIN);
        self.newest = self.newest.max(Some(at));
        let is_free = self.stand_in.as_ref().is_none_or(|stand_in| stand_in.is_lost);
        if let Some(from) = begins.filter(|_| is_free) {
            self.stand_in = Some(StandIn::new(from, at));
            return vec![Step::Splice];
        }
        let Some(stand_in) = &mut self.stand_in else {
            self.broken = None;
            return vec![Step::Push(Box::new(read))];
        };
        if paused_at.is_some_and(|paused| paused - stand_in.newest <= LAG_MAX) {
            stand_in.silent_since = at;
        }
        if !stand_in.is_lost && at - stand_in.silent_since > SILENT_MAX {
            stand_in.is_lost = true;
            self.trusted_from = Some(at + DISTRUST);
        }
        let wants_back = stand_in.is_lost || top.is_none();
        if wants_back && read.frame.key && at > stand_in.newest {
            stand_in.back = Some(Box::new(read));
            return if stand_in.is_lost { self.turn_back() } else { Vec::new() };
        }
        if stand_in.is_lost { vec![Step::Still(at)] } else { Vec::new() }
    }

    /// Takes the stand-in's next frame.
    pub fn encoded(&mut self, mut read: Read) -> Vec<Step> {
        let Some(stand_in) = self.stand_in.as_mut().filter(|stand_in| !stand_in.is_lost) else {
            return Vec::new();
        };
        let at = read.frame.pts() + SLACK;
        if stand_in.back.as_ref().is_some_and(|back| at >= back.frame.pts()) {
            return self.turn_back();
        }
        let begins = read.frame.key && at >= stand_in.from;
        if !(stand_in.has_begun || begins) {
            return Vec::new();
        }
        stand_in.has_begun = true;
        stand_in.newest = stand_in.newest.max(read.frame.pts());
        stand_in.silent_since = stand_in.silent_since.max(stand_in.newest);
        read.discontinuity |= read.frame.key && self.broken.take_if(|broken| at >= *broken).is_some();
        vec![Step::Push(Box::new(read))]
    }

    /// The stand-in sends no more.
    pub fn ended(&mut self) -> Vec<Step> {
        if let Some(stand_in) = &mut self.stand_in {
            stand_in.is_lost = true;
        }
        self.turn_back()
    }

    /// The source takes over again, if the frame is known with which it does.
    pub fn turn_back(&mut self) -> Vec<Step> {
        match self.stand_in.take() {
            Some(StandIn { back: Some(mut back), .. }) => {
                back.discontinuity |= self.broken.take().is_some();
                vec![Step::Splice, Step::Push(back)]
            }
            other => {
                self.stand_in = other;
                Vec::new()
            }
        }
    }

    /// When the stand-in has, or will have, a key frame, if the source's next frame, which is shown at `at`, is not before it.
    fn begins(&self, at: MediaTime, top: Option<Top>) -> Option<MediaTime> {
        let (top, before) = (top?, self.newest?);
        let due = beat_due(self.latency, top.key, before);
        let keeps_pace = before - top.newest <= LAG_MAX;
        let is_trusted = self.trusted_from.is_none_or(|from| at >= from);
        (at >= due && keeps_pace && is_trusted).then_some(due)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use media::codec::aac::AacConfig;
    use media::frame::{CodecConfig, Frame};

    use super::*;

    fn read(ms: i64, key: bool) -> Read {
        let config = CodecConfig::Aac(AacConfig::lc(48_000, 2).expect("a usual config"));
        let frame = Frame { dts: MediaTime::from_ms(ms), cts: MediaSpan::ZERO, key, data: Bytes::new() };
        Read { frame, config: Arc::new(config), starts_group: key, discontinuity: false, skipped: false }
    }

    /// Plays `s` (source), `e` (encoded), `x` (the stand-in ends) with the times of frames in tenths of a second and `!` for
    /// key frames, `!!` for those of another session; the stand-in is wanted from `+` to `-`, and what it sent is where it
    /// is. Prints what is done: the frames that are shown, with `!` if a session begins, `/` for a splice and `g` for stills.
    fn play(events: &str) -> String {
        let mut splice = Splice::new(LatencyMode::Low);
        let (mut wanted, mut key, mut newest) = (false, None, None);
        let mut out = Vec::new();
        for event in events.split_whitespace() {
            let (kind, rest) = event.split_at(1);
            let is_key = rest.ends_with('!');
            let at: i64 = rest.trim_end_matches('!').parse().unwrap_or(0);
            let time = MediaTime::from_ms(at * 100);
            let steps = match kind {
                "s" => {
                    let top = key.zip(newest).map(|(key, newest)| Top { key, newest });
                    let discontinuity = rest.ends_with("!!");
                    let read = Read { discontinuity, ..read(at * 100, is_key) };
                    splice.source(read, top.filter(|_| wanted))
                }
                "e" => {
                    key = if is_key { Some(time) } else { key };
                    newest = Some(time);
                    splice.encoded(read(at * 100, is_key))
                }
                "x" => {
                    (key, newest) = (None, None);
                    splice.ended()
                }
                _ => {
                    wanted = kind == "+";
                    Vec::new()
                }
            };
            out.extend(steps.iter().map(|step| match step {
                Step::Push(read) => {
                    format!("{}{}", read.frame.dts.to_ms() / 100, if read.discontinuity { "!" } else { "" })
                }
                Step::Splice => "/".to_owned(),
                Step::Still(until) => format!("g{}", until.to_ms() / 100),
            }));
        }
        out.join(" ")
    }

    #[test]
    fn without_a_stand_in_the_source_goes_through() {
        assert_eq!(play("s0! s3 s6 s9 s12!"), "0 3 6 9 12");
    }

    #[test]
    fn the_stand_in_begins_with_the_key_frame_that_is_due() {
        let begin = "s0! s5 + e4! s9 e5 e9 s13 s14 e13 e14!";
        assert_eq!(play(begin), "0 5 9 13 / 14");
        assert_eq!(play("s0! s5 + e4! s9 e5 e9 s13 s15 e14 e15! e16"), "0 5 9 13 / 15 16");
    }

    #[test]
    fn the_stand_ins_key_frame_may_be_where_the_source_has_a_b_frame() {
        assert_eq!(play("s0! s5 + e4! s9 e5 e9 s16 s14 e14! e15 e16 s15"), "0 5 9 / 14 15 16");
    }

    #[test]
    fn a_stand_in_that_lags_is_not_begun_with() {
        assert_eq!(play("s0! s5 + e4! s9 s13 s14 s15"), "0 5 9 13 14 15");
    }

    #[test]
    fn the_source_takes_over_at_a_key_frame_once_the_stand_in_is_there() {
        let begun = "s0! s5 + e4! s9 e9 s14 e14! s15 e15 -";
        assert_eq!(play(&format!("{begun} s16 e16 s17! e17 e18")), "0 5 9 / 14 15 16 / 17");
        assert_eq!(play(&format!("{begun} s16 s17! x s18")), "0 5 9 / 14 15 / 17 18");
    }

    #[test]
    fn a_lost_stand_in_leaves_a_still_up_to_a_key_frame() {
        let begun = "s0! s5 + e4! s9 e9 s14 e14! s15";
        assert_eq!(play(&format!("{begun} x s16 s18 s20! s21")), "0 5 9 / 14 g16 g18 / 20 21");
        assert_eq!(play(&format!("{begun} s24 s33 s42 s45 s46! s47 e47! s57")), "0 5 9 / 14 g45 / 46 47 57");
    }

    #[test]
    fn a_source_that_pauses_loses_no_stand_in() {
        let begun = "s0! s5 + e4! s9 e9 s14 e14! s15 e15";
        assert_eq!(play(&format!("{begun} s65 s66 e65! e66")), "0 5 9 / 14 15 65 66");
        let silent = "s65 s74 s83 s92 s96! s97";
        assert_eq!(play(&format!("{begun} {silent}")), "0 5 9 / 14 15 / 96 97", "it goes on being silent");
    }

    #[test]
    fn another_session_of_the_source_is_one_of_whoever_leads() {
        let begun = "s0! s5 + e4! s9 e9 s14 e14! s15";
        assert_eq!(play(&format!("{begun} s25!! e15 s26 e25! e26 e35!")), "0 5 9 / 14 15 25! 26 35");
        assert_eq!(play(&format!("{begun} s25!! s26 - s27! e24 e27!")), "0 5 9 / 14 24 / 27!");
        assert_eq!(play(&format!("{begun} x s25!! s26 s35!")), "0 5 9 / 14 / 25! 26 35");
        assert_eq!(play("s0! s5 + e4! s9 e9 s14!! e14! s15"), "0 5 9 / 14!");
        assert_eq!(play("s0! s5!! s9 + e9!"), "0 5! 9");
    }

    #[test]
    fn another_stand_in_may_follow_a_lost_one() {
        let begun = "s0! s5 + e4! s9 e9 s14 e14! s15";
        assert_eq!(play(&format!("{begun} x s16 s18 e18! s22 s28 e28!")), "0 5 9 / 14 g16 g18 g22 / 28");
    }
}
