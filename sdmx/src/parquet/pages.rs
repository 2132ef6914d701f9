//! What the pages of a column may ask for before they are unpacked.
//!
//! A page says itself how large it is once unpacked, and how many values it has; a page of some bytes may say
//! gigabytes. What the metadata say of the column binds neither.

use super::CHUNK_BYTES_MAX;
use super::footer::Unsound;
use super::thrift::{FLAG, INT, NONE, STRUCT, Shape, Walk};

/// Encodings of texts whose decoders take memory by numbers inside of pages, which no header binds:
/// `DELTA_LENGTH_BYTE_ARRAY` and `DELTA_BYTE_ARRAY`.
const UNBOUND: [i32; 2] = [6, 7];
/// Memory of a value that is decoded, in bytes: the largest kind, and its levels.
const VALUE_BYTES: u64 = 40;

const DATA: Shape = Shape(&[(1, INT, &NONE), (2, INT, &NONE), (3, INT, &NONE), (4, INT, &NONE)]);
const DICTIONARY: Shape = Shape(&[(1, INT, &NONE), (2, INT, &NONE), (3, FLAG, &NONE)]);
const DATA_2: Shape = Shape(&[
    (1, INT, &NONE),
    (2, INT, &NONE),
    (3, INT, &NONE),
    (4, INT, &NONE),
    (5, INT, &NONE),
    (6, INT, &NONE),
    (7, FLAG, &NONE),
]);
/// The header of a page: its kind, its size unpacked and packed, and what each kind has.
static HEADER: Shape = Shape(&[
    (1, INT, &NONE),
    (2, INT, &NONE),
    (3, INT, &NONE),
    (4, INT, &NONE),
    (5, STRUCT, &DATA),
    (6, STRUCT, &NONE),
    (7, STRUCT, &DICTIONARY),
    (8, STRUCT, &DATA_2),
]);

/// Checks the pages of one column of a row group of `rows` rows. Gives the memory that it takes to read them, in
/// bytes: the largest page unpacked, the dictionary, and the values of lists, for a row may have all of them.
pub(super) fn memory(chunk: &[u8], rows: u64, is_list: bool) -> Result<u64, Unsound> {
    let (mut largest, mut dictionaries, mut values) = (0, 0_u64, 0_u64);
    let mut walk = Walk::new(chunk);
    while walk.left() > 0 {
        let (mut unpacked, mut packed, mut entries, mut count) = (0, 0, None, 0_i64);
        let (mut is_sound, mut is_bound) = (true, true);
        walk.fields(&HEADER, |around, id, number| {
            // Of the other numbers none makes the decoder take memory.
            match (around, id) {
                (0, 2) => unpacked = number,
                (0, 3) => packed = number,
                (7, 1) => entries = Some(number),
                (5, 2) | (8, 4) => is_bound &= !UNBOUND.contains(&number),
                (5 | 8, 1) => count += i64::from(number),
                _ => return,
            }
            is_sound &= number >= 0;
        })?;
        if !is_sound || usize::try_from(packed).is_ok_and(|packed| packed > walk.left()) {
            return Err(Unsound::Damaged("a page ends behind the end of its column"));
        }
        if !is_bound {
            let text = "texts of the Parquet file are encoded as differences (DELTA_BYTE_ARRAY): write them plain or by dictionary, as format version 1.0 does";
            return Err(Unsound::Unread(text));
        }
        let size = u64::from(unpacked.unsigned_abs());
        if size > CHUNK_BYTES_MAX {
            return Err(Unsound::TooLarge { what: "the size of a page in bytes", most: CHUNK_BYTES_MAX });
        }
        largest = size.max(largest);
        if let Some(entries) = entries {
            let entries = u64::from(entries.unsigned_abs());
            // An entry takes a byte at least.
            if entries > size {
                return Err(Unsound::Damaged("a dictionary has more entries than bytes"));
            }
            dictionaries = dictionaries.saturating_add(size + entries * VALUE_BYTES);
        }
        values = values.saturating_add(count.unsigned_abs());
        walk.pass(u64::from(packed.unsigned_abs()))?;
    }
    if !is_list && values > rows {
        return Err(Unsound::Damaged("a column has more values than rows"));
    }
    let of_lists = if is_list { values.saturating_mul(VALUE_BYTES) } else { 0 };
    Ok(largest.saturating_add(dictionaries).saturating_add(of_lists))
}
