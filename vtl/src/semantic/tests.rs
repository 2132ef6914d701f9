//! What scripts mean, as tables: a script and the structure of its result, or the mistake and where it stands.

use std::sync::Arc;

use super::{Environment, analyze};
use crate::diagnostic::Diagnostic;
use crate::plan::{Plan, Value};
use crate::value::{Component, Role, Scalar, ScalarType, Structure};

/// `STOCK` has everything, `FLOW` fewer identifiers, `AREAS` texts.
fn environment() -> Environment {
    let id = |name, of| Component::new(name, Role::Identifier, of);
    let measure = |name, of| Component::new(name, Role::Measure, of);
    let dataset = |name: &str, components| {
        let structure = Structure::new(components).expect("names differ");
        (Arc::from(name), Arc::new(structure))
    };
    let mut environment = Environment::default();
    environment.datasets.extend([
        dataset(
            "STOCK",
            vec![
                id("AREA", ScalarType::String),
                id("TIME", ScalarType::TimePeriod),
                id("SEX", ScalarType::String),
                measure("VALUE", ScalarType::Number),
                Component::new("STATUS", Role::Attribute, ScalarType::String),
            ],
        ),
        dataset(
            "FLOW",
            vec![
                id("AREA", ScalarType::String),
                id("TIME", ScalarType::TimePeriod),
                measure("VALUE", ScalarType::Integer),
            ],
        ),
        dataset(
            "AREAS",
            vec![
                id("AREA", ScalarType::String),
                measure("NAME", ScalarType::String),
                measure("REGION", ScalarType::String),
            ],
        ),
        dataset("OTHER", vec![id("CODE", ScalarType::String), measure("VALUE", ScalarType::Number)]),
    ]);
    environment.scalars.insert("LIMIT".into(), ScalarType::Integer);
    let sexes = vec![Scalar::String("M".into()), Scalar::String("F".into())];
    environment.value_domains.extend([("SEXES".into(), sexes.clone()), ("SEX".into(), sexes)]);
    environment
}

fn plan(script: &str) -> Result<Plan, Vec<Diagnostic>> {
    analyze(&crate::parse(script)?, &environment())
}

/// Components of the last result: `name!` for identifiers, `name?` for what may be null.
fn shape(script: &str) -> String {
    let plan = plan(script).unwrap_or_else(|mistakes| panic!("{script}: {mistakes:?}"));
    let last = plan.statements.last().expect("a statement");
    let relation = match &last.value {
        Value::Dataset(relation) => relation,
        Value::Scalar(value) => return value.scalar_type.to_string(),
    };
    let components = relation.structure.components().iter().map(|component| {
        let mark = match component.role {
            Role::Identifier => "!",
            _ if component.nullable => "?",
            _ => "",
        };
        let role = if component.role == Role::Attribute { "@" } else { "" };
        format!("{role}{}{mark} {}", component.name, component.scalar_type)
    });
    components.collect::<Vec<_>>().join(", ")
}

const STOCK_KEY: &str = "AREA! string, TIME! time_period, SEX! string";
const FLOW_KEY: &str = "AREA! string, TIME! time_period";

