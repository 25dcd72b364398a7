//! What encoders send, tag by tag, as it arrives on the tracks. Rows of our list of real encoders' input give the names.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::ids::{ChannelId, StreamId, StreamKeyId};
use domain::users::LatencyMode;
use runtime::clock;

use super::super::slot::Slot;
use super::*;
use crate::limits::READ_BYTES;
use crate::live::{Broadcast, Phase, Read};

/// What publishers are admitted with.
const KEY: StreamKeyId = StreamKeyId(1);

/// x264's records: 720p, 1080p, and 4:2:2 with ten bits.
const HD: &str =
    "0164001fffe1001c6764001facd9405005bb016a02020280000003008000001e078c18cb01000668ebe3cb22c0fdf8f800";
const FULL_HD: &str = "0142c00bffe100186742c00bda01e0089f970110000003001000000780f142aa01000468ce0fc8";
const HIGH_422_10: &str =
    "017a000dffe10019677a000db6cd941419f8dc04400000fa40003a9803c50a658001000668ebe3cb22c0fefafa00";

fn unhex(text: &str) -> Bytes {
    let digit = |index: usize| u8::from_str_radix(&text[index..index + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(digit).collect()
}

/// An encoder on a stream of its own, whose clock is right.
struct Encoder {
    intake: Intake,
    slot: Arc<Slot>,
    began: Instant,
    config: IngestConfig,
}

impl Encoder {
    fn new() -> Self {
        let began = clock::now();
        let name = "tester".parse().expect("a valid name");
        let wall = WallTime::from_unix_ms(0);
        let broadcast = Broadcast::new(StreamId(1), ChannelId(7), name, false, LatencyMode::Low, wall);
        let slot = Arc::new(Slot::new(Arc::new(broadcast), began));
        let intake = Intake::new(slot.seat(KEY, began).expect("is free"), began);
        Self { intake, slot, began, config: IngestConfig::default() }
    }

    /// It leaves and comes back, both `ms` after the beginning.
    fn comes_again(&mut self, ms: u32) {
        let now = self.began + Duration::from_millis(u64::from(ms));
        self.slot.broadcast.watchable.send_replace(true);
        let seat = self.slot.seat(KEY, now).expect("is not over");
        let before = std::mem::replace(&mut self.intake, Intake::new(seat, now));
        before.into_seat().leave(now, now);
        self.slot.interrupt_if_silent(now, Duration::ZERO, now + Duration::from_secs(90));
    }

    fn send(&mut self, tag: EncoderTag, ms: u32) -> Result<(), MediaError> {
        let now = self.began + Duration::from_millis(u64::from(ms));
        let arrival = Arrival { raw_ms: ms, now, wall: WallTime::from_unix_ms(i64::from(ms)) };
        self.intake.take(tag, arrival, &self.config)
    }

    /// A sequence header.
    fn header(&mut self, record: &str, ms: u32) -> Result<(), MediaError> {
        self.send(EncoderTag::Video([&b"\x17\x00\0\0\0"[..], &unhex(record)].concat().into()), ms)
    }

    /// A picture of these units.
    fn picture(&mut self, units: &[&[u8]], ms: u32) -> Result<(), MediaError> {
        let mut body = b"\x17\x01\0\0\0".to_vec();
        for unit in units {
            body.extend((unit.len() as u32).to_be_bytes());
            body.extend(*unit);
        }
        self.send(EncoderTag::Video(body.into()), ms)
    }

    fn key(&mut self, ms: u32) -> Result<(), MediaError> {
        self.picture(&[b"\x65key"], ms)
    }

    fn other(&mut self, ms: u32) -> Result<(), MediaError> {
        self.picture(&[b"\x41other"], ms)
    }

    fn sound(&mut self, ms: u32) -> Result<(), MediaError> {
        self.send(EncoderTag::Audio(Bytes::from_static(b"\xaf\x01sound")), ms)
    }

    /// All pictures that arrived: their times, with `!` where a break is.
    fn arrived(&self) -> String {
        let mut reader = self.slot.broadcast.video.reader_from(MediaTime(i64::MIN));
        let text =
            |read: Read| format!("{}{}", read.frame.dts.to_ms(), if read.discontinuity { "!" } else { "" });
        std::iter::from_fn(|| reader.try_next()).map(text).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn v2_pictures_before_the_first_key_frame_are_left_out() {
    let mut encoder = Encoder::new();
    encoder.header(HD, 0).expect("good");
    encoder.other(0).expect("left out");
    encoder.other(40).expect("left out");
    encoder.key(80).expect("good");
    encoder.other(120).expect("good");
    assert_eq!(encoder.arrived(), "0 40");
}

#[test]
fn v2_an_encoder_without_any_key_frame_is_told_so_even_by_its_sound() {
    for with_sound in [false, true] {
        let mut encoder = Encoder::new();
        encoder.header(HD, 0).expect("good");
        let told = (0..400).map(|n| n * 40).find_map(|ms| {
            let sent = if with_sound { encoder.sound(ms) } else { encoder.other(ms) };
            sent.err().map(|error| (ms, error))
        });
        let limit = encoder.config.key_frame_timeout.as_millis();
        assert!(
            matches!(told, Some((ms, MediaError::NoKeyFrame)) if u128::from(ms) > limit),
            "sound: {with_sound}, {told:?}"
        );
    }
}

#[test]
fn an_encoder_that_comes_back_with_sound_alone_is_heard_and_shows_what_it_showed_before() {
    let mut encoder = Encoder::new();
    encoder.send(EncoderTag::Audio(Bytes::from_static(b"\xaf\x00\x11\x90")), 0).expect("good");
    encoder.header(HD, 0).expect("good");
    encoder.key(0).expect("good");
    encoder.comes_again(5_000);
    encoder.header(HD, 5_000).expect("good");
    let phase = |encoder: &Encoder| *encoder.slot.broadcast.phase.borrow();
    let mut heard = Vec::new();
    for ms in (5_000..30_000).step_by(500) {
        encoder.sound(ms).expect("is not cut, though no key frame comes");
        if phase(&encoder) == Phase::Live {
            heard.push(ms);
        }
    }
    assert_eq!(heard.first(), Some(&7_000));
    encoder.comes_again(40_000);
    encoder.sound(40_000).expect("good");
    assert_eq!(phase(&encoder), Phase::Interrupted, "a picture may be on its way");
    encoder.key(40_100).expect("good");
    assert_eq!(phase(&encoder), Phase::Live);
}

#[test]
fn v6_another_header_breaks_at_its_key_frame_and_v8_the_same_one_does_not() {
    let mut encoder = Encoder::new();
    encoder.header(HD, 0).expect("good");
    encoder.key(0).expect("good");
    encoder.header(HD, 40).expect("a repeat");
    encoder.key(40).expect("good");
    encoder.header(FULL_HD, 80).expect("another");
    encoder.other(80).expect("not decodable, left out");
    encoder.key(120).expect("good");
    encoder.header(FULL_HD, 160).expect("a repeat");
    encoder.key(160).expect("good");
    assert_eq!(encoder.arrived(), "0 40 120! 160");
}

#[test]
fn v7_parameter_sets_that_change_inside_the_pictures_break_and_repeats_do_not() {
    let mut encoder = Encoder::new();
    let [hd, full_hd] = [HD, FULL_HD].map(|record| H264Config::parse(&unhex(record)).expect("good"));
    encoder.header(HD, 0).expect("good");
    for (n, config) in [&hd, &hd, &full_hd, &full_hd].into_iter().enumerate() {
        let sets = config.parameter_sets();
        encoder.picture(&[sets.sps[0], sets.pps[0], b"\x65key"], n as u32 * 40).expect("good");
    }
    assert_eq!(encoder.arrived(), "0 40 80! 120");
    let now = encoder.slot.broadcast.video.config().expect("configured");
    assert!(matches!(&*now, CodecConfig::H264(now) if now.height == 1080), "{now:?}");
}

/// x264's message about itself, as the unit before its first picture.
fn x264_says(settings: &str) -> Vec<u8> {
    let uuid = b"\xdc\x45\xe9\xbd\xe6\xd9\x48\xb7\x96\x2c\xd8\x20\xd9\x23\xee\xef";
    let payload = [&uuid[..], settings.as_bytes()].concat();
    [&[6, 5, payload.len() as u8], &payload[..], &[0x80]].concat()
}

#[test]
fn v1_an_encoder_that_announces_few_key_frames_is_believed_until_it_sends_many() {
    for (settings, want) in
        [("keyint=250", true), ("keyint=infinite", true), ("keyint=30", false), ("", false)]
    {
        let mut encoder = Encoder::new();
        encoder.header(HD, 0).expect("good");
        encoder.picture(&[&x264_says(settings), b"\x65key"], 0).expect("good");
        assert_eq!(encoder.slot.broadcast.unfit.borrow().seldom, want, "{settings:?}");
        encoder.other(40).expect("good");
        assert_eq!(encoder.slot.broadcast.unfit.borrow().seldom, want, "{settings:?}, and stays so");
        for second in 1..6 {
            encoder.key(second * 1_000).expect("good");
        }
        assert!(!encoder.slot.broadcast.unfit.borrow().seldom, "{settings:?}, one a second");
    }
}

#[test]
fn v14_a_colour_format_that_no_browser_plays_is_refused_by_name() {
    let refused = Encoder::new().header(HIGH_422_10, 0).expect_err("ten bits");
    assert!(refused.to_string().contains("NV12"), "{refused}");
    let mut encoder = Encoder::new();
    encoder.header(HD, 0).expect("good");
    let ten_bits = H264Config::parse(&unhex(HIGH_422_10)).expect("good");
    let sets = ten_bits.parameter_sets();
    let refused =
        encoder.picture(&[sets.sps[0], sets.pps[0], b"\x65key"], 0).expect_err("in the picture too");
    assert!(matches!(refused, MediaError::ColourFormat), "{refused}");
}

#[test]
fn v15_more_bits_than_allowed_are_borne_for_a_while_and_then_told() {
    let mut encoder = Encoder::new();
    encoder.header(HD, 0).expect("good");
    // A key frame of two megabytes is as good as any; forty megabits a second are not.
    let key = [&b"\x65"[..], &vec![1; 2_000_000]].concat();
    encoder.picture(&[&key], 0).expect("large, but alone");
    let picture = [&b"\x41"[..], &vec![1; 200_000]].concat();
    let told = (1..400)
        .map(|n| n * 40)
        .find_map(|ms| encoder.picture(&[&picture], ms).err().map(|error| (ms, error)));
    let Some((ms, MediaError::Bitrate { sent, allowed: 20_000 })) = told else { panic!("{told:?}") };
    assert!(ms > 2_000 && sent >= 20_000, "{sent} kb/s after {ms} ms");
}

#[test]
fn a1_metadata_announce_nothing_and_a5_sound_that_is_no_aac_is_refused_by_name() {
    let mut encoder = Encoder::new();
    encoder.intake.metadata(&Metadata::default());
    encoder.sound(0).expect("without a header it is nothing");
    assert!(
        encoder.slot.broadcast.audio.config().is_none() && encoder.slot.broadcast.audio.newest().is_none()
    );
    let refused = encoder.send(EncoderTag::Audio(Bytes::from_static(b"\x2fmp3")), 0).expect_err("MP3");
    assert!(refused.to_string().starts_with("MP3 audio"), "{refused}");
}

#[test]
fn broken_tags_are_forgiven_until_there_are_too_many_in_a_row() {
    let mut encoder = Encoder::new();
    encoder.header(HD, 0).expect("good");
    let broken = EncoderTag::Video(Bytes::from_static(b"\x17\x01\0\0\0\0\0\xff\xffcut"));
    for n in 0..BROKEN_MAX * 3 {
        let forgiven = encoder.send(broken.clone(), n * 40);
        assert!(forgiven.is_ok(), "{n}: {forgiven:?}");
        if n % BROKEN_MAX == BROKEN_MAX - 1 {
            encoder.key(n * 40).expect("good");
        }
    }
    let refused = (0..=BROKEN_MAX).find_map(|_| encoder.send(broken.clone(), 9_000).err());
    assert!(matches!(refused, Some(MediaError::BrokenFrames(_))), "{refused:?}");
}

/// Sends broken tags, each with a good frame of sound after it; how many were forgiven.
fn forgiven_between_good_sound(broken: &EncoderTag) -> u32 {
    let mut encoder = Encoder::new();
    encoder.header(HD, 0).expect("good");
    encoder.key(0).expect("good");
    encoder.send(EncoderTag::Audio(Bytes::from_static(b"\xaf\x00\x11\x90")), 0).expect("good");
    let forgiven = (1..BROKEN_MAX * 4).take_while(|n| {
        encoder.sound(n * 23).expect("good");
        encoder.send(broken.clone(), n * 23).is_ok()
    });
    u32::try_from(forgiven.count()).expect("few")
}

#[test]
fn broken_sound_is_forgiven_between_good_sound_and_broken_pictures_are_not() {
    let sound = EncoderTag::Audio(Bytes::from_static(b"\xaf"));
    let picture = EncoderTag::Video(Bytes::from_static(b"\x17\x01\0\0\0\0\0\xff\xffcut"));
    let forgiven = [&sound, &picture].map(forgiven_between_good_sound);
    assert_eq!(forgiven, [BROKEN_MAX * 4 - 1, BROKEN_MAX]);
}

/// A read's buffer that says when it is gone.
struct Watched(Vec<u8>, Arc<AtomicBool>);

impl AsRef<[u8]> for Watched {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.1.store(true, Ordering::Relaxed);
    }
}

/// A read with `body` in front, and whether it is gone.
fn read_with(body: &[u8]) -> (Bytes, Arc<AtomicBool>) {
    let is_gone = Arc::new(AtomicBool::new(false));
    let mut bytes = body.to_vec();
    bytes.resize(READ_BYTES, 0);
    (Bytes::from_owner(Watched(bytes, Arc::clone(&is_gone))), is_gone)
}

#[test]
fn small_frames_and_headers_do_not_keep_the_reads_that_they_came_in() {
    let mut encoder = Encoder::new();
    let header = [&b"\x17\x00\0\0\0"[..], &unhex(HD)].concat();
    type Wrap = fn(Bytes) -> EncoderTag;
    let bodies: [(&[u8], Wrap); 4] = [
        (&header, EncoderTag::Video),
        (b"\x17\x01\0\0\0\0\0\0\x04\x65key", EncoderTag::Video),
        (b"\xaf\x00\x11\x90", EncoderTag::Audio),
        (b"\xaf\x01sound", EncoderTag::Audio),
    ];
    for (body, tag) in bodies {
        let (read, is_gone) = read_with(body);
        encoder.send(tag(read.slice(..body.len())), 0).expect("good");
        drop(read);
        assert!(is_gone.load(Ordering::Relaxed), "{body:?}");
    }
    let broadcast = &encoder.slot.broadcast;
    assert!(broadcast.video.newest().is_some() && broadcast.audio.newest().is_some(), "they are held");
}

#[test]
fn what_is_large_beside_its_read_is_not_copied() {
    let body = Bytes::from(vec![0; SHARED_BYTES_MIN]);
    let at = body.as_ptr();
    assert_eq!(without_its_read(body).as_ptr(), at);
}

#[test]
fn bytes_that_are_no_media_count_and_what_rtmp_needs_itself_is_allowed() {
    // Sent over a minute: bits a second of 20,000,000 allowed.
    for (bps, want) in [(20_000_000, true), (20_600_000, true), (22_000_000, false)] {
        let encoder = Encoder::new();
        let told = (0..60 * 25).find_map(|n| {
            let now = encoder.began + Duration::from_millis(n * 40);
            let wall = WallTime::from_unix_ms(n as i64 * 40);
            encoder.intake.count(bps / 8 / 25, now, wall, &encoder.config).err()
        });
        assert_eq!(told.is_none(), want, "{bps}: {told:?}");
    }
}

#[test]
fn what_an_encoder_says_after_it_was_taken_over_counts_for_nothing() {
    let old = Encoder::new();
    let _new = old.slot.seat(KEY, old.began).expect("may be taken over");
    let rate = media::rtmp::amf::Value::Number(6_000.0);
    old.intake.metadata(&Metadata { properties: vec![("videodatarate".to_owned(), rate)] });
    assert_eq!(old.slot.broadcast.rates.borrow().announced_bps, 0);
    // As it is written when the seat is lost between a look at it and the writing.
    old.intake.use_picture(H264Config::parse(&unhex(HD)).expect("good")).expect("good, and nobody's");
    assert!(old.slot.broadcast.video.config().is_none());
}

#[test]
fn what_an_encoder_sends_as_it_is_taken_over_does_not_begin_the_next_ones_session() {
    // Often, since it is a matter of who is first.
    for round in 0..200 {
        let mut old = Encoder::new();
        old.header(HD, 0).expect("good");
        old.key(0).expect("good");
        let (slot, began) = (Arc::clone(&old.slot), old.began);
        let both = std::sync::Barrier::new(2);
        let seat = std::thread::scope(|threads| {
            threads.spawn(|| {
                both.wait();
                for n in 1..1_000 {
                    old.key(n).expect("good, or nobody's");
                }
            });
            both.wait();
            slot.seat(KEY, began).expect("may be taken over")
        });
        let mut new = Encoder { intake: Intake::new(seat, began), slot, began, config: old.config };
        new.key(2_000).expect("good");
        let arrived = new.arrived();
        assert!(arrived.ends_with('!'), "round {round}: {arrived}");
        assert_eq!(arrived.matches('!').count(), 1, "round {round}: {arrived}");
    }
}
