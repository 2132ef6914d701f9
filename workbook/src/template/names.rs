//! Names of components and codes in the language of a template.

use std::collections::BTreeMap;

use mighub_sdmx::structure::{Artefact, DataDefinition, read_message};

use super::words::Words;

/// Names in one language.
pub(super) struct Labels<'t> {
    definition: &'t DataDefinition,
    language: &'t str,
    components: BTreeMap<String, String>,
    pub(super) title: String,
}

impl<'t> Labels<'t> {
    pub(super) fn new(definition: &'t DataDefinition, language: &'t str, words: &Words) -> Self {
        let mut components = BTreeMap::new();
        let mut title = definition.name.clone();
        // What a definition keeps of its structures is always a message; without names there are the ids.
        if let Ok(message) = read_message(definition.canonical_json()) {
            let structures = &message.structures;
            if let Some(dataflow) = structures.dataflow(&definition.dataflow) {
                title = dataflow.identity.names.best(language).unwrap_or(&title).to_owned();
            }
            let structure = structures.data_structure(&definition.structure);
            for component in structure.into_iter().flat_map(|structure| structure.all()) {
                let Some(concept) = &component.concept().item else { continue };
                let scheme = structures.get(&component.concept().artefact());
                let Some(Artefact::ConceptScheme(scheme)) = scheme.map(|artefact| &**artefact) else {
                    continue;
                };
                let name = scheme.concept(concept).and_then(|concept| concept.names.best(language));
                components.extend(name.map(|name| (component.id().to_string(), name.to_owned())));
            }
        }
        let translated = words.components.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned()));
        components.extend(translated);
        Self { definition, language, components, title }
    }

    /// The name of a component, or its id.
    pub(super) fn component<'s>(&'s self, id: &'s str) -> &'s str {
        self.components.get(id).map_or(id, String::as_str)
    }

    /// The name of a dimension's code, or nothing.
    pub(super) fn code(&self, dimension: &str, code: &str) -> &str {
        let component = self.definition.dimension(dimension);
        let component = component.or_else(|| self.definition.attribute(dimension).map(|a| &a.component));
        let code = component.and_then(|component| component.code(code));
        code.and_then(|code| code.names.best(self.language)).unwrap_or_default()
    }
}
