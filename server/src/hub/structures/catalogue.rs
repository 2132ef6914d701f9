//! What of the structures a reader is shown: all artefacts, and with them the agreements and organisations that the
//! hub knows by itself, as SDMX has them.
//!
//! The terms of agreements are not shown: who may read what early is told to administrators and the parties only, by
//! ListAgreements.

use std::sync::Arc;

use mighub_sdmx::structure::{
    AgencyId, Artefact, Class, CodeId, DataProviderScheme, Id, Identity, Item, Names, ProvisionAgreement,
    Reference, Structures, Version,
};

use mighub_store::Position;

use super::super::agreement::Agreement;
use super::super::refusal::Refusal;
use super::super::rights::{Operation, Rights};
use super::super::{Hub, Moment, Principal};

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
    pub fn catalogue(&self, principal: &Principal, now: Moment) -> Result<Catalogue, Refusal> {
        let registry = self.registry();
        let rights = self.rights();
        let mut structures = Structures::clone(&registry.structures);
        let sees_all = rights.authorise(principal, Operation::Audit, now).is_ok();
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

    /// Adds an agreement and, where nobody sent one, the scheme its provider is in.
    fn add_agreement(
        &self,
        structures: &mut Structures,
        rights: &Rights,
        agreement: &Agreement,
    ) -> Result<(), Refusal> {
        let internal = |error: &dyn std::fmt::Display| Refusal::internal(error.to_string());
        let provider = &agreement.lane.provider;
        let named =
            structures.of_class(Class::DataProviderScheme).find(|(_, scheme)| scheme.has_item(provider));
        let scheme = match named {
            Some((scheme, _)) => scheme.clone(),
            None => {
                let id = Id::new("DATA_PROVIDERS").map_err(|error| internal(&error))?;
                let agency = agreement.id.agency.clone();
                let scheme =
                    Reference::new(Class::DataProviderScheme, agency, id, Version::of_organisations());
                let item = organisation(rights, provider)?;
                let mut known = match structures.get(&scheme).map(|artefact| &**artefact) {
                    Some(Artefact::DataProviderScheme(known)) => known.clone(),
                    _ => DataProviderScheme {
                        identity: Identity::new(
                            scheme.agency.clone(),
                            scheme.id.clone(),
                            scheme.version.clone(),
                            Names::english("Data providers"),
                        ),
                        data_providers: Vec::new(),
                    },
                };
                known.data_providers.push(item);
                structures.replace(Artefact::DataProviderScheme(known));
                scheme
            }
        };
        let item = CodeId::new(provider).map_err(|error| internal(&error))?;
        let name = format!("{} sends {}", provider, agreement.lane.dataflow.id);
        let identity = Identity::new(
            agreement.id.agency.clone(),
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

/// An agency of this hub as an item of a scheme.
fn organisation(rights: &Rights, agency: &AgencyId) -> Result<Item, Refusal> {
    let name = rights.agency(agency).map_or_else(|| agency.to_string(), |row| row.name.clone());
    let id = CodeId::new(agency).map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(Item { id, names: Names::english(&name), annotations: Vec::new() })
}
