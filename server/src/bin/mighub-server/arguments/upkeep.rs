//! What the commands are told that keep a hub's folder sound: its copies, its keys, and what must go.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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

#[derive(Debug, Args)]
pub(crate) struct Consolidate {
    /// All corridors, and not only those whose inputs changed; gives the same figures
    #[arg(long)]
    pub(crate) full: bool,
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

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Sign receipts with a new key from now on; the hub must not run. Old receipts stay verifiable
    Rotate,
    /// Make a new certificate for the hub's door; a hub that runs shows it without a restart
    Renew,
}

#[derive(Debug, Args)]
pub(crate) struct ExportLog {
    /// Folder of the export: new, or that of an earlier one
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}
