//! Hierarchies of codes: artefacts of their own in 3.x, parts of a HierarchicalCodelist in 2.1.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::element::Element;
use super::identity::{annotations, identity, instant, name, names, parsed_name};
use super::reading::{Flaw, Reading};
use super::reference::{local, reference};
use crate::structure::{
    CodeId, HierarchicalCode, Hierarchy, HierarchyAssociation, Identity, Level, Reference,
};

/// Code lists by the short names that a HierarchicalCodelist gives them.
type Aliases = BTreeMap<Box<str>, Reference>;

pub(super) fn hierarchy(mut element: Element, reading: &mut Reading) -> Result<Hierarchy, Flaw> {
    let identity = identity(&mut element, reading)?;
    content(element, identity, &Aliases::new(), reading)
}

/// Reads the hierarchies of 2.1: each has its own id and names, and the rest of its identity from the whole.
pub(super) fn hierarchical_codelist(
    mut element: Element,
    reading: &mut Reading,
) -> Result<Vec<Hierarchy>, Flaw> {
    let whole = identity(&mut element, reading)?;
    let mut aliases = Aliases::new();
    for mut list in element.children("IncludedCodelist") {
        let alias = list.attribute("alias");
        let list = reference(list, "codelist.Codelist", reading)?;
        aliases.insert(alias.unwrap_or_else(|| (&*list.id).into()), list);
    }
    let mut hierarchies = Vec::new();
    for mut inner in element.children("Hierarchy") {
        let id = name(&mut inner, "id")?;
        let annotations = annotations(&mut inner, reading)?;
        let names = names(&mut inner, reading);
        let identity = Identity { id, names, annotations, ..whole.clone() };
        hierarchies.push(content(inner, identity, &aliases, reading)?);
    }
    let says_more = |hierarchy: &Hierarchy| hierarchy.identity.names != whole.names;
    if hierarchies.is_empty() || hierarchies.iter().any(says_more) {
        reading.leave_out(format!("the names of {} {}", element.name, whole.id), element.place);
    }
    if !whole.annotations.is_empty() {
        reading.leave_out(format!("{}/Annotations", element.name), element.place);
    }
    reading.finish(element);
    Ok(hierarchies)
}

fn content(
    mut element: Element,
    identity: Identity,
    aliases: &Aliases,
    reading: &mut Reading,
) -> Result<Hierarchy, Flaw> {
    let of_3 = element.truth("hasFormalLevels")?;
    let of_2_1 = element.truth("leveled")?;
    let level = element.child("Level").map(|level| read_level(level, reading)).transpose()?;
    let hierarchical_codes = codes(&mut element, aliases, reading)?;
    reading.finish(element);
    let has_formal_levels = of_3.or(of_2_1).unwrap_or(false);
    Ok(Hierarchy { identity, has_formal_levels, level, hierarchical_codes })
}

/// Each level within the one above; the depth of elements is limited.
fn read_level(mut element: Element, reading: &mut Reading) -> Result<Level, Flaw> {
    let id = name(&mut element, "id")?;
    let annotations = annotations(&mut element, reading)?;
    let names = names(&mut element, reading);
    let level = element.child("Level").map(|level| read_level(level, reading)).transpose()?;
    reading.finish(element);
    Ok(Level { id, names, annotations, level: level.map(Box::new) })
}

fn codes(
    parent: &mut Element,
    aliases: &Aliases,
    reading: &mut Reading,
) -> Result<Vec<HierarchicalCode>, Flaw> {
    let children = parent.children("HierarchicalCode");
    children.into_iter().map(|child| hierarchical_code(child, aliases, reading)).collect()
}

/// Each code with those below; the depth of elements is limited.
fn hierarchical_code(
    mut element: Element,
    aliases: &Aliases,
    reading: &mut Reading,
) -> Result<HierarchicalCode, Flaw> {
    let id = name(&mut element, "id")?;
    let annotations = annotations(&mut element, reading)?;
    let valid_from: Option<Timestamp> = instant(&mut element, "validFrom")?;
    let valid_to = instant(&mut element, "validTo")?;
    let code = match element.child("CodelistAliasRef") {
        Some(alias) => by_alias(&mut element, alias, aliases, reading)?,
        None => reference(element.required_child("Code")?, "codelist.Code", reading)?,
    };
    let level = element.child("Level").map(|level| local(level, reading)).transpose()?;
    let hierarchical_codes = codes(&mut element, aliases, reading)?;
    reading.finish(element);
    Ok(HierarchicalCode { id, code, level, valid_from, valid_to, annotations, hierarchical_codes })
}

fn by_alias(
    element: &mut Element,
    mut alias: Element,
    aliases: &Aliases,
    reading: &mut Reading,
) -> Result<Reference, Flaw> {
    let name = alias.word();
    let list = aliases.get(&name).ok_or_else(|| alias.flaw("no IncludedCodelist has this alias: add it"))?;
    let mut code = element.required_child("CodeID")?;
    let id: CodeId = match code.child("Ref") {
        Some(mut inner) => {
            let id = inner.required("id")?;
            parsed_name(&id, &inner)?
        }
        None => local(code, reading)?,
    };
    Ok(list.with_item(id))
}

pub(super) fn association(mut element: Element, reading: &mut Reading) -> Result<HierarchyAssociation, Flaw> {
    let identity = identity(&mut element, reading)?;
    let linked_hierarchy = element.required_child("LinkedHierarchy")?;
    let linked_hierarchy = reference(linked_hierarchy, "codelist.Hierarchy", reading)?;
    let linked_object = element.required_child("LinkedObject")?;
    let linked_object = reference(linked_object, "datastructure.Dimension", reading)?;
    let context_object = match element.child("ContextObject") {
        Some(context) => Some(reference(context, "datastructure.Dataflow", reading)?),
        None => None,
    };
    reading.finish(element);
    Ok(HierarchyAssociation { identity, linked_hierarchy, linked_object, context_object })
}
