//! THE DOOR FOR PROGRAMS: the hub's gRPC services.
//!
//! What lives here: who calls, limits on calls and streams, and the translation between the hub's methods and
//! gRPC. What must not: any decision about data or rights; the hub below knows nothing of networks.
//!
//! Every call goes one way: [`desk`] finds out who it is, takes a place, and runs the hub's method on a thread
//! that may block; [`status`] translates what the hub refuses; [`feed`] stands between a stream and its reader.

mod agency;
mod consolidation;
mod desk;
mod disclosure;
mod enrolment;
mod evidence;
mod expunge;
mod feed;
mod health;
mod key;
mod last_resort;
mod metadata;
mod operator;
mod release;
mod retrieval;
mod sending;
mod status;
mod structure;
mod submission;
mod watch;

use std::sync::Arc;

use mighub::v1::agency_service_server::AgencyServiceServer;
use mighub::v1::consolidation_service_server::ConsolidationServiceServer;
use mighub::v1::disclosure_service_server::DisclosureServiceServer;
use mighub::v1::evidence_service_server::EvidenceServiceServer;
use mighub::v1::expunge_service_server::ExpungeServiceServer;
use mighub::v1::key_service_server::KeyServiceServer;
use mighub::v1::metadata_service_server::MetadataServiceServer;
use mighub::v1::release_service_server::ReleaseServiceServer;
use mighub::v1::retrieval_service_server::RetrievalServiceServer;
use mighub::v1::structure_service_server::StructureServiceServer;
use mighub::v1::submission_service_server::SubmissionServiceServer;
use tokio::sync::watch as channel;
use tonic::service::Routes;

pub(crate) use enrolment::{Certified, certify};
pub use health::Readiness;
pub use last_resort::unknown_call;
pub use operator::{Operator, OperatorError};

use crate::clock::Clock;
use crate::door::Stop;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::trust::HubKeys;
use desk::Desk;
use last_resort::LastResort;

/// Bytes of one message, both ways; the contract names it.
pub(crate) const MESSAGE_BYTES_MAX: usize = 5 * 1024 * 1024;

/// What the services need.
pub struct Services {
    /// The hub.
    pub hub: Arc<Hub>,
    /// Its keys, for enrolment.
    pub keys: Arc<HubKeys>,
    /// Its clock.
    pub clock: Arc<Clock>,
    /// Told of every record, as the number of records there are.
    pub changes: channel::Receiver<u64>,
    /// What callers can make the hub do at most.
    pub limits: Limits,
    /// When everything must end.
    pub stop: Stop,
}

/// All gRPC services, and whether the hub is ready. Must be called within a runtime.
pub fn services(services: Services) -> (Routes, channel::Receiver<Readiness>) {
    let Services { hub, keys, clock, changes, limits, stop } = services;
    let desk = Arc::new(Desk::new(hub.clone(), keys, clock, changes, &limits, stop.clone()));

    let (reporter, health) = tonic_health::server::health_reporter();
    let (readiness, ready) = channel::channel(Readiness { hindrance: None });
    tokio::spawn(health::report(hub, reporter, readiness, stop));

    // tonic's servers have these two methods in common, and no trait that names them.
    macro_rules! service {
        ($server:ident, $service:expr) => {
            LastResort(
                $server::new($service)
                    .max_decoding_message_size(MESSAGE_BYTES_MAX)
                    .max_encoding_message_size(MESSAGE_BYTES_MAX),
            )
        };
    }
    let mut routes = Routes::new(health)
        .add_service(service!(AgencyServiceServer, agency::Agencies(desk.clone())))
        .add_service(service!(KeyServiceServer, key::KeyDesk(desk.clone())))
        .add_service(service!(DisclosureServiceServer, disclosure::DisclosureDesk(desk.clone())))
        .add_service(service!(EvidenceServiceServer, evidence::EvidenceDesk(desk.clone())))
        .add_service(service!(ExpungeServiceServer, expunge::ExpungeDesk(desk.clone())))
        .add_service(service!(ConsolidationServiceServer, consolidation::ConsolidationDesk(desk.clone())))
        .add_service(service!(MetadataServiceServer, metadata::MetadataDesk(desk.clone())))
        .add_service(service!(ReleaseServiceServer, release::ReleaseDesk(desk.clone())))
        .add_service(service!(StructureServiceServer, structure::StructureDesk(desk.clone())))
        .add_service(service!(SubmissionServiceServer, submission::SubmissionDesk(desk.clone())))
        .add_service(service!(RetrievalServiceServer, retrieval::RetrievalDesk(desk)));
    match (reflection().build_v1(), reflection().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => routes = routes.add_service(v1).add_service(v1alpha),
        // The descriptors come from our own build script; the hub serves without reflection all the same.
        (Err(error), _) | (_, Err(error)) => tracing::error!(%error, "no reflection"),
    }
    (routes, ready)
}

fn reflection<'a>() -> tonic_reflection::server::Builder<'a> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(mighub::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
