//! The query of a view for other tools.

use crate::web::query::Query;

/// A query in the language of a tool.
pub(super) struct Snippet {
    /// For addresses within the page.
    pub(super) id: &'static str,
    pub(super) tool: &'static str,
    pub(super) text: String,
}

/// All of them. Everything that comes from the query is percent-encoded, so that no quote ends a text early.
pub(super) fn all(base: &str, dataflow: &str, query: &str, asked: &Query) -> Vec<Snippet> {
    let csv = format!("{base}/v1/data/{dataflow}.csv{query}");
    let parquet = format!("{base}/v1/data/{dataflow}.parquet{query}");
    let joint = if query.is_empty() { "?" } else { "&" };
    let snippet = |id, tool, text| Snippet { id, tool, text };
    vec![
        snippet(
            "r",
            "R",
            format!("library(readr)\nflows <- read_csv(\"{csv}\", na = \"\")  # na = \"\": NA is Namibia"),
        ),
        snippet(
            "python",
            "Python",
            format!(
                "import pandas as pd\nflows = pd.read_csv(\"{csv}\", keep_default_na=False, na_values=[\"\"])"
            ),
        ),
        snippet("excel", "Excel", format!("= Csv.Document(Web.Contents(\"{csv}{joint}bom=true\"))")),
        snippet("duckdb", "DuckDB", format!("SELECT * FROM read_parquet('{parquet}');")),
        snippet("curl", "curl", format!("curl -o {dataflow}.csv \"{csv}\"")),
        snippet("mighub", "mighub", command(dataflow, asked)),
    ]
}

/// The command; what it has no option for is left out of it and said.
fn command(dataflow: &str, asked: &Query) -> String {
    let mut words = format!("mighub pull {dataflow} --output {dataflow}.csv");
    let is_plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-:.,_".contains(&byte));
    for (name, option) in [("provider", "provider"), ("as_of", "as-of"), ("start", "start"), ("end", "end")] {
        if let Some(value) = asked.get(name).filter(|value| is_plain(value)) {
            words.push_str(&format!(" --{option} {value}"));
        }
    }
    words
}
