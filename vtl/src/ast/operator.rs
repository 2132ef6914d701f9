//! Operators and modes: everything in VTL that is one word out of a list.

/// Words of the language and the values they stand for, in both directions.
macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$variant_doc])* #[doc = concat!("`", $text, "`")] $variant,)* }

        impl $type {
            /// All, in the order of the grammar.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As it is written.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one that is written like this.
            pub fn of_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Operators before their operand.
    UnaryOp { Plus = "+", Minus = "-", Not = "not", }
}

words! {
    /// Operators between two operands; all group from the left.
    BinaryOp {
        Multiply = "*", Divide = "/",
        Add = "+", Subtract = "-", Concatenate = "||",
        Equal = "=", NotEqual = "<>", Less = "<", LessOrEqual = "<=", Greater = ">", GreaterOrEqual = ">=",
        And = "and",
        Or = "or", Xor = "xor",
    }
}

words! {
    /// Functions that are called `name(a, b, ...)` with nothing but expressions between the brackets.
    Function {
        Trim = "trim", Ltrim = "ltrim", Rtrim = "rtrim", Upper = "upper", Lower = "lower", Length = "length",
        Substr = "substr", Replace = "replace", Instr = "instr",
        Ceil = "ceil", Floor = "floor", Abs = "abs", Exp = "exp", Ln = "ln", Sqrt = "sqrt",
        Round = "round", Trunc = "trunc", Mod = "mod", Power = "power", Log = "log", Random = "random",
        Between = "between", MatchCharacters = "match_characters", IsNull = "isnull", Nvl = "nvl",
        PeriodIndicator = "period_indicator", FlowToStock = "flow_to_stock", StockToFlow = "stock_to_flow",
        Timeshift = "timeshift", CurrentDate = "current_date", DateDiff = "datediff", DateAdd = "dateadd",
        Year = "getyear", Month = "getmonth", DayOfMonth = "dayofmonth", DayOfYear = "dayofyear",
        DayToYear = "daytoyear", DayToMonth = "daytomonth", YearToDay = "yeartoday", MonthToDay = "monthtoday",
    }
}

words! {
    /// Aggregate operators, which are analytic operators, too, with `over`.
    AggregateOp {
        Sum = "sum", Avg = "avg", Count = "count", Median = "median", Min = "min", Max = "max",
        StddevPop = "stddev_pop", StddevSamp = "stddev_samp", VarPop = "var_pop", VarSamp = "var_samp",
    }
}

words! {
    /// How strings are compared by `string_distance`.
    StringDistance {
        Levenshtein = "levenshtein", DamerauLevenshtein = "damerau_levenshtein", Hamming = "hamming",
        JaroWinkler = "jaro_winkler",
    }
}

words! {
    /// Joins.
    JoinKind { Inner = "inner_join", Left = "left_join", Full = "full_join", Cross = "cross_join", }
}

words! {
    /// Set operators; `union` and `intersect` take two operands or more, the others two.
    SetOp { Union = "union", Intersect = "intersect", SetDiff = "setdiff", SymDiff = "symdiff", }
}

words! {
    /// How data points make groups.
    GroupingKind { By = "by", Except = "except", All = "all", }
}

words! {
    /// What counts for items that are missing or null, and which groups give a result.
    HierarchyMode {
        NonNull = "non_null", NonZero = "non_zero", PartialNull = "partial_null", PartialZero = "partial_zero",
        AlwaysNull = "always_null", AlwaysZero = "always_zero",
    }
}

words! {
    /// Where items come from that other rules compute. `hierarchy` knows `rule`, `dataset` and
    /// `rule_priority`; `check_hierarchy` knows `dataset` and `dataset_priority`.
    HierarchyInput {
        Rule = "rule", Dataset = "dataset", RulePriority = "rule_priority", DatasetPriority = "dataset_priority",
    }
}

words! {
    /// Which data points `hierarchy` gives.
    HierarchyOutput { Computed = "computed", All = "all", }
}

words! {
    /// Which data points a check gives; `check` knows no `all_measures`.
    CheckOutput { Invalid = "invalid", All = "all", AllMeasures = "all_measures", }
}

words! {
    /// Which data points `exists_in` gives.
    Retain { True = "true", False = "false", All = "all", }
}

words! {
    /// Which day of a period stands for it.
    TimeDelimiter { First = "first", Last = "last", }
}

words! {
    /// Whether `fill_time_series` fills up to the bounds of each series or of the whole data set.
    FillScope { Single = "single", All = "all", }
}

/// Analytic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnalyticOp {
    /// An aggregate over a window.
    Aggregate(AggregateOp),
    /// `first_value`
    FirstValue,
    /// `last_value`
    LastValue,
    /// `lag`
    Lag,
    /// `lead`
    Lead,
    /// `rank`
    Rank,
    /// `ratio_to_report`
    RatioToReport,
}

impl AnalyticOp {
    /// As it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Aggregate(operator) => operator.text(),
            Self::FirstValue => "first_value",
            Self::LastValue => "last_value",
            Self::Lag => "lag",
            Self::Lead => "lead",
            Self::Rank => "rank",
            Self::RatioToReport => "ratio_to_report",
        }
    }
}

impl Function {
    /// Fewest and most arguments.
    pub const fn arity(self) -> (usize, usize) {
        match self {
            Self::CurrentDate => (0, 0),
            Self::PeriodIndicator => (0, 1),
            Self::Substr => (1, 3),
            Self::Between | Self::DateAdd => (3, 3),
            Self::Replace => (2, 3),
            Self::Instr => (2, 4),
            Self::Round | Self::Trunc => (1, 2),
            Self::Mod
            | Self::Power
            | Self::Log
            | Self::Random
            | Self::MatchCharacters
            | Self::Nvl
            | Self::Timeshift
            | Self::DateDiff => (2, 2),
            _ => (1, 1),
        }
    }

    /// Whether an argument (from 0) may be written `_`.
    pub const fn may_omit(self, place: usize) -> bool {
        match self {
            Self::Substr | Self::Round | Self::Trunc => place >= 1,
            Self::Replace | Self::Instr => place >= 2,
            _ => false,
        }
    }
}

impl BinaryOp {
    /// How strongly it binds; the higher, the stronger. [`crate::ast::ExprKind::In`] is one below
    /// comparisons.
    pub const fn precedence(self) -> u8 {
        match self {
            Self::Multiply | Self::Divide => 6,
            Self::Add | Self::Subtract | Self::Concatenate => 5,
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual => 4,
            Self::And => 2,
            Self::Or | Self::Xor => 1,
        }
    }

    /// Whether it compares.
    pub const fn is_comparison(self) -> bool {
        self.precedence() == 4
    }
}
