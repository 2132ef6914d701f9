//! Blocks: equal content is equal bytes, and bytes that are not those of their content are refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::{
    BlockError, BlockWriter, Digest, FinishedBlock, LaneKey, Naming, UNITS_MAX, UNITS_MIN, check_cut,
    compress, decode, decompress, encode,
};
use mighub::manifest::{BlockInfo, PageWriter, read_page};
use mighub::v1;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, LocalText, Shape};
use mighub_sdmx::{Decimal, Period};
use proptest::prelude::*;
use prost::Message;

type Key = Vec<String>;
type Cell = (Option<Decimal>, Option<AttributeValue>, Option<AttributeValue>);
type Model = BTreeMap<Key, (Option<AttributeValue>, BTreeMap<Period, Cell>)>;

fn shape() -> Arc<Shape> {
    Arc::new(Shape {
        dimensions: ["FREQ", "REF_AREA", "SEX"].map(Arc::from).to_vec(),
        observation_attributes: ["OBS_STATUS", "CONF_STATUS"].map(Arc::from).to_vec(),
        series_attributes: vec![Arc::from("UNIT_MEASURE")],
        timeless: false,
    })
}

fn columns(model: &Model) -> Columns {
    let mut builder = ColumnsBuilder::new(shape());
    for (key, (unit, cells)) in model {
        builder.start_series_with_key(&key.iter().map(|code| Arc::from(&**code)).collect::<Vec<_>>());
        builder.series_attribute(0, unit.as_ref());
        for (period, (value, status, conf)) in cells {
            builder.observation(*period, *value, |place| [status, conf][place].as_ref());
        }
        builder.end_series();
    }
    builder.take()
}

fn a_value() -> impl Strategy<Value = AttributeValue> {
    let local = ("[a-z]{0,2}", "[a-zé ]{0,9}")
        .prop_map(|(language, text)| LocalText { language: Arc::from(language), text: Arc::from(text) });
    prop_oneof![
        4 => "[A-Z]{1,2}".prop_map(|text| AttributeValue::text(&text)),
        1 => prop::collection::vec(prop::collection::vec(local, 1..3), 1..3)
            .prop_map(|values| AttributeValue::Many(values.into())),
    ]
}

fn a_period() -> impl Strategy<Value = Period> {
    prop_oneof![
        5 => (1990u16..2024).prop_map(Period::year),
        1 => (1990u16..2024, 1u8..5)
            .prop_map(|(year, quarter)| Period::parse(format!("{year}-Q{quarter}").as_bytes()).expect("a quarter")),
        1 => Just(Period::parse(b"2020-01-01/P5Y").expect("a range")),
        1 => Just(Period::ANY),
    ]
}

fn a_model() -> impl Strategy<Value = Model> {
    let number = (-999_999i64..=999_999, 0u8..=3).prop_map(|(unscaled, scale)| Decimal { unscaled, scale });
    let cell =
        (prop::option::weighted(0.8, number), prop::option::of(a_value()), prop::option::of(a_value()));
    let key = ("[AQ]", "[A-C]{0,3}", "[FM_T]{1,2}").prop_map(|(a, b, c)| vec![a, b, c]);
    let series = (prop::option::of(a_value()), prop::collection::btree_map(a_period(), cell, 1..12));
    prop::collection::btree_map(key, series, 1..30)
}

