//! For tests: figures in a plain map, the same figures in blocks, and what a reader of blocks has in a plain map
//! again. The map and the blocks share no code.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use mighub::block::{LaneKey, Naming, compress, decode, decode_proven, decompress, encode};
use mighub::manifest::BlockInfo;
use mighub::v1;
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, Shape};
use mighub_sdmx::key::{KeyPattern, Selection};
use mighub_sdmx::{Decimal, Period};
use proptest::prelude::*;
use prost::bytes::Bytes;

use super::whole::StoredBlocks;
use crate::hub::mask::Audience;
use crate::hub::vintage::{BlockSource, LoadError, Vintage};

/// The columns of all figures here.
pub(in crate::hub) static SHAPE: LazyLock<Arc<Shape>> = LazyLock::new(|| {
    let ids = |ids: &[&str]| ids.iter().map(|id| Arc::from(*id)).collect();
    Arc::new(Shape {
        dimensions: ids(&["REF_AREA", "SEX"]),
        observation_attributes: ids(&["OBS_STATUS", "CONF_STATUS", "CONF_REDIST", "NOTE"]),
        series_attributes: ids(&["TITLE"]),
        timeless: false,
    })
});

/// Area and sex.
pub(in crate::hub) type Key = (u8, u8);

/// An observation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::hub) struct Cell {
    pub(in crate::hub) value: Option<i64>,
    pub(in crate::hub) status: Option<&'static str>,
    pub(in crate::hub) conf: Option<&'static str>,
    pub(in crate::hub) redist: Option<&'static str>,
    pub(in crate::hub) note: Option<&'static str>,
}

/// A lane's state, observation by observation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::hub) struct State {
    pub(in crate::hub) cells: BTreeMap<(Key, u16), Cell>,
    pub(in crate::hub) titles: BTreeMap<Key, &'static str>,
    /// What an absent CONF_STATUS stands for.
    pub(in crate::hub) absent_conf: Option<&'static str>,
}

/// What a reader has: value and attributes by id, by key and period.
pub(in crate::hub) type Copy =
    BTreeMap<(Vec<String>, Period), (Option<Decimal>, BTreeMap<String, AttributeValue>)>;

/// Blocks in memory.
#[derive(Default)]
pub(in crate::hub) struct MemoryBlocks(Mutex<HashMap<[u8; 32], Bytes>>);

impl MemoryBlocks {
    /// The state as a vintage, in blocks of a few series, whose ends depend on their keys alone.
    pub(in crate::hub) fn vintage(&self, state: &State) -> Vintage {
        let mut blocks = Vec::new();
        let mut builder = ColumnsBuilder::new(SHAPE.clone());
        let cells: Vec<_> = state.cells.iter().collect();
        for series in cells.chunk_by(|a, b| a.0.0 == b.0.0) {
            let key = series[0].0.0;
            push_series(&mut builder, key, state.titles.get(&key), series);
            if (key.0 + key.1) % 3 == 0 {
                blocks.push(self.keep(&builder.take()));
            }
        }
        if !builder.is_empty() {
            blocks.push(self.keep(&builder.take()));
        }
        let absent = state.absent_conf.map(|conf| (Arc::from("CONF_STATUS"), Arc::from(conf)));
        Vintage {
            shape: SHAPE.clone(),
            blocks: blocks.into(),
            dataset_attributes: BTreeMap::new(),
            absent_values: absent.into_iter().collect(),
        }
    }

    fn keep(&self, columns: &Columns) -> Arc<BlockInfo> {
        let raw = encode(columns);
        let info = Naming { key: LaneKey([7; 32]), unmarked_restricted: false }.name(columns, &raw);
        self.0
            .lock()
            .expect("no test panics here")
            .insert(info.digest.0, compress(&raw).expect("small").into());
        Arc::new(info)
    }
}

