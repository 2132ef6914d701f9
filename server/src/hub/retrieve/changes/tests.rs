use super::*;
use crate::hub::mask::{Audience, Marks, Mask};
use crate::hub::retrieve::fixture::{
    Cell, Copy, Key, MemoryBlocks, SHAPE, State, audience, cell, codes, put, received,
};
use crate::hub::retrieve::fixture::{seen, state, take_away};
use crate::hub::retrieve::sieve::Sieve;
use crate::hub::retrieve::whole::{Whole, total};
use mighub_sdmx::key::{KeyPattern, Selection};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What one reader looks at.
#[derive(Clone, Debug)]
struct View {
    state: State,
    /// What the lane shows today, if an older state is read.
    today: Option<State>,
    audience: Audience,
    /// Series that are another provider's.
    rivals: BTreeSet<Key>,
}

impl View {
    fn sight(&self, blocks: &MemoryBlocks) -> Option<Sight> {
        let vintage = blocks.vintage(&self.state);
        if vintage.blocks.is_empty() {
            return None;
        }
        let today = self.today.as_ref().map(|today| blocks.vintage(today));
        let mask = Mask::new(self.audience.clone(), &vintage, today.as_ref());
        let key =
            |key: &Key| KeyPattern { sets: codes(*key).map(|code| Some(BTreeSet::from([code]))).to_vec() };
        let keys: Vec<_> = self.rivals.iter().map(key).collect();
        let rivals = (!keys.is_empty()).then_some(Selection { keys, start: None, end: None });
        let hides = mask.hides_something(&vintage, Marks::of(&vintage));
        let sieve = Arc::new(Sieve::new(Arc::default(), Arc::default(), rivals));
        let manifest = mighub::block::Digest([0; 32]);
        Some(Sight { manifest, vintage: Arc::new(vintage), mask: Arc::new(mask), sieve, hides })
    }

    /// What the reader has, told row by row.
    fn copy(&self) -> Copy {
        let mut copy = seen(&self.state, self.today.as_ref(), &self.audience);
        let rivals: BTreeSet<Vec<String>> =
            self.rivals.iter().map(|key| codes(*key).iter().map(ToString::to_string).collect()).collect();
        copy.retain(|(key, _), _| !rivals.contains(key));
        copy
    }
}

