//! The stage: a hub in its process, its dataflows and agencies, a meter on the wire, and a way to measure a job.

use std::path::{Path, PathBuf};

use mighub::v1::{self, Role};
use mighub_client::{Home, enrol};
use mighub_server::rpc::Operator;
use tokio::runtime::Runtime;

use crate::Failure;
use crate::arguments::{Arguments, Part};
use crate::data::Figures;
use crate::hub::{self, HubProcess};
use crate::meter::Meter;
use crate::office::{Done, Job, Work};
use crate::structure::{self, DATAFLOWS, dataflow};
use crate::table::Row;

/// Sends everything; sees all of it.
pub(crate) const OFFICE: &str = "BENCH_OFFICE";
/// Reads everything, restricted cells too.
pub(crate) const COMMISSION: &str = "BENCH_COMMISSION";
/// Reads what is free.
pub(crate) const VISITOR: &str = "BENCH_VISITOR";

/// Exchanges of the plain relay, of which the middle one counts.
const RELAY_ROUNDS: usize = 9;

/// Which way a job goes to the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Past the meter, which would add to the time of a short answer.
    Direct,
    Metered,
}

/// A running hub, ready to be measured.
pub(crate) struct Stage<'r> {
    pub(crate) figures: Figures,
    runtime: &'r Runtime,
    folder: PathBuf,
    hub: HubProcess,
    meter: Meter,
}

impl<'r> Stage<'r> {
    /// Makes the hub, uploads the structures while it runs, and enrols everybody.
    pub(crate) fn set(runtime: &'r Runtime, folder: &Path, arguments: &Arguments) -> Result<Self, Failure> {
        let hub_folder = folder.join("hub");
        hub::make(&hub_folder)?;
        let hub = HubProcess::start(&hub_folder)?;
        let meter = runtime.block_on(Meter::listen(hub.doors.hub))?;
        let stage = Self { figures: arguments.figures(), runtime, folder: folder.to_owned(), hub, meter };
        runtime.block_on(stage.people())?;
        Ok(stage)
    }

    /// A file of the benchmark.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The folder of the store, on whose disk everything is written.
    pub(crate) fn store(&self) -> PathBuf {
        self.hub.folder().path().join("store")
    }

    pub(crate) fn close(self) -> Result<(), Failure> {
        self.hub.stop()
    }

    /// Stops the hub, deletes its view and starts it again.
    pub(crate) fn rebuild(mut self) -> Result<(Self, std::time::Duration), Failure> {
        let hub_folder = self.hub.folder().path().to_owned();
        self.hub.stop()?;
        std::fs::remove_dir_all(hub_folder.join("view"))?;
        let began = std::time::Instant::now();
        self.hub = HubProcess::start(&hub_folder)?;
        let took = began.elapsed();
        self.meter = self.runtime.block_on(Meter::listen(self.hub.doors.hub))?;
        Ok((self, took))
    }

    /// Lets an agency do a job, and tells what that took on both sides.
    pub(crate) fn measure(&mut self, part: Part, who: &str, way: Way, work: Work) -> Result<Row, Failure> {
        let address = match way {
            Way::Direct => self.hub.doors.hub,
            Way::Metered => self.meter.address,
        };
        let job = Job { home: self.home_folder(who), address, work };
        let (before, stored) = (self.hub.used()?, self.hub.stored_bytes()?);
        self.meter.take();
        let done = job.run()?;
        let (up, down) = self.meter.take();
        let after = self.hub.used()?;
        Ok(Row {
            part,
            name: String::new(),
            done,
            hub_cpu_ns: after.cpu_ns - before.cpu_ns,
            hub_peak: after.peak,
            wire: (way == Way::Metered).then_some((up, down)),
            stored: self.hub.stored_bytes()? - stored,
            relay_ns: None,
        })
    }

    /// How long the plain relay takes for so many bytes to the hub and from it, in nanoseconds.
    pub(crate) fn relay(&self, up: u64, down: u64) -> Result<u64, Failure> {
        let certificate = self.hub.doors.relay_certificate.clone();
        let work = Work::Relay { certificate, up, down, rounds: RELAY_ROUNDS };
        let job = Job { home: PathBuf::new(), address: self.hub.doors.relay, work };
        let Done { mut laps_ns, .. } = job.run()?;
        laps_ns.sort_unstable();
        laps_ns.get(laps_ns.len() / 2).copied().ok_or_else(|| "the relay had no rounds".into())
    }

    fn home_folder(&self, agency: &str) -> PathBuf {
        self.folder.join("homes").join(agency)
    }

    async fn people(&self) -> Result<(), Failure> {
        let operator = Operator::connect(self.hub.folder().path()).await?;
        let request = v1::PutStructuresRequest {
            message: structure::message().to_string().into(),
            media_type: "application/vnd.sdmx.structure+json;version=2.0.0".to_owned(),
            dry_run: false,
        };
        let answer = operator.structures().put_structures(request).await?.into_inner();
        if let Some(problem) = answer.problems.first() {
            return Err(format!("{}: {}", problem.artefact, problem.text).into());
        }
        self.admit(&operator, OFFICE, &[Role::Submitter, Role::Reader]).await?;
        self.admit(&operator, COMMISSION, &[Role::Reader]).await?;
        self.admit(&operator, VISITOR, &[Role::Reader]).await?;
        for id in DATAFLOWS {
            let agreement = v1::Agreement {
                id: format!("{}:PA_{id}(1.0.0)", operator.administrator()),
                dataflow: dataflow(id),
                provider: OFFICE.to_owned(),
                default_conf_status: "F".to_owned(),
                confidential_readers: vec![COMMISSION.to_owned()],
                ..Default::default()
            };
            let request = v1::PutAgreementRequest { agreement: Some(agreement) };
            operator.agencies().put_agreement(request).await?;
        }
        operator.end().await;
        Ok(())
    }

    async fn admit(&self, operator: &Operator, id: &str, roles: &[Role]) -> Result<(), Failure> {
        let add = v1::AddAgencyRequest { agency: id.to_owned(), name: id.to_owned(), token_only: false };
        let token = operator.agencies().add_agency(add).await?.into_inner().enrolment_token;
        for role in roles {
            let grant = v1::GrantRoleRequest { agency: id.to_owned(), role: (*role).into() };
            operator.agencies().grant_role(grant).await?;
        }
        let home = Home::new(self.home_folder(id));
        enrol(&home, &self.hub.doors.hub.to_string(), &token.parse()?, "client").await?;
        Ok(())
    }
}
