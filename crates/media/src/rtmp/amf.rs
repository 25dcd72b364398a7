//! AMF0 and AMF3 (Adobe's "Action Message Format – AMF 0" and "AMF 3"): what encoders say in, decoded with patience and bounds.
//!
//! [`decode`] promises to end within the bounds of [`limits`](super::limits) and never to recurse deeper. It forgives what real encoders do: an array
//! without its end marker, an end marker where a value should be, text that is not UTF-8. Values that nobody here needs (references,
//! shared objects by number) become [`Value::Undefined`]. [`Writer`] writes the AMF0 that we answer with.

mod amf3;
mod writer;

use super::limits::{AMF_DEPTH_MAX, AMF_TEXT_BYTES_MAX, AMF_VALUES_MAX};

pub use writer::Writer;

/// A decoded value of either AMF.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Also AMF3 integers and the milliseconds of dates.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Text of any length, XML too.
    Text(String),
    /// Objects (typed ones without their type) and associative arrays, in the order sent; a name may come twice.
    Object(Vec<(String, Value)>),
    /// Arrays and vectors.
    List(Vec<Value>),
    /// Nothing, said so.
    Null,
    /// Nothing, or something that is not looked at.
    Undefined,
}

impl Value {
    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
    /// A property of an object; `None` for anything else.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(properties) => {
                properties.iter().find(|(key, _)| key == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmfError {
    /// It ends inside a value.
    #[error("the value ends early")]
    Short,
    /// A type that the specifications don't have.
    #[error("type marker {0:#04x} is not known")]
    Marker(u8),
    /// A reference to a string or to traits that were never sent.
    #[error("a reference leads nowhere")]
    Reference,
    /// [`AMF_DEPTH_MAX`].
    #[error("objects are nested deeper than {AMF_DEPTH_MAX}")]
    Depth,
    /// [`AMF_VALUES_MAX`].
    #[error("more than {AMF_VALUES_MAX} values")]
    Values,
    /// [`AMF_TEXT_BYTES_MAX`].
    #[error("more than {AMF_TEXT_BYTES_MAX} bytes of text")]
    Text,
}

impl AmfError {
    /// The message was built to exhaust us, and not merely sloppy.
    pub fn is_limit(self) -> bool {
        match self {
            Self::Depth | Self::Values | Self::Text => true,
            Self::Short | Self::Marker(_) | Self::Reference => false,
        }
    }
}

/// Decodes the values of an AMF0 message, in which each may switch to AMF3 (marker 0x11).
///
/// What comes before a value that can't be read is returned: the end of a command is where encoders are sloppy. Limits are errors all the same.
pub fn decode(data: &[u8]) -> Result<Vec<Value>, AmfError> {
    let mut decoder = Decoder { rest: data, values: 0, text_bytes: 0 };
    let mut values = Vec::new();
    while !decoder.rest.is_empty() {
        match decoder.value(0) {
            Ok(value) => values.push(value),
            Err(error) if error.is_limit() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(values)
}

/// AMF0 type markers (§2.1).
mod marker {
    pub(super) const NUMBER: u8 = 0x00;
    pub(super) const BOOLEAN: u8 = 0x01;
    pub(super) const STRING: u8 = 0x02;
    pub(super) const OBJECT: u8 = 0x03;
    pub(super) const NULL: u8 = 0x05;
    pub(super) const UNDEFINED: u8 = 0x06;
    pub(super) const REFERENCE: u8 = 0x07;
    pub(super) const ECMA_ARRAY: u8 = 0x08;
    pub(super) const OBJECT_END: u8 = 0x09;
    pub(super) const STRICT_ARRAY: u8 = 0x0a;
    pub(super) const DATE: u8 = 0x0b;
    pub(super) const LONG_STRING: u8 = 0x0c;
    pub(super) const UNSUPPORTED: u8 = 0x0d;
    pub(super) const XML: u8 = 0x0f;
    pub(super) const TYPED_OBJECT: u8 = 0x10;
    pub(super) const AVM_PLUS: u8 = 0x11;
}

struct Decoder<'a> {
    rest: &'a [u8],
    values: usize,
    text_bytes: usize,
}

impl<'a> Decoder<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, AmfError> {
        self.count(depth)?;
        Ok(match self.byte()? {
            marker::NUMBER => Value::Number(self.double()?),
            marker::BOOLEAN => Value::Boolean(self.byte()? != 0),
            marker::STRING => Value::Text(self.short_text()?),
            marker::OBJECT => Value::Object(self.properties(depth)?),
            marker::NULL => Value::Null,
            // An end marker where a value should be: an encoder closed an object twice.
            marker::UNDEFINED | marker::UNSUPPORTED | marker::OBJECT_END => Value::Undefined,
            marker::REFERENCE => {
                self.take(2)?;
                Value::Undefined
            }
            marker::ECMA_ARRAY => {
                // The count is a hint that encoders get wrong; the end marker decides.
                self.take(4)?;
                Value::Object(self.properties(depth)?)
            }
            marker::STRICT_ARRAY => {
                let count = self.u32()?;
                let mut list = Vec::new();
                for _ in 0..count {
                    list.push(self.value(depth + 1)?);
                }
                Value::List(list)
            }
            marker::DATE => {
                let milliseconds = self.double()?;
                self.take(2)?;
                Value::Number(milliseconds)
            }
            marker::LONG_STRING | marker::XML => {
                let len = self.u32()? as usize;
                Value::Text(self.text(len)?)
            }
            marker::TYPED_OBJECT => {
                self.short_text()?;
                Value::Object(self.properties(depth)?)
            }
            marker::AVM_PLUS => amf3::Reader::new(self).value(depth)?,
            other => return Err(AmfError::Marker(other)),
        })
    }

    /// Name and value pairs up to an empty name with an end marker, or to the end of the message.
    fn properties(&mut self, depth: usize) -> Result<Vec<(String, Value)>, AmfError> {
        let mut properties = Vec::new();
        while !self.rest.is_empty() {
            let name = self.short_text()?;
            if name.is_empty() && self.rest.first().is_none_or(|&b| b == marker::OBJECT_END) {
                self.rest = self.rest.get(1..).unwrap_or_default();
                break;
            }
            properties.push((name, self.value(depth + 1)?));
        }
        Ok(properties)
    }

    /// Every value passes here: depth and number are bounded in one place.
    fn count(&mut self, depth: usize) -> Result<(), AmfError> {
        self.values += 1;
        match () {
            () if depth > AMF_DEPTH_MAX => Err(AmfError::Depth),
            () if self.values > AMF_VALUES_MAX => Err(AmfError::Values),
            () => Ok(()),
        }
    }

    fn short_text(&mut self) -> Result<String, AmfError> {
        let len = u16::from_be_bytes(self.array()?);
        self.text(usize::from(len))
    }

    fn text(&mut self, len: usize) -> Result<String, AmfError> {
        let bytes = self.take(len)?;
        self.own_text(bytes)
    }

    /// Every text passes here.
    fn own_text(&mut self, bytes: &[u8]) -> Result<String, AmfError> {
        self.text_bytes += bytes.len();
        if self.text_bytes > AMF_TEXT_BYTES_MAX {
            return Err(AmfError::Text);
        }
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], AmfError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(AmfError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], AmfError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(AmfError::Short)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, AmfError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, AmfError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn double(&mut self) -> Result<f64, AmfError> {
        Ok(f64::from_be_bytes(self.array()?))
    }
}

#[cfg(test)]
mod tests;
