//! What a client pulled, as a plain table of texts; the sample files in the same form, and files of made-up flows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mighub_client::{Cursor, Error, Hub, Progress, PullRequest, PullSummary, Pulled, PulledLane};
use mighub_sdmx::Columns;
use mighub_sdmx::columns::AttributeValue;

use super::FLOW;

/// Codes of the series, joined by points, and the period.
pub(crate) type Key = (String, String);
/// Filled cells by component, those of the series among them; of the value under `OBS_VALUE`.
pub(crate) type Cells = BTreeMap<String, String>;
/// Observations of one lane.
pub(crate) type Table = BTreeMap<Key, Cells>;

/// What a reader has of a dataflow, lane by lane, and how to go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Copy {
    pub(crate) lanes: BTreeMap<String, Table>,
    pub(crate) dataset: BTreeMap<String, Cells>,
    pub(crate) cursor: Option<Cursor>,
    /// Of the last pull: observations that came, and observations that went, with the reason.
    pub(crate) came: Vec<Key>,
    pub(crate) gone: Vec<(Key, String)>,
}

impl Copy {
    /// Pulls, and puts what comes over what is there.
    pub(crate) async fn pull(&mut self, hub: &Hub, request: PullRequest) -> Result<PullSummary, Error> {
        let mut pull = hub.pull(request, &Progress::silent()).await?;
        (self.came, self.gone) = (Vec::new(), Vec::new());
        let mut lane = None;
        loop {
            match pull.next().await?.expect("a pull ends with its summary") {
                Pulled::Lane(next) => {
                    self.begin(&next);
                    lane = Some(next.lane.provider.clone());
                }
                Pulled::Observations(columns) => {
                    let table = self.lanes.get_mut(lane.as_ref().expect("a lane")).expect("begun");
                    each(&columns, |key, cells| {
                        self.came.push(key.clone());
                        table.insert(key, cells);
                    });
                }
                Pulled::Gone { columns, reason } => {
                    let table = self.lanes.get_mut(lane.as_ref().expect("a lane")).expect("begun");
                    let reason = reason.as_str_name().trim_start_matches("TOMBSTONE_REASON_").to_owned();
                    each(&columns, |key, _| {
                        assert!(table.remove(&key).is_some(), "{key:?} is gone and was never there");
                        self.gone.push((key, reason.clone()));
                    });
                }
                Pulled::End(summary) => {
                    self.lanes.retain(|_, table| !table.is_empty());
                    self.cursor = summary.cursor.clone();
                    for lane in &summary.lanes {
                        let name = &lane.lane.as_ref().expect("a lane").provider;
                        let has = self.lanes.get(name).map_or(0, |table| table.len() as u64);
                        assert_eq!(lane.total, has, "observations the hub says the reader has of {name}");
                    }
                    return Ok(summary);
                }
            }
        }
    }

    fn begin(&mut self, lane: &PulledLane) {
        let name = lane.lane.provider.clone();
        let table = self.lanes.entry(name.clone()).or_default();
        if !lane.delta {
            table.clear();
        }
        let attributes = lane.dataset_attributes.iter();
        self.dataset.insert(name, attributes.map(|(id, value)| (id.to_string(), printed(value))).collect());
    }

    /// What the reader has of a lane; nothing, if it has no observations.
    pub(crate) fn lane(&self, provider: &str) -> Table {
        self.lanes.get(provider).cloned().unwrap_or_default()
    }
}

/// Everything that a client gets of a dataflow.
pub(crate) async fn pulled(hub: &Hub, request: PullRequest) -> Copy {
    let mut copy = Copy::default();
    let summary = copy.pull(hub, request).await.expect("a pull");
    assert!(summary.complete);
    copy
}

/// Why a pull is refused.
pub(crate) async fn refused(hub: &Hub, request: PullRequest) -> String {
    let error = Copy::default().pull(hub, request).await.expect_err("a refusal");
    error
        .reason()
        .map_or_else(|| error.to_string(), |reason| reason.as_str_name()["ERROR_REASON_".len()..].to_owned())
}

/// Observation by observation.
pub(crate) fn each(columns: &Columns, mut each: impl FnMut(Key, Cells)) {
    let shape = &columns.shape;
    for series in 0..columns.series_count() {
        let codes: Vec<&str> = columns.key(series).codes().map(|code| &**code).collect();
        for place in columns.observations(series) {
            let of_observation = shape.observation_attributes.iter().zip(&columns.observation_attributes);
            let of_series = shape.series_attributes.iter().zip(&columns.series_attributes);
            let mut cells: Cells = of_observation
                .filter_map(|(id, column)| Some((id.to_string(), printed(column.get(place)?))))
                .chain(
                    of_series.filter_map(|(id, column)| Some((id.to_string(), printed(column.get(series)?)))),
                )
                .collect();
            if let Some(value) = columns.value(place) {
                cells.insert("OBS_VALUE".to_owned(), value.to_string());
            }
            each((codes.join("."), columns.periods[place].to_string()), cells);
        }
    }
}

fn printed(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.to_string(),
        AttributeValue::Many(sets) => {
            let texts = sets.iter().flatten().map(|part| match &*part.language {
                "" => part.text.to_string(),
                language => format!("{language}:{}", part.text),
            });
            texts.collect::<Vec<_>>().join(";")
        }
    }
}

/// A sample file.
pub(crate) fn sample_path(office: &str) -> PathBuf {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/data/submissions");
    folder.join(format!("{office}_MIG_FLOW_2010_2016.csv"))
}

pub(crate) fn sample(office: &str) -> String {
    std::fs::read_to_string(sample_path(office)).expect("a sample file")
}

/// A file without quoted cells as the table that its reader must get, all rows being merged into nothing.
pub(crate) fn table_of(text: &str) -> Table {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let at = |id: &str| header.iter().position(|column| *column == id).expect("the column is there");
    let (first, time, value) = (at("FREQ"), at("TIME_PERIOD"), at("OBS_VALUE"));
    lines
        .map(|row| {
            let filled = (value..row.len()).filter(|place| !row[*place].is_empty());
            let cells = filled.map(|place| (header[place].to_owned(), row[place].to_owned())).collect();
            ((row[first..time].join("."), row[time].to_owned()), cells)
        })
        .collect()
}

/// Rows of MIG_FLOW: action, direction, counterpart, year, and the cells behind (value, status, confidentiality).
pub(crate) fn flows(provider: &str, rows: &[(&str, &str, &str, u16, &str)]) -> String {
    let header = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,\
                  MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";
    let row = |(action, direction, counterpart, year, cells): &(&str, &str, &str, u16, &str)| {
        format!(
            "dataflow,{FLOW},{action},A,{provider},{direction},PRV,{counterpart},_T,_T,LT,_T,{year},{cells}\n"
        )
    };
    header.to_owned() + &rows.iter().map(row).collect::<String>()
}
