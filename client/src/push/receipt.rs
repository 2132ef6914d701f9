//! Receipts: checked against what was sent, and kept where the office can show them.

use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use mighub::block::Digest;
use mighub::signing::{RECEIPT_CONTEXT, signed_bytes};
use mighub::v1;
use prost::Message;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::json;

use crate::clock;
use crate::error::Error;
use crate::home::files::{self, Access};
use crate::hub::Hub;

/// The hub's word that a submission took effect, checked and kept.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What it says.
    pub body: v1::ReceiptBody,
    /// What was signed, and the signature.
    pub message: v1::Receipt,
    /// The file in which it is kept.
    pub path: PathBuf,
}

/// Keeps a receipt and checks it. It is kept even if it does not hold: then it is evidence of that.
pub(crate) async fn hold(
    hub: &Hub,
    message: v1::Receipt,
    signed: &v1::SignedHeader,
    header: &v1::SubmissionHeader,
    unchanged: bool,
) -> Result<Receipt, Error> {
    if hub.config().hub_key(&message.hub_key_id).is_none() {
        // The hub has a new key; it tells of it over a connection that it proved to be its own.
        hub.refresh_hub_keys().await?;
    }
    let key = hub.config().hub_key(&message.hub_key_id);
    let body = v1::ReceiptBody::decode(&message.body[..]).ok();
    let checked = check(&message, body.as_ref(), key.as_deref(), signed, header, unchanged);
    let body = body.unwrap_or_default();
    let folder = hub.home().receipts();
    files::create_folder(&folder)?;
    let path = folder.join(format!("{}.json", file_name(&header.submission_id)));
    keep(&path, &message, &body, key.as_deref(), signed)?;
    match checked {
        Ok(()) => Ok(Receipt { body, message, path }),
        Err(reason) => Err(Error::Receipt {
            submission: header.submission_id.clone(),
            reason: reason.to_owned(),
            kept: path,
        }),
    }
}

/// Ids are made of letters and digits; whatever else came would not be a file's name.
fn file_name(submission: &str) -> String {
    submission.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn check(
    message: &v1::Receipt,
    body: Option<&v1::ReceiptBody>,
    key: Option<&[u8]>,
    signed: &v1::SignedHeader,
    header: &v1::SubmissionHeader,
    unchanged: bool,
) -> Result<(), &'static str> {
    let key = key.ok_or("the hub does not name the key that signed it")?;
    let body = body.ok_or("it cannot be read")?;
    UnparsedPublicKey::new(&ED25519, key)
        .verify(&signed_bytes(RECEIPT_CONTEXT, &message.body), &message.signature)
        .map_err(|_| "its signature is not the hub's")?;
    if body.hub_id != header.hub_id {
        return Err("it is of another hub");
    }
    if body.lane != header.lane {
        return Err("it is about another dataflow or provider");
    }
    if unchanged {
        // It is the receipt of the submission that the lane's head came from, which may be another one.
        return Ok(());
    }
    if body.submission_id != header.submission_id {
        return Err("it is about another submission");
    }
    if body.manifest_digest != header.manifest_digest {
        return Err("it is about other figures than were sent");
    }
    if body.header_digest[..] != Digest::of(&signed.header).0[..] {
        return Err("it is about another header than was signed");
    }
    let embargo = |time: &Option<prost_types::Timestamp>| time.as_ref().map(mighub::convert::timestamp);
    let sent = embargo(&header.embargo_time);
    // An embargo that had passed when the submission took effect is none.
    let passed = body.effective_time.as_ref().map(mighub::convert::timestamp) >= sent;
    if embargo(&body.embargo_time) != sent && !(body.embargo_time.is_none() && passed) {
        return Err("it names another embargo than was asked for");
    }
    Ok(())
}

