//! Languages of the pages, and what is said in them.
//!
//! What lives here: which language a reader gets, and the catalogue of messages. What must not: names of structures and
//! texts of rules, which come in the languages that their makers gave them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

/// Entries of an Accept-Language header that are looked at: browsers send a handful.
const ACCEPTED_MAX: usize = 16;

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Language {
    /// English: what a catalogue lacks is said in it.
    #[default]
    English,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Russian, in part.
    Russian,
    /// Arabic, in part.
    Arabic,
    /// Chinese, in part.
    Chinese,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub(crate) const ALL: [Self; 6] =
        [Self::English, Self::French, Self::Spanish, Self::Russian, Self::Arabic, Self::Chinese];

    /// Those in which everything is said.
    #[cfg(test)]
    pub(super) const COMPLETE: [Self; 3] = [Self::English, Self::French, Self::Spanish];

    /// Its tag (BCP 47).
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Russian => "ru",
            Self::Arabic => "ar",
            Self::Chinese => "zh",
        }
    }

    /// How it calls itself.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
            Self::Spanish => "Español",
            Self::Russian => "Русский",
            Self::Arabic => "العربية",
            Self::Chinese => "中文",
        }
    }

    /// How it is called in the header of a page.
    pub(crate) fn short_name(self) -> &'static str {
        match self {
            Self::English => "EN",
            Self::French => "FR",
            Self::Spanish => "ES",
            Self::Russian => "РУ",
            Self::Arabic => "ع",
            Self::Chinese => "中",
        }
    }

    /// `ltr` or `rtl`.
    pub(crate) fn direction(self) -> &'static str {
        if self == Self::Arabic { "rtl" } else { "ltr" }
    }

    /// The language of a tag, whatever its region.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The best of what a browser accepts (RFC 9110, 12.5.4); English if nothing fits.
    pub(crate) fn accepted(header: &str) -> Self {
        let mut best: Option<(f32, Self)> = None;
        for entry in header.split(',').take(ACCEPTED_MAX) {
            let mut parts = entry.split(';');
            let language = parts.next().and_then(|tag| Self::of_tag(tag.trim()));
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            if let Some(language) = language
                && weight > 0.0
                && best.is_none_or(|(known, _)| weight > known)
            {
                best = Some((weight, language));
            }
        }
        best.map_or(Self::English, |(_, language)| language)
    }

    /// What a message says; in English if this language does not have it. A key that nobody knows is said as it is, so
    /// that the page shows what is missing.
    pub(crate) fn say(self, key: &str) -> &str {
        let said = |language| catalogue(language).get(key).map(String::as_str);
        said(self).or_else(|| said(Self::English)).unwrap_or(key)
    }

    /// The same with `{0}`, `{1}`, ... filled in.
    pub(crate) fn fill(self, key: &str, values: &[&dyn Display]) -> String {
        let mut filled = String::new();
        let mut rest = self.say(key);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let place = after
                .split_once('}')
                .and_then(|(place, after)| Some((values.get(place.parse::<usize>().ok()?)?, after)));
            match place {
                Some((value, after)) => {
                    filled.push_str(&value.to_string());
                    rest = after;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    /// A whole number as the language groups its digits.
    pub(crate) fn number(self, number: u64) -> String {
        // French, Spanish and Russian have a narrow space that does not break (CLDR, and the Academy of Spanish).
        let group = match self {
            Self::French | Self::Spanish | Self::Russian => '\u{202f}',
            Self::English | Self::Arabic | Self::Chinese => ',',
        };
        let digits = number.to_string();
        let mut grouped = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push(group);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// The language of texts of rules, which are in three.
    pub(crate) fn of_rules(self) -> mighub_validation::Language {
        match self {
            Self::French => mighub_validation::Language::French,
            Self::Spanish => mighub_validation::Language::Spanish,
            _ => mighub_validation::Language::English,
        }
    }
}

/// Messages by key.
pub(super) type Catalogue = BTreeMap<String, String>;

/// All that is said in a language.
pub(super) fn catalogue(language: Language) -> &'static Catalogue {
    static CATALOGUES: LazyLock<[Catalogue; 6]> = LazyLock::new(|| {
        [
            include_str!("messages/en.json"),
            include_str!("messages/fr.json"),
            include_str!("messages/es.json"),
            include_str!("messages/ru.json"),
            include_str!("messages/ar.json"),
            include_str!("messages/zh.json"),
        ]
        .map(|text| {
            serde_json::from_str(text).expect("the catalogues are part of the program, and a test reads them")
        })
    });
    let place = Language::ALL.iter().position(|known| *known == language).unwrap_or_default();
    &CATALOGUES[place]
}
