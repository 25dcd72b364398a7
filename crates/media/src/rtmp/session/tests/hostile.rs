//! Broken, greedy and hostile peers, and the promise that reads may be split anywhere.

use proptest::prelude::*;

use super::*;
use crate::rtmp::testing::chunk;

const SMALL: SessionLimits = SessionLimits {
    message_bytes_max: 50_000,
    command_bytes_max: 4_000,
    pending_bytes_max: 20_000,
    chunk_streams_max: 8,
    partial_bytes_max: 60_000,
    commands_before_publish_max: 10,
};

/// All that [`SMALL`] lets a session hold: a handshake, partial messages, and pending media.
const SMALL_HELD_MAX: usize = 2 * 1537 + 60_000 + 20_000;

#[track_caller]
fn check_error(client: &mut Client, expected: RtmpError) {
    let mut session = Session::new(SMALL);
    let mut effects = Vec::new();
    assert_eq!(session.receive(client.take(), &mut effects), Err(expected.clone()));
    effects.clear();
    assert_eq!(session.receive(Bytes::from_static(b"more"), &mut effects), Err(expected), "it stays over");
    assert_eq!(effects, []);
}

#[test]
fn each_bound_before_the_publish_has_its_own_error() {
    let big = [0; 21_000];
    check_error(Client::new().audio(0, &big[..4001]), RtmpError::Command { bytes: 4001, max: 4000 });
    check_error(
        Client::new().connect("live").publish("k").audio(0, &big),
        RtmpError::Pending { max: 20_000 },
    );
    let mut client = Client::new();
    client.connect("live").publish("k");
    for _ in 0..30 {
        client.audio(0, &big[..1000]);
    }
    check_error(&mut client, RtmpError::Pending { max: 20_000 });
    let mut client = Client::new();
    for _ in 0..11 {
        client.command(0, Writer::command("nonsense", 0.0));
    }
    check_error(&mut client, RtmpError::Commands { max: 10 });
    check_error(Client::new().publish("k"), RtmpError::NotConnected);
    let nested = [&b"\x02\0\x07connect"[..], &b"\x0a\0\0\0\x01".repeat(100)].concat();
    check_error(
        Client::new().message(3, 0, kind::COMMAND_AMF0, 0, &nested),
        RtmpError::Amf(amf::AmfError::Depth),
    );
}

#[test]
fn tiny_media_sent_ahead_cost_what_they_cost_us() {
    let mut client = Client::new();
    client.connect("live").publish("k");
    for _ in 0..1000 {
        client.audio(0, b"a");
    }
    check_error(&mut client, RtmpError::Pending { max: 20_000 });
}

#[test]
fn bounds_stay_after_the_publish_is_accepted() {
    let accepted = || {
        let mut client = Client::new();
        let mut session = Session::new(SMALL);
        session.receive(client.connect("live").publish("k").take(), &mut Vec::new()).expect("good");
        session.accept_publish(&mut Vec::new()).expect("asked");
        (client, session)
    };
    let (mut client, mut session) = accepted();
    assert_eq!(
        feed(&mut session, client.video(0, &[0; 50_001])),
        Err(RtmpError::Message { bytes: 50_001, max: 50_000 })
    );
    let (mut client, mut session) = accepted();
    client.out.extend_from_slice(&chunk(0, 4, 0, 40_000, kind::VIDEO, 1, &[0; 128]));
    client.out.extend_from_slice(&chunk(0, 5, 0, 40_000, kind::VIDEO, 1, &[0; 128]));
    assert_eq!(feed(&mut session, &mut client), Err(RtmpError::Partial { max: 60_000 }));
    let (mut client, mut session) = accepted();
    client.message(4, 0, kind::AGGREGATE, 1, &[0; (AGGREGATE_TAGS_MAX + 1) * 15]);
    assert_eq!(feed(&mut session, &mut client), Err(RtmpError::Aggregate { max: AGGREGATE_TAGS_MAX }));
}

