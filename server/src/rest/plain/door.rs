//! The addresses of plain tables.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use mighub_sdmx::data::{DataFormat, DataWriter, WriteOptions};
use serde_json::json;

use super::ask::PlainQuery;
use super::table::{CUSTOM_COLUMNS, Layout, Table};
use crate::hub::Hub;
use crate::hub::permit::Read;
use crate::rest::conditional::Validators;
use crate::rest::data::{
    Chosen, FIRST_BYTES, Fault, Making, Message, Piece, WholeAnswer, body, decoded, header, languages,
    validators,
};
use crate::rest::desk::{Answer, Asked, Desk};
use crate::rest::error::{Family, Problem};
use crate::rest::files::FileRequest;

const EXTENSIONS: &str = ".csv, .json, .jsonl, .parquet and .xlsx";

/// What a file's ending asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
    JsonLines,
    File(DataFormat),
}

impl Form {
    /// The format, if it is whole before it is sent.
    fn file(self) -> Option<DataFormat> {
        match self {
            Self::File(format) => Some(format),
            Self::Csv | Self::Json | Self::JsonLines => None,
        }
    }
}

const FORMS: [(&str, Form, &str); 5] = [
    ("csv", Form::Csv, "text/csv; charset=utf-8; header=present"),
    ("json", Form::Json, "application/json"),
    ("jsonl", Form::JsonLines, "application/x-ndjson"),
    ("parquet", Form::File(DataFormat::Parquet), "application/vnd.apache.parquet"),
    (
        "xlsx",
        Form::File(DataFormat::Xlsx),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
];

/// The addresses of plain tables.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/v1/data", get(list))
        .route("/v1/data/", get(list))
        .route("/v1/data/{file}", get(table))
}

/// All dataflows, with the addresses of their tables.
async fn list(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    desk.answer(Family::Plain, parts, |hub, asked| {
        asked.permit(hub, Read)?;
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

async fn table(State(desk): State<Arc<Desk>>, request: Request) -> Response {
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
        Ok((Opened { what: What::Stream(first, making), common }, stay)) => {
            let sent = match (is_head, first) {
                (true, (bytes, true)) => Body::from(bytes),
                (true, (_, false)) => Body::empty(),
                (false, first) => body(first, *making, stay, desk.stop()),
            };
            common.response(StatusCode::OK, sent)
        }
        Ok((Opened { what: What::File(whole), common }, stay)) => {
            let request = FileRequest { headers: &headers, is_head, validators: &common.validators };
            let sent = whole.sent(&desk, &request, stay, |status, body| common.response(status, body)).await;
            sent.unwrap_or_else(|problem| problem.response(Family::Plain, &headers))
        }
    }
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
    File(Box<WholeAnswer>),
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
    if form.file().is_some() && !query.has_all_dimensions {
        let rule = "files of this kind have every dimension: leave columns out, or take .csv or .json";
        return Err(Fault::not_offered("columns", rule).into());
    }
    let PlainQuery { data, columns, labels, bom, language, .. } = query;
    let language = language
        .or_else(|| languages(&asked.parts.headers).into_iter().next())
        .unwrap_or_else(|| "en".to_owned());
    let permit = asked.permit(hub, Read)?;
    let name = data.figures.dataflow.id.to_string();
    let chosen = Chosen::new(hub, &permit, Arc::new(data), asked.now)?.attended(&asked.attendance);
    let state = chosen.figures().state()?;
    let address = asked.parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let content = [&state.tag[..], address.as_bytes()].concat();
    let validators = match form.file() {
        Some(format) => validators(&content, format, &language, state.changed),
        None => Validators::new(&content, &language, state.changed),
    };
    let validators = validators.at(asked.now);
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
        Form::Csv => Layout::Csv { for_excel: bom },
        Form::Json => Layout::Json,
        Form::JsonLines => Layout::JsonLines,
        Form::File(format) => {
            let message = Message::begin_in(chosen.noted_at_once()?, format)?;
            let whole = WholeAnswer::new(message, format, options, asked.now);
            return Ok(Opened { what: What::File(Box::new(whole)), common });
        }
    };
    let definition = chosen.query().definition.clone();
    let message = Message::begin(chosen, CUSTOM_COLUMNS.to_vec())?;
    let mut making = Making::begin_with(message, |output| {
        let table = Table::new(output, layout, &definition, &columns, options.labels, &language);
        Ok(Box::new(table) as Box<dyn DataWriter + Send>)
    })?;
    let first = making.chunk(FIRST_BYTES)?;
    Ok(Opened { what: What::Stream(first, Box::new(making)), common })
}
