//! What changed between two versions of an artefact, and which version such a change needs.
//!
//! A semantic version is a promise: within one MAJOR number nothing breaks that was written before, and with the same
//! MINOR number only names and notes change.

use std::collections::{BTreeMap, BTreeSet};

use super::artefact::Artefact;
use super::category::Category;
use super::constraint::{CubeRegion, DataConstraint};
use super::data_structure::{AttributeRelationship, Component, DataStructure, Usage};
use super::hierarchy::HierarchicalCode;
use super::reference::Reference;
use super::representation::Representation;
use super::set::Structures;
use super::version::Version;

/// How much a change weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Names and notes only.
    Patch,
    /// Something was added; what was written before is still sound.
    Minor,
    /// What was written before may not be sound any more.
    Major,
}

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// How much it weighs.
    pub weight: Weight,
    /// What changed: "the code X is gone".
    pub text: String,
}

impl Weight {
    /// The weight that a step from one version to a later one promises not to exceed; nothing if either promises
    /// nothing, because it is a draft or not semantic.
    pub fn promised(before: &Version, after: &Version) -> Option<Self> {
        let (before, after) = (before.semantic()?, after.semantic()?);
        Some(match (before[0] == after[0], before[1] == after[1]) {
            (false, _) => Self::Major,
            (true, false) => Self::Minor,
            (true, true) => Self::Patch,
        })
    }
}

impl Structures {
    /// The newest version before this one that makes a promise.
    pub fn predecessor(&self, of: &Reference) -> Option<&Reference> {
        let same = self.of_class(of.class).map(|(reference, _)| reference).filter(|known| {
            known.agency == of.agency
                && known.id == of.id
                && known.version.is_stable()
                && known.version < of.version
        });
        same.max_by(|a, b| a.version.cmp(&b.version))
    }
}

impl Artefact {
    /// What changed since another version of the same artefact, the weightiest first. Of a stub or a partial
    /// scheme nothing can be said.
    pub fn changes_since(&self, before: &Artefact) -> Vec<Change> {
        let is_whole = |artefact: &Artefact| !artefact.is_stub() && !artefact.identity().is_partial;
        if !is_whole(self) || !is_whole(before) {
            return Vec::new();
        }
        let mut changes = Changes::default();
        changes.compare(before, self);
        let mut changes = changes.0;
        changes.sort_by_key(|change| std::cmp::Reverse(change.weight));
        changes
    }
}

