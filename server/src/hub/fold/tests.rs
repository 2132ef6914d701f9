//! The fold against a model that knows rows and nothing of blocks, written from the table of actions.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use mighub::block::{BlockWriter, Digest, FinishedBlock, LaneKey, Naming, check_cut, decode, encode};
use mighub::manifest::BlockInfo;
use mighub::v1::PartAction;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, Shape};
use mighub_sdmx::decimal::Decimal;
use mighub_sdmx::key::{KeyPattern, Selection};
use mighub_sdmx::period::Period;
use mighub_sdmx::structure::{AttributeDefault, CodeId, DefaultCondition, DefaultValue, Id};
use proptest::prelude::*;

use super::{BlockSink, Change, FoldError, Part, fold};
use crate::hub::vintage::{BlockSource, LoadError, Vintage, load_joined};

const KEY: LaneKey = LaneKey([3; 32]);
const OBSERVATION_ATTRIBUTES: [&str; 4] = ["OBS_STATUS", "CONF_STATUS", "REF_DATE", "NOTE"];
const SERIES_ATTRIBUTES: [&str; 2] = ["TITLE", "UNIT_MULT"];

static SHAPE: LazyLock<Arc<Shape>> = LazyLock::new(|| {
    let ids = |ids: &[&str]| ids.iter().map(|id| Arc::from(*id)).collect();
    Arc::new(Shape {
        dimensions: ids(&["REF_AREA", "SEX"]),
        observation_attributes: ids(&OBSERVATION_ATTRIBUTES),
        series_attributes: ids(&SERIES_ATTRIBUTES),
        timeless: false,
    })
});

type Text = Option<Arc<str>>;

/// The cells of an observation, or of a row about one.
#[derive(Clone, Debug, Default, PartialEq)]
struct Cells {
    value: Option<i64>,
    attributes: [Text; 4],
}

