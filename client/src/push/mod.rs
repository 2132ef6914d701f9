//! A push: check, sign, send what is missing, learn the verdict, hold the receipt.

mod header;
mod options;
mod receipt;
mod send;
#[cfg(test)]
mod tests;

use mighub::v1::{self, ErrorReason, ReceiptOutcome, SubmissionState};

pub use options::{Base, Kind, PushOptions};
pub use receipt::Receipt;
pub(crate) use receipt::hold;
pub use send::Sent;

use crate::error::{Error, ExitCode};
use crate::hub::Hub;
use crate::lane::HubLanes;
use crate::outbox::{self, Outbox};
use mighub_intake::{Checked, ReadOptions, Source, SpoolTotals};
use mighub_intake::{Progress, Step};

/// What became of a push.
#[derive(Debug)]
pub struct Pushed {
    /// What the file holds, and what the check before sending found.
    pub checked: Checked,
    /// Id of the submission; nothing if nothing was sent.
    pub submission: Option<String>,
    /// How large the submission is.
    pub totals: SpoolTotals,
    /// What of it went over the wire in this call.
    pub sent: Sent,
    /// What was signed; nothing if nothing was sent.
    pub header: Option<v1::SubmissionHeader>,
    /// How it ended.
    pub outcome: PushOutcome,
}

/// How a push ended.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each push, and it is matched on at once")]
pub enum PushOutcome {
    /// The check before sending found errors, so nothing was sent.
    NotSent,
    /// It is in force.
    Accepted {
        /// The hub's word for it.
        receipt: Receipt,
        /// What validation decided.
        verdict: v1::Verdict,
    },
    /// The hub has exactly these figures already.
    Unchanged {
        /// The receipt of the vintage that holds.
        receipt: Receipt,
    },
    /// The hub found errors.
    NeedsCorrection {
        /// What validation decided.
        verdict: v1::Verdict,
    },
    /// The hub found warnings that want an answer.
    NeedsAnswer {
        /// What validation decided.
        verdict: v1::Verdict,
    },
    /// A reviewer must consent.
    UnderReview {
        /// What validation decided.
        verdict: v1::Verdict,
    },
    /// It was a test: everything ran, nothing was stored.
    Tested {
        /// What validation decided.
        verdict: v1::Verdict,
    },
}

impl PushOutcome {
    /// The exit code of a command that ends so.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Accepted { .. } | Self::Unchanged { .. } => ExitCode::Done,
            Self::NotSent | Self::NeedsCorrection { .. } => ExitCode::DataErrors,
            Self::NeedsAnswer { .. } | Self::UnderReview { .. } => ExitCode::PartlyDone,
            Self::Tested { verdict } if verdict.state() == SubmissionState::NeedsCorrection => {
                ExitCode::DataErrors
            }
            Self::Tested { .. } => ExitCode::Done,
        }
    }
}

impl Hub {
    /// Checks a file with what the hub says of its lane now, without sending anything.
    pub async fn check(
        &self,
        source: Source,
        provider: &str,
        options: &ReadOptions,
        progress: &Progress,
    ) -> Result<Checked, Error> {
        let mut lanes = HubLanes::new(self, provider.to_owned());
        let (options, progress) = (options.clone(), progress.clone());
        tokio::task::spawn_blocking(move || mighub_intake::check(source, &mut lanes, &options, &progress))
            .await?
            .map_err(Error::from)
    }