#[test]
fn results_have_the_structure_that_the_manual_gives_them() {
    for (script, key, rest) in [
        // Operators on data sets work on measures and drop attributes.
        ("R := STOCK * 2;", STOCK_KEY, "VALUE? number"),
        ("R := STOCK - FLOW;", STOCK_KEY, "VALUE? number"),
        ("R := FLOW - STOCK;", STOCK_KEY, "VALUE? number"),
        ("R := FLOW / 2;", FLOW_KEY, "VALUE? number"),
        ("R := FLOW + LIMIT;", FLOW_KEY, "VALUE? integer"),
        // The type of the only measure changes: so does its name.
        ("R := STOCK > 0;", STOCK_KEY, "bool_var? boolean"),
        ("R := isnull(STOCK);", STOCK_KEY, "bool_var boolean"),
        ("R := round(STOCK);", STOCK_KEY, "int_var? integer"),
        ("R := not (STOCK > 0) and STOCK < 10;", STOCK_KEY, "bool_var? boolean"),
        ("R := AREAS#NAME || \"x\";", "AREA! string", "NAME? string"),
        ("R := length(AREAS#NAME);", "AREA! string", "int_var? integer"),
        ("R := STOCK#SEX;", STOCK_KEY, "str_var string"),
        ("R := STOCK#SEX in SEXES;", STOCK_KEY, "bool_var boolean"),
        ("R := nvl(STOCK, 0);", STOCK_KEY, "VALUE number"),
        ("R := if STOCK > 0 then STOCK else FLOW;", STOCK_KEY, "VALUE? number"),
        // Clauses.
        ("R := STOCK[filter VALUE > 0];", STOCK_KEY, "VALUE? number, @STATUS? string"),
        ("R := FLOW[calc BIG := VALUE > LIMIT];", FLOW_KEY, "VALUE? integer, BIG? boolean"),
        ("R := FLOW[calc identifier KIND := \"F\"];", FLOW_KEY, "VALUE? integer, KIND! string"),
        ("R := STOCK[keep VALUE];", STOCK_KEY, "VALUE? number"),
        ("R := STOCK[drop VALUE];", STOCK_KEY, "@STATUS? string"),
        ("R := FLOW[rename VALUE to V, AREA to A];", "A! string, TIME! time_period", "V? integer"),
        ("R := FLOW[sub AREA = \"EU\"];", "TIME! time_period", "VALUE? integer"),
        ("R := STOCK[pivot SEX, VALUE];", FLOW_KEY, "M? number, F? number"),
        ("R := AREAS[unpivot WHAT, TEXT];", "AREA! string, WHAT! string", "TEXT? string"),
        // Aggregates.
        ("R := sum(STOCK group by AREA);", "AREA! string", "VALUE? number"),
        ("R := avg(FLOW group except TIME);", "AREA! string", "VALUE? number"),
        ("R := count(STOCK group by AREA);", "AREA! string", "int_var? integer"),
        ("R := STOCK[aggr N := count() group by SEX having sum(VALUE) > 0];", "SEX! string", "N integer"),
        ("R := sum(FLOW group all time_agg(\"A\"));", FLOW_KEY, "VALUE? integer"),
        // Analytic.
        (
            "R := FLOW[calc S := sum(nvl(VALUE, 0) over (partition by AREA order by TIME))];",
            FLOW_KEY,
            "VALUE? integer, S? integer",
        ),
        ("R := lag(FLOW, 1 over (partition by AREA order by TIME));", FLOW_KEY, "VALUE? integer"),
        // Joins.
        ("R := inner_join(FLOW, AREAS);", FLOW_KEY, "VALUE? integer, NAME? string, REGION? string"),
        ("R := left_join(STOCK as s, FLOW as f calc D := s#VALUE - f#VALUE keep D);", STOCK_KEY, "D? number"),
        ("R := inner_join(FLOW as a, FLOW as b apply a - b);", FLOW_KEY, "VALUE? integer"),
        ("R := full_join(FLOW as a, FLOW as b rename b#VALUE to W);", FLOW_KEY, "VALUE? integer, W? integer"),
        // Sets.
        ("R := union(FLOW, STOCK[sub SEX = \"T\"][drop STATUS]);", FLOW_KEY, "VALUE? number"),
        ("R := exists_in(STOCK, FLOW, false);", STOCK_KEY, "bool_var boolean"),
        // Time series.
        ("R := timeshift(FLOW, -1);", FLOW_KEY, "VALUE? integer"),
        ("R := period_indicator(FLOW);", FLOW_KEY, "duration_var duration"),
    ] {
        assert_eq!(shape(script), format!("{key}, {rest}"), "{script}");
    }
    assert_eq!(shape("R := 3 + 4.5;"), "number");
    assert_eq!(shape("R := sum(FLOW);"), "VALUE? integer", "without grouping no identifier is left");
}

