//! The contract without the client library: bare connections over TLS, bare calls, and why they were refused.

use std::net::SocketAddr;

use mighub::v1;
use mighub::v1::agency_service_client::AgencyServiceClient;
use mighub::v1::metadata_service_client::MetadataServiceClient;
use mighub::v1::release_service_client::ReleaseServiceClient;
use mighub::v1::retrieval_service_client::RetrievalServiceClient;
use mighub::v1::structure_service_client::StructureServiceClient;
use mighub::v1::submission_service_client::SubmissionServiceClient;
use mighub_client::{Home, HubError};
use tonic::Status;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

/// Bytes that these clients send and take in one message: more than the hub takes.
const MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// A connection that trusts the authority in one home and shows the certificate in another.
pub(crate) async fn channel(address: SocketAddr, authority: &Home, identity: Option<&Home>) -> Channel {
    try_channel(address, authority, identity).await.expect("a connection")
}

/// The same, where the hub may refuse the certificate.
pub(crate) async fn try_channel(
    address: SocketAddr,
    authority: &Home,
    identity: Option<&Home>,
) -> Result<Channel, tonic::transport::Error> {
    let read = |home: &Home, name: &str| std::fs::read(home.folder().join(name)).expect("a file of the home");
    let mut tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(read(authority, "authority.pem")))
        .domain_name("localhost");
    if let Some(home) = identity {
        tls = tls.identity(Identity::from_pem(read(home, "tls.pem"), read(home, "tls.key")));
    }
    let endpoint = Endpoint::from_shared(format!("https://{address}")).expect("an address");
    endpoint.tls_config(tls).expect("certificates").connect().await
}

pub(crate) fn agencies(channel: Channel) -> AgencyServiceClient<Channel> {
    AgencyServiceClient::new(channel)
}

pub(crate) fn structures(channel: Channel) -> StructureServiceClient<Channel> {
    StructureServiceClient::new(channel).max_encoding_message_size(MESSAGE_BYTES)
}

pub(crate) fn submissions(channel: Channel) -> SubmissionServiceClient<Channel> {
    SubmissionServiceClient::new(channel)
        .max_encoding_message_size(MESSAGE_BYTES)
        .max_decoding_message_size(MESSAGE_BYTES)
}

#[allow(dead_code, reason = "attacks of tests/trust have rows of their own for it")]
pub(crate) fn metadata(channel: Channel) -> MetadataServiceClient<Channel> {
    MetadataServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES)
}

pub(crate) fn releases(channel: Channel) -> ReleaseServiceClient<Channel> {
    ReleaseServiceClient::new(channel)
}

pub(crate) fn retrieval(channel: Channel) -> RetrievalServiceClient<Channel> {
    RetrievalServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES)
}

/// The stable name of why a call failed; without one, the gRPC code, which is never right.
pub(crate) fn reason(status: &Status) -> String {
    match HubError::of(status).reason {
        Some(reason) => reason.as_str_name().trim_start_matches("ERROR_REASON_").to_owned(),
        None => format!("no reason, {:?}: {}", status.code(), status.message()),
    }
}

/// All messages of a stream, or why it broke off.
pub(crate) async fn all<T>(stream: tonic::Streaming<T>) -> Result<Vec<T>, Status> {
    let mut stream = stream;
    let mut all = Vec::new();
    while let Some(message) = stream.message().await? {
        all.push(message);
    }
    Ok(all)
}

/// A lane of the sample dataflow.
pub(crate) fn lane(provider: &str) -> v1::Lane {
    v1::Lane { dataflow: super::FLOW.into(), provider: provider.into() }
}
