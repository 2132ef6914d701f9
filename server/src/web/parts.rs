//! Parts that many pages have: moments, cut texts, marks of states, the line "as of when, from whom", and pages of lists.
//! Each is a template of its own, so that everything in it is escaped.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use mighub::v1::{Severity, SubmissionState};

use super::page::Page;
use crate::hub::Moment;

/// Characters of a text that are shown at once.
const SHOWN_CHARACTERS: usize = 160;
/// Characters of a text that needs no break: codes and dates.
const WHOLE_CHARACTERS: usize = 28;

/// A moment, to the minute and in UTC; to the second where it is looked at.
#[derive(Template)]
#[template(
    source = r#"<time dir="ltr" datetime="{{ exact }}" title="{{ exact }}">{{ shown }}</time>"#,
    ext = "html"
)]
pub(crate) struct When {
    exact: String,
    shown: String,
}

/// A text of somebody's: fenced in, so that its direction is its own affair, and cut where it is long.
#[derive(Template)]
#[template(
    source = r#"{% match rest %}{% when None %}<bdi{% if is_long %} class="long"{% endif %}>{{ text }}</bdi>{% when Some(beginning) %}<details class="cut"><summary><bdi class="long">{{ beginning }}</bdi>…</summary><bdi class="long">{{ text }}</bdi></details>{% endmatch %}"#,
    ext = "html"
)]
pub(crate) struct Cut<'t> {
    text: &'t str,
    rest: Option<&'t str>,
    /// Whether it may be broken within a word.
    is_long: bool,
}

/// How something stands: glyph, colour and words, so that none of them is needed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// As it should be.
    Good,
    /// Good, and somebody should look.
    Warning,
    /// Wrong.
    Bad,
    /// Under way.
    Waiting,
    /// Good, and not out yet.
    Embargoed,
    /// Over.
    Past,
    /// Expected and not there.
    Awaited,
}

impl Standing {
    /// The glyph.
    pub(crate) fn glyph(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warning => "!",
            Self::Bad => "✕",
            Self::Waiting => "…",
            Self::Embargoed => "◗",
            Self::Past => "↺",
            Self::Awaited => "○",
        }
    }

    /// The class of its colours.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Waiting => "waiting",
            Self::Embargoed => "embargoed",
            Self::Past => "past",
            Self::Awaited => "awaited",
        }
    }

    /// Of a submission.
    pub(crate) fn of_state(state: SubmissionState) -> Self {
        use SubmissionState::*;
        match state {
            Accepted | Released => Self::Good,
            NeedsAnswer => Self::Warning,
            NeedsCorrection => Self::Bad,
            Receiving => Self::Awaited,
            Checking | UnderReview | Unspecified => Self::Waiting,
            Superseded | Withdrawn => Self::Past,
        }
    }

    /// Of a finding.
    pub(crate) fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Bad,
            Severity::Warning => Self::Warning,
            Severity::Note | Severity::Unspecified => Self::Waiting,
        }
    }
}

/// A mark of a standing, with its words.
#[derive(Template)]
#[template(
    source = r#"<span class="chip {{ standing.class() }}"><span aria-hidden="true">{{ standing.glyph() }}</span> {{ words }}</span>"#,
    ext = "html"
)]
pub(crate) struct Chip {
    pub(crate) standing: Standing,
    pub(crate) words: String,
}

impl Chip {
    /// Of a submission's state.
    pub(crate) fn of_state(page: &Page, state: SubmissionState) -> Self {
        Self { standing: Standing::of_state(state), words: page.t(&state_key(state)).to_owned() }
    }

    /// Of a severity, with a number.
    pub(crate) fn of_severity(page: &Page, severity: Severity, count: u64) -> Self {
        let key = match severity {
            Severity::Error => "severity.errors",
            Severity::Warning => "severity.warnings",
            Severity::Note | Severity::Unspecified => "severity.notes",
        };
        Self { standing: Standing::of_severity(severity), words: page.t1(key, page.n(&count)) }
    }
}

/// The key of a state's name.
pub(crate) fn state_key(state: SubmissionState) -> String {
    let name = state.as_str_name().trim_start_matches("SUBMISSION_STATE_").to_ascii_lowercase();
    format!("state.{name}")
}

/// The line under every figure: as of when, from whom.
#[derive(Template)]
#[template(path = "parts/as_of.html")]
pub(crate) struct AsOf<'a> {
    pub(crate) page: &'a Page,
    /// What is shown is what could be read then.
    pub(crate) moment: Moment,
    /// Providers; none where it is the hub's own word.
    pub(crate) from: Vec<String>,
}

/// Links to the first and the next page of a list.
#[derive(Template)]
#[template(path = "parts/pages.html")]
pub(crate) struct Pages<'a> {
    pub(crate) page: &'a Page,
    /// Whether this is the first.
    pub(crate) is_first: bool,
    /// Token of the next; empty: there is none.
    pub(crate) next: &'a str,
}

impl HtmlSafe for When {}
impl HtmlSafe for Cut<'_> {}
impl HtmlSafe for Chip {}
impl HtmlSafe for AsOf<'_> {}
impl HtmlSafe for Pages<'_> {}

impl When {
    pub(crate) fn of(moment: Moment) -> Self {
        let Ok(timestamp) = Timestamp::from_millisecond(moment.0) else {
            return Self { exact: String::new(), shown: "—".to_owned() };
        };
        Self {
            exact: timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            shown: timestamp.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        }
    }
}

impl<'t> Cut<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let end = text.char_indices().nth(SHOWN_CHARACTERS).map(|(end, _)| end);
        let is_long = text.chars().nth(WHOLE_CHARACTERS).is_some();
        Self { text, rest: end.map(|end| &text[..end]), is_long }
    }
}
