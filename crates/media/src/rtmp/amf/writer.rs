//! Writes AMF0. Only what our answers need.

use bytes::{BufMut, Bytes, BytesMut};

use super::marker;

/// Builds the body of a command message value by value.
#[derive(Debug, Default)]
pub struct Writer {
    out: BytesMut,
}

impl Writer {
    /// A command: its name and its transaction (0: no answer is wanted).
    pub fn command(name: &str, transaction: f64) -> Self {
        Self::default().text(name).number(transaction)
    }

    /// A string; past 65535 bytes it is cut, which none of ours is.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.out.put_u8(marker::STRING);
        self.name(text);
        self
    }

    /// A number.
    #[must_use]
    pub fn number(mut self, number: f64) -> Self {
        self.out.put_u8(marker::NUMBER);
        self.out.put_f64(number);
        self
    }

    /// Null.
    #[must_use]
    pub fn null(mut self) -> Self {
        self.out.put_u8(marker::NULL);
        self
    }

    /// An object whose properties `fill` writes with [`Writer::property`].
    #[must_use]
    pub fn object(mut self, fill: impl FnOnce(Self) -> Self) -> Self {
        self.out.put_u8(marker::OBJECT);
        let mut filled = fill(self);
        filled.out.put_slice(&[0, 0, marker::OBJECT_END]);
        filled
    }

    /// A property inside [`Writer::object`]; `value` writes exactly one value.
    #[must_use]
    pub fn property(mut self, name: &str, value: impl FnOnce(Self) -> Self) -> Self {
        self.name(name);
        value(self)
    }

    /// A strict array of texts.
    #[must_use]
    pub fn texts(mut self, texts: &[&str]) -> Self {
        self.out.put_u8(marker::STRICT_ARRAY);
        self.out.put_u32(texts.len() as u32);
        texts.iter().fold(self, |writer, text| writer.text(text))
    }

    /// The body.
    pub fn finish(self) -> Bytes {
        self.out.freeze()
    }

    fn name(&mut self, text: &str) {
        let bytes = &text.as_bytes()[..text.len().min(usize::from(u16::MAX))];
        self.out.put_u16(bytes.len() as u16);
        self.out.put_slice(bytes);
    }
}
