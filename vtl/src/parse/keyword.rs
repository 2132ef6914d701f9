//! The words of the language, which are no names unless they are quoted.

/// All words that the grammar of VTL 2.1 keeps for itself, sorted. The words VTL 2.2 adds (`propagation`,
/// `string_distance`, ...) are known by their place, so that scripts of 2.1 can use them as names.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "Value", "abs", "aggr", "aggregates", "all", "all_measures", "alterDataset", "always", "always_null",
    "always_zero", "and", "any", "apply", "as", "asc", "attrcalc", "attribute", "avg", "between", "boolean",
    "by", "calc", "case", "cast", "ceil", "check", "check_datapoint", "check_hierarchy", "component",
    "componentRole", "components", "computed", "condition", "conditioned", "count", "cross_join", "current",
    "current_date", "customPivot", "data", "datapoint", "datapoint_on_valuedomains", "datapoint_on_variables",
    "dataset", "dataset_priority", "date", "dateadd", "datediff", "dayofmonth", "dayofyear", "daytomonth",
    "daytoyear", "dd", "default", "define", "desc", "diff", "drop", "duration", "else", "end", "errorcode",
    "errorlevel", "eval", "ex", "except", "exists_in", "exp", "false", "fill_time_series", "filter", "first",
    "first_value", "float", "floor", "flow_to_stock", "following", "from", "full_join", "getmonth", "getyear",
    "group", "having", "hierarchical", "hierarchical_on_valuedomains", "hierarchical_on_variables",
    "hierarchy", "identifier", "if", "imbalance", "in", "indexof", "inner_join", "input", "instr", "intday",
    "integer", "intersect", "intmonth", "intyear", "invalid", "is", "isnull", "keep", "key", "keys", "lag",
    "language", "last", "last_value", "lead", "left_join", "length", "list", "ln", "log", "lower", "ltrim",
    "map_from", "map_to", "maps_from", "maps_to", "match_characters", "max", "maxLength", "measure",
    "measures", "median", "merge", "min", "mm", "mod", "monthtoday", "no_measures", "non_null", "non_zero",
    "not", "not_in", "null", "number", "nvl", "on", "operator", "or", "order", "output", "over", "partial",
    "partial_null", "partial_zero", "partition", "period_indicator", "pivot", "point", "points", "power",
    "preceding", "random", "range", "rank", "ratio_to_report", "record", "regexp", "rename", "replace",
    "restrict", "return", "returns", "round", "rows", "rtrim", "rule", "rule_priority", "ruleset", "scalar",
    "set", "setdiff", "single", "sqrt", "stddev_pop", "stddev_samp", "stock_to_flow", "string", "structure",
    "sub", "substr", "sum", "symdiff", "then", "time", "time_agg", "time_period", "timeshift", "to", "total",
    "trim", "true", "trunc", "type", "unbounded", "union", "unit", "unpivot", "upper", "using", "valid",
    "valuedomain", "valuedomains", "var_pop", "var_samp", "variable", "variables", "viral", "when", "with",
    "xor", "yeartoday", "yyyy",
];

/// Whether a word is one of the language.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.binary_search(&word).is_ok()
}

/// Whether a name can stand in a script without quotes.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let mut letters = name.chars();
    let starts_well = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
    starts_well && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')) && !is_keyword(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_so_that_they_are_found() {
        assert!(KEYWORDS.is_sorted());
        assert!(is_keyword("check_hierarchy") && is_keyword("Value") && !is_keyword("value"));
    }
}
