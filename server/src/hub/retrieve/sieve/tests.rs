use super::*;
use mighub_sdmx::Decimal;
use mighub_sdmx::columns::{AttributeValue, ColumnsBuilder, Shape};
use mighub_sdmx::key::KeyPattern;
use proptest::prelude::*;
use std::collections::BTreeSet;

const PERIODS: [&str; 14] = [
    "2000",
    "2001",
    "2002",
    "2001-06",
    "2001-12",
    "2001-Q2",
    "2001-S2",
    "2001-W01",
    "2001-03-05",
    "2000-M12",
    "2001-01-01/P5Y",
    "1999-07-01/P6M",
    "2001-D100",
    "2001-06-01T00:00:00",
];

type Row = ((u8, u8), usize);

fn shape() -> Arc<Shape> {
    Arc::new(Shape {
        dimensions: vec![Arc::from("REF_AREA"), Arc::from("SEX")],
        observation_attributes: vec![Arc::from("NOTE")],
        series_attributes: vec![Arc::from("TITLE")],
        timeless: false,
    })
}

fn period(place: usize) -> Period {
    Period::parse(PERIODS[place].as_bytes()).expect(PERIODS[place])
}

/// Columns of rows, made anew; some attribute cells are absent.
fn columns<'r>(rows: impl Iterator<Item = &'r Row>) -> Columns {
    let mut rows: Vec<_> = rows.copied().collect();
    rows.sort_by_key(|(key, place)| (*key, period(*place)));
    let mut builder = ColumnsBuilder::new(shape());
    for series in rows.chunk_by(|a, b| a.0 == b.0) {
        let (area, sex) = series[0].0;
        builder.start_series_with_key(&[Arc::from(area.to_string()), Arc::from(sex.to_string())]);
        let title = (area > 1).then(|| AttributeValue::text(&area.to_string()));
        builder.series_attribute(0, title.as_ref());
        for (_, place) in series {
            let note = (place % 3 > 0).then(|| AttributeValue::text(&format!("{sex}{}", place % 3)));
            builder.observation(period(*place), Some(Decimal::integer(*place as i64)), |_| note.as_ref());
        }
        builder.end_series();
    }
    builder.take()
}

fn pattern(sets: &[Option<BTreeSet<u8>>]) -> KeyPattern {
    let set = |set: &Option<BTreeSet<u8>>| {
        set.as_ref().map(|set| set.iter().map(|code| Arc::from(code.to_string())).collect())
    };
    KeyPattern { sets: sets.iter().map(set).collect() }
}

fn patterns(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<KeyPattern>> {
    let set = proptest::option::of(proptest::collection::btree_set(0u8..5, 1..4));
    let sets = proptest::collection::vec(set, 0..3);
    proptest::collection::vec(sets, count)
        .prop_map(|patterns| patterns.iter().map(|sets| pattern(sets)).collect())
}

proptest! {
    #[test]
    fn what_passes_is_what_each_row_says(
        rows in proptest::collection::btree_set(((0u8..4, 0u8..3), 0usize..PERIODS.len()), 1..60),
        one_form: bool,
        keys in patterns(0..3),
        rivals in proptest::option::of(patterns(1..3)),
        bounds in (proptest::option::of(0usize..PERIODS.len()), proptest::option::of(0usize..PERIODS.len())),
    ) {
        // Mostly all periods of a block have one form, and then a shorter way is taken.
        let rows: BTreeSet<Row> =
            rows.into_iter().map(|(key, place)| (key, if one_form { place % 3 } else { place })).collect();
        let selection = Selection { keys, start: bounds.0.map(period), end: bounds.1.map(period) };
        let rivals = rivals.map(|keys| Selection { keys, start: None, end: None });
        let bounds = Arc::new(PeriodBounds::of(&selection));
        let sieve = Sieve::new(Arc::new(selection.clone()), bounds, rivals.clone());
        let passes = |((area, sex), place): &Row| {
            let codes: [Arc<str>; 2] = [Arc::from(area.to_string()), Arc::from(sex.to_string())];
            selection.matches_codes(|| codes.iter())
                && selection.matches_period(period(*place))
                && !rivals.as_ref().is_some_and(|rivals| rivals.matches_codes(|| codes.iter()))
        };
        let all = Arc::new(columns(rows.iter()));
        let sifted = sieve.sift(all.clone());
        let expected = columns(rows.iter().filter(|row| passes(row)));
        prop_assert_eq!(&*sifted, &expected);

        let block = BlockInfo::describe(&all, 1);
        if sieve.lets_pass(&block) {
            prop_assert_eq!(&expected, &*all);
        }
        if !block.may_match(&selection) || !sieve.may_pass(&block) {
            prop_assert!(expected.is_empty());
        }
    }

    #[test]
    fn the_bounds_of_a_form_are_those_of_its_periods(
        start in proptest::option::of(0usize..PERIODS.len()),
        end in proptest::option::of(0usize..PERIODS.len()),
        form in 0usize..FORMS.len(),
        offset in -400i64..400,
    ) {
        let selection = Selection { keys: Vec::new(), start: start.map(period), end: end.map(period) };
        let bounds = PeriodBounds::of(&selection);
        let (form, first, last) = FORMS[form];
        // Around the year 2001, whatever the unit.
        let middle = partition_point(first, last, |ordinal| Period::new(form, ordinal).start() < period(1).start());
        let tried = Period::new(form, (middle + offset).clamp(first, last));
        let inside = bounds.of_form(form).is_some_and(|(from, to)| (from..=to).contains(&tried.packed()));
        if bounds.by_form.is_some() {
            prop_assert_eq!(inside, selection.matches_period(tried), "{}", tried);
        }
    }
}