#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn say(&mut self, weight: Weight, text: impl Into<String>) {
        self.0.push(Change { weight, text: text.into() });
    }

    fn compare(&mut self, before: &Artefact, after: &Artefact) {
        match (before, after) {
            (Artefact::Codelist(a), Artefact::Codelist(b)) => {
                let of = |list: &super::codelist::Codelist| -> BTreeMap<String, String> {
                    let item = |code: &super::codelist::Code| {
                        (code.id.to_string(), format!("{:?} {:?}", code.parent, code.validity))
                    };
                    list.codes().iter().map(item).collect()
                };
                self.items("code", of(a), of(b));
                if a.extensions != b.extensions {
                    let only_added = b.extensions.starts_with(&a.extensions);
                    let weight = if only_added { Weight::Minor } else { Weight::Major };
                    self.say(weight, "other codes are taken of other lists");
                }
            }
            (Artefact::ConceptScheme(a), Artefact::ConceptScheme(b)) => {
                let of = |scheme: &super::scheme::ConceptScheme| {
                    let concepts = scheme.concepts.iter();
                    concepts
                        .map(|concept| (concept.id.to_string(), format!("{:?}", concept.parent)))
                        .collect()
                };
                self.items("concept", of(a), of(b));
                for concept in &b.concepts {
                    let Some(old) = a.concept(&concept.id) else { continue };
                    let (old, new) = (&old.core_representation, &concept.core_representation);
                    self.values(&format!("the concept {}", concept.id), old.as_ref(), new.as_ref());
                }
            }
            (Artefact::ValueList(a), Artefact::ValueList(b)) => {
                let of = |list: &super::value_list::ValueList| {
                    list.value_items.iter().map(|item| (item.id.clone(), String::new())).collect()
                };
                self.items("value", of(a), of(b));
            }
            (Artefact::CategoryScheme(a), Artefact::CategoryScheme(b)) => {
                self.items("category", categories(&a.categories), categories(&b.categories));
            }
            (Artefact::Hierarchy(a), Artefact::Hierarchy(b)) => {
                self.items("code", places(&a.hierarchical_codes), places(&b.hierarchical_codes));
                if (a.has_formal_levels, &a.level) != (b.has_formal_levels, &b.level) {
                    self.say(Weight::Minor, "the levels are others");
                }
            }
            (Artefact::DataStructure(a), Artefact::DataStructure(b)) => self.data_structure(a, b),
            (Artefact::Dataflow(a), Artefact::Dataflow(b)) => {
                self.reference("the data structure", &a.structure, &b.structure);
                if a.defaults != b.defaults {
                    self.say(Weight::Major, "absent attributes stand for other values");
                }
            }
            (Artefact::DataConstraint(a), Artefact::DataConstraint(b)) => self.constraint(a, b),
            _ => {
                let content = |artefact: &Artefact| {
                    let mut value = super::json_artefact::write_artefact(artefact);
                    if let Some(members) = value.as_object_mut() {
                        const NAMES: [&str; 7] = [
                            "version",
                            "name",
                            "names",
                            "description",
                            "descriptions",
                            "annotations",
                            "links",
                        ];
                        NAMES.iter().for_each(|name| drop(members.remove(*name)));
                    }
                    value
                };
                if content(before) != content(after) {
                    self.say(Weight::Minor, "more than names and notes is other");
                }
            }
        }
    }

    /// Items by id, with what else counts about each.
    fn items(&mut self, kind: &str, before: BTreeMap<String, String>, after: BTreeMap<String, String>) {
        for (id, old) in &before {
            match after.get(id) {
                None => self.say(Weight::Major, format!("the {kind} {id} is gone")),
                Some(new) if new != old => {
                    self.say(
                        Weight::Minor,
                        format!("the {kind} {id} lies elsewhere or is valid at other times"),
                    );
                }
                Some(_) => {}
            }
        }
        for id in after.keys().filter(|id| !before.contains_key(*id)) {
            self.say(Weight::Minor, format!("the {kind} {id} is new"));
        }
    }

    fn data_structure(&mut self, before: &DataStructure, after: &DataStructure) {
        let ids = |structure: &DataStructure| {
            let all = structure.dimensions().iter().chain(structure.time_dimension());
            all.map(|dimension| dimension.id.to_string()).collect::<Vec<_>>()
        };
        let (old, new) = (ids(before), ids(after));
        let known: BTreeSet<_> = old.iter().collect();
        for id in new.iter().filter(|id| !known.contains(id)) {
            self.say(Weight::Major, format!("the dimension {id} is new"));
        }
        let known: BTreeSet<_> = new.iter().collect();
        for id in old.iter().filter(|id| !known.contains(id)) {
            self.say(Weight::Major, format!("the dimension {id} is gone"));
        }
        if old.len() == new.len() && old != new && old.iter().all(|id| known.contains(id)) {
            self.say(Weight::Major, "the dimensions stand in another order");
        }
        for component in after.all() {
            let (kind, id) = (kind(component), component.id());
            match before.component(id) {
                Some(old) if self::kind(old) == kind => self.component(old, component),
                Some(old) => {
                    self.say(Weight::Major, format!("the {} {id} has become a {kind}", self::kind(old)));
                }
                None => match usage(component) {
                    // Told above.
                    None => {}
                    Some(Usage::Mandatory) => {
                        self.say(Weight::Major, format!("the {kind} {id} is new and mandatory"));
                    }
                    Some(Usage::Optional) => self.say(Weight::Minor, format!("the {kind} {id} is new")),
                },
            }
        }
        for component in before.all().filter(|component| usage(*component).is_some()) {
            if after.component(component.id()).is_none() {
                self.say(Weight::Major, format!("the {} {} is gone", kind(component), component.id()));
            }
        }
        for group in &before.components.groups {
            match after.group(&group.id) {
                Some(now) if now.group_dimensions == group.group_dimensions => {}
                Some(_) => self.say(Weight::Major, format!("the group {} has other dimensions", group.id)),
                None => self.say(Weight::Major, format!("the group {} is gone", group.id)),
            }
        }
        for group in after.components.groups.iter().filter(|group| before.group(&group.id).is_none()) {
            self.say(Weight::Minor, format!("the group {} is new", group.id));
        }
    }

    fn component(&mut self, before: Component<'_>, after: Component<'_>) {
        let name = format!("the {} {}", kind(after), after.id());
        self.values(&name, before.representation(), after.representation());
        self.reference(&format!("the concept of {name}"), before.concept(), after.concept());
        match (usage(before), usage(after)) {
            (Some(Usage::Optional), Some(Usage::Mandatory)) => {
                self.say(Weight::Major, format!("{name} has become mandatory"));
            }
            (Some(Usage::Mandatory), Some(Usage::Optional)) => {
                self.say(Weight::Minor, format!("{name} has become optional"));
            }
            _ => {}
        }
        if relationship(before) != relationship(after) {
            self.say(Weight::Major, format!("{name} belongs to something else"));
        }
    }

    /// Where values come from. A list of the same MAJOR number takes what the one before took.
    fn values(&mut self, name: &str, before: Option<&Representation>, after: Option<&Representation>) {
        if before == after {
            return;
        }
        let lists = (
            before.and_then(|values| values.enumeration.as_ref()),
            after.and_then(|values| values.enumeration.as_ref()),
        );
        match lists {
            (Some(old), Some(new)) if old != new => {
                self.reference(&format!("the code list of {name}"), old, new);
            }
            _ => self.say(Weight::Major, format!("{name} has values of another form")),
        }
    }

    fn reference(&mut self, name: &str, before: &Reference, after: &Reference) {
        if before == after {
            return;
        }
        let is_same = before.agency == after.agency && before.id == after.id && before.item == after.item;
        let weight = match Weight::promised(&before.version, &after.version) {
            Some(weight) if is_same && before.version < after.version => weight.max(Weight::Minor),
            _ => Weight::Major,
        };
        self.say(weight, format!("{name} is another: {}", after.short()));
    }

    fn constraint(&mut self, before: &DataConstraint, after: &DataConstraint) {
        if before.role != after.role || before.constraint_attachment != after.constraint_attachment {
            self.say(Weight::Major, "it is about something else");
        }
        if before.key_sets != after.key_sets {
            self.say(Weight::Major, "other keys are allowed");
        }
        let is_wider = before.cube_regions.len() == after.cube_regions.len()
            && before.cube_regions.iter().zip(&after.cube_regions).all(|(old, new)| is_wider(old, new));
        if before.cube_regions != after.cube_regions {
            match is_wider {
                true => self.say(Weight::Minor, "more is allowed"),
                false => self.say(Weight::Major, "something that was allowed is so no more"),
            }
        }
    }
}