    /// Checks figures and, if they have no errors, sends them and waits for the verdict.
    ///
    /// May be called again after any failure, also of the whole program: the same figures with the same options
    /// go on under the same submission id, only what the hub lacks is sent, and they take effect once.
    pub async fn push(
        &self,
        source: Source,
        options: &PushOptions,
        progress: &Progress,
    ) -> Result<Pushed, Error> {
        let outbox = Outbox::open(self.home().outbox())?;
        let provider = options.provider.clone().unwrap_or_else(|| self.config().agency);
        let mut lanes = HubLanes::new(self, provider);
        let (read, folder, told) = (options.read_options(), outbox.folder().to_owned(), progress.clone());
        let prepared = tokio::task::spawn_blocking(move || {
            mighub_intake::prepare(source, &mut lanes, &read, &folder, &told)
        });
        let prepared = prepared.await??;
        let header = match &prepared.checked.lane {
            Some(lane) => Some(header::header(&prepared, &self.config(), lane, options)?),
            None => None,
        };
        let limits = prepared.checked.lane.as_ref().map(|lane| lane.limits).unwrap_or_default();
        let mut pushed = Pushed {
            checked: prepared.checked,
            submission: None,
            totals: SpoolTotals::default(),
            sent: Sent::default(),
            header: None,
            outcome: PushOutcome::NotSent,
        };
        let (Some(spool), Some(header)) = (prepared.spool, header) else { return Ok(pushed) };
        pushed.totals = spool.totals;
        send::check_limits(&spool.totals, &limits)?;
        let entry = outbox.admit(spool, outbox::key(&header), || header::sign(self.home(), header))?;
        pushed.submission = Some(entry.header.submission_id.clone());
        pushed.header = Some(entry.header.clone());
        progress.tell(Step::Uploading { blocks: 0, blocks_total: entry.totals.blocks });
        let answer = match send::send(self, &entry, progress, &mut pushed.sent).await {
            Ok(answer) => answer,
            Err(error) => {
                if error.reason().is_some_and(ends_submission) {
                    entry.clear()?;
                }
                return Err(error);
            }
        };
        pushed.outcome = self.outcome(answer, &entry).await?;
        // While a person must act the header stays: pushing the same again then shows how it stands.
        if !matches!(pushed.outcome, PushOutcome::NeedsAnswer { .. } | PushOutcome::UnderReview { .. }) {
            entry.clear()?;
        }
        Ok(pushed)
    }

    async fn outcome(
        &self,
        answer: v1::SealSubmissionResponse,
        entry: &outbox::Entry,
    ) -> Result<PushOutcome, Error> {
        let unchanged = answer.outcome() == ReceiptOutcome::Unchanged;
        let verdict = answer.verdict.ok_or_else(|| Error::Contract("no verdict came".to_owned()))?;
        if entry.header.test || entry.header.kind() == v1::SubmissionKind::Test {
            return Ok(PushOutcome::Tested { verdict });
        }
        if let Some(message) = answer.receipt {
            let receipt = receipt::hold(self, message, &entry.signed, &entry.header, unchanged).await?;
            return Ok(if unchanged {
                PushOutcome::Unchanged { receipt }
            } else {
                PushOutcome::Accepted { receipt, verdict }
            });
        }
        match verdict.state() {
            SubmissionState::NeedsCorrection => Ok(PushOutcome::NeedsCorrection { verdict }),
            SubmissionState::NeedsAnswer => Ok(PushOutcome::NeedsAnswer { verdict }),
            SubmissionState::UnderReview => Ok(PushOutcome::UnderReview { verdict }),
            other => {
                Err(Error::Contract(format!("a verdict without receipt leads to {}", other.as_str_name())))
            }
        }
    }
}

/// Whether a submission that was refused so can never succeed under its id: the next push makes a new one.
fn ends_submission(reason: ErrorReason) -> bool {
    use ErrorReason as R;
    matches!(
        reason,
        R::HeaderMalformed
            | R::WrongHub
            | R::ClockSkew
            | R::SignatureInvalid
            | R::SigningKeyUnknown
            | R::SubmissionIdReused
            | R::StructureMoved
            | R::HeadMoved
            | R::StateUnfit
            | R::EditionUnknown
            | R::PeriodMalformed
            | R::SelectionMalformed
            | R::ReasonRequired
            | R::VintageUnknown
            | R::ManifestDigestMismatch
            | R::ManifestMalformed
            | R::ManifestUnsorted
            | R::ManifestTooLarge
            | R::CanonUnknown
            | R::BlockDigestMismatch
            | R::BlockNotNamed
            | R::BlockNotCanonical
            | R::BlockTooLarge
            | R::BlockDecompression
    )
}
