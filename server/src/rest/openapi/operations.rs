//! The table of operations.

/// One method at one address.
pub(super) struct Operation {
    pub(super) method: &'static str,
    /// With names of its parts in braces.
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    /// Names of parameters of the query.
    pub(super) parameters: &'static [&'static str],
    /// Media types of answers.
    pub(super) media_types: &'static [&'static str],
    /// Media types of the body.
    pub(super) takes: &'static [&'static str],
    /// What it answers, beside what any operation may.
    pub(super) answers: &'static [(&'static str, &'static str)],
}

const GET: Operation = Operation {
    method: "get",
    path: "",
    id: "",
    tag: "",
    summary: "",
    parameters: &[],
    media_types: &[],
    takes: &[],
    answers: &[("200", "What was asked for.")],
};

const STRUCTURES_V2: &[&str] = &[
    "application/vnd.sdmx.structure+json;version=2.1.0",
    "application/vnd.sdmx.structure+json;version=2.0.0",
    "application/vnd.sdmx.structure+xml;version=3.1.0",
    "application/vnd.sdmx.structure+xml;version=3.0.0",
    "application/vnd.sdmx.structure+xml;version=2.1",
];
const STRUCTURES_V1: &[&str] = &[
    "application/vnd.sdmx.structure+xml;version=2.1",
    "application/vnd.sdmx.structure+json;version=1.0.0",
    "application/vnd.sdmx.structure+json;version=2.0.0",
    "application/vnd.sdmx.structure+json;version=2.1.0",
    "application/vnd.sdmx.structure+xml;version=3.0.0",
    "application/vnd.sdmx.structure+xml;version=3.1.0",
];
const SCHEMAS: &[&str] = &[
    "application/vnd.sdmx.structure+json;version=2.1.0",
    "application/vnd.sdmx.structure+json;version=2.0.0",
    "application/vnd.sdmx.schema+xml;version=3.1.0",
    "application/vnd.sdmx.schema+xml;version=3.0.0",
    "application/vnd.sdmx.schema+xml;version=2.1",
    "application/vnd.sdmx.structure+xml;version=3.1.0",
    "application/vnd.sdmx.structure+xml;version=3.0.0",
];
const DATA_V2: &[&str] = &[
    "application/vnd.sdmx.data+json;version=2.1.0",
    "application/vnd.sdmx.data+json;version=2.0.0",
    "application/vnd.sdmx.data+xml;version=3.1.0",
    "application/vnd.sdmx.data+xml;version=3.0.0",
    "application/vnd.sdmx.data+csv;version=2.1.0",
    "application/vnd.sdmx.data+csv;version=2.0.0",
    "application/vnd.sdmx.data+csv;version=1.0.0",
];
const DATA_V1: &[&str] = &[
    "application/vnd.sdmx.genericdata+xml;version=2.1",
    "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
    "application/vnd.sdmx.generictimeseriesdata+xml;version=2.1",
    "application/vnd.sdmx.structurespecifictimeseriesdata+xml;version=2.1",
    "application/vnd.sdmx.data+json;version=1.0.0",
    "application/vnd.sdmx.data+csv;version=1.0.0",
];
const HANDED_IN: &[&str] = &[
    "application/vnd.sdmx.data+csv",
    "application/vnd.sdmx.data+json",
    "application/vnd.sdmx.data+xml",
    "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
];
const SUBMISSIONS: &[&str] = &[
    "application/json",
    "application/vnd.sdmx.registry+xml;version=3.1.0",
    "application/vnd.sdmx.registry+xml;version=3.0.0",
];
const MESSAGES: &[&str] = STRUCTURES_V2;
const STORED: &[(&str, &str)] = &[
    ("201", "Stored; something is new."),
    ("200", "Stored; everything was there before, perhaps with other content."),
    ("409", "Something is stable or in use, and cannot change. Nothing was stored."),
    ("413", "The message is too large: send it in parts."),
    ("422", "Something is wrong with the message. Nothing was stored."),
];
const NOT_OFFERED: &[(&str, &str)] = &[("501", "Of the standard, and not offered here.")];

