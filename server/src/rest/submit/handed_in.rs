//! Files that were handed in lately: what is under way, and what came of those that are no submissions of the hub because
//! they have errors. A hub that starts anew has forgotten them; their senders send again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use serde_json::{Value, json};

use crate::rest::error::Problem;

/// Files that are remembered. Each is an id and, if it was refused, its report.
const REMEMBERED_MAX: usize = 64;
/// Bytes of a report that is remembered; of a larger one only its counts.
const REPORT_BYTES_MAX: usize = 512 * 1024;

/// The answer to a file.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) body: Value,
}

/// What is remembered, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct HandedIn(Arc<Mutex<VecDeque<One>>>);

#[derive(Debug)]
struct One {
    id: String,
    agency: String,
    /// Nothing while it is under way.
    ended: Option<Ended>,
}

/// A file that is under way, until this is dropped: a fault ends it, too.
#[derive(Debug)]
pub(super) struct UnderWay {
    all: HandedIn,
    id: String,
    agency: String,
    ended: Option<Ended>,
}

impl HandedIn {
    fn all(&self) -> MutexGuard<'_, VecDeque<One>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file begins; refused while the same is under way.
    pub(super) fn begin(&self, id: &str, agency: &str) -> Result<UnderWay, Problem> {
        let mut all = self.all();
        let is_it = |one: &One| one.id == id && one.agency == agency;
        if all.iter().any(|one| is_it(one) && one.ended.is_none()) {
            let text = format!("the submission {id} is under way: ask for /v1/submissions/{id}");
            return Err(Problem::new(StatusCode::CONFLICT, text));
        }
        all.retain(|one| !is_it(one));
        while all.len() >= REMEMBERED_MAX {
            // What is under way is never more than the places there are.
            let Some(oldest) = all.iter().position(|one| one.ended.is_some()) else { break };
            all.remove(oldest);
        }
        let (id, agency) = (id.to_owned(), agency.to_owned());
        all.push_back(One { id: id.clone(), agency: agency.clone(), ended: None });
        let fault = json!({ "submission_id": null, "state": "NOT_SENT", "error": "a fault of the hub: send it again" });
        let ended = Some(Ended { status: StatusCode::INTERNAL_SERVER_ERROR, location: None, body: fault });
        Ok(UnderWay { all: self.clone(), id, agency, ended })
    }

    /// What is known of a file; nothing if the hub must be asked.
    pub(super) fn of(&self, id: &str, agency: &str) -> Option<Ended> {
        let all = self.all();
        let one = all.iter().find(|one| one.id == id && one.agency == agency)?;
        Some(one.ended.clone().unwrap_or_else(|| Ended {
            status: StatusCode::ACCEPTED,
            location: None,
            body: json!({ "submission_id": id, "state": "CHECKING" }),
        }))
    }
}

impl UnderWay {
    /// It has ended. What became a submission is the hub's to tell of; the rest is remembered here.
    pub(super) fn end(mut self, ended: &Result<Ended, Problem>) {
        self.ended = match ended {
            Ok(ended) if ended.location.is_some() => None,
            Ok(ended) => Some(Ended { body: short(&ended.body), ..ended.clone() }),
            Err(problem) => Some(Ended {
                status: problem.status(),
                location: None,
                body: json!({ "submission_id": null, "state": "NOT_SENT", "error": problem.to_string() }),
            }),
        };
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut all = self.all.all();
        let is_it = |one: &One| one.id == self.id && one.agency == self.agency;
        let Some(place) = all.iter().position(is_it) else { return };
        match self.ended.take() {
            Some(ended) => all[place].ended = Some(ended),
            None => drop(all.remove(place)),
        }
    }
}

fn short(report: &Value) -> Value {
    let mut report = report.clone();
    if report.to_string().len() > REPORT_BYTES_MAX {
        report["findings"] = json!([]);
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_ends_in_a_fault_does_not_close_its_id() {
        let handed_in = HandedIn::default();
        let under_way = handed_in.begin("A", "SWE").expect("begun");
        assert_eq!(handed_in.begin("A", "SWE").expect_err("under way").status(), StatusCode::CONFLICT);
        assert_eq!(handed_in.of("A", "SWE").expect("known").status, StatusCode::ACCEPTED);
        assert!(handed_in.of("A", "NOR").is_none(), "another's");
        drop(under_way);
        assert_eq!(handed_in.of("A", "SWE").expect("known").status, StatusCode::INTERNAL_SERVER_ERROR);
        let again = handed_in.begin("A", "SWE").expect("begun again");
        let accepted = Ended { status: StatusCode::CREATED, location: Some("/".into()), body: Value::Null };
        again.end(&Ok(accepted));
        assert!(handed_in.of("A", "SWE").is_none(), "the hub is asked");
    }
}