#[test]
fn a_viewer_is_told_that_there_is_nothing_to_see() {
    let mut client = Client::new();
    client.connect("live").command(1, Writer::command("play", 0.0).null().text("k3y"));
    let (effects, result) = play(&mut client);
    assert_eq!(result, Err(RtmpError::Play));
    assert_eq!(answers(&effects).last().expect("an answer").2, code::PLAY_FAILED);
}

#[test]
fn every_error_tells_what_to_do() {
    let errors = [
        RtmpError::Version(6),
        RtmpError::ChunkSize(0),
        RtmpError::Pending { max: 1 },
        RtmpError::Amf(amf::AmfError::Depth),
        RtmpError::Play,
    ];
    for error in errors {
        assert!(error.to_string().contains(';'), "{error}: what is wrong; what to do");
    }
}

#[test]
fn a_session_can_be_fed_byte_by_byte_with_any_chunk_size() {
    let body: Vec<u8> = (b'a'..=b'z').cycle().take(70_000).collect();
    for size in [1, 2, 100, 128, 4096, 60_000, 65_536, 0x0100_0000] {
        let mut client = Client::new();
        client.connect("live").set_chunk_size(size).publish("k3y");
        client.video(0x0123_4567, &body).audio(40, b"a");
        let bytes = client.take();
        let whole = run(&mut session(), &bytes, &[]);
        let every: Vec<usize> = (1..bytes.len()).collect();
        let split = run(&mut session(), &bytes, &every);
        assert_eq!(events(&whole.0).len(), 4);
        assert!(events(&whole.0) == events(&split.0), "chunks of {size}");
    }
}

/// A stream with something of everything.
fn rich_stream(chunk_bytes: u32, times: &[u32]) -> Bytes {
    let mut client = Client::new();
    client.connect("live").set_chunk_size(chunk_bytes).publish("k3y");
    let body: Vec<u8> = (0..=255).cycle().take(900).collect();
    for (&time, number) in times.iter().zip(0..) {
        client.video(time, &body[number * 7 % 256..]).audio(time.wrapping_add(3), &body[..number % 50]);
        client.message(2, 0, kind::USER_CONTROL, 0, &[0, 6, 0, 0, 0, number as u8]);
    }
    client.command(0, Writer::command("deleteStream", 0.0).null().number(1.0));
    client.take()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_split_gives_the_same_events(
        chunk_bytes in 1_u32..2000,
        times in proptest::collection::vec(prop_oneof![0..100_u32, 0xff_fff0..0x100_0010_u32, any::<u32>()], 1..12),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let bytes = rich_stream(chunk_bytes, &times);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        let whole = run(&mut session(), &bytes, &[]);
        let split = run(&mut session(), &bytes, &cuts);
        prop_assert_eq!(whole.1, Ok(()));
        prop_assert_eq!(split.1, Ok(()));
        prop_assert_eq!(events(&whole.0), events(&split.0));
    }

    #[test]
    fn damage_never_panics_and_never_holds_more_than_the_limits(
        chunk_bytes in 1_u32..2000,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..30),
        random in proptest::collection::vec(any::<u8>(), 0..2000),
        step in 1_usize..3000,
    ) {
        let mut bytes = rich_stream(chunk_bytes, &[0, 40, 0xff_ffff, 90]).to_vec();
        for (at, value) in damage {
            // The handshake stays: what is behind it is of interest.
            let at = 3073 + at.index(bytes.len() - 3073);
            bytes[at] = value;
        }
        bytes.extend_from_slice(&random);
        let mut session = Session::new(SMALL);
        let mut effects = Vec::new();
        for piece in bytes.chunks(step) {
            let alive = session.receive(Bytes::copy_from_slice(piece), &mut effects).is_ok();
            prop_assert!(session.held_bytes() <= SMALL_HELD_MAX);
            if !alive {
                break;
            }
            let _ = session.accept_publish(&mut effects);
        }
    }
}
