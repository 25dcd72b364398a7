//! Any bytes as an `AudioSpecificConfig`: nothing panics, and one that is accepted makes a header.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::cmaf::{TrackParams, init::init_segment};
use media::codec::aac::AacConfig;
use media::frame::CodecConfig;

fuzz_target!(|data: &[u8]| {
    if let Ok(config) = AacConfig::parse(&Bytes::copy_from_slice(data)) {
        assert!(config.sample_rate > 0 && (1..=8).contains(&config.channels));
        let config = CodecConfig::Aac(config);
        assert!(!init_segment(&config, TrackParams::of(&config)).is_empty());
    }
});
