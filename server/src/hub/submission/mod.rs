//! Submissions: opened, uploaded, judged, accepted, answered, withdrawn.
//!
//! What lives here: the way of a submission to its verdict, and what offices may read about it. What must not:
//! how a vintage follows from another (`fold`) and what readers see of it (`retrieve`).

pub(super) mod accept;
mod answer;
mod case;
pub(super) mod chain;
mod desk;
mod header;
mod judge;
mod lane_terms;
mod levels;
mod open;
mod quota;
mod read;
mod rebase;
mod receipt;
mod report;
mod review;
mod seal;
mod settle;
pub(super) mod steps;
mod taking_in;
mod upload;
mod withdraw;

use mighub::id::SubmissionId;
use mighub::v1::{ErrorReason, SubmissionState};

pub(super) use desk::Desk;
pub(crate) use desk::SUBMISSION_BLOCKS_MAX;
pub(super) use judge::findings;
pub(super) use levels::States;
pub use open::Opening;
pub(super) use report::{counts_message, group_message, rule_count_message};
pub use taking_in::{Sending, TakenIn};
pub use upload::Upload;
pub(super) use withdraw::vintage_ref;

use super::refusal::Refusal;

/// The same answer whether it never was, was another's, or has expired.
pub(super) fn unknown_submission(id: &str) -> Refusal {
    let text =
        format!("there is no submission {id} that you may see: open it again, or look at `mighub status`");
    Refusal::new(ErrorReason::UnknownSubmission, text).about("submission", id)
}

/// A call that does not fit the state of the submission.
fn state_unfit(what: &str, state: SubmissionState) -> Refusal {
    let found = state.as_str_name().trim_start_matches("SUBMISSION_STATE_");
    let text = format!("the submission {what}: it is {found}");
    Refusal::new(ErrorReason::StateUnfit, text).about("found", found)
}

fn submission_id(text: &str) -> Result<SubmissionId, Refusal> {
    text.parse().map_err(|error: mighub::id::SubmissionIdError| {
        Refusal::malformed("submission_id", error.to_string())
    })
}
