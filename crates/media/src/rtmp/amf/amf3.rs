//! One AMF3 value (AMF 3 §3). Its reference tables live as long as that value, as `avmplus-object-marker` has it.
//!
//! References to strings and traits are followed, those to whole objects are not: a graph that names itself would have no end.

use super::{AmfError, Decoder, Value};

/// §3.1.
mod marker {
    pub(super) const UNDEFINED: u8 = 0x00;
    pub(super) const NULL: u8 = 0x01;
    pub(super) const FALSE: u8 = 0x02;
    pub(super) const TRUE: u8 = 0x03;
    pub(super) const INTEGER: u8 = 0x04;
    pub(super) const DOUBLE: u8 = 0x05;
    pub(super) const STRING: u8 = 0x06;
    pub(super) const XML_DOC: u8 = 0x07;
    pub(super) const DATE: u8 = 0x08;
    pub(super) const ARRAY: u8 = 0x09;
    pub(super) const OBJECT: u8 = 0x0a;
    pub(super) const XML: u8 = 0x0b;
    pub(super) const BYTE_ARRAY: u8 = 0x0c;
    pub(super) const VECTOR_INT: u8 = 0x0d;
    pub(super) const VECTOR_UINT: u8 = 0x0e;
    pub(super) const VECTOR_DOUBLE: u8 = 0x0f;
    pub(super) const VECTOR_OBJECT: u8 = 0x10;
    pub(super) const DICTIONARY: u8 = 0x11;
}

/// The shape of objects of one class (§3.12).
#[derive(Clone, Debug, Default)]
struct Traits {
    externalizable: bool,
    dynamic: bool,
    names: Vec<String>,
}

pub(super) struct Reader<'d, 'a> {
    decoder: &'d mut Decoder<'a>,
    /// Slices of the message, so that naming one again costs nothing until it is decoded, which is counted.
    strings: Vec<&'a [u8]>,
    traits: Vec<Traits>,
}

impl<'d, 'a> Reader<'d, 'a> {
    pub(super) fn new(decoder: &'d mut Decoder<'a>) -> Self {
        Self { decoder, strings: Vec::new(), traits: Vec::new() }
    }

    pub(super) fn value(&mut self, depth: usize) -> Result<Value, AmfError> {
        self.decoder.count(depth)?;
        Ok(match self.decoder.byte()? {
            marker::UNDEFINED => Value::Undefined,
            marker::NULL => Value::Null,
            marker::FALSE => Value::Boolean(false),
            marker::TRUE => Value::Boolean(true),
            // 29 bits with a sign.
            marker::INTEGER => Value::Number(f64::from(((self.u29()? << 3) as i32) >> 3)),
            marker::DOUBLE => Value::Number(self.decoder.double()?),
            marker::STRING => Value::Text(self.text()?),
            marker::DATE => match self.inline()? {
                Some(_) => Value::Number(self.decoder.double()?),
                None => Value::Undefined,
            },
            marker::XML_DOC | marker::XML => match self.inline()? {
                Some(len) => Value::Text(self.decoder.text(len)?),
                None => Value::Undefined,
            },
            marker::BYTE_ARRAY => self.skip(1, 0)?,
            marker::VECTOR_INT | marker::VECTOR_UINT => self.skip(4, 1)?,
            marker::VECTOR_DOUBLE => self.skip(8, 1)?,
            marker::VECTOR_OBJECT => self.vector(depth)?,
            marker::ARRAY => self.array(depth)?,
            marker::OBJECT => self.object(depth)?,
            marker::DICTIONARY => self.dictionary(depth)?,
            other => return Err(AmfError::Marker(other)),
        })
    }