#[test]
fn checks_give_the_columns_of_their_output_mode() {
    let rules = "define datapoint ruleset D (variable VALUE) is positive: VALUE >= 0 errorcode \"neg\" \
                 errorlevel 2 end datapoint ruleset; ";
    let tree = "define hierarchical ruleset H (variable rule SEX) is T = M + F end hierarchical ruleset; ";
    let key = STOCK_KEY;
    let levels = "errorcode? string, errorlevel? number";
    for (script, rest) in [
        (
            "R := check(STOCK > 0 errorcode \"E\");".to_owned(),
            "bool_var? boolean, imbalance? number, errorcode? string, errorlevel? integer".to_owned(),
        ),
        (
            format!("{rules} R := check_datapoint(STOCK, D);"),
            format!("ruleid! string, VALUE? number, {levels}"),
        ),
        (
            format!("{rules} R := check_datapoint(STOCK, D all);"),
            format!("ruleid! string, bool_var? boolean, {levels}"),
        ),
        (
            format!("{rules} R := check_datapoint(STOCK, D all_measures);"),
            format!("ruleid! string, VALUE? number, bool_var? boolean, {levels}"),
        ),
        (
            format!("{tree} R := check_hierarchy(STOCK, H);"),
            format!("ruleid! string, VALUE? number, imbalance? number, {levels}"),
        ),
        (
            format!("{tree} R := check_hierarchy(STOCK, H all);"),
            format!("ruleid! string, bool_var? boolean, imbalance? number, {levels}"),
        ),
        (format!("{tree} R := hierarchy(STOCK, H);"), "VALUE? number".to_owned()),
    ] {
        assert_eq!(shape(&script), format!("{key}, {rest}"), "{script}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (script, code, place) in [
        ("R := NOPE + 1;", "SEM-NAME", "NOPE"),
        ("R := STOCK[calc X := VALU];", "SEM-NAME", "VALU"),
        ("R := STOCK[keep VALU];", "SEM-NAME", "VALU"),
        ("R := STOCK#VALU;", "SEM-NAME", "VALU"),
        ("R := STOCK#SEX in NOPE;", "SEM-NAME", "NOPE"),
        ("R := check_datapoint(STOCK, NOPE);", "SEM-NAME", "NOPE"),
        ("R := STOCK[calc X := FLOW];", "SEM-TYPE", "FLOW"),
        ("R := STOCK + AREAS;", "SEM-STRUCTURE", "STOCK + AREAS"),
        ("R := FLOW + OTHER;", "SEM-STRUCTURE", "FLOW + OTHER"),
        ("R := STOCK + \"a\";", "SEM-TYPE", "\"a\""),
        ("R := AREAS = \"x\";", "SEM-STRUCTURE", "AREAS = \"x\""),
        ("R := STOCK[drop SEX];", "SEM-ROLE", "SEX"),
        ("R := STOCK[calc SEX := \"T\"];", "SEM-ROLE", "SEX := \"T\""),
        ("R := STOCK[calc identifier X := STATUS];", "SEM-ROLE", "identifier X := STATUS"),
        ("R := STOCK[calc X := 1, X := 2];", "SEM-DUPLICATE", "X"),
        ("R := FLOW[rename VALUE to AREA];", "SEM-DUPLICATE", "FLOW[rename VALUE to AREA]"),
        ("R := STOCK[filter VALUE];", "SEM-TYPE", "VALUE"),
        ("R := STOCK[filter sum(VALUE) > 0];", "SEM-PLACE", "sum(VALUE)"),
        ("R := STOCK[sub STATUS = \"A\"];", "SEM-ROLE", "STATUS"),
        ("R := sum(STOCK group by STATUS);", "SEM-ROLE", "STATUS"),
        ("R := sum(AREAS group by AREA);", "SEM-TYPE", "sum(AREAS group by AREA)"),
        ("R := STOCK[aggr S := sum(VALUE) group by AREA having VALUE > 0];", "SEM-PLACE", "VALUE"),
        ("R := STOCK[calc X := rank(over (partition by STATUS order by VALUE))];", "SEM-ROLE", "STATUS"),
        ("R := inner_join(STOCK as a, STOCK as b);", "SEM-DUPLICATE", "inner_join(STOCK as a, STOCK as b)"),
        ("R := inner_join(STOCK, STOCK);", "SEM-DUPLICATE", "STOCK"),
        (
            "R := left_join(FLOW, STOCK as s rename s#VALUE to V);",
            "SEM-STRUCTURE",
            "left_join(FLOW, STOCK as s rename s#VALUE to V)",
        ),
        ("R := inner_join(STOCK as a, FLOW as b calc X := VALUE);", "SEM-DUPLICATE", "VALUE"),
        ("R := union(STOCK, FLOW);", "SEM-STRUCTURE", "union(STOCK, FLOW)"),
        ("R := check(STOCK);", "SEM-TYPE", "STOCK"),
        ("R := timeshift(AREAS, 1);", "SEM-STRUCTURE", "timeshift(AREAS, 1)"),
        ("R := 1; R := 2;", "SEM-DUPLICATE", "R"),
        ("STOCK := FLOW;", "SEM-DUPLICATE", "STOCK"),
        ("R := FLOW[pivot AREA, VALUE];", "SEM-STRUCTURE", "FLOW[pivot AREA, VALUE]"),
        ("R := if STOCK > 0 then 1 else 0;", "SEM-TYPE", "if STOCK > 0 then 1 else 0"),
        ("R := lag(FLOW, LIMIT over (order by TIME));", "SEM-VALUE", "LIMIT"),
        (
            "R := eval(routine() language \"SQL\" returns dataset);",
            "SEM-UNSUPPORTED",
            "eval(routine() language \"SQL\" returns dataset)",
        ),
        ("R := R + 1;", "SEM-CYCLE", "R"),
        ("A := B; B := A;", "SEM-CYCLE", "A"),
    ] {
        let mistakes = plan(script).expect_err(script);
        let first = &mistakes[0];
        assert_eq!((first.code, &script[first.span.range()]), (code, place), "{script}: {mistakes:?}");
        assert_eq!(mistakes.len(), 1, "{script}: {mistakes:?}");
    }
}

#[test]
fn rulesets_and_operators_are_judged_before_they_are_used() {
    for (script, code) in [
        (
            "define datapoint ruleset D (variable VALUE) is a: VALUE > 0; VALUE < 9 end datapoint ruleset;",
            "SEM-RULESET",
        ),
        (
            "define datapoint ruleset D (variable VALUE) is a: VALUE > 0; a: VALUE < 9 end datapoint ruleset;",
            "SEM-DUPLICATE",
        ),
        (
            "define datapoint ruleset D (variable VALUE) is SEX = \"T\" end datapoint ruleset; \
          R := check_datapoint(STOCK, D);",
            "SEM-NAME",
        ),
        (
            "define datapoint ruleset D (variable PRICE) is PRICE > 0 end datapoint ruleset; \
          R := check_datapoint(STOCK, D);",
            "SEM-NAME",
        ),
        (
            "define datapoint ruleset D (variable VALUE) is VALUE > 0 errorlevel 1; VALUE < 9 errorlevel \"x\" \
          end datapoint ruleset; R := check_datapoint(STOCK, D);",
            "SEM-TYPE",
        ),
        (
            "define hierarchical ruleset H (variable rule SEX) is T >= M end hierarchical ruleset; \
          R := hierarchy(STOCK, H);",
            "SEM-RULESET",
        ),
        (
            "define hierarchical ruleset H (variable rule SEX) is T = M + F; M = T - F end hierarchical ruleset; \
          R := hierarchy(STOCK, H);",
            "SEM-CYCLE",
        ),
        (
            "define hierarchical ruleset H (variable rule SEX) is T = M + F end hierarchical ruleset; \
          R := check_hierarchy(STOCK, H rule AREA);",
            "SEM-RULESET",
        ),
        (
            "define hierarchical ruleset H (variable rule SEX) is T = M + F end hierarchical ruleset; \
          R := check_hierarchy(AREAS, H);",
            "SEM-STRUCTURE",
        ),
        ("define operator f (x integer, x integer) is x end operator;", "SEM-DUPLICATE"),
        ("define operator f (x integer) is x + 1 end operator; R := f(STOCK);", "SEM-OPERATOR"),
        ("define operator f (x integer) is x + 1 end operator; R := f(\"a\");", "SEM-TYPE"),
        ("define operator f (x integer) is x + 1 end operator; R := f();", "SEM-OPERATOR"),
        ("define operator f (x integer) is f(x) end operator; R := f(1);", "SEM-LIMIT"),
        ("define operator f (x integer) returns dataset is x + 1 end operator; R := f(1);", "SEM-OPERATOR"),
        ("define operator f (x integer) returns integer is x / 2 end operator; R := f(1);", "SEM-OPERATOR"),
        (
            "define operator f (x integer) is g(x) end operator; define operator g (x integer) is f(x) end operator; \
          R := STOCK[calc X := f(1)];",
            "SEM-LIMIT",
        ),
    ] {
        let mistakes = plan(script).expect_err(script);
        assert_eq!(mistakes[0].code, code, "{script}: {mistakes:?}");
    }
}

#[test]
fn operators_of_a_script_are_put_in_where_they_are_called() {
    let share = "define operator share (a dataset, b dataset, percent number default 100.0) returns dataset is \
                 a / b * percent end operator; ";
    assert_eq!(shape(&format!("{share} R := share(STOCK, FLOW);")), format!("{STOCK_KEY}, VALUE? number"));
    let double = "define operator double (c component) is c + c end operator; ";
    assert_eq!(
        shape(&format!("{double} R := FLOW[calc X := double(VALUE)];")),
        format!("{FLOW_KEY}, VALUE? integer, X? integer")
    );
    let keep = "define operator only (d dataset, c component) is d[keep c] end operator; ";
    assert_eq!(shape(&format!("{keep} R := only(STOCK, STATUS);")), format!("{STOCK_KEY}, @STATUS? string"));
}

#[test]
fn viral_attributes_go_on_where_a_propagation_says_how() {
    let mut environment = environment();
    let mut components = environment.datasets["FLOW"].components().to_vec();
    components.push(Component::new("CONF", Role::ViralAttribute, ScalarType::String));
    let marked = Arc::new(Structure::new(components).expect("names differ"));
    environment.datasets.extend([("A".into(), marked.clone()), ("B".into(), marked)]);
    let rule = "define viral propagation P (variable CONF) is when \"C\" then \"C\"; else \"F\" \
                end viral propagation; ";
    for (expression, is_kept) in [
        ("A + B", true),
        ("A * 2", true),
        ("A[keep VALUE]", true),
        ("sum(A group by AREA)", true),
        ("inner_join(A as a, B as b keep a#VALUE)", true),
        ("A#VALUE", true),
        ("exists_in(A, B)", false),
    ] {
        let script = format!("{rule} R := {expression};");
        let plan = analyze(&crate::parse(&script).expect("it parses"), &environment).expect(expression);
        let Value::Dataset(relation) = &plan.statements[0].value else {
            panic!("{expression} is a data set")
        };
        let role = relation.structure.component("CONF").map(|component| component.role);
        assert_eq!(role, is_kept.then_some(Role::ViralAttribute), "{expression}");
    }
}

#[test]
fn statements_may_stand_in_any_order() {
    let plan = plan("C <- B * 2; B := A + 1; A := STOCK;").expect("no mistakes");
    let order: Vec<(&str, bool)> =
        plan.statements.iter().map(|statement| (&*statement.name, statement.persistent)).collect();
    assert_eq!(order, [("A", false), ("B", false), ("C", true)]);
}

#[test]
fn independent_mistakes_are_told_in_one_run() {
    let script = "A := NOPE; B := A + 1; C := STOCK[calc X := P, Y := Q]; D := LOST + GONE;";
    let mistakes = plan(script).expect_err("there are mistakes");
    let places: Vec<&str> = mistakes.iter().map(|mistake| &script[mistake.span.range()]).collect();
    assert_eq!(places, ["NOPE", "P", "Q", "LOST", "GONE"], "what follows from another mistake is not told");
}

#[test]
fn scripts_without_measure_end_in_words() {
    // Each call doubles the text: without a limit this would be a million additions.
    let mut script = "define operator d (x integer) is x + x end operator; R := ".to_owned();
    script.push_str(&"d(".repeat(25));
    script.push('1');
    script.push_str(&")".repeat(25));
    script.push(';');
    let mistakes = plan(&script).expect_err("too many");
    assert_eq!(mistakes[0].code, "SEM-LIMIT", "{mistakes:?}");

    // As deep as the parser lets through: no stack overflows.
    let deep = format!("R := {}FLOW{};", "abs(".repeat(180), ")".repeat(180));
    assert_eq!(shape(&deep), format!("{FLOW_KEY}, VALUE? integer"));

    for term in [" + 1", " + FLOW"] {
        let long = format!("R := FLOW{};", term.repeat(10_000));
        // Whether it is refused or not: it comes to an end.
        let _ = plan(&long);
    }
}
