//! Chunks as the specification has them, and as encoders do.

use proptest::prelude::*;

use super::*;
use crate::rtmp::testing::chunk;

const AUDIO: u8 = kind::AUDIO;
const VIDEO: u8 = kind::VIDEO;

fn reader() -> ChunkReader {
    let mut reader = ChunkReader::new(SessionLimits::default());
    reader.expect(Phase::Media);
    reader
}

/// All messages in `bytes`, read in pieces of `step`.
fn read(reader: &mut ChunkReader, bytes: &[u8], step: usize) -> Result<Vec<Message>, RtmpError> {
    let mut messages = Vec::new();
    for piece in bytes.chunks(step) {
        let mut input = Bytes::copy_from_slice(piece);
        while let Some(message) = reader.read(&mut input)? {
            messages.push(message);
        }
        assert!(input.is_empty(), "a reader takes all it is given");
    }
    Ok(messages)
}

/// Reads `chunks` in one piece and in pieces of 1, 2, 3 and 7 bytes, and compares timestamps and bodies.
#[track_caller]
fn check(chunks: &[Vec<u8>], expected: &[(u32, &str)]) {
    let bytes = chunks.concat();
    for step in [bytes.len(), 1, 2, 3, 7] {
        let mut reader = reader();
        let messages = read(&mut reader, &bytes, step).expect("good chunks");
        let seen: Vec<_> =
            messages.iter().map(|m| (m.timestamp_ms, std::str::from_utf8(&m.data).expect("text"))).collect();
        assert_eq!(seen, expected, "in pieces of {step}");
        assert_eq!(reader.held_bytes(), 0);
    }
}

#[track_caller]
fn check_error(chunks: &[Vec<u8>], expected: RtmpError) {
    assert_eq!(read(&mut reader(), &chunks.concat(), 5), Err(expected));
}

fn set_chunk_size(bytes: u32) -> Vec<u8> {
    chunk(0, 2, 0, 4, kind::SET_CHUNK_SIZE, 0, &bytes.to_be_bytes())
}

#[test]
fn each_header_format_inherits_what_it_leaves_out() {
    check(
        &[
            chunk(0, 4, 1000, 3, AUDIO, 1, b"one"),
            chunk(1, 4, 20, 4, AUDIO, 0, b"four"),
            chunk(2, 4, 30, 0, 0, 0, b"five"),
            chunk(3, 4, 0, 0, 0, 0, b"same"),
        ],
        &[(1000, "one"), (1020, "four"), (1050, "five"), (1080, "same")],
    );
}

#[test]
fn a_format_3_that_opens_a_message_after_a_format_0_adds_its_timestamp() {
    check(
        &[chunk(0, 4, 23, 1, AUDIO, 1, b"a"), chunk(3, 4, 0, 0, 0, 0, b"b"), chunk(3, 4, 0, 0, 0, 0, b"c")],
        &[(23, "a"), (46, "b"), (69, "c")],
    );
}

#[test]
fn a_format_3_inside_a_message_adds_nothing() {
    check(
        &[
            set_chunk_size(2),
            chunk(0, 4, 10, 5, AUDIO, 1, b"ab"),
            chunk(3, 4, 0, 0, 0, 0, b"cd"),
            chunk(3, 4, 0, 0, 0, 0, b"e"),
        ],
        &[(10, "abcde")],
    );
}

#[test]
fn messages_may_be_interleaved_chunk_by_chunk() {
    check(
        &[
            set_chunk_size(2),
            chunk(0, 4, 10, 4, AUDIO, 1, b"ab"),
            chunk(0, 6, 20, 4, VIDEO, 1, b"12"),
            chunk(3, 4, 0, 0, 0, 0, b"cd"),
            chunk(3, 6, 0, 0, 0, 0, b"34"),
        ],
        &[(10, "abcd"), (20, "1234")],
    );
}

#[test]
fn a_chunk_size_may_change_inside_a_message_of_another_stream() {
    check(
        &[
            chunk(0, 4, 1, 130, AUDIO, 1, &[b'x'; 128]),
            set_chunk_size(1),
            chunk(3, 4, 0, 0, 0, 0, b"y"),
            chunk(3, 4, 0, 0, 0, 0, b"z"),
        ],
        &[(1, &format!("{}yz", "x".repeat(128)))],
    );
}

#[test]
fn chunk_stream_ids_of_two_and_three_bytes_are_read() {
    let long = |first: &[u8]| [first, &chunk(0, 4, 7, 1, AUDIO, 1, b"a")[1..]].concat();
    check(&[long(&[0, 0]), long(&[0, 255]), long(&[1, 0, 1]), long(&[1, 255, 255])], &[(7, "a"); 4]);
}

