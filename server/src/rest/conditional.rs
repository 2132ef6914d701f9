//! Conditional requests: what tells one answer from another, and whether the caller has it already.

use http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::hub::Moment;

/// What tells an answer from others at the same address (RFC 9110, 8.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validators {
    /// Another one for every content and format.
    tag: String,
    /// When the content last changed.
    changed: Option<Moment>,
}

impl Validators {
    /// `state` names the content, `format` how it is written. The tag is weak: what is compressed or written on
    /// another day is the same answer.
    pub(crate) fn new(state: &[u8], format: &str, changed: Option<Moment>) -> Self {
        let Self { tag, changed } = Self::strong(state, format, changed);
        Self { tag: format!("W/{tag}"), changed }
    }

    /// The same for answers whose very bytes stay the same, so that parts of one fit together.
    pub(crate) fn strong(state: &[u8], format: &str, changed: Option<Moment>) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(state.len() as u64).to_le_bytes()).update(state).update(format.as_bytes());
        Self { tag: format!("\"{}\"", &hasher.finalize().to_hex()[..32]), changed }
    }

    /// The same at a moment. As long as the second lasts in which the content changed, it may change again and have
    /// the same date: then there is none (RFC 9110, 8.8.2.2).
    pub(crate) fn at(self, now: Moment) -> Self {
        let second = |moment: Moment| moment.0.div_euclid(1_000);
        Self { changed: self.changed.filter(|changed| second(*changed) < second(now)), ..self }
    }

    /// The tag, if the very bytes of the answer stay the same.
    pub(crate) fn strong_tag(&self) -> Option<&str> {
        Some(&*self.tag).filter(|tag| !tag.starts_with("W/"))
    }

    /// The tag as it is sent.
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// Whether the caller has this very answer: then it is told so, with status 304.
    pub(crate) fn is_current(&self, headers: &HeaderMap) -> bool {
        if headers.contains_key(IF_NONE_MATCH) {
            let strong = self.tag.trim_start_matches("W/");
            let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
            return values
                .flat_map(|value| value.split(','))
                .map(str::trim)
                .any(|tag| tag == "*" || tag.trim_start_matches("W/") == strong);
        }
        let since = headers.get(IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
        let since = since.and_then(|text| rfc2822::parse(text).ok());
        // Dates of HTTP have no fractions of seconds.
        matches!((since, self.changed), (Some(since), Some(changed))
            if changed.0.div_euclid(1_000) <= since.timestamp().as_second())
    }

    /// Puts them into an answer's header.
    pub(crate) fn put(&self, headers: &mut HeaderMap) {
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            headers.insert(ETAG, tag);
        }
        if let Some(date) = self.changed.and_then(http_date) {
            headers.insert(LAST_MODIFIED, date);
        }
    }
}

/// A moment as HTTP writes it.
pub(crate) fn http_date(moment: Moment) -> Option<HeaderValue> {
    let timestamp = Timestamp::from_millisecond(moment.0).ok()?;
    HeaderValue::from_str(&timestamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_has_is_not_sent_again() {
        let validators = Validators::new(b"state", "application/json", Some(Moment(1_700_000_000_400)));
        let mut sent = HeaderMap::new();
        validators.put(&mut sent);
        assert_eq!(sent[LAST_MODIFIED], "Tue, 14 Nov 2023 22:13:20 GMT");
        let asks = |name: http::HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("a header"));
            validators.is_current(&headers)
        };
        let tag = sent[ETAG].to_str().expect("ASCII");
        assert!(asks(IF_NONE_MATCH, tag) && asks(IF_NONE_MATCH, &format!("\"x\", {tag}")));
        assert!(asks(IF_NONE_MATCH, "*") && !asks(IF_NONE_MATCH, "\"x\""));
        assert!(asks(IF_MODIFIED_SINCE, "Tue, 14 Nov 2023 22:13:20 GMT"));
        assert!(!asks(IF_MODIFIED_SINCE, "Tue, 14 Nov 2023 22:13:19 GMT"));
        assert!(!validators.is_current(&HeaderMap::new()));
    }

    #[test]
    fn a_date_is_told_once_no_other_content_can_have_it() {
        let changed = Moment(1_700_000_000_400);
        let date = |now| Validators::new(b"state", "", Some(changed)).at(Moment(now)).changed;
        assert_eq!([date(1_700_000_000_400), date(1_700_000_000_999)], [None, None]);
        assert_eq!(date(1_700_000_001_000), Some(changed));
    }

    #[test]
    fn another_content_or_format_has_another_tag() {
        let tags: std::collections::BTreeSet<String> = [(b"a", "x"), (b"b", "x"), (b"a", "y")]
            .map(|(state, format)| Validators::new(state, format, None).tag)
            .into();
        assert_eq!(tags.len(), 3);
    }
}
