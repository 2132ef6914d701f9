//! Structures of the hub: fetched by digest or name, kept in the cache.

use std::path::Path;
use std::sync::Arc;

use mighub::block::Digest;
use mighub::v1;
use mighub_sdmx::structure::{Class, DataDefinition, Reference, Structures, read_message};

use crate::error::Error;
use crate::home::Kind;
use crate::hub::retry::until_answered;
use crate::hub::{Hub, pages};

/// Artefacts listed at most; a hub has some hundreds.
const ARTEFACTS_MAX: usize = 100_000;

/// Which artefacts are listed. What is empty does not restrict.
#[derive(Clone, Debug, Default)]
pub struct StructureFilter {
    /// Of this class.
    pub class: Option<Class>,
    /// Of this agency.
    pub agency: String,
    /// With this id.
    pub id: String,
    /// Only the newest version of each.
    pub newest_only: bool,
}

/// How artefacts are given out. What is empty is left to the hub: no relatives, whole, SDMX-JSON 2.0.0.
#[derive(Clone, Debug, Default)]
pub struct StructureView {
    /// Which relatives come along: children, descendants, parents, all, or classes with commas between.
    pub references: String,
    /// How much is shown: full, allstubs, referencepartial ...
    pub detail: String,
    /// Media type of the message.
    pub media_type: String,
}

impl Hub {
    /// The definition of a dataflow in the structures with this digest: from the cache, else from the hub.
    pub async fn definition(&self, dataflow: &str, digest: Digest) -> Result<Arc<DataDefinition>, Error> {
        if let Some(known) = self.known_definition(dataflow, digest) {
            return Ok(known);
        }
        let cache = self.home().cache();
        let known = cache.content(Kind::Structures, digest)?;
        let message = match known {
            Some(message) => message,
            None => {
                let by = v1::get_structures_request::Artefact::StructureDigest(digest.to_bytes());
                let answer = self.get_structures(by, true).await?;
                if Digest::of(&answer.message) != digest {
                    return Err(Error::Untrusted(
                        "structures do not have the digest that names them".to_owned(),
                    ));
                }
                cache.keep_content(Kind::Structures, &answer.message)?;
                answer.message.to_vec()
            }
        };
        let definition = resolve("structures of the hub", &message, dataflow)?;
        self.remember_definition(dataflow, digest, &definition);
        Ok(definition)
    }

    /// The definition of a dataflow in the hub's newest structures.
    pub async fn newest_definition(&self, dataflow: &str) -> Result<Arc<DataDefinition>, Error> {
        let reference = Reference::parse_short(Class::Dataflow, dataflow);
        let reference = reference.map_err(|error| Error::Request(error.to_string()))?;
        let message = self.structure(&reference, true).await?;
        self.home().cache().keep_content(Kind::Structures, &message)?;
        resolve("structures of the hub", &message, dataflow)
    }

    /// A rulebook by digest: from the cache, else from the hub.
    pub async fn rulebook(&self, digest: Digest) -> Result<Vec<u8>, Error> {
        let cache = self.home().cache();
        if let Some(rulebook) = cache.content(Kind::Rulebooks, digest)? {
            return Ok(rulebook);
        }
        let request = v1::GetRulebookRequest {
            rulebook: Some(v1::get_rulebook_request::Rulebook::Digest(digest.to_bytes())),
        };
        let answer = until_answered(|| {
            let (mut service, request) = (self.structure_service(), request.clone());
            async move { service.get_rulebook(request).await }
        })
        .await?;
        if Digest::of(&answer.rulebook) != digest {
            return Err(Error::Untrusted("a rulebook does not have the digest that names it".to_owned()));
        }
        cache.keep_content(Kind::Rulebooks, &answer.rulebook)?;
        Ok(answer.rulebook.to_vec())
    }

    /// What artefacts there are, by URN; of one class or of all.
    pub async fn list_structures(&self, class: Option<Class>) -> Result<Vec<v1::StructureSummary>, Error> {
        self.list_structures_of(&StructureFilter { class, ..StructureFilter::default() }).await
    }

    /// What artefacts there are, by URN, as far as they fit the filter.
    pub async fn list_structures_of(
        &self,
        filter: &StructureFilter,
    ) -> Result<Vec<v1::StructureSummary>, Error> {
        pages(ARTEFACTS_MAX, |page_token| async move {
            let request = v1::ListStructuresRequest {
                class: filter.class.map(Class::name).unwrap_or_default().to_owned(),
                agency: filter.agency.clone(),
                id: filter.id.clone(),
                newest_only: filter.newest_only,
                page_size: crate::hub::PAGE_SIZE,
                page_token,
            };
            let answer = until_answered(|| {
                let (mut service, request) = (self.structure_service(), request.clone());
                async move { service.list_structures(request).await }
            })
            .await?;
            Ok((answer.structures, answer.next_page_token))
        })
        .await
    }

