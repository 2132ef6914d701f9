//! What `metadata` is told.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::LaneName;

#[derive(Debug, Subcommand)]
pub(crate) enum Metadata {
    /// Check reports and send them: all of a file, or none
    Put {
        /// CSV with a row a report, or an SDMX-JSON 2.0 metadata message
        file: PathBuf,
        #[command(flatten)]
        lane: LaneName,
        /// Send only the reports of this area
        #[arg(long, value_name = "AREA")]
        area: Option<String>,
        /// Let the hub check them, and record nothing
        #[arg(long)]
        dry_run: bool,
        /// Why, if there is something to say; the record keeps it
        #[arg(long, default_value = "")]
        reason: String,
        /// Person who sends them; the one in the configuration, or the login name, if not given
        #[arg(long, env = "MIGHUB_PERSON")]
        person: Option<String>,
    },
    /// Get the reports of one provider in full, as they can be sent again
    Get {
        #[command(flatten)]
        lane: LaneName,
        #[command(flatten)]
        which: Which,
        /// Form of the output
        #[arg(long, value_enum, default_value_t = ReportFormat::Csv)]
        format: ReportFormat,
        /// Write to this file instead of standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List reports with the grades of each source and the rank they make, 0 best to 4 worst
    List {
        /// Only of this dataflow
        dataflow: Option<String>,
        /// Only from this provider; may be given several times
        #[arg(long, value_name = "AGENCY")]
        provider: Vec<String>,
        #[command(flatten)]
        which: Which,
    },
}

/// Which reports.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Only of this area
    #[arg(long, value_name = "AREA", default_value = "")]
    pub(crate) area: String,
    /// Only of this direction, such as IMM
    #[arg(long, value_name = "CODE", default_value = "")]
    pub(crate) direction: String,
    /// Only those that hold for this period
    #[arg(long, value_name = "PERIOD", default_value = "")]
    pub(crate) period: String,
    /// As they were at this time: date (its end, UTC), or date and time with zone
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
}

/// How reports are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A row a report.
    Csv,
    /// An SDMX-JSON 2.0 metadata message.
    Json,
}