/// Writes all that is needed to prove the receipt without hub and home: what was signed, signatures, keys.
fn keep(
    path: &Path,
    message: &v1::Receipt,
    body: &v1::ReceiptBody,
    key: Option<&[u8]>,
    signed: &v1::SignedHeader,
) -> Result<(), Error> {
    let lane = body.lane.clone().unwrap_or_default();
    let counts = body.observations.unwrap_or_default();
    let time =
        |time: &Option<prost_types::Timestamp>| time.as_ref().map(|time| clock::instant(time).to_string());
    let content = json!({
        "submission_id": body.submission_id,
        "dataflow": lane.dataflow,
        "provider": lane.provider,
        "hub_id": body.hub_id,
        "position": body.position,
        "tree_size": body.tree_size,
        "effective_time": time(&body.effective_time),
        "embargo_time": time(&body.embargo_time),
        "observations": {
            "inserted": counts.inserted, "changed": counts.changed, "deleted": counts.deleted, "total": counts.total,
        },
        "manifest_digest": HEXLOWER.encode(&body.manifest_digest),
        "vintage_manifest_digest": HEXLOWER.encode(&body.vintage_manifest_digest),
        "evidence": {
            "context": RECEIPT_CONTEXT,
            "body": BASE64.encode(&message.body),
            "signature": BASE64.encode(&message.signature),
            "hub_key": key.map(|key| BASE64.encode(key)),
            "header": BASE64.encode(&signed.header),
            "header_signature": BASE64.encode(&signed.signature),
        },
    });
    files::write_json(path, &content, Access::Usual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{Ed25519KeyPair, KeyPair};

    struct Case {
        pair: Ed25519KeyPair,
        signed: v1::SignedHeader,
        header: v1::SubmissionHeader,
        body: v1::ReceiptBody,
    }

    fn case() -> Case {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
        let header = v1::SubmissionHeader {
            hub_id: "hub".into(),
            submission_id: "S".into(),
            lane: Some(v1::Lane { dataflow: "A:B(1.0.0)".into(), provider: "SWE".into() }),
            manifest_digest: vec![1; 32].into(),
            ..Default::default()
        };
        let signed = v1::SignedHeader { header: header.encode_to_vec().into(), ..Default::default() };
        let body = v1::ReceiptBody {
            hub_id: header.hub_id.clone(),
            submission_id: header.submission_id.clone(),
            lane: header.lane.clone(),
            manifest_digest: header.manifest_digest.clone(),
            header_digest: Digest::of(&signed.header).to_bytes(),
            ..Default::default()
        };
        Case { pair, signed, header, body }
    }

    impl Case {
        fn check(&self, tamper: impl FnOnce(&mut v1::Receipt)) -> Result<(), &'static str> {
            let bytes = self.body.encode_to_vec();
            let signature = self.pair.sign(&signed_bytes(RECEIPT_CONTEXT, &bytes)).as_ref().to_vec();
            let mut message =
                v1::Receipt { body: bytes.into(), signature: signature.into(), ..Default::default() };
            tamper(&mut message);
            let body = v1::ReceiptBody::decode(&message.body[..]).ok();
            let key = self.pair.public_key().as_ref();
            check(&message, body.as_ref(), Some(key), &self.signed, &self.header, false)
        }
    }

    #[test]
    fn a_receipt_holds_only_for_what_was_sent() {
        assert_eq!(case().check(|_| {}), Ok(()));
        type Change = fn(&mut v1::ReceiptBody);
        let changes: [(&str, Change); 6] = [
            ("hub", |body| body.hub_id = "other".into()),
            ("submission", |body| body.submission_id = "T".into()),
            ("lane", |body| body.lane = None),
            ("figures", |body| body.manifest_digest = vec![2; 32].into()),
            ("header", |body| body.header_digest = vec![2; 32].into()),
            ("embargo", |body| body.embargo_time = Some(prost_types::Timestamp { seconds: 5, nanos: 0 })),
        ];
        for (what, change) in changes {
            let mut case = case();
            change(&mut case.body);
            assert!(case.check(|_| {}).is_err(), "{what}");
        }
    }

    #[test]
    fn a_receipt_with_any_flipped_bit_does_not_hold() {
        let length = case().body.encode_to_vec().len();
        for byte in 0..length {
            let flipped = case().check(|message| {
                let mut body = message.body.to_vec();
                body[byte] ^= 1;
                message.body = body.into();
            });
            assert!(flipped.is_err(), "byte {byte}");
        }
    }
}
