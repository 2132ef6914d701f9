//! Schemes of organisations and concepts, and code lists.

use super::element::Element;
use super::identity::{annotations, identity, name, names, of_organisations};
use super::reading::{Flaw, Reading};
use super::reference::local;
use super::representation::representation;
use crate::structure::{
    AgencyScheme, Code, Codelist, Concept, ConceptScheme, DataProviderScheme, Grammar, Item, Name,
};

pub(super) fn agency_scheme(mut element: Element, reading: &mut Reading) -> Result<AgencyScheme, Flaw> {
    let identity = of_organisations(&mut element, reading)?;
    let agencies = items(&mut element, "Agency", reading)?;
    reading.finish(element);
    Ok(AgencyScheme { identity, agencies })
}

pub(super) fn data_provider_scheme(
    mut element: Element,
    reading: &mut Reading,
) -> Result<DataProviderScheme, Flaw> {
    let identity = of_organisations(&mut element, reading)?;
    let data_providers = items(&mut element, "DataProvider", reading)?;
    reading.finish(element);
    Ok(DataProviderScheme { identity, data_providers })
}

fn items(scheme: &mut Element, class: &str, reading: &mut Reading) -> Result<Vec<Item>, Flaw> {
    let item = |mut element: Element| {
        let id = name(&mut element, "id")?;
        let annotations = annotations(&mut element, reading)?;
        let names = names(&mut element, reading);
        reading.finish(element);
        Ok(Item { id, names, annotations })
    };
    scheme.children(class).into_iter().map(item).collect()
}

pub(super) fn codelist(mut element: Element, reading: &mut Reading) -> Result<Codelist, Flaw> {
    let identity = identity(&mut element, reading)?;
    let codes: Result<_, _> =
        element.children("Code").into_iter().map(|element| code(element, reading)).collect();
    if let Some(extension) = element.child("CodelistExtension") {
        return Err(extension.flaw("extends other code lists, which this hub does not do: send all codes"));
    }
    reading.finish(element);
    Ok(Codelist::new(identity, codes?))
}

fn code(mut element: Element, reading: &mut Reading) -> Result<Code, Flaw> {
    let id = name(&mut element, "id")?;
    let annotations = annotations(&mut element, reading)?;
    let names = names(&mut element, reading);
    let parent = parent(&mut element, reading)?;
    let code = Code::annotated(id, names, parent, annotations);
    let code = code.map_err(|error| element.flaw(error.to_string()))?;
    reading.finish(element);
    Ok(code)
}

pub(super) fn concept_scheme(mut element: Element, reading: &mut Reading) -> Result<ConceptScheme, Flaw> {
    let identity = identity(&mut element, reading)?;
    let concepts: Result<_, _> =
        element.children("Concept").into_iter().map(|element| concept(element, reading)).collect();
    reading.finish(element);
    Ok(ConceptScheme { identity, concepts: concepts? })
}

fn concept(mut element: Element, reading: &mut Reading) -> Result<Concept, Flaw> {
    let id = name(&mut element, "id")?;
    let annotations = annotations(&mut element, reading)?;
    let names = names(&mut element, reading);
    let parent = parent(&mut element, reading)?;
    let core_representation = match element.child("CoreRepresentation") {
        Some(core) => representation(core, reading)?,
        None => None,
    };
    reading.finish(element);
    Ok(Concept { id, names, parent, core_representation, annotations })
}

fn parent<G: Grammar>(element: &mut Element, reading: &mut Reading) -> Result<Option<Name<G>>, Flaw> {
    element.child("Parent").map(|parent| local(parent, reading)).transpose()
}
