//! Methods as artefacts: one form, one digest, parameters within their ranges, words.

mod package;

use mighub_consolidation::method::METHOD_BYTES_MAX;
use mighub_consolidation::{Consolidation, Method, MethodError, Target};
use package::shape;

const FACTORS: &str = r#"{"method":"M3","digits":0,"factors":[
    {"area":"SWE","direction":"IMM","from":2010,"to":2012,"factor":"1.10","source":"a study"},
    {"area":"FIN","direction":"EMI","from":2010,"to":2012,"factor":"1.2","source":"a study"}]}"#;

fn read(json: &str) -> Result<Method, MethodError> {
    Method::from_json(json.as_bytes())
}

#[test]
fn a_method_has_one_form_and_one_digest() {
    let turned =
        FACTORS.replace("\"SWE\"", "\"X\"").replace("\"FIN\"", "\"SWE\"").replace("\"X\"", "\"FIN\"");
    let turned = turned.replace("IMM", "Y").replace("EMI", "IMM").replace('Y', "EMI");
    let turned = turned.replace("1.10", "Z").replace("\"1.2\"", "\"1.10\"").replace('Z', "1.2");
    let (one, other) = (read(FACTORS).expect("factors"), read(&turned).expect("the same, in another order"));
    assert_ne!(one, other);
    assert_eq!(one.digest(), other.digest());
    for method in [Method::m0(), Method::m1(), Method::m1_without_mean(), Method::m2(), one] {
        let again = Method::from_json(&method.canonical()).expect("its own form");
        assert_eq!(again.canonical(), method.canonical());
        assert!(method.text().starts_with(method.code()));
    }
    let digests: std::collections::BTreeSet<_> =
        [Method::m0(), Method::m1(), Method::m1_without_mean(), Method::m2()]
            .iter()
            .map(|method| method.digest().to_hex())
            .collect();
    assert_eq!(digests.len(), 4);
    // A published digest: if this changes, every record that names the method names another.
    assert_eq!(
        String::from_utf8(Method::m1().canonical()).expect("JSON"),
        r#"{"method":"M1","tolerance":"0.10","mean":true,"carry_years":0}"#
    );
}

#[test]
fn parameters_out_of_range_are_refused_with_a_remedy() {
    let margin = |total: &str| {
        format!(
            r#"{{"method":"M4","base":{{"method":"M0"}},"iterations_max":10,"tolerance":"0.001","digits":0,"margins":[{{"area":"SWE","direction":"IMM","period":"2014","sex":"_T","age":"_T","total":"{total}","source":"WPP"}}]}}"#
        )
    };
    assert!(read(&margin("5")).is_ok());
    let table = [
        (r#"{"method":"M1","tolerance":"1.5","mean":true,"carry_years":0}"#.to_owned(), "tolerance is 1.5"),
        (r#"{"method":"M1","tolerance":"0.1","mean":true,"carry_years":3}"#.to_owned(), "carry_years is 3"),
        (FACTORS.replace("1.10", "0"), "factor is 0"),
        (FACTORS.replace("1.10", "-1.1"), "factor is -1.1"),
        (FACTORS.replace("a study", ""), "source is empty"),
        (FACTORS.replace("2012", "2009"), "from is 2010"),
        (
            FACTORS.replace("\"FIN\",\"direction\":\"EMI\"", "\"SWE\",\"direction\":\"IMM\""),
            "two factors for one year",
        ),
        (margin("-5"), "total is -5"),
        (
            margin("5").replace("\"M0\"}", "\"M1\",\"tolerance\":\"0.1\",\"mean\":true,\"carry_years\":2}"),
            "turn carrying off",
        ),
        (margin("5").replace("\"iterations_max\":10", "\"iterations_max\":0"), "iterations_max is 0"),
        (r#"{"method":"M9"}"#.to_owned(), "this is no method"),
        (r#"{"method":"M2","tolerance":"0.1"}"#.to_owned(), "this is no method"),
        (" ".repeat(METHOD_BYTES_MAX + 1), "at most"),
    ];
    for (json, expected) in table {
        let refused = read(&json).expect_err(expected).to_string();
        assert!(refused.contains(expected), "{expected:?} is not in {refused:?}");
    }
}

#[test]
fn one_code_has_one_set_of_parameters() {
    let twice = vec![Method::m1(), Method::m1_without_mean()];
    let refused = Consolidation::new(Target::Flow, shape("MIG_FLOW_OD"), twice).expect_err("two of M1");
    assert!(refused.to_string().starts_with("the method M1 stands twice"));
    let foreign = Consolidation::new(Target::Flow, shape("MIG_STOCK_OD"), vec![Method::m0()]);
    assert!(foreign.expect_err("another shape").to_string().contains("has no ORIGIN"));
}
