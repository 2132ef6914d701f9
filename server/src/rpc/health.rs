//! Health, as grpc.health.v1 and in one line for `/readyz`.

use std::sync::Arc;
use std::time::Duration;

use mighub::v1::retrieval_service_server::RetrievalServiceServer;
use mighub::v1::submission_service_server::SubmissionServiceServer;
use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::retrieval::RetrievalDesk;
use super::submission::SubmissionDesk;
use crate::door::Stop;
use crate::hub::Hub;

/// How often to look without being told: a failed write is not a record.
const INTERVAL: Duration = Duration::from_secs(5);

/// Whether the hub does all it is there for; if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Nothing while it is ready.
    pub hindrance: Option<Arc<str>>,
}

/// Keeps `reporter` and the readiness up to date until the hub stops. The hub as a whole serves while it takes
/// submissions; reading goes on without that, and has a status of its own.
pub(super) async fn report(
    hub: Arc<Hub>,
    reporter: HealthReporter,
    readiness: watch::Sender<Readiness>,
    mut stop: Stop,
) {
    loop {
        let hindrance = hub.health().read_only;
        let status = if hindrance.is_none() { ServingStatus::Serving } else { ServingStatus::NotServing };
        reporter.set_service_status("", status).await;
        type Submissions = SubmissionServiceServer<SubmissionDesk>;
        type Retrieval = RetrievalServiceServer<RetrievalDesk>;
        match status {
            ServingStatus::Serving => reporter.set_serving::<Submissions>().await,
            _ => reporter.set_not_serving::<Submissions>().await,
        }
        reporter.set_serving::<Retrieval>().await;
        readiness.send_replace(Readiness { hindrance });
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = stop.asked() => break,
        }
    }
    let stopping = Readiness { hindrance: Some("the hub is being stopped".into()) };
    readiness.send_replace(stopping);
    reporter.set_service_status("", ServingStatus::NotServing).await;
}
