//! What an author is shown. Reviewed as a snapshot: scripts with mistakes in, pictures out.

use mighub_vtl::parse;

const SCRIPTS: &[&str] = &[
    // What is written most often, and wrong.
    "GROWTH <- POP[calc rate = OBS_VALUE / 100];",
    "POP_2 := POP[filter date > 3];",
    "POP_2 := POP[filter SEX = \"F\" AND AGE = \"TOTAL\"];",
    "POP_2 := POP[filter SEX in {'F', 'M'}];",
    "POP_2 := POP[filter SEX == \"F\"];",
    "POP_2 := POP[filter SEX != \"F\"];",
    "POP_2 := POP[filtre SEX = \"F\"];",
    "TOTAL := sum(POP) group by AREA;",
    "TOTAL := POP[aggr PERSONS := sum(OBS_VALUE) / count() group by AREA];",
    "BOTH := inner_join(A, B keep X filter Y > 1);",
    "R := round(POP, 1, 2);",
    "0 <- POP;",
    // Missing pieces are told where they are missing, and the rest is read.
    "A := B + 1\nC := D * ;\nE := (F + G;\nH := I",
    "A := if B then C;",
    "A := \"open;\nB := \"x\";",
    "/* open\nA := 1;",
    // All mistakes of a ruleset are told at once.
    "define datapoint ruleset R (variable SEX, AGE) is\n    r1: when SEX = \"F\" then AGE > errorcode \"x\";\n    \
     r2: when SEX then then AGE;\n    r3: AGE > 1;\nend datapoint ruleset;\nA := 1 +;",
    "define hierarchical ruleset H (variable rule AREA) is\n    EU = BE + (DE);\n    W = EU +\nend hierarchical ruleset;",
    // Drafts of the language.
    "A := check(X >= Y not valid errorcode(\"E1\"));",
    "A := check(X >= Y errorcode(\"E1\"));",
    // Other letters, tabs and wide characters.
    "\tNaïve := 1;",
    "A := “text”;",
    "A := \"人口\" 5;",
    "A := \"a text so long that its line has to be cut before the mistake, which stands behind it\" || \"and one more\" 5 + 7;",
];

#[test]
fn mistakes_are_shown_with_their_place_and_a_way_out() {
    let mut pictures = String::new();
    for script in SCRIPTS {
        for diagnostic in parse(script).expect_err("all of these are wrong") {
            pictures.push_str(&diagnostic.render(script, "rules.vtl").to_string());
        }
        pictures.push('\n');
    }
    insta::assert_snapshot!(pictures);
}
