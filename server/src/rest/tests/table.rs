//! Requests for structures, schemas and availability, and what must be in the answers.

pub(super) const JSON: &str = "application/vnd.sdmx.structure+json;version=2.1.0";
pub(super) const JSON_1_0: &str = "application/vnd.sdmx.structure+json;version=1.0.0";
pub(super) const JSON_2_0: &str = "application/vnd.sdmx.structure+json;version=2.0.0";
pub(super) const ML_2_1: &str = "application/vnd.sdmx.structure+xml;version=2.1";
pub(super) const ML_3_0: &str = "application/vnd.sdmx.structure+xml;version=3.0.0";
pub(super) const ML_3_1: &str = "application/vnd.sdmx.structure+xml;version=3.1.0";

/// Address, Accept, status, Content-Type, and what stands in the body; what must not stand there begins with a `!`.
pub(super) type Row = (&'static str, &'static str, u16, &'static str, &'static [&'static str]);

pub(super) const STRUCTURES: &[Row] = &[
    // Version 2: types, wildcards, versions, trailing slashes.
    ("/sdmx/v2/structure/codelist/MIGHUB/CL_SEX/1.0.0", "*/*", 200, JSON, &["\"CL_SEX\"", "!\"CL_AGE\""]),
    ("/sdmx/v2/structure/codelist/MIGHUB/CL_SEX/1.0.0/", "", 200, JSON, &["\"CL_SEX\""]),
    (
        "/sdmx/structure/codelist/*/CL_SEX,CL_AGE/~",
        "*/*",
        200,
        JSON,
        &["\"CL_SEX\"", "\"CL_AGE\"", "!\"CL_FREQ\""],
    ),
    ("/sdmx/v2/structure/codelist/MIGHUB/CL_SEX/1%2B.0.0", "*/*", 200, JSON, &["\"CL_SEX\""]),
    (
        "/sdmx/v2/structure/codelist/MIGHUB/CL_SEX/2+.0.0",
        "*/*",
        404,
        "application/json; charset=utf-8",
        &["\"errors\""],
    ),
    ("/sdmx/v2/structure/dataflow", "*/*", 200, JSON, &["\"MIG_FLOW\"", "\"MIG_STOCK\"", "!\"codelists\""]),
    ("/sdmx/v2/structure/dataflow/all/all/latest", "*/*", 200, JSON, &["\"MIG_FLOW\""]),
    (
        "/sdmx/v2/structure/codelist/MIGHUB/CL_SEX/~/F",
        "*/*",
        200,
        JSON,
        &["\"isPartial\":true", "\"id\":\"F\"", "!\"id\":\"M\""],
    ),
    (
        "/sdmx/v2/structure/codelist/MIGHUB/CL_SEX/~/NOBODY",
        "*/*",
        404,
        "application/json; charset=utf-8",
        &["\"errors\""],
    ),
    (
        "/sdmx/v2/structure/dataflow/MIGHUB/MIG_FLOW/1.0.0?references=children",
        "*/*",
        200,
        JSON,
        &["\"DSD_MIG_FLOW\"", "!\"codelists\""],
    ),
    (
        "/sdmx/v2/structure/dataflow/MIGHUB/MIG_FLOW/1.0.0?references=descendants",
        "*/*",
        200,
        JSON,
        &["\"CL_SEX\"", "\"CS_MIGHUB\"", "!\"dataConstraints\""],
    ),
    (
        "/sdmx/v2/structure/dataflow/MIGHUB/MIG_FLOW/1.0.0?references=parents",
        "*/*",
        200,
        JSON,
        &["\"CC_MIG_FLOW\""],
    ),
    (
        "/sdmx/v2/structure/dataflow/MIGHUB/MIG_FLOW/1.0.0?references=datastructure,codelist",
        "*/*",
        200,
        JSON,
        &["\"DSD_MIG_FLOW\"", "\"CL_SEX\"", "!\"conceptSchemes\""],
    ),
    (
        "/sdmx/v2/structure/dataflow?detail=allstubs",
        "*/*",
        200,
        JSON,
        &[
            "\"isExternalReference\":true",
            "http://hub.example:8443/sdmx/v2/structure/dataflow/MIGHUB/MIG_FLOW/1.0.0",
        ],
    ),
    ("/sdmx/v2/structure/provisionagreement", "*/*", 200, JSON, &["\"SWE\"", "!PERMITTED"]),
    ("/sdmx/v2/structure/dataproviderscheme", "*/*", 200, JSON, &["\"SWE\"", "\"NOR\""]),
    ("/sdmx/v2/structure/agencyscheme/MIGHUB", "*/*", 200, JSON, &["\"SWE\"", "\"NOR\""]),
    ("/sdmx/v2/structure/agencyscheme/SDMX", "*/*", 200, JSON, &["\"MIGHUB\""]),
    ("/sdmx/v2/structure/dataconstraint/MIGHUB", "*/*", 200, JSON, &["\"CC_MIG_FLOW\""]),
    ("/sdmx/v2/structure/structuremap", "*/*", 404, "application/json; charset=utf-8", &["\"errors\""]),
    ("/sdmx/v2/structure/codelists", "*/*", 400, "application/json; charset=utf-8", &["codelist"]),
    ("/sdmx/v2/structure/codelist?detial=full", "*/*", 400, "application/json; charset=utf-8", &["detial"]),
    (
        "/sdmx/v2/structure/codelist?references=cousins",
        "*/*",
        400,
        "application/json; charset=utf-8",
        &["references"],
    ),
    (
        "/sdmx/v2/structure/codelist?asOf=2020",
        "*/*",
        501,
        "application/json; charset=utf-8",
        &["asOf", "changed last at"],
    ),
    (
        "/sdmx/v2/structure/codelist?asOf=2100",
        "*/*",
        400,
        "application/json; charset=utf-8",
        &["still to come"],
    ),
    (
        "/sdmx/v2/structure/codelist/MIGHUB/CL_SEX?asOf=2023-11-14T22:13:20.500Z",
        "*/*",
        200,
        JSON,
        &["\"CL_SEX\""],
    ),
    // Formats.
    ("/sdmx/v2/structure/codelist/MIGHUB/CL_SEX", JSON_2_0, 200, JSON_2_0, &["\"codelists\""]),
    (
        "/sdmx/v2/structure/codelist/MIGHUB/CL_SEX",
        "application/vnd.sdmx.structure+xml;version=3.0",
        200,
        ML_3_0,
        &["schemas/v3_0/message"],
    ),
    ("/sdmx/v2/structure/codelist/MIGHUB/CL_SEX", "application/xml", 200, ML_3_1, &["schemas/v3_1/message"]),
    (
        "/sdmx/v2/structure/codelist/MIGHUB/CL_SEX?format=sdmx-2.1",
        "*/*",
        200,
        ML_2_1,
        &["schemas/v2_1/message"],
    ),
    (
        "/sdmx/v2/structure/codelist/MIGHUB/CL_SEX",
        "image/png",
        406,
        "application/json; charset=utf-8",
        &["structure+json;version=2.1.0"],
    ),
    // Version 1.
    (
        "/sdmx/v1/datastructure/MIGHUB/DSD_MIG_FLOW",
        JSON_1_0,
        200,
        JSON_1_0,
        &["\"primaryMeasure\"", "\"assignmentStatus\"", "\"isFinal\":true", "!\"measures\""],
    ),
    (
        "/sdmx/v1/contentconstraint/MIGHUB",
        "application/json",
        200,
        JSON_1_0,
        &["\"contentConstraints\"", "\"type\":\"Allowed\"", "[\"IMM\",\"EMI\""],
    ),
    ("/sdmx/v1/codelist/MIGHUB/CL_SEX", "*/*", 200, ML_2_1, &["schemas/v2_1/message", "id=\"CL_SEX\""]),
    ("/sdmx/v1/codelist/MIGHUB/CL_SEX/1.0", "*/*", 200, ML_2_1, &["id=\"CL_SEX\""]),
    ("/sdmx/codelist/MIGHUB/CL_SEX+CL_AGE/latest/", "*/*", 200, ML_2_1, &["id=\"CL_SEX\"", "id=\"CL_AGE\""]),
    ("/sdmx/v1/structure/MIGHUB/MIG_FLOW/latest", "*/*", 200, ML_2_1, &["id=\"MIG_FLOW\""]),
    ("/sdmx/v1/organisationscheme", "application/xml", 200, ML_2_1, &["AgencyScheme", "DataProviderScheme"]),
    ("/sdmx/v1/contentconstraint/MIGHUB", "*/*", 200, ML_2_1, &["ContentConstraint"]),
    (
        "/sdmx/v1/datastructure/MIGHUB/DSD_MIG_FLOW?references=all&detail=referencestubs",
        "*/*",
        200,
        ML_2_1,
        &[
            "isExternalReference=\"true\"",
            "structureURL=\"http://hub.example:8443/sdmx/v1/dataflow/MIGHUB/MIG_FLOW/1.0.0\"",
        ],
    ),
    ("/sdmx/v1/codelist/MIGHUB/NOBODY", "*/*", 404, "application/xml; charset=utf-8", &["code=\"100\""]),
    (
        "/sdmx/v1/codelist/MIGHUB/CL_SEX?references=cousins",
        "*/*",
        400,
        "application/xml; charset=utf-8",
        &["code=\"140\""],
    ),
    ("/sdmx/v1/metadata/flow/MIGHUB", "*/*", 501, "application/xml; charset=utf-8", &["code=\"501\""]),
];

pub(super) const SCHEMAS: &[Row] = &[
    (
        "/sdmx/v2/schema/dataflow/MIGHUB/MIG_FLOW/1.0.0",
        "application/xml",
        200,
        "application/vnd.sdmx.schema+xml;version=3.1.0",
        &["<xs:schema", "MIG_FLOW"],
    ),
    (
        "/sdmx/v2/schema/datastructure/MIGHUB/DSD_MIG_FLOW/~",
        "application/vnd.sdmx.schema+xml;version=3.0.0",
        200,
        "application/vnd.sdmx.schema+xml;version=3.0.0",
        &["<xs:schema"],
    ),
    (
        "/sdmx/v2/schema/dataflow/MIGHUB/MIG_FLOW",
        "*/*",
        200,
        JSON,
        &["\"DSD_MIG_FLOW\"", "\"codelists\"", "\"CC_MIG_FLOW\"", "!\"dataflows\":[{"],
    ),
    (
        "/sdmx/v1/schema/dataflow/MIGHUB/MIG_FLOW/latest?dimensionAtObservation=AllDimensions",
        "*/*",
        200,
        "application/vnd.sdmx.schema+xml;version=2.1",
        &["<xs:schema", "AllDimensions"],
    ),
    (
        "/sdmx/v1/schema/provisionagreement/MIGHUB/SWE",
        "*/*",
        200,
        "application/vnd.sdmx.schema+xml;version=2.1",
        &["<xs:schema"],
    ),
    (
        "/sdmx/v2/schema/dataflow/MIGHUB/MIG_FLOW?dimensionAtObservation=MOON",
        "*/*",
        400,
        "application/json; charset=utf-8",
        &["MOON"],
    ),
    (
        "/sdmx/v2/schema/dataflow/MIGHUB/NOBODY",
        "*/*",
        404,
        "application/json; charset=utf-8",
        &["\"errors\""],
    ),
    ("/sdmx/v2/schema/codelist/MIGHUB/CL_SEX", "*/*", 400, "application/json; charset=utf-8", &["dataflow"]),
];

pub(super) const AVAILABILITY: &[Row] = &[
    (
        "/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/1.0.0",
        JSON_2_0,
        200,
        JSON_2_0,
        &["\"Actual\"", "\"obs_count\"", "\"title\":\"3\"", "\"title\":\"1\"", "\"2019\"", "\"2021\""],
    ),
    (
        "/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/1.0.0/*",
        "*/*",
        200,
        JSON,
        &["\"availabilityConstraints\"", "\"obsCount\":3", "\"seriesCount\":1"],
    ),
    (
        "/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/*/*/REF_AREA",
        "*/*",
        200,
        JSON,
        &["\"REF_AREA\"", "!\"SEX\"", "!TIME_PERIOD"],
    ),
    (
        "/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/*/*?c[TIME_PERIOD]=ge:2020",
        "*/*",
        200,
        JSON,
        &["\"obsCount\":2"],
    ),
    ("/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/*/*?c[REF_AREA]=DEU", "*/*", 204, "", &[]),
    (
        "/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/*/*?c[REF_AREA]=DEU&mode=available",
        "*/*",
        200,
        JSON,
        &["\"SWE\""],
    ),
    (
        "/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/*/*?references=codelist",
        "*/*",
        200,
        JSON,
        &["\"codelists\"", "!\"dataStructures\""],
    ),
    (
        "/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/*/*/MOON",
        "*/*",
        400,
        "application/json; charset=utf-8",
        &["MOON"],
    ),
    (
        "/sdmx/v1/availableconstraint/MIGHUB,MIG_FLOW,1.0.0/all/all/all",
        "*/*",
        200,
        ML_2_1,
        &["ContentConstraint", "type=\"Actual\"", "series_count"],
    ),
    (
        "/sdmx/v1/availableconstraint/MIG_FLOW/?startPeriod=2021",
        "*/*",
        200,
        ML_2_1,
        &["<com:AnnotationTitle>1</com:AnnotationTitle>"],
    ),
    (
        "/sdmx/v1/availableconstraint/MIG_FLOW?startPeriod=2031",
        "*/*",
        404,
        "application/xml; charset=utf-8",
        &["code=\"100\""],
    ),
];