proptest! {
    #[test]
    fn a_decoded_block_is_what_was_encoded(model in a_model()) {
        let columns = columns(&model);
        prop_assert!(columns.check());
        let raw = encode(&columns);
        let read = decode(&raw, &shape());
        prop_assert_eq!(read.as_ref(), Ok(&columns));
        let by_library = v1::SeriesBlock::decode(&raw[..]).map(|block| block.encode_to_vec());
        prop_assert_eq!(by_library.as_deref(), Ok(&raw[..]));
        prop_assert_eq!(decompress(&compress(&raw).expect("compresses")), Ok(raw));
    }

    #[test]
    fn a_flipped_bit_is_refused_or_changes_the_content(model in a_model(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let columns = columns(&model);
        let mut raw = encode(&columns);
        let place = at.index(raw.len());
        raw[place] ^= 1 << bit;
        if let Ok(read) = decode(&raw, &shape()) {
            prop_assert_ne!(read, columns);
        }
    }

    #[test]
    fn random_bytes_are_refused_without_panic(raw in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(decode(&raw, &shape()).is_err());
        prop_assert!(decompress(&raw).is_err());
    }
}

#[test]
fn encodings_that_read_as_equal_are_refused() {
    let model = Model::from([(
        vec!["A".into(), "SWE".into(), "F".into()],
        (None, BTreeMap::from([(Period::year(2020), (Some(Decimal::integer(5)), None, None))])),
    )]);
    let canonical = encode(&columns(&model));
    assert!(decode(&canonical, &shape()).is_ok());

    let mut with_unknown_field = canonical.clone();
    with_unknown_field.extend([0xF8, 0x07, 0x01]);
    let mut unsorted = v1::SeriesBlock::decode(&canonical[..]).expect("a block");
    unsorted.dimensions[1].codes = vec!["SWE".into(), "AUT".into()];
    let mut unused = v1::SeriesBlock::decode(&canonical[..]).expect("a block");
    unused.dimensions[1].codes.push("ZZZ".into());
    let mut split_run = v1::SeriesBlock::decode(&canonical[..]).expect("a block");
    split_run.scale_lengths = vec![1, 0];
    split_run.scale_codes = vec![1, 1];
    let mut many_codes = v1::SeriesBlock::decode(&canonical[..]).expect("a block");
    many_codes.dimensions[1].codes.extend(vec![String::new(); 1_000_000]);
    let mut twice = v1::SeriesBlock::decode(&canonical[..]).expect("a block").encode_to_vec();
    twice.extend_from_slice(&canonical);
    for (what, raw) in [
        ("codes beyond the series", many_codes.encode_to_vec()),
        ("every field twice", twice),
        ("unknown field", with_unknown_field),
        ("unsorted codes", unsorted.encode_to_vec()),
        ("unused code", unused.encode_to_vec()),
        ("split run", split_run.encode_to_vec()),
    ] {
        let error = decode(&raw, &shape()).expect_err(what);
        assert!(matches!(error, BlockError::NotCanonical(_)), "{what}: {error}");
    }
}

#[test]
fn a_frame_that_lies_about_its_length_is_refused() {
    let raw = vec![7u8; 10_000];
    let frame = compress(&raw).expect("compresses");
    let mut followed = frame.clone();
    followed.push(0);
    for (what, bytes) in [("followed", &followed[..]), ("cut", &frame[..frame.len() - 1]), ("empty", &[])] {
        assert!(matches!(decompress(bytes), Err(BlockError::Frame(_))), "{what}");
    }
    assert_eq!(decompress(&zstd_bomb()), Err(BlockError::TooLarge));
}

fn zstd_bomb() -> Vec<u8> {
    compress(&vec![0u8; 64 * 1024 * 1024]).expect("compresses")
}

const KEY: LaneKey = LaneKey([7; 32]);

fn long_model(series: usize, years: u16) -> Model {
    (0..series)
        .map(|nth| {
            let key = vec!["A".into(), format!("X{nth:05}"), "F".into()];
            let cells = (0..years).map(|year| {
                let value = Some(Decimal::integer(nth as i64 * 31 + i64::from(year)));
                (
                    Period::year(1990 + year),
                    (value, Some(AttributeValue::text("A")), Some(AttributeValue::text("F"))),
                )
            });
            (key, (None, cells.collect()))
        })
        .collect()
}

fn cut(model: &Model, batch: usize) -> Vec<FinishedBlock> {
    let mut writer = BlockWriter::new(shape(), Naming { key: KEY, unmarked_restricted: false });
    let mut blocks = Vec::new();
    let entries: Vec<_> = model.iter().collect();
    for chunk in entries.chunks(batch) {
        let part: Model = chunk.iter().map(|(key, series)| ((*key).clone(), (*series).clone())).collect();
        let pushed: Result<(), ()> = writer.push(&columns(&part), &mut |block| {
            blocks.push(block);
            Ok(())
        });
        assert_eq!(pushed, Ok(()));
    }
    blocks.extend(writer.finish());
    blocks
}

#[test]
fn cuts_do_not_depend_on_batches_and_are_accepted() {
    let model = long_model(6_000, 20);
    let blocks = cut(&model, 1_000);
    let digests = |blocks: &[FinishedBlock]| blocks.iter().map(|block| block.info.digest).collect::<Vec<_>>();
    assert_eq!(digests(&blocks), digests(&cut(&model, 77)));
    assert!(blocks.len() > 8, "{} blocks", blocks.len());
    for (place, block) in blocks.iter().enumerate() {
        let columns = decode(&block.raw, &shape()).expect("canonical");
        let next = blocks.get(place + 1).map(|next| &next.info.first_key[..]);
        assert_eq!(check_cut(&columns, next), Ok(()));
        assert!(next.is_none() || columns.len() >= UNITS_MIN as usize);
        assert!(columns.len() <= UNITS_MAX as usize);
    }
}

#[test]
fn a_block_that_ends_elsewhere_is_refused() {
    let model = long_model(2_000, 20);
    let blocks = cut(&model, 500);
    let first = decode(&blocks[0].raw, &shape()).expect("canonical");
    let mut builder = ColumnsBuilder::new(shape());
    let mut map = Default::default();
    for series in 0..first.series_count() - 1 {
        builder.push(mighub_sdmx::columns::ObservationRange::whole(&first, series), &mut map);
    }
    let shorter = builder.take();
    let next = first.key(first.series_count() - 1).to_vec();
    assert!(matches!(check_cut(&shorter, Some(&next)), Err(BlockError::NotCanonical(_))));
}

#[test]
fn a_revision_of_a_few_cells_changes_a_few_blocks() {
    let mut model = long_model(6_000, 20);
    let before: Vec<_> = cut(&model, 1_000).into_iter().map(|block| block.info.digest).collect();
    for (_, cells) in model.values_mut().skip(3_000).take(5) {
        for (value, ..) in cells.values_mut() {
            *value = value.map(|value| Decimal::integer(value.unscaled + 1));
        }
    }
    let after = cut(&model, 1_000);
    let new = after.iter().filter(|block| !before.contains(&block.info.digest)).count();
    assert!((1..=2).contains(&new), "{new} of {} blocks changed", after.len());
}

#[test]
fn a_page_says_of_its_blocks_what_was_written() {
    let blocks: Vec<BlockInfo> =
        cut(&long_model(3_000, 20), 1_000).into_iter().map(|block| block.info).collect();
    let mut writer = PageWriter::default();
    let mut read = Vec::new();
    let mut pages: Vec<_> = blocks.iter().filter_map(|block| writer.push(block.clone())).collect();
    pages.extend(writer.finish());
    for (reference, page) in pages {
        assert_eq!(Digest::from_slice(&reference.digest), Some(Digest::of(&page)));
        let of_page = read_page(&page, 3).expect("a page");
        for (a, b) in of_page.windows(2).flat_map(|pair| pair[0].codes.iter().zip(&pair[1].codes)) {
            assert_eq!(a == b, Arc::ptr_eq(a, b), "equal sets are in memory once");
        }
        read.extend(of_page);
    }
    assert_eq!(read, blocks);
}

#[test]
fn a_block_with_a_restricted_cell_has_a_keyed_name() {
    let mut model = long_model(3, 2);
    assert!(
        cut(&model, 10).iter().all(|block| !block.info.keyed && block.info.digest == Digest::of(&block.raw))
    );
    if let Some((_, cells)) = model.values_mut().next() {
        cells.values_mut().for_each(|(_, _, conf)| *conf = Some(AttributeValue::text("C")));
    }
    let restricted = cut(&model, 10);
    assert!(
        restricted
            .iter()
            .all(|block| block.info.keyed && block.info.digest == Digest::keyed(&KEY, &block.raw))
    );
}

/// A little of everything that a block can hold.
fn rich_model() -> Model {
    let text = |text: &str| Some(AttributeValue::text(text));
    let local = |language: &str, text: &str| LocalText { language: language.into(), text: text.into() };
    let many = Some(AttributeValue::Many(
        vec![vec![local("en", "broken"), local("fr", "rompu")], vec![local("", "x;y")]].into(),
    ));
    let number = |unscaled: i64, scale: u8| Some(Decimal { unscaled, scale });
    let cells = [
        ("2019", (number(-5, 0), text("A"), None)),
        ("2020", (number(1_50, 2), text("A"), text("F"))),
        ("2021", (None, text("O"), text("F"))),
        ("2024", (number(999_999_999_999_999_999, 18), many, None)),
    ];
    let others = [
        ("", (None, None, None)),
        ("1990-01-01/P5Y", (number(7, 0), None, None)),
        ("2020-Q1", (number(0, 0), None, text("C"))),
        ("2020-Q2", (number(300, 0), None, text("C"))),
        ("2020-W53", (number(i64::from(i32::MIN), 1), text("é"), None)),
    ];
    let series = |cells: &[(&str, Cell)]| {
        let period = |text: &str| match text {
            "" => Period::ANY,
            text => Period::parse(text.as_bytes()).expect(text),
        };
        cells.iter().map(|(text, cell)| (period(text), cell.clone())).collect()
    };
    let key = |codes: [&str; 3]| codes.map(str::to_owned).to_vec();
    Model::from([
        (key(["A", "NOR", "F"]), (text("PS"), series(&cells))),
        (key(["A", "SWE", ""]), (None, series(&others))),
        (key(["A", "SWE", "_T"]), (text("PS"), series(&cells[..2]))),
        (key(["Q", "NOR", "F"]), (text(&"long ".repeat(40)), series(&others[2..4]))),
    ])
}

/// Canon 1, frozen: if one of these digests changes, every office's blocks change their names.
#[test]
fn the_bytes_and_the_cuts_of_canon_1_never_change() {
    let digest_of = |model: &Model| Digest::of(&encode(&columns(model))).to_string();
    assert_eq!(
        digest_of(&long_model(40, 7)),
        "f63c00192db3e9abb44c71f3510ee8c5f586ff6bc547234d7df0c2412898afe9"
    );
    assert_eq!(digest_of(&rich_model()), "f121c613a97b355f4c959073dff83b8e31820569d44545e56fd5286440ec74c9");
    let mut names = String::new();
    cut(&long_model(6_000, 20), 1_000)
        .iter()
        .for_each(|block| names.push_str(&block.info.digest.to_string()));
    assert_eq!(
        Digest::of(names.as_bytes()).to_string(),
        "6ab05ea543d312b5d3b9437f171ee971c97c31eb7b5b6e764d39ac767815135c"
    );
}

#[test]
fn the_protobuf_library_writes_the_same_bytes() {
    for model in [rich_model(), long_model(300, 20)] {
        let raw = encode(&columns(&model));
        let again = v1::SeriesBlock::decode(&raw[..]).expect("a block").encode_to_vec();
        assert!(raw == again);
        assert_eq!(decode(&raw, &shape()), Ok(columns(&model)));
    }
}
