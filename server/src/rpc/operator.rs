//! The operator's own way in: calls to the hub in a folder, made with the administrator's certificate. A hub
//! that runs is called where it listens; one that does not is started for the while, on a port of its own. So
//! both ways are one, and an operator has no rights that the contract does not know.

use std::path::Path;

use mighub::v1;
use mighub::v1::agency_service_client::AgencyServiceClient;
use mighub::v1::disclosure_service_client::DisclosureServiceClient;
use mighub::v1::evidence_service_client::EvidenceServiceClient;
use mighub::v1::expunge_service_client::ExpungeServiceClient;
use mighub::v1::key_service_client::KeyServiceClient;
use mighub::v1::release_service_client::ReleaseServiceClient;
use mighub::v1::structure_service_client::StructureServiceClient;
use mighub::v1::{Agency, AgencyRoles, Agreement};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};

use super::MESSAGE_BYTES_MAX;
use crate::config::{Config, ConfigError};
use crate::hub::OpenError;
use crate::serve::{HubFolder, LOCAL_NAME, Plain, Running, RunningAt, ServeOptions, StartError, start};
use crate::trust::{FileError, files};

/// Any port that is free, for this machine only.
const A_WHILE: &str = "127.0.0.1:0";
/// Entries on a page when all pages are read.
const PAGE: u32 = 1_000;

/// The hub does not do what its operator wants.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// `hub.json`.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It does not run and does not start either.
    #[error(transparent)]
    Start(#[from] Box<StartError>),
    /// It runs, and does not say where.
    #[error(
        "a hub has {folder} open and does not say where it listens: wait until it has started, or stop it"
    )]
    NowhereToCall {
        /// The hub's folder.
        folder: String,
    },
    /// A key or certificate.
    #[error("{0}; start the hub once, and the administrator's keys are made anew")]
    File(#[from] FileError),
    /// No connection.
    #[error("cannot connect to the hub at {address}: {reason}")]
    Connect {
        /// Where it listens.
        address: String,
        /// Why not.
        reason: String,
    },
    /// It answered with an error.
    #[error("{}", .0.message())]
    Refused(#[from] Box<Status>),
    /// No dataflow, or several.
    #[error("{0}")]
    Dataflow(String),
}

impl From<Status> for OperatorError {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

impl OperatorError {
    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(status) => match status.code() {
                Code::Unauthenticated | Code::PermissionDenied => 4,
                Code::Unavailable | Code::ResourceExhausted | Code::Aborted => 5,
                Code::NotFound => 6,
                Code::InvalidArgument
                | Code::FailedPrecondition
                | Code::AlreadyExists
                | Code::Unimplemented => 7,
                _ => 1,
            },
            Self::Connect { .. } | Self::NowhereToCall { .. } => 5,
            Self::Dataflow(_) => 6,
            Self::Config(_) | Self::Start(_) | Self::File(_) => 1,
        }
    }
}

/// A connection to the hub in a folder, as its administrator.
pub struct Operator {
    channel: Channel,
    administrator: String,
    started: Option<Running>,
}

impl Operator {
    /// Connects to the hub in `folder`; starts it if it does not run.
    pub async fn connect(folder: &Path) -> Result<Self, OperatorError> {
        Self::connect_as(folder, &HubFolder::new(folder).administrator()).await
    }

    /// The same with the keys of another agency, in its home: for what an administrator may not see.
    pub async fn connect_as(folder: &Path, home: &Path) -> Result<Self, OperatorError> {
        let config = Config::read(&HubFolder::new(folder).config())?;
        let options =
            ServeOptions { plain: Plain::Closed, ..ServeOptions::new(folder).listening_on(A_WHILE) };
        let (address, started) = match start(options).await {
            Ok(running) => (running.address(), Some(running)),
            Err(StartError::Open(OpenError::Store(mighub_store::OpenError::InUse(_)))) => {
                let nowhere = || OperatorError::NowhereToCall { folder: folder.display().to_string() };
                (RunningAt::read(folder).ok_or_else(nowhere)?.address, None)
            }
            Err(error) => return Err(Box::new(error).into()),
        };
        let connect = |error: tonic::transport::Error| OperatorError::Connect {
            address: address.to_string(),
            reason: with_causes(&error),
        };
        let tls = client_tls(home)?;
        let endpoint = Endpoint::from_shared(format!("https://{address}")).map_err(connect)?;
        let channel = endpoint.tls_config(tls).map_err(connect)?.connect().await.map_err(connect)?;
        Ok(Self { channel, administrator: config.administrator.to_string(), started })
    }

    /// Ends the connection, and the hub if it was started for it.
    pub async fn end(self) {
        let Self { channel, started, .. } = self;
        drop(channel);
        if let Some(running) = started {
            running.stop().await;
        }
    }

    /// The administrator's agency, which maintains the agreements it makes.
    pub fn administrator(&self) -> &str {
        &self.administrator
    }