#[test]
fn an_extended_timestamp_may_be_repeated_on_format_3() {
    let time = 0x0123_4567_u32;
    let repeated = |rest: &[u8]| [&time.to_be_bytes()[..], rest].concat();
    check(
        &[
            set_chunk_size(2),
            chunk(0, 6, time, 4, VIDEO, 1, b"ab"),
            chunk(3, 6, 0, 0, 0, 0, &repeated(b"cd")),
        ],
        &[(time, "abcd")],
    );
}

#[test]
fn an_extended_timestamp_may_be_missing_on_format_3() {
    // The payload begins with the first byte of the timestamp: only the second tells.
    check(
        &[set_chunk_size(2), chunk(0, 6, 0x0123_4567, 4, VIDEO, 1, b"ab"), chunk(3, 6, 0, 0, 0, 0, b"\x01d")],
        &[(0x0123_4567, "ab\x01d")],
    );
    check(
        &[set_chunk_size(3), chunk(0, 6, 0x6162_6364, 5, VIDEO, 1, b"ab_"), chunk(3, 6, 0, 0, 0, 0, b"ax")],
        &[(0x6162_6364, "ab_ax")],
    );
}

#[test]
fn formats_1_and_2_take_extended_deltas() {
    let delta = 0x0100_0000;
    check(
        &[
            chunk(0, 4, 5, 1, AUDIO, 1, b"a"),
            chunk(1, 4, delta, 1, AUDIO, 0, b"b"),
            chunk(2, 4, delta, 0, 0, 0, b"c"),
            chunk(3, 4, 0, 0, 0, 0, &[&delta.to_be_bytes()[..], b"d"].concat()),
        ],
        &[(5, "a"), (5 + delta, "b"), (5 + 2 * delta, "c"), (5 + 3 * delta, "d")],
    );
}

#[test]
fn the_24_bit_boundary_is_crossed_without_a_seam() {
    check(
        &[
            chunk(0, 4, 0xff_fff0, 1, AUDIO, 1, b"a"),
            chunk(2, 4, 15, 0, 0, 0, b"b"),
            chunk(2, 4, 15, 0, 0, 0, b"c"),
            chunk(0, 4, 0xff_ffff, 1, AUDIO, 1, b"d"),
            chunk(0, 4, 0x0100_0000, 1, AUDIO, 1, b"e"),
        ],
        &[(0xff_fff0, "a"), (0xff_ffff, "b"), (0x0100_000e, "c"), (0xff_ffff, "d"), (0x0100_0000, "e")],
    );
}

#[test]
fn the_32_bit_clock_wraps() {
    check(
        &[
            chunk(0, 4, u32::MAX - 9, 1, AUDIO, 1, b"a"),
            chunk(2, 4, 20, 0, 0, 0, b"b"),
            chunk(3, 4, 0, 0, 0, 0, b"c"),
        ],
        &[(u32::MAX - 9, "a"), (10, "b"), (30, "c")],
    );
}

#[test]
fn a_format_3_after_an_absolute_extended_timestamp_stands_still() {
    let time = 0x0200_0000_u32;
    check(
        &[
            chunk(0, 4, time, 1, AUDIO, 1, b"a"),
            chunk(3, 4, 0, 0, 0, 0, &[&time.to_be_bytes()[..], b"b"].concat()),
        ],
        &[(time, "a"), (time, "b")],
    );
}

#[test]
fn an_abort_forgets_one_message_only() {
    let abort = |id: u32| chunk(0, 2, 0, 4, kind::ABORT, 0, &id.to_be_bytes());
    check(
        &[
            set_chunk_size(4),
            chunk(0, 4, 10, 6, AUDIO, 1, b"lost"),
            chunk(0, 6, 10, 6, VIDEO, 1, b"keep"),
            abort(4),
            abort(99),
            chunk(3, 6, 0, 0, 0, 0, b"it"),
            chunk(1, 4, 5, 3, AUDIO, 0, b"new"),
        ],
        &[(10, "keepit"), (15, "new")],
    );
}

#[test]
fn a_header_inside_a_message_drops_what_there_was() {
    check(
        &[set_chunk_size(2), chunk(0, 4, 10, 6, AUDIO, 1, b"lo"), chunk(0, 4, 20, 2, AUDIO, 1, b"ok")],
        &[(20, "ok")],
    );
}

#[test]
fn an_empty_message_ends_with_its_header() {
    check(&[chunk(0, 4, 9, 0, AUDIO, 1, b""), chunk(3, 4, 0, 0, 0, 0, b"")], &[(9, ""), (18, "")]);
}

