//! Workbooks through the public door: made, filled in, read, marked.

mod mark;
mod read;
mod support;
mod template;
