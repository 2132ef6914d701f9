//! For tests: a client of services that run in the same process, without TLS.

use jiff::Timestamp;
use mighub_sdmx::structure::DataDefinition;
use tempfile::TempDir;
use tokio_stream::StreamExt;
use tonic::transport::Endpoint;
use tonic::transport::server::Router;

use super::Hub;
use crate::home::{Config, Home, HubKey, Kind};

/// A client whose home is the folder; it knows one structure already, and one key of the hub.
pub(crate) async fn connected(
    services: Router,
    known: &DataDefinition,
    hub_key: Option<HubKey>,
) -> (Hub, TempDir) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener).map(|stream| stream);
    tokio::spawn(services.serve_with_incoming(incoming));
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::new(folder.path());
    home.cache().keep_content(Kind::Structures, known.canonical_json()).expect("kept");
    let config = Config {
        hub: address.to_string(),
        server_name: String::new(),
        hub_id: "hub".to_owned(),
        agency: "SWE".to_owned(),
        application: "client".to_owned(),
        person: String::new(),
        not_after: Timestamp::MAX,
        signing_key_id: String::new(),
        hub_keys: hub_key.into_iter().collect(),
    };
    let channel = Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy();
    (Hub::over(&home, config, channel), folder)
}