    /// §1.3.1: up to 29 bits in one to four bytes.
    fn u29(&mut self) -> Result<u32, AmfError> {
        let mut number = 0;
        for _ in 0..3 {
            let byte = self.decoder.byte()?;
            number = (number << 7) | u32::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Ok((number << 8) | u32::from(self.decoder.byte()?))
    }

    /// A length that follows inline, or `None` for a reference to an earlier object.
    fn inline(&mut self) -> Result<Option<usize>, AmfError> {
        let header = self.u29()?;
        Ok((header & 1 == 1).then_some((header >> 1) as usize))
    }

    fn text(&mut self) -> Result<String, AmfError> {
        let header = self.u29()?;
        let index = (header >> 1) as usize;
        let bytes = if header & 1 == 0 {
            *self.strings.get(index).ok_or(AmfError::Reference)?
        } else {
            let bytes = self.decoder.take(index)?;
            // The empty string is never referred to (§1.3.2).
            if !bytes.is_empty() {
                self.strings.push(bytes);
            }
            bytes
        };
        self.decoder.own_text(bytes)
    }

    /// Passes over `size` bytes an element, and `extra` bytes before them.
    fn skip(&mut self, size: usize, extra: usize) -> Result<Value, AmfError> {
        if let Some(count) = self.inline()? {
            self.decoder.take(extra)?;
            self.decoder.take(count.checked_mul(size).ok_or(AmfError::Short)?)?;
        }
        Ok(Value::Undefined)
    }

    fn vector(&mut self, depth: usize) -> Result<Value, AmfError> {
        let Some(count) = self.inline()? else { return Ok(Value::Undefined) };
        self.decoder.take(1)?;
        self.text()?;
        self.list(count, depth)
    }

    fn list(&mut self, count: usize, depth: usize) -> Result<Value, AmfError> {
        let mut list = Vec::new();
        for _ in 0..count {
            list.push(self.value(depth + 1)?);
        }
        Ok(Value::List(list))
    }

    /// §3.11: named members first, then the dense ones. With both, the names win: that is metadata.
    fn array(&mut self, depth: usize) -> Result<Value, AmfError> {
        let Some(count) = self.inline()? else { return Ok(Value::Undefined) };
        let named = self.members(depth)?;
        let dense = self.list(count, depth)?;
        Ok(if named.is_empty() { dense } else { Value::Object(named) })
    }

    /// Name and value pairs up to the empty name.
    fn members(&mut self, depth: usize) -> Result<Vec<(String, Value)>, AmfError> {
        let mut members = Vec::new();
        loop {
            let name = self.text()?;
            if name.is_empty() {
                return Ok(members);
            }
            members.push((name, self.value(depth + 1)?));
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, AmfError> {
        let header = self.u29()?;
        if header & 1 == 0 {
            return Ok(Value::Undefined);
        }
        let traits = self.traits(header)?;
        if traits.externalizable {
            // Its format is private to its class; ArrayCollection and its kin wrap one value.
            return self.value(depth + 1);
        }
        let mut properties = Vec::new();
        for name in traits.names {
            properties.push((name, self.value(depth + 1)?));
        }
        if traits.dynamic {
            properties.extend(self.members(depth)?);
        }
        Ok(Value::Object(properties))
    }

    fn traits(&mut self, header: u32) -> Result<Traits, AmfError> {
        if header & 2 == 0 {
            let known = self.traits.get((header >> 2) as usize).ok_or(AmfError::Reference)?;
            for name in &known.names {
                // Names that are used again are text again.
                self.decoder.own_text(name.as_bytes())?;
            }
            return Ok(known.clone());
        }
        self.text()?;
        let mut traits =
            Traits { externalizable: header & 4 != 0, dynamic: header & 8 != 0, names: Vec::new() };
        if !traits.externalizable {
            for _ in 0..header >> 4 {
                // A name is as dear as a value: its member follows.
                self.decoder.count(0)?;
                traits.names.push(self.text()?);
            }
        }
        self.traits.push(traits.clone());
        Ok(traits)
    }

    fn dictionary(&mut self, depth: usize) -> Result<Value, AmfError> {
        let Some(count) = self.inline()? else { return Ok(Value::Undefined) };
        self.decoder.take(1)?;
        for _ in 0..count {
            self.value(depth + 1)?;
            self.value(depth + 1)?;
        }
        Ok(Value::Undefined)
    }
}
