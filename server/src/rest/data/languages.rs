//! The languages in which names are read.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

/// Languages of a header that are read.
const LANGUAGES_MAX: usize = 16;

/// Languages of the header Accept-Language, best first: `fr-CH, en;q=0.5` is fr-CH, fr, en.
pub(crate) fn languages(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let mut wanted: Vec<(u32, &str)> = Vec::new();
    for part in values.flat_map(|value| value.split(',')).take(LANGUAGES_MAX) {
        let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |text| text.parse::<f64>().ok());
        let is_tag = |tag: &str| tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let tag = tag.trim();
        if let Some(weight) = weight.filter(|weight| *weight > 0.0 && *weight <= 1.0)
            && !tag.is_empty()
            && is_tag(tag)
        {
            wanted.push(((weight * 1_000.0) as u32, tag));
        }
    }
    // Stable: among equals the first stays first.
    wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let mut languages: Vec<String> = Vec::new();
    for (_, tag) in wanted {
        for tag in [tag, tag.split('-').next().unwrap_or(tag)] {
            if !languages.iter().any(|known| known.eq_ignore_ascii_case(tag)) {
                languages.push(tag.to_owned());
            }
        }
    }
    languages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_language_comes_first_and_a_region_brings_its_language() {
        for (header, expected) in [
            ("fr-CH, en;q=0.5", "fr-CH fr en"),
            ("en;q=0.2, es", "es en"),
            ("*", ""),
            ("de;q=0", ""),
            ("", ""),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, header.parse().expect("a header"));
            assert_eq!(languages(&headers).join(" "), expected, "{header}");
        }
    }
}
