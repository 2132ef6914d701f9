//! What holds whatever offices send.

mod package;

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub_consolidation::{Corridor, DerivedRow, Input, Method, Quality, Scope, Source, derived, recompute};
use mighub_sdmx::source_report::{Accuracy, SourceRank, Undercount};
use mighub_sdmx::{Columns, Decimal, Period};
use package::{Declared, Row, areas, columns, flows, national_files, pair, source};
use proptest::prelude::*;

const AREAS: [&str; 4] = ["DNK", "FIN", "NOR", "SWE"];
const DURATIONS: [&str; 3] = ["LT", "ND", "ST"];
/// What hidden figures begin with; it may be seen nowhere.
const SECRET: i64 = 987_654_321;

/// One report: who, of whom, direction, duration, year; what of it; figure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Report {
    reporter: usize,
    partner: usize,
    arrivals: bool,
    duration: usize,
    year: u16,
    figure: Option<i64>,
    status: &'static str,
    hidden: bool,
}

impl Report {
    fn key(&self) -> String {
        let direction = if self.arrivals { "IMM" } else { "EMI" };
        let (own, other) = (AREAS[self.reporter], AREAS[self.partner]);
        format!("A.{own}.{direction}.PRV.{other}._T._T.{}._T", DURATIONS[self.duration])
    }

    fn corridor(&self) -> Corridor {
        let (own, other) = (AREAS[self.reporter], AREAS[self.partner]);
        if self.arrivals { Corridor::new(other, own) } else { Corridor::new(own, other) }
    }
}

fn reports() -> impl Strategy<Value = Vec<Report>> {
    let figure = prop_oneof![1 => Just(None), 1 => Just(Some(-4)), 1 => Just(Some(0)), 6 => (1i64..300).prop_map(Some)];
    let status = prop_oneof![4 => Just("A"), 1 => Just("P"), 1 => Just("B"), 1 => Just("E")];
    let one = (
        0..4usize,
        0..4usize,
        any::<bool>(),
        0..3usize,
        2010u16..2015,
        figure,
        status,
        prop::bool::weighted(0.15),
    );
    let report = one.prop_filter_map("nobody moves from an area to itself", |one| {
        let (reporter, partner, arrivals, duration, year, figure, status, hidden) = one;
        (reporter != partner).then_some(Report {
            reporter,
            partner,
            arrivals,
            duration,
            year,
            figure,
            status,
            hidden,
        })
    });
    prop::collection::vec(report, 0..60).prop_map(|reports| {
        // One report a key and year, as in a lane.
        let by_place: BTreeMap<_, _> =
            reports.into_iter().map(|report| ((report.key(), report.year), report)).collect();
        by_place.into_values().collect()
    })
}

fn inputs(reports: &[Report]) -> Vec<(Source, Columns)> {
    let texts: Vec<_> = reports
        .iter()
        .map(|report| {
            let secret = || SECRET * 1_000 + report.figure.unwrap_or(0).abs();
            let figure = if report.hidden { Some(secret()) } else { report.figure };
            (report, report.key(), report.year.to_string(), figure.map(|figure| figure.to_string()))
        })
        .collect();
    let of = |place: usize| {
        let rows: Vec<Row<'_>> = texts
            .iter()
            .filter(|(report, ..)| report.reporter == place)
            .map(|(report, key, year, figure)| {
                let attributes: &[(&str, &str)] = match (report.hidden, report.status) {
                    (true, "B") => &[("CONF_STATUS", "C"), ("OBS_STATUS", "B")],
                    (true, _) => &[("CONF_STATUS", "C"), ("COMMENT_OBS", "987654321")],
                    (_, "P") => &[("OBS_STATUS", "P"), ("CONF_STATUS", "F"), ("COMMENT_OBS", "early")],
                    (_, "B") => &[("OBS_STATUS", "B"), ("CONF_STATUS", "F")],
                    (_, "E") => &[("OBS_STATUS", "E"), ("CONF_STATUS", "F")],
                    _ => &[("OBS_STATUS", "A"), ("CONF_STATUS", "F")],
                };
                (key.as_str(), year.as_str(), figure.as_deref(), attributes)
            })
            .collect();
        (source(AREAS[place]), columns("MIG_FLOW", &rows))
    };
    (0..AREAS.len()).map(of).collect()
}

