//! What metadata may ask for before they are decoded.
//!
//! The decoder goes down into groups of columns by recursion and makes room for as many columns as the metadata
//! say: a file of a few bytes could end the process. Metadata that pass here do neither.

use thiserror::Error;

use super::thrift::{BINARY, BYTE, FLAG, INT, LIST, LONG, NONE, STRUCT, Shape, Walk};
use crate::csv::COLUMNS_MAX;

/// Most columns and groups: a column of lists has three.
const ELEMENTS_MAX: u64 = 4 * COLUMNS_MAX as u64;
/// Deepest groups: lists of records in lists of records are far above.
const GROUPS_DEEP_MAX: usize = 32;
/// Most row groups: more rows than are read, were they as large as they are written here.
const ROW_GROUPS_MAX: u64 = 64 * 1024;
/// Most keys with values.
const KEYS_MAX: u64 = 4096;

/// Ids of the fields of a file's metadata that are lists.
mod list {
    pub(super) const SCHEMA: i16 = 2;
    pub(super) const ROW_GROUPS: i16 = 4;
    pub(super) const KEYS: i16 = 5;
    pub(super) const ORDERS: i16 = 7;
}

/// Why a header is not handed to the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Unsound {
    /// It cannot be.
    #[error("{0}")]
    Damaged(&'static str),
    /// It is sound, but not read: why, and what to do.
    #[error("{0}")]
    Unread(&'static str),
    /// It asks for more than is held.
    #[error("{what}: at most {most}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much is read.
        most: u64,
    },
}

const UNIT: Shape = Shape(&[(1, STRUCT, &NONE), (2, STRUCT, &NONE), (3, STRUCT, &NONE)]);
const TIME: Shape = Shape(&[(1, FLAG, &NONE), (2, STRUCT, &UNIT)]);
const DECIMAL: Shape = Shape(&[(1, INT, &NONE), (2, INT, &NONE)]);
const INTEGER: Shape = Shape(&[(1, BYTE, &NONE), (2, FLAG, &NONE)]);
const VARIANT: Shape = Shape(&[(1, BYTE, &NONE)]);
const GEOMETRY: Shape = Shape(&[(1, BINARY, &NONE), (2, INT, &NONE)]);
const LOGICAL: Shape = Shape(&[
    (1, STRUCT, &NONE),
    (2, STRUCT, &NONE),
    (3, STRUCT, &NONE),
    (4, STRUCT, &NONE),
    (5, STRUCT, &DECIMAL),
    (6, STRUCT, &NONE),
    (7, STRUCT, &TIME),
    (8, STRUCT, &TIME),
    (10, STRUCT, &INTEGER),
    (11, STRUCT, &NONE),
    (12, STRUCT, &NONE),
    (13, STRUCT, &NONE),
    (14, STRUCT, &NONE),
    (15, STRUCT, &NONE),
    (16, STRUCT, &VARIANT),
    (17, STRUCT, &GEOMETRY),
    (18, STRUCT, &GEOMETRY),
    (19, STRUCT, &NONE),
]);
/// A column or a group; the fifth field says how many are in it.
static ELEMENT: Shape = Shape(&[
    (1, INT, &NONE),
    (2, INT, &NONE),
    (3, INT, &NONE),
    (4, BINARY, &NONE),
    (CHILDREN, INT, &NONE),
    (6, INT, &NONE),
    (7, INT, &NONE),
    (8, INT, &NONE),
    (9, INT, &NONE),
    (10, STRUCT, &LOGICAL),
]);
const CHILDREN: i16 = 5;

/// Checks the metadata of a file.
pub(super) fn check(metadata: &[u8]) -> Result<(), Unsound> {
    let mut walk = Walk::new(metadata);
    let mut last = 0;
    while let Some((id, kind)) = walk.field(last)? {
        let is_of_type = match id {
            1 => kind == INT,
            3 => kind == LONG,
            list::SCHEMA | list::ROW_GROUPS | list::KEYS | list::ORDERS => kind == LIST,
            _ => true,
        };
        // Every writer writes fields in order. Those up to the schema are checked one by one, so that nothing the
        // decoder reads otherwise can stand before it.
        let in_order = id > last && (id == last + 1 || last >= list::ROW_GROUPS);
        if !is_of_type || !in_order {
            return Err(Unsound::Damaged("its metadata are not in order"));
        }
        let most = match id {
            list::SCHEMA => Some(("the number of columns", ELEMENTS_MAX)),
            list::ROW_GROUPS => Some(("the number of row groups", ROW_GROUPS_MAX)),
            list::KEYS => Some(("the number of keys in the metadata", KEYS_MAX)),
            list::ORDERS => Some(("the number of orders of columns", ELEMENTS_MAX)),
            _ => None,
        };
        if let Some((what, most)) = most
            && Walk::list(&mut walk.clone())?.1 > most
        {
            return Err(Unsound::TooLarge { what, most });
        }
        if id == list::SCHEMA {
            check_schema(&mut walk)?
        } else {
            walk.skip(kind)?
        }
        last = id;
    }
    if last < list::ROW_GROUPS { Err(Unsound::Damaged("its metadata are not whole")) } else { Ok(()) }
}

/// Columns and groups stand one after another, each group before what is in it.
fn check_schema(walk: &mut Walk<'_>) -> Result<(), Unsound> {
    let (kind, count) = walk.list()?;
    if kind != STRUCT {
        return Err(Unsound::Damaged("its columns are not described"));
    }
    // Per group that is open, what is still to come of it.
    let mut open: Vec<u64> = Vec::new();
    for ahead in (0..count).rev() {
        let is_root = ahead + 1 == count;
        match open.last_mut() {
            Some(left) => *left -= 1,
            None if is_root => {}
            None => return Err(Unsound::Damaged("columns are in no group")),
        }
        let mut children = 0;
        walk.fields(&ELEMENT, |around, id, number| {
            if (around, id) == (0, CHILDREN) {
                children = number;
            }
        })?;
        let children = u64::try_from(children).ok().filter(|children| *children <= ahead);
        open.push(children.ok_or(Unsound::Damaged("a group has more columns than there are"))?);
        if open.len() > GROUPS_DEEP_MAX {
            let what = "the depth of groups of columns";
            return Err(Unsound::TooLarge { what, most: GROUPS_DEEP_MAX as u64 });
        }
        while open.last() == Some(&0) {
            open.pop();
        }
    }
    if open.is_empty() { Ok(()) } else { Err(Unsound::Damaged("a group has more columns than there are")) }
}
