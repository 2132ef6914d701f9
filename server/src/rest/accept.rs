//! Content negotiation: which of the formats an answer can have is asked for, and by which media type.
//!
//! What lives here: the header `Accept`, the parameter `format`, versions of media types and their wildcards. What
//! must not: what the formats are; every query says that itself with its [`Offer`]s.

use http::HeaderMap;
use http::header::ACCEPT;
use mighub_sdmx::structure::Version;

use super::error::Problem;

/// What stands before the family in media types of SDMX.
const PREFIX: &str = "application/vnd.sdmx.";
/// Media ranges of a header that are read; browsers send about ten.
const RANGES_MAX: usize = 64;

/// A format that an answer can have. The first offer of a query is its default, and the first of a syntax the
/// nearest to media types such as `application/json`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer<F> {
    /// The format.
    pub(crate) format: F,
    /// Its media type: `structure+json` of SDMX, or a whole one with a slash.
    pub(crate) family: &'static str,
    /// Its version; empty if it has none.
    pub(crate) version: &'static str,
}

/// The format of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted<F> {
    /// The format.
    pub(crate) format: F,
    /// Content-Type of the answer: always the full media type, from which clients choose their reader.
    pub(crate) media_type: String,
    /// Other parameters of the media type that was asked for, such as `labels`; names in lower case.
    pub(crate) parameters: Vec<(String, String)>,
}

impl<F> Accepted<F> {
    /// A parameter of the media type; names in lower case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl<F> Offer<F> {
    /// The full media type.
    pub(crate) fn media_type(&self) -> String {
        let kind = if self.family.contains('/') {
            self.family.to_owned()
        } else {
            format!("{PREFIX}{}", self.family)
        };
        if self.version.is_empty() { kind } else { format!("{kind};version={}", self.version) }
    }

    /// What comes after the plus, or is the whole of a plain media type: json, xml, csv.
    fn syntax(&self) -> &'static str {
        self.family.rsplit(['+', '/']).next().unwrap_or_default()
    }
}

/// Chooses a format: by the parameter `format` if there is one, else by the header.
pub(crate) fn negotiate<F: Copy>(
    offers: &[Offer<F>],
    headers: &HeaderMap,
    format: Option<&str>,
) -> Result<Accepted<F>, Problem> {
    if let Some(format) = format {
        return by_name(offers, format).ok_or_else(|| none_fits(offers, &format!("format={format}")));
    }
    let header = header(headers);
    let ranges = ranges(&header);
    if header.trim().is_empty() {
        let first = offers.first().ok_or_else(|| none_fits(offers, "nothing"))?;
        return Ok(Accepted { format: first.format, media_type: first.media_type(), parameters: Vec::new() });
    }
    // What a range says of an offer counts if no other says it more exactly.
    let judged = offers.iter().enumerate().filter_map(|(place, offer)| {
        let fitting =
            ranges.iter().enumerate().filter_map(|(at, range)| Some((range.fits(offer, offers)?, at)));
        let (exactness, at) = fitting.max_by_key(|(exactness, at)| (*exactness, std::cmp::Reverse(*at)))?;
        Some(((ranges[at].weight, exactness, std::cmp::Reverse(at), std::cmp::Reverse(place)), offer, at))
    });
    let best = judged.filter(|((weight, ..), ..)| *weight > 0).max_by_key(|(rank, ..)| *rank);
    let (_, offer, at) = best.ok_or_else(|| none_fits(offers, &header))?;
    Ok(Accepted {
        format: offer.format,
        media_type: offer.media_type(),
        parameters: ranges[at].parameters.clone(),
    })
}

fn none_fits<F>(offers: &[Offer<F>], asked: &str) -> Problem {
    let there: Vec<String> = offers.iter().map(Offer::media_type).collect();
    Problem::not_acceptable(format!("{asked:?} is not offered here: accept one of {}", there.join(", ")))
}

