//! What of the structures a reader is shown: all artefacts, and with them the agreements and organisations that the
//! hub knows by itself, as SDMX has them.
//!
//! The terms of agreements are not shown: who may read what early is told to administrators and the parties only, by
//! ListAgreements.

use std::sync::Arc;

use mighub_sdmx::structure::{
    AgencyId, AgencyScheme, Artefact, Class, CodeId, DataProviderScheme, Id, Identity, Item, Names,
    ProvisionAgreement, Reference, Structures, Version,
};

use mighub_store::Position;

use super::super::agreement::Agreement;
use super::super::permit::{Anybody, Audit, Permit};
use super::super::refusal::Refusal;
use super::super::rights::Rights;
use super::super::{Hub, Moment};

/// What a reader may see of the structures.
#[derive(Clone)]
pub struct Catalogue {
    /// All artefacts.
    pub structures: Structures,
    /// Another one for all other content.
    pub state: [u8; 32],
    /// A moment after which nothing in it changed; after a restart of the hub it may be later than need be.
    pub changed: Option<Moment>,
}

impl Hub {
    /// The structures as `principal` may see them.
    pub fn catalogue(&self, permit: &Permit<Anybody>, now: Moment) -> Result<Catalogue, Refusal> {
        let principal = permit.principal();
        let registry = self.registry();
        let rights = self.rights();
        let mut structures = Structures::clone(&registry.structures);
        let sees_all = self.authorise(principal, Audit, now).is_ok();
        let shown = |agreement: &&Arc<Agreement>| {
            // That there are such figures at all may be a secret.
            !agreement.existence_restricted
                || sees_all
                || principal.agency.as_ref().is_some_and(|agency| {
                    agreement.sends(agency) || agreement.terms.readers_confidential.contains(agency)
                })
        };
        let agreements: Vec<_> = rights.agreements(u64::MAX).filter(shown).cloned().collect();
        let mut state = blake3::Hasher::new();
        for (reference, stored) in &registry.stored_ms {
            state.update(reference.to_string().as_bytes()).update(&stored.to_le_bytes());
        }
        for agreement in &agreements {
            state.update(agreement.id.to_string().as_bytes());
            self.add_agreement(&mut structures, &rights, agreement)?;
        }
        let changed = match registry.read_at.max(rights.agreements_changed_at()) {
            Some(position) => Some(Moment(self.store.record(Position(position))?.effective_ms)),
            None => None,
        };
        Ok(Catalogue { structures, state: *state.finalize().as_bytes(), changed })
    }

    /// Adds an agreement and, where nobody sent one, the schemes its provider is in: as a provider, and as an agency.
    fn add_agreement(
        &self,
        structures: &mut Structures,
        rights: &Rights,
        agreement: &Agreement,
    ) -> Result<(), Refusal> {
        let provider = &agreement.lane.provider;
        let maintainer = &agreement.id.agency;
        add_organisation(structures, rights, Class::AgencyScheme, maintainer, provider)?;
        let scheme = add_organisation(structures, rights, Class::DataProviderScheme, maintainer, provider)?;
        let item = CodeId::new(provider).map_err(|error| Refusal::internal(error.to_string()))?;
        let name = format!("{} sends {}", provider, agreement.lane.dataflow.id);
        let identity = Identity::new(
            maintainer.clone(),
            agreement.id.id.clone(),
            agreement.id.version.clone(),
            Names::english(&name),
        );
        structures.replace(Artefact::ProvisionAgreement(ProvisionAgreement {
            identity,
            dataflow: agreement.lane.dataflow.clone(),
            data_provider: scheme.with_item(item),
            terms: Default::default(),
        }));
        Ok(())
    }
}

/// The scheme of a class that has an organisation; if there is none, that of the maintainer, with the organisation
/// added.
fn add_organisation(
    structures: &mut Structures,
    rights: &Rights,
    class: Class,
    maintainer: &AgencyId,
    organisation: &AgencyId,
) -> Result<Reference, Refusal> {
    if let Some((scheme, _)) = structures.of_class(class).find(|(_, scheme)| scheme.has_item(organisation)) {
        return Ok(scheme.clone());
    }
    let (id, name) = match class {
        Class::AgencyScheme => ("AGENCIES", "Agencies"),
        _ => ("DATA_PROVIDERS", "Data providers"),
    };
    let id = Id::new(id).map_err(|error| Refusal::internal(error.to_string()))?;
    let identity = Identity::new(maintainer.clone(), id, Version::of_organisations(), Names::english(name));
    let scheme = Reference::new(class, maintainer.clone(), identity.id.clone(), identity.version.clone());
    let item = item(rights, organisation)?;
    let known = structures.get(&scheme).map(|artefact| (**artefact).clone());
    structures.replace(match (class, known) {
        (Class::AgencyScheme, Some(Artefact::AgencyScheme(mut known))) => {
            known.agencies.push(item);
            Artefact::AgencyScheme(known)
        }
        (Class::AgencyScheme, _) => Artefact::AgencyScheme(AgencyScheme { identity, agencies: vec![item] }),
        (_, Some(Artefact::DataProviderScheme(mut known))) => {
            known.data_providers.push(item);
            Artefact::DataProviderScheme(known)
        }
        _ => Artefact::DataProviderScheme(DataProviderScheme { identity, data_providers: vec![item] }),
    });
    Ok(scheme)
}

/// An agency of this hub as an item of a scheme.
fn item(rights: &Rights, agency: &AgencyId) -> Result<Item, Refusal> {
    let name = rights.agency(agency).map_or_else(|| agency.to_string(), |row| row.name.clone());
    let id = CodeId::new(agency).map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(Item { id, names: Names::english(&name), annotations: Vec::new() })
}
