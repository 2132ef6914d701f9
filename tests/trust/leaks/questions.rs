//! Random questions through every door: sound ones, odd ones and wrong ones.

use mighub::v1::{self, Point, point};
use prost::Message;

use super::canaries::AREAS;
use crate::office::random::Random;
use crate::office::{FLOW, raw};
use crate::rest::Asked;
use crate::rights::wire::Until;

/// A question.
#[derive(Clone)]
pub(crate) enum Question {
    /// Of gRPC: the call, and what is sent.
    Rpc { name: &'static str, message: Vec<u8>, until: Until },
    /// Of REST.
    Rest(Asked),
}

/// Bytes of a message that are shown.
const SHOWN_MAX: usize = 100;

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rest(asked) => write!(f, "{} {} {:?}", asked.method, asked.path, asked.headers),
            Self::Rpc { name, message, .. } => {
                let shown = data_encoding::BASE64.encode(&message[..message.len().min(SHOWN_MAX)]);
                write!(f, "{name} of {} bytes: {shown}", message.len())
            }
        }
    }
}

/// What questions may be about.
pub(crate) struct About<'a> {
    /// Records of the journal.
    pub(crate) positions: u64,
    /// Milliseconds since 1970: when it began, and now.
    pub(crate) times: (i64, i64),
    pub(crate) submissions: &'a [String],
    /// Cursors that the same reader was given.
    pub(crate) cursors: &'a [Vec<u8>],
    /// Any secret: so that questions name some.
    pub(crate) secret: &'a str,
}

const MEDIA_TYPES: [&str; 16] = [
    "*/*",
    "application/vnd.sdmx.data+json;version=2.1.0",
    "application/vnd.sdmx.data+json;version=2.0.0",
    "application/vnd.sdmx.data+json;version=1.0.0",
    "application/vnd.sdmx.data+xml;version=3.1.0",
    "application/vnd.sdmx.data+xml;version=3.0.0",
    "application/vnd.sdmx.data+csv;version=2.1.0",
    "application/vnd.sdmx.data+csv;version=2.0.0",
    "application/vnd.sdmx.data+csv;version=1.0.0",
    "application/vnd.sdmx.data+csv;version=1.0.0;labels=both",
    "application/vnd.sdmx.genericdata+xml;version=2.1",
    "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
    "application/vnd.sdmx.generictimeseriesdata+xml;version=2.1",
    "application/vnd.sdmx.structurespecifictimeseriesdata+xml;version=2.1",
    "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
];
const COMPONENTS: [&str; 6] =
    ["OBS_VALUE", "COMMENT_OBS", "CONF_STATUS", "OBS_STATUS", "CONF_REDIST", "TIME_PERIOD"];

fn one_of<T: Copy>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len() as u64) as usize]
}

/// The next question.
pub(crate) fn question(random: &mut Random, about: &About<'_>) -> Question {
    match random.below(12) {
        0..=2 => pull(random, about),
        3 => listing(random, about),
        4 => diff(random, about),
        5 => of_submission(random, about),
        6..=8 => Question::Rest(data(random, about)),
        9 => Question::Rest(availability(random, about)),
        10 => Question::Rest(table(random, about)),
        _ => Question::Rest(other(random, about)),
    }
}

fn rpc(name: &'static str, message: impl Message) -> Question {
    Question::Rpc { name, message: message.encode_to_vec(), until: Until::End }
}

fn time(random: &mut Random, about: &About<'_>) -> i64 {
    let (from, to) = about.times;
    // An hour around, so that questions about the future are among them.
    from - 3_600_000 + random.below((to - from + 7_200_000) as u64) as i64
}

fn point(random: &mut Random, about: &About<'_>) -> Option<Point> {
    let at = match random.below(6) {
        0 => {
            let at = time(random, about);
            point::At::AsOf(mighub::convert::timestamp_message(at))
        }
        1 => point::At::Position(random.below(about.positions + 2)),
        2 => point::At::Edition(one_of(random, &["first", "held", "later", "withdrawn"]).to_owned()),
        _ => return None,
    };
    Some(Point { at: Some(at) })
}

fn selection(random: &mut Random) -> Option<v1::Selection> {
    if random.below(2) == 0 {
        return None;
    }
    let mut dimensions = vec![v1::CodeSet::default(); 9];
    dimensions[4].codes = vec![one_of(random, &AREAS).to_owned()];
    let keys = if random.below(3) == 0 { Vec::new() } else { vec![v1::KeyPattern { dimensions }] };
    let year = |random: &mut Random| (1999 + random.below(16)).to_string();
    let start_period = if random.below(3) == 0 { year(random) } else { String::new() };
    let end_period = if random.below(3) == 0 { year(random) } else { String::new() };
    Some(v1::Selection { keys, start_period, end_period })
}

