//! What `review`, `release` and `restrict` are told.

use clap::{Args, Subcommand};

/// Why, and who.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// Why; the record keeps it
    #[arg(long)]
    pub(crate) reason: String,
    /// Person who acts; the one in the configuration, or the login name, if not given
    #[arg(long, env = "MIGHUB_PERSON")]
    pub(crate) person: Option<String>,
}

/// A dataflow and whose figures of it.
#[derive(Debug, Args)]
pub(crate) struct LaneName {
    /// Dataflow, such as MIG_FLOW or MIGHUB:MIG_FLOW(1.0.0)
    pub(crate) dataflow: String,
    /// Data provider, if it is not the own agency
    #[arg(long, value_name = "AGENCY")]
    pub(crate) provider: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Review {
    /// Submissions that wait for a reviewer
    List {
        /// Only of this dataflow
        dataflow: Option<String>,
        /// Show at most so many
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: usize,
    },
    /// Approve a submission: it is judged anew and accepted
    Approve {
        /// Id of the submission
        submission: String,
        /// Why, if there is something to say
        #[arg(long, default_value = "")]
        reason: String,
        /// Person who decides; the one in the configuration, or the login name, if not given
        #[arg(long, env = "MIGHUB_PERSON")]
        person: Option<String>,
    },
    /// Return a submission to its office, which must correct it
    Return {
        /// Id of the submission
        submission: String,
        #[command(flatten)]
        why: Why,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Release {
    /// Embargoes that have not passed
    List {
        #[command(flatten)]
        lane: LaneName,
    },
    /// End embargoes now
    Now {
        #[command(flatten)]
        lane: LaneName,
        /// Only that of this submission
        #[arg(long, value_name = "ID")]
        submission: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Have embargoes end at another instant, earlier or later
    Move {
        #[command(flatten)]
        lane: LaneName,
        /// The instant, to come, with zone: 2027-01-15T09:00+01:00
        #[arg(long, value_name = "TIME")]
        until: String,
        /// Only that of this submission
        #[arg(long, value_name = "ID")]
        submission: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// What waits for a second person
    Requests,
    /// Confirm what somebody else asked for, so that it takes effect
    Confirm {
        /// Number of the request
        request: u64,
        /// Person who confirms; the one in the configuration, or the login name, if not given
        #[arg(long, env = "MIGHUB_PERSON")]
        person: Option<String>,
    },
    /// Decline what somebody asked for
    Decline {
        /// Number of the request
        request: u64,
        #[command(flatten)]
        why: Why,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Restrict {
    /// Withhold cells from now on
    Add {
        #[command(flatten)]
        lane: LaneName,
        /// Which series: codes of the dimensions, separated by points, such as A.SWE..; several with commas
        #[arg(long, default_value = "")]
        key: String,
        /// First period
        #[arg(long, value_name = "PERIOD")]
        start: Option<String>,
        /// Last period
        #[arg(long, value_name = "PERIOD")]
        end: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Restrictions in force
    List {
        #[command(flatten)]
        lane: LaneName,
        /// Those that were lifted, too
        #[arg(long)]
        all: bool,
    },
    /// Lift a restriction
    Free {
        #[command(flatten)]
        lane: LaneName,
        /// Number of the restriction
        #[arg(long, value_name = "N")]
        restriction: u64,
        #[command(flatten)]
        why: Why,
    },
}
