//! Parquet made by hand, that asks for more memory or time than its bytes are worth: refused before it is decoded.

use std::io::Cursor;

use mighub_sdmx::data::{raw_count, reader};

const INT: u8 = 5;
const BINARY: u8 = 8;
const STRUCT: u8 = 12;

/// Kinds of pages.
const DATA: (i64, u8) = (0, 0x2C);
const DICTIONARY: (i64, u8) = (2, 0x4C);

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7F {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// An integer; behind the first byte of its field, which says its type and how far its id is from the last.
fn number(field: u8, number: i64) -> Vec<u8> {
    [vec![field], varint((number << 1 ^ number >> 63).cast_unsigned())].concat()
}

fn text(field: u8, text: &str) -> Vec<u8> {
    [vec![field], varint(text.len() as u64), text.into()].concat()
}

fn list(field: u8, kind: u8, items: &[Vec<u8>]) -> Vec<u8> {
    [vec![field, 0xF0 | kind], varint(items.len() as u64), items.concat()].concat()
}

fn group(children: i64) -> Vec<u8> {
    [number(0x35, 0), text(0x18, "a"), number(0x15, children), vec![0]].concat()
}

/// A column of texts; `repetition` 2 makes it a list.
fn column(repetition: i64) -> Vec<u8> {
    [number(0x15, 6), number(0x25, repetition), text(0x18, "FREQ"), vec![0]].concat()
}

fn file(pages: &[u8], elements: &[Vec<u8>], rows: i64, groups: &[Vec<u8>]) -> Vec<u8> {
    let metadata = [
        number(0x15, 1),
        list(0x19, STRUCT, elements),
        number(0x16, rows),
        list(0x19, STRUCT, groups),
        vec![0],
    ]
    .concat();
    let size = u32::try_from(metadata.len()).expect("small").to_le_bytes();
    [b"PAR1", pages, &metadata, &size, b"PAR1"].concat()
}

/// A file of one column, packed as Snappy, with these pages.
fn column_of(repetition: i64, rows: i64, pages: &[u8]) -> Vec<u8> {
    let chunk = [
        vec![0x26, 0, 0x1C],
        number(0x15, 6),
        list(0x19, INT, &[vec![0]]),
        list(0x19, BINARY, &[[vec![4], b"FREQ".to_vec()].concat()]),
        number(0x15, 1),
        number(0x16, rows),
        number(0x16, pages.len() as i64),
        number(0x16, pages.len() as i64),
        number(0x26, 4),
        vec![0, 0],
    ]
    .concat();
    let group = [list(0x19, STRUCT, &[chunk]), number(0x16, 1), number(0x16, rows), vec![0]].concat();
    file(pages, &[group_of_all(), column(repetition)], rows, &[group])
}

fn group_of_all() -> Vec<u8> {
    [text(0x48, "r"), number(0x15, 1), vec![0]].concat()
}

fn page((kind, field): (i64, u8), unpacked: i64, values: i64, encoding: i64) -> Vec<u8> {
    let sizes = [number(0x15, kind), number(0x15, unpacked), number(0x15, 1)].concat();
    let levels = if kind == 0 { [number(0x15, 3), number(0x15, 3)].concat() } else { Vec::new() };
    [sizes, vec![field], number(0x15, values), number(0x15, encoding), levels, vec![0, 0, 0]].concat()
}

fn refusal(bytes: &[u8]) -> String {
    let read = || reader(Cursor::new(bytes), |_, _| None)?.next_batch().map(|_| ());
    read().expect_err("no file that is read").to_string()
}

#[track_caller]
fn is_refused(bytes: &[u8], because: &str) {
    let refusal = refusal(bytes);
    assert!(refusal.contains(because), "{refusal}");
}

#[test]
fn groups_in_groups_do_not_end_the_process() {
    let mut elements = vec![group_of_all()];
    elements.extend((0..3_000).map(|_| group(1)));
    elements.push(column(0));
    let deep = file(b"", &elements, 0, &[]);
    is_refused(&deep, "the depth of groups of columns is larger than 32");
    assert!(raw_count(Cursor::new(&deep)).is_err());
    elements.splice(1..1, (0..300_000).map(|_| group(1)));
    is_refused(&file(b"", &elements, 0, &[]), "the number of columns is larger than 4000");
}

#[test]
fn groups_have_no_more_columns_than_there_are() {
    for children in [2, i64::from(i32::MAX), -1] {
        let kids = file(b"", &[group_of_all(), group(children), column(0)], 0, &[]);
        is_refused(&kids, "a group has more columns than there are");
    }
    is_refused(&file(b"", &[group_of_all(), column(0), column(0)], 0, &[]), "columns are in no group");
}

#[test]
fn metadata_mean_what_their_types_say() {
    // The decoder takes the byte behind the id for the number of columns, whatever the type says.
    let disguised = [number(0x35, 0), text(0x18, "a"), text(0x18, "many"), vec![0]].concat();
    is_refused(&file(b"", &[group_of_all(), disguised, column(0)], 0, &[]), "a field is not of its type");
    // A schema before the one that is checked.
    let mut twice = file(b"", &[group_of_all(), column(0)], 0, &[]);
    twice.splice(4..6, [number(0x15, 1), list(0x19, STRUCT, &[group(9)]), number(0x05, 1)].concat());
    let size = u32::try_from(twice.len() - 12).expect("small").to_le_bytes();
    let end = twice.len() - 8;
    twice[end..end + 4].copy_from_slice(&size);
    is_refused(&twice, "a group has more columns than there are");
}

#[test]
fn rows_are_worth_their_bytes() {
    is_refused(&column_of(1, 1_000_000_000_000, b""), "the number of rows is larger than");
    is_refused(&column_of(1, i64::MAX, b""), "the number of rows is larger than");
    is_refused(&column_of(1, 3, &page(DATA, 1, 4, 0)), "a column has more values than rows");
}

#[test]
fn pages_are_no_larger_than_what_is_held() {
    let most = i64::from(i32::MAX);
    is_refused(&column_of(1, 3, &page(DATA, most, 3, 0)), "the size of a page in bytes is larger than");
    is_refused(&column_of(1, 3, &page(DATA, -1, 3, 0)), "a page ends behind the end");
    is_refused(&column_of(1, 3, &page(DICTIONARY, 1, most, 0)), "a dictionary has more entries than bytes");
    is_refused(&column_of(2, 3, &page(DATA, 1, 1 << 30, 0)), "the memory for a row group is larger than");
}

#[test]
fn texts_as_differences_are_refused_with_a_remedy() {
    for encoding in [6, 7] {
        is_refused(&column_of(1, 3, &page(DATA, 1, 3, encoding)), "write them plain or by dictionary");
    }
}