/// Merges, deletions, new titles, and a change of terms.
#[derive(Clone, Debug)]
enum Move {
    Merge(Vec<((Key, u16), Cell)>),
    Delete(Vec<(Key, u16)>),
    Title(Key, &'static str),
    Absent(Option<&'static str>),
    Replace(State),
    Read(Audience),
    Rivals(BTreeSet<Key>),
    /// Reads an older state again, as of today.
    AsOf(usize),
}

fn a_move() -> impl Strategy<Value = Move> {
    let key = || (0u8..4, 0u8..2);
    let place = move || (key(), 2000u16..2004);
    prop_oneof![
        4 => proptest::collection::vec((place(), cell()), 1..6).prop_map(Move::Merge),
        3 => proptest::collection::vec(place(), 1..6).prop_map(Move::Delete),
        1 => (key(), proptest::sample::select(&["t1", "t2"][..])).prop_map(|(key, title)| Move::Title(key, title)),
        1 => proptest::sample::select(&[None, Some("F"), Some("N")][..]).prop_map(Move::Absent),
        1 => state().prop_map(Move::Replace),
        2 => audience().prop_map(Move::Read),
        1 => proptest::collection::btree_set(key(), 0..3).prop_map(Move::Rivals),
        1 => (0usize..8).prop_map(Move::AsOf),
    ]
}

fn apply(view: &View, step: &Move, states: &[State]) -> View {
    let mut next = view.clone();
    let newest = states.last().cloned().unwrap_or_default();
    match step {
        Move::Read(audience) => next.audience = Audience { agency: next.audience.agency, ..audience.clone() },
        Move::Rivals(rivals) => next.rivals.clone_from(rivals),
        Move::AsOf(nth) => {
            if let Some(state) = states.get(*nth) {
                next.state.clone_from(state);
                next.today = Some(newest);
            }
        }
        moved => {
            next.today = None;
            next.state = newest;
            match moved {
                Move::Merge(cells) => next.state.cells.extend(cells.iter().cloned()),
                Move::Delete(places) => next.state.cells.retain(|place, _| !places.contains(place)),
                Move::Title(key, title) => next.state.titles.extend([(*key, *title)]),
                Move::Absent(conf) => next.state.absent_conf = *conf,
                Move::Replace(state) => next.state.clone_from(state),
                _ => {}
            }
        }
    }
    next
}

fn sides(before: &View, after: &View, blocks: &MemoryBlocks) -> Sides {
    Sides {
        before: before.sight(blocks),
        after: after.sight(blocks),
        lost_early_access: false,
        holds_key: true,
    }
}

/// All changes, in as many calls as there are cuts: a call that is cut off is followed by one that goes on where
/// the last checkpoint was.
fn changes(before: &View, after: &View, blocks: &MemoryBlocks, cuts: &[usize]) -> Vec<Change> {
    let mut all = Vec::new();
    let mut behind: Option<Vec<Arc<str>>> = None;
    for cut in cuts.iter().chain([&usize::MAX]) {
        let mut changes = Changes::new(sides(before, after, blocks), &SHAPE);
        if let Some(key) = &behind {
            changes.start_behind(key);
        }
        for _ in 0..*cut {
            if changes.is_done() {
                return all;
            }
            changes.step(blocks, &mut all).expect("in memory");
        }
        if let Some(key) = changes.place() {
            behind = Some(key.to_vec());
            changes.flush(&mut all).expect("in memory");
        }
    }
    all
}

fn whole(view: &View, blocks: &MemoryBlocks) -> Copy {
    let mut copy = Copy::new();
    let Some(sight) = view.sight(blocks) else { return copy };
    let mut whole = Whole::new(sight.clone(), true);
    let mut sent = 0;
    while !whole.is_done() {
        if let Some((block, observations)) = whole.step(blocks).expect("in memory") {
            let columns = received(&block);
            assert_eq!(columns.len() as u64, observations);
            sent += observations;
            put(&mut copy, &columns);
        }
    }
    assert_eq!(total(&sight, blocks).expect("in memory"), sent);
    copy
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_a_reader_had_and_what_changed_give_what_it_sees(
        first in state(),
        reader in audience(),
        moves in proptest::collection::vec(a_move(), 1..8),
        pulled in proptest::collection::vec(any::<bool>(), 8),
        cuts in proptest::collection::vec(0usize..6, 0..4),
    ) {
        let blocks = MemoryBlocks::default();
        let mut states = vec![first.clone()];
        let mut view = View { state: first, today: None, audience: reader, rivals: BTreeSet::new() };
        let mut had = view.clone();
        let mut copy = whole(&view, &blocks);
        prop_assert_eq!(&copy, &view.copy());
        for (step, pulled) in moves.iter().zip(pulled) {
            let next = apply(&view, step, &states);
            if next.today.is_none() && next.state != view.state {
                states.push(next.state.clone());
            }
            view = next;
            if !pulled {
                continue;
            }
            let expected = view.copy();
            let same_terms = had.state.absent_conf == view.state.absent_conf;
            for change in changes(&had, &view, &blocks, &cuts) {
                match change {
                    Change::Put((block, observations)) => {
                        let columns = received(&block);
                        prop_assert_eq!(columns.len() as u64, observations);
                        let same = put(&mut copy, &columns);
                        prop_assert!(same == 0 || !same_terms || !cuts.is_empty(), "{} were sent for nothing", same);
                    }
                    Change::Gone((block, observations), reason) => {
                        let columns = received(&block);
                        prop_assert_eq!(columns.len() as u64, observations);
                        take_away(&mut copy, &columns);
                        for series in 0..columns.series_count() {
                            for at in columns.observations(series) {
                                let is_there = view.state.cells.keys().any(|(key, year)| {
                                    columns.key(series).cmp_codes(&codes(*key)).is_eq()
                                        && columns.periods[at] == mighub_sdmx::Period::year(*year)
                                });
                                prop_assert_eq!(reason == TombstoneReason::Withheld, is_there);
                            }
                        }
                    }
                }
            }
            prop_assert_eq!(&copy, &expected, "after {:?}", step);
            prop_assert_eq!(&whole(&view, &blocks), &expected);
            had = view.clone();
        }
    }
}

#[test]
fn who_loses_early_access_is_told_to_delete_and_not_whether_it_was_deleted() {
    let cell = Cell { value: Some(1), conf: Some("F"), ..Cell::default() };
    let public = Audience::default();
    let view = |cells: &[(Key, u16)]| View {
        state: State {
            cells: cells.iter().map(|place| (*place, cell.clone())).collect(),
            ..State::default()
        },
        today: None,
        audience: public.clone(),
        rivals: BTreeSet::new(),
    };
    let blocks = MemoryBlocks::default();
    let (early, late) = (view(&[((0, 0), 2000), ((1, 0), 2000)]), view(&[((0, 0), 2000)]));
    let sides = Sides { lost_early_access: true, ..sides(&early, &late, &blocks) };
    let mut changes = Changes::new(sides, &SHAPE);
    let mut found = Vec::new();
    while !changes.is_done() {
        changes.step(&blocks, &mut found).expect("in memory");
    }
    let reasons: Vec<_> = found
        .iter()
        .map(|change| match change {
            Change::Gone((_, observations), reason) => (*reason, *observations),
            Change::Put(_) => panic!("nothing is new"),
        })
        .collect();
    assert_eq!(reasons, [(TombstoneReason::Withheld, 1)]);
}
