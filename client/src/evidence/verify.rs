//! What can be proven with a receipt, in plain words: without the hub, and without trust in who brings it.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use mighub::block::Digest;
use mighub::evidence::{
    CheckedReceipt, KeyRing, LogProof, ReceiptError, RecordProof, check_header, check_receipt,
};
use mighub::v1;
use mighub_intake::TableReading;

use super::contents::{self, Listed};
use super::file::Papers;
use super::remake::manifest_of;
use super::since::the_history;
use crate::clock;
use crate::error::Error;
use crate::home::Home;
use crate::outbox;

/// With what a receipt is compared.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Home whose keys of the hub are trusted, whose outbox may hold the figures, and that knows the hub's history.
    pub home: Option<Home>,
    /// Keys of the hub that are trusted instead: Ed25519, 32 bytes each, from the hub's operator or from a witness.
    pub hub_keys: Vec<Vec<u8>>,
    /// A head from a witness, or the folder of a witness.
    pub against: Option<PathBuf>,
    /// The file that was sent, and how it is read.
    pub file: Option<(PathBuf, TableReading)>,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What, for programs: hub-signature, log, record, office-signature, office-key, manifest, figures, head, history,
    /// witness.
    pub what: &'static str,
    /// The same in words.
    pub text: String,
}

/// What was proven, what not, and what is contradicted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verification {
    /// What the receipt says; what of it is true the statements tell.
    pub body: v1::ReceiptBody,
    /// Proven.
    pub proven: Vec<Statement>,
    /// Neither proven nor contradicted: what it would take is said.
    pub not_proven: Vec<Statement>,
    /// Contradicted: something was forged, changed, or confused.
    pub failed: Vec<Statement>,
}

impl Verification {
    /// Whether the receipt holds, as far as it goes.
    pub fn holds(&self) -> bool {
        self.failed.is_empty() && !self.proven.is_empty()
    }

    pub(super) fn prove(&mut self, what: &'static str, text: impl Into<String>) {
        self.proven.push(Statement { what, text: text.into() });
    }

    pub(super) fn leave_open(&mut self, what: &'static str, text: impl Into<String>) {
        self.not_proven.push(Statement { what, text: text.into() });
    }

    pub(super) fn fail(&mut self, what: &'static str, text: impl Into<String>) {
        self.failed.push(Statement { what, text: text.into() });
    }
}

/// Checks a receipt, given as its file or as the folder that holds it.
pub fn verify(path: &Path, options: &VerifyOptions) -> Result<Verification, Error> {
    let papers = Papers::read(path)?;
    let config = options.home.as_ref().and_then(|home| home.config().ok());
    let keys: KeyRing = match &options.hub_keys[..] {
        [] => config.as_ref().map(|config| config.key_ring()).unwrap_or_default(),
        given => given.iter().cloned().collect(),
    };
    let mut found = Verification::default();
    let said = <v1::ReceiptBody as prost::Message>::decode(&papers.receipt.body[..]).unwrap_or_default();
    // Who names the keys need not have a home at that hub.
    let hub_id = match &config {
        Some(config) if options.hub_keys.is_empty() => config.hub_id.clone(),
        _ => said.hub_id.clone(),
    };
    found.body = said;
    let receipt = match check_receipt(&papers.receipt, &hub_id, &keys) {
        Ok(receipt) => receipt,
        Err(error) => {
            found.fail("hub-signature", refused(error, &papers.receipt));
            return Ok(found);
        }
    };
    the_hubs_word(&receipt, &papers, &mut found);
    let folder = if path.is_dir() { Some(path) } else { None };
    the_offices_word(&receipt, &papers, options, folder, &mut found)?;
    the_history(&receipt, &papers, &keys, options, &mut found)?;
    Ok(found)
}

fn refused(error: ReceiptError, receipt: &v1::Receipt) -> String {
    match error {
        ReceiptError::KeyUnknown => format!(
            "The receipt is signed with a key that is not known here to be the hub's ({}). Take the hub's key from its \
             operator, not from whoever brought the receipt, and give it with --hub-key.",
            short(&receipt.hub_key_id)
        ),
        error => format!("The receipt does not hold: {error}."),
    }
}

fn the_hubs_word(receipt: &CheckedReceipt, papers: &Papers, found: &mut Verification) {
    let body = &receipt.body;
    let lane = body.lane.clone().unwrap_or_default();
    let time = body.effective_time.as_ref().map(|time| clock::instant(time).to_string()).unwrap_or_default();
    found.prove(
        "hub-signature",
        format!(
            "Hub {} signed that submission {} of {} for {} took effect at {time} (key {}).",
            body.hub_id,
            body.submission_id,
            lane.dataflow,
            lane.provider,
            short(&papers.receipt.hub_key_id)
        ),
    );
    match receipt.log {
        LogProof::Included { tree, .. } => found.prove(
            "log",
            format!(
                "It signed as well that this is record {} of its history of {} records, whose root is {}: a hub that shows \
                 another history contradicts its own signature.",
                body.position, tree.tree_size, tree.root
            ),
        ),
        LogProof::None => found.leave_open(
            "log",
            "The receipt is of a time before the hub kept a Merkle tree, and does not say where its record stands in the \
             hub's history.",
        ),
    }
    match &receipt.record {
        RecordProof::Accepts(_) => found.prove(
            "record",
            "The record itself is here, and it accepts just this submission: the same header, manifest, report and \
             resulting figures.",
        ),
        RecordProof::None => found.leave_open(
            "record",
            "The record itself is not here: fetch it with `mighub receipt SUBMISSION --out DIR`, and verify DIR.",
        ),
    }
}

