//! Any bytes as an H.264 record and as a frame: nothing panics, and a record that is accepted makes a header.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::cmaf::{TrackParams, init::init_segment};
use media::codec::h264::{self, H264Config};
use media::frame::CodecConfig;

fuzz_target!(|data: &[u8]| {
    let data = Bytes::copy_from_slice(data);
    if let Ok(config) = H264Config::parse(&data) {
        let sets = config.parameter_sets();
        assert!(H264Config::from_parameter_sets(&sets.sps, &sets.pps).is_ok());
        let config = CodecConfig::H264(config);
        assert!(!init_segment(&config, TrackParams::of(&config)).is_empty());
        assert!(config.rfc6381().starts_with("avc1."));
    }
    let _ = (h264::contains_idr(&data), h264::inband_parameter_sets(&data).count());
    let _ = h264::announced_key_frame_interval(&data);
    for size in 0..=5 {
        if let Ok(frame) = h264::to_four_byte_lengths(&data, size) {
            assert_eq!(h264::check_frame(&frame), Ok(()));
        }
    }
});
