//! The keys with which this hub signs, or signed, receipts. What lives here: which they are, and the handover from one
//! to the next. What must not: the files they lie in (`trust`).

use mighub::signing::{HUB_KEY_CONTEXT, signed_bytes};
use mighub::v1::{self, ErrorReason, record::What};
use prost::Message;

use super::Hub;
use super::append::Actor;
use super::moment::Moment;
use super::reduce::row;
use super::refusal::Refusal;
use super::rows::{HUB_KEYS, HubKeysRow};
use crate::trust::HubSigner;

impl Hub {
    /// Keys with which this hub signs or signed receipts, oldest first; the last one signs.
    pub fn hub_keys(&self) -> Vec<v1::HubKey> {
        // A view that cannot be read says so where figures are asked for; the present key is known without it.
        let known: HubKeysRow = row(&*self.view, HUB_KEYS).ok().flatten().unwrap_or_default();
        let moment = |ms: Option<i64>| ms.map(|ms| Moment(ms).to_message());
        let mut keys: Vec<v1::HubKey> = known
            .keys
            .iter()
            .map(|key| v1::HubKey {
                key_id: blake3::hash(&key.public_key).as_bytes().to_vec().into(),
                public_key: key.public_key.clone().into(),
                valid_from: moment(key.from_ms),
                valid_to: moment(key.until_ms),
            })
            .collect();
        if keys.last().is_none_or(|last| last.public_key[..] != self.signer().public_key()) {
            keys.push(v1::HubKey {
                key_id: self.signer().key_id().to_vec().into(),
                public_key: self.signer().public_key().to_vec().into(),
                valid_from: None,
                valid_to: None,
            });
        }
        keys
    }

    /// Records that `next` signs from now on. The hub is opened anew with it; this one still has the key before, and
    /// must sign nothing more.
    pub fn hand_over(&self, next: &HubSigner, now: Moment) -> Result<u64, Refusal> {
        let present = self.signer();
        if next.public_key() == present.public_key() {
            return Err(Refusal::internal("a key does not hand over to itself"));
        }
        let known: HubKeysRow = row(&*self.view, HUB_KEYS)?.unwrap_or_default();
        if known.keys.iter().any(|key| key.public_key[..] == next.public_key()) {
            let text = "the hub signed with this key before: make a new one";
            return Err(Refusal::new(ErrorReason::ArgumentMalformed, text));
        }
        let rotated = v1::HubKeyRotated {
            previous_key: present.public_key().to_vec().into(),
            key: next.public_key().to_vec().into(),
            signature: present.sign(&signed_bytes(HUB_KEY_CONTEXT, &next.public_key())).to_vec().into(),
        };
        debug_assert!(rotated.encoded_len() < 256, "three short fields");
        self.record(Actor::default(), What::HubKeyRotated(rotated), Vec::new(), now)
    }

    /// The same hub, signing with another key: the one that its record names.
    pub fn signing_with(self, signer: HubSigner) -> Self {
        Self { signer, ..self }
    }

    /// The key that should sign by the record; nothing if it was never replaced.
    pub fn recorded_signer(&self) -> Option<Vec<u8>> {
        let known: HubKeysRow = row(&*self.view, HUB_KEYS).ok().flatten()?;
        known.keys.last().map(|key| key.public_key.clone())
    }
}
