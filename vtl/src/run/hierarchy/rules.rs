//! A ruleset with its codes numbered and its conditions computed.

use std::sync::Arc;

use hashbrown::HashMap;

use super::super::check::truth_of;
use super::super::{Context, RunError};
use crate::dataset::{Booleans, Column, Dataset, NULL_CODE, Strings};
use crate::plan::{Comparison, Expression, Hierarchy};
use crate::value::{Scalar, ScalarType};

/// A row whose code no rule names.
pub(super) const NO_ITEM: u32 = u32::MAX;

/// A rule; codes are places in [`Rules::items`], conditions are per group.
pub(super) struct Rule {
    pub(super) left: usize,
    pub(super) relation: Comparison,
    pub(super) items: Vec<Item>,
    pub(super) when: Option<Booleans>,
    /// `X = X`: says nothing about data.
    pub(super) is_identity: bool,
}

/// An item of the right side.
pub(super) struct Item {
    pub(super) code: usize,
    pub(super) negative: bool,
    pub(super) condition: Option<Booleans>,
}

/// The rules, and the codes they name.
pub(super) struct Rules {
    items: Vec<Scalar>,
    places: HashMap<Key, u32>,
    pub(super) rules: Vec<Rule>,
    /// `=` rules, each behind those that compute its items.
    pub(super) by_dependency: Vec<usize>,
    /// Per code, whether an `=` rule computes it.
    computed: Vec<bool>,
}

/// A code as it can be looked up.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Text(Arc<str>),
    Whole(i64),
}

fn key(code: &Scalar) -> Option<Key> {
    match code {
        Scalar::String(text) => Some(Key::Text(text.clone())),
        Scalar::Integer(whole) => Some(Key::Whole(*whole)),
        _ => None,
    }
}

impl Rules {
    pub(super) fn new(
        hierarchy: &Hierarchy,
        input: &Dataset,
        firsts: &[u32],
        context: &Context<'_>,
    ) -> Result<Self, RunError> {
        let mut rules = Self {
            items: Vec::new(),
            places: HashMap::new(),
            rules: Vec::new(),
            by_dependency: Vec::new(),
            computed: Vec::new(),
        };
        // A condition asks for components that are the same in the whole group: its first row tells.
        let conditional = hierarchy
            .rules
            .iter()
            .any(|rule| rule.when.is_some() || rule.items.iter().any(|item| item.condition.is_some()));
        let frame: Vec<Column> = if conditional {
            input.columns().iter().map(|column| column.take(firsts)).collect()
        } else {
            Vec::new()
        };
        let per_group = |condition: &Option<Expression>| {
            condition.as_ref().map(|condition| truth_of(condition, &frame, firsts.len(), context)).transpose()
        };
        for rule in &hierarchy.rules {
            let left = rules.number(&rule.left);
            let mut items = Vec::with_capacity(rule.items.len());
            for item in &rule.items {
                let code = rules.number(&item.code);
                items.push(Item { code, negative: item.negative, condition: per_group(&item.condition)? });
            }
            let is_identity = matches!(&items[..], [only] if only.code == left && !only.negative);
            rules.rules.push(Rule {
                left,
                relation: rule.relation,
                items,
                when: per_group(&rule.when)?,
                is_identity,
            });
        }
        rules.by_dependency = rules.in_order();
        rules.computed = vec![false; rules.items.len()];
        for &rule in &rules.by_dependency {
            rules.computed[rules.rules[rule].left] = true;
        }
        Ok(rules)
    }

    fn number(&mut self, code: &Scalar) -> usize {
        let next = self.items.len();
        let place = key(code).map_or(next as u32, |key| *self.places.entry(key).or_insert(next as u32));
        if place as usize == next {
            self.items.push(code.clone());
        }
        place as usize
    }

    /// Whether an `=` rule computes this code.
    pub(super) fn is_computed(&self, code: usize) -> bool {
        self.computed[code]
    }

    /// Number of codes.
    pub(super) fn item_count(&self) -> usize {
        self.items.len()
    }

    /// `=` rules in order of dependency, as far as there is one: the analysis has refused circles.
    fn in_order(&self) -> Vec<usize> {
        let computing = |rule: &Rule| rule.relation == Comparison::Equal;
        let mut waiting: Vec<usize> =
            (0..self.rules.len()).filter(|&rule| computing(&self.rules[rule])).collect();
        let mut order = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let open: Vec<usize> = waiting.iter().map(|&rule| self.rules[rule].left).collect();
            let is_ready = |rule: &Rule| {
                rule.items.iter().all(|item| item.code == rule.left || !open.contains(&item.code))
            };
            let (ready, rest): (Vec<_>, Vec<_>) =
                waiting.iter().partition(|&&rule| is_ready(&self.rules[rule]));
            if ready.is_empty() {
                order.extend(rest);
                break;
            }
            order.extend(ready);
            waiting = rest;
        }
        order
    }

    /// Per row, the place of its code, or [`NO_ITEM`].
    pub(super) fn items_of_rows(&self, codes: &Column) -> Vec<u32> {
        let place = |key: &Key| self.places.get(key).copied().unwrap_or(NO_ITEM);
        match codes {
            Column::Strings(column) => {
                let by_code: Vec<u32> =
                    column.dictionary.iter().map(|text| place(&Key::Text(text.clone()))).collect();
                let item = |code: &u32| by_code.get(*code as usize).copied().unwrap_or(NO_ITEM);
                column.codes.iter().map(item).collect()
            }
            Column::Fixed(column) => column.values.iter().map(|value| place(&Key::Whole(*value))).collect(),
            other => vec![NO_ITEM; other.len()],
        }
    }

    /// Place of the code of a rule's left side.
    pub(super) fn left_code(&self, rule: usize) -> u32 {
        self.rules[rule].left as u32
    }

    /// The codes as a column.
    pub(super) fn codes(&self, scalar_type: ScalarType) -> Column {
        Column::of_scalars(self.items.iter(), scalar_type)
    }

    /// These of the codes, and behind them the codes of these rows.
    pub(super) fn codes_then(
        &self,
        of_rows: &Column,
        scalar_type: ScalarType,
        places: &[u32],
        rows: &[u32],
    ) -> Column {
        let named = self.codes(scalar_type).take(places);
        let kept = of_rows.take(rows);
        match (named, kept) {
            (Column::Strings(a), Column::Strings(b)) => {
                let shift = a.dictionary.len() as u32;
                let shifted = b.codes.iter().map(|&code| if code == NULL_CODE { code } else { code + shift });
                Column::Strings(Strings {
                    dictionary: Arc::new(a.dictionary.iter().chain(b.dictionary.iter()).cloned().collect()),
                    codes: Arc::new(a.codes.iter().copied().chain(shifted).collect()),
                })
            }
            (Column::Fixed(a), Column::Fixed(b)) => Column::fixed(
                a.values.iter().chain(b.values.iter()).copied().collect(),
                crate::dataset::Validity::ALL,
            ),
            // The two columns have one type.
            (named, _) => named,
        }
    }
}
