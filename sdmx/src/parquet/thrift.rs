//! The compact protocol of Thrift, as far as it takes to judge headers of a file before they are decoded.
//!
//! What lives here: a walk over structs without recursion, which goes by the types that a file declares and refuses
//! those that are not the format's. What must not: what the numbers of a header may be (`footer`, `pages`).
//!
//! The decoder reads a field by its id and takes its type for granted. A walk that went by declared types alone
//! could be led past what the decoder reads; that is why types are compared with a [`Shape`].

use super::footer::Unsound;

/// Types of the protocol.
pub(super) const FLAG: u8 = 1;
const FLAG_FALSE: u8 = 2;
pub(super) const BYTE: u8 = 3;
const SHORT: u8 = 4;
pub(super) const INT: u8 = 5;
pub(super) const LONG: u8 = 6;
const DOUBLE: u8 = 7;
pub(super) const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
const SET: u8 = 10;
pub(super) const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// Most bytes of a number of 64 bits.
const VARINT_BYTES_MAX: u32 = 10;
/// Deepest structs and lists inside each other: those of the format go down to six.
const DEPTH_MAX: usize = 16;

const ENDS: Unsound = Unsound::Damaged("a header ends too early");

/// Fields of a struct that the decoder knows: id, type, and the shape of what is in it. Others are passed over.
pub(super) struct Shape(pub(super) &'static [(i16, u8, &'static Shape)]);

/// Without fields that are known.
pub(super) const NONE: Shape = Shape(&[]);

/// Walks over bytes.
#[derive(Clone, Copy)]
pub(super) struct Walk<'b> {
    bytes: &'b [u8],
}

/// What is open while something is passed over.
enum Open {
    Struct,
    /// Type of the items, and how many are left.
    List(u8, u64),
}

impl<'b> Walk<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    /// Bytes ahead.
    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    fn byte(&mut self) -> Result<u8, Unsound> {
        let (first, rest) = self.bytes.split_first().ok_or(ENDS)?;
        self.bytes = rest;
        Ok(*first)
    }

    /// Goes ahead.
    pub(super) fn pass(&mut self, count: u64) -> Result<(), Unsound> {
        let count = usize::try_from(count).map_err(|_| ENDS)?;
        self.bytes = self.bytes.get(count..).ok_or(ENDS)?;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, Unsound> {
        let mut number = 0;
        for place in 0..VARINT_BYTES_MAX {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unsound::Damaged("a number has too many bytes"))
    }

    fn signed(&mut self) -> Result<i64, Unsound> {
        let number = self.varint()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// Id and type of the next field of a struct, of which `last` was the one before; nothing at its end.
    pub(super) fn field(&mut self, last: i16) -> Result<Option<(i16, u8)>, Unsound> {
        let byte = self.byte()?;
        let (ahead, kind) = (byte >> 4, byte & 0xF);
        if kind == 0 {
            return Ok(None);
        }
        let id = match ahead {
            // Ids are cut to sixteen bits by the decoder, too.
            0 => self.signed()? as i16,
            _ => last.checked_add(i16::from(ahead)).ok_or(Unsound::Damaged("a field has no id"))?,
        };
        Ok(Some((id, kind)))
    }

    /// Type and count of the items of a list.
    pub(super) fn list(&mut self) -> Result<(u8, u64), Unsound> {
        let byte = self.byte()?;
        let count = match byte >> 4 {
            15 => self.varint()?,
            count => u64::from(count),
        };
        // An item takes a byte at least.
        if count > self.left() as u64 {
            return Err(Unsound::Damaged("a list has more items than bytes"));
        }
        Ok((byte & 0xF, count))
    }

    /// Passes over a value of that type, whatever is in it.
    pub(super) fn skip(&mut self, mut kind: u8) -> Result<(), Unsound> {
        let mut open = Vec::new();
        loop {
            match kind {
                // The type is the value.
                FLAG | FLAG_FALSE => {}
                BYTE => self.pass(1)?,
                SHORT | INT | LONG => _ = self.varint()?,
                DOUBLE => self.pass(8)?,
                UUID => self.pass(16)?,
                BINARY => {
                    let count = self.varint()?;
                    self.pass(count)?;
                }
                STRUCT => open.push(Open::Struct),
                LIST | SET => {
                    let (items, count) = self.list()?;
                    open.push(Open::List(items, count));
                }
                _ => return Err(Unsound::Damaged("a field has a type that the format does not use")),
            }
            if open.len() > DEPTH_MAX {
                return Err(Unsound::Damaged("a header is nested too deep"));
            }
            kind = loop {
                let next = match open.last_mut() {
                    None => return Ok(()),
                    Some(Open::Struct) => self.field(0)?.map(|(_, kind)| kind),
                    Some(Open::List(_, 0)) => None,
                    Some(Open::List(items, left)) => {
                        *left -= 1;
                        Some(*items)
                    }
                };
                match next {
                    Some(next) => break next,
                    None => _ = open.pop(),
                }
            };
        }
    }

    /// Passes over a struct of that shape. `number` is told each integer of a field that is known: the id of the
    /// field with the struct around it (0: the struct itself), the field's own id, and the integer.
    pub(super) fn fields(
        &mut self,
        shape: &'static Shape,
        mut number: impl FnMut(i16, i16, i32),
    ) -> Result<(), Unsound> {
        // Shape, the field before, and the field with the struct. Shapes end: no deeper than they are.
        let mut open = vec![(shape, 0, 0)];
        while let Some((shape, last, around)) = open.last_mut() {
            let Some((id, kind)) = self.field(*last)? else {
                open.pop();
                continue;
            };
            *last = id;
            let around = *around;
            let Some((_, known, inner)) = shape.0.iter().find(|known| known.0 == id) else {
                self.skip(kind)?;
                continue;
            };
            match kind {
                _ if kind != *known && (kind, *known) != (FLAG_FALSE, FLAG) => {
                    return Err(Unsound::Damaged("a field is not of its type"));
                }
                STRUCT => open.push((*inner, 0, id)),
                // Integers are cut to 32 bits by the decoder, too.
                INT => number(around, id, self.signed()? as i32),
                _ => self.skip(kind)?,
            }
        }
        Ok(())
    }
}
