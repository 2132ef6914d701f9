//! What an office signs.

use mighub::convert::{dataset_attribute_message, selection_message};
use mighub::id::SubmissionId;
use mighub::v1;
use prost::Message;

use super::{Base, Kind, PushOptions};
use crate::clock;
use crate::error::Error;
use crate::home::{Config, Home};
use mighub_intake::LaneInfo;
use mighub_intake::Prepared;

/// Name of the program in what is signed.
const CLIENT_NAME: &str = "mighub";

/// The header of a submission, without id and time.
pub(super) fn header(
    prepared: &Prepared,
    config: &Config,
    lane: &LaneInfo,
    options: &PushOptions,
) -> Result<v1::SubmissionHeader, Error> {
    let stated = prepared.checked.contents.embargo;
    if let (Some(option), Some(stated)) = (options.embargo, stated)
        && option != stated
    {
        return Err(Error::Request(format!(
            "the file says EMBARGO_TIME {stated}, the command {option}: leave one of them out"
        )));
    }
    if options.reason.is_empty() && !matches!(options.kind, Kind::Routine | Kind::Test) {
        return Err(Error::Request(
            "this kind of submission wants a reason: say why with --reason".to_owned(),
        ));
    }
    let edition = options.edition.clone();
    Ok(v1::SubmissionHeader {
        hub_id: lane.hub_id.clone(),
        lane: Some(lane.lane.clone()),
        base_position: match options.base {
            Base::Newest => lane.head.as_ref().map(|head| head.position),
            Base::Any => None,
            Base::Position(position) => Some(position),
        },
        manifest_digest: prepared.spool.as_ref().map(|spool| spool.manifest.to_bytes()).unwrap_or_default(),
        agency: config.agency.clone(),
        person: options.person.clone().unwrap_or_else(|| config.person.clone()),
        kind: v1::SubmissionKind::from(options.kind).into(),
        reason: options.reason.clone(),
        test: options.test || options.kind == Kind::Test,
        embargo_time: options.embargo.or(stated).map(clock::instant_message),
        edition: edition.map(|(label, publication_date)| v1::Edition { label, publication_date }),
        complete_scope: prepared.scope.as_ref().map(selection_message),
        structure_digest: lane.structure_digest.to_bytes(),
        rulebook_digest: lane.judged_by().to_bytes(),
        defaults: lane.defaults.clone(),
        client_name: CLIENT_NAME.to_owned(),
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
        dataset_attributes: prepared
            .dataset_attributes
            .iter()
            .map(|(id, value)| dataset_attribute_message(id, value.as_ref()))
            .collect(),
        ..Default::default()
    })
}

/// Gives the header an id and the time, and signs it.
pub(super) fn sign(home: &Home, header: v1::SubmissionHeader) -> Result<v1::SignedHeader, Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| Error::Key(format!("no randomness: {error}")))?;
    let header = v1::SubmissionHeader {
        submission_id: SubmissionId::from_random(random).to_string(),
        prepared_time: Some(clock::instant_message(clock::now())),
        ..header
    };
    let key = home.signing_key()?;
    let bytes = header.encode_to_vec();
    let signature = key.sign_header(&bytes)?;
    Ok(v1::SignedHeader {
        header: bytes.into(),
        signature: signature.into(),
        signing_key_id: key.id()?.to_bytes(),
    })
}
