//! Consolidation: one dataset out of what both sides of each corridor report.
//!
//! What lives here: the pairing of the two sides, the published methods, dated groups of areas, aggregates,
//! matrices and mirror analysis. It is statistics over columns. What must not: networks, clocks, storage, and who
//! may see what.

pub mod aggregate;
pub mod areas;
pub mod compare;
pub mod dataflow;
pub mod derived;
mod exact;
pub mod explain;
pub mod figures;
pub mod groups;
pub mod method;
pub mod mirror;
pub mod pair;
pub mod parties;
pub mod rows;
pub mod scope;
pub mod shares;
pub mod source;

pub use aggregate::{End, Matrix, Net, Standing, Total};
pub use areas::Areas;
pub use compare::{Comparison, compare};
pub use dataflow::{Input, Target};
pub use derived::{DerivedRow, recompute};
pub use explain::{Explanation, explain};
pub use figures::{Choice, Figures, FiguresError, Shown};
pub use groups::{GroupError, Groups, Member};
pub use method::{Figure, Method, MethodError, Rule};
pub use mirror::{Gap, Mirror, Widest};
pub use pair::{Cell, CellSeries, Definition, PairError, Paired, Pairing, Reporter, Side};
pub use parties::{Parties, Treaty};
pub use rows::{Consolidation, Rows};
pub use scope::{Corridor, Scope};
pub use shares::{Shares, Views};
pub use source::{InputRef, Quality, Source, Ungraded};
