//! What is not as it was asked for, in the layout of all pages and in plain words.

use askama::Template;
use http::StatusCode;

use super::door::Shown;
use super::page::Page;
use crate::rest::error::Problem;

#[derive(Template)]
#[template(path = "fault.html")]
struct Fault<'a> {
    page: &'a Page,
    status: u16,
    /// Key of what it means for the reader.
    meaning: &'static str,
    /// What the hub says of it.
    text: String,
    offers_sign_in: bool,
}

/// The page of a problem.
pub(super) fn shown(page: &Page, problem: &Problem) -> Shown {
    let status = problem.status();
    let (title, meaning) = match status.as_u16() {
        401 => ("fault.401", "fault.401.meaning"),
        403 => ("fault.403", "fault.403.meaning"),
        404 | 410 => ("fault.404", "fault.404.meaning"),
        413 => ("fault.413", "fault.413.meaning"),
        429 | 503 | 507 => ("fault.busy", "fault.busy.meaning"),
        400..=499 => ("fault.400", "fault.400.meaning"),
        _ => ("fault.500", "fault.500.meaning"),
    };
    let page = page.titled(title);
    let offers_sign_in =
        matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) && page.reader.is_none();
    let fault =
        Fault { page: &page, status: status.as_u16(), meaning, text: problem.to_string(), offers_sign_in };
    // Words that were not escaped are no page.
    Shown::with(status, &fault).unwrap_or_else(|_| Shown::Page(status, String::new()))
}
