//! The stage: a hub in a folder, and a home for everybody who takes part.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mighub::token::EnrolmentToken;
use mighub::v1::{self, Role};
use mighub_client::{Home, enrol};
use mighub_sdmx::structure::AgencyId;
use mighub_server::hub::permit::Administer;
use mighub_server::hub::{Hub, Moment, Principal, Refusal};
use mighub_server::serve::{InitOptions, Running, ServeOptions, init, start};

use crate::Failure;
use crate::cast::{ADMINISTRATOR, COMMISSION, DATAFLOW, OFFICES};

/// Enrolment tokens of the demo are used at once.
const TOKEN_MS: i64 = 60 * 60 * 1000;

/// What an agency may provide.
pub(crate) struct Provision<'a> {
    /// The dataflow, as AGENCY:ID(VERSION).
    pub(crate) dataflow: &'a str,
    /// A dimension and its permitted codes; the whole dataflow if there is none.
    pub(crate) region: Option<(&'a str, &'a [&'a str])>,
    /// CONF_STATUS of what has none; the dataflow's own default if empty.
    pub(crate) default_conf_status: &'a str,
}

/// A running hub with its offices.
pub(crate) struct Stage {
    folder: PathBuf,
    running: Running,
}

impl Stage {
    /// Makes a hub in `folder` and enrols everybody, or serves the one that is there. Says whether it is new.
    pub(crate) async fn set(folder: &Path, port: u16, plain_port: u16) -> Result<(Self, bool), Failure> {
        let hub_folder = folder.join("hub");
        let is_new = !hub_folder.exists();
        if is_new {
            let options = hub(&hub_folder)?;
            tokio::task::spawn_blocking(move || init(options, now())).await??;
        }
        let options = ServeOptions::new(&hub_folder)
            .listening_on(format!("127.0.0.1:{port}"))
            .plain_on(format!("127.0.0.1:{plain_port}"));
        let stage = Self { folder: folder.to_owned(), running: start(options).await? };
        if is_new {
            for office in OFFICES {
                stage.admit(office, &[Role::Submitter, Role::Reader]).await?;
                // Each office for its own country; what it does not mark is free for publication.
                let own = Provision {
                    dataflow: DATAFLOW,
                    region: Some(("REF_AREA", &[office.0])),
                    default_conf_status: "F",
                };
                stage.provide(office.0, &own).await?;
            }
            stage.admit(COMMISSION, &[Role::Reader]).await?;
        } else {
            stage.tell_new_address()?;
        }
        Ok((stage, is_new))
    }

    /// The home of an office or of the commission.
    pub(crate) fn home(&self, agency: &str) -> Home {
        Home::new(self.home_folder(agency))
    }

    pub(crate) fn home_folder(&self, agency: &str) -> PathBuf {
        self.folder.join("offices").join(agency)
    }

    /// Where files of the story are put.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn address(&self) -> String {
        self.running.address().to_string()
    }

    /// Where REST is served without TLS.
    pub(crate) fn plain_address(&self) -> Option<String> {
        self.running.plain_address().map(|address| format!("http://{address}"))
    }

    pub(crate) async fn close(self) {
        self.running.stop().await;
    }

    /// What an administrator does for a new agency, and what its people then do with the token.
    async fn admit(&self, agency: (&str, &str), roles: &[Role]) -> Result<(), Failure> {
        let authority = authority(self.running.authority_pem())?;
        let (id, name, roles) = (agency.0.to_owned(), agency.1.to_owned(), roles.to_vec());
        let token = EnrolmentToken::new(random()?, authority);
        let for_hub = token.clone();
        self.administer(move |hub, administrator| admit(hub, administrator, &id, &name, &roles, &for_hub))
            .await?;
        enrol(&self.home(agency.0), &self.address(), &token, "client").await?;
        Ok(())
    }

    /// Admits an agency, if it is not there already.
    pub(crate) async fn admit_once(&self, agency: (&str, &str), roles: &[Role]) -> Result<(), Failure> {
        if self.home_folder(agency.0).exists() {
            return Ok(());
        }
        self.admit(agency, roles).await
    }

    /// Lets an agency provide figures of a dataflow. Doing it again changes nothing.
    pub(crate) async fn provide(&self, agency: &str, provision: &Provision<'_>) -> Result<(), Failure> {
        let dataflow = provision.dataflow.split([':', '(']).nth(1).unwrap_or(provision.dataflow);
        let region = provision.region.map(|(dimension, codes)| v1::DimensionCodes {
            dimension: dimension.to_owned(),
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        });
        let agreement = v1::Agreement {
            id: format!("MIGHUB:PA_{dataflow}_{agency}(1.0.0)"),
            dataflow: provision.dataflow.to_owned(),
            provider: agency.to_owned(),
            permitted_region: region.into_iter().collect(),
            default_conf_status: provision.default_conf_status.to_owned(),
            ..Default::default()
        };
        self.administer(move |hub, administrator| {
            let request = v1::PutAgreementRequest { agreement: Some(agreement) };
            hub.put_agreement(&hub.authorise(administrator, Administer, now())?, &request, now()).map(|_| ())
        })
        .await
    }

    /// Lets the hub consolidate now what it would consolidate by itself a moment later.
    pub(crate) async fn consolidate(&self) -> Result<(), Failure> {
        let hub = self.running.hub().clone();
        tokio::task::spawn_blocking(move || hub.consolidate(false, now())).await??;
        Ok(())
    }

    /// Runs what the administrator does, where it may take its time.
    async fn administer<F>(&self, act: F) -> Result<(), Failure>
    where
        F: FnOnce(&Arc<Hub>, &Principal) -> Result<(), Refusal> + Send + 'static,
    {
        let hub = self.running.hub().clone();
        let administrator = Principal::of_agency(AgencyId::new(ADMINISTRATOR.0)?);
        tokio::task::spawn_blocking(move || act(&hub, &administrator)).await??;
        Ok(())
    }

    /// The port is another one at every start.
    fn tell_new_address(&self) -> Result<(), Failure> {
        for entry in std::fs::read_dir(self.folder.join("offices"))? {
            let home = Home::new(entry?.path());
            let mut config = home.config()?;
            config.hub = self.address();
            home.save_config(&config)?;
        }
        Ok(())
    }
}

