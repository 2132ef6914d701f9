//! The command line of `mighub`.

mod consolidation;
mod metadata;
mod publishing;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mighub_validation::Language;

pub(crate) use consolidation::{
    Compare, Consolidated, Derived, Explain, Groups, Matrix, Mirror, Net, Order, Parties, Shares,
};
pub(crate) use metadata::{Metadata, ReportFormat, Which};
pub(crate) use publishing::{LaneName, Release, Restrict, Review, Why};

/// Exchange migration statistics with a mighub hub: check a file offline, push it, get a receipt, pull what
/// others sent.
#[derive(Debug, Parser)]
#[command(name = "mighub", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Folder with this office's configuration and keys [default: .mighub in the user's own folder]
    #[arg(long, env = "MIGHUB_HOME", global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Print JSON instead of text: one object, or one a line where a list is printed
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say what is going on, on standard error
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 other; 2 usage; 3 errors in the data; 4 not allowed; \
5 temporary, try again; 6 not found; 7 refused; 8 verification failed; 9 partly done (a push that waits for an \
answer or a reviewer, or some of several submissions); 130 interrupted.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Join a hub: make two keys and have them certified with a token from the hub's operator; or renew them
    Enrol(Enrol),
    /// Say why this office does not get through to its hub: keys, clock, network, certificates
    Doctor,
    /// Show who this office is to the hub, and what it may do
    Whoami,
    /// Show what files are and how much is in them; needs neither hub nor structures
    Inspect(Inspect),
    /// Check a file as the hub would, without sending anything
    Validate(Validate),
    /// Check a file, send it, and wait for the receipt
    Push(Push),
    /// Show this office's submissions and what to do next
    Status(Status),
    /// Make a workbook to fill in
    Template(Template),
    /// Show the report of a submission
    Report(Report),
    /// Answer the warnings of a submission, so that it can be accepted
    Answer(Answer),
    /// Fetch all that proves a submission into a folder, for an auditor
    Receipt(Receipt),
    /// Check a receipt without trust in the hub, and say what it proves and what not
    Verify(Verify),
    /// Take back the newest submission of a dataflow; the one before holds again
    Withdraw(Withdraw),
    /// Decide about submissions that wait for a reviewer
    #[command(subcommand)]
    Review(Review),
    /// End embargoes without sending anew, now or at another instant; confirm what needs a second person
    #[command(subcommand)]
    Release(Release),
    /// Withhold cells that are out already, in every vintage, and free them again
    #[command(subcommand)]
    Restrict(Restrict),
    /// Show the dataflows, structures and code lists of the hub
    #[command(subcommand)]
    Structure(Structure),
    /// List the mappings by which tables of other layouts are read
    Mappings,
    /// What offices say of the sources of their figures: send, get and list reports
    #[command(subcommand)]
    Metadata(Metadata),
    /// Get data: everything, a key, a range of periods, as of a day, or what changed
    Pull(Pull),
    /// List the vintages of a dataflow
    Vintages(Vintages),
    /// Show what there is of a dataflow, by provider and period
    Coverage(Coverage),
    /// Show what differs between two vintages
    Diff(Diff),
    #[command(flatten)]
    Consolidated(Consolidated),
    /// Wait for new vintages and print each as it comes
    Watch(Watch),
}

#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// Address of the hub, such as hub.example.org:8443
    #[arg(long, required_unless_present = "renew")]
    pub(crate) hub: Option<String>,
    /// Token from the hub's operator; best given in the environment, where no process list shows it
    #[arg(long, env = "MIGHUB_TOKEN", hide_env_values = true, required_unless_present = "renew")]
    pub(crate) token: Option<String>,
    /// Renew the keys of this home with its present certificate, before that ends; no token is needed
    #[arg(long, conflicts_with = "hub")]
    pub(crate) renew: bool,
    /// Name for this application of the agency
    #[arg(long, default_value = "client")]
    pub(crate) application: String,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Files of any format that is read: SDMX-CSV, SDMX-ML, SDMX-JSON, Parquet
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// How findings are told.
#[derive(Debug, Args)]
pub(crate) struct Telling {
    /// Show at most so many occurrences of each kind of finding
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) show: u64,
    /// Language of the rules' titles and remedies: en, es or fr
    #[arg(long, default_value = "en", env = "MIGHUB_LANG", value_name = "LANGUAGE")]
    pub(crate) lang: Language,
}