fn the_offices_word(
    receipt: &CheckedReceipt,
    papers: &Papers,
    options: &VerifyOptions,
    folder: Option<&Path>,
    found: &mut Verification,
) -> Result<(), Error> {
    if papers.header.header.is_empty() {
        found.leave_open(
            "office-signature",
            "What the office signed is not here: the receipt is of an earlier submission with the same figures.",
        );
        return figures(receipt, options, folder, found);
    }
    let own_key = options.home.as_ref().and_then(|home| home.signing_key().ok()?.public_key().ok());
    let key = receipt.signing_key().map(<[u8]>::to_vec);
    let key = key.or_else(|| Some(papers.signing_key.clone()).filter(|key| !key.is_empty()));
    let Some(key) = key.or_else(|| own_key.clone()) else {
        found.leave_open("office-signature", "The key with which the office signed is not here.");
        return Ok(());
    };
    let header = match check_header(&papers.header, &key, receipt) {
        Ok(header) => header,
        Err(error) => {
            found.fail("office-signature", format!("What the office signed does not fit: {error}."));
            return Ok(());
        }
    };
    if header.hub_prepared.is_some() {
        found.leave_open(
            "office-signature",
            "The office signed nothing: it handed in a file over REST, and the hub prepared the submission and signed it \
             with its own key.",
        );
    } else {
        let person = if header.person.is_empty() { "nobody by name" } else { &header.person };
        found.prove(
            "office-signature",
            format!("{} ({person}) signed just these contents with key {}.", header.agency, key_id(&key)),
        );
        match own_key {
            Some(own) if own == key => found.prove("office-key", "That is the signing key of this home."),
            _ => found.leave_open(
                "office-key",
                format!(
                    "That the key is that of {} is the hub's word: compare its id with the office.",
                    header.agency
                ),
            ),
        }
    }
    figures(receipt, options, folder, found)
}

fn figures(
    receipt: &CheckedReceipt,
    options: &VerifyOptions,
    folder: Option<&Path>,
    found: &mut Verification,
) -> Result<(), Error> {
    let body = &receipt.body;
    let in_outbox = || {
        let outbox = options.home.as_ref()?.outbox();
        outbox::folder_of(&outbox, &body.submission_id)
    };
    let place = folder.filter(|folder| contents::is_there(folder)).map(Path::to_owned).or_else(in_outbox);
    let mut listed = None;
    match place {
        None => found.leave_open(
            "manifest",
            "The manifest, which lists what was sent, is not here: fetch it with `mighub receipt SUBMISSION --out DIR`.",
        ),
        Some(place) => {
            let lane = body.lane.clone().unwrap_or_default();
            let key = options.home.as_ref().and_then(|home| home.cache().lane(&lane).ok()??.lane_key[..].try_into().ok());
            match contents::compare(&place, &body.manifest_digest, key.map(mighub::block::LaneKey).as_ref()) {
                Err(differs) => found.fail("manifest", format!("What was sent: {}.", differs.finding(&place)?)),
                Ok(all) => {
                    let Listed { blocks, observations, .. } = all;
                    found.prove(
                        "manifest",
                        format!("The manifest that was signed is here: {observations} observations in {blocks} blocks."),
                    );
                    listed = Some(all);
                }
            }
        }
    }
    let remade = match (&options.file, &options.home) {
        (Some((file, table)), Some(home)) => {
            Some(manifest_of(file, table, home, &body.lane.clone().unwrap_or_default())?)
        }
        _ => None,
    };
    match (remade, listed) {
        (Some(digest), _) if digest.0[..] == body.manifest_digest[..] => {
            found.prove("figures", "The file makes exactly the figures that were signed.");
        }
        (Some(_), _) => found.fail(
            "figures",
            "The file makes other figures than were signed, as it is read here and now; the structures in the cache may be \
             newer than the submission.",
        ),
        (None, Some(Listed { blocks, compared, .. })) if compared == blocks => {
            found.prove("figures", "All blocks are here, and hold exactly the figures that were signed.");
        }
        (None, Some(Listed { blocks, compared, keyed, .. })) if compared + keyed == blocks => found.leave_open(
            "figures",
            format!(
                "Of {blocks} blocks {compared} hold exactly the figures that were signed; the names of the other {keyed} can \
                 be checked by their office alone."
            ),
        ),
        _ => found.leave_open(
            "figures",
            "The figures themselves were not compared: give the file that was sent with --file.",
        ),
    }
    Ok(())
}

fn key_id(key: &[u8]) -> String {
    short(&Digest::of(key).0)
}

/// Enough of an id to compare by eye with another.
fn short(id: &[u8]) -> String {
    HEXLOWER.encode(&id[..id.len().min(8)])
}
