//! The addresses of data queries, and how their answers go out.
//!
//! Status and header are decided before the first byte: an answer begins when its first piece is made.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CONTENT_LANGUAGE, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use mighub_sdmx::data::{
    CsvVersion, DataFormat, JsonVersion, KeyColumns, Labels, MessageHeader, MlForm, ObservationLevel, Saying,
    WriteOptions,
};
use mighub_sdmx::ml::structure::MessageHeader as StructureHeader;

use super::ask::DataQuery;
use super::chosen::Chosen;
use super::fault::Fault;
use super::languages::languages;
use super::making::{Making, MakingError, Message};
use super::stream::{FIRST_BYTES, Piece, body};
use super::whole::{WholeAnswer, is_file, validators};
use crate::hub::permit::Read;
use crate::hub::{Hub, Moment, Refusal};
use crate::rest::accept::{Accepted, Offer, negotiate};
use crate::rest::conditional::Validators;
use crate::rest::desk::{Asked, Desk};
use crate::rest::error::{Family, Problem};
use crate::rest::files::FileRequest;
use crate::rest::structure;

const fn offer(format: DataFormat, family: &'static str, version: &'static str) -> Offer<DataFormat> {
    Offer { format, family, version }
}

const JSON_2_1: Offer<DataFormat> = offer(DataFormat::Json(JsonVersion::V2_1), "data+json", "2.1.0");
const JSON_2_0: Offer<DataFormat> = offer(DataFormat::Json(JsonVersion::V2_0), "data+json", "2.0.0");
const JSON_1_0: Offer<DataFormat> = offer(DataFormat::Json(JsonVersion::V1_0), "data+json", "1.0.0");
const ML_3_1: Offer<DataFormat> = offer(DataFormat::Ml(MlForm::Specific31), "data+xml", "3.1.0");
const ML_3_0: Offer<DataFormat> = offer(DataFormat::Ml(MlForm::Specific30), "data+xml", "3.0.0");
const CSV_2_1: Offer<DataFormat> = offer(DataFormat::Csv(CsvVersion::V2_1), "data+csv", "2.1.0");
const CSV_2_0: Offer<DataFormat> = offer(DataFormat::Csv(CsvVersion::V2_0), "data+csv", "2.0.0");
const CSV_1_0: Offer<DataFormat> = offer(DataFormat::Csv(CsvVersion::V1_0), "data+csv", "1.0.0");
const GENERIC: Offer<DataFormat> = offer(DataFormat::Ml(MlForm::Generic), "genericdata+xml", "2.1");
const SPECIFIC: Offer<DataFormat> =
    offer(DataFormat::Ml(MlForm::Specific21), "structurespecificdata+xml", "2.1");
const GENERIC_SERIES: Offer<DataFormat> =
    offer(DataFormat::Ml(MlForm::GenericTimeSeries), "generictimeseriesdata+xml", "2.1");
const SPECIFIC_SERIES: Offer<DataFormat> =
    offer(DataFormat::Ml(MlForm::SpecificTimeSeries21), "structurespecifictimeseriesdata+xml", "2.1");
const PARQUET: Offer<DataFormat> = offer(DataFormat::Parquet, "application/vnd.apache.parquet", "");
const XLSX: Offer<DataFormat> =
    offer(DataFormat::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "");

/// Formats of version 2; its default first, and those of version 1 behind its own.
const OFFERS_V2: [Offer<DataFormat>; 14] = [
    JSON_2_1,
    JSON_2_0,
    ML_3_1,
    ML_3_0,
    CSV_2_1,
    CSV_2_0,
    CSV_1_0,
    JSON_1_0,
    GENERIC,
    SPECIFIC,
    GENERIC_SERIES,
    SPECIFIC_SERIES,
    PARQUET,
    XLSX,
];

/// Formats of version 1.
const OFFERS_V1: [Offer<DataFormat>; 14] = [
    GENERIC,
    SPECIFIC,
    GENERIC_SERIES,
    SPECIFIC_SERIES,
    JSON_1_0,
    CSV_1_0,
    JSON_2_1,
    JSON_2_0,
    ML_3_1,
    ML_3_0,
    CSV_2_1,
    CSV_2_0,
    PARQUET,
    XLSX,
];

/// First parts of a path of version 2: on the shared address they tell it from version 1.
const CONTEXTS: [&str; 4] = ["dataflow", "datastructure", "provisionagreement", "*"];