impl Cells {
    fn is_bare(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Series {
    attributes: [Text; 2],
    observations: BTreeMap<u16, Cells>,
}

/// Area and sex; the empty code is a wildcard.
type Key = [Arc<str>; 2];
type Content = BTreeMap<Key, Series>;

/// The rows of one part about one key: without period, and by year.
#[derive(Clone, Debug, Default)]
struct Rows {
    attributes: [Text; 2],
    general: Option<Cells>,
    by_year: BTreeMap<u16, Cells>,
}

#[derive(Clone, Debug)]
struct Sent {
    action: PartAction,
    rows: BTreeMap<Key, Rows>,
}

#[derive(Clone, Debug, Default)]
struct Submission {
    /// Area and first year of what it is complete for.
    complete: Option<(Option<Arc<str>>, Option<u16>)>,
    parts: Vec<Sent>,
    /// What absent CONF_STATUS and UNIT_MULT stand for.
    absent: [Text; 2],
    /// Whether REF_DATE and, for women, TITLE have defaults.
    dated: bool,
}

const ABSENT_IDS: [&str; 2] = ["CONF_STATUS", "UNIT_MULT"];

#[derive(Clone, Debug, Default)]
struct Model {
    content: Content,
    absent: BTreeMap<&'static str, Arc<str>>,
}

impl Model {
    fn send(&mut self, submission: &Submission) {
        let mut given: BTreeMap<&'static str, Arc<str>> = BTreeMap::new();
        for (id, value) in ABSENT_IDS.iter().zip(&submission.absent) {
            given.extend(value.clone().map(|value| (*id, value)));
        }
        let is_afresh = self.content.is_empty() || submission.complete.as_ref() == Some(&(None, None));
        if let Some((area, from)) = &submission.complete {
            self.content.retain(|key, series| {
                let here = area.as_ref().is_none_or(|area| *area == key[0]);
                series.observations.retain(|year, _| !(here && from.is_none_or(|from| *year >= from)));
                !series.observations.is_empty()
            });
        }
        // What was silent before keeps its meaning.
        let mut written = BTreeMap::new();
        if !is_afresh {
            for (id, value) in self.absent.clone() {
                if given.get(id) != Some(&value) {
                    self.write_everywhere(id, &value);
                }
            }
            written = given.clone();
            written.retain(|id, _| !self.absent.contains_key(id));
            given.retain(|id, _| self.absent.contains_key(id));
        }
        self.absent = given;
        for part in &submission.parts {
            for (key, rows) in &part.rows {
                match part.action {
                    PartAction::Delete => self.delete(key, rows, submission.dated, &written),
                    action => self.put(action, key, rows, submission.dated, &written),
                }
            }
        }
    }

    fn write_everywhere(&mut self, id: &str, value: &Arc<str>) {
        for series in self.content.values_mut() {
            match id {
                "UNIT_MULT" => drop(series.attributes[1].get_or_insert_with(|| value.clone())),
                _ => series.observations.values_mut().for_each(|cells| {
                    cells.attributes[1].get_or_insert_with(|| value.clone());
                }),
            }
        }
    }

    fn put(&mut self, action: PartAction, key: &Key, rows: &Rows, dated: bool, written: &BTreeMap<&str, Arc<str>>) {
        if rows.by_year.is_empty() && !self.content.contains_key(key) {
            return;
        }
        let series = self.content.entry(key.clone()).or_default();
        for (year, row) in &rows.by_year {
            let cells = series.observations.entry(*year).or_default();
            if action == PartAction::Replace {
                *cells = row.clone();
            } else {
                let status = row.attributes[0].as_deref().unwrap_or("A");
                if row.value.is_some() || ["H", "L", "M", "O", "Q", "J", "K", "S"].contains(&status) {
                    cells.value = row.value;
                }
                for (old, new) in cells.attributes.iter_mut().zip(&row.attributes) {
                    *old = new.clone().or(old.take());
                }
            }
            write_defaults(cells, *year, dated, written);
        }
        for (old, new) in series.attributes.iter_mut().zip(&rows.attributes) {
            *old = new.clone().or(old.take());
        }
        write_series_defaults(key, &mut series.attributes, [true; 2], dated, written);
    }

    fn delete(&mut self, pattern: &Key, rows: &Rows, dated: bool, written: &BTreeMap<&str, Arc<str>>) {
        for (key, series) in &mut self.content {
            if !key.iter().zip(pattern).all(|(code, wanted)| wanted.is_empty() || code == wanted) {
                continue;
            }
            let names_attributes = rows.attributes.iter().any(Option::is_some);
            let general = rows.general.iter().map(|cells| (None, cells));
            for (year, row) in general.chain(rows.by_year.iter().map(|(year, cells)| (Some(*year), cells))) {
                if row.is_bare() && !(year.is_none() && names_attributes) {
                    series.observations.retain(|of, _| year.is_some_and(|year| year != *of));
                    continue;
                }
                for (of, cells) in &mut series.observations {
                    if year.is_some_and(|year| year != *of) || row.is_bare() {
                        continue;
                    }
                    cells.value = cells.value.filter(|_| row.value.is_none());
                    for (old, gone) in cells.attributes.iter_mut().zip(&row.attributes) {
                        *old = old.take().filter(|_| gone.is_none());
                    }
                    write_defaults(cells, *of, dated, written);
                }
            }
            let gone = [0, 1].map(|place| rows.attributes[place].is_some());
            for (old, gone) in series.attributes.iter_mut().zip(gone) {
                *old = old.take().filter(|_| !gone);
            }
            write_series_defaults(key, &mut series.attributes, gone, dated, written);
        }
        self.content.retain(|_, series| !series.observations.is_empty());
    }
}

fn write_defaults(cells: &mut Cells, year: u16, dated: bool, written: &BTreeMap<&str, Arc<str>>) {
    if dated {
        cells.attributes[2].get_or_insert_with(|| Arc::from(format!("{year}-01-01")));
    }
    if let Some(value) = written.get("CONF_STATUS") {
        cells.attributes[1].get_or_insert_with(|| value.clone());
    }
}

fn write_series_defaults(
    key: &Key,
    attributes: &mut [Text; 2],
    places: [bool; 2],
    dated: bool,
    written: &BTreeMap<&str, Arc<str>>,
) {
    if dated && &*key[1] == "F" && places[0] {
        attributes[0].get_or_insert_with(|| Arc::from("Women"));
    }
    if let (Some(value), true) = (written.get("UNIT_MULT"), places[1]) {
        attributes[1].get_or_insert_with(|| value.clone());
    }
}

/// Blocks in memory that count how often they are opened. What is kept can be read once it is settled.
#[derive(Default)]
struct Memory {
    blocks: RefCell<HashMap<Digest, Vec<u8>>>,
    opened: Cell<usize>,
}

struct Sink<'m>(&'m Memory, Vec<FinishedBlock>);

impl BlockSink for Sink<'_> {
    fn keep(&mut self, block: FinishedBlock) -> Result<(), FoldError> {
        self.1.push(block);
        Ok(())
    }

    fn settle(&mut self) -> Result<(), FoldError> {
        let blocks = self.1.drain(..).map(|block| (block.info.digest, block.raw));
        self.0.blocks.borrow_mut().extend(blocks);
        Ok(())
    }
}

impl BlockSource for Memory {
    fn load(&self, block: &BlockInfo) -> Result<Arc<Columns>, LoadError> {
        self.opened.set(self.opened.get() + 1);
        let blocks = self.blocks.borrow();
        let raw = blocks.get(&block.digest).expect("a block that was kept and settled");
        Ok(Arc::new(decode(raw, &SHAPE).expect("canonical")))
    }
}