fn push_series(builder: &mut ColumnsBuilder, key: Key, title: Option<&&str>, cells: &[(&(Key, u16), &Cell)]) {
    builder.start_series_with_key(&codes(key));
    builder.series_attribute(0, title.map(|title| AttributeValue::text(title)).as_ref());
    for ((_, year), cell) in cells {
        let attributes = [cell.status, cell.conf, cell.redist, cell.note];
        let attributes = attributes.map(|text| text.map(AttributeValue::text));
        let value = cell.value.map(Decimal::integer);
        builder.observation(Period::year(*year), value, |place| attributes[place].as_ref());
    }
    builder.end_series();
}

/// The codes of a key.
pub(in crate::hub) fn codes((area, sex): Key) -> [Arc<str>; 2] {
    [Arc::from(format!("A{area}")), Arc::from(format!("S{sex}"))]
}

impl BlockSource for MemoryBlocks {
    fn load(&self, block: &BlockInfo) -> Result<Arc<Columns>, LoadError> {
        let raw = decompress(&self.stored_frame(block)?).expect("kept by this");
        Ok(Arc::new(decode_proven(&raw, &SHAPE).expect("kept by this")))
    }
}

impl StoredBlocks for MemoryBlocks {
    fn stored_frame(&self, block: &BlockInfo) -> Result<Bytes, LoadError> {
        Ok(self.0.lock().expect("no test panics here")[&block.digest.0].clone())
    }

    fn stored_frames(&self, blocks: &[&BlockInfo], bytes_max: usize) -> Result<Vec<Bytes>, LoadError> {
        let mut bytes = 0;
        let frames = blocks.iter().map(|block| self.stored_frame(block)).collect::<Result<Vec<_>, _>>()?;
        let fits = frames.iter().take_while(|frame| {
            bytes += frame.len();
            bytes <= bytes_max
        });
        Ok(frames[..fits.count().max(1)].to_vec())
    }
}

/// The columns of a block that travels; it must be canonical.
pub(in crate::hub) fn received(block: &v1::StoredBlock) -> Columns {
    let raw = decompress(&block.frame).expect("a frame");
    if !block.keyed {
        assert_eq!(block.digest[..], *blake3::hash(&raw).as_bytes());
    }
    decode(&raw, &SHAPE).expect("canonical")
}

/// Puts the observations of columns into a copy; gives how many were as they are already.
pub(in crate::hub) fn put(copy: &mut Copy, columns: &Columns) -> usize {
    let mut same = 0;
    for series in 0..columns.series_count() {
        let key: Vec<String> = columns.key(series).codes().map(ToString::to_string).collect();
        for at in columns.observations(series) {
            let shape = &columns.shape;
            let of_observation = shape.observation_attributes.iter().zip(&columns.observation_attributes);
            let of_series = shape.series_attributes.iter().zip(&columns.series_attributes);
            let attributes = of_observation
                .map(|(id, column)| (id, column.get(at)))
                .chain(of_series.map(|(id, column)| (id, column.get(series))))
                .filter_map(|(id, value)| Some((id.to_string(), value?.clone())));
            let observation = (columns.value(at), attributes.collect::<BTreeMap<_, _>>());
            let before = copy.insert((key.clone(), columns.periods[at]), observation.clone());
            same += usize::from(before == Some(observation));
        }
    }
    same
}

/// Takes away what tombstones name.
pub(in crate::hub) fn take_away(copy: &mut Copy, columns: &Columns) {
    for series in 0..columns.series_count() {
        let key: Vec<String> = columns.key(series).codes().map(ToString::to_string).collect();
        for at in columns.observations(series) {
            assert!(columns.is_bare(series, at), "a tombstone tells more than its place");
            let place = (key.clone(), columns.periods[at]);
            assert!(copy.remove(&place).is_some(), "{place:?} is taken away and was never given");
        }
    }
}

