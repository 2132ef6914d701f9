//! Receipts: checked against what was sent, and kept where the office can show them.

use std::path::PathBuf;

use mighub::block::Digest;
use mighub::evidence::{CheckedReceipt, KeyRing, check_receipt};
use mighub::v1;

use crate::error::Error;
use crate::evidence::{Papers, keep_receipt};
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
    let checked = check(&message, &hub.key_ring(), signed, header, unchanged);
    // The head's content may have been sent before, under another header.
    let is_own = !checked.as_ref().is_ok_and(|checked| is_of_another(&checked.body, signed));
    let papers = Papers {
        receipt: message.clone(),
        header: if is_own { signed.clone() } else { v1::SignedHeader::default() },
        signing_key: match hub.home().signing_key().and_then(|key| key.public_key()) {
            Ok(key) if is_own => key,
            _ => Vec::new(),
        },
        hub_keys: hub.config().hub_key(&message.hub_key_id).into_iter().collect(),
        later: None,
    };
    let path = keep_receipt(hub.home(), &header.submission_id, &papers)?;
    match checked {
        Ok(checked) => {
            hub.hold_to_receipt(&message, &checked).await?;
            Ok(Receipt { body: checked.body, message, path })
        }
        Err(reason) => Err(Error::Receipt { submission: header.submission_id.clone(), reason, kept: path }),
    }
}

/// Checks a receipt as everybody would, and then against what was sent.
fn check(
    message: &v1::Receipt,
    keys: &KeyRing,
    signed: &v1::SignedHeader,
    header: &v1::SubmissionHeader,
    unchanged: bool,
) -> Result<CheckedReceipt, String> {
    let receipt = check_receipt(message, &header.hub_id, keys).map_err(|error| error.to_string())?;
    is_of(&receipt.body, signed, header, unchanged)?;
    Ok(receipt)
}

fn is_of(
    body: &v1::ReceiptBody,
    signed: &v1::SignedHeader,
    header: &v1::SubmissionHeader,
    unchanged: bool,
) -> Result<(), &'static str> {
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
    if is_of_another(body, signed) {
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

fn is_of_another(body: &v1::ReceiptBody, signed: &v1::SignedHeader) -> bool {
    body.header_digest[..] != Digest::of(&signed.header).0[..]
}

#[cfg(test)]
mod tests {
    use mighub::signing::{RECEIPT_CONTEXT, signed_bytes};
    use prost::Message;
    use ring::signature::{Ed25519KeyPair, KeyPair};

    use super::*;

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
        fn check(&self, tamper: impl FnOnce(&mut v1::Receipt)) -> Result<(), String> {
            let bytes = self.body.encode_to_vec();
            let signature = self.pair.sign(&signed_bytes(RECEIPT_CONTEXT, &bytes)).as_ref().to_vec();
            let key = self.pair.public_key().as_ref().to_vec();
            let mut message = v1::Receipt {
                body: bytes.into(),
                signature: signature.into(),
                hub_key_id: Digest::of(&key).to_bytes(),
                record: None,
            };
            tamper(&mut message);
            check(&message, &[key].into_iter().collect(), &self.signed, &self.header, false).map(drop)
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