/// Names that clients give formats: `sdmx-json`, `csvfile`, `sdmx-3.0`, or a media type.
fn by_name<F: Copy>(offers: &[Offer<F>], name: &str) -> Option<Accepted<F>> {
    let name = name.to_ascii_lowercase();
    let of = |offer: &Offer<F>| Accepted {
        format: offer.format,
        media_type: offer.media_type(),
        parameters: Vec::new(),
    };
    if name.contains('/') {
        // A plus that was not encoded may arrive as a space.
        let range = Range::read(&name.replace(' ', "+"))?;
        let fitting = offers.iter().filter_map(|offer| Some((range.fits(offer, offers)?, offer)));
        let (_, offer) = fitting.rev().max_by_key(|(exactness, _)| *exactness)?;
        return Some(Accepted { parameters: range.parameters.clone(), ..of(offer) });
    }
    if let Some(version) =
        name.strip_prefix("sdmx-").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        let found =
            offers.iter().find(|offer| offer.syntax() == "xml" && same_version(version, offer.version));
        return found.map(of);
    }
    let family = |wanted: &str| offers.iter().find(|offer| offer.family.starts_with(wanted));
    let syntax = |wanted: &str| offers.iter().find(|offer| offer.syntax() == wanted);
    match &*name {
        "genericdata" | "structurespecificdata" => family(&format!("{name}+")).map(of),
        _ if name.contains("json") => syntax("json").map(of),
        _ if name.contains("csv") => syntax("csv").map(of),
        _ if name.contains("xml") || name.contains("sdmx-ml") || name == "structure" => syntax("xml").map(of),
        _ => offers.iter().find(|offer| offer.syntax() == name).map(of),
    }
}

/// Whether people or programs ask, and in which syntax they would read an error.
pub(crate) fn preferred_syntax(headers: &HeaderMap) -> Option<&'static str> {
    let header = header(headers);
    let ranges = ranges(&header);
    let best = ranges.iter().filter(|range| range.weight > 0).rev().max_by_key(|range| range.weight)?;
    let syntaxes = [("json", "json"), ("xml", "xml"), ("csv", "text"), ("plain", "text"), ("html", "text")];
    syntaxes.into_iter().find(|(end, _)| best.kind.ends_with(end)).map(|(_, syntax)| syntax)
}

/// The version of SDMX-ML that is asked for, if one is.
pub(crate) fn preferred_version(headers: &HeaderMap) -> Option<String> {
    let header = header(headers);
    ranges(&header).into_iter().find_map(|range| range.version)
}

fn header(headers: &HeaderMap) -> String {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}

fn ranges(header: &str) -> Vec<Range> {
    header.split(',').take(RANGES_MAX).filter_map(Range::read).collect()
}

/// One media range of a header.
struct Range {
    /// In lower case.
    kind: String,
    version: Option<String>,
    /// q in thousandths.
    weight: u32,
    parameters: Vec<(String, String)>,
}

impl Range {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next()?.to_ascii_lowercase();
        // Old Java clients send a lone asterisk.
        let kind = if kind == "*" { "*/*".to_owned() } else { kind };
        if !kind.contains('/') {
            return None;
        }
        let mut range = Self { kind, version: None, weight: 1_000, parameters: Vec::new() };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match &*name.trim().to_ascii_lowercase() {
                "q" => {
                    let weight = value.parse::<f64>().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
                    range.weight = (weight * 1_000.0).round() as u32;
                }
                "version" => range.version = Some(value.to_owned()),
                "charset" => {}
                name => range.parameters.push((name.to_owned(), value.to_owned())),
            }
        }
        Some(range)
    }

    /// How exactly this range means an offer: 4 by media type and version, 3 by media type, 2 by syntax, 1 by
    /// `application/*`, 0 by anything.
    fn fits<F>(&self, offer: &Offer<F>, offers: &[Offer<F>]) -> Option<u8> {
        let whole = offer.media_type();
        let kind = whole.split(';').next().unwrap_or_default();
        if self.kind == kind {
            return match &self.version {
                None => Some(3),
                Some(version) => same_version(version, offer.version).then_some(4),
            };
        }
        let is_first = |syntax: &str| {
            offer.syntax() == syntax
                && offers
                    .iter()
                    .find(|other| other.syntax() == syntax)
                    .is_some_and(|first| first.media_type() == whole)
        };
        match &*self.kind {
            "application/json" | "text/json" => is_first("json").then_some(2),
            "application/xml" | "text/xml" => is_first("xml").then_some(2),
            "text/csv" | "application/csv" => is_first("csv").then_some(2),
            "*/*" => Some(0),
            "text/*" => is_first("csv").then_some(1),
            range => {
                let of_type = range.strip_suffix('*')?;
                kind.starts_with(of_type).then_some(1)
            }
        }
    }
}