fn pull(random: &mut Random, about: &About<'_>) -> Question {
    let since = match about.cursors.len() as u64 {
        count @ 1.. if random.below(2) == 0 => about.cursors[random.below(count) as usize].clone(),
        _ => Vec::new(),
    };
    let point = if since.is_empty() { point(random, about) } else { None };
    let providers =
        if random.below(3) == 0 { vec![one_of(random, &["SWE", "FRA", "NOR"]).to_owned()] } else { vec![] };
    let max_observations = (random.below(4) == 0).then(|| random.below(40));
    rpc(
        "RetrievalService/Pull",
        v1::PullRequest {
            dataflow: FLOW.into(),
            all_providers: providers.is_empty() && random.below(2) == 0,
            providers,
            selection: selection(random),
            point,
            since: since.into(),
            max_observations,
            ..Default::default()
        },
    )
}

fn listing(random: &mut Random, about: &About<'_>) -> Question {
    let dataflow = FLOW.to_owned();
    match random.below(6) {
        0 => rpc("RetrievalService/ListVintages", v1::ListVintagesRequest { dataflow, ..Default::default() }),
        1 => {
            let point = point(random, about);
            rpc(
                "RetrievalService/GetCoverage",
                v1::GetCoverageRequest { dataflow, point, ..Default::default() },
            )
        }
        2 => rpc("SubmissionService/ListSubmissions", v1::ListSubmissionsRequest::default()),
        3 => rpc("AgencyService/ListAgreements", v1::ListAgreementsRequest::default()),
        4 => {
            // What rules say of figures may show some.
            let rulebook = mighub_validation::Rulebook::shipped(FLOW).expect("flows have a rulebook");
            let rulebook = rulebook.canonical_bytes().to_vec().into();
            rpc("StructureService/TryRulebook", v1::TryRulebookRequest { rulebook, providers: Vec::new() })
        }
        _ => rpc("SubmissionService/GetLane", v1::GetLaneRequest { lane: Some(raw::lane("SWE")) }),
    }
}

fn diff(random: &mut Random, about: &About<'_>) -> Question {
    let (before, after) = (point(random, about), point(random, about));
    let lane = Some(raw::lane(one_of(random, &["SWE", "SWE", "NOR"])));
    let request = v1::DiffVintagesRequest { lane, before, after, selection: selection(random) };
    rpc("RetrievalService/DiffVintages", request)
}

fn of_submission(random: &mut Random, about: &About<'_>) -> Question {
    let submission_id = about.submissions[random.below(about.submissions.len() as u64) as usize].clone();
    match random.below(5) {
        0 => rpc("SubmissionService/GetSubmission", v1::GetSubmissionRequest { submission_id }),
        1 => rpc("SubmissionService/SealSubmission", v1::SealSubmissionRequest { submission_id }),
        2 => Question::Rest(Asked::get(format!("/v1/submissions/{submission_id}"))),
        _ => rpc(
            "SubmissionService/ListFindings",
            v1::ListFindingsRequest { submission_id, ..Default::default() },
        ),
    }
}

fn key(random: &mut Random) -> String {
    match random.below(5) {
        0 => "*".to_owned(),
        1 => format!("A.SWE.IMM.PRV.{}._T._T.LT._T", one_of(random, &AREAS)),
        2 => format!("*.SWE.*.*.{}.*.*.*.*", one_of(random, &AREAS)),
        3 => "A.SWE.EMI.PRV.*.*.*.*.*".to_owned(),
        _ => "*.FRA.*.*.*.*.*.*.*".to_owned(),
    }
}