/// All operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/sdmx/v2/structure/{structureType}/{agencyID}/{resourceID}/{version}/{itemID}",
        id: "structures",
        tag: "structure",
        summary: "Artefacts: code lists, concepts, data structures, dataflows and all else.",
        parameters: &["detail", "references", "asOf", "format"],
        media_types: STRUCTURES_V2,
        ..GET
    },
    Operation {
        method: "post",
        path: "/sdmx/v2/structure",
        id: "storeStructures",
        tag: "structure",
        summary: "Stores artefacts, all or none. For administrators.",
        media_types: SUBMISSIONS,
        takes: MESSAGES,
        answers: STORED,
        ..GET
    },
    Operation {
        method: "put",
        path: "/sdmx/v2/structure/{structureType}/{agencyID}/{resourceID}/{version}/{itemID}",
        id: "replaceStructure",
        tag: "structure",
        summary: "Stores artefacts, as POST does. For administrators.",
        media_types: SUBMISSIONS,
        takes: MESSAGES,
        answers: STORED,
        ..GET
    },
    Operation {
        method: "delete",
        path: "/sdmx/v2/structure/{structureType}/{agencyID}/{resourceID}/{version}/{itemID}",
        id: "deleteStructure",
        tag: "structure",
        summary: "Deletes artefacts that nothing uses. For administrators.",
        media_types: SUBMISSIONS,
        answers: &[
            ("200", "Deleted."),
            ("409", "Something uses it; the text says what. Nothing was deleted."),
        ],
        ..GET
    },
    Operation {
        method: "post",
        path: "/ws/secure/sdmxapi/rest",
        id: "pushStructures",
        tag: "structure",
        summary: "Stores artefacts as clients of registries push them, with the header Action. For administrators.",
        media_types: SUBMISSIONS,
        takes: &["application/text"],
        answers: STORED,
        ..GET
    },
    Operation {
        path: "/sdmx/v1/{resource}/{agencyID}/{resourceID}/{version}/{itemID}",
        id: "structuresV1",
        tag: "structure",
        summary: "Artefacts, as version 1 of the API asks for them.",
        parameters: &["detail", "references", "format"],
        media_types: STRUCTURES_V1,
        ..GET
    },
    Operation {
        path: "/sdmx/v2/availability/{context}/{agencyID}/{resourceID}/{version}/{key}/{componentID}",
        id: "availability",
        tag: "availability",
        summary: "Which values there are, of what the caller may see.",
        parameters: &["c", "updatedAfter", "startPeriod", "endPeriod", "mode", "references", "format"],
        media_types: STRUCTURES_V2,
        answers: &[("200", "What there is."), ("204", "There is nothing.")],
        ..GET
    },
    Operation {
        path: "/sdmx/v1/availableconstraint/{flow}/{key}/{provider}/{componentID}",
        id: "availabilityV1",
        tag: "availability",
        summary: "Which values there are, as version 1 of the API asks for them.",
        parameters: &["startPeriod", "endPeriod", "updatedAfter", "mode", "references", "format"],
        media_types: STRUCTURES_V1,
        ..GET
    },
    Operation {
        path: "/sdmx/v2/schema/{context}/{agencyID}/{resourceID}/{version}",
        id: "schema",
        tag: "schema",
        summary: "What valid data look like.",
        parameters: &["dimensionAtObservation", "deletion", "asOf", "format"],
        media_types: SCHEMAS,
        ..GET
    },
    Operation {
        path: "/sdmx/v1/schema/{context}/{agencyID}/{resourceID}/{version}",
        id: "schemaV1",
        tag: "schema",
        summary: "What valid data look like, as version 1 of the API asks for it.",
        parameters: &["dimensionAtObservation", "explicitMeasure", "format"],
        media_types: SCHEMAS,
        ..GET
    },
    Operation {
        path: "/sdmx/v2/data/{context}/{agencyID}/{resourceID}/{version}/{key}",
        id: "data",
        tag: "data",
        summary: "Figures, of what the caller may see.",
        parameters: &[
            "c",
            "updatedAfter",
            "asOf",
            "includeHistory",
            "firstNObservations",
            "lastNObservations",
            "dimensionAtObservation",
            "attributes",
            "measures",
            "offset",
            "limit",
            "sort",
            "format",
        ],
        media_types: DATA_V2,
        answers: &[("200", "Figures."), ("204", "There are none.")],
        ..GET
    },
    Operation {
        path: "/sdmx/v1/data/{flow}/{key}/{provider}",
        id: "dataV1",
        tag: "data",
        summary: "Figures, as version 1 of the API asks for them.",
        parameters: &[
            "startPeriod",
            "endPeriod",
            "updatedAfter",
            "firstNObservations",
            "lastNObservations",
            "dimensionAtObservation",
            "detail",
            "includeHistory",
            "format",
        ],
        media_types: DATA_V1,
        ..GET
    },
    Operation {
        path: "/sdmx/v2/registration/{context}",
        id: "registrations",
        tag: "not offered",
        summary: "Registrations of data elsewhere: this hub holds the data themselves.",
        answers: NOT_OFFERED,
        ..GET
    },
    Operation {
        path: "/sdmx/v2/metadata/{context}",
        id: "metadata",
        tag: "not offered",
        summary: "Reference metadata.",
        answers: NOT_OFFERED,
        ..GET
    },
    Operation {
        path: "/v1/data",
        id: "tables",
        tag: "plain",
        summary: "The dataflows, with the addresses of their tables.",
        media_types: &["application/json"],
        ..GET
    },
    Operation {
        path: "/v1/data/{file}",
        id: "table",
        tag: "plain",
        summary: "A dataflow as a table: CSV, JSON, JSON lines, Parquet or Excel, by the ending of the name.",
        parameters: &[
            "COMPONENT",
            "start",
            "end",
            "as_of",
            "updated_after",
            "history",
            "provider",
            "first",
            "last",
            "offset",
            "limit",
            "sort",
            "columns",
            "labels",
            "bom",
            "lang",
        ],
        media_types: &[
            "text/csv",
            "application/json",
            "application/vnd.apache.parquet",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ],
        answers: &[("200", "The table."), ("206", "The part of a Parquet file that was asked for.")],
        ..GET
    },
    Operation {
        method: "post",
        path: "/v1/submissions",
        id: "handIn",
        tag: "data in",
        summary: "Hands a file in, for offices that cannot run the client: SDMX-CSV, SDMX-JSON, SDMX-ML, Parquet, or a \
                  filled workbook, recognised by its content; Content-Encoding gzip or zstd. Needs a certificate or a \
                  token that may send. The header Idempotency-Key is the id of the submission: the same file again \
                  under it takes effect once. The hub signs in the office's stead, and its record says so.",
        parameters: &[
            "dataflow", "provider", "kind", "reason", "person", "test", "embargo", "complete", "filename",
        ],
        media_types: &["application/json"],
        takes: HANDED_IN,
        answers: &[
            ("200", "It changes nothing, or was a test."),
            ("201", "It is in force: the receipt."),
            ("202", "It is under way, or waits for a reviewer: ask at Location."),
            ("409", "The id was used for something else, or is under way."),
            ("422", "It has errors, or warnings to answer: the report."),
        ],
    },
    Operation {
        path: "/v1/submissions/{id}",
        id: "handedIn",
        tag: "data in",
        summary: "Where a submission stands, with its receipt or its report.",
        media_types: &["application/json"],
        answers: &[
            ("200", "It is in force, changed nothing, or was a test."),
            ("202", "It is under way, or waits for a reviewer."),
            ("422", "It has errors, or warnings to answer: the report."),
        ],
        ..GET
    },
    Operation {
        method: "post",
        path: "/v1/submissions/{id}/answers",
        id: "answerWarnings",
        tag: "data in",
        summary: "Answers warnings: {\"answers\": [{\"rule_id\", \"finding_ids\", \"text\"}], \"person\"}.",
        media_types: &["application/json"],
        takes: &["application/json"],
        answers: &[("200", "Others wait for an answer still."), ("201", "It is in force: the receipt.")],
        ..GET
    },
    Operation {
        path: "/sdmx/openapi.json",
        id: "description",
        tag: "description",
        summary: "This description.",
        media_types: &["application/json"],
        ..GET
    },
];
