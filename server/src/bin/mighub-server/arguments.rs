//! The command line of `mighub-server`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mighub::v1;

const EXIT_CODES: &str =
    "Exit codes: 0 done; 1 other; 2 usage; 4 not allowed; 5 temporary, try again; 6 not found; \
7 refused; 8 damage found; 9 partly done; 130 interrupted.

A hub is one folder. To begin:
  mighub-server init --hub-id UNECE --host hub.example.org --listen 0.0.0.0:8443
  mighub-server serve
and from another terminal, while it runs or not:
  mighub-server agency add SWE --name 'Statistics Sweden' --dataflow MIG_FLOW --area SWE
Back it up with mighub-server backup.";

const CONFIG_HELP: &str = "Fields of hub.json:
  listen              address and port to listen on, such as 0.0.0.0:8443 or [::]:8443; 127.0.0.1:8443 if absent
  names               host names and IP addresses under which offices reach the hub; its certificate has them
  administrator       agency that runs the hub
  free_space_min_mib  MiB that stay free on the disk; below it submissions are refused; 256 if absent
  plain_listen        loopback address and port to listen on without TLS besides, such as 127.0.0.1:8080: for SDMX
                      clients on this machine, or behind a reverse proxy that has TLS; no such door if absent.
                      It answers under localhost, loopback addresses, and names
  public_reading      whether those without certificate and token may read what is released and free; true if absent
  limits              what callers can make the hub do at most, each by its name: docs/limits.md has them all";

