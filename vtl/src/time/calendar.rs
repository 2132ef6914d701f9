//! Days, periods and frequencies of the civil calendar.
//!
//! What lives here: first and last days of periods, the period of a day, moving by whole periods. What must
//! not: texts.
