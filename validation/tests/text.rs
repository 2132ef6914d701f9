//! The report as text, on screens of any width and without a file.

mod support;

use mighub_validation::{Finding, Language, Style, TextOptions, write_text};
use support::{How, judge, terms};
use unicode_width::UnicodeWidthStr;

const FILE: &str = "STRUCTURE;STRUCTURE_ID;ACTION;FREQ;REF_AREA;FLOW_DIR;COUNTERPART_AREA;REMIT_ITEM;TIME_PERIOD;OBS_VALUE;OBS_STATUS;CONF_STATUS;COMMENT_OBS
dataflow;MIGHUB:MIG_REMIT(1.0.0);M;A;SWE;IN;XXZ;PR;2020;1;A;F;\"first line\nsecond; line\"
dataflow;MIGHUB:MIG_REMIT(1.0.0);M;A;SWE;IN;NOR;PR;2020;-5;A;F;日本語の脚注
dataflow;MIGHUB:MIG_REMIT(1.0.0);M;A;SWE;IN;NOR;日本;2021;5;A;F;
dataflow;MIGHUB:MIG_REMIT(1.0.0);M;A;SWE;IN;NOR;PR;2022;5;A;日;
dataflow;MIGHUB:MIG_REMIT(1.0.0);M;A;SWE;IN;NOR;CE;2019;;;F;
dataflow;MIGHUB:MIG_REMIT(1.0.0);M;A;SWE;IN;NOR;CE;2020;;;F;
dataflow;MIGHUB:MIG_REMIT(1.0.0);M;A;SWE;IN;NOR;CE;2021;;;F;
";

fn options(width: usize) -> TextOptions {
    TextOptions { width, ..TextOptions::default() }
}

#[test]
fn the_caret_stands_under_the_cell_at_any_width() {
    let mut judged = judge(FILE.as_bytes(), How::default());
    for width in 40..160 {
        let text = judged.text(&options(width));
        let lines: Vec<&str> = text.lines().collect();
        let mut carets = 0;
        for pair in lines.windows(2) {
            let [row, caret] = pair else { continue };
            if caret.is_empty() || !caret.trim_start().chars().all(|c| c == '^') {
                continue;
            }
            carets += 1;
            let at = caret.width() - caret.trim_start().width();
            let end = caret.width();
            let mut column = 0;
            let under: String = row
                .chars()
                .filter(|character| {
                    let from = column;
                    column += character.to_string().width();
                    (at..end).contains(&from)
                })
                .collect();
            let cells = ["XXZ", "-5", "日本", "日", ";"];
            assert!(cells.contains(&&*under), "width {width}: {under:?} in\n{row}\n{caret}");
        }
        assert_eq!(carets, 5, "width {width}:\n{text}");
        let longest = lines.iter().map(|line| line.width()).max();
        assert!(longest <= Some(width), "width {width}:\n{text}");
    }
}

#[test]
fn plain_text_has_no_escape_bytes_and_colours_change_nothing_else() {
    let mut judged = judge(FILE.as_bytes(), How::default());
    let plain = judged.text(&options(100));
    assert!(!plain.contains('\u{1b}'));
    let coloured = judged.text(&TextOptions { style: Style::Ansi, ..options(100) });
    assert!(coloured.contains("\u{1b}[31merror\u{1b}[0m"));
    let mut stripped = String::new();
    let mut parts = coloured.split('\u{1b}');
    stripped.extend(parts.next());
    stripped.extend(parts.filter_map(|part| Some(part.split_once('m')?.1)));
    assert_eq!(stripped, plain);
}

#[test]
fn a_hub_names_observations_in_place_of_lines() {
    let mut judged =
        judge(FILE.as_bytes(), How { terms: terms(&[("PERMITTED", "REF_AREA", "NOR")]), ..How::default() });
    let mut summary = judged.report.summary().clone();
    summary.not_run.push(mighub_validation::RuleNotRun {
        rule_id: "STR-027".to_owned(),
        reason: "REGION: the pattern \"[\" is none that this program can read".to_owned(),
    });
    let findings = judged
        .findings()
        .into_iter()
        .map(|finding| Ok(mighub_validation::Finding { place: None, rows: Vec::new(), ..finding }));
    let mut out = Vec::new();
    write_text(&summary, findings, |_| None, &TextOptions { findings_per_rule: 2, ..options(80) }, &mut out)
        .expect("memory");
    insta::assert_snapshot!(String::from_utf8(out).expect("UTF-8"));
}

#[test]
fn a_file_without_findings_says_so() {
    let file = FILE.lines().next().expect("a header").to_owned()
        + "\ndataflow;MIGHUB:MIG_REMIT(1.0.0);M;A;SWE;IN;NOR;PR;2020;1;A;F;\n";
    assert_eq!(judge(file.as_bytes(), How::default()).text(&options(80)), "nothing found\n");
}

#[test]
fn nothing_in_a_file_reaches_the_terminal_as_a_command() {
    let file = FILE.replace("XXZ", "\u{1b}[2J\u{202e}Z\u{7}");
    let text = judge(file.as_bytes(), How::default()).text(&options(100));
    assert!(text.contains("[2J Z"), "{text}");
    let bad: Vec<char> =
        text.chars().filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
    assert_eq!(bad, []);
}

#[test]
fn a_report_speaks_the_language_of_its_reader_and_finds_the_same() {
    let mut judged = judge(FILE.as_bytes(), How::default());
    let ids =
        |findings: Vec<Finding>| findings.into_iter().map(|finding| finding.finding_id).collect::<Vec<_>>();
    let english = ids(judged.findings());
    judged.report.speak(Language::French);
    assert_eq!(ids(judged.findings()), english);
    let text = judged.text(&TextOptions { language: Language::French, findings_per_rule: 1, ..options(100) });
    insta::assert_snapshot!(text);
}