/// Run a mighub hub: take in migration statistics from national offices, check and keep them, and give them to
/// those who may read them.
#[derive(Debug, Parser)]
#[command(name = "mighub-server", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Folder of the hub
    #[arg(long, env = "MIGHUB_DIR", global = true, value_name = "DIR", default_value = "mighub-hub")]
    pub(crate) dir: PathBuf,
    /// Print JSON instead of text; log JSON, too
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to log on standard error, such as info or mighub_server=debug,warn [default: info for serve, else
    /// warn]
    #[arg(long, env = "MIGHUB_LOG", global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a hub in a new folder: certificate authority, keys, store, structures, administrator
    Init(Init),
    /// Serve the hub until it is interrupted (Ctrl-C or SIGTERM)
    Serve(Serve),
    /// Add agencies and see those there are
    #[command(subcommand)]
    Agency(Agency),
    /// Say who may send which figures on which terms
    #[command(subcommand)]
    Agreement(Agreement),
    /// Give agencies roles
    #[command(subcommand)]
    Role(Role),
    /// Who could see what of a lane on a day, and who read it: no figures in either
    #[command(subcommand)]
    Audit(Audit),
    /// Access tokens, for programs that cannot hold a certificate: spreadsheets, scripts, SDMX clients
    #[command(subcommand)]
    Token(Token),
    /// Add or replace structures: code lists, data structures, dataflows
    #[command(subcommand)]
    Structure(Structure),
    /// Rules by which submissions are judged: try them on what the hub holds, let them take effect
    #[command(subcommand)]
    Rulebook(Rulebook),
    /// Find hidden figures that can be had from what is published
    #[command(subcommand)]
    Disclose(Disclose),
    /// Replace the hub's own keys
    #[command(subcommand)]
    Keys(Keys),
    /// Bring a witness's copy of the log up to date: hashes and signed heads, no contents; the hub may run meanwhile
    ExportLog(ExportLog),
    /// Check hub.json, keys and certificates without starting the hub
    #[command(after_help = CONFIG_HELP)]
    CheckConfig,
    /// Copy what is new in the hub into a backup, and verify both; the hub may run meanwhile
    Backup(Backup),
    /// Make a hub in a new folder (--dir) from a backup
    Restore(Restore),
    /// Verify every record and every object that records name, of a hub that may run, or of a backup
    Verify(Verify),
    /// Overwrite content that must not have been sent, such as names of people; it takes two persons
    #[command(subcommand)]
    Expunge(Expunge),
    /// Look for damage in the store of a hub that does not run, say whom it concerns, and mend it if asked to
    Fsck(Fsck),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Disclose {
    /// Try to recover hidden figures of a dataflow as the public sees them, or of a file; exit code 8 if some can be
    Audit(Box<DiscloseAudit>),
}

#[derive(Debug, Args)]
pub(crate) struct DiscloseAudit {
    /// Dataflow, as MIG_TRAFFICKING or MIGHUB:MIG_TRAFFICKING(1.0.0)
    #[arg(long, value_name = "DATAFLOW", required_unless_present = "file")]
    pub(crate) dataflow: Option<String>,
    /// Only the lane of this provider; may be repeated
    #[arg(long = "provider", value_name = "AGENCY", conflicts_with = "file")]
    pub(crate) providers: Vec<String>,
    /// Folder with the keys of an agency that audits or publishes, as `mighub enrol` makes it; the administrator's
    /// own if absent, whose agency then needs such a role
    #[arg(long, value_name = "FOLDER", conflicts_with = "file")]
    pub(crate) home: Option<PathBuf>,
    /// Policy to judge by, as JSON [default: a minimum cell of 5 that everybody knows]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Only series of this key, such as A.SWE.VICTIM; what is left out cannot be used to recover anything
    #[arg(long, value_name = "KEY", conflicts_with = "file")]
    pub(crate) key: Option<String>,
    /// Only periods that begin no earlier
    #[arg(long, value_name = "PERIOD", conflicts_with = "file")]
    pub(crate) start: Option<String>,
    /// Only periods that end no later
    #[arg(long, value_name = "PERIOD", conflicts_with = "file")]
    pub(crate) end: Option<String>,
    /// Judge what the public will see when all embargoes have passed
    #[arg(long, conflicts_with = "file")]
    pub(crate) before_release: bool,
    /// How many earlier published states of each lane are looked at
    #[arg(long, value_name = "NUMBER", conflicts_with = "file")]
    pub(crate) earlier: Option<u32>,
    /// Audit this SDMX-CSV file instead of the hub
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// With --file: SDMX-JSON structure message, or folder of such; may be repeated
    #[arg(long, value_name = "PATH", default_value = "structures")]
    pub(crate) structures: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportLog {
    /// Folder of the export: new, or that of an earlier one
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Id of the hub, part of everything that offices sign for it; never changes
    #[arg(long, value_name = "ID")]
    pub(crate) hub_id: String,
    /// Host name or IP address under which offices will reach the hub; may be repeated
    #[arg(long = "host", value_name = "HOST")]
    pub(crate) hosts: Vec<String>,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = mighub_server::config::LISTEN_USUALLY)]
    pub(crate) listen: String,
    /// SDMX-JSON structure message, or folder of such; may be repeated
    #[arg(long, value_name = "PATH", default_value = "structures")]
    pub(crate) structures: Vec<PathBuf>,
    /// Agency that runs the hub
    #[arg(long, value_name = "AGENCY", default_value = "MIGHUB")]
    pub(crate) administrator: String,
    /// Name of that agency
    #[arg(long, value_name = "NAME", default_value = "Operator of the hub")]
    pub(crate) administrator_name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address and port to listen on, instead of those in hub.json
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Loopback address and port to listen on without TLS besides, instead of that in hub.json
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) plain_listen: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Folder of the backup: new, or that of an earlier run, which then is brought up to date
    pub(crate) backup: PathBuf,
    /// Copy the hub's private keys, too: whoever has the backup then can be the hub
    #[arg(long)]
    pub(crate) with_keys: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Folder of the backup
    pub(crate) backup: PathBuf,
    /// Folder of a hub or of a later backup: what was expunged there does not come back; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(crate) expunged_in: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Verify this backup instead of the hub
    #[arg(long, value_name = "BACKUP")]
    pub(crate) backup: Option<PathBuf>,
    /// Say, too, whether the records up to that of this receipt are those it was given for: a file as
    /// `mighub receipt` writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Expunge {
    /// Ask for the content of a submission to be overwritten; somebody who may publish it confirms it with
    /// `mighub release`
    Request(ExpungeRequest),
    /// What was expunged, newest first
    List,
}

