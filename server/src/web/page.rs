//! What every template is given: language, theme, who reads, which view this is, and the words for it.

use std::fmt::Display;

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

use super::asset;
use super::language::Language;
use super::menu::Place;
use super::parts::{Cut, When};
use super::person::{LANGUAGE, THEME, cookie};
use super::query::Query;
use super::theme::Theme;
use crate::hub::{Hub, Moment, Principal};

/// Characters of a title: it stands in a browser's tab.
const TITLE_CHARACTERS_MAX: usize = 120;
/// Characters of a text in a narrow place.
const SHORT_CHARACTERS_MAX: usize = 200;

/// A page, but for its content.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Its language.
    pub(crate) language: Language,
    /// Its theme.
    pub(crate) theme: Theme,
    /// Where it is in the menu.
    pub(crate) place: Option<Place>,
    /// What it is about, after [`inert`].
    pub(crate) title: String,
    /// Who reads.
    pub(crate) reader: Option<Reader>,
    path: String,
    query: Query,
}

/// Somebody who said who he is.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    /// The agency.
    pub(crate) agency: String,
    /// Its name, or its id again.
    pub(crate) name: String,
    /// Whether by a token, which can be taken away again.
    pub(crate) by_token: bool,
}

impl Page {
    pub(super) fn new(headers: &HeaderMap, path: &str, query: &Query, place: Option<Place>) -> Self {
        let accepted =
            || headers.get(ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok()).map(Language::accepted);
        let language = query.get("lang").or_else(|| cookie(headers, LANGUAGE)).and_then(Language::of_tag);
        let theme = query.get("theme").or_else(|| cookie(headers, THEME)).and_then(Theme::of_name);
        let language = language.or_else(accepted).unwrap_or_default();
        Self {
            language,
            theme: theme.unwrap_or_default(),
            place,
            title: place.map_or("mighub", |place| language.say(place.key())).to_owned(),
            reader: None,
            // Two slashes at the beginning would name another host.
            path: format!("/{}", path.trim_start_matches('/')),
            query: query.with("lang", "").with("theme", ""),
        }
    }

    pub(super) fn for_reader(self, hub: &Hub, principal: &Principal) -> Self {
        let reader = principal.agency.as_ref().map(|agency| {
            let rights = hub.rights();
            let name = rights.agency(agency).map(|row| row.name.clone()).filter(|name| !name.is_empty());
            Reader {
                agency: agency.to_string(),
                name: name.unwrap_or_else(|| agency.to_string()),
                by_token: principal.scope.is_some(),
            }
        });
        Self { reader, ..self }
    }

    /// The same with the message of a key as its title.
    #[must_use]
    pub(crate) fn titled(&self, key: &str) -> Self {
        self.called(self.language.say(key))
    }

    /// The same with a title of its own.
    #[must_use]
    pub(crate) fn called(&self, title: &str) -> Self {
        Self { title: inert(title, TITLE_CHARACTERS_MAX), ..self.clone() }
    }

    /// What a message says.
    pub(crate) fn t<'k>(&self, key: &'k str) -> &'k str {
        self.language.say(key)
    }

    /// A message with one value.
    pub(crate) fn t1(&self, key: &str, value: impl Display) -> String {
        self.language.fill(key, &[&value])
    }

    /// A message with two values.
    pub(crate) fn t2(&self, key: &str, first: impl Display, second: impl Display) -> String {
        self.language.fill(key, &[&first, &second])
    }

    /// A number.
    pub(crate) fn n(&self, number: &u64) -> String {
        self.language.number(*number)
    }

    /// A moment.
    pub(crate) fn when(&self, moment: &Moment) -> When {
        When::of(*moment)
    }

    /// A text of somebody's, cut if it is long, with the whole behind it.
    pub(crate) fn cut<'t>(&self, text: &'t str) -> Cut<'t> {
        Cut::of(text)
    }

    /// The beginning of a text of somebody's, for attributes and narrow cells.
    pub(crate) fn short(&self, text: &str) -> String {
        inert(text, SHORT_CHARACTERS_MAX)
    }

    /// The address of a file that is part of the program.
    pub(crate) fn asset(&self, name: &str) -> &'static str {
        asset::address(name)
    }

    /// This view in another language.
    pub(crate) fn in_language(&self, language: &Language) -> String {
        self.view(&self.query.with("lang", language.tag()))
    }

    /// This view in another theme.
    pub(crate) fn in_theme(&self, theme: &Theme) -> String {
        self.view(&self.query.with("theme", theme.name()))
    }

    /// This view with another value of a parameter.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        self.view(&self.query.with(name, value))
    }

    /// The same with two of them.
    pub(crate) fn with_both(&self, first: (&str, &str), second: (&str, &str)) -> String {
        self.view(&self.query.with(first.0, first.1).with(second.0, second.1))
    }

    /// The address of this view, which reproduces it.
    pub(crate) fn address(&self) -> String {
        self.view(&self.query)
    }

    /// Where to sign in and come back.
    pub(crate) fn sign_in(&self) -> String {
        let next = if self.path.starts_with("/sign-") { "/".to_owned() } else { self.address() };
        format!("/sign-in{}", Query::default().with("next", &next).text())
    }

    /// Languages that are offered.
    pub(crate) fn languages(&self) -> [Language; 6] {
        Language::ALL
    }

    /// Themes that are offered.
    pub(crate) fn themes(&self) -> [Theme; 3] {
        Theme::ALL
    }

    /// Entries of the menu.
    pub(crate) fn places(&self) -> [Place; Place::ALL.len()] {
        Place::ALL
    }

    /// Whether it is in a language.
    pub(crate) fn is_in(&self, language: &Language) -> bool {
        self.language == *language
    }

    /// Whether it has a theme.
    pub(crate) fn looks(&self, theme: &Theme) -> bool {
        self.theme == *theme
    }

    /// Whether an entry of the menu is the one this page belongs to.
    pub(crate) fn is_at(&self, place: &Place) -> bool {
        self.place == Some(*place)
    }

    fn view(&self, query: &Query) -> String {
        format!("{}{}", self.path, query.text())
    }
}

/// A text without what controls a terminal or the direction of others, cut to so many characters: for titles, where no
/// element can fence it in.
pub(crate) fn inert(text: &str, characters_max: usize) -> String {
    let controls = |character: char| {
        character.is_control()
            || matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut characters =
        text.chars().map(|character| if controls(character) { '\u{fffd}' } else { character });
    let mut kept: String = characters.by_ref().take(characters_max).collect();
    if characters.next().is_some() {
        kept.push('…');
    }
    kept
}