#[derive(Debug, Args)]
pub(crate) struct InputFile {
    /// File of SDMX-CSV, SDMX-ML, SDMX-JSON or Parquet, an Excel workbook, or a table that a mapping describes; - for
    /// standard input
    pub(crate) file: PathBuf,
    /// Send for this data provider instead of the own agency
    #[arg(long, value_name = "AGENCY")]
    pub(crate) provider: Option<String>,
    #[command(flatten)]
    pub(crate) telling: Telling,
    /// Of a file with several dataflows take only this one, given as AGENCY:ID(VERSION)
    #[arg(long, value_name = "DATAFLOW")]
    pub(crate) only: Option<String>,
    #[command(flatten)]
    pub(crate) table: Table,
}

/// How a table of another layout is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tables of another layout")]
pub(crate) struct Table {
    /// Read the file by this mapping: a file, or the id of one that is known (`mighub mappings`)
    #[arg(long, value_name = "ID|FILE")]
    pub(crate) mapping: Option<String>,
    /// Encoding of the file, such as windows-1252 or utf-16le, if the guess is wrong
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// What separates cells: a character, or tab
    #[arg(long, value_name = "SIGN")]
    pub(crate) separator: Option<String>,
    /// Decimal sign of the figures, a point or a comma
    #[arg(long, value_name = "SIGN")]
    pub(crate) decimal: Option<char>,
    /// Scheme of area codes for which the mapping names none: ISO3, ISO2, M49, ESTAT or UNHCR
    #[arg(long, value_name = "SCHEME")]
    pub(crate) areas: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) input: InputFile,
    /// Take structures from the SDMX-JSON files in this folder, and ask no hub; needs --provider
    #[arg(long, value_name = "DIR", requires = "provider")]
    pub(crate) structures: Option<PathBuf>,
    /// Write the file to this workbook, with everything that was found marked in it
    #[arg(short, long, value_name = "FILE.xlsx")]
    pub(crate) output: Option<PathBuf>,
    /// Ask the hub for structures and agreement instead of taking what is in the cache
    #[arg(long, conflicts_with = "structures")]
    pub(crate) fresh: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Push {
    #[command(flatten)]
    pub(crate) input: InputFile,
    /// Run everything and store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The file is complete for the periods it covers: what it lacks is withdrawn. With a KEY, complete for
    /// that key
    #[arg(long, value_name = "KEY", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    pub(crate) complete: Option<String>,
    /// Nobody but this office sees the data before: date and time with zone, such as 2027-01-15T09:00+01:00
    #[arg(long, value_name = "TIME")]
    pub(crate) embargo: Option<String>,
    /// Label of the edition, such as "2020 Revision"
    #[arg(long)]
    pub(crate) edition: Option<String>,
    /// Day on which the edition was published, such as 2020-06-30
    #[arg(long, value_name = "DAY", requires = "edition")]
    pub(crate) published: Option<String>,
    /// What kind of submission it is
    #[arg(long, value_enum, default_value_t = Kind::Routine)]
    pub(crate) kind: Kind,
    /// Why it is sent; asked for with every kind but routine
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
    /// Person who sends it; the one in the configuration, or the login name, if not given
    #[arg(long, env = "MIGHUB_PERSON")]
    pub(crate) person: Option<String>,
    /// Make one submission of each dataflow in the file
    #[arg(long, conflicts_with = "only")]
    pub(crate) split: bool,
    /// Accept whatever holds when the file arrives, even if somebody else changed the same figures meanwhile
    #[arg(long)]
    pub(crate) any_base: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// New figures in the usual course
    Routine,
    /// Something that was sent was wrong
    Correction,
    /// The method or a definition changed
    MethodChange,
    /// Figures were estimated anew, as after a census
    ReEstimation,
}

