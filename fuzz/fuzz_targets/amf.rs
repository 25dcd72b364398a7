//! Any bytes as AMF0 (with AMF3 inside) and as a command: no panic, no stack overflow, no allocation beyond the limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::rtmp::amf::{self, Value};
use media::rtmp::command::Command;
use media::rtmp::limits::{AMF_DEPTH_MAX, AMF_VALUES_MAX};

fuzz_target!(|data: &[u8]| {
    if let Ok(values) = amf::decode(data) {
        let (count, depth) = measure(&values);
        assert!(count <= AMF_VALUES_MAX && depth <= AMF_DEPTH_MAX + 1);
    }
    let _ = Command::parse(data);
});

/// How many values there are, and how deep.
fn measure(values: &[Value]) -> (usize, usize) {
    values.iter().fold((0, 0), |(count, depth), value| {
        let (inner_count, inner_depth) = match value {
            Value::List(list) => measure(list),
            Value::Object(properties) => properties.iter().fold((0, 0), |(count, depth), (_, value)| {
                let (c, d) = measure(std::slice::from_ref(value));
                (count + c, depth.max(d))
            }),
            _ => (0, 0),
        };
        (count + 1 + inner_count, depth.max(1 + inner_depth))
    })
}
