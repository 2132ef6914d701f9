//! The explorer: any dataflow as a table, by filters, as of any time, in every format, and as a query for other tools. It
//! asks the plain REST door of this process, so that a page shows what its own links download.

mod snippet;
mod table;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::get;
use http::{Method, StatusCode};
use mighub::v1;
use mighub_sdmx::structure::{Class, ComponentUse, DataDefinition};

use super::api::base;
use super::door::{Shown, Visit, Web};
use super::language::Language;
use super::menu::Place;
use super::page::Page;
use super::parts::AsOf;
use super::query::{Query, encoded};
use super::structures::{Link, address, best_name};
use crate::hub::permit::{Anybody, Read};
use crate::hub::{Moment, Refusal};
use crate::rest::error::Problem;
use snippet::Snippet;
use table::Table;

/// Observations on a page.
const ROWS: u64 = 100;
/// Codes of one list that a form offers; of longer ones the code is written.
const CODES_MAX: usize = 400;
/// Vintages that a form offers.
const VINTAGES: u32 = 12;
/// Formats of downloads: ending and name.
const FORMATS: [(&str, &str); 5] =
    [("csv", "CSV"), ("xlsx", "Excel"), ("json", "JSON"), ("jsonl", "JSON Lines"), ("parquet", "Parquet")];

/// The addresses of the explorer.
pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/data", get(list))
        .route("/data/{dataflow}", get(one))
        .route("/download/{file}", get(download))
}

#[derive(Template)]
#[template(path = "data_list.html")]
struct List<'a> {
    page: &'a Page,
    dataflows: Vec<Link>,
}

async fn list(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    web.show(parts, Some(Place::Data), |visit| {
        let catalogue = visit.hub.catalogue(&visit.permit(Anybody)?, visit.now)?;
        let dataflows = catalogue.structures.of_class(Class::Dataflow).map(|(reference, artefact)| Link {
            address: format!("/data/{}", reference.id),
            ..Link::of(reference, &artefact.identity().names, visit.page.language)
        });
        Shown::of(&List { page: &visit.page.titled("data.title"), dataflows: dataflows.collect() })
    })
    .await
}

/// A dimension that can be filtered.
struct Filter {
    id: String,
    name: String,
    value: String,
    /// None: the code is written.
    codes: Vec<Code>,
}

struct Code {
    id: String,
    name: String,
    is_chosen: bool,
}

/// A vintage that can be looked at.
struct Vintage {
    moment: Moment,
    provider: String,
    address: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "data.html")]
struct Explorer<'a> {
    page: &'a Page,
    dataflow: String,
    structure: String,
    filters: Vec<Filter>,
    start: &'a str,
    end: &'a str,
    provider: &'a str,
    given_as_of: &'a str,
    labels: &'a str,
    /// Names of the columns, with their ids.
    columns: Vec<(String, String)>,
    table: &'a Table,
    first: u64,
    last: u64,
    previous: String,
    next: String,
    downloads: Vec<(String, &'static str)>,
    snippets: Vec<Snippet>,
    vintages: Vec<Vintage>,
    as_of: AsOf<'a>,
}

/// `/data/{dataflow}`
async fn one(State(web): State<Arc<Web>>, Path(dataflow): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let base = base(&parts);
    let query = Query::read(parts.uri.query().unwrap_or_default()).unwrap_or_default();
    let offset = query.get("offset").and_then(|offset| offset.parse().ok()).unwrap_or(0u64);
    let asked = plain(&query);
    // One more than is shown says whether there are more.
    let rows = asked.with("offset", &offset.to_string()).with("limit", &(ROWS + 1).to_string());
    let labels = query.get("labels").unwrap_or("name").to_owned();
    let rows = rows.with("labels", &labels);
    let rows = rows.with("lang", Page::new(&parts.headers, "", &query, None).language.tag());
    let address = format!("/v1/data/{}.jsonl{}", encoded(&dataflow), rows.text());
    let answer = web.ask_rest(&parts, Method::GET, &address, Body::empty()).await;
    let table = answer.and_then(|(status, body)| match status {
        StatusCode::OK => {
            let table =
                Table::read(&body).map_err(|error| Problem::from(Refusal::internal(error.to_string())))?;
            Ok(if labels == "name" { table.in_names() } else { table })
        }
        status => Err(Problem::new(status, String::from_utf8_lossy(&body).trim())),
    });
    web.show(parts, Some(Place::Data), move |visit| shown(visit, &dataflow, &asked, &table?, offset, &base))
        .await
}

/// What of a view's parameters is the query itself.
fn plain(query: &Query) -> Query {
    let of_view = ["lang", "theme", "labels", "offset", "after"];
    of_view.iter().fold(query.clone(), |query, name| query.with(name, "")).without_empty()
}