fn hub(folder: &Path) -> Result<InitOptions, Failure> {
    let structures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut messages = Vec::new();
    for entry in std::fs::read_dir(&structures)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            messages.push(std::fs::read(path)?);
        }
    }
    Ok(InitOptions {
        folder: folder.to_owned(),
        hub_id: "demo".to_owned(),
        listen: "127.0.0.1:0".to_owned(),
        names: vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
        structures: messages,
        administrator: AgencyId::new(ADMINISTRATOR.0)?,
        administrator_name: ADMINISTRATOR.1.to_owned(),
    })
}

fn admit(
    hub: &Arc<Hub>,
    administrator: &Principal,
    agency: &str,
    name: &str,
    roles: &[Role],
    token: &EnrolmentToken,
) -> Result<(), Refusal> {
    let add = v1::AddAgencyRequest { agency: agency.to_owned(), name: name.to_owned(), token_only: false };
    hub.add_agency(
        &hub.authorise(administrator, Administer, now())?,
        &add,
        token,
        Moment(now().0 + TOKEN_MS),
        now(),
    )?;
    for role in roles {
        let grant = v1::GrantRoleRequest { agency: agency.to_owned(), role: (*role).into() };
        hub.grant_role(&hub.authorise(administrator, Administer, now())?, &grant, now())?;
    }
    Ok(())
}

fn authority(pem: &str) -> Result<[u8; 32], Failure> {
    let certificate = mighub_server::trust::files::certificates(pem).into_iter().next();
    let certificate = certificate.ok_or("the hub's authority has no certificate")?;
    Ok(mighub::block::Digest::of(&certificate).0)
}

fn random() -> Result<[u8; 16], Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn now() -> Moment {
    Moment(mighub_client::clock::now().as_millisecond())
}