/// Whether a version that is asked for is the one offered: `3.0` is `3.0.0`, and `2+.0.1` any from 2.0.1 on.
fn same_version(asked: &str, offered: &str) -> bool {
    let whole = |text: &str| {
        let mut text = text.to_owned();
        while text.bytes().filter(|byte| *byte == b'.').count() < 2 {
            text.push_str(".0");
        }
        text
    };
    let Ok(offered) = Version::parse(&whole(offered)) else { return asked.is_empty() };
    let pattern = if asked.contains(['*', '+', '~']) { asked.to_owned() } else { whole(asked) };
    Version::parse_pattern(&pattern).is_ok_and(|pattern| pattern.fits(&offered))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERS: &[Offer<u8>] = &[
        Offer { format: 0, family: "data+json", version: "2.1.0" },
        Offer { format: 1, family: "data+json", version: "2.0.0" },
        Offer { format: 2, family: "data+xml", version: "3.1.0" },
        Offer { format: 3, family: "data+xml", version: "3.0.0" },
        Offer { format: 4, family: "data+csv", version: "2.1.0" },
        Offer { format: 5, family: "data+csv", version: "2.0.0" },
        Offer { format: 6, family: "genericdata+xml", version: "2.1" },
    ];

    fn chosen(accept: &str) -> Option<u8> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().expect("a header"));
        negotiate(OFFERS, &headers, None).ok().map(|accepted| accepted.format)
    }

    #[test]
    fn clients_get_the_format_they_name_or_the_nearest() {
        for (accept, format) in [
            ("application/vnd.sdmx.data+xml;version=3.0", Some(3)),
            ("application/vnd.sdmx.data+xml; version=3.0.0; charset=utf-8", Some(3)),
            ("application/vnd.sdmx.data+csv;version=2.0.0;labels=both, */*;q=0.1", Some(5)),
            ("application/vnd.sdmx.data+json;version=2+.0.0", Some(0)),
            ("application/vnd.sdmx.data+json;version=3.0.0", None),
            ("application/vnd.sdmx.data+json;version=3.0.0, application/json;q=0.5", Some(0)),
            ("application/vnd.sdmx.genericdata+xml;version=2.1", Some(6)),
            ("application/xml", Some(2)),
            ("text/csv", Some(4)),
            ("application/json;q=0.5, text/csv", Some(4)),
            ("*/*", Some(0)),
            ("*", Some(0)),
            ("application/*", Some(0)),
            ("text/*", Some(4)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(2)),
            ("*/*, application/json;q=0, application/vnd.sdmx.data+json;q=0", Some(2)),
            ("image/png", None),
            ("no media type at all", None),
            ("", Some(0)),
        ] {
            assert_eq!(chosen(accept), format, "{accept}");
        }
        assert_eq!(negotiate(OFFERS, &HeaderMap::new(), None).expect("the default").format, 0);
    }

    #[test]
    fn a_format_can_be_named_in_the_query() {
        for (name, format) in [
            ("sdmx-json", Some(0)),
            ("csvfile", Some(4)),
            ("sdmx-3.0", Some(3)),
            ("genericdata", Some(6)),
            ("application/vnd.sdmx.data csv;version=2.0.0", Some(5)),
            ("xlsx", None),
        ] {
            let accepted = negotiate(OFFERS, &HeaderMap::new(), Some(name)).ok();
            assert_eq!(accepted.map(|accepted| accepted.format), format, "{name}");
        }
    }

    #[test]
    fn parameters_travel_with_the_media_type_and_the_answer_names_all_of_it() {
        let mut headers = HeaderMap::new();
        let accept =
            "text/html, application/vnd.sdmx.data+csv; version=2.1.0; labels=name; timeFormat=\"normalized\"";
        headers.insert(ACCEPT, accept.parse().expect("a header"));
        let accepted = negotiate(OFFERS, &headers, None).expect("CSV");
        assert_eq!(accepted.media_type, "application/vnd.sdmx.data+csv;version=2.1.0");
        assert_eq!(accepted.parameter("labels"), Some("name"));
        assert_eq!(accepted.parameter("timeformat"), Some("normalized"));
    }
}
