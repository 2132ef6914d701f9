//! Scripts out of random bytes: every byte decides something, and where bytes end, the plainest choice is
//! taken. So proptest, which knows nothing of grammars, shrinks a failing script by shrinking its bytes.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

mod calls;
mod definitions;

use mighub_vtl::ast::*;

/// How deep generated expressions are nested at most.
const DEPTH_MAX: usize = 5;

const NAMES: &[&str] = &[
    "DS_1",
    "Me_1",
    "a.b",
    "5ABC",
    "date",
    "two words",
    "propagation",
    "string_distance",
    "größe",
    "end",
    "12",
    "",
];
const TEXTS: &[&str] = &["A", "", "two\nlines", "it's", "größe", "// no comment"];
const NUMBERS: &[&str] = &["0.5", "12.", "007.250", "99999999999999999999"];

/// Random decisions.
pub struct Choices<'b> {
    bytes: &'b [u8],
    depth: usize,
}

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, depth: 0 }
    }

    /// A number below `count`; 0 when nothing is left to decide.
    pub fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % count
    }

    pub fn yes(&mut self) -> bool {
        self.below(2) == 1
    }

    pub fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }

    pub fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.yes().then(|| make(self))
    }

    pub fn some_of<T>(&mut self, least: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = least + self.below(3);
        (0..count).map(|_| make(self)).collect()
    }

    pub fn name(&mut self) -> Name {
        Name::new(self.of(NAMES), Span::default())
    }

    pub fn component(&mut self) -> ComponentName {
        ComponentName { dataset: self.maybe(Self::name), name: self.name() }
    }

    /// A literal; `sign` is for places where a sign belongs to the constant.
    fn literal(&mut self, sign: i64) -> Literal {
        match self.below(5) {
            0 => Literal::Integer(sign * self.below(200) as i64),
            1 if sign < 0 => Literal::Number(format!("-{}", self.of(NUMBERS)).into()),
            1 => Literal::Number(self.of(NUMBERS).into()),
            2 => Literal::String(self.of(TEXTS).into()),
            3 => Literal::Boolean(self.yes()),
            _ => Literal::Null,
        }
    }

    pub fn constant(&mut self) -> Constant {
        let sign = if self.yes() { -1 } else { 1 };
        Constant { value: self.literal(sign), cast: None, span: Span::default() }
    }

    pub fn constant_or_cast(&mut self) -> Constant {
        let cast = self.maybe(|choices| CastTo {
            scalar_type: TypeName::Basic(choices.of(BasicType::ALL)),
            mask: choices.maybe(|choices| choices.of(TEXTS).into()),
        });
        Constant { cast, ..self.constant() }
    }

    pub fn setting(&mut self) -> Setting {
        if self.yes() { Setting::Name(self.name()) } else { Setting::Constant(self.constant_or_cast()) }
    }

    pub fn boxed(&mut self) -> Box<Expr> {
        Box::new(self.expr())
    }

    pub fn expr(&mut self) -> Expr {
        self.depth += 1;
        let kind = if self.depth > DEPTH_MAX { self.leaf() } else { self.kind() };
        self.depth -= 1;
        Expr { kind, span: Span::default() }
    }

    fn leaf(&mut self) -> ExprKind {
        if self.yes() { ExprKind::Name(self.of(NAMES).into()) } else { ExprKind::Literal(self.literal(1)) }
    }

    fn kind(&mut self) -> ExprKind {
        match self.below(9) {
            0 => self.leaf(),
            1 => ExprKind::Membership { operand: self.boxed(), component: self.name() },
            2 => ExprKind::Unary { operator: self.of(UnaryOp::ALL), operand: self.boxed() },
            3 => {
                let operator = self.of(BinaryOp::ALL);
                ExprKind::Binary { operator, left: self.boxed(), right: self.boxed() }
            }
            4 => ExprKind::In {
                operand: self.boxed(),
                negated: self.yes(),
                set: if self.yes() {
                    InSet::ValueDomain(self.name())
                } else {
                    InSet::Constants(self.some_of(1, Self::constant_or_cast))
                },
            },
            5 => ExprKind::If { condition: self.boxed(), then: self.boxed(), otherwise: self.boxed() },
            6 => ExprKind::Case {
                branches: self.some_of(1, |choices| (choices.expr(), choices.expr())),
                otherwise: self.boxed(),
            },
            7 => {
                let clause = Box::new(self.clause());
                ExprKind::Clause { operand: self.boxed(), clause }
            }
            _ => self.call(),
        }
    }

    fn clause(&mut self) -> Clause {
        let kind =
            match self.below(6) {
                0 => ClauseKind::Sub(self.some_of(1, |choices| SubItem {
                    component: choices.component(),
                    value: choices.setting(),
                })),
                1 => ClauseKind::Pivot { identifier: self.component(), measure: self.component() },
                2 => ClauseKind::Unpivot { identifier: self.component(), measure: self.component() },
                place => return self.join_clause(place - 3),
            };
        Clause { kind, span: Span::default() }
    }

    /// One of the clauses that stand at a place in a join: filter; calc, apply or aggr; keep or drop; rename.
    /// Apply is left out: it stands in joins only.
    pub fn join_clause(&mut self, place: usize) -> Clause {
        let kind = match place {
            0 => ClauseKind::Filter(self.expr()),
            1 if self.yes() => self.aggr(),
            1 => ClauseKind::Calc(self.some_of(1, |choices| {
                let value = choices.expr();
                choices.calc_item(value)
            })),
            2 if self.yes() => ClauseKind::Keep(self.some_of(1, Self::component)),
            2 => ClauseKind::Drop(self.some_of(1, Self::component)),
            _ => ClauseKind::Rename(
                self.some_of(1, |choices| RenameItem { from: choices.component(), to: choices.component() }),
            ),
        };
        Clause { kind, span: Span::default() }
    }

    fn calc_item(&mut self, value: Expr) -> CalcItem {
        CalcItem {
            role: self.maybe(|choices| choices.of(Role::ALL)),
            component: self.component(),
            value,
            span: Span::default(),
        }
    }

    fn aggr(&mut self) -> ClauseKind {
        let items = self.some_of(1, |choices| {
            let kind = ExprKind::Aggregate(Box::new(choices.plain_aggregate()));
            choices.calc_item(Expr { kind, span: Span::default() })
        });
        let (grouping, having) = self.groups();
        ClauseKind::Aggr { items, grouping, having }
    }

    pub fn groups(&mut self) -> (Option<Grouping>, Option<Expr>) {
        let Some(kind) = self.maybe(|choices| choices.of(GroupingKind::ALL)) else { return (None, None) };
        let components =
            if kind == GroupingKind::All { Vec::new() } else { self.some_of(1, Self::component) };
        let time = self.maybe(|choices| Expr { kind: choices.time_agg(), span: Span::default() });
        let having = self.maybe(Self::expr);
        (Some(Grouping { kind, components, time, span: Span::default() }), having)
    }
}
