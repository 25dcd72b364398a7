//! Takes a publisher's tags, checks what they hold and writes frames on the tracks.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::time::WallTime;
use media::codec::aac::{AacConfig, AacError};
use media::codec::h264::{self, H264Config, H264Error};
use media::flv::{AudioTag, FlvError, VideoTag};
use media::frame::{CodecConfig, Frame};
use media::rtmp::Metadata;
use media::time::{MediaSpan, MediaTime};

use super::config::IngestConfig;
use super::meter::Meter;
use super::slot::{Cut, Seat};
use super::timeline::{Placed, repaired_cts};
use crate::limits::SHARED_BYTES_MIN;
use crate::package::Timing;

/// Audio that one group holds: where a late listener may start.
const AUDIO_GROUP: MediaSpan = MediaSpan::from_ms(1_000);
/// Frames a second of an encoder that does not say: as many as usual ones send.
const FPS_USUAL_MAX: f64 = 60.0;
/// Sound that comes for so long without a picture is what there is, and viewers see a still with it: longer than a picture that is on
/// its way takes.
const SOUND_ALONE_MIN: Duration = Duration::from_secs(2);
/// RTMP's own headers are a fiftieth of what usual encoders send, and far less than one part in this many.
const FRAMING_SHARE: u64 = 16;
/// Broken tags in a row that are forgiven.
const BROKEN_MAX: u32 = 30;