/// The addresses of data.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    let mut routes = Router::new();
    for base in ["/sdmx/v2/data", "/sdmx/v1/data", "/sdmx/data"] {
        for path in [base.to_owned(), format!("{base}/"), format!("{base}/{{*path}}")] {
            routes = routes.route(&path, get(data));
        }
    }
    routes
}

async fn data(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let (family, path) = addressed(parts.uri.path());
    let headers = parts.headers.clone();
    let is_head = parts.method == Method::HEAD;
    let opened = desk.begin(parts, move |hub, asked| open(hub, asked, family, &path)).await;
    match opened {
        Err(problem) => problem.response(family, &headers),
        Ok((Opened::Current(validators), _)) => {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            validators.put(response.headers_mut());
            response
        }
        Ok((Opened::Empty(_), _)) if family == Family::V1 => {
            Problem::unknown("no figures match the query, or none that you may see")
                .response(family, &headers)
        }
        Ok((Opened::Empty(validators), _)) => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            validators.put(response.headers_mut());
            response
        }
        Ok((Opened::Answer(common, answer), stay)) => {
            let sent = match (is_head, answer.first) {
                (true, (bytes, true)) => Body::from(bytes),
                (true, (_, false)) => Body::empty(),
                (false, first) => body(first, answer.making, stay, desk.stop()),
            };
            common.response(StatusCode::OK, sent)
        }
        Ok((Opened::File(common, whole), stay)) => {
            let request = FileRequest { headers: &headers, is_head, validators: &common.validators };
            let sent = whole.sent(&desk, &request, stay, |status, body| common.response(status, body)).await;
            sent.unwrap_or_else(|problem| problem.response(family, &headers))
        }
    }
}

/// The version of the API, and the path behind its data.
fn addressed(path: &str) -> (Family, String) {
    let behind = |prefix: &str| path.strip_prefix(prefix).map(str::to_owned);
    if let Some(rest) = behind("/sdmx/v2/data") {
        return (Family::V2, rest);
    }
    if let Some(rest) = behind("/sdmx/v1/data") {
        return (Family::V1, rest);
    }
    let rest = behind("/sdmx/data").unwrap_or_default();
    let first = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
    let first = super::decoded(first).unwrap_or_default();
    let is_v2 = first.is_empty() || CONTEXTS.contains(&&*first);
    (if is_v2 { Family::V2 } else { Family::V1 }, rest)
}

