//! Random histories of a small lane: few keys, so that rows meet each other.

use std::collections::BTreeSet;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use super::{Cells, Letter, OF_OBSERVATION, OF_SERIES, Row, Submission};

const AREAS: [&str; 2] = ["NOR", "SWE"];
const SEXES: [&str; 3] = ["_T", "F", "M"];
const YEARS: std::ops::Range<u16> = 2019..2023;
/// Values as they are printed, the ends of what 18 digits hold among them.
const VALUES: [&str; 8] =
    ["0", "7", "12.50", "12.5", "-3.1", "1000000", "999999999999999999", "-0.99999999999999999"];
const ROWS_MAX: usize = 7;

/// Something that happens to a lane.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Push(Submission),
    /// The file that was pushed last is pushed once more.
    Again,
    /// The newest submission is taken back.
    Withdraw,
    /// Time passes, in seconds: embargoes end.
    Wait(i64),
    /// The hub stops, something happens to its view, and it starts again.
    Restart(Between),
}

/// What happens to the view of a hub that is not running.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Between {
    Nothing,
    /// It is deleted.
    Lost,
    /// Bytes of its files are overwritten; where and with what follows from the number.
    Overwritten(u64),
}

/// A history of a lane.
pub(crate) fn history(steps: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let between = prop_oneof![
        1 => Just(Between::Nothing),
        2 => Just(Between::Lost),
        1 => any::<u64>().prop_map(Between::Overwritten),
    ];
    let step = prop_oneof![
        12 => submission().prop_map(Step::Push),
        2 => Just(Step::Again),
        1 => Just(Step::Withdraw),
        3 => (1i64..100).prop_map(Step::Wait),
        2 => between.prop_map(Step::Restart),
    ];
    prop::collection::vec(step, steps)
}

/// A file and how it is sent.
pub(crate) fn submission() -> impl Strategy<Value = Submission> {
    let area = prop_oneof![Just(None), select(&AREAS[..]).prop_map(Some)];
    let complete = area.prop_map(|area| [None, area, None]);
    let rows = prop::collection::vec(row(), 1..ROWS_MAX);
    (rows, option::weighted(0.12, complete), option::weighted(0.2, 1i64..120)).prop_map(
        |(rows, complete, embargo_s)| {
            let rows = tidy(rows);
            // A file that only deletes is complete for nothing.
            let complete = complete.filter(|_| rows.iter().any(|row| !row.letter.is_delete()));
            Submission { rows, complete, embargo_s }
        },
    )
}

fn row() -> impl Strategy<Value = Row> {
    prop_oneof![7 => putting(), 3 => deleting()]
}

fn putting() -> impl Strategy<Value = Row> {
    let letter = prop_oneof![
        5 => Just(Letter::Merge),
        3 => Just(Letter::Replace),
        1 => Just(Letter::Information),
        1 => Just(Letter::Append),
        1 => Just(Letter::None),
    ];
    let value = || select(&VALUES[..]).prop_map(Some);
    let status = |codes: &'static [&'static str]| select(codes).prop_map(Some);
    let value_and_status = Union::new_weighted(vec![
        (12, (value(), Just(None)).boxed()),
        (6, (value(), status(&["A", "E", "P", "J", "K"])).boxed()),
        (4, (Just(None), status(&["H", "L", "M", "O", "Q", "J", "S"])).boxed()),
        // Right only where a value is there already, or wrong.
        (2, (Just(None), Just(None)).boxed()),
        (1, (Just(None), status(&["A", "E"])).boxed()),
        (1, (value(), status(&["M", "Q"])).boxed()),
    ]);
    let others = (
        option::weighted(0.3, select(&["F", "F", "C", "N"][..])),
        option::weighted(0.12, select(&["IOM", "UNHCR"][..])),
        option::weighted(0.2, select(&["seen", "a, \"quoted\" one", "of two\nlines"][..])),
        option::weighted(0.15, select(&["PS", "CASES"][..])),
        option::weighted(0.1, select(&["by permit", "by register"][..])),
        option::weighted(0.05, select(&["urn:a", "urn:b"][..])),
    );
    let key = (select(&AREAS[..]), select(&SEXES[..]), YEARS);
    (letter, key, value_and_status, others).prop_map(
        |(letter, (area, sex, year), (value, status), others)| {
            let (conf, redist, comment, unit, note, metadata) = others;
            let given = [
                ("OBS_VALUE", value),
                ("OBS_STATUS", status),
                ("CONF_STATUS", conf),
                ("CONF_REDIST", redist),
                ("COMMENT_OBS", comment),
                ("UNIT_MEASURE", unit),
                ("DEF_NOTE", note),
                ("METADATA_REF", metadata),
            ];
            let cells = given.into_iter().filter_map(|(id, text)| Some((id, text?.to_owned()))).collect();
            Row { letter, codes: [Some("A"), Some(area), Some(sex)], year: Some(year), cells }
        },
    )
}

fn deleting() -> impl Strategy<Value = Row> {
    let code = |codes: &'static [&'static str]| option::weighted(0.75, select(codes));
    let key = (code(&["A"]), code(&AREAS), code(&SEXES), option::weighted(0.75, YEARS));
    let deletable =
        ["OBS_VALUE", "OBS_STATUS", "CONF_STATUS", "CONF_REDIST", "COMMENT_OBS", "UNIT_MEASURE", "DEF_NOTE"];
    let filled = prop_oneof![
        5 => Just(Vec::new()),
        4 => prop::sample::subsequence(deletable[2..].to_vec(), 1..3),
        1 => prop::sample::subsequence(deletable.to_vec(), 1..3),
        1 => Just(vec!["METADATA_REF"]),
    ];
    // Any filler does.
    let filler = select(&["-", "0"][..]);
    (key, filled, filler).prop_map(|((freq, area, sex, year), filled, filler)| {
        let cells: Cells = filled.into_iter().map(|id| (id, filler.to_owned())).collect();
        Row { letter: Letter::Delete, codes: [freq, area, sex], year, cells }
    })
}

/// Takes out what is refused whatever is there (an observation twice in one action, two values for one attribute
/// of a series or of the dataset, a key and nothing else): such files have tests of their own.
fn tidy(rows: Vec<Row>) -> Vec<Row> {
    let mut kept: Vec<Row> = Vec::new();
    let mut seen: BTreeSet<([Option<&str>; 3], Option<u16>)> = BTreeSet::new();
    let mut has_dataset = false;
    let mut begins = 0;
    for mut row in rows {
        if kept.last().is_some_and(|last| !last.letter.acts_like(row.letter)) {
            seen.clear();
            begins = kept.len();
        }
        let gives_dataset = row.cells.contains_key("METADATA_REF");
        if gives_dataset && has_dataset {
            row.cells.remove("METADATA_REF");
            // Without it the deletion would be one of whole observations.
            if row.letter.is_delete() {
                continue;
            }
        }
        has_dataset |= gives_dataset;
        if !row.letter.is_delete() {
            for id in OF_SERIES {
                let given = kept[begins..].iter().filter(|other| other.codes == row.codes);
                if let (Some(first), true) =
                    (given.filter_map(|other| other.cells.get(id)).next(), row.cells.contains_key(id))
                {
                    row.cells.insert(id, first.clone());
                }
            }
            if !OF_OBSERVATION.iter().any(|id| row.cells.contains_key(id)) {
                row.cells.insert("COMMENT_OBS", "only this".to_owned());
            }
        }
        // Deletions complete each other.
        if row.letter.is_delete() || seen.insert((row.codes, row.year)) {
            kept.push(row);
        }
    }
    kept
}