/// What an audience sees of a state, told observation by observation. `today` hides what is hidden today.
pub(in crate::hub) fn seen(state: &State, today: Option<&State>, audience: &Audience) -> Copy {
    let is_hidden = |state: &State, place: &(Key, u16)| {
        state.cells.get(place).is_some_and(|cell| {
            let is_named = audience.agency.as_deref().is_some_and(|agency| cell.redist == Some(agency));
            !audience.restricted && !is_named && cell.conf.or(state.absent_conf) != Some("F")
        })
    };
    let hidden = |place| is_hidden(state, place) || today.is_some_and(|today| is_hidden(today, place));
    let withheld = |(key, year): &(Key, u16)| {
        let codes = codes(*key);
        !audience.restricted
            && audience.withheld.iter().any(|cells| {
                cells.matches_codes(|| codes.iter()) && cells.matches_period(Period::year(*year))
            })
    };
    let mut copy = Copy::new();
    for (place @ (key, year), cell) in &state.cells {
        let is_hidden = hidden(place);
        if (is_hidden && audience.keys_hidden) || withheld(place) {
            continue;
        }
        let of_series = state.cells.range((*key, 0)..=(*key, u16::MAX));
        let series_hidden = of_series.map(|(place, _)| place).all(|place| hidden(place) || withheld(place));
        let kept = [("OBS_STATUS", cell.status), ("CONF_STATUS", cell.conf)];
        let others = [("CONF_REDIST", cell.redist), ("NOTE", cell.note)];
        let title = [("TITLE", state.titles.get(key).copied().filter(|_| !series_hidden))];
        let others = others.iter().filter(|_| !is_hidden);
        let attributes = kept.iter().chain(others).chain(&title);
        let attributes =
            attributes.filter_map(|(id, text)| Some((id.to_string(), AttributeValue::text((*text)?))));
        let value = cell.value.filter(|_| !is_hidden).map(Decimal::integer);
        let codes = codes(*key).iter().map(ToString::to_string).collect();
        copy.insert((codes, Period::year(*year)), (value, attributes.collect()));
    }
    copy
}

/// Some observation.
pub(in crate::hub) fn cell() -> impl Strategy<Value = Cell> {
    let conf = prop_oneof![3 => Just(Some("F")), 2 => Just(None), 2 => Just(Some("C"))];
    let of = |texts: &'static [Option<&'static str>]| proptest::sample::select(texts);
    let texts =
        (of(&[None, Some("A")]), conf, of(&[None, None, Some("IOM")]), of(&[None, Some("n1"), Some("n2")]));
    (proptest::option::of(0i64..4), texts).prop_map(|(value, (status, conf, redist, note))| Cell {
        value,
        status,
        conf,
        redist,
        note,
    })
}

/// Some state.
pub(in crate::hub) fn state() -> impl Strategy<Value = State> {
    let cells = proptest::collection::btree_map(((0u8..4, 0u8..2), 2000u16..2004), cell(), 0..24);
    let titles =
        proptest::collection::btree_map((0u8..4, 0u8..2), proptest::sample::select(&["t1", "t2"][..]), 0..4);
    let absent = proptest::sample::select(&[None, Some("F"), Some("N")][..]);
    (cells, titles, absent).prop_map(|(cells, titles, absent_conf)| State { cells, titles, absent_conf })
}

/// Somebody who reads.
pub(in crate::hub) fn audience() -> impl Strategy<Value = Audience> {
    let agency = proptest::sample::select(&[None, Some("IOM"), Some("UNODC")][..]);
    let cells = ((0u8..4, 0u8..2), any::<bool>(), proptest::option::of(2000u16..2004));
    let withheld = proptest::collection::vec(cells.prop_map(restriction), 0..3);
    (agency, any::<bool>(), any::<bool>(), withheld).prop_map(
        |(agency, restricted, keys_hidden, withheld)| Audience {
            agency: agency.map(Arc::from),
            before_release: false,
            restricted,
            keys_hidden: keys_hidden && !restricted,
            withheld: if restricted { Vec::new() } else { withheld },
            policy: None,
        },
    )
}

/// Cells of an area, of one sex or of both, from a year on.
fn restriction((key, of_both, from): (Key, bool, Option<u16>)) -> Arc<Selection> {
    let [area, sex] = codes(key).map(|code| Some(BTreeSet::from([code])));
    let sets = if of_both { vec![area] } else { vec![area, sex] };
    Arc::new(Selection { keys: vec![KeyPattern { sets }], start: from.map(Period::year), end: None })
}