fn instant(random: &mut Random, about: &About<'_>) -> String {
    let at = jiff::Timestamp::from_millisecond(time(random, about)).expect("of this century");
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A condition on a component, perhaps on a secret.
fn condition(random: &mut Random, about: &About<'_>) -> (String, String) {
    let component = one_of(random, &COMPONENTS);
    let operator = one_of(random, &["eq", "ne", "ge", "lt", "co", "sw"]);
    let value = match component {
        "OBS_VALUE" | "COMMENT_OBS" => about.secret.to_owned(),
        "TIME_PERIOD" => (1999 + random.below(16)).to_string(),
        _ => one_of(random, &["C", "F", "N", "A", "IOM"]).to_owned(),
    };
    (component.to_owned(), format!("{operator}:{value}"))
}

fn data(random: &mut Random, about: &About<'_>) -> Asked {
    let mut query = Vec::new();
    let accept = one_of(random, &MEDIA_TYPES);
    let path = if random.below(2) == 0 {
        if random.below(3) == 0 {
            let (component, value) = condition(random, about);
            query.push(format!("c%5B{component}%5D={value}"));
        }
        for (name, value) in [
            ("asOf", instant(random, about)),
            ("updatedAfter", instant(random, about)),
            ("includeHistory", "true".to_owned()),
            ("firstNObservations", "2".to_owned()),
            ("lastNObservations", "2".to_owned()),
            ("offset", random.below(30).to_string()),
            ("limit", (1 + random.below(30)).to_string()),
            ("sort", one_of(random, &["OBS_VALUE:desc", "TIME_PERIOD", "COMMENT_OBS"]).to_owned()),
            ("attributes", one_of(random, &["all", "none", "COMMENT_OBS", "dsd"]).to_owned()),
            ("measures", one_of(random, &["all", "none", "OBS_VALUE"]).to_owned()),
            (
                "dimensionAtObservation",
                one_of(random, &["TIME_PERIOD", "AllDimensions", "COUNTERPART_AREA"]).to_owned(),
            ),
        ] {
            if random.below(8) == 0 {
                query.push(format!("{name}={value}"));
            }
        }
        format!("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/{}", key(random))
    } else {
        for (name, value) in [
            ("startPeriod", (1999 + random.below(16)).to_string()),
            ("updatedAfter", instant(random, about)),
            ("includeHistory", "true".to_owned()),
            ("firstNObservations", "1".to_owned()),
            ("detail", one_of(random, &["full", "dataonly", "serieskeysonly", "nodata"]).to_owned()),
        ] {
            if random.below(6) == 0 {
                query.push(format!("{name}={value}"));
            }
        }
        let provider = one_of(random, &["all", "SWE", "FRA", "MIGHUB,SWE"]);
        format!("/sdmx/v1/data/MIGHUB,MIG_FLOW,1.0.0/{}/{provider}", key(random).replace('*', ""))
    };
    asked(path, &query).with("accept", accept)
}

fn availability(random: &mut Random, about: &About<'_>) -> Asked {
    let mut query = Vec::new();
    if random.below(2) == 0 {
        let (component, value) = condition(random, about);
        query.push(format!("c%5B{component}%5D={value}"));
    }
    if random.below(4) == 0 {
        query.push(format!("updatedAfter={}", instant(random, about)));
    }
    if random.below(4) == 0 {
        return asked(
            format!("/sdmx/v1/availableconstraint/MIGHUB,MIG_FLOW,1.0.0/{}/all/all", key(random)),
            &[],
        );
    }
    let component = one_of(random, &["*", "TIME_PERIOD", "COUNTERPART_AREA", "REF_AREA"]);
    asked(format!("/sdmx/v2/availability/dataflow/MIGHUB/MIG_FLOW/1.0.0/{}/{component}", key(random)), &query)
}

fn table(random: &mut Random, about: &About<'_>) -> Asked {
    let mut query = Vec::new();
    for (name, value) in [
        ("counterpart_area", one_of(random, &AREAS).to_owned()),
        ("start", (1999 + random.below(16)).to_string()),
        ("as_of", instant(random, about)),
        ("updated_after", instant(random, about)),
        ("history", "true".to_owned()),
        ("provider", one_of(random, &["SWE", "FRA"]).to_owned()),
        ("last", "1".to_owned()),
        ("limit", "20".to_owned()),
        ("sort", "OBS_VALUE:desc".to_owned()),
        ("obs_value", format!("ge:{}", about.secret)),
        ("comment_obs", about.secret.to_owned()),
        ("labels", "both".to_owned()),
        ("columns", "OBS_VALUE,COMMENT_OBS".to_owned()),
    ] {
        if random.below(7) == 0 {
            query.push(format!("{name}={value}"));
        }
    }
    let ending = one_of(random, &["csv", "json", "jsonl", "parquet", "xlsx"]);
    asked(format!("/v1/data/MIG_FLOW.{ending}"), &query)
}

/// Errors, and what describes.
fn other(random: &mut Random, about: &About<'_>) -> Asked {
    let path = match random.below(8) {
        0 => "/v1/data".to_owned(),
        1 => "/sdmx/v2/structure/dataflow/MIGHUB/MIG_FLOW/1.0.0?references=all".to_owned(),
        2 => "/sdmx/v2/structure/provisionagreement/MIGHUB/*/*".to_owned(),
        3 => "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/A.SWE.IMM".to_owned(),
        4 => "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?c%5BNO_SUCH%5D=1".to_owned(),
        5 => format!("/v1/data/MIG_FLOW.csv?as_of={}", random.below(10_000)),
        6 => format!("/v1/submissions/{}", "0".repeat(26)),
        _ => format!("/sdmx/v2/structure/provisionagreement/MIGHUB/PA_SWE/1.0.0?{}=1", about.positions),
    };
    Asked::get(path)
}

fn asked(path: String, query: &[String]) -> Asked {
    if query.is_empty() { Asked::get(path) } else { Asked::get(format!("{path}?{}", query.join("&"))) }
}
