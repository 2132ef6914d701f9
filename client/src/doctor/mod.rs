//! Why this office does not get through to its hub, in words: everything between a home folder and an answer, looked at
//! one by one.
//!
//! What lives here: the checks, their order, and what to do about each. What must not: repair; nothing is changed, and
//! nothing but a question who is calling is sent to the hub.

mod certificate;
mod home;
mod line;
mod reply;

use jiff::Timestamp;

use crate::error::ExitCode;
use crate::home::Home;

/// What is looked at, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Examined {
    /// The home folder: configuration, keys, certificates, and whether they belong together.
    Home,
    /// The own certificate, by this machine's clock: its dates, and whether the hub's authority made it.
    OwnCertificate,
    /// The hub's name in the DNS.
    Name,
    /// Whether anything answers at the hub's port.
    Port,
    /// Whether what answers speaks TLS 1.3 and HTTP/2.
    Tls,
    /// Whether what answers is the hub: its certificate and the names in it.
    HubCertificate,
    /// This machine's clock against the hub's.
    Clock,
    /// Whether it is the hub that this home was enrolled at.
    HubId,
    /// What the hub says of this office's certificate.
    Admission,
    /// Who this office is to the hub.
    Enrolment,
}

/// How something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// This is why it does not work.
    Failed,
    /// Nothing can be said, because of what was found before.
    NotLookedAt,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub examined: Examined,
    /// How it was found.
    pub state: State,
    /// What was found, in words.
    pub found: String,
    /// What to do; nothing where all is well.
    pub remedy: Option<String>,
    /// The exit code that fits.
    code: ExitCode,
}

/// Everything that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// In their order.
    pub checks: Vec<Check>,
}

impl Examined {
    /// All, in the order in which they are looked at.
    pub const ALL: [Self; 10] = [
        Self::Home,
        Self::OwnCertificate,
        Self::Name,
        Self::Port,
        Self::Tls,
        Self::HubCertificate,
        Self::Clock,
        Self::HubId,
        Self::Admission,
        Self::Enrolment,
    ];

    /// A stable name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::OwnCertificate => "own_certificate",
            Self::Name => "name",
            Self::Port => "port",
            Self::Tls => "tls",
            Self::HubCertificate => "hub_certificate",
            Self::Clock => "clock",
            Self::HubId => "hub_id",
            Self::Admission => "admission",
            Self::Enrolment => "enrolment",
        }
    }
}

impl State {
    /// A stable name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::NotLookedAt => "not_looked_at",
        }
    }
}

impl Check {
    fn ok(examined: Examined, found: impl Into<String>) -> Self {
        Self { examined, state: State::Ok, found: found.into(), remedy: None, code: ExitCode::Done }
    }

    fn warning(examined: Examined, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Warning, remedy: Some(remedy.into()), ..Self::ok(examined, found) }
    }

    fn failed(
        examined: Examined,
        code: ExitCode,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { state: State::Failed, code, ..Self::warning(examined, found, remedy) }
    }
}

impl Diagnosis {
    /// Whether this office gets through.
    pub fn is_sound(&self) -> bool {
        self.checks.iter().all(|check| matches!(check.state, State::Ok | State::Warning))
    }

    /// What to look after first: a wrong clock, for it makes sound certificates look bad; else the first that fails.
    pub fn cause(&self) -> Option<&Check> {
        let failed = || self.checks.iter().filter(|check| check.state == State::Failed);
        failed().find(|check| check.examined == Examined::Clock).or_else(|| failed().next())
    }

    /// The exit code of a command that ends with this.
    pub fn exit_code(&self) -> ExitCode {
        self.cause().map_or(ExitCode::Done, |check| check.code)
    }

    fn add(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// The last check, as what it gave: nothing if it failed.
    fn take<T>(&mut self, looked: Result<(Check, T), Check>) -> Option<T> {
        match looked {
            Ok((check, found)) => {
                self.add(check);
                Some(found)
            }
            Err(check) => {
                self.add(check);
                None
            }
        }
    }

    /// What comes after something that failed.
    fn finished(mut self) -> Self {
        for examined in Examined::ALL {
            if self.checks.iter().all(|check| check.examined != examined) {
                let text = "not looked at, because of what was found before";
                self.add(Check { state: State::NotLookedAt, ..Check::ok(examined, text) });
            }
        }
        let place = |check: &Check| Examined::ALL.iter().position(|examined| *examined == check.examined);
        self.checks.sort_by_key(place);
        self
    }
}

/// Looks at everything between a home and its hub. `now` is what this machine's clock says.
pub async fn examine(home: &Home, now: Timestamp) -> Diagnosis {
    let mut diagnosis = Diagnosis { checks: Vec::new() };
    let Some(own) = diagnosis.take(home::look(home)) else { return diagnosis.finished() };
    diagnosis.add(certificate::own(&own, now));
    let Some(places) = diagnosis.take(line::name(&own.address).await) else { return diagnosis.finished() };
    let Some(place) = diagnosis.take(line::port(&own.address, &places).await) else {
        return diagnosis.finished();
    };
    let Some(shown) = diagnosis.take(line::tls(&own.address, place).await) else {
        return diagnosis.finished();
    };
    let Some(trusted_at) = diagnosis.take(certificate::of_hub(&own, &shown, now)) else {
        return diagnosis.finished();
    };
    let asked = reply::public(&own, trusted_at).await;
    diagnosis.add(reply::clock(asked.as_ref(), now));
    diagnosis.add(reply::hub_id(&own, asked.as_ref()));
    let Some(()) = diagnosis.take(reply::admission(home, &own, place, trusted_at).await) else {
        return diagnosis.finished();
    };
    diagnosis.add(reply::enrolment(home, &own, trusted_at).await);
    diagnosis.finished()
}
