//! How a program ends: the codes a shell or a scheduler reads.

/// Exit codes of the command `mighub`, the same for every subcommand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Done.
    Done = 0,
    /// Something that none of the others says.
    Other = 1,
    /// The command was not written as it should be.
    Usage = 2,
    /// The figures have errors.
    DataErrors = 3,
    /// The hub does not let this agency do it.
    NotAllowed = 4,
    /// A passing trouble: the same command later may succeed.
    Temporary = 5,
    /// What was asked for is not there.
    NotFound = 6,
    /// The hub understood and refused.
    Refused = 7,
    /// A signature or a digest does not fit.
    VerificationFailed = 8,
    /// Some of it is done: a person must do the rest, or some of several submissions went through.
    PartlyDone = 9,
    /// Interrupted from the keyboard.
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