#[derive(Debug, Args)]
pub(crate) struct Receipt {
    /// Id of the submission
    pub(crate) submission: String,
    /// Folder for the evidence; files in it are replaced
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A receipt, as it lies in the home's receipts/, or a folder made by `mighub receipt`
    #[arg(value_name = "RECEIPT|DIR")]
    pub(crate) path: PathBuf,
    /// Key of the hub, from its operator: 64 hexadecimal digits, or a PEM file; may be repeated [default: the keys that
    /// this home knows]
    #[arg(long, value_name = "KEY|FILE")]
    pub(crate) hub_key: Vec<String>,
    /// The file that was sent: make its figures anew and compare them with those that were signed
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// A witness's folder, made by `mighub-server export-log`, or the head.json in it: whether it is the same history
    #[arg(long, value_name = "DIR|HEAD")]
    pub(crate) against: Option<PathBuf>,
    /// Ask the hub as well, whether its history of now still contains it
    #[arg(long)]
    pub(crate) online: bool,
    #[command(flatten)]
    pub(crate) table: Table,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Only this dataflow
    pub(crate) dataflow: Option<String>,
    /// Show at most so many
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Template {
    /// Dataflow, such as MIG_FLOW or MIGHUB:MIG_FLOW(1.0.0)
    pub(crate) dataflow: String,
    /// Write the workbook to this file
    #[arg(short, long, value_name = "FILE.xlsx")]
    pub(crate) output: PathBuf,
    /// Reporting area, such as SWE
    #[arg(long)]
    pub(crate) area: String,
    /// Period; may be given several times
    #[arg(long, required = true)]
    pub(crate) period: Vec<String>,
    /// Ask for the cells of the figures last sent, and show these beside them
    #[arg(long, conflicts_with = "structures")]
    pub(crate) prefill: bool,
    /// With --prefill: the data provider whose figures are taken, instead of the own agency
    #[arg(long, value_name = "AGENCY", requires = "prefill")]
    pub(crate) provider: Option<String>,
    /// Language of names and instructions: en, es or fr
    #[arg(long, default_value = "en", value_name = "LANGUAGE")]
    pub(crate) lang: String,
    /// Put the codes of a dimension, or of TIME_PERIOD, side by side; without one, those the listing suggests
    #[arg(long, value_name = "DIMENSION", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    pub(crate) wide: Option<String>,
    /// Ask for the cells that this JSON file lists, by dataflow
    #[arg(long, value_name = "FILE")]
    pub(crate) listings: Option<PathBuf>,
    /// Take structures from the SDMX-JSON files in this folder, and ask no hub
    #[arg(long, value_name = "DIR")]
    pub(crate) structures: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Id of the submission, as `push` and `status` print it
    pub(crate) submission: String,
    #[command(flatten)]
    pub(crate) telling: Telling,
    /// Write the file that was sent to this workbook, with everything that was found marked in it
    #[arg(short, long, value_name = "FILE.xlsx", requires = "file")]
    pub(crate) output: Option<PathBuf>,
    /// The file that was sent
    #[arg(long, value_name = "ORIGINAL", requires = "output")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Answer {
    /// Id of the submission
    pub(crate) submission: String,
    /// Rule the answer is about; all rules with warnings if not given
    #[arg(long)]
    pub(crate) rule: Option<String>,
    /// Why the figures are right
    pub(crate) text: String,
    /// Person who answers; the one in the configuration, or the login name, if not given
    #[arg(long, env = "MIGHUB_PERSON")]
    pub(crate) person: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    /// Id of the submission
    pub(crate) submission: String,
    /// Why; the record keeps it
    #[arg(long)]
    pub(crate) reason: String,
    /// Person who withdraws; the one in the configuration, or the login name, if not given
    #[arg(long, env = "MIGHUB_PERSON")]
    pub(crate) person: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Structure {
    /// List artefacts
    List {
        /// Class, such as dataflow, codelist or datastructure; all for all
        #[arg(default_value = "dataflow")]
        class: String,
        /// Only those of this agency
        #[arg(long)]
        agency: Option<String>,
        /// Only those with this id
        #[arg(long)]
        id: Option<String>,
        /// Only the newest version of each
        #[arg(long)]
        newest: bool,
    },
    /// Show one artefact, such as MIG_FLOW or codelist/CL_AREA
    Show {
        /// [class/][AGENCY:]ID[(VERSION)]
        artefact: String,
        /// With everything it refers to; as SDMX-JSON only
        #[arg(long)]
        descendants: bool,
    },
    /// Get an artefact as a structure message, alone or with its relatives
    Get {
        /// URN, or [class/][AGENCY:]ID[(VERSION)]; in a URN the version may be a pattern: 2.3+.1, +, ~, *
        artefact: String,
        /// What comes along: none, children, descendants, parents, parentsandsiblings, ancestors, all, or classes such
        /// as codelist,conceptscheme
        #[arg(long, default_value = "none")]
        references: String,
        /// How much is shown: raw, full, allstubs, referencestubs, allcompletestubs, referencecompletestubs,
        /// referencepartial
        #[arg(long, default_value = "raw")]
        detail: String,
        /// Format of the message
        #[arg(long, value_enum, default_value = "json")]
        format: StructureFormat,
    },
    /// Delete artefacts that nobody uses (administrators)
    Delete {
        /// URNs
        #[arg(required = true)]
        artefacts: Vec<String>,
        /// Say what would happen and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Send structures to the hub (administrators)
    Put {
        /// Structure messages: SDMX-JSON 2.0 or 2.1, SDMX-ML 2.1, 3.0 or 3.1
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Say what would change and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Formats of structure messages.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StructureFormat {
    /// SDMX-JSON 2.0
    Json,
    /// SDMX-JSON 2.1
    #[value(name = "json2.1")]
    Json21,
    /// SDMX-ML 3.0
    Xml,
    /// SDMX-ML 2.1
    #[value(name = "xml2.1")]
    Xml21,
    /// SDMX-ML 3.1
    #[value(name = "xml3.1")]
    Xml31,
}

#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// Dataflow, such as MIG_FLOW or MIGHUB:MIG_FLOW(1.0.0)
    pub(crate) dataflow: String,
    /// SDMX key such as A.SWE+NOR..PRV: an empty part matches all codes
    #[arg(default_value = "")]
    pub(crate) key: String,
    /// First period
    #[arg(long, value_name = "PERIOD")]
    pub(crate) start: Option<String>,
    /// Last period
    #[arg(long, value_name = "PERIOD")]
    pub(crate) end: Option<String>,
    /// As it was at this time: date (its end, UTC), or date and time with zone
    #[arg(long, value_name = "TIME", conflicts_with_all = ["vintage", "edition"])]
    pub(crate) as_of: Option<String>,
    /// As it was at this position of the journal
    #[arg(long, value_name = "POSITION", conflicts_with = "edition")]
    pub(crate) vintage: Option<u64>,
    /// The edition with this label
    #[arg(long)]
    pub(crate) edition: Option<String>,
    /// Only what changed since a cursor: one that an earlier pull printed, or a file that holds it
    #[arg(long, value_name = "CURSOR", conflicts_with_all = ["as_of", "vintage", "edition"])]
    pub(crate) since: Option<String>,
    /// Only from this provider; may be given several times
    #[arg(long, value_name = "AGENCY", conflicts_with = "all_providers")]
    pub(crate) provider: Vec<String>,
    /// Of every provider, not only the principal one of each series
    #[arg(long)]
    pub(crate) all_providers: bool,
    /// Write to this file instead of standard output; it appears when it is complete
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub(crate) format: Format,
    /// Keep the cursor in this file, and begin with the one that is in it
    #[arg(long, value_name = "FILE", conflicts_with = "since")]
    pub(crate) cursor: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// SDMX-CSV 2.0
    Csv,
    /// One JSON object a line
    Jsonl,
    /// SDMX-CSV 2.1
    Csv21,
    /// SDMX-ML 2.1, structure-specific
    Xml21,
    /// SDMX-ML 2.1, generic
    Generic21,
    /// SDMX-ML 3.0
    Xml30,
    /// SDMX-ML 3.1
    Xml31,
    /// SDMX-JSON 1.0
    Json10,
    /// SDMX-JSON 2.0
    Json20,
    /// SDMX-JSON 2.1
    Json21,
    /// Parquet, one row for each observation
    Parquet,
    /// An Excel workbook to look at; `mighub template` makes one to fill in
    Xlsx,
}

#[derive(Debug, Args)]
pub(crate) struct Vintages {
    /// Dataflow
    pub(crate) dataflow: String,
    /// Only from this provider
    #[arg(long, value_name = "AGENCY")]
    pub(crate) provider: Option<String>,
    /// Show at most so many
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// Dataflow
    pub(crate) dataflow: String,
    /// Only from this provider; may be given several times
    #[arg(long, value_name = "AGENCY")]
    pub(crate) provider: Vec<String>,
    /// As it was at this time: date (its end, UTC), or date and time with zone
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// Dataflow
    pub(crate) dataflow: String,
    /// Older vintage: its position; the one before the newer if not given
    pub(crate) before: Option<u64>,
    /// Newer vintage: its position; the newest if not given
    pub(crate) after: Option<u64>,
    /// Provider; the own agency if not given
    #[arg(long, value_name = "AGENCY")]
    pub(crate) provider: Option<String>,
    /// SDMX key: only these series
    #[arg(long, default_value = "", value_name = "KEY")]
    pub(crate) key: String,
    /// Write the differing observations as SDMX-CSV instead of words
    #[arg(long, conflicts_with = "json")]
    pub(crate) data: bool,
    /// Show at most so many observations in words
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) show: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Dataflow; all if not given
    pub(crate) dataflow: Option<String>,
    /// Only from this provider; may be given several times
    #[arg(long, value_name = "AGENCY")]
    pub(crate) provider: Vec<String>,
    /// Also what happened since the event with this cursor, as --json prints it
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
    /// End after so many
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_does_not_contradict_itself() {
        super::Arguments::command().debug_assert();
    }
}
