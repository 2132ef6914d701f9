//! References: `Ref` or `URN` in 2.1, the URN as text in 3.x. Each is read wherever it stands.

use super::artefact::class_of;
use super::element::Element;
use super::identity::parsed_name;
use super::reading::{Flaw, Reading};
use crate::structure::{Grammar, Name, Reference, ReferenceError};

/// Classes that 2.1 calls otherwise: its package and name, and ours.
const RENAMED: [(&str, &str); 2] = [
    ("registry.ContentConstraint", "registry.DataConstraint"),
    ("codelist.HierarchicalCodelist", "codelist.Hierarchy"),
];

/// Reads the reference that an element is. `expected` is its class with its package, for a `Ref` that does
/// not say its own.
pub(super) fn reference(
    mut element: Element,
    expected: &str,
    reading: &mut Reading,
) -> Result<Reference, Flaw> {
    let urn = match (element.child("Ref"), element.child("URN")) {
        (Some(inner), _) => urn_of(inner, expected, reading)?,
        (None, Some(mut urn)) => urn.word().into_string(),
        (None, None) => element.word().into_string(),
    };
    let reference = renamed(&urn).parse().map_err(|error: ReferenceError| element.flaw(error.to_string()))?;
    reading.finish(element);
    Ok(reference)
}

/// The URN that the attributes of a `Ref` spell.
fn urn_of(mut element: Element, expected: &str, reading: &mut Reading) -> Result<String, Flaw> {
    let class = match (element.attribute("package"), element.attribute("class")) {
        (Some(package), Some(class)) => format!("{package}.{class}"),
        (None, Some(class)) => match class_of(&class) {
            Some(class) => format!("{}.{}", class.package(), class.name()),
            None => expected.to_owned(),
        },
        (_, None) => expected.to_owned(),
    };
    // Says whether the reference is within one artefact, which its other attributes say, too.
    drop(element.attribute("local"));
    let id = element.required("id")?;
    let agency = element.required("agencyID")?;
    let urn = match element.attribute("maintainableParentID") {
        Some(parent) => {
            let version = element.attribute("maintainableParentVersion");
            let version = version.as_deref().unwrap_or("1.0");
            format!("urn:sdmx:org.sdmx.infomodel.{class}={agency}:{parent}({version}).{id}")
        }
        None => {
            let version = element.attribute("version");
            let version = version.as_deref().unwrap_or("1.0");
            format!("urn:sdmx:org.sdmx.infomodel.{class}={agency}:{id}({version})")
        }
    };
    reading.finish(element);
    Ok(urn)
}

fn renamed(urn: &str) -> String {
    for (old, new) in RENAMED {
        let old = format!("urn:sdmx:org.sdmx.infomodel.{old}=");
        if let Some(rest) = urn.strip_prefix(&old) {
            return format!("urn:sdmx:org.sdmx.infomodel.{new}={rest}");
        }
    }
    urn.to_owned()
}

/// Reads a reference to something in the same artefact: `<Dimension><Ref id="SEX"/></Dimension>` in 2.1,
/// `<Dimension>SEX</Dimension>` in 3.x.
pub(super) fn local<G: Grammar>(mut element: Element, reading: &mut Reading) -> Result<Name<G>, Flaw> {
    let id = match element.child("Ref") {
        Some(mut inner) => {
            let id = inner.required("id")?;
            // A local reference may repeat what it is local to.
            for known in ["class", "package", "containerID", "local"] {
                drop(inner.attribute(known));
            }
            reading.finish(inner);
            id
        }
        None => match element.child("URN") {
            Some(mut urn) => urn.word().rsplit('.').next().unwrap_or_default().into(),
            None => element.word(),
        },
    };
    let id = parsed_name(&id, &element)?;
    reading.finish(element);
    Ok(id)
}
