//! A folder for an auditor: all that proves a submission, fetched from the hub and checked on the way.

use std::io::Write;
use std::path::{Path, PathBuf};

use mighub::v1::{self, get_evidence_response::Part};

use super::contents::MANIFEST;
use super::file::{Later, Papers, RECEIPT};
use super::for_tools;
use super::verify::{Verification, VerifyOptions, verify};
use crate::error::Error;
use crate::home::files;
use crate::hub::Hub;
use crate::hub::retry::Backoff;

/// A folder with the evidence of a submission.
#[derive(Debug)]
pub struct Bundle {
    /// The folder.
    pub folder: PathBuf,
    /// What it proves.
    pub verification: Verification,
}

impl Hub {
    /// Fetches all that proves a submission into `folder`, which is made if it is not there, and checks it. May be
    /// called again: files are replaced.
    pub async fn evidence(&self, submission: &str, folder: &Path) -> Result<Bundle, Error> {
        files::create_folder(folder)?;
        let mut backoff = Backoff::default();
        let evidence = loop {
            match self.fetch_evidence(submission, folder).await {
                Ok(evidence) => break evidence,
                Err(error) => backoff.pause(error).await?,
            }
        };
        let papers = papers(evidence);
        if !self.key_ring().knows(&papers.receipt.hub_key_id) {
            self.refresh_hub_keys().await?;
        }
        papers.write(&folder.join(RECEIPT))?;
        for_tools::write(folder, &papers)?;
        let options = VerifyOptions { home: Some(self.home().clone()), ..VerifyOptions::default() };
        let verification = verify(folder, &options)?;
        Ok(Bundle { folder: folder.to_owned(), verification })
    }

    async fn fetch_evidence(&self, submission: &str, folder: &Path) -> Result<v1::Evidence, Error> {
        let request = v1::GetEvidenceRequest { submission_id: submission.to_owned() };
        let mut parts = self.evidence_service().get_evidence(request).await?.into_inner();
        let path = folder.join(MANIFEST);
        let mut manifest = tempfile::NamedTempFile::new_in(folder).map_err(Error::file(folder))?;
        let mut evidence = None;
        while let Some(part) = parts.message().await? {
            match part.part {
                Some(Part::Evidence(message)) => evidence = Some(message),
                Some(Part::ManifestChunk(chunk)) => manifest.write_all(&chunk).map_err(Error::file(&path))?,
                None => {}
            }
        }
        manifest.as_file().sync_all().map_err(Error::file(&path))?;
        manifest.persist(&path).map_err(|error| Error::file(&path)(error.error))?;
        evidence.ok_or_else(|| Error::Contract("no evidence came".to_owned()))
    }
}

fn papers(evidence: v1::Evidence) -> Papers {
    let mut receipt = evidence.receipt.unwrap_or_default();
    // A receipt of a time before the hub kept a tree comes without its record; the later head is then all that shows it.
    receipt.record = receipt.record.or(evidence.record);
    Papers {
        receipt,
        header: evidence.signed_header.unwrap_or_default(),
        signing_key: evidence.signing_key.to_vec(),
        hub_keys: evidence.hub_keys.iter().map(|key| key.public_key.to_vec()).collect(),
        later: Some(Later {
            head: evidence.head.unwrap_or_default(),
            inclusion: evidence.inclusion,
            consistency: evidence.consistency,
        }),
    }
}
