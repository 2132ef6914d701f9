//! Schemes: organisations, codes, values, concepts, categories.

use super::element::Element;
use super::identity::{annotations, identity, name, names, parsed_name};
use super::reading::{Flaw, Reading};
use super::reference::{local, reference};
use super::representation::representation;
use crate::structure::{
    AgencyScheme, Cascade, Category, CategoryScheme, Code, CodeSelection, Codelist, CodelistExtension,
    Concept, ConceptScheme, DataConsumerScheme, DataProviderScheme, Grammar, Identity, Item, MemberValue,
    MetadataProviderScheme, Name, OrganisationUnit, OrganisationUnitScheme, ValueItem, ValueList,
};

pub(super) fn agencies(mut element: Element, reading: &mut Reading) -> Result<AgencyScheme, Flaw> {
    let (identity, agencies) = organisations(&mut element, "Agency", reading)?;
    reading.finish(element);
    Ok(AgencyScheme { identity, agencies })
}

pub(super) fn data_providers(
    mut element: Element,
    reading: &mut Reading,
) -> Result<DataProviderScheme, Flaw> {
    let (identity, data_providers) = organisations(&mut element, "DataProvider", reading)?;
    reading.finish(element);
    Ok(DataProviderScheme { identity, data_providers })
}

pub(super) fn data_consumers(
    mut element: Element,
    reading: &mut Reading,
) -> Result<DataConsumerScheme, Flaw> {
    let (identity, data_consumers) = organisations(&mut element, "DataConsumer", reading)?;
    reading.finish(element);
    Ok(DataConsumerScheme { identity, data_consumers })
}

pub(super) fn metadata_providers(
    mut element: Element,
    reading: &mut Reading,
) -> Result<MetadataProviderScheme, Flaw> {
    let (identity, metadata_providers) = organisations(&mut element, "MetadataProvider", reading)?;
    reading.finish(element);
    Ok(MetadataProviderScheme { identity, metadata_providers })
}

pub(super) fn units(mut element: Element, reading: &mut Reading) -> Result<OrganisationUnitScheme, Flaw> {
    let identity = identity(&mut element, reading)?;
    let mut organisation_units = Vec::new();
    for mut unit in element.children("OrganisationUnit") {
        let parent = parent(&mut unit, reading)?;
        let Item { id, names, annotations } = item(unit, reading)?;
        organisation_units.push(OrganisationUnit { id, names, parent, annotations });
    }
    reading.finish(element);
    Ok(OrganisationUnitScheme { identity, organisation_units })
}

fn organisations(
    scheme: &mut Element,
    class: &str,
    reading: &mut Reading,
) -> Result<(Identity, Vec<Item>), Flaw> {
    let identity = identity(scheme, reading)?;
    let items: Result<_, _> =
        scheme.children(class).into_iter().map(|element| item(element, reading)).collect();
    Ok((identity, items?))
}

fn item(mut element: Element, reading: &mut Reading) -> Result<Item, Flaw> {
    let id = name(&mut element, "id")?;
    let annotations = annotations(&mut element, reading)?;
    let names = names(&mut element, reading);
    reading.finish(element);
    Ok(Item { id, names, annotations })
}

pub(super) fn codelist(mut element: Element, reading: &mut Reading) -> Result<Codelist, Flaw> {
    let identity = identity(&mut element, reading)?;
    let codes: Result<_, _> =
        element.children("Code").into_iter().map(|element| code(element, reading)).collect();
    let extensions: Result<_, _> = element
        .children("CodelistExtension")
        .into_iter()
        .map(|element| extension(element, reading))
        .collect();
    reading.finish(element);
    let mut list = Codelist::new(identity, codes?);
    list.extensions = extensions?;
    Ok(list)
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

fn extension(mut element: Element, reading: &mut Reading) -> Result<CodelistExtension, Flaw> {
    let codelist = reference(element.required_child("Codelist")?, "codelist.Codelist", reading)?;
    let prefix = element.attribute("prefix").map(String::from);
    let mut selection =
        |name: &str| element.child(name).map(|codes| code_selection(codes, reading)).transpose();
    let include = selection("InclusiveCodeSelection")?;
    let exclude = selection("ExclusiveCodeSelection")?;
    reading.finish(element);
    Ok(CodelistExtension { codelist, prefix, include, exclude })
}

fn code_selection(mut element: Element, reading: &mut Reading) -> Result<CodeSelection, Flaw> {
    let mut selection = CodeSelection::default();
    for mut member in element.children("MemberValue") {
        let cascade = |text: &str| match text {
            "true" | "1" => Some(Cascade::Yes),
            "false" | "0" => Some(Cascade::No),
            "excluderoot" => Some(Cascade::ExcludeRoot),
            _ => None,
        };
        let text = member.word();
        if text.contains('%') {
            selection.wildcarded_member_values.push(text.into_string());
        } else {
            let value = parsed_name(&text, &member)?;
            let cascade = member.parsed("cascadeValues", cascade, "true, false or excluderoot")?;
            let cascade = cascade.unwrap_or_default();
            selection.member_values.push(MemberValue { value, cascade });
        }
        reading.finish(member);
    }
    reading.finish(element);
    Ok(selection)
}

pub(super) fn value_list(mut element: Element, reading: &mut Reading) -> Result<ValueList, Flaw> {
    let identity = identity(&mut element, reading)?;
    let mut value_items = Vec::new();
    for mut item in element.children("ValueItem") {
        let id = item.required("id")?.into_string();
        let annotations = annotations(&mut item, reading)?;
        let names = names(&mut item, reading);
        value_items.push(ValueItem { id, names, annotations });
        reading.finish(item);
    }
    reading.finish(element);
    Ok(ValueList { identity, value_items })
}

pub(super) fn category_scheme(mut element: Element, reading: &mut Reading) -> Result<CategoryScheme, Flaw> {
    let identity = identity(&mut element, reading)?;
    let categories = categories(&mut element, reading)?;
    reading.finish(element);
    Ok(CategoryScheme { identity, categories })
}

/// Each category with those within; the depth of elements is limited.
fn categories(parent: &mut Element, reading: &mut Reading) -> Result<Vec<Category>, Flaw> {
    let category = |mut element: Element| {
        let categories = categories(&mut element, reading)?;
        let Item { id, names, annotations } = item(element, reading)?;
        Ok(Category { id, names, annotations, categories })
    };
    parent.children("Category").into_iter().map(category).collect()
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
