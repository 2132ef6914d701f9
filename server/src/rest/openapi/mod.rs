//! The description of the REST door in OpenAPI 3.1, made from one table of operations.
//!
//! What lives here: serving it. What must not: anything that a request does.

mod operations;
mod parameters;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::desk::Desk;
use operations::{OPERATIONS, Operation};

/// Where it is served.
pub(super) const ADDRESS: &str = "/sdmx/openapi.json";

/// It is the same as long as the hub runs.
static DESCRIPTION: LazyLock<String> = LazyLock::new(|| description().to_string());

/// The address of the description.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new().route(
        ADDRESS,
        get(|| async { ([(CONTENT_TYPE, "application/json")], DESCRIPTION.as_str()).into_response() }),
    )
}

fn description() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = operation.described();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "mighub REST door",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The SDMX REST API, versions 1 (SDMX 2.1) and 2 (SDMX 3.x), and plain tables of figures. \
                Parts at the end of a path may be left out, and a slash may stand there. Beside /sdmx/v1 and /sdmx/v2, \
                /sdmx alone serves both, by what follows.",
        },
        "servers": [{ "url": "/" }],
        "security": [{}, { "bearer": [] }, { "basic": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "An access token of the hub." },
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Any user name; an access token of the hub as the password.",
                },
            },
            "responses": responses(),
        },
    })
}

/// Answers that any operation may give.
const COMMON: [(&str, &str); 8] = [
    ("304", "The caller has it already."),
    ("400", "Not of the form that the standard gives it; the text says what to write."),
    ("401", "A token is needed, or the one that was sent does not hold."),
    ("403", "The caller may not do this; in version 1 also: it makes no sense for these data."),
    ("404", "What the path names is not there."),
    ("406", "None of the formats that the caller takes is offered."),
    ("429", "Too many requests at a time: Retry-After says when to ask again."),
    ("503", "The hub is busy or being stopped: Retry-After says when to ask again."),
];

fn responses() -> Value {
    let one = |(status, text): &(&str, &str)| ((*status).to_owned(), json!({ "description": text }));
    Value::Object(COMMON.iter().map(one).collect())
}

impl Operation {
    fn described(&self) -> Value {
        let in_path = self.path.split('/').filter_map(|part| {
            let (start, end) = (part.find('{')?, part.find('}')?);
            part.get(start + 1..end)
        });
        let in_path = in_path.map(|name| {
            json!({
                "name": name,
                "in": "path",
                "required": true,
                "description": parameters::meaning(name),
                "schema": { "type": "string" },
            })
        });
        let in_query = self.parameters.iter().map(|name| {
            json!({
                "name": name,
                "in": "query",
                "description": parameters::meaning(name),
                "schema": { "type": "string" },
            })
        });
        let parameters: Vec<Value> = in_path.chain(in_query).collect();
        let content: Map<String, Value> =
            self.media_types.iter().map(|media_type| ((*media_type).to_owned(), json!({}))).collect();
        let mut responses: Map<String, Value> = Map::new();
        for (status, text) in self.answers {
            let answer = json!({ "description": text });
            responses.insert((*status).to_owned(), answer);
        }
        if let Some(answer) = self.answers.first().and_then(|(status, _)| responses.get_mut(*status)) {
            answer["content"] = Value::Object(content);
        }
        for (status, _) in COMMON {
            let reference = json!({ "$ref": format!("#/components/responses/{status}") });
            responses.entry(status).or_insert(reference);
        }
        let mut described = json!({
            "operationId": self.id,
            "summary": self.summary,
            "tags": [self.tag],
            "parameters": parameters,
            "responses": responses,
        });
        if !self.takes.is_empty() {
            let content: Map<String, Value> =
                self.takes.iter().map(|media_type| ((*media_type).to_owned(), json!({}))).collect();
            described["requestBody"] = json!({ "required": true, "content": content });
        }
        described
    }
}

#[cfg(test)]
pub(super) fn described_paths() -> std::collections::BTreeSet<&'static str> {
    OPERATIONS.iter().map(|operation| operation.path).collect()
}
