//! What all artefacts and items begin with: ids, versions, names and notes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::element::{Element, quoted};
use super::reading::{Flaw, Reading};
use crate::structure::{AgencyId, Annotation, Grammar, Id, Identity, Name, Names, Version, parse_instant};

/// The language of a text that does not say its own (SDMXCommon.xsd).
const LANGUAGE_DEFAULT: &str = "en";

/// Takes out what an artefact begins with.
pub(super) fn identity(element: &mut Element, reading: &mut Reading) -> Result<Identity, Flaw> {
    let id: Id = name(element, "id")?;
    let agency: AgencyId = name(element, "agencyID")?;
    let version = version(element)?;
    // A semantic version says itself whether it is final; another promises nothing.
    let is_final = element.truth("isFinal")?;
    let is_semantic = version.to_string().split('.').count() == 3;
    if is_final.is_some_and(|is_final| is_semantic && is_final != version.is_stable()) {
        reading.leave_out(format!("{}/@isFinal", element.name), element.place);
    }
    let is_partial = element.truth("isPartial")?.unwrap_or(false);
    let valid_from = instant(element, "validFrom")?;
    let valid_to = instant(element, "validTo")?;
    let annotations = annotations(element, reading)?;
    let names = names(element, reading);
    let identity = Identity::new(agency, id, version, names);
    Ok(Identity { annotations, is_partial, valid_from, valid_to, ..identity })
}

/// Takes out the version. Some classes have no attribute for it in 3.x; they, and 2.1 where nothing is said,
/// mean 1.0.
fn version(element: &mut Element) -> Result<Version, Flaw> {
    let text = element.attribute("version");
    let text = text.as_deref().unwrap_or("1.0");
    Version::parse(text.trim()).map_err(|error| element.flaw(error.to_string()))
}

/// Takes out an instant.
pub(super) fn instant(element: &mut Element, name: &str) -> Result<Option<Timestamp>, Flaw> {
    let Some(text) = element.attribute(name) else { return Ok(None) };
    parse_instant(text.trim()).map(Some).map_err(|error| element.flaw(format!("{name}: {error}")))
}

/// Takes out an attribute that is an id.
pub(super) fn name<G: Grammar>(element: &mut Element, attribute: &str) -> Result<Name<G>, Flaw> {
    let text = element.required(attribute)?;
    parsed_name(&text, element)
}

/// Reads an id that stands at an element.
pub(super) fn parsed_name<G: Grammar>(text: &str, element: &Element) -> Result<Name<G>, Flaw> {
    Name::new(text.trim()).map_err(|error| element.flaw(error.to_string()))
}

/// Takes out names and descriptions.
pub(super) fn names(element: &mut Element, reading: &mut Reading) -> Names {
    let names = texts(element, "Name", reading);
    Names::of(names).described(texts(element, "Description", reading))
}

/// Takes out texts by language; the first of each language counts.
fn texts(element: &mut Element, name: &str, reading: &mut Reading) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for mut text in element.children(name) {
        let language = text.attribute("xml:lang").unwrap_or_else(|| LANGUAGE_DEFAULT.into());
        if texts.contains_key(&*language) {
            let what = format!("{}/{name} of the language {}, said before", element.name, quoted(&language));
            reading.leave_out(what, text.place);
            continue;
        }
        texts.insert(language.into_string(), std::mem::take(&mut text.text));
        reading.finish(text);
    }
    texts
}

/// Takes out notes.
pub(super) fn annotations(element: &mut Element, reading: &mut Reading) -> Result<Vec<Annotation>, Flaw> {
    let Some(mut list) = element.child("Annotations") else { return Ok(Vec::new()) };
    let annotations = list.children("Annotation").into_iter().map(|note| annotation(note, reading)).collect();
    reading.finish(list);
    Ok(annotations)
}

fn annotation(mut element: Element, reading: &mut Reading) -> Annotation {
    let texts = texts(&mut element, "AnnotationText", reading);
    let mut part = |name: &str| {
        let mut part = element.child(name)?;
        let text = std::mem::take(&mut part.text);
        reading.finish(part);
        Some(text)
    };
    let (title, kind, value) = (part("AnnotationTitle"), part("AnnotationType"), part("AnnotationValue"));
    let id = element.attribute("id").map(String::from);
    let text = texts.get(LANGUAGE_DEFAULT).or_else(|| texts.values().next()).cloned();
    reading.finish(element);
    Annotation { id, title, kind, value, text, texts }
}
