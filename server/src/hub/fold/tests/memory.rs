//! Blocks in memory, made of rows and read back.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use mighub::block::{BlockWriter, Digest, FinishedBlock, LaneKey, Naming, check_cut, decode, encode};
use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, Shape};
use mighub_sdmx::decimal::Decimal;
use mighub_sdmx::key::{KeyPattern, Selection};
use mighub_sdmx::period::Period;
use mighub_sdmx::structure::{AttributeDefault, CodeId, DefaultCondition, DefaultValue, Id};

use super::model::{ABSENT_IDS, Cells, Content, Key, Sent, Series, Submission, Text};
use crate::hub::fold::{BlockSink, Change, FoldError, Part, fold};
use crate::hub::vintage::{BlockSource, LoadError, Vintage, load_joined};

pub(super) const KEY: LaneKey = LaneKey([3; 32]);
pub(super) const OBSERVATION_ATTRIBUTES: [&str; 4] = ["OBS_STATUS", "CONF_STATUS", "REF_DATE", "NOTE"];
pub(super) const SERIES_ATTRIBUTES: [&str; 2] = ["TITLE", "UNIT_MULT"];

pub(super) static SHAPE: LazyLock<Arc<Shape>> = LazyLock::new(|| {
    let ids = |ids: &[&str]| ids.iter().map(|id| Arc::from(*id)).collect();
    Arc::new(Shape {
        dimensions: ids(&["REF_AREA", "SEX"]),
        observation_attributes: ids(&OBSERVATION_ATTRIBUTES),
        series_attributes: ids(&SERIES_ATTRIBUTES),
        timeless: false,
    })
});

/// Blocks in memory that count how often they are opened. What is kept can be read once it is settled.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) blocks: RefCell<HashMap<Digest, Vec<u8>>>,
    pub(super) opened: Cell<usize>,
}

pub(super) struct Sink<'m>(&'m Memory, Vec<FinishedBlock>);

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
    pub(super) fn fold(&self, base: &Vintage, change: &Change) -> Vintage {
        let mut sink = Sink(self, Vec::new());
        let vintage = fold(base, change, self, &KEY, &mut sink).expect("a fold");
        sink.settle().expect("settled");
        vintage
    }

    pub(super) fn keep(&self, columns: &Columns, naming: &Naming) -> Arc<[Arc<BlockInfo>]> {
        let mut sink = Sink(self, Vec::new());
        let mut writer = BlockWriter::new(SHAPE.clone(), naming.clone());
        writer.push(columns, &mut |block| sink.keep(block)).expect("kept");
        writer.finish().into_iter().for_each(|block| sink.keep(block).expect("kept"));
        let blocks = sink.1.iter().map(|block| Arc::new(block.info.clone())).collect();
        sink.settle().expect("settled");
        blocks
    }

    pub(super) fn content(&self, vintage: &Vintage) -> Content {
        let (mut content, mut next) = (Content::new(), 0);
        while next < vintage.blocks.len() {
            let (columns, count) = load_joined(self, &vintage.blocks[next..]).expect("loaded");
            next += count;
            let text =
                |value: Option<&AttributeValue>| value.and_then(AttributeValue::as_text).map(Arc::from);
            for series in 0..columns.series_count() {
                let observations = columns.observations(series).map(|at| {
                    let cells = Cells {
                        value: columns.value(at).map(|value| value.unscaled),
                        attributes: [0, 1, 2, 3]
                            .map(|place| text(columns.observation_attributes[place].get(at))),
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
    pub(super) fn prove(&self, vintage: &Vintage, naming: &Naming) {
        for (nth, block) in vintage.blocks.iter().enumerate() {
            let columns = self.load(block).expect("loaded");
            let next = vintage.blocks.get(nth + 1).map(|next| &next.first_key[..]);
            check_cut(&columns, next).expect("cut where the canon cuts");
            assert_eq!(naming.name(&columns, &encode(&columns)), **block);
        }
    }
}

pub(super) fn columns(rows: impl Iterator<Item = (Key, [Text; 2], Vec<(Period, Cells)>)>) -> Columns {
    let value = |text: &Text| text.clone().map(AttributeValue::Text);
    let mut builder = ColumnsBuilder::new(SHAPE.clone());
    for (key, attributes, observations) in rows.filter(|(.., observations)| !observations.is_empty()) {
        builder.start_series_with_key(&key);
        for (place, attribute) in attributes.iter().enumerate() {
            builder.series_attribute(place, value(attribute).as_ref());
        }
        for (period, cells) in observations {
            let attributes = cells.attributes.each_ref().map(value);
            builder
                .observation(period, cells.value.map(Decimal::integer), |place| attributes[place].as_ref());
        }
        builder.end_series();
    }
    builder.take()
}

pub(super) fn content_columns(content: &Content) -> Columns {
    columns(content.iter().map(|(key, series)| {
        let observations =
            series.observations.iter().map(|(year, cells)| (Period::year(*year), cells.clone()));
        (key.clone(), series.attributes.clone(), observations.collect())
    }))
}

pub(super) fn sent_columns(sent: &Sent) -> Columns {
    columns(sent.rows.iter().map(|(key, rows)| {
        let general = rows.general.iter().map(|cells| (Period::ANY, cells.clone()));
        let by_year = rows.by_year.iter().map(|(year, cells)| (Period::year(*year), cells.clone()));
        (key.clone(), rows.attributes.clone(), general.chain(by_year).collect())
    }))
}

pub(super) fn naming(absent_conf: Option<&str>) -> Naming {
    Naming { key: KEY, unmarked_restricted: absent_conf != Some("F") }
}

pub(super) fn change(memory: &Memory, submission: &Submission) -> Change {
    let id = |text: &str| Id::new(text).expect("an id");
    let women = DefaultCondition { dimension: id("SEX"), codes: [CodeId::new("F").expect("a code")].into() };
    let defaults = [
        AttributeDefault {
            attribute: id("REF_DATE"),
            value: DefaultValue::DayOfYear { month: 1, day: 1 },
            when: None,
        },
        AttributeDefault {
            attribute: id("TITLE"),
            value: DefaultValue::Text("Women".into()),
            when: Some(women),
        },
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
