use mighub_sdmx::Decimal;
use mighub_sdmx::columns::{AttributeValue, ColumnsBuilder};
use proptest::prelude::*;

use super::*;
use crate::block::{decode, encode};

fn shape() -> Arc<Shape> {
    Arc::new(Shape {
        dimensions: ["AREA", "SEX"].map(Arc::from).to_vec(),
        observation_attributes: ["OBS_STATUS", "NOTE"].map(Arc::from).to_vec(),
        series_attributes: vec![Arc::from("TITLE")],
        timeless: false,
    })
}

/// Years of a series with value and status; the series' title.
type Cells = (Vec<(u16, Option<i64>, u8)>, u8);

fn columns(series: &[Cells]) -> Columns {
    let text = |code: u8| (code > 0).then(|| AttributeValue::text(&format!("V{code}")));
    let mut builder = ColumnsBuilder::new(shape());
    for (place, (cells, title)) in series.iter().enumerate() {
        builder.start_series_with_key(&[
            Arc::from(format!("A{:03}", place / 2)),
            Arc::from(["F", "M"][place % 2]),
        ]);
        builder.series_attribute(0, text(*title).as_ref());
        for (year, value, status) in cells {
            let status = text(*status);
            let value =
                value.map(|value| Decimal { unscaled: value, scale: (value % 3).unsigned_abs() as u8 });
            builder.observation(Period::year(*year), value, |attribute| {
                if attribute == 0 { status.as_ref() } else { None }
            });
        }
        builder.end_series();
    }
    builder.take()
}

fn cells() -> impl Strategy<Value = Cells> {
    let cell = (any::<Option<i16>>(), 0u8..3);
    let years = proptest::collection::btree_map(1990u16..2010, cell, 1..20);
    (years, 0u8..3).prop_map(|(years, title)| {
        let cell = |(year, (value, status)): (u16, (Option<i16>, u8))| (year, value.map(i64::from), status);
        (years.into_iter().map(cell).collect(), title)
    })
}

proptest! {
    #[test]
    fn a_part_is_what_the_whole_block_has_of_it(
        series in proptest::collection::vec(cells(), 1..12),
        chosen in proptest::collection::vec(any::<bool>(), 12),
        (from, length) in (1985u16..2012, 0u16..12),
        all_periods in any::<bool>(),
    ) {
        let raw = encode(&columns(&series));
        let whole = decode(&raw, &shape()).expect("canonical");
        let (low, high) = (Period::year(from), Period::year(from + length));
        let is_wanted = |year: u16| all_periods || (from..=from + length).contains(&year);
        let periods = |form| {
            assert_eq!(form, Form::Year);
            Some(if all_periods { (i64::MIN, i64::MAX) } else { (low.packed(), high.packed()) })
        };
        let wanted = Wanted { series: &|columns| chosen[..columns.series_count()].to_vec(), periods: &periods };
        let part = decode_part(&raw, &shape(), &wanted).expect("proven").expect("one form");
        prop_assert!(part.check());

        let mut expected = Vec::new();
        for series in (0..whole.series_count()).filter(|series| chosen[*series]) {
            for place in whole.observations(series) {
                if is_wanted(whole.periods[place].ordinal() as u16) {
                    expected.push(row(&whole, series, place));
                }
            }
        }
        let found: Vec<_> = (0..part.series_count())
            .flat_map(|series| part.observations(series).map(move |place| (series, place)))
            .map(|(series, place)| row(&part, series, place))
            .collect();
        prop_assert_eq!(found, expected);
    }
}

type Row = (String, Period, Option<Decimal>, Vec<Option<AttributeValue>>);

fn row(columns: &Columns, series: usize, place: usize) -> Row {
    let of_observation = columns.observation_attributes.iter().map(|column| column.get(place).cloned());
    let of_series = columns.series_attributes.iter().map(|column| column.get(series).cloned());
    let key = columns.key(series).to_string();
    (key, columns.periods[place], columns.value(place), of_observation.chain(of_series).collect())
}
