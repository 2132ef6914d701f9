//! Rulebooks as people write them: a JSON file with the rules beside a file with VTL, and parts that several
//! rulebooks share.

use std::collections::BTreeMap;
use std::io;

use serde::Deserialize;

use super::{Artefact, InputSource, ParameterSpec, RuleSpec, Script};

/// A rulebook in several files, or a part that others include.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    #[serde(default)]
    id: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    dataflow: String,
    /// Parts, by file; they include nothing themselves.
    #[serde(default)]
    include: Vec<String>,
    /// Rules of the parts that do not belong to this rulebook.
    #[serde(default)]
    without: Vec<String>,
    /// File with VTL.
    #[serde(default)]
    script: Option<String>,
    #[serde(default)]
    inputs: BTreeMap<String, InputSource>,
    /// A parameter of a part that stands here again has this value.
    #[serde(default)]
    parameters: Vec<ParameterSpec>,
    #[serde(default)]
    rules: Vec<RuleSpec>,
}

/// Why files are no rulebook.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file that cannot be read.
    #[error("{file}: {source}")]
    File {
        /// Its name.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A file that is not of the form.
    #[error("{file}: {source}")]
    Json {
        /// Its name.
        file: String,
        /// What and where.
        source: serde_json::Error,
    },
    /// A part that includes parts.
    #[error("{file}: only a rulebook includes parts, a part does not")]
    Nested {
        /// Its name.
        file: String,
    },
    /// A rule to be left out that no part has.
    #[error("{file}: no part has the rule {rule} that is to be left out")]
    NotIncluded {
        /// Its name.
        file: String,
        /// The rule.
        rule: String,
    },
}

impl Source {
    pub(super) fn names_files(&self) -> bool {
        self.script.is_some() || !self.include.is_empty()
    }
}

/// Assembles the rulebook in `file`; `read` gives the text of a file by its name.
pub fn read_source(
    file: &str,
    read: &mut dyn FnMut(&str) -> io::Result<String>,
) -> Result<Artefact, SourceError> {
    let book = read_json(file, read)?;
    let mut artefact = Artefact {
        id: book.id.clone(),
        version: book.version.clone(),
        dataflow: book.dataflow.clone(),
        scripts: Vec::new(),
        inputs: BTreeMap::new(),
        parameters: Vec::new(),
        rules: Vec::new(),
    };
    for name in &book.include {
        let part = read_json(name, read)?;
        if !part.include.is_empty() {
            return Err(SourceError::Nested { file: name.clone() });
        }
        add(&mut artefact, part, read)?;
    }
    for rule in &book.without {
        let before = artefact.rules.len();
        artefact.rules.retain(|known| known.id != *rule);
        if artefact.rules.len() == before {
            return Err(SourceError::NotIncluded { file: file.to_owned(), rule: rule.clone() });
        }
    }
    add(&mut artefact, book, read)?;
    Ok(artefact)
}

fn add(
    artefact: &mut Artefact,
    source: Source,
    read: &mut dyn FnMut(&str) -> io::Result<String>,
) -> Result<(), SourceError> {
    if let Some(name) = source.script {
        let text = read(&name).map_err(|source| SourceError::File { file: name.clone(), source })?;
        artefact.scripts.push(Script { name, text });
    }
    artefact.inputs.extend(source.inputs);
    for parameter in source.parameters {
        match artefact.parameters.iter_mut().find(|known| known.id == parameter.id) {
            Some(known) => *known = parameter,
            None => artefact.parameters.push(parameter),
        }
    }
    artefact.rules.extend(source.rules);
    Ok(())
}

fn read_json(file: &str, read: &mut dyn FnMut(&str) -> io::Result<String>) -> Result<Source, SourceError> {
    let text = read(file).map_err(|source| SourceError::File { file: file.to_owned(), source })?;
    serde_json::from_str(&text).map_err(|source| SourceError::Json { file: file.to_owned(), source })
}