    /// The newest artefact that `text` names: `ID`, `AGENCY:ID` or `AGENCY:ID(VERSION)`.
    pub async fn find_structure(&self, class: Class, text: &str) -> Result<Reference, Error> {
        if text.contains('(') {
            return Reference::parse_short(class, text).map_err(|error| Error::Request(error.to_string()));
        }
        let (agency, id) = text.split_once(':').map_or((None, text), |(agency, id)| (Some(agency), id));
        let listed = self.list_structures(Some(class)).await?;
        let named = listed.iter().filter_map(|summary| summary.urn.parse::<Reference>().ok());
        let mut named: Vec<_> = named
            .filter(|found| *found.id == *id && agency.is_none_or(|agency| *found.agency == *agency))
            .collect();
        named.sort_by(|a, b| a.version.cmp(&b.version));
        let Some(newest) = named.last() else {
            return Err(Error::Request(format!(
                "there is no {} {text}: `mighub structure list {}` shows those there are",
                class.name(),
                class.name().to_lowercase()
            )));
        };
        if named.iter().any(|other| other.agency != newest.agency) {
            return Err(Error::Request(format!(
                "several agencies have a {} {id}: write AGENCY:{id}",
                class.name()
            )));
        }
        Ok(newest.clone())
    }

    /// An artefact as an SDMX-JSON structure message, with or without all it refers to.
    pub async fn structure(&self, reference: &Reference, descendants: bool) -> Result<Vec<u8>, Error> {
        let by = v1::get_structures_request::Artefact::Urn(reference.to_string());
        Ok(self.get_structures(by, descendants).await?.message.to_vec())
    }

    /// Artefacts by URN, in which the version may be a pattern, as a structure message.
    pub async fn structures_of(
        &self,
        urn: &str,
        view: &StructureView,
    ) -> Result<v1::GetStructuresResponse, Error> {
        let StructureView { references, detail, media_type } = view.clone();
        let artefact = Some(v1::get_structures_request::Artefact::Urn(urn.to_owned()));
        let request =
            v1::GetStructuresRequest { artefact, descendants: false, references, detail, media_type };
        self.ask_structures(request).await
    }

    /// Deletes structures, or only says what would happen. What is in use stands in the answer.
    pub async fn delete_structures(
        &self,
        urns: Vec<String>,
        dry_run: bool,
    ) -> Result<v1::DeleteStructuresResponse, Error> {
        let request = v1::DeleteStructuresRequest { urns, dry_run };
        until_answered(|| {
            let (mut service, request) = (self.structure_service(), request.clone());
            async move { service.delete_structures(request).await }
        })
        .await
    }

    /// Adds structures, or only says what would happen. What is wrong with artefacts stands in the answer.
    pub async fn put_structures(
        &self,
        message: Vec<u8>,
        dry_run: bool,
    ) -> Result<v1::PutStructuresResponse, Error> {
        let request = v1::PutStructuresRequest {
            // The hub sees from its content what it is.
            media_type: String::new(),
            message: message.into(),
            dry_run,
        };
        until_answered(|| {
            let (mut service, request) = (self.structure_service(), request.clone());
            async move { service.put_structures(request).await }
        })
        .await
    }

    async fn get_structures(
        &self,
        artefact: v1::get_structures_request::Artefact,
        descendants: bool,
    ) -> Result<v1::GetStructuresResponse, Error> {
        let artefact = Some(artefact);
        self.ask_structures(v1::GetStructuresRequest { artefact, descendants, ..Default::default() }).await
    }

    async fn ask_structures(
        &self,
        request: v1::GetStructuresRequest,
    ) -> Result<v1::GetStructuresResponse, Error> {
        until_answered(|| {
            let (mut service, request) = (self.structure_service(), request.clone());
            async move { service.get_structures(request).await }
        })
        .await
    }
}

/// The definition of a dataflow in a structure message.
pub(crate) fn resolve(name: &str, message: &[u8], dataflow: &str) -> Result<Arc<DataDefinition>, Error> {
    let refuse = |reason: &dyn std::fmt::Display| Error::Structures {
        name: name.to_owned(),
        reason: reason.to_string(),
    };
    let message = read_message(message).map_err(|error| refuse(&error))?;
    let reference = Reference::parse_short(Class::Dataflow, dataflow).map_err(|error| refuse(&error))?;
    DataDefinition::resolve(&message.structures, &reference).map_err(|error| refuse(&error))
}

/// All structures in the SDMX-JSON files of a folder.
pub fn read_folder(folder: &Path) -> Result<Structures, Error> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut structures = Structures::default();
    for path in paths {
        let refuse = |reason: String| Error::Structures { name: path.display().to_string(), reason };
        let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
        let message = read_message(&bytes).map_err(|error| refuse(error.to_string()))?;
        if let Some(problem) = message.problems.first() {
            return Err(refuse(format!("{}: {}", problem.artefact, problem.text)));
        }
        for (_, artefact) in message.structures.iter() {
            structures.put((**artefact).clone()).map_err(|error| refuse(error.to_string()))?;
        }
    }
    Ok(structures)
}