fn put(headers: &mut HeaderMap, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

enum Opened {
    /// The caller has it already.
    Current(Validators),
    /// There is nothing to be told.
    Empty(Validators),
    Answer(Common, Box<Begun>),
    File(Common, Box<WholeAnswer>),
}

/// An answer whose first piece is made.
struct Begun {
    first: Piece,
    making: Making,
}

/// What every answer says of itself.
struct Common {
    media_type: String,
    language: String,
    validators: Validators,
}

impl Common {
    fn response(&self, status: StatusCode, body: Body) -> Response {
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        put(headers, CONTENT_TYPE, &self.media_type);
        put(headers, CONTENT_LANGUAGE, &self.language);
        self.validators.put(headers);
        response
    }
}

fn open(hub: &Arc<Hub>, asked: &Asked, family: Family, path: &str) -> Result<Opened, Problem> {
    let query = asked.parts.uri.query();
    let mut ask = match family {
        Family::V1 => DataQuery::v1(hub, path, query)?,
        Family::V2 | Family::Plain => DataQuery::v2(hub, path, query)?,
    };
    let offers = if family == Family::V1 { &OFFERS_V1 } else { &OFFERS_V2 };
    let accepted = negotiate(offers, &asked.parts.headers, ask.format.as_deref())?;
    let format = accepted.format;
    check_sayable(&ask, format)?;
    if matches!(format, DataFormat::Ml(MlForm::GenericTimeSeries | MlForm::SpecificTimeSeries21)) {
        // These messages have no other form.
        ask.level = ObservationLevel::Time;
    }
    let languages = languages(&asked.parts.headers);
    let options = options(&accepted, &languages)?;
    let permit = asked.permit(hub, Read)?;
    let chosen = Chosen::new(hub, &permit, Arc::new(ask), asked.now)?.attended(&asked.attendance);
    let state = chosen.figures().state()?;
    let content = [&state.tag[..], path.as_bytes(), b"?", query.unwrap_or_default().as_bytes()].concat();
    let form = format!("{}{:?}{languages:?}", accepted.media_type, accepted.parameters);
    let validators = validators(&content, format, &form, state.changed).at(asked.now);
    if validators.is_current(&asked.parts.headers) {
        return Ok(Opened::Current(validators));
    }
    let options = WriteOptions { header: header(hub, &chosen, asked.now), ..options };
    let chosen = if is_file(format) { chosen.noted_at_once()? } else { chosen };
    let message = Message::begin_in(chosen, format)?;
    if message.is_empty() {
        return Ok(Opened::Empty(validators));
    }
    let language = languages.first().cloned().unwrap_or_else(|| "en".to_owned());
    let common = Common { media_type: accepted.media_type, language, validators };
    if is_file(format) {
        let whole = WholeAnswer::new(message, format, options, asked.now);
        return Ok(Opened::File(common, Box::new(whole)));
    }
    let mut making = Making::begin(message, format, options)?;
    let first = making.chunk(FIRST_BYTES)?;
    Ok(Opened::Answer(common, Box::new(Begun { first, making })))
}

/// Refuses a format that cannot say what is asked for, before anything of it is sent.
fn check_sayable(ask: &DataQuery, format: DataFormat) -> Result<(), Problem> {
    // What cannot be read again can be looked at: workbooks have a column for each of these.
    let can_say = |saying| format == DataFormat::Xlsx || format.can_say(saying);
    if ask.tells_changes() && !can_say(Saying::Deletion) {
        let text = format!(
            "{} cannot say that something is deleted: accept a later version of it, such as SDMX-CSV 2.0",
            format.name()
        );
        return Err(Problem::not_acceptable(text));
    }
    if ask.has_several_providers() && !can_say(Saying::SeveralProviders) {
        let text = format!(
            "{} cannot say whose a figure is, and figures of several providers are asked for: accept a later version \
             of it, such as SDMX-JSON 2.0, or ask for one provider at a time",
            format.name()
        );
        return Err(Problem::not_acceptable(text));
    }
    Ok(())
}

/// What the parameters of the media type say.
fn options(accepted: &Accepted<DataFormat>, languages: &[String]) -> Result<WriteOptions, Fault> {
    let unknown = |name: &str, value: &str, known: &str| {
        Fault::malformed(&format!("Accept, {name}"), format!("{value:?} is none: write {known}"))
    };
    let labels = match accepted.parameter("labels") {
        None | Some("id") => Labels::Id,
        Some("name") => Labels::Name,
        Some("both") => Labels::Both,
        Some(other) => return Err(unknown("labels", other, "id, name or both")),
    };
    let keys = match accepted.parameter("keys") {
        None | Some("none") => KeyColumns::None,
        Some("series") => KeyColumns::Series,
        Some("obs") => KeyColumns::Observation,
        Some("both") => KeyColumns::Both,
        Some(other) => return Err(unknown("keys", other, "none, obs, series or both")),
    };
    let normalized_time = match accepted.parameter("timeformat") {
        None | Some("original") => false,
        Some("normalized") => true,
        Some(other) => return Err(unknown("timeFormat", other, "original or normalized")),
    };
    Ok(WriteOptions {
        labels,
        keys,
        normalized_time,
        languages: languages.to_vec(),
        ..WriteOptions::default()
    })
}

/// What stands before the data of a message.
pub(crate) fn header(hub: &Hub, chosen: &Chosen, now: Moment) -> MessageHeader {
    let StructureHeader { id, prepared, sender, .. } = structure::header(hub, now);
    MessageHeader {
        id,
        prepared,
        sender,
        structure: chosen.query().structure.clone(),
        ..MessageHeader::default()
    }
}

impl From<MakingError> for Problem {
    fn from(error: MakingError) -> Self {
        use std::io::ErrorKind;
        match error {
            MakingError::Refusal(refusal) => refusal.into(),
            MakingError::Fault(fault) => fault.into(),
            // Nobody reads this.
            MakingError::Left => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            MakingError::Write(error) => match error.kind() {
                ErrorKind::Unsupported => Self::not_acceptable(error.to_string()),
                ErrorKind::InvalidInput => Self::senseless(error.to_string()),
                ErrorKind::FileTooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
                _ => Refusal::internal(error.to_string()).into(),
            },
        }
    }
}
