//! Receipts: the hub's signed word, made for one position and stored with its record.

use bytes::Bytes;
use mighub::signing::{RECEIPT_CONTEXT, signed_bytes};
use mighub::v1;
use mighub_store::{Object, Position};
use prost::Message;

use crate::hub::Hub;
use crate::hub::append::Slot;
use crate::hub::objects::receipt_name;
use crate::hub::refusal::Refusal;

impl Hub {
    /// Signs a receipt for a record at its place in the log; it goes into the store with the record.
    pub(super) fn sign_receipt(
        &self,
        slot: &Slot<'_>,
        body: v1::ReceiptBody,
        record: &v1::Record,
    ) -> (v1::Receipt, Object) {
        let (place, log_record) = slot.place(record);
        let body = v1::ReceiptBody { log: Some(place), ..body };
        let bytes: Bytes = body.encode_to_vec().into();
        let signature = self.signer().sign(&signed_bytes(RECEIPT_CONTEXT, &bytes));
        let receipt = v1::Receipt {
            body: bytes,
            signature: signature.to_vec().into(),
            hub_key_id: self.signer().key_id().to_vec().into(),
            record: Some(log_record),
        };
        let name = receipt_name(body.position, &record.encode_to_vec());
        let object = Object { name, bytes: receipt.encode_to_vec().into() };
        (receipt, object)
    }

    /// The receipt for the record at a position, exactly as it was given (DETAILS D27).
    pub(in crate::hub) fn receipt_at(&self, position: u64) -> Result<v1::Receipt, Refusal> {
        let record = self.store.record(Position(position))?;
        let bytes = self.store.object(&receipt_name(position, &record.payload))?;
        v1::Receipt::decode(bytes).map_err(|error| Refusal::internal(error.to_string()))
    }
}