fn methods() -> Vec<Method> {
    let carrying = br#"{"method":"M1","tolerance":"0.10","mean":true,"carry_years":2}"#;
    let factors = br#"{"method":"M3","digits":1,"factors":[{"area":"SWE","direction":"IMM","from":2011,"to":2013,"factor":"1.25","source":"a study"}]}"#;
    let read = |json: &[u8]| Method::from_json(json).expect("a method");
    vec![Method::m0(), read(carrying), Method::m2(), read(factors)]
}

/// Some offices are declared better than others.
fn quality(_: &Source, area: &str, _: &str, _: Period) -> SourceRank {
    match area {
        "DNK" => SourceRank::of(Some(Undercount::Low), Some(Accuracy::High)),
        "SWE" => SourceRank::of(Some(Undercount::Medium), Some(Accuracy::High)),
        _ => SourceRank::UNGRADED,
    }
}

fn consolidated(inputs: &[(Source, Columns)], scope: Scope, quality: &dyn Quality) -> Columns {
    flows(methods()).all_rows(&pair(inputs, scope), quality)
}

fn rows(columns: &Columns) -> Vec<DerivedRow> {
    derived::rows(columns).expect("derived rows").collect()
}

/// Rows by their key, for comparison of sets.
fn by_key(rows: impl IntoIterator<Item = DerivedRow>) -> BTreeMap<String, DerivedRow> {
    let key = |row: &DerivedRow| {
        let DerivedRow { origin, destination, duration, view, method, period, .. } = row;
        format!("{origin} {destination} {duration:?} {view} {method} {period}")
    };
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_inputs_does_not_matter(reports in reports(), turn in 0usize..4) {
        let mut inputs = inputs(&reports);
        let made = consolidated(&inputs, Scope::All, &quality);
        inputs.rotate_left(turn);
        prop_assert_eq!(consolidated(&inputs, Scope::All, &quality), made);
    }

    #[test]
    fn rows_come_in_canonical_order_each_once(reports in reports()) {
        let made = consolidated(&inputs(&reports), Scope::All, &quality);
        prop_assert!(made.check());
        let keys: Vec<_> = (0..made.series_count()).map(|series| made.key(series)).collect();
        prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        for series in 0..made.series_count() {
            let periods = &made.periods[made.observations(series)];
            prop_assert!(!periods.is_empty() && periods.windows(2).all(|pair| pair[0] < pair[1]));
        }
        for column in made.observation_attributes.iter().chain(&made.series_attributes) {
            prop_assert!(column.values.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn a_part_is_the_same_rows_as_the_whole_has(before in reports(), after in reports(), office in 0usize..4) {
        // One office sends other figures; only corridors that its old or new rows are about are made anew.
        let (old, new) = (inputs(&before), inputs(&after));
        let mut next = old.clone();
        next[office] = new[office].clone();
        let mut scope = Scope::nothing();
        scope.touch(Input::Flow, &old[office].1, &areas());
        scope.touch(Input::Flow, &new[office].1, &areas());
        let selected: Vec<(Source, Columns)> = next
            .iter()
            .map(|(source, columns)| (source.clone(), select(columns, &scope.selection(Input::Flow))))
            .collect();

        let whole = by_key(rows(&consolidated(&next, Scope::All, &quality)));
        let part = rows(&consolidated(&selected, scope.clone(), &quality));
        let kept = rows(&consolidated(&old, Scope::All, &quality)).into_iter();
        let kept = kept.filter(|row| !scope.contains(&row.origin, &row.destination));
        prop_assert_eq!(by_key(kept.chain(part)), whole);
    }

    #[test]
    fn copies_are_exact(reports in reports()) {
        let made = by_key(rows(&consolidated(&inputs(&reports), Scope::All, &quality)));
        for report in reports.iter().filter(|report| DURATIONS[report.duration] != "ND") {
            let Corridor { origin, destination } = report.corridor();
            let view = if report.arrivals { "RD" } else { "RO" };
            let duration = Some(Arc::<str>::from(DURATIONS[report.duration]));
            let copy = &made[&format!("{origin} {destination} {duration:?} {view} _Z {}", report.year)];
            if report.hidden {
                prop_assert_eq!(copy.restricted.as_deref(), Some("C"));
            } else if report.figure.is_some() {
                prop_assert_eq!(copy.value, report.figure.map(Decimal::integer));
                prop_assert_eq!(copy.status.as_deref(), Some(report.status));
                prop_assert_eq!(copy.inputs[0].key.as_ref(), report.key());
            }
        }
    }

    #[test]
    fn a_hidden_figure_reaches_no_byte(reports in reports()) {
        let made = consolidated(&inputs(&reports), Scope::All, &quality);
        let bytes = format!("{made:?}");
        prop_assert!(!bytes.contains(&SECRET.to_string()));
        // Nor does what it is: any other figure in its place gives the same rows.
        let mut others = reports.clone();
        others.iter_mut().filter(|report| report.hidden).for_each(|report| {
            report.figure = Some(5);
            report.status = "B";
        });
        prop_assert_eq!(consolidated(&inputs(&others), Scope::All, &quality), made.clone());
        for row in rows(&made).into_iter().filter(|row| row.restricted.is_some()) {
            prop_assert!(row.value.is_none() && row.inputs.is_empty() && row.rule.is_none());
            let told = [row.origin_value, row.destination_value, row.lower, row.upper, row.asymmetry];
            prop_assert!(told.iter().all(Option::is_none));
        }
    }

    #[test]
    fn every_consolidated_figure_follows_from_its_references_alone(reports in reports()) {
        let figures: BTreeMap<(String, u16), i64> = reports
            .iter()
            .filter(|report| !report.hidden)
            .filter_map(|report| Some(((report.key(), report.year), report.figure?)))
            .collect();
        for row in rows(&consolidated(&inputs(&reports), Scope::All, &quality)) {
            if &*row.view != "CO" || row.restricted.is_some() {
                continue;
            }
            prop_assert!(row.rule.is_some() && !row.inputs.is_empty());
            let method = methods().into_iter().find(|method| method.code() == &*row.method).expect("a method");
            let again = recompute(&row, &method, |input, period| {
                let year = period.first_year().expect("a year") as u16;
                figures.get(&(input.key.to_string(), year)).copied().map(Decimal::integer)
            });
            prop_assert_eq!(again, row.value, "{:?}", row);
        }
    }
}

fn select(columns: &Columns, selection: &mighub_sdmx::key::Selection) -> Columns {
    let mut builder = mighub_sdmx::columns::ColumnsBuilder::new(columns.shape.clone());
    let mut map = mighub_sdmx::columns::SourceMap::default();
    for (series, matches) in selection.matching_series(columns).into_iter().enumerate() {
        if matches {
            builder.push(mighub_sdmx::columns::ObservationRange::whole(columns, series), &mut map);
        }
    }
    builder.take()
}

#[test]
fn a_revision_of_one_year_changes_exactly_the_cells_of_that_year() {
    let before = national_files().to_vec();
    let mut after = before.clone();
    let sweden = after.iter_mut().find(|(source, _)| &*source.provider == "SWE").expect("Sweden");
    let year = Period::year(2014);
    let mut revised = 0;
    for observation in 0..sweden.1.len() {
        if sweden.1.periods[observation] == year && sweden.1.value(observation).is_some() {
            sweden.1.unscaled[observation] += 1;
            revised += 1;
        }
    }
    let declared = Declared::read();
    let of = |inputs: &[(Source, Columns)]| {
        by_key(rows(&flows(vec![Method::m0()]).all_rows(&pair(inputs, Scope::All), &declared)))
    };
    let (old, new) = (of(&before), of(&after));
    let changed: Vec<&DerivedRow> =
        new.iter().filter(|(key, row)| old[*key] != **row).map(|(_, row)| row).collect();
    assert!(
        changed.iter().all(|row| row.period == year && (&*row.origin == "SWE" || &*row.destination == "SWE"))
    );
    // Every revised report changes its copy and the cell it stands in.
    assert_eq!(changed.iter().filter(|row| &*row.view != "CO").count(), revised);
    assert_eq!(changed.iter().filter(|row| &*row.view == "CO").count(), revised);
}
