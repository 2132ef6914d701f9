//! What parameters mean, the same wherever they stand.

const MEANINGS: &[(&str, &str)] = &[
    ("structureType", "Type of artefact, such as codelist or dataflow; several with commas; * for all."),
    ("resource", "Type of artefact, such as codelist or dataflow; structure for all."),
    ("agencyID", "Maintenance agency; several with commas (version 1: plus signs); * or all for all."),
    ("resourceID", "Id of the artefact; several with commas (version 1: plus signs); * or all for all."),
    (
        "version",
        "1.0.0; ~ or latest for the newest, + for the newest stable one, 2.3+.1 for one from there on; * for all.",
    ),
    ("itemID", "Ids of items of a scheme: it comes with these alone."),
    ("context", "dataflow, datastructure, provisionagreement, or * for any."),
    ("flow", "The dataflow: ID, AGENCY,ID or AGENCY,ID,VERSION."),
    (
        "key",
        "Values of the dimensions in their order, with points between: A.ESP.F. An empty one or * means any.",
    ),
    ("provider", "Whose figures: ID or AGENCY,ID; all for the principal provider of each series."),
    ("componentID", "Dimensions whose values are asked for; * or all for all."),
    ("file", "Dataflow and format: DATAFLOW.csv, .json, .jsonl, .parquet, .xlsx."),
    (
        "detail",
        "How much is shown: of structures full, allstubs, referencestubs, allcompletestubs, \
        referencecompletestubs, referencepartial or raw; of data full, dataonly, serieskeysonly or nodata.",
    ),
    (
        "references",
        "What is given along: none, parents, parentsandsiblings, ancestors, children, descendants, all, \
        or types.",
    ),
    ("format", "A format, for those who cannot send the header Accept."),
    (
        "c",
        "c[COMPONENT]=OPERATOR:VALUE, with eq, ne, lt, le, gt, ge, co, nc, sw, ew; a comma means OR, a plus AND.",
    ),
    ("updatedAfter", "Only what changed after this moment."),
    ("asOf", "As it was at this moment."),
    ("includeHistory", "true: every state, with the time for which it held."),
    ("firstNObservations", "At most so many observations of each series, from the first."),
    ("lastNObservations", "At most so many observations of each series, up to the last."),
    ("dimensionAtObservation", "The dimension that stands with observations, or AllDimensions."),
    ("attributes", "Attributes that are given: dsd, dataset, series, obs, all, none, or ids."),
    ("measures", "Measures that are given: all, none, or ids."),
    ("offset", "So many observations are left out first."),
    ("limit", "At most so many observations."),
    ("sort", "Components with plus signs between; COMPONENT:desc turns the order round."),
    ("startPeriod", "From this period on."),
    ("endPeriod", "Up to this period."),
    (
        "mode",
        "exact: values under the key; available: those that each dimension could have beside the others.",
    ),
    ("explicitMeasure", "Nothing depends on it here: each observation has its measures."),
    ("deletion", "Nothing depends on it here: deletions have the same columns."),
    ("COMPONENT", "Values of a component, in any case: ref_area=SWE,NOR."),
    ("start", "From this period on."),
    ("end", "Up to this period."),
    ("as_of", "As it was at this moment."),
    ("updated_after", "Only what changed after this moment."),
    ("history", "true: every state, with the time for which it held."),
    ("first", "At most so many observations of each series, from the first."),
    ("last", "At most so many observations of each series, up to the last."),
    ("columns", "Which columns, in which order."),
    ("labels", "id, name or both."),
    (
        "bom",
        "1: for Excel. A byte order mark comes first, by which it knows UTF-8, and texts that it would run as \
         formulas have an apostrophe before them.",
    ),
    ("lang", "Language of names."),
    ("dataflow", "Of a file with several dataflows only this one, as AGENCY:ID(VERSION)."),
    ("kind", "routine, correction, method-change, re-estimation or test."),
    ("reason", "Why it is sent; asked for with every kind but routine and test."),
    ("person", "Who sends it."),
    ("test", "true: run everything and store nothing."),
    ("embargo", "Released then, such as 2026-01-31T09:00:00Z."),
    ("complete", "true, or a key: the file is all there is within it."),
    ("filename", "What messages call the file."),
    ("id", "Id of the submission, of 26 characters."),
];

/// What a parameter means; empty if nobody said.
pub(super) fn meaning(name: &str) -> &'static str {
    MEANINGS.iter().find(|(known, _)| *known == name).map_or("", |(_, meaning)| meaning)
}
