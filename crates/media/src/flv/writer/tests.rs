//! What is written, byte by byte. That it is read again is `reader`'s test.

use super::*;

#[test]
fn the_file_header_announces_its_tracks() {
    assert_eq!(file_header(true, true), *b"FLV\x01\x05\0\0\0\x09\0\0\0\0");
    assert_eq!(file_header(true, false)[4], 1);
    assert_eq!(file_header(false, true)[4], 4);
}

#[test]
fn a_video_frame_is_framed_with_its_extended_timestamp_and_offset() {
    let framing = video_frame(0x0102_0304, true, -2, 10).expect("short");
    assert_eq!(framing.head, *b"\x09\0\0\x0f\x02\x03\x04\x01\0\0\0\x17\x01\xff\xff\xfe");
    assert_eq!(framing.tail, [0, 0, 0, 26]);
    assert_eq!(video_frame(0, false, 0, 10).expect("short").head[11], 0x27);
}

#[test]
fn configs_and_audio_are_framed() {
    assert_eq!(video_config(5, 7).expect("short").head, *b"\x09\0\0\x0c\0\0\x05\0\0\0\0\x17\0\0\0\0");
    assert_eq!(video_end(5).head, *b"\x09\0\0\x05\0\0\x05\0\0\0\0\x17\x02\0\0\0");
    assert_eq!(audio_config(5, 2).expect("short").head, *b"\x08\0\0\x04\0\0\x05\0\0\0\0\xaf\0");
    let framing = audio_frame(5, 256).expect("short");
    assert_eq!(framing.head, *b"\x08\0\x01\x02\0\0\x05\0\0\0\0\xaf\x01");
    assert_eq!(framing.tail, [0, 0, 1, 13]);
}

#[test]
fn a_payload_that_flv_has_no_size_for_is_refused() {
    assert!(video_frame(0, true, 0, 0xff_ffff - 5).is_ok());
    let error = FlvError::TooLong { bytes: 0xff_ffff, max: 0xff_ffff - 5 };
    assert_eq!(video_frame(0, true, 0, 0xff_ffff), Err(error));
}
