//! THE FORM: questionnaires as Excel workbooks: a template goes out, a filled one comes in, a marked one goes
//! back.
//!
//! What lives here: reading cells of workbooks with their addresses, making templates from data structures,
//! marking findings in the office's own workbook. What must not: judging, networks, clocks.
