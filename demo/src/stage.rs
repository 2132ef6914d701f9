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
            let roles = [Role::Submitter, Role::Reader];
            for (id, name) in OFFICES {
                stage.admit(id, name, &roles, true).await?;
            }
            stage.admit(COMMISSION.0, COMMISSION.1, &[Role::Reader], false).await?;
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
    async fn admit(&self, id: &str, name: &str, roles: &[Role], sends: bool) -> Result<(), Failure> {
        let hub = self.running.hub().clone();
        let authority = authority(self.running.authority_pem())?;
        let (id, name, roles) = (id.to_owned(), name.to_owned(), roles.to_vec());
        let token = EnrolmentToken::new(random()?, authority);
        let (for_hub, agency) = (token.clone(), id.clone());
        let administered =
            tokio::task::spawn_blocking(move || administer(&hub, &agency, &name, &roles, sends, &for_hub));
        administered.await??;
        enrol(&self.home(&id), &self.address(), &token, "client").await?;
        Ok(())
    }

    /// The port is another one at every start.
    fn tell_new_address(&self) -> Result<(), Failure> {
        for (id, _) in OFFICES.iter().chain([&COMMISSION]) {
            let home = self.home(id);
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

fn administer(
    hub: &Arc<Hub>,
    agency: &str,
    name: &str,
    roles: &[Role],
    sends: bool,
    token: &EnrolmentToken,
) -> Result<(), Refusal> {
    let id = AgencyId::new(ADMINISTRATOR.0).map_err(|error| Refusal::internal(error.to_string()))?;
    let administrator = Principal::of_agency(id);
    let add = v1::AddAgencyRequest { agency: agency.to_owned(), name: name.to_owned(), token_only: false };
    hub.add_agency(
        &hub.authorise(&administrator, Administer, now())?,
        &add,
        token,
        Moment(now().0 + TOKEN_MS),
        now(),
    )?;
    for role in roles {
        let grant = v1::GrantRoleRequest { agency: agency.to_owned(), role: (*role).into() };
        hub.grant_role(&hub.authorise(&administrator, Administer, now())?, &grant, now())?;
    }
    if sends {
        // Each office for its own country; what it does not mark is free for publication.
        let agreement = v1::Agreement {
            id: format!("MIGHUB:PA_MIG_FLOW_{agency}(1.0.0)"),
            dataflow: DATAFLOW.to_owned(),
            provider: agency.to_owned(),
            permitted_region: vec![v1::DimensionCodes {
                dimension: "REF_AREA".to_owned(),
                codes: vec![agency.to_owned()],
            }],
            default_conf_status: "F".to_owned(),
            ..Default::default()
        };
        hub.put_agreement(
            &hub.authorise(&administrator, Administer, now())?,
            &v1::PutAgreementRequest { agreement: Some(agreement) },
            now(),
        )?;
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
