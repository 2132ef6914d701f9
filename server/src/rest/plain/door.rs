//! The addresses of plain tables.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use mighub_sdmx::data::{DataFormat, DataWriter, Labels, WriteOptions};
use serde_json::json;

use super::ask::PlainQuery;
use super::files::{Building, Built, Files, Wish};
use super::table::{Layout, Table};
use crate::door::Stop;
use crate::hub::{Hub, Refusal};
use crate::rest::conditional::Validators;
use crate::rest::data::{
    Chosen, DATA_PROVIDER, FIRST_BYTES, Fault, Making, MakingError, Piece, body, decoded, header, languages,
    pieces,
};
use crate::rest::desk::{Answer, Asked, Desk};
use crate::rest::error::{Family, Problem};

/// Bytes of a file that are read at a time.
const PIECE_BYTES: usize = 256 * 1024;
const EXTENSIONS: &str = ".csv, .json, .jsonl, .parquet and .xlsx";

/// What a file's ending asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
    JsonLines,
    Parquet,
    Xlsx,
}

const FORMS: [(&str, Form, &str); 5] = [
    ("csv", Form::Csv, "text/csv; charset=utf-8; header=present"),
    ("json", Form::Json, "application/json"),
    ("jsonl", Form::JsonLines, "application/x-ndjson"),
    ("parquet", Form::Parquet, "application/vnd.apache.parquet"),
    ("xlsx", Form::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// The addresses of plain tables.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    let files = Arc::new(Files::default());
    let table = move |State(desk): State<Arc<Desk>>, request: Request| {
        let files = files.clone();
        async move { table(desk, &files, request).await }
    };
    Router::new()
        .route("/v1/data", get(list))
        .route("/v1/data/", get(list))
        .route("/v1/data/{file}", get(table))
}

/// All dataflows, with the addresses of their tables.
async fn list(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    desk.answer(Family::Plain, parts, |hub, asked| {
        asked.reader(hub)?;
        let language = languages(&asked.parts.headers).into_iter().next().unwrap_or_else(|| "en".to_owned());
        let dataflow = |reference: &mighub_sdmx::structure::Reference| {
            let short = reference.short();
            let data = hub.definition(reference).ok()?.data;
            let links: serde_json::Map<String, serde_json::Value> = FORMS
                .iter()
                .map(|(ending, ..)| ((*ending).to_owned(), json!(format!("/v1/data/{short}.{ending}"))))
                .collect();
            Some(json!({
                "dataflow": short,
                "name": data.names.best(&language).unwrap_or(&data.name),
                "columns": crate::rest::data::components(&data),
                "files": links,
            }))
        };
        let dataflows: Vec<_> = hub.dataflows().iter().filter_map(dataflow).collect();
        let text = json!({ "dataflows": dataflows }).to_string();
        Ok(Answer::of("application/json", text.into_bytes()))
    })
    .await
}

async fn table(desk: Arc<Desk>, files: &Files, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let headers = parts.headers.clone();
    let is_head = parts.method == Method::HEAD;
    match desk.begin(parts, open).await {
        Err(problem) => problem.response(Family::Plain, &headers),
        Ok((Opened { what: What::Current, common }, _)) => {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            common.validators.put(response.headers_mut());
            response
        }
        Ok((Opened { what: What::Stream(first, making), common }, place)) => {
            let sent = match (is_head, first) {
                (true, (bytes, true)) => Body::from(bytes),
                (true, (_, false)) => Body::empty(),
                (false, first) => body(first, *making, Box::new(place), desk.stop()),
            };
            common.response(StatusCode::OK, sent)
        }
        Ok((Opened { what: What::File(file), common }, place)) => {
            let now = file.now;
            let kept = files.get(&file.tag.clone(), now, move || file.build(), internal).await;
            match kept {
                Ok(built) => ranged(&common, built, &headers, is_head, Box::new(place), desk.stop()),
                Err(error) => Problem::from(error).response(Family::Plain, &headers),
            }
        }
    }
}

fn internal(text: String) -> MakingError {
    MakingError::Refusal(Refusal::internal(text))
}

/// What every answer says of itself.
struct Common {
    validators: Validators,
    media_type: &'static str,
    file_name: String,
}

struct Opened {
    what: What,
    common: Common,
}

enum What {
    /// The caller has it already.
    Current,
    Stream(Piece, Box<Making>),
    /// A file that is whole before it is sent: its parts are read one by one, or its beginning is written last.
    File(Box<ToBuild>),
}

/// A file that may have to be built.
struct ToBuild {
    tag: String,
    format: DataFormat,
    chosen: Chosen,
    options: WriteOptions,
    now: crate::hub::Moment,
}

impl ToBuild {
    fn build(self) -> Result<Built, MakingError> {
        let mut building = Building::begin()?;
        let making = Making::begin_empty(self.chosen, self.format, self.options)?;
        making.write_to(&mut building, PIECE_BYTES)?;
        Ok(building.finish())
    }
}

impl Common {
    fn response(&self, status: StatusCode, body: Body) -> Response {
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        put(headers, CONTENT_DISPOSITION, &format!("attachment; filename=\"{}\"", self.file_name));
        self.validators.put(headers);
        response
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn open(hub: &Arc<Hub>, asked: &Asked) -> Result<Opened, Problem> {
    let file = decoded(asked.parts.uri.path().rsplit('/').next().unwrap_or_default())?;
    let known = file.rsplit_once('.').and_then(|(dataflow, ending)| {
        let form = FORMS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(ending))?;
        Some((dataflow, *form))
    });
    let Some((dataflow, (ending, form, media_type))) = known else {
        let text =
            format!("{file:?} has no ending that tells a format; there are {EXTENSIONS}: write DATAFLOW.csv");
        return Err(Problem::unknown(text));
    };
    let query = PlainQuery::read(hub, dataflow, asked.parts.uri.query())?;
    if matches!(form, Form::Parquet | Form::Xlsx) && !query.has_all_dimensions {
        let rule = "files of this kind have every dimension: leave columns out, or take .csv or .json";
        return Err(Fault::not_offered("columns", rule).into());
    }
    let PlainQuery { data, columns, labels, bom, language, .. } = query;
    let language = language
        .or_else(|| languages(&asked.parts.headers).into_iter().next())
        .unwrap_or_else(|| "en".to_owned());
    let has_several =
        data.has_several_providers() || columns.iter().any(|column| &*column.id == DATA_PROVIDER);
    let principal = asked.reader(hub)?;
    let name = data.figures.dataflow.id.to_string();
    let chosen = Chosen::new(hub, &principal, Arc::new(data), asked.now)?;
    let state = chosen.figures().state()?;
    let address = asked.parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let content = [&state.tag[..], address.as_bytes()].concat();
    let validators = match form {
        // Its bytes stay the same, so that parts of it fit together.
        Form::Parquet => Validators::strong(&content, &language, state.changed),
        _ => Validators::new(&content, &language, state.changed),
    };
    let common = Common { validators, media_type, file_name: format!("{name}.{ending}") };
    if common.validators.is_current(&asked.parts.headers) {
        return Ok(Opened { what: What::Current, common });
    }
    let options = WriteOptions {
        labels,
        languages: vec![language.clone()],
        header: header(hub, &chosen, asked.now),
        ..WriteOptions::default()
    };
    let layout = match form {
        Form::Csv => Layout::Csv { bom },
        Form::Json => Layout::Json,
        Form::JsonLines => Layout::JsonLines,
        Form::Parquet | Form::Xlsx => {
            let mut tag = HeaderMap::new();
            common.validators.put(&mut tag);
            let tag = tag.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
            let (format, options) = match form {
                Form::Xlsx => (DataFormat::Xlsx, options),
                // What is told of the time of making would make other bytes.
                _ => {
                    (DataFormat::Parquet, WriteOptions { header: WriteOptions::default().header, ..options })
                }
            };
            let file = Box::new(ToBuild { tag, format, chosen, options, now: asked.now });
            return Ok(Opened { what: What::File(file), common });
        }
    };
    let definition = chosen.query().definition.clone();
    let custom = if has_several { vec![DATA_PROVIDER] } else { Vec::new() };
    let begun = Making::begin_with(chosen, custom, true, |output| {
        let labels: Labels = options.labels;
        let table = Table::new(output, layout, &definition, &columns, labels, &language);
        Ok(Box::new(table) as Box<dyn DataWriter + Send>)
    })?;
    let mut making = begun.ok_or_else(|| Refusal::internal("an empty table was not begun"))?;
    let first = making.chunk(FIRST_BYTES)?;
    Ok(Opened { what: What::Stream(first, Box::new(making)), common })
}

/// A file, or the part of it that is asked for.
fn ranged(
    common: &Common,
    file: Arc<Built>,
    headers: &HeaderMap,
    is_head: bool,
    held: Box<dyn Send>,
    stop: Stop,
) -> Response {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let mut validators = HeaderMap::new();
    common.validators.put(&mut validators);
    // A part of another file than the one the caller began with is of no use.
    let fits = text(IF_RANGE).is_none_or(|tag| validators.get(ETAG).is_some_and(|known| known == tag));
    let wish = Wish::read(text(RANGE).filter(|_| fits && !is_head), file.length());
    let (status, range) = match wish {
        Wish::Whole => (StatusCode::OK, 0..file.length()),
        Wish::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wish::Outside => {
            let mut response = common.response(StatusCode::RANGE_NOT_SATISFIABLE, Body::empty());
            put(response.headers_mut(), CONTENT_RANGE, &format!("bytes */{}", file.length()));
            return response;
        }
    };
    let (length, whole) = (range.end - range.start, file.length());
    let shown = format!("bytes {}-{}/{whole}", range.start, range.end.saturating_sub(1));
    let mut at = range.start;
    let next = move || -> Result<Piece, MakingError> {
        let bytes: Bytes = file.read(&(at..range.end), PIECE_BYTES)?;
        at += bytes.len() as u64;
        Ok((bytes, at == range.end))
    };
    let sent = if is_head { Body::empty() } else { pieces(next, held, stop) };
    let mut response = common.response(status, sent);
    let headers = response.headers_mut();
    put(headers, ACCEPT_RANGES, "bytes");
    put(headers, CONTENT_LENGTH, &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        put(headers, CONTENT_RANGE, &shown);
    }
    response
}
