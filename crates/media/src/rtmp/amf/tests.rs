//! Values of both AMFs: the orderly, the odd and the hostile.

use proptest::prelude::*;

use super::*;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn object(properties: &[(&str, Value)]) -> Value {
    Value::Object(properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

#[track_caller]
fn check(bytes: &[u8], expected: &[Value]) {
    assert_eq!(decode(bytes), Ok(expected.to_vec()), "{}", bytes.escape_ascii());
}

#[test]
fn amf0_values_of_every_type_are_read() {
    check(b"\x00\x40\x45\0\0\0\0\0\0", &[Value::Number(42.0)]);
    check(b"\x01\x00\x01\x07", &[Value::Boolean(false), Value::Boolean(true)]);
    check(b"\x02\0\x04live", &[text("live")]);
    check(b"\x0c\0\0\0\x04live", &[text("live")]);
    check(b"\x0f\0\0\0\x04<a/>", &[text("<a/>")]);
    check(b"\x05\x06\x0d\x07\0\x01", &[Value::Null, Value::Undefined, Value::Undefined, Value::Undefined]);
    check(b"\x0b\x40\x45\0\0\0\0\0\0\0\0", &[Value::Number(42.0)]);
    check(b"\x03\0\x01a\x05\0\0\x09", &[object(&[("a", Value::Null)])]);
    check(b"\x08\0\0\0\x09\0\x01a\x05\0\0\x09\x05", &[object(&[("a", Value::Null)]), Value::Null]);
    check(b"\x0a\0\0\0\x02\x05\x06", &[Value::List(vec![Value::Null, Value::Undefined])]);
    check(b"\x10\0\x03Foo\0\x01a\x05\0\0\x09", &[object(&[("a", Value::Null)])]);
}

#[test]
fn the_oddities_of_encoders_are_forgiven() {
    // An array without its end.
    check(b"\x08\0\0\0\x01\0\x01a\x05", &[object(&[("a", Value::Null)])]);
    // An object closed twice.
    check(b"\x03\0\0\x09\x09\x05", &[object(&[]), Value::Undefined, Value::Null]);
    // A name that is empty, with a value.
    check(b"\x03\0\0\x05\0\0\x09", &[object(&[("", Value::Null)])]);
    // Latin-1.
    check(b"\x02\0\x03\xfcber", &[text("\u{fffd}be")]);
    // A tail that can't be read.
    check(b"\x05\x02\0\x09li", &[Value::Null]);
    check(b"\x05\x04", &[Value::Null]);
    check(b"", &[]);
}

#[test]
fn amf3_values_are_read_behind_their_marker() {
    check(
        b"\x11\x00\x11\x01\x11\x02\x11\x03",
        &[Value::Undefined, Value::Null, Value::Boolean(false), Value::Boolean(true)],
    );
    check(b"\x11\x04\x7f", &[Value::Number(127.0)]);
    check(b"\x11\x04\x81\x00", &[Value::Number(128.0)]);
    check(b"\x11\x04\xff\xff\xff\xff", &[Value::Number(-1.0)]);
    check(b"\x11\x05\x40\x45\0\0\0\0\0\0", &[Value::Number(42.0)]);
    check(b"\x11\x06\x09live", &[text("live")]);
    check(b"\x11\x08\x01\x40\x45\0\0\0\0\0\0", &[Value::Number(42.0)]);
    check(b"\x11\x0b\x09<a/>", &[text("<a/>")]);
    check(b"\x11\x0c\x05ab\x05", &[Value::Undefined, Value::Null]);
    check(b"\x11\x0d\x03\x00\0\0\0\x07\x05", &[Value::Undefined, Value::Null]);
    check(b"\x11\x10\x03\x00\x01\x04\x05", &[Value::List(vec![Value::Number(5.0)])]);
    check(b"\x11\x11\x03\x00\x06\x03k\x04\x05\x05", &[Value::Undefined, Value::Null]);
    // A dense array; one with names.
    check(b"\x11\x09\x05\x01\x04\x01\x06\x03a", &[Value::List(vec![Value::Number(1.0), text("a")])]);
    check(b"\x11\x09\x01\x03a\x04\x01\x01", &[object(&[("a", Value::Number(1.0))])]);
}

#[test]
fn amf3_objects_share_strings_and_traits() {
    // Two objects of one class with a sealed member "a" and dynamic members; the second by references alone.
    let first = b"\x0a\x1b\x03C\x03a\x06\x03x\x03d\x04\x01\x01";
    let second = b"\x0a\x01\x06\x04\x01";
    let bytes = [b"\x11\x09\x05\x01", &first[..], &second[..]].concat();
    let expected = [object(&[("a", text("x")), ("d", Value::Number(1.0))]), object(&[("a", text("x"))])];
    check(&bytes, &[Value::List(expected.to_vec())]);
}

#[test]
fn references_that_lead_nowhere_end_the_message_quietly() {
    check(b"\x05\x11\x06\x02", &[Value::Null]);
    check(b"\x05\x11\x0a\x05", &[Value::Null]);
}

#[test]
fn depth_number_and_text_are_bounded() {
    assert_eq!(decode(&b"\x0a\0\0\0\x01".repeat(100_000)), Err(AmfError::Depth));
    assert_eq!(decode(&b"\x03\0\x01a".repeat(100_000)), Err(AmfError::Depth));
    assert_eq!(decode(&[b"\x11".to_vec(), b"\x09\x03\x01".repeat(100_000)].concat()), Err(AmfError::Depth));
    assert_eq!(decode(&[b"\x11".to_vec(), b"\x0a\x07\x01".repeat(100_000)].concat()), Err(AmfError::Depth));
    assert_eq!(decode(&[5; AMF_VALUES_MAX + 1]), Err(AmfError::Values));
    // An array that claims four billion values, and has too many.
    assert_eq!(decode(&[&b"\x0a\xff\xff\xff\xff"[..], &[5; AMF_VALUES_MAX]].concat()), Err(AmfError::Values));
    // One long string, named again and again.
    let named_again =
        [&b"\x11\x09\x8f\x53\x01\x06\x87\x69"[..], &[b'x'; 500], &b"\x06\x00".repeat(1000)].concat();
    assert_eq!(decode(&named_again), Err(AmfError::Text));
}

#[test]
fn what_the_writer_writes_is_read() {
    let body = Writer::command("_result", 7.0)
        .null()
        .object(|w| w.property("a", |w| w.texts(&["b", "c"])).property("n", |w| w.number(1.5)))
        .finish();
    let list = Value::List(vec![text("b"), text("c")]);
    check(
        &body,
        &[
            text("_result"),
            Value::Number(7.0),
            Value::Null,
            object(&[("a", list), ("n", Value::Number(1.5))]),
        ],
    );
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn no_markers_make_it_panic(bytes in proptest::collection::vec(0_u8..0x12, 0..400)) {
        let _ = decode(&bytes);
    }
}