/// Why a publisher is cut, in words that its encoder shows.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// A video codec that we don't take.
    #[error("{0} video can't be broadcast here: set the encoder to H.264 (x264, NVENC H.264 or the like)")]
    VideoCodec(Cow<'static, str>),
    /// An audio codec that we don't take.
    #[error("{0} audio can't be broadcast here: set the encoder to AAC")]
    AudioCodec(Cow<'static, str>),
    /// 4:2:2, 4:4:4 or more than 8 bits.
    #[error("this colour format plays in no browser: set the encoder to NV12 or I420 (8-bit 4:2:0)")]
    ColourFormat,
    /// A broken H.264 header.
    #[error("the H.264 header can't be read: {0}")]
    VideoHeader(#[source] H264Error),
    /// A broken AAC header.
    #[error("the AAC header can't be read: {0}")]
    AudioHeader(#[source] AacError),
    /// Tag after tag is broken.
    #[error("the encoder sends broken data: {0}")]
    Broken(#[source] FlvError),
    /// Frame after frame is broken.
    #[error("the encoder sends broken pictures: {0}")]
    BrokenFrames(#[source] H264Error),
    /// No key frame within the time allowed.
    #[error("no key frame came: set the key-frame interval to 1 or 2 seconds")]
    NoKeyFrame,
    /// More bits than allowed, for ten seconds.
    #[error("{sent} kb/s is more than the {allowed} kb/s allowed here: lower the bit rate")]
    Bitrate {
        /// Kilobits a second, measured.
        sent: u64,
        /// Kilobits a second, allowed.
        allowed: u64,
    },
}

/// What an encoder sent, as FLV wraps it.
#[derive(Clone, Debug)]
pub enum EncoderTag {
    /// A video tag's body.
    Video(Bytes),
    /// An audio tag's body.
    Audio(Bytes),
}

/// When a tag came, by each clock there is.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// What the encoder says: milliseconds that wrap.
    pub raw_ms: u32,
    /// When it was read.
    pub now: Instant,
    /// The same on the wall.
    pub wall: WallTime,
}

/// One encoder session's intake.
#[derive(Debug)]
pub struct Intake {
    seat: Seat,
    began: Instant,
    /// When the newest picture came, or when it all began.
    pictured: Instant,
    has_key: bool,
    /// Of each kind by itself: good sound says nothing of pictures.
    broken_pictures: u32,
    broken_sound: u32,
    audio_group: Option<MediaTime>,
    /// The record of the last config, to see repeats without parsing them (V8).
    video_record: Bytes,
    audio_record: Bytes,
}

impl Intake {
    /// An intake for the publisher on `seat`, from `now` on.
    pub fn new(seat: Seat, now: Instant) -> Self {
        let none = Bytes::new();
        Self {
            seat,
            began: now,
            pictured: now,
            has_key: false,
            broken_pictures: 0,
            broken_sound: 0,
            audio_group: None,
            video_record: none.clone(),
            audio_record: none,
        }
    }

    /// The publisher's seat.
    pub fn seat(&mut self) -> &mut Seat {
        &mut self.seat
    }

    /// Gives the seat back, to leave it.
    pub fn into_seat(self) -> Seat {
        self.seat
    }

    /// Takes what the encoder says of its stream: hints, never facts (A1).
    pub fn metadata(&self, metadata: &Metadata) {
        let kbps = metadata.number("videodatarate").filter(|rate| (1.0..1_000_000.0).contains(rate));
        if let Some(kbps) = kbps {
            let announced_bps = (kbps * 1000.0) as u64;
            let rates = &self.seat.slot().broadcast.rates;
            self.seat.hold(|| rates.send_modify(|rates| rates.announced_bps = announced_bps));
        }
    }

    /// Takes a tag.
    ///
    /// # Errors
    /// When this publisher can't be taken on; the text is for its encoder.
    pub fn take(
        &mut self,
        tag: EncoderTag,
        arrival: Arrival,
        config: &IngestConfig,
    ) -> Result<(), MediaError> {
        // What a publisher has still on its way when another one takes its seat says nothing about that one's stream. What is
        // written is written with the seat held, for it may be taken at any time; this only spares the work.
        if !self.seat.is_current() {
            return Ok(());
        }
        let (taken, broken) = match tag {
            EncoderTag::Video(body) => {
                (self.video(without_its_read(body), arrival, config), &mut self.broken_pictures)
            }
            EncoderTag::Audio(body) => {
                (self.audio(without_its_read(body), arrival, config), &mut self.broken_sound)
            }
        };
        match taken {
            // A few broken tags in a row are a glitch, more are an encoder to be told.
            Err(MediaError::Broken(_) | MediaError::BrokenFrames(_)) if *broken < BROKEN_MAX => {
                *broken += 1;
                Ok(())
            }
            taken => taken,
        }
    }

    /// Counts bytes that were read from this publisher, whatever they are: what it sends beside its media is bounded too.
    ///
    /// # Errors
    /// When they are more than its media and what RTMP puts around them may be.
    pub fn count(
        &self,
        bytes: usize,
        now: Instant,
        wall: WallTime,
        config: &IngestConfig,
    ) -> Result<(), MediaError> {
        let read = self.seat.measure(|meter| {
            meter.read(bytes, now, wall);
            meter.sustained_read_bps()
        });
        check_rate(read.unwrap_or(0), config.bitrate_max_bps / FRAMING_SHARE, config)
    }

    fn video(&mut self, body: Bytes, arrival: Arrival, config: &IngestConfig) -> Result<(), MediaError> {
        match VideoTag::parse(body).map_err(MediaError::Broken)? {
            VideoTag::Config(record) => self.configure_video(record),
            VideoTag::Frame { cts_ms, data, .. } => self.video_frame(cts_ms, data, arrival, config),
            VideoTag::Unsupported { codec } => Err(MediaError::VideoCodec(codec)),
            VideoTag::Ignored | VideoTag::EndOfSequence => Ok(()),
        }
    }

    fn audio(&mut self, body: Bytes, arrival: Arrival, config: &IngestConfig) -> Result<(), MediaError> {
        match AudioTag::parse(body).map_err(MediaError::Broken)? {
            AudioTag::Config(record) => self.configure_audio(record),
            AudioTag::Frame(data) => {
                self.audio_frame(data, arrival);
                // A stream that had a picture shows it again; only one that never had is nothing without it.
                if self.seat.slot().broadcast.video.newest().is_none() {
                    self.check_key_frame(config, arrival.now)?;
                }
                self.check_rate(config)
            }
            AudioTag::Unsupported { codec } => Err(MediaError::AudioCodec(codec)),
            AudioTag::Ignored => Ok(()),
        }
    }

    fn configure_video(&mut self, record: Bytes) -> Result<(), MediaError> {
        if record == self.video_record {
            return Ok(());
        }
        let config = H264Config::parse(&record).map_err(MediaError::VideoHeader)?;
        self.use_picture(config)?;
        self.video_record = record;
        Ok(())
    }

    /// What follows is coded with `config`, wherever the encoder says so.
    fn use_picture(&self, config: H264Config) -> Result<(), MediaError> {
        if !config.is_420_8bit() {
            return Err(MediaError::ColourFormat);
        }
        let broadcast = &self.seat.slot().broadcast;
        let interlaced = config.interlaced;
        let announced = self.seat.hold(|| {
            // First, so that a transcoder that begins with this config knows.
            broadcast
                .unfit
                .send_if_modified(|unfit| std::mem::replace(&mut unfit.interlaced, interlaced) != interlaced);
            broadcast.announce_picture(CodecConfig::H264(config))
        });
        match announced {
            Some(Some(true)) => tracing::info!(interlaced, "source video configured"),
            // Its playlists list no picture and nobody asks for them again: only a new stream can have one.
            Some(None) => self.seat.slot().end(Cut::PictureCame),
            Some(Some(false)) | None => {}
        }
        Ok(())
    }

    fn configure_audio(&mut self, record: Bytes) -> Result<(), MediaError> {
        if record == self.audio_record {
            return Ok(());
        }
        let config = AacConfig::parse(&record).map_err(MediaError::AudioHeader)?;
        self.audio_record = record;
        let broadcast = &self.seat.slot().broadcast;
        // Listeners get the same kind of sound whatever this one is, so another one breaks nothing (A4).
        if self.seat.hold(|| broadcast.audio.configure(CodecConfig::Aac(config))) == Some(true) {
            tracing::info!("source audio configured");
        }
        Ok(())
    }

    fn video_frame(
        &mut self,
        cts_ms: i32,
        data: Bytes,
        arrival: Arrival,
        config: &IngestConfig,
    ) -> Result<(), MediaError> {
        let Arrival { raw_ms, now, wall } = arrival;
        let Some(CodecConfig::H264(h264)) = self.seat.slot().broadcast.video.config().as_deref().cloned()
        else {
            return Ok(());
        };
        let data =
            h264::to_four_byte_lengths(&data, h264.nal_length_size).map_err(MediaError::BrokenFrames)?;
        let key = h264::contains_idr(&data);
        if key {
            self.follow_parameter_sets(&h264, &data)?;
            if !self.has_key {
                self.believe_announced_interval(&h264, &data);
            }
        } else if !self.has_key {
            return self.check_key_frame(config, now);
        }
        (self.has_key, self.broken_pictures, self.pictured) = (true, 0, now);
        let cts = repaired_cts(cts_ms);
        let placed = self.seat.place(now, |timeline, meter| {
            let Placed::At { dts, breaks } = timeline.video(raw_ms, now) else { return None };
            meter.video(data.len(), dts, key, now, wall);
            let track = &self.seat.slot().broadcast.video;
            if breaks {
                track.mark_break();
            }
            track.push(Frame { dts, cts, key, data }, key);
            self.note_seldom_keys(meter);
            if key {
                self.note_fps(meter);
            }
            Some(meter.sustained_bps())
        });
        let Some(sent_bps) = placed.flatten() else { return Ok(()) };
        self.seat.resume();
        check_rate(sent_bps, 0, config)
    }

    /// Some encoders change parameter sets inside the pictures only (V7): that is a new config as well.
    fn follow_parameter_sets(&mut self, h264: &H264Config, data: &[u8]) -> Result<(), MediaError> {
        if h264::inband_parameter_sets(data).all(|unit| h264.holds(unit)) {
            return Ok(());
        }
        let units: Vec<&[u8]> = h264::inband_parameter_sets(data).collect();
        let of = |kind: u8| -> Vec<&[u8]> {
            units.iter().copied().filter(|unit| h264::nal::nal_type(unit) == kind).collect()
        };
        let (sps, pps) = (of(h264::nal::SPS), of(h264::nal::PPS));
        let held = h264.parameter_sets();
        let sps = if sps.is_empty() { held.sps } else { sps };
        let pps = if pps.is_empty() { held.pps } else { pps };
        let config = H264Config::from_parameter_sets(&sps, &pps).map_err(MediaError::VideoHeader)?;
        self.use_picture(config)
    }

    /// An encoder that says itself that its key frames may be too far apart need not prove it: until it has, nobody could begin
    /// to watch. If they come often after all, it is found out.
    fn believe_announced_interval(&self, h264: &H264Config, data: &[u8]) {
        let Some(frames) = h264::announced_key_frame_interval(data) else { return };
        let broadcast = &self.seat.slot().broadcast;
        let interval_s = f64::from(frames) / h264.fps.unwrap_or(FPS_USUAL_MAX);
        let longest = Timing::of(broadcast.latency, MediaSpan::ZERO).segment_max();
        if interval_s * 1_000.0 > longest.to_ms() as f64 && !broadcast.unfit.borrow().seldom {
            tracing::info!(frames, interval_s, "encoder announces few key frames");
            self.seat.hold(|| broadcast.unfit.send_modify(|unfit| unfit.seldom = true));
        }
    }

    /// Once a group of pictures: the frame rate for playlists.
    fn note_fps(&self, meter: &Meter) {
        let Some(fps) = meter.fps() else { return };
        let rates = &self.seat.slot().broadcast.rates;
        rates.send_if_modified(|rates| std::mem::replace(&mut rates.fps, fps) != fps);
    }

    /// Asked with every frame, since it is the one that does not come which counts.
    fn note_seldom_keys(&self, meter: &Meter) {
        let broadcast = &self.seat.slot().broadcast;
        let longest = Timing::of(broadcast.latency, MediaSpan::ZERO).segment_max();
        let was_seldom = broadcast.unfit.borrow().seldom;
        let seldom = meter.keys_are_seldom(longest, was_seldom);
        if seldom != was_seldom {
            tracing::info!(seldom, "pace of key frames changed");
            broadcast.unfit.send_modify(|unfit| unfit.seldom = seldom);
        }
    }

    /// With every frame, for what is kept in memory is bounded by time.
    fn check_rate(&self, config: &IngestConfig) -> Result<(), MediaError> {
        check_rate(self.seat.slot().meter(|meter| meter.sustained_bps()), 0, config)
    }

    /// A picture that is announced and never begins would keep its sound waiting for ever (V2).
    fn check_key_frame(&self, config: &IngestConfig, now: Instant) -> Result<(), MediaError> {
        let waited = now.saturating_duration_since(self.began);
        match !self.video_record.is_empty() && !self.has_key && waited > config.key_frame_timeout {
            true => Err(MediaError::NoKeyFrame),
            false => Ok(()),
        }
    }

    fn audio_frame(&mut self, data: Bytes, arrival: Arrival) {
        self.broken_sound = 0;
        let Arrival { raw_ms, now, wall } = arrival;
        let Some(CodecConfig::Aac(aac)) = self.seat.slot().broadcast.audio.config().as_deref().cloned()
        else {
            return;
        };
        let (track, group) = (&self.seat.slot().broadcast.audio, &mut self.audio_group);
        let is_placed = self.seat.place(now, |timeline, meter| {
            meter.audio(data.len(), now, wall);
            let placed = timeline.audio(raw_ms, aac.frame_samples(), aac.sample_rate, now);
            let Placed::At { dts, .. } = placed else { return false };
            let starts = group.is_none_or(|start| dts - start >= AUDIO_GROUP);
            if starts {
                *group = Some(dts);
            }
            track.push(Frame { dts, cts: MediaSpan::ZERO, key: true, data }, starts);
            true
        });
        if is_placed != Some(true) {
            return;
        }
        let waited = now.saturating_duration_since(self.pictured);
        if waited >= SOUND_ALONE_MIN || self.seat.slot().broadcast.video.config().is_none() {
            self.seat.resume();
        }
    }
}

/// `beside` is allowed on top of what media may take.
fn check_rate(sent: u64, beside: u64, config: &IngestConfig) -> Result<(), MediaError> {
    match sent > config.bitrate_max_bps.saturating_add(beside) {
        true => Err(MediaError::Bitrate { sent: sent / 1000, allowed: config.bitrate_max_bps / 1000 }),
        false => Ok(()),
    }
}

/// `body`, copied if it is a small slice of a read: sound is kept for a minute, and must not keep the pictures that came
/// with it.
fn without_its_read(body: Bytes) -> Bytes {
    if body.len() < SHARED_BYTES_MIN { Bytes::copy_from_slice(&body) } else { body }
}

#[cfg(test)]
mod tests;
