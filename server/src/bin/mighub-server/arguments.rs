//! The command line of `mighub-server`.

mod rights;
mod upkeep;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use rights::{
    Agency, AgencyAdd, AgencyKeys, AgencyRevoke, Agreement, AgreementList, AgreementPut, Audit, AuditReads,
    AuditRights, Role, RoleGrant, RoleName, RoleRevoke, Terms, Token, TokenCreate, TokenList, TokenRevoke,
    dimension_codes,
};
pub(crate) use upkeep::{
    Backup, Consolidate, ExportLog, Expunge, ExpungeRequest, Fsck, Keys, Restore, Verify,
};

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
  consolidation       whether MIG_FLOW_OD and MIG_STOCK_OD are made anew as soon as their inputs change; true if absent
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
    /// Make derived dataflows (MIG_FLOW_OD, MIG_STOCK_OD) anew in a hub that does not run; one that runs does so by itself
    Consolidate(Consolidate),
    /// Look for damage in the store of a hub that does not run, say whom it concerns, and mend it if asked to
    Fsck(Fsck),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Disclose {
    /// Try to recover hidden figures of a dataflow as the public sees them, or of a file; exit code 8 if some can be
    Audit(Box<DiscloseAudit>),
    /// Say what is shown of exact figures to who does not see restricted ones, or see what was said
    #[command(subcommand)]
    Policy(DisclosePolicy),
}

#[derive(Debug, Subcommand)]
pub(crate) enum DisclosePolicy {
    /// Set the policy of a dataflow, or of one provider in it; it takes effect at once, in every vintage
    Put(DisclosePolicyPut),
    /// Show the policies of a dataflow, and what the public sees of lanes under them
    Show(DisclosePolicyShow),
}

#[derive(Debug, Args)]
pub(crate) struct DisclosePolicyPut {
    /// Dataflow, as MIG_TRAFFICKING or MIGHUB:MIG_TRAFFICKING(1.0.0)
    #[arg(long, value_name = "DATAFLOW")]
    pub(crate) dataflow: String,
    /// Provider whose lane follows it [default: all lanes that have none of their own]
    #[arg(long, value_name = "AGENCY")]
    pub(crate) provider: Option<String>,
    /// The policy, as JSON; its fields are in docs/disclosure.md
    #[arg(long, value_name = "FILE", required_unless_present = "none")]
    pub(crate) policy: Option<PathBuf>,
    /// End the policy instead
    #[arg(long, conflicts_with = "policy")]
    pub(crate) none: bool,
    /// Why; it stays in the journal
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who you are, as your agency names you
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) person: String,
    /// Folder with the keys of an agency that publishes, as `mighub enrol` makes it; the administrator's own if absent
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DisclosePolicyShow {
    /// Dataflow, as MIG_TRAFFICKING or MIGHUB:MIG_TRAFFICKING(1.0.0)
    #[arg(long, value_name = "DATAFLOW")]
    pub(crate) dataflow: String,
    /// As of the end of this day, UTC, such as 2026-01-31 [default: now]
    #[arg(long, value_name = "DAY", default_value = "")]
    pub(crate) day: String,
    /// Folder with the keys of an agency that audits or publishes; the administrator's own if absent
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,
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
