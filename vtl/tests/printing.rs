//! What is printed reads back as what was printed.

mod scripts;

use mighub_vtl::{parse, print};
use proptest::prelude::*;
use regex::Regex;

proptest! {
    #[test]
    fn a_printed_script_reads_back_as_the_same_tree(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let script = scripts::Choices::new(&bytes).script();
        let text = print(&script);
        let read = parse(&text).map_err(|diagnostics| {
            let pictures: Vec<_> = diagnostics.iter().map(|one| one.render(&text, "printed").to_string()).collect();
            TestCaseError::fail(pictures.join("\n"))
        })?;
        prop_assert_eq!(without_spans(&read), without_spans(&script), "{}", text);
    }
}

fn without_spans(script: &mighub_vtl::ast::Script) -> String {
    let spans = Regex::new(r"Span \{ start: \d+, end: \d+ \}").expect("the pattern is constant");
    spans.replace_all(&format!("{script:?}"), "").into_owned()
}