fn shown(
    visit: &Visit<'_>,
    dataflow: &str,
    asked: &Query,
    table: &Table,
    offset: u64,
    base: &str,
) -> Result<Shown, Problem> {
    let catalogue = visit.hub.catalogue(&visit.permit(Anybody)?, visit.now)?;
    let found = catalogue.structures.find(Class::Dataflow, dataflow).map(|(name, _)| name.clone());
    let reference = found.ok_or_else(|| Problem::unknown(format!("there is no dataflow {dataflow:?}")))?;
    let definition = visit.hub.definition(&reference)?.data;
    let text = |name: &str| visit.query.get(name).unwrap_or_default();
    let language = visit.page.language;
    let page = visit.page.called(&best_name(&definition.names, &reference.id, language));
    let moment = match text("as_of") {
        "" => visit.now,
        given => instant(given).unwrap_or(visit.now),
    };
    let shown = (table.rows.len() as u64).min(ROWS);
    let at = |offset: u64| page.with("offset", &if offset == 0 { String::new() } else { offset.to_string() });
    let file = |ending: &str| format!("{}.{ending}{}", encoded(&reference.id), asked.text());
    let vintages = vintages(visit, &page, &reference.short(), text("provider"), text("as_of"))?;
    let mut from: Vec<_> = vintages.iter().map(|vintage| vintage.provider.clone()).collect();
    from.sort();
    from.dedup();
    Shown::of(&Explorer {
        filters: filters(&definition, visit),
        structure: address(&reference),
        start: text("start"),
        end: text("end"),
        provider: text("provider"),
        given_as_of: text("as_of"),
        labels: visit.query.get("labels").unwrap_or("name"),
        first: offset + u64::from(shown > 0),
        last: offset + shown,
        previous: if offset > 0 { at(offset.saturating_sub(ROWS)) } else { String::new() },
        next: if table.rows.len() as u64 > ROWS { at(offset + ROWS) } else { String::new() },
        downloads: FORMATS
            .iter()
            .map(|(ending, name)| (format!("/download/{}", file(ending)), *name))
            .collect(),
        snippets: snippet::all(base, &reference.id, &asked.text(), asked),
        vintages,
        columns: table
            .columns
            .iter()
            .map(|id| (column_name(&definition, id, language), id.clone()))
            .collect(),
        as_of: AsOf { page: &page, moment, from },
        dataflow: reference.id.to_string(),
        table,
        page: &page,
    })
}

/// The name of a column's concept.
fn column_name(definition: &DataDefinition, id: &str, language: Language) -> String {
    let attributes = definition.attributes.iter().map(|attribute| &attribute.component);
    let mut components = definition.dimensions.iter().chain([&definition.measure]).chain(attributes);
    let names = match components.find(|component| *component.id == *id) {
        Some(component) => &component.names,
        None if definition.time.as_deref() == Some(id) => &definition.time_names,
        None => return id.to_owned(),
    };
    best_name(names, id, language)
}

fn instant(text: &str) -> Option<Moment> {
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        return Some(Moment::beginning_of(day));
    }
    text.parse::<jiff::Timestamp>().ok().map(|time| Moment(time.as_millisecond()))
}

fn filters(definition: &DataDefinition, visit: &Visit<'_>) -> Vec<Filter> {
    let filter = |dimension: &ComponentUse| {
        let name = dimension.id.to_ascii_lowercase();
        let value = visit.query.get(&name).unwrap_or_default().to_owned();
        let listed = dimension.coded_by.codelist().map(|list| list.codes()).unwrap_or_default();
        let admitted = listed.iter().filter(|code| dimension.admits(&code.id));
        let mut codes: Vec<_> = admitted
            .take(CODES_MAX + 1)
            .map(|code| Code {
                name: best_name(&code.names, &code.id, visit.page.language),
                is_chosen: *code.id == *value,
                id: code.id.to_string(),
            })
            .collect();
        // Several codes at a time are written.
        if codes.len() > CODES_MAX || value.contains(',') {
            codes.clear();
        }
        Filter {
            id: name,
            name: best_name(&dimension.names, &dimension.id, visit.page.language),
            value,
            codes,
        }
    };
    definition.dimensions.iter().map(filter).collect()
}

fn vintages(
    visit: &Visit<'_>,
    page: &Page,
    dataflow: &str,
    provider: &str,
    chosen: &str,
) -> Result<Vec<Vintage>, Refusal> {
    let request = v1::ListVintagesRequest {
        dataflow: dataflow.to_owned(),
        provider: provider.to_owned(),
        page_size: VINTAGES,
        ..Default::default()
    };
    let listed = visit.hub.list_vintages(&visit.permit(Read)?, &request, visit.now);
    // A provider that is mistyped has no vintages, and the table says what is wrong with it.
    let listed = listed.unwrap_or_default();
    let vintage = |vintage: v1::Vintage| {
        let time = vintage.r#ref.and_then(|reference| reference.effective_time);
        let moment = time.as_ref().map_or(Moment(0), Moment::of_message);
        let exact = moment.to_string();
        Vintage {
            moment,
            provider: vintage.lane.unwrap_or_default().provider,
            address: page.with_both(("as_of", &exact), ("offset", "")),
            is_chosen: exact == chosen,
        }
    };
    Ok(listed.vintages.into_iter().map(vintage).collect())
}

/// `/download/{file}`: the plain REST door for whoever is signed in.
async fn download(State(web): State<Arc<Web>>, Path(file): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let address = format!("/v1/data/{}{query}", encoded(&file));
    web.relay(parts, Some(Place::Data), &address).await
}