impl Memory {
    fn fold(&self, base: &Vintage, change: &Change) -> Vintage {
        let mut sink = Sink(self, Vec::new());
        let vintage = fold(base, change, self, &KEY, &mut sink).expect("a fold");
        sink.settle().expect("settled");
        vintage
    }

    fn keep(&self, columns: &Columns, naming: &Naming) -> Arc<[Arc<BlockInfo>]> {
        let mut sink = Sink(self, Vec::new());
        let mut writer = BlockWriter::new(SHAPE.clone(), naming.clone());
        writer.push(columns, &mut |block| sink.keep(block)).expect("kept");
        writer.finish().into_iter().for_each(|block| sink.keep(block).expect("kept"));
        let blocks = sink.1.iter().map(|block| Arc::new(block.info.clone())).collect();
        sink.settle().expect("settled");
        blocks
    }

    fn content(&self, vintage: &Vintage) -> Content {
        let (mut content, mut next) = (Content::new(), 0);
        while next < vintage.blocks.len() {
            let (columns, count) = load_joined(self, &vintage.blocks[next..]).expect("loaded");
            next += count;
            let text = |value: Option<&AttributeValue>| value.and_then(AttributeValue::as_text).map(Arc::from);
            for series in 0..columns.series_count() {
                let observations = columns.observations(series).map(|at| {
                    let cells = Cells {
                        value: columns.value(at).map(|value| value.unscaled),
                        attributes: [0, 1, 2, 3].map(|place| text(columns.observation_attributes[place].get(at))),
                    };
                    (columns.periods[at].first_year().expect("a year") as u16, cells)
                });
                let attributes = [0, 1].map(|place| text(columns.series_attributes[place].get(series)));
                let key = [0, 1].map(|place| columns.code(series, place).clone());
                let of_key = Series { attributes, observations: observations.collect() };
                assert!(content.insert(key, of_key).is_none(), "a series stands in two batches");
            }
        }
        content
    }

    /// Every block is canonical, named as it must be, and ends where the canon cuts.
    fn prove(&self, vintage: &Vintage, naming: &Naming) {
        for (nth, block) in vintage.blocks.iter().enumerate() {
            let columns = self.load(block).expect("loaded");
            let next = vintage.blocks.get(nth + 1).map(|next| &next.first_key[..]);
            check_cut(&columns, next).expect("cut where the canon cuts");
            assert_eq!(naming.name(&columns, &encode(&columns)), **block);
        }
    }
}

fn columns(rows: impl Iterator<Item = (Key, [Text; 2], Vec<(Period, Cells)>)>) -> Columns {
    let value = |text: &Text| text.clone().map(AttributeValue::Text);
    let mut builder = ColumnsBuilder::new(SHAPE.clone());
    for (key, attributes, observations) in rows.filter(|(.., observations)| !observations.is_empty()) {
        builder.start_series_with_key(&key);
        for (place, attribute) in attributes.iter().enumerate() {
            builder.series_attribute(place, value(attribute).as_ref());
        }
        for (period, cells) in observations {
            let attributes = cells.attributes.each_ref().map(value);
            builder.observation(period, cells.value.map(Decimal::integer), |place| attributes[place].as_ref());
        }
        builder.end_series();
    }
    builder.take()
}

fn content_columns(content: &Content) -> Columns {
    columns(content.iter().map(|(key, series)| {
        let observations = series.observations.iter().map(|(year, cells)| (Period::year(*year), cells.clone()));
        (key.clone(), series.attributes.clone(), observations.collect())
    }))
}

fn sent_columns(sent: &Sent) -> Columns {
    columns(sent.rows.iter().map(|(key, rows)| {
        let general = rows.general.iter().map(|cells| (Period::ANY, cells.clone()));
        let by_year = rows.by_year.iter().map(|(year, cells)| (Period::year(*year), cells.clone()));
        (key.clone(), rows.attributes.clone(), general.chain(by_year).collect())
    }))
}

fn naming(absent_conf: Option<&str>) -> Naming {
    Naming { key: KEY, unmarked_restricted: absent_conf != Some("F") }
}

