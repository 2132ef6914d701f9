//! The table of addresses: for each operation of the REST door's own description, who may. Written by hand; a new
//! operation needs a row here. Letters as for calls.

use crate::office::FLOW;
use crate::rest::Asked;

use super::world::{State, World};

/// One operation.
pub(super) struct Route {
    /// Its id in the description.
    pub(super) id: &'static str,
    pub(super) state: State,
    pub(super) asked: fn(&World) -> Asked,
    /// What whoever is let in gets.
    pub(super) let_in: u16,
    /// An answer that succeeded changes what the next would find.
    pub(super) consumes: bool,
    pub(super) expected: [&'static str; 3],
}

const ROUTE: Route = Route {
    id: "",
    state: State::InForce,
    asked: |_| Asked::get("/"),
    let_in: 200,
    consumes: false,
    expected: [EVERYBODY; 3],
};

const EVERYBODY: &str = ".e........... ......xxx";
/// What describes the hub and asks for no credentials does not look at them either.
const ANYBODY: &str = "............. .........";
const ADMINISTRATORS: &str = "werrrrrrrrrr. rrrrrrxxx";
const FOLLOWERS: [&str; 3] =
    ["wenn..nnn.n.n ..rnn.xxx", "wenn.nnnn.n.n ..rnn.xxx", "wenn.nnnn.n.n ..rnn.xxx"];
/// This door asks first whether the caller may look at the submission.
const ANSWERERS: [&str; 3] =
    ["wenn..nnnrnrn r.rnnrxxx", "wennlnnnnrnrn rlrnnrxxx", "wenn.nnnnrnrn r.rnnrxxx"];
/// Of a file, one knows only later which lane it is for; before it is read, whoever may send nothing is refused.
const HANDERS_IN: [&str; 3] =
    ["werl..rrrrrrr r.rrrrxxx", "werlllrrrrrrr rlrrrrxxx", "werl.lrrrrrrr r.rrrrxxx"];

const STRUCTURE: &str = "application/vnd.sdmx.structure+json;version=2.0.0";
const EMPTY_MESSAGE: &str =
    r#"{"meta":{"id":"X","prepared":"2026-01-01T00:00:00Z","sender":{"id":"X"}},"data":{}}"#;

/// All of them.
pub(super) const ROUTES: &[Route] = &[
    Route {
        id: "structures",
        asked: |_| Asked::get("/sdmx/v2/structure/dataflow/MIGHUB/MIG_FLOW/1.0.0"),
        ..ROUTE
    },
    Route {
        id: "storeStructures",
        asked: |_| message(Asked { method: "POST", ..Asked::get("/sdmx/v2/structure") }),
        expected: [ADMINISTRATORS; 3],
        ..ROUTE
    },
    Route {
        id: "replaceStructure",
        asked: |_| {
            message(Asked { method: "PUT", ..Asked::get("/sdmx/v2/structure/dataflow/MIGHUB/NONE/1.0.0") })
        },
        expected: [ADMINISTRATORS; 3],
        ..ROUTE
    },
    Route {
        id: "deleteStructure",
        asked: |_| Asked {
            method: "DELETE",
            ..Asked::get("/sdmx/v2/structure/dataflow/MIGHUB/MIG_FLOW/1.0.0")
        },
        // It is in use.
        let_in: 409,
        expected: [ADMINISTRATORS; 3],
        ..ROUTE
    },
    Route {
        id: "pushStructures",
        asked: |_| {
            message(Asked { method: "POST", ..Asked::get("/ws/secure/sdmxapi/rest") })
                .with("action", "Append")
        },
        expected: [ADMINISTRATORS; 3],
        ..ROUTE
    },
    Route { id: "structuresV1", asked: |_| Asked::get("/sdmx/v1/dataflow/MIGHUB/MIG_FLOW/1.0.0"), ..ROUTE },
    Route {
        id: "availability",
        asked: |_| Asked::get("/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/1.0.0/*/*"),
        ..ROUTE
    },
    Route {
        id: "availabilityV1",
        asked: |_| Asked::get("/sdmx/v1/availableconstraint/MIGHUB,MIG_FLOW,1.0.0/all/all/all"),
        ..ROUTE
    },
    Route { id: "schema", asked: |_| Asked::get("/sdmx/v2/schema/dataflow/MIGHUB/MIG_FLOW/1.0.0"), ..ROUTE },
    Route {
        id: "schemaV1",
        asked: |_| Asked::get("/sdmx/v1/schema/dataflow/MIGHUB/MIG_FLOW/1.0.0"),
        ..ROUTE
    },
    Route { id: "data", asked: |_| Asked::get("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*"), ..ROUTE },
    Route { id: "dataV1", asked: |_| Asked::get("/sdmx/v1/data/MIGHUB,MIG_FLOW,1.0.0/all"), ..ROUTE },
    Route {
        id: "registrations",
        asked: |_| Asked::get("/sdmx/v2/registration/provider"),
        let_in: 501,
        expected: [ANYBODY; 3],
        ..ROUTE
    },
    Route {
        id: "metadata",
        asked: |_| Asked::get("/sdmx/v2/metadata/metadataset"),
        let_in: 501,
        expected: [ANYBODY; 3],
        ..ROUTE
    },
    Route { id: "tables", asked: |_| Asked::get("/v1/data"), ..ROUTE },
    Route { id: "table", asked: |_| Asked::get("/v1/data/MIG_FLOW.csv"), ..ROUTE },
    Route {
        id: "handIn",
        asked: |world| {
            let figure = format!("{},A,F", world.fresh_number());
            let body = crate::office::data::flows("SWE", &[("M", "IMM", "NOR", 2015, &figure)]);
            let path = format!(
                "/v1/submissions?dataflow={}&provider=SWE",
                FLOW.replace('(', "%28").replace(')', "%29")
            );
            Asked { method: "POST", body, ..Asked::get(path) }.with("content-type", "text/csv")
        },
        let_in: 201,
        expected: HANDERS_IN,
        ..ROUTE
    },
    Route {
        id: "handedIn",
        asked: |world| Asked::get(format!("/v1/submissions/{}", world.id)),
        expected: FOLLOWERS,
        ..ROUTE
    },
    Route {
        id: "answerWarnings",
        state: State::ToBeAnswered,
        asked: |world| {
            let body = r#"{"answers":[{"rule_id":"STR-053","finding_ids":[],"text":"it is a placeholder"}]}"#;
            let path = format!("/v1/submissions/{}/answers", world.id);
            Asked { method: "POST", body: body.to_owned(), ..Asked::get(path) }
                .with("content-type", "application/json")
        },
        let_in: 201,
        consumes: true,
        expected: ANSWERERS,
    },
    Route { id: "description", asked: |_| Asked::get("/sdmx/openapi.json"), expected: [ANYBODY; 3], ..ROUTE },
];

fn message(asked: Asked) -> Asked {
    Asked { body: EMPTY_MESSAGE.to_owned(), ..asked }.with("content-type", STRUCTURE)
}

/// What the letter of an identity stands for.
pub(super) fn meaning(letter: char, let_in: u16) -> u16 {
    match letter {
        '.' => let_in,
        'w' | 'e' | 'x' => 401,
        'r' | 'l' => 403,
        'n' => 404,
        other => panic!("{other} stands for nothing"),
    }
}
