//! The fold against a model that knows rows and nothing of blocks.

mod memory;
mod model;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use mighub::v1::PartAction;
use mighub_sdmx::columns::AttributeValue;
use proptest::prelude::*;

use self::memory::{Memory, SHAPE, change, content_columns, naming};
use self::model::{Cells, Content, Key, Model, Rows, Sent, Series, Submission, Text};
use super::Change;
use crate::hub::vintage::Vintage;

fn optional(choices: &'static [&'static str], weight: u32) -> impl Strategy<Value = Text> {
    prop_oneof![
        weight => Just(None),
        1 => proptest::sample::select(choices).prop_map(|text| Some(Arc::from(text))),
    ]
}

/// A long note weighs as much as thousands of observations, so that a few rows fill a block, or a series several.
fn note() -> impl Strategy<Value = Text> {
    static LONG: LazyLock<[Arc<str>; 3]> =
        LazyLock::new(|| [20_000, 60_000, 100_000].map(|bytes| Arc::from("x".repeat(bytes))));
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Arc::from("short"))),
        3 => (0usize..3).prop_map(|nth| Some(LONG[nth].clone())),
    ]
}

fn cells() -> impl Strategy<Value = Cells> {
    let attributes = (
        optional(&["A", "E", "M", "Q", "J"], 2),
        optional(&["F", "N"], 3),
        optional(&["1999-07-01"], 6),
        note(),
    );
    let attributes = attributes.prop_map(|(status, conf, date, note)| [status, conf, date, note]);
    prop_oneof![
        1 => Just(Cells::default()),
        6 => (proptest::option::of(0i64..50), attributes).prop_map(|(value, attributes)| Cells { value, attributes }),
    ]
}

fn rows() -> impl Strategy<Value = Rows> {
    let attributes = (optional(&["Stocks", "Flows"], 2), optional(&["0", "3"], 2));
    let by_year = proptest::collection::btree_map(2000u16..2016, cells(), 0..9);
    (attributes, proptest::option::weighted(0.3, cells()), by_year)
        .prop_map(|((title, unit), general, by_year)| Rows { attributes: [title, unit], general, by_year })
}

fn sent() -> impl Strategy<Value = Sent> {
    const ACTIONS: [PartAction; 4] =
        [PartAction::Merge, PartAction::Merge, PartAction::Replace, PartAction::Delete];
    (proptest::sample::select(&ACTIONS[..]), any::<bool>()).prop_flat_map(|(action, may_be_wild)| {
        let first = if action == PartAction::Delete && may_be_wild { 0u8 } else { 1 };
        let code = move |prefix: &'static str, most: u8| {
            (first..=most).prop_map(move |nth| {
                if nth == 0 { Arc::from("") } else { Arc::from(format!("{prefix}{nth}")) }
            })
        };
        let sex = (first..=2).prop_map(|nth| Arc::from(["", "F", "M"][usize::from(nth)]));
        let key = (code("A", 9), sex).prop_map(|(area, sex): (Arc<str>, Arc<str>)| [area, sex]);
        proptest::collection::btree_map(key, rows(), 0..14).prop_map(move |mut rows| {
            let silent = |rows: &&mut Rows| rows.by_year.is_empty();
            for rows in rows.values_mut().filter(silent) {
                rows.general.get_or_insert_default();
            }
            if action != PartAction::Delete {
                // A row without period only carries attributes of its series.
                rows.values_mut()
                    .filter_map(|rows| rows.general.as_mut())
                    .for_each(|cells| *cells = Cells::default());
            }
            Sent { action, rows }
        })
    })
}