fn change(memory: &Memory, submission: &Submission) -> Change {
    let id = |text: &str| Id::new(text).expect("an id");
    let women = DefaultCondition { dimension: id("SEX"), codes: [CodeId::new("F").expect("a code")].into() };
    let defaults = [
        AttributeDefault { attribute: id("REF_DATE"), value: DefaultValue::DayOfYear { month: 1, day: 1 }, when: None },
        AttributeDefault { attribute: id("TITLE"), value: DefaultValue::Text("Women".into()), when: Some(women) },
    ];
    let named = naming(submission.absent[0].as_deref());
    let part = |sent: &Sent| Part { action: sent.action, blocks: memory.keep(&sent_columns(sent), &named) };
    let absent = ABSENT_IDS.iter().zip(&submission.absent);
    Change {
        complete: submission.complete.as_ref().map(|(area, from)| {
            let pattern = |area: &Arc<str>| KeyPattern { sets: vec![Some([area.clone()].into())] };
            Selection { keys: area.iter().map(pattern).collect(), start: from.map(Period::year), end: None }
        }),
        parts: submission.parts.iter().map(part).collect(),
        dataset_attributes: Vec::new(),
        absent_values: absent.filter_map(|(id, value)| Some((Arc::from(*id), value.clone()?))).collect(),
        written_out: if submission.dated { defaults.to_vec() } else { Vec::new() },
    }
}

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
    let attributes = (optional(&["A", "E", "M", "Q", "J"], 2), optional(&["F", "N"], 3), optional(&["1999-07-01"], 6), note());
    let attributes = attributes.prop_map(|(status, conf, date, note)| [status, conf, date, note]);
    prop_oneof![
        1 => Just(Cells::default()),
        6 => (proptest::option::of(0i64..50), attributes).prop_map(|(value, attributes)| Cells { value, attributes }),
    ]
}

fn rows() -> impl Strategy<Value = Rows> {
    let attributes = (optional(&["Stocks", "Flows"], 2), optional(&["0", "3"], 2));
    let by_year = proptest::collection::btree_map(2000u16..2016, cells(), 0..9);
    (attributes, proptest::option::weighted(0.3, cells()), by_year).prop_map(|((title, unit), general, by_year)| Rows {
        attributes: [title, unit],
        general,
        by_year,
    })
}

fn sent() -> impl Strategy<Value = Sent> {
    const ACTIONS: [PartAction; 4] =
        [PartAction::Merge, PartAction::Merge, PartAction::Replace, PartAction::Delete];
    (proptest::sample::select(&ACTIONS[..]), any::<bool>()).prop_flat_map(|(action, may_be_wild)| {
        let first = if action == PartAction::Delete && may_be_wild { 0u8 } else { 1 };
        let code = move |prefix: &'static str, most: u8| {
            (first..=most).prop_map(move |nth| if nth == 0 { Arc::from("") } else { Arc::from(format!("{prefix}{nth}")) })
        };
        let sex = (first..=2).prop_map(|nth| Arc::from(["", "F", "M"][usize::from(nth)]));
        let key = (code("A", 9), sex).prop_map(|(area, sex): (Arc<str>, Arc<str>)| [area, sex]);
        proptest::collection::btree_map(key, rows(), 0..14).prop_map(move |mut rows| {
            let silent = |rows: &&mut Rows| rows.by_year.is_empty();
            rows.values_mut().filter(silent).for_each(|rows| drop(rows.general.get_or_insert_default()));
            if action != PartAction::Delete {
                // A row without period only carries attributes of its series.
                rows.values_mut().filter_map(|rows| rows.general.as_mut()).for_each(|cells| *cells = Cells::default());
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
    let rows = content.iter().map(|(key, series)| {
        (key.clone(), Rows { by_year: series.observations.clone(), ..Rows::default() })
    });
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
    let edge = |area: &str| (([Arc::from(area), Arc::from("M")]), large().into_values().next().expect("a series"));
    let base = memory.keep(&content_columns(&[edge("A"), edge("Z")].into()), &naming(None));
    let base = Vintage { blocks: base, ..Vintage::empty(SHAPE.clone()) };
    let rows = large().into_iter().map(|(key, series)| {
        (key, Rows { by_year: series.observations, ..Rows::default() })
    });
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
    let parts = vec![Sent { action: PartAction::Merge, rows: one_cell("A1", Cells { value: Some(1), ..Cells::default() }) }];
    let first = Change { absent_values: absent("S"), ..change(&memory, &Submission { parts, ..Submission::default() }) };
    let base = memory.fold(&Vintage::empty(SHAPE.clone()), &first);
    let next = memory.fold(&base, &Change { absent_values: absent("T"), ..Change::default() });
    assert_eq!(next.dataset_attributes.get("SOURCE"), Some(&AttributeValue::text("S")));
    let deleted = Change { absent_values: absent("T"), dataset_attributes: vec![("SOURCE".into(), None)], ..Change::default() };
    let last = memory.fold(&next, &deleted);
    assert_eq!((last.dataset_attributes.len(), last.blocks), (0, base.blocks));
}

#[test]
fn a_deletion_of_many_whole_series_by_their_keys_needs_no_wildcards() {
    let memory = Memory::default();
    let value = Cells { value: Some(1), ..Cells::default() };
    let keys = || (0..super::WILDCARDS_MAX as u32 + 10).map(|nth| [Arc::from(format!("A{nth}")), Arc::from("M")]);
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