#[test]
fn chunk_sizes_from_1_to_beyond_16_mib_are_taken() {
    let body = "b".repeat(300_000);
    for size in [1, 2, 127, 128, 4096, 65_536, 0xff_ffff, 0x0100_0000, i32::MAX as u32] {
        let mut wire = BytesMut::new();
        write(&mut wire, size as usize, 4, AUDIO, 1, body.as_bytes());
        let bytes = [set_chunk_size(size), wire.to_vec()].concat();
        let messages = read(&mut reader(), &bytes, 65_536).expect("good chunks");
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].data, body.as_bytes());
    }
}

#[test]
fn a_chunk_size_of_nothing_or_with_the_top_bit_is_refused() {
    check_error(&[set_chunk_size(0)], RtmpError::ChunkSize(0));
    check_error(&[set_chunk_size(1 << 31)], RtmpError::ChunkSize(1 << 31));
}

#[test]
fn a_chunk_that_leans_on_nothing_is_refused_unless_it_says_what_it_is() {
    check_error(&[chunk(2, 4, 1, 0, 0, 0, b"")], RtmpError::ChunkWithoutHeader(4));
    check_error(&[chunk(3, 4, 0, 0, 0, 0, b"")], RtmpError::ChunkWithoutHeader(4));
    check(&[chunk(1, 4, 5, 1, AUDIO, 0, b"a")], &[(5, "a")]);
}

#[test]
fn each_bound_has_its_own_error() {
    let limits = SessionLimits {
        message_bytes_max: 1000,
        command_bytes_max: 100,
        pending_bytes_max: 500,
        chunk_streams_max: 3,
        partial_bytes_max: 1500,
        commands_before_publish_max: 1,
    };
    let begun = |id: u8, length: usize| chunk(0, id, 0, length, AUDIO, 1, &vec![0; length.min(128)]);
    let run = |phase, chunks: &[Vec<u8>]| {
        let mut reader = ChunkReader::new(limits);
        reader.expect(phase);
        let result = read(&mut reader, &chunks.concat(), 64).map(|_| ());
        assert!(reader.held_bytes() <= limits.partial_bytes_max);
        result.expect_err("over a limit")
    };
    assert_eq!(run(Phase::Media, &[begun(4, 1001)]), RtmpError::Message { bytes: 1001, max: 1000 });
    assert_eq!(run(Phase::Pending, &[begun(4, 501)]), RtmpError::Pending { max: 500 });
    assert_eq!(run(Phase::Commands, &[begun(4, 101)]), RtmpError::Command { bytes: 101, max: 100 });
    assert_eq!(run(Phase::Media, &[begun(4, 900), begun(5, 900)]), RtmpError::Partial { max: 1500 });
    assert_eq!(run(Phase::Pending, &[begun(4, 300), begun(5, 300)]), RtmpError::Partial { max: 500 });
    assert_eq!(
        run(Phase::Media, &[begun(4, 1), begun(5, 1), begun(6, 1), begun(7, 1)]),
        RtmpError::ChunkStreams { max: 3 }
    );
}

#[test]
fn a_message_in_one_chunk_and_one_read_is_a_slice_of_it() {
    let input = Bytes::from([set_chunk_size(4096), chunk(0, 4, 10, 1000, AUDIO, 1, &[7; 1000])].concat());
    let inside = input.as_ptr_range();
    let mut rest = input.clone();
    let message = reader().read(&mut rest).expect("good").expect("whole");
    assert!(inside.contains(&message.data.as_ptr()));
}

/// A message as a peer may send it.
fn any_message() -> impl Strategy<Value = (u8, u8, u32, Vec<u8>)> {
    (2_u8..64, 8_u8..10, any::<u32>(), proptest::collection::vec(any::<u8>(), 0..600))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read_again_whatever_the_chunk_size_and_the_reads(
        messages in proptest::collection::vec(any_message(), 1..8),
        size in 1_u32..700,
        step in 1_usize..900,
    ) {
        let mut wire = BytesMut::from(&set_chunk_size(size)[..]);
        for (id, kind, stream_id, data) in &messages {
            write(&mut wire, size as usize, *id, *kind, *stream_id, data);
        }
        let seen = read(&mut reader(), &wire, step).expect("good chunks");
        let seen: Vec<_> = seen.into_iter().map(|m| (m.kind, m.stream_id, m.data.to_vec())).collect();
        let sent: Vec<_> = messages.into_iter().map(|(_, kind, stream, data)| (kind, stream, data)).collect();
        prop_assert_eq!(seen, sent);
    }
}
