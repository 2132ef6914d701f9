//! Templates: made, filled in, and read again.

use crate::support::{cells, definition, filled, text_of};
use mighub_sdmx::csv::CsvReader;
use mighub_workbook::{Listings, NoticeKind, Reference, Shape, Template, TemplateError, write_template};

fn template(dataflow: &str, across: Option<&str>, periods: &[&str], language: &str) -> Vec<u8> {
    let definition = definition(dataflow);
    let periods: Vec<String> = periods.iter().map(|period| (*period).to_owned()).collect();
    let mut out = Vec::new();
    let template = Template {
        definition: &definition,
        structure_digest: "digest",
        listing: &Listings::standard().of(dataflow),
        area: "SWE",
        periods: &periods,
        language,
        across,
        reference: None,
        made_on: (2026, 11, 24),
    };
    let size = write_template(&template, &mut out).expect("a template");
    assert!(size.rows > 0);
    out
}

#[test]
fn a_filled_template_is_read_as_the_figures_that_were_filled_in() {
    let empty = template("MIG_FLOW", None, &["2025"], "en");
    // FLOW_DIR and its name, MIG_CRITERION.., COUNTERPART_AREA.., SEX.., AGE..: ten columns, then the value.
    let workbook = filled(
        &empty,
        &[
            ("K5", "<v>1234</v>"),
            ("K6", "<v>0.30000000000000004</v>"),
            ("L7", "inlineStr|<is><t>Q</t></is>"),
            ("K8", "<f>SUM(K5:K6)</f><v>99</v>"),
            ("N8", "inlineStr|<is><t>a, \"b\"</t></is>"),
        ],
    );
    let (text, extracted) = text_of(&workbook).expect("a template");
    insta::assert_snapshot!(text);
    assert_eq!((extracted.shape, extracted.rows), (Shape::Form, 4));
    let form = extracted.form.expect("what the template says of itself");
    assert_eq!((&*form.dataflow, &*form.structure_digest), ("MIGHUB:MIG_FLOW(1.0.0)", "digest"));
    let kinds: Vec<_> = extracted.notices.iter().map(|notice| &notice.kind).collect();
    assert!(kinds.iter().any(|kind| matches!(kind, NoticeKind::NotFilledIn { rows: 128 })), "{kinds:?}");
    assert!(kinds.iter().any(|kind| matches!(kind, NoticeKind::Rounded { .. })), "{kinds:?}");
    let place = |row, column| extracted.places.address(row, column).expect("a place").to_string();
    assert_eq!(place(1, Some(12)), "Data!K5");
    assert_eq!(place(4, Some(15)), "Data!N8");
    // What is the same in all rows is shown at the figure.
    assert_eq!(place(3, Some(2)), "Data!K7");
    let definition = definition("MIG_FLOW");
    let mut reader = CsvReader::new(text.as_bytes(), |_, _| Some(definition.clone())).expect("SDMX-CSV");
    let batch = reader.next_batch().expect("rows").expect("rows");
    assert_eq!((batch.columns.len(), batch.issues), (4, Vec::new()));
}

#[test]
fn codes_side_by_side_become_rows_of_their_own() {
    let empty = template("MIG_FLOW", Some("SEX"), &["2025"], "es");
    let workbook =
        filled(&empty, &[("I5", "<v>3</v>"), ("K5", "<v>1</v>"), ("N5", "inlineStr|<is><t>F</t></is>")]);
    let (text, extracted) = text_of(&workbook).expect("a template");
    insta::assert_snapshot!(text);
    let place = |row, column| extracted.places.address(row, column).expect("a place").to_string();
    assert_eq!((place(1, Some(12)), place(2, Some(12))), ("Data!I5".to_owned(), "Data!K5".to_owned()));
}

#[test]
fn every_dataflow_that_offices_report_has_a_template_in_three_languages() {
    for dataflow in Listings::standard().dataflows() {
        for (across, language) in [(None, "en"), (Some("TIME_PERIOD"), "es"), (Some("FREQ"), "fr")] {
            let workbook = template(dataflow, across, &["2024", "2025"], language);
            let (_, extracted) = text_of(&workbook).unwrap_or_else(|error| panic!("{dataflow}: {error}"));
            assert_eq!((extracted.shape, extracted.rows), (Shape::Form, 0), "{dataflow}");
            assert!(cells(&workbook).iter().any(|(sheet, ..)| sheet == "Data"), "{dataflow}");
        }
    }
}

#[test]
fn an_earlier_vintage_asks_for_the_same_cells_and_shows_its_figures() {
    let definition = definition("MIG_REMIT");
    let key = |codes: &str| codes.split('.').map(std::sync::Arc::from).collect::<Vec<_>>();
    let reference = Reference {
        label: "2024".to_owned(),
        vintage: "17".to_owned(),
        values: [
            (key("A.SWE.IN.FIN.PR"), "12.5".to_owned()),
            (key("A.SWE.OUT.FIN.PR"), "8".to_owned()),
            (key("A.NOR.OUT.FIN.PR"), "9".to_owned()),
        ]
        .into(),
    };
    let listing = Listings::standard().of("MIG_REMIT");
    let periods = ["2025".to_owned()];
    let mut template = Template {
        definition: &definition,
        structure_digest: "digest",
        listing: &listing,
        area: "SWE",
        periods: &periods,
        language: "en",
        across: None,
        reference: Some(&reference),
        made_on: (2026, 11, 24),
    };
    let mut out = Vec::new();
    let size = write_template(&template, &mut out).expect("a template");
    assert_eq!((size.rows, size.cells), (2, 2));
    let (text, _) = text_of(&filled(&out, &[("D6", "<v>7.5</v>")])).expect("a template");
    insta::assert_snapshot!(text);
    template.area = "DNK";
    let error = write_template(&template, Vec::new()).expect_err("nothing of Denmark");
    assert!(matches!(error, TemplateError::Nothing(_)), "{error}");
    template.area = "SWEDEN";
    let error = write_template(&template, Vec::new()).expect_err("no such area");
    insta::assert_snapshot!(error);
}

#[test]
fn the_same_template_is_the_same_bytes() {
    assert_eq!(template("MIG_FLOW", None, &["2025"], "fr"), template("MIG_FLOW", None, &["2025"], "fr"));
}
