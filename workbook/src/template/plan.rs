//! The columns of the sheet Data, and the lists from which their codes are chosen.

use std::collections::BTreeMap;

use mighub_sdmx::structure::{AttributeLevel, ComponentUse, Usage};

use super::Template;
use super::rows::Rows;
use crate::address::letters;

/// Name of the hidden sheet with the lists.
pub(super) const CODES: &str = "Codes";
/// Attributes that are asked for besides those that must be given.
const ASKED_FOR: [&str; 3] = ["OBS_STATUS", "CONF_STATUS", "COMMENT_OBS"];

/// A column of the sheet Data.
pub(super) struct Planned<'t> {
    pub(super) kind: Kind<'t>,
    /// For which code across; nothing for columns of the row.
    pub(super) across: Option<usize>,
    pub(super) component: &'t str,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind<'t> {
    /// A code, or the period, by its place among those that vary.
    Code(usize),
    /// The name of that code.
    Name(usize),
    /// The earlier value.
    Earlier,
    Value,
    Attribute(&'t ComponentUse),
}

pub(super) fn plan<'t>(template: &Template<'t>, rows: &'t Rows) -> Vec<Planned<'t>> {
    let mut plan = Vec::new();
    for (nth, component) in rows.varying.iter().enumerate() {
        plan.push(Planned { kind: Kind::Code(nth), across: None, component });
        if template.definition.dimension(component).is_some_and(|d| d.coded_by.codelist().is_some()) {
            plan.push(Planned { kind: Kind::Name(nth), across: None, component });
        }
    }
    let groups: Vec<Option<usize>> = match &rows.across {
        Some((_, codes)) => (0..codes.len()).map(Some).collect(),
        None => vec![None],
    };
    let defaults = &template.definition.defaults;
    let attributes = template.definition.attributes.iter().filter(|attribute| {
        let must = attribute.usage == Usage::Mandatory && attribute.level != AttributeLevel::Dataset;
        let id = &*attribute.component.id;
        // What has a default need not be given.
        ASKED_FOR.contains(&id) || must && !defaults.iter().any(|default| &*default.attribute == id)
    });
    let attributes: Vec<&'t ComponentUse> = attributes.map(|attribute| &attribute.component).collect();
    let measure = &*template.definition.measure.id;
    for across in groups {
        if template.reference.is_some() {
            plan.push(Planned { kind: Kind::Earlier, across, component: measure });
        }
        plan.push(Planned { kind: Kind::Value, across, component: measure });
        let each = attributes.iter().filter(|attribute| across.is_none() || &*attribute.id == ASKED_FOR[0]);
        plan.extend(each.map(|a| Planned { kind: Kind::Attribute(a), across, component: &a.id }));
    }
    if rows.across.is_some() {
        let shared = attributes.iter().filter(|attribute| &*attribute.id != ASKED_FOR[0]);
        plan.extend(shared.map(|a| Planned { kind: Kind::Attribute(a), across: None, component: &a.id }));
    }
    plan
}

/// The columns of the hidden sheet with lists: two for each coded component.
pub(super) struct Lists<'t> {
    pub(super) lists: BTreeMap<&'t str, List<'t>>,
}

/// Codes of a component with their names.
pub(super) struct List<'t> {
    /// The column of the codes; names are in the next.
    pub(super) column: u16,
    pub(super) codes: Vec<(&'t str, String)>,
}

impl<'t> Lists<'t> {
    pub(super) fn of(template: &Template<'t>, plan: &[Planned<'t>]) -> Self {
        let mut lists = BTreeMap::new();
        for planned in plan {
            let definition = template.definition;
            let component = match planned.kind {
                Kind::Code(_) => definition.dimension(planned.component),
                Kind::Attribute(component) => Some(component),
                _ => None,
            };
            let Some(component) = component else { continue };
            let Some(list) = component.coded_by.codelist() else { continue };
            let codes = list.codes().iter().filter(|code| component.admits(&code.id));
            let name = |names: &mighub_sdmx::structure::Names| {
                names.best(template.language).unwrap_or_default().to_owned()
            };
            let codes = codes.map(|code| (&*code.id, name(&code.names))).collect();
            let next = 2 * lists.len() as u16;
            lists.entry(planned.component).or_insert(List { column: next, codes });
        }
        Self { lists }
    }

    /// The range of a component's codes, or of codes with names.
    pub(super) fn range(&self, component: &str, with_names: bool) -> Option<String> {
        let List { column, codes } = self.lists.get(component)?;
        let first = letters(u32::from(*column));
        let last = letters(u32::from(*column) + u32::from(with_names));
        Some(format!("{CODES}!${first}$2:${last}${}", codes.len() + 1))
    }
}