/// Whether an included region has all values that it had.
fn is_wider(before: &CubeRegion, after: &CubeRegion) -> bool {
    let has_all = |old: &super::constraint::KeyValues| {
        after.all_values().find(|new| new.id == old.id).is_none_or(|new| {
            new.include == old.include
                && new.time_range == old.time_range
                && if old.include {
                    new.values.is_empty() || old.values.iter().all(|value| new.values.contains(value))
                } else {
                    new.values.iter().all(|value| old.values.contains(value))
                }
        })
    };
    let is_known = |new: &super::constraint::KeyValues| before.all_values().any(|old| old.id == new.id);
    before == after
        || (before.include
            && after.include
            && before.all_values().all(has_all)
            && after.all_values().all(is_known))
}

fn categories(topmost: &[Category]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Vec<(String, &Category)> =
        topmost.iter().map(|category| (category.id.to_string(), category)).collect();
    while let Some((path, category)) = open.pop() {
        open.extend(category.categories.iter().map(|within| (format!("{path}.{}", within.id), within)));
        found.insert(path, String::new());
    }
    found
}

fn places(topmost: &[HierarchicalCode]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Vec<(String, &HierarchicalCode)> =
        topmost.iter().map(|code| (code.id.to_string(), code)).collect();
    while let Some((path, code)) = open.pop() {
        open.extend(code.hierarchical_codes.iter().map(|within| (format!("{path}.{}", within.id), within)));
        found.insert(
            path,
            format!("{} {:?} {:?} {:?}", code.code, code.level, code.valid_from, code.valid_to),
        );
    }
    found
}

fn kind(component: Component<'_>) -> &'static str {
    match component {
        Component::Dimension(_) => "dimension",
        Component::TimeDimension(_) => "time dimension",
        Component::Measure(_) => "measure",
        Component::Attribute(_) => "attribute",
    }
}

fn usage(component: Component<'_>) -> Option<Usage> {
    match component {
        Component::Dimension(_) | Component::TimeDimension(_) => None,
        Component::Measure(measure) => Some(measure.usage),
        Component::Attribute(attribute) => Some(attribute.usage),
    }
}

fn relationship<'a>(component: Component<'a>) -> Option<(&'a AttributeRelationship, &'a [super::id::Id])> {
    match component {
        Component::Attribute(attribute) => {
            Some((&attribute.attribute_relationship, &attribute.measure_relationship))
        }
        _ => None,
    }
}
