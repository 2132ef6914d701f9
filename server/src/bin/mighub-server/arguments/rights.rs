//! What `agency`, `agreement`, `role`, `token` and `audit` are told: who takes part, on which terms, and who sees what.

use clap::{Args, Subcommand, ValueEnum};
use mighub::v1;

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
pub(crate) enum Agreement {
    /// Make or change an agreement
    Put(Box<AgreementPut>),
    /// List agreements
    List(AgreementList),
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(id, _)| !id.is_empty());
    parts
        .map(|(id, value)| (id.to_owned(), value.to_owned()))
        .ok_or_else(|| "write it as ID=VALUE".to_owned())
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
    /// A tolerance or threshold of this office in place of the rulebook's, as CHANGE_PERCENT=400; may be repeated
    #[arg(long = "parameter", value_name = "ID=VALUE", value_parser = parameter)]
    pub(crate) parameters: Vec<(String, String)>,
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

#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Give an agency roles
    Grant(RoleGrant),
    /// Take roles away from an agency
    Revoke(RoleRevoke),
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
    #[arg(long, value_name = "LANE", value_parser = lane)]
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

/// One lane: of a whole dataflow there is no one answer.
fn lane(text: &str) -> Result<String, String> {
    match text.rsplit_once('/') {
        Some((dataflow, provider)) if !dataflow.is_empty() && !provider.is_empty() => Ok(text.to_owned()),
        _ => Err("write dataflow and provider, such as MIG_FLOW/SWE".to_owned()),
    }
}