fn submission() -> impl Strategy<Value = Submission> {
    let area = proptest::option::of((1u8..=9).prop_map(|nth| Arc::from(format!("A{nth}"))));
    let complete = proptest::option::weighted(0.2, (area, proptest::option::of(2000u16..2016)));
    let absent = (optional(&["F", "N"], 1), optional(&["0", "3"], 1)).prop_map(|(conf, unit)| [conf, unit]);
    let parts = proptest::collection::vec(sent(), 0..4);
    (complete, parts, absent, any::<bool>()).prop_map(|(complete, parts, absent, dated)| Submission {
        complete,
        parts,
        absent,
        dated,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_history_of_submissions_gives_what_its_rows_say_in_the_blocks_of_its_content(
        history in proptest::collection::vec(submission(), 1..6),
    ) {
        let (memory, mut model) = (Memory::default(), Model::default());
        let mut vintage = Vintage::empty(SHAPE.clone());
        for submission in &history {
            let is_empty = model.content.is_empty();
            vintage = memory.fold(&vintage, &change(&memory, submission));
            model.send(submission);
            prop_assert_eq!(&memory.content(&vintage), &model.content);
            let absent: BTreeMap<Arc<str>, Arc<str>> =
                model.absent.iter().map(|(id, value)| (Arc::from(*id), value.clone())).collect();
            prop_assert_eq!(&vintage.absent_values, &absent, "was empty: {}", is_empty);
            let named = naming(model.absent.get("CONF_STATUS").map(|code| &**code));
            memory.prove(&vintage, &named);
            let from_scratch = memory.keep(&content_columns(&model.content), &named);
            prop_assert_eq!(&vintage.blocks, &from_scratch);
        }
    }
}

/// 150 areas of both sexes, 30 years each, with notes that make every series weigh a block or so.
fn large() -> Content {
    let cells = |year: u16| Cells { value: Some(i64::from(year)), ..Cells::default() };
    let series = |area: u16, sex: &str| {
        let mut observations: BTreeMap<u16, Cells> = (1990..2020).map(|year| (year, cells(year))).collect();
        let note: Arc<str> = Arc::from("n".repeat(16 * (2_500 + usize::from(area))));
        observations.insert(2020, Cells { attributes: [None, None, None, Some(note)], ..cells(2020) });
        ([Arc::from(format!("A{area:03}")), Arc::from(sex)], Series { observations, ..Series::default() })
    };
    (0..150).flat_map(|area| ["F", "M"].map(|sex| series(area, sex))).collect()
}

fn one_cell(area: &str, cells: Cells) -> BTreeMap<Key, Rows> {
    let rows = Rows { by_year: [(2005, cells)].into(), ..Rows::default() };
    [([Arc::from(area), Arc::from("M")], rows)].into()
}

#[test]
fn a_revision_of_one_cell_opens_the_blocks_around_it_and_no_other() {
    let memory = Memory::default();
    let blocks = memory.keep(&content_columns(&large()), &naming(None));
    assert!(blocks.len() > 90, "{} blocks", blocks.len());
    let base = Vintage { blocks, ..Vintage::empty(SHAPE.clone()) };
    let revised = Cells { value: Some(-1), ..Cells::default() };
    let actions = [PartAction::Merge, PartAction::Replace, PartAction::Delete];
    for action in actions {
        let parts = vec![Sent { action, rows: one_cell("A077", revised.clone()) }];
        let change = change(&memory, &Submission { parts, ..Submission::default() });
        memory.opened.set(0);
        let next = memory.fold(&base, &change);
        // The part's own block, the block it meets, and perhaps a neighbour.
        assert!(memory.opened.get() <= 3, "{action:?} opened {} blocks", memory.opened.get());
        let changed = next.blocks.iter().filter(|block| !base.blocks.contains(block)).count();
        assert!((1..=2).contains(&changed), "{action:?} changed {changed} blocks");
    }
}

#[test]
fn a_complete_file_that_changes_nothing_opens_nothing_and_gives_the_same_blocks() {
    let memory = Memory::default();
    let content = large();
    let rows = content
        .iter()
        .map(|(key, series)| (key.clone(), Rows { by_year: series.observations.clone(), ..Rows::default() }));
    let parts = vec![Sent { action: PartAction::Merge, rows: rows.collect() }];
    let submission = Submission { parts, complete: Some((None, None)), ..Submission::default() };
    let change = change(&memory, &submission);
    let base = memory.fold(&Vintage::empty(SHAPE.clone()), &change);
    memory.opened.set(0);
    assert_eq!(memory.fold(&base, &change), base);
    assert_eq!(memory.opened.get(), 0);
}

#[test]
fn what_comes_in_between_two_series_passes_by_its_name() {
    let memory = Memory::default();
    let edge =
        |area: &str| (([Arc::from(area), Arc::from("M")]), large().into_values().next().expect("a series"));
    let base = memory.keep(&content_columns(&[edge("A"), edge("Z")].into()), &naming(None));
    let base = Vintage { blocks: base, ..Vintage::empty(SHAPE.clone()) };
    let rows = large()
        .into_iter()
        .map(|(key, series)| (key, Rows { by_year: series.observations, ..Rows::default() }));
    let parts = vec![Sent { action: PartAction::Merge, rows: rows.collect() }];
    let change = change(&memory, &Submission { parts, ..Submission::default() });
    memory.opened.set(0);
    let next = memory.fold(&base, &change);
    assert!(next.blocks.len() > 90);
    assert!(memory.opened.get() < 12, "opened {} of {} blocks", memory.opened.get(), next.blocks.len());
    memory.prove(&next, &naming(None));
}

#[test]
fn many_parts_are_folded_in_several_passes_with_the_same_result() {
    let memory = Memory::default();
    let mut model = Model::default();
    let parts = (0..200u16).map(|nth| {
        let action = [PartAction::Merge, PartAction::Delete, PartAction::Replace][usize::from(nth % 3)];
        let cells = Cells { value: Some(i64::from(nth)), ..Cells::default() };
        let cells = if nth % 6 == 1 { Cells::default() } else { cells };
        Sent { action, rows: one_cell(&format!("A{}", nth % 7), cells) }
    });
    let submission = Submission { parts: parts.collect(), ..Submission::default() };
    let vintage = memory.fold(&Vintage::empty(SHAPE.clone()), &change(&memory, &submission));
    model.send(&submission);
    assert_eq!(memory.content(&vintage), model.content);
    assert!(!model.content.is_empty());
}

#[test]
fn an_attribute_of_the_dataset_keeps_the_meaning_of_its_absence() {
    let memory = Memory::default();
    let absent = |value: &str| BTreeMap::from([(Arc::from("SOURCE"), Arc::from(value))]);
    let parts = vec![Sent {
        action: PartAction::Merge,
        rows: one_cell("A1", Cells { value: Some(1), ..Cells::default() }),
    }];
    let first = Change {
        absent_values: absent("S"),
        ..change(&memory, &Submission { parts, ..Submission::default() })
    };
    let base = memory.fold(&Vintage::empty(SHAPE.clone()), &first);
    let next = memory.fold(&base, &Change { absent_values: absent("T"), ..Change::default() });
    assert_eq!(next.dataset_attributes.get("SOURCE"), Some(&AttributeValue::text("S")));
    let deleted = Change {
        absent_values: absent("T"),
        dataset_attributes: vec![("SOURCE".into(), None)],
        ..Change::default()
    };
    let last = memory.fold(&next, &deleted);
    assert_eq!((last.dataset_attributes.len(), last.blocks), (0, base.blocks));
}

#[test]
fn a_deletion_of_many_whole_series_by_their_keys_needs_no_wildcards() {
    let memory = Memory::default();
    let value = Cells { value: Some(1), ..Cells::default() };
    let keys =
        || (0..super::WILDCARDS_MAX as u32 + 10).map(|nth| [Arc::from(format!("A{nth}")), Arc::from("M")]);
    let all = |rows: Rows| keys().map(|key| (key, rows.clone())).collect();
    let sent = Rows { by_year: [(2005, value)].into(), ..Rows::default() };
    let gone = Rows { general: Some(Cells::default()), ..Rows::default() };
    let one = |action, rows| {
        let parts = vec![Sent { action, rows: all(rows) }];
        change(&memory, &Submission { parts, ..Submission::default() })
    };
    let base = memory.fold(&Vintage::empty(SHAPE.clone()), &one(PartAction::Merge, sent));
    assert!(base.observations() > super::WILDCARDS_MAX as u64);
    assert_eq!(memory.fold(&base, &one(PartAction::Delete, gone)).observations(), 0);
}
