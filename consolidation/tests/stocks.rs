//! Stocks of migrants: one side, one basis, and refugees where they belong.

mod package;

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub_consolidation::{
    Consolidation, DerivedRow, Input, Method, Pairing, Scope, Target, Ungraded, derived,
};
use mighub_sdmx::{Columns, Decimal};
use package::{columns, of_input, shape};

fn number(text: &str) -> Decimal {
    Decimal::parse(text.as_bytes()).expect(text)
}

fn stocks(rows: &[(Input, &str, Columns)], apart: &[&str]) -> Vec<DerivedRow> {
    let apart: BTreeSet<Arc<str>> = apart.iter().map(|area| Arc::from(*area)).collect();
    let mut pairing = Pairing::new(Target::Stock, package::areas(), Scope::All).refugees_apart(apart);
    for (input, provider, columns) in rows {
        pairing.push(&of_input(*input, provider), columns.clone()).expect("stocks");
    }
    let made =
        Consolidation::new(Target::Stock, shape("MIG_STOCK_OD"), vec![Method::m0()]).expect("a method");
    let made = made.all_rows(&pairing.finish(), &Ungraded);
    assert!(made.check());
    derived::rows(&made).expect("derived rows").collect()
}

#[test]
fn refugees_are_added_only_where_the_office_leaves_them_out() {
    let stock = columns(
        "MIG_STOCK",
        &[
            ("A.TUR.BTH.SYR._T._T._T", "2020", Some("1000"), &[("REF_DATE", "2020-01-01")]),
            ("A.TUR.BTH.SYR._T._T._T", "2021", Some("1100"), &[("REF_DATE", "2021-01-01")]),
            ("A.DEU.BTH.SYR._T._T._T", "2020", Some("500"), &[("REF_DATE", "2019-12-31")]),
        ],
    );
    let refugees = columns(
        "MIG_REFUGEE",
        &[
            ("A.TUR.SYR.REF.STOCK._T._T", "2019", Some("3000"), &[]),
            ("A.DEU.SYR.REF.STOCK._T._T", "2019", Some("400"), &[]),
        ],
    );
    let made = stocks(&[(Input::Stock, "X", stock), (Input::Refugee, "UNHCR", refugees)], &["TUR"]);
    let told: Vec<String> = made
        .iter()
        .map(|row| {
            let value = row.value.map_or_else(String::new, |value| value.to_string());
            let status = row.status.as_deref().unwrap_or_default();
            format!(
                "{} {} {} {value} {status} {} {}",
                row.destination,
                row.view,
                row.period,
                row.refugees,
                row.inputs.len()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "DEU CO 2020 500 A false 1",
            "DEU RD 2020 500 A false 1",
            // The end of 2019 and the first of January 2020 are one moment.
            "TUR CO 2020 4000 I true 2",
            // Refugees belong to it, and nobody says how many: it is another thing than the year before.
            "TUR CO 2021 1100 D true 1",
            "TUR RD 2020 1000 A false 1",
            "TUR RD 2021 1100 A false 1",
        ]
    );
}

#[test]
fn a_destination_with_stocks_by_birth_is_never_mixed_with_citizenship() {
    let stock = columns(
        "MIG_STOCK",
        &[
            ("A.DEU.BTH.SYR._T._T._T", "2020", Some("500"), &[]),
            ("A.DEU.CTZ.SYR._T._T._T", "2020", Some("450"), &[]),
            ("A.DEU.CTZ.TUR._T._T._T", "2020", Some("900"), &[]),
            ("A.JPN.CTZ.KOR._T._T._T", "2020", Some("800"), &[]),
        ],
    );
    let made = stocks(&[(Input::Stock, "X", stock)], &[]);
    let figures: Vec<_> = made
        .iter()
        .filter(|row| &*row.view == "CO")
        .map(|row| (&*row.destination, &*row.origin, row.value))
        .collect();
    assert_eq!(figures, [("DEU", "SYR", Some(number("500"))), ("JPN", "KOR", Some(number("800")))]);
}

/// Figures of stocks by destination, origin and view.
fn figures(columns: &[&Columns], scope: Scope) -> Vec<(String, String, String, String)> {
    let mut pairing = Pairing::new(Target::Stock, package::areas(), scope);
    for columns in columns {
        pairing.push(&of_input(Input::Stock, "X"), (*columns).clone()).expect("stocks");
    }
    let made =
        Consolidation::new(Target::Stock, shape("MIG_STOCK_OD"), vec![Method::m0()]).expect("a method");
    let made = made.all_rows(&pairing.finish(), &Ungraded);
    let text = |row: DerivedRow| {
        let value = row.value.map_or_else(String::new, |value| value.to_string());
        (row.destination.to_string(), row.origin.to_string(), row.view.to_string(), value)
    };
    derived::rows(&made).expect("derived rows").map(text).collect()
}

#[test]
fn one_row_by_birth_moves_the_whole_destination_and_no_other() {
    let citizens = columns(
        "MIG_STOCK",
        &[
            ("A.DEU.CTZ.SYR._T._T._T", "2020", Some("450"), &[]),
            ("A.DEU.CTZ.TUR._T._T._T", "2020", Some("900"), &[]),
            ("A.JPN.CTZ.KOR._T._T._T", "2020", Some("800"), &[]),
        ],
    );
    let by_birth = columns("MIG_STOCK", &[("A.DEU.BTH.SYR._T._T._T", "2020", Some("500"), &[])]);
    let mut scope = Scope::nothing();
    scope.touch(Input::Stock, &by_birth, &package::areas());
    assert_eq!(scope, Scope::Destinations(BTreeSet::from([Arc::from("DEU")])));

    let whole = figures(&[&citizens, &by_birth], Scope::All);
    let kept = figures(&[&citizens], Scope::All).into_iter().filter(|(destination, ..)| destination != "DEU");
    let mut part: Vec<_> = figures(&[&citizens, &by_birth], scope).into_iter().chain(kept).collect();
    part.sort();
    assert_eq!(part, whole);
    assert_eq!(whole.iter().filter(|(destination, ..)| destination == "DEU").count(), 2);
}
