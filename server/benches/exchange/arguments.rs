//! What may be said behind `--`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::data::Figures;

/// Pushes and pulls figures through TLS on loopback with the real client and the real hub, each in a process of
/// its own, and prints what that takes.
#[derive(Clone, Debug, Parser)]
#[command(name = "exchange")]
pub(crate) struct Arguments {
    /// Observations to exchange.
    #[arg(long, default_value_t = 10_000_000)]
    pub(crate) observations: u64,
    /// Figures in the thousands and millions instead of mostly small ones.
    #[arg(long)]
    pub(crate) large_values: bool,
    /// Measure only this part; may be given more than once.
    #[arg(long, value_name = "PART")]
    pub(crate) only: Vec<Part>,
    /// Folder for the hub and for files, on the disk to be measured; what is made in it is removed again.
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    pub(crate) dir: PathBuf,
    /// What `cargo bench` says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// A file in series order, until it is durable and receipted.
    Csv,
    /// A file in time order.
    CsvTime,
    /// Columns of a program.
    Columns,
    /// Everything into columns.
    Pull,
    /// Everything into columns, by a reader for whom some series are masked.
    PullMasked,
    /// Everything formatted as CSV.
    PullCsv,
    /// Everything into a CSV file.
    PullCsvFile,
    /// Single series.
    Series,
    /// One reporter.
    Reporter,
    /// One year.
    Year,
    /// A hundred clients asking for single series.
    Clients,
    /// Submissions of a few rows.
    Small,
    /// Revisions of one cell in a thousand.
    Revision,
    /// The view deleted and rebuilt.
    Rebuild,
}

impl Arguments {
    pub(crate) fn figures(&self) -> Figures {
        Figures { observations: self.observations, large_values: self.large_values }
    }

    pub(crate) fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// Whether any part reads figures.
    pub(crate) fn wants_pulls(&self) -> bool {
        use Part::{Columns, Csv, CsvTime, Revision, Small};
        Part::value_variants()
            .iter()
            .any(|part| self.wants(*part) && !matches!(part, Csv | CsvTime | Columns | Small | Revision))
    }
}