#[derive(Debug, Args)]
pub(crate) struct ExpungeRequest {
    /// Id of the submission
    pub(crate) submission: String,
    /// Why; it stays in the journal, so do not repeat what is to go
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who asks
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) person: String,
    /// Say what would go, and record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Fsck {
    /// Put back what this folder still has: a backup, another copy of the hub, or an entry of an office's outbox;
    /// may be repeated
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Vec<PathBuf>,
    /// Give up what is still damaged then, and what hangs on it; without --from and this nothing is changed
    #[arg(long)]
    pub(crate) accept_loss: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Agency {
    /// Add an agency, and print the token with which it enrols
    Add(Box<AgencyAdd>),
    /// List agencies with their roles
    List,
    /// List the keys of agencies' applications
    Keys(AgencyKeys),
    /// End keys of an application at once: open connections are closed, new ones and signatures refused
    Revoke(AgencyRevoke),
}

#[derive(Debug, Args)]
pub(crate) struct AgencyKeys {
    /// Only of this agency
    pub(crate) agency: Option<String>,
    /// Those that have ended or were revoked, too
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AgencyRevoke {
    /// The agency
    pub(crate) agency: String,
    /// Its application
    #[arg(long, default_value = "client")]
    pub(crate) application: String,
    /// Only the pair of keys with this certificate, as `agency keys` shows it; all of the application if not given
    #[arg(long, value_name = "HEX", value_parser = fingerprint)]
    pub(crate) fingerprint: Option<Fingerprint>,
    /// Why; it stays in the journal
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

/// The name of a certificate, as bytes.
pub(crate) type Fingerprint = std::sync::Arc<[u8]>;

fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    let bytes =
        data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(bytes.into())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Sign receipts with a new key from now on; the hub must not run. Old receipts stay verifiable
    Rotate,
    /// Make a new certificate for the hub's door; a hub that runs shows it without a restart
    Renew,
}

#[derive(Debug, Args)]
pub(crate) struct AgencyAdd {
    /// SDMX agency id, such as SWE or SWE.SCB
    pub(crate) agency: String,
    /// Its name; not for --token-only
    #[arg(long, value_name = "NAME", required_unless_present = "token_only")]
    pub(crate) name: Option<String>,
    /// The agency is there already: only make a token, for new keys or another application
    #[arg(long, conflicts_with_all = ["name", "roles", "dataflow"])]
    pub(crate) token_only: bool,
    /// Roles, separated by commas [default: reader, and submitter with --dataflow]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ROLES")]
    pub(crate) roles: Vec<RoleName>,
    /// Dataflow it may send, as MIG_FLOW or MIGHUB:MIG_FLOW(1.0.0); may be repeated
    #[arg(long, value_name = "DATAFLOW")]
    pub(crate) dataflow: Vec<String>,
    #[command(flatten)]
    pub(crate) terms: Terms,
}

#[derive(Debug, Args)]
pub(crate) struct Terms {
    /// Areas it may report on (REF_AREA), separated by commas; all if not given
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    pub(crate) area: Vec<String>,
    /// Codes of another dimension it may report on, as SEX=F,M; may be repeated
    #[arg(long, value_name = "DIMENSION=CODES", value_parser = region)]
    pub(crate) region: Vec<v1::DimensionCodes>,
    /// CONF_STATUS of observations that come without, such as F
    #[arg(long, value_name = "CODE")]
    pub(crate) conf_status: Option<String>,
    /// First day in force, such as 2026-01-01; always was if not given
    #[arg(long, value_name = "DAY")]
    pub(crate) valid_from: Option<String>,
    /// Last day in force; no end if not given
    #[arg(long, value_name = "DAY")]
    pub(crate) valid_to: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Agreement {
    /// Make or change an agreement
    Put(Box<AgreementPut>),
    /// List agreements
    List(AgreementList),
}

#[derive(Debug, Args)]
pub(crate) struct AgreementPut {
    /// Id of the agreement, AGENCY:ID(VERSION) [default: made of administrator, provider and dataflow]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Dataflow, as MIG_FLOW or MIGHUB:MIG_FLOW(1.0.0)
    #[arg(long)]
    pub(crate) dataflow: String,
    /// Agency whose figures they are
    #[arg(long, value_name = "AGENCY")]
    pub(crate) provider: String,
    /// Agencies that may send besides the provider, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "AGENCIES")]
    pub(crate) senders: Vec<String>,
    /// Place among the providers of the same series; 1 is the principal one
    #[arg(long, default_value_t = 1)]
    pub(crate) rank: u32,
    /// A reviewer must consent before acceptance
    #[arg(long)]
    pub(crate) needs_review: bool,
    /// Hide the very existence of restricted observations
    #[arg(long)]
    pub(crate) existence_restricted: bool,
    /// What shows more than before needs another person than the one who asked for it, or who sent it
    #[arg(long)]
    pub(crate) four_eyes: bool,
    /// Agencies that may release and restrict besides the provider, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "AGENCIES")]
    pub(crate) publishers: Vec<String>,
    /// Agencies that may read restricted observations, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "AGENCIES")]
    pub(crate) confidential_readers: Vec<String>,
    /// Agencies that may read before release, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "AGENCIES")]
    pub(crate) pre_release_readers: Vec<String>,
    #[command(flatten)]
    pub(crate) terms: Terms,
}

#[derive(Debug, Args)]
pub(crate) struct AgreementList {
    /// Only of this dataflow
    #[arg(long)]
    pub(crate) dataflow: Option<String>,
    /// Only of this provider
    #[arg(long, value_name = "AGENCY")]
    pub(crate) provider: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Give an agency roles
    Grant(RoleGrant),
    /// Take roles away from an agency
    Revoke(RoleRevoke),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Who could see what of a lane at the end of a day, by roles and agreements as they held then
    Rights(AuditRights),
    /// Who was given figures of a lane: the list to go through after a release that was wrong
    Reads(AuditReads),
}

#[derive(Debug, Args)]
pub(crate) struct AuditRights {
    /// Day, such as 2026-01-31 [default: now]
    #[arg(long, value_name = "DAY")]
    pub(crate) on: Option<String>,
    /// The lane, as DATAFLOW/PROVIDER, such as MIG_FLOW/SWE
    #[arg(long, value_name = "LANE")]
    pub(crate) lane: String,
}

#[derive(Debug, Args)]
pub(crate) struct AuditReads {
    /// The lane, as DATAFLOW/PROVIDER; without a provider all of the dataflow
    #[arg(long, value_name = "LANE")]
    pub(crate) lane: String,
    /// From when on, with zone: 2026-01-31T09:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: jiff::Timestamp,
    /// Only reads of figures before their release, or of restricted cells
    #[arg(long)]
    pub(crate) sensitive: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RoleGrant {
    /// The agency
    pub(crate) agency: String,
    /// Roles, separated by commas
    #[arg(value_enum, value_delimiter = ',', required = true)]
    pub(crate) roles: Vec<RoleName>,
}

#[derive(Debug, Args)]
pub(crate) struct RoleRevoke {
    /// The agency
    pub(crate) agency: String,
    /// Roles, separated by commas
    #[arg(value_enum, value_delimiter = ',', required = true)]
    pub(crate) roles: Vec<RoleName>,
    /// Why; it stays in the journal
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token for an agency; it is shown this once
    Create(TokenCreate),
    /// Tokens in force, without their secrets
    List(TokenList),
    /// End a token at once
    Revoke(TokenRevoke),
}

#[derive(Debug, Args)]
pub(crate) struct TokenCreate {
    /// The agency for which it acts; its roles and agreements hold
    pub(crate) agency: String,
    /// What it is for and who holds it
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) note: String,
    /// Let it send as well: what is sent so is not signed by the office
    #[arg(long)]
    pub(crate) submit: bool,
    /// Only for these dataflows, separated by commas; may be repeated
    #[arg(long = "dataflow", value_delimiter = ',', value_name = "DATAFLOWS")]
    pub(crate) dataflows: Vec<String>,
    /// Days until it ends
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: u32,
}

#[derive(Debug, Args)]
pub(crate) struct TokenList {
    /// Only of this agency
    #[arg(long)]
    pub(crate) agency: Option<String>,
    /// Those that have ended or were revoked, too
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TokenRevoke {
    /// Id of the token, as `token list` shows it
    pub(crate) id: String,
    /// Why; it stays in the journal
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

/// What an agency may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleName {
    /// Sends, answers and withdraws, where an agreement names it
    Submitter,
    /// Judges submissions that wait for a person
    Reviewer,
    /// Releases and restricts
    Publisher,
    /// Reads what is released and free, and what agreements open to it
    Reader,
    /// Reads everything, changes nothing
    Auditor,
    /// Adds agencies, agreements, roles and structures
    Administrator,
}

impl From<RoleName> for v1::Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Submitter => Self::Submitter,
            RoleName::Reviewer => Self::Reviewer,
            RoleName::Publisher => Self::Publisher,
            RoleName::Reader => Self::Reader,
            RoleName::Auditor => Self::Auditor,
            RoleName::Administrator => Self::Administrator,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Structure {
    /// Send SDMX-JSON structure messages to the hub
    Put(StructurePut),
}

#[derive(Debug, Args)]
pub(crate) struct StructurePut {
    /// SDMX-JSON structure messages, one transaction each
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Rulebook {
    /// Let rulebooks take effect: what is sealed from then on is judged by them
    Put(RulebookPut),
    /// Judge what lanes hold by a rulebook that has no effect yet; nothing is recorded
    Try(RulebookTry),
    /// Which rulebook judges each dataflow; of one dataflow all it has had
    List(RulebookList),
}

#[derive(Debug, Args)]
pub(crate) struct RulebookPut {
    /// Rulebooks
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Say what is wrong with them, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RulebookTry {
    /// The rulebook
    pub(crate) file: PathBuf,
    /// Only the lane of this provider; may be repeated
    #[arg(long = "provider", value_name = "AGENCY")]
    pub(crate) providers: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RulebookList {
    /// Dataflow, as AGENCY:ID(VERSION)
    pub(crate) dataflow: Option<String>,
}

fn region(text: &str) -> Result<v1::DimensionCodes, String> {
    let (dimension, codes) =
        text.split_once('=').ok_or("write a dimension and its codes, such as SEX=F,M")?;
    let codes = codes.split(',').map(|code| code.trim().to_owned()).filter(|code| !code.is_empty());
    Ok(dimension_codes(dimension, codes))
}

/// Codes of a dimension, as the contract wants them: ascending, each once.
pub(crate) fn dimension_codes(
    dimension: &str,
    codes: impl IntoIterator<Item = String>,
) -> v1::DimensionCodes {
    let codes: std::collections::BTreeSet<String> = codes.into_iter().collect();
    v1::DimensionCodes { dimension: dimension.to_owned(), codes: codes.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_commands_of_the_help_parse() {
        for line in EXIT_CODES.lines().filter(|line| line.starts_with("  mighub-server")) {
            let words = line.replace("'Statistics Sweden'", "Statistics_Sweden");
            Arguments::try_parse_from(words.split_whitespace()).expect(line);
        }
    }
}