    /// The agency service.
    pub fn agencies(&self) -> AgencyServiceClient<Channel> {
        AgencyServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// The key service.
    pub fn keys(&self) -> KeyServiceClient<Channel> {
        KeyServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// The evidence service.
    pub fn evidence(&self) -> EvidenceServiceClient<Channel> {
        EvidenceServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// Id of the hub, and its keys for receipts and heads.
    pub async fn hub_identity(&self) -> Result<(String, Vec<v1::HubKey>), OperatorError> {
        let answer = self.agencies().who_am_i(v1::WhoAmIRequest {}).await?.into_inner();
        Ok((answer.hub_id, answer.hub_keys))
    }

    /// Calls about what was expunged.
    pub fn expunging(&self) -> ExpungeServiceClient<Channel> {
        ExpungeServiceClient::new(self.channel.clone())
    }

    /// The release service.
    pub fn releases(&self) -> ReleaseServiceClient<Channel> {
        ReleaseServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// The structure service.
    pub fn structures(&self) -> StructureServiceClient<Channel> {
        StructureServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// The disclosure service.
    pub fn disclosure(&self) -> DisclosureServiceClient<Channel> {
        DisclosureServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// All agencies with their roles.
    pub async fn all_agencies(&self) -> Result<Vec<(Agency, AgencyRoles)>, OperatorError> {
        let mut client = self.agencies();
        let (mut agencies, mut roles) = (Vec::new(), Vec::new());
        let mut page_token = String::new();
        loop {
            let request = v1::ListAgenciesRequest { page_size: PAGE, page_token };
            let page = client.list_agencies(request).await?.into_inner();
            agencies.extend(page.agencies);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        loop {
            let request = v1::ListRolesRequest { agency: String::new(), page_size: PAGE, page_token };
            let page = client.list_roles(request).await?.into_inner();
            roles.extend(page.agencies);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let of = |agency: &Agency| {
            let found = roles.iter().find(|roles| roles.agency == agency.id).cloned();
            found.unwrap_or_else(|| AgencyRoles { agency: agency.id.clone(), roles: Vec::new() })
        };
        Ok(agencies.into_iter().map(|agency| (agency.clone(), of(&agency))).collect())
    }

    /// All agreements on a dataflow and of a provider; empty: of all.
    pub async fn all_agreements(
        &self,
        dataflow: &str,
        provider: &str,
    ) -> Result<Vec<Agreement>, OperatorError> {
        let mut client = self.agencies();
        let mut agreements = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListAgreementsRequest {
                dataflow: dataflow.to_owned(),
                provider: provider.to_owned(),
                in_force: false,
                page_size: PAGE,
                page_token,
            };
            let page = client.list_agreements(request).await?.into_inner();
            agreements.extend(page.agreements);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(agreements);
            }
        }
    }

    /// All access tokens of an agency; empty: of all.
    pub async fn all_tokens(&self, agency: &str, in_force: bool) -> Result<Vec<v1::Token>, OperatorError> {
        let mut client = self.agencies();
        let mut tokens = Vec::new();
        let mut page_token = String::new();
        loop {
            let agency = agency.to_owned();
            let request = v1::ListTokensRequest { agency, in_force, page_size: PAGE, page_token };
            let page = client.list_tokens(request).await?.into_inner();
            tokens.extend(page.tokens);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(tokens);
            }
        }
    }

    /// The whole name of a dataflow, AGENCY:ID(VERSION), of which only the id may be given.
    pub async fn dataflow(&self, name: &str) -> Result<String, OperatorError> {
        if name.contains(':') {
            return Ok(name.to_owned());
        }
        let known = self.dataflows().await?;
        let has_id = |dataflow: &&String| dataflow.split([':', '(']).nth(1) == Some(name);
        let found: Vec<&String> = known.iter().filter(has_id).collect();
        match found[..] {
            [one] => Ok(one.clone()),
            [] => Err(OperatorError::Dataflow(format!(
                "there is no dataflow {name}; there are {}",
                known.join(", ")
            ))),
            _ => {
                let found: Vec<&str> = found.into_iter().map(String::as_str).collect();
                Err(OperatorError::Dataflow(format!("{name} may be {}: say which", found.join(" or "))))
            }
        }
    }

    async fn dataflows(&self) -> Result<Vec<String>, OperatorError> {
        let mut client = self.structures();
        let mut dataflows = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListStructuresRequest {
                class: "Dataflow".to_owned(),
                page_size: PAGE,
                page_token,
                ..Default::default()
            };
            let page = client.list_structures(request).await?.into_inner();
            // urn:sdmx:...Dataflow=AGENCY:ID(VERSION)
            let names = page.structures.iter().filter_map(|found| found.urn.split_once('='));
            dataflows.extend(names.map(|(_, name)| name.to_owned()));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(dataflows);
            }
        }
    }
}

fn client_tls(home: &Path) -> Result<ClientTlsConfig, FileError> {
    let authority = files::read(&home.join("authority.pem"))?;
    let chain = files::read(&home.join("tls.pem"))?;
    let key = files::read_secret(&home.join("tls.key"))?;
    Ok(ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(authority))
        .identity(Identity::from_pem(chain, key.as_bytes()))
        .domain_name(LOCAL_NAME))
}

/// tonic says only "transport error" and keeps the rest in the causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
