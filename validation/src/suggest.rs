//! The nearest valid code, for what somebody wrote in its place: its name, its code in another list, or a slip
//! of the pen.

use std::collections::HashMap;
use std::sync::Arc;

use mighub_sdmx::Decimal;
use mighub_sdmx::period::Period;
use mighub_sdmx::structure::{Code, Codelist};

use crate::finding::SUGGESTIONS_MAX;

/// Distinct texts that are compared with every code of a list; of more, only equal names and codes of other
/// lists are found, so that a column of rubbish does not keep the judge busy.
const COMPARED_MAX: usize = 1_000;
/// Codes that are nearly what was written, suggested at most: more would only be a list to read.
const NEAR_MAX: usize = 5;
/// Longest text that is compared, in bytes: longer than any name of a country.
const COMPARED_BYTES_MAX: usize = 80;
/// Least likeness of an id to be suggested.
const LIKE_ID: f64 = 0.78;
/// In a shorter id than twice as many letters, one may be wrong; in a longer one, one for each so many.
const LETTERS_PER_SLIP: usize = 4;
/// Least likeness of a name to be suggested.
const LIKE_NAME: f64 = 0.86;
/// Likeness of a name of which the text is the beginning or a word: `Bolivia` of `Bolivia (Plurinational State of)`.
const LIKE_PART: f64 = 0.97;
/// Shortest text that is compared with names.
const NAME_CHARACTERS_MIN: usize = 4;
/// Shortest text that is compared with ids: a single letter is like too many.
const ID_CHARACTERS_MIN: usize = 2;

/// Finds the nearest codes of one list.
pub(crate) struct Nearest {
    list: Arc<Codelist>,
    /// Per code of the list, whether it may be used.
    usable: Vec<bool>,
    index: Option<Index>,
    known: HashMap<String, Arc<[Arc<str>]>>,
}

/// Made when the first code is looked for.
struct Index {
    /// Places of codes by what is as good as their id.
    exact: HashMap<String, Vec<u32>>,
    /// Names with their code's place, made comparable.
    names: Vec<(String, u32)>,
}

impl Nearest {
    /// Finds among the usable codes of a list.
    pub(crate) fn new(list: Arc<Codelist>, usable: Vec<bool>) -> Self {
        Self { list, usable, index: None, known: HashMap::new() }
    }

    /// Id of the list.
    pub(crate) fn list_id(&self) -> &str {
        &self.list.identity.id
    }

    /// The name of a code.
    pub(crate) fn name_of(&self, code: &str) -> Option<&str> {
        self.list.get(code)?.names.best("en")
    }

    /// The codes nearest to a text, the likeliest first.
    pub(crate) fn to(&mut self, text: &str) -> Arc<[Arc<str>]> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let index = self.index.get_or_insert_with(|| Index::new(&self.list));
        let comparable = comparable(text);
        let codes = self.list.codes();
        let mut places: Vec<u32> = Vec::new();
        if let Some(exact) = index.exact.get(&comparable) {
            places.extend(exact.iter().filter(|place| self.usable[**place as usize]));
        }
        let is_known_enough = self.known.len() >= COMPARED_MAX;
        if places.is_empty() && !is_known_enough && text.len() <= COMPARED_BYTES_MAX {
            places = index.near(text, &comparable, codes, &self.usable);
        }
        places.truncate(SUGGESTIONS_MAX);
        let nearest: Arc<[Arc<str>]> =
            places.into_iter().map(|place| Arc::from(&*codes[place as usize].id)).collect();
        if !is_known_enough {
            self.known.insert(text.to_owned(), nearest.clone());
        }
        nearest
    }
}

impl Index {
    fn new(list: &Codelist) -> Self {
        let mut index = Self { exact: HashMap::new(), names: Vec::new() };
        for (place, code) in list.codes().iter().enumerate() {
            index.add(comparable(&code.id), place as u32);
            for name in names(code) {
                let name = comparable(name);
                index.add(name.clone(), place as u32);
                index.names.push((name, place as u32));
            }
        }
        for id in identifying(list) {
            for (place, code) in list.codes().iter().enumerate() {
                let Some(elsewhere) = code.annotation(&id) else { continue };
                index.add(comparable(elsewhere), place as u32);
                // Numbers lose their zeros in spreadsheets.
                index.add(elsewhere.trim_start_matches('0').to_lowercase(), place as u32);
            }
        }
        index
    }

    fn add(&mut self, text: String, place: u32) {
        let places = self.exact.entry(text).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    fn near(&self, text: &str, comparable: &str, codes: &[Code], usable: &[bool]) -> Vec<u32> {
        let mut likeness = vec![0.0_f64; codes.len()];
        let upper = text.to_uppercase();
        let is_long_enough = upper.chars().count() >= ID_CHARACTERS_MIN;
        for (code, likeness) in codes.iter().zip(&mut likeness) {
            let like = strsim::jaro_winkler(&upper, &code.id);
            let slips = (code.id.len() / LETTERS_PER_SLIP).max(1);
            if like >= LIKE_ID && is_long_enough && strsim::osa_distance(&upper, &code.id) <= slips {
                *likeness = like;
            }
        }
        if comparable.chars().count() >= NAME_CHARACTERS_MIN {
            for (name, place) in &self.names {
                let is_part = name.starts_with(comparable) || name.split(' ').any(|word| word == comparable);
                let like = if is_part { LIKE_PART } else { strsim::jaro_winkler(comparable, name) };
                let likeness = &mut likeness[*place as usize];
                if like >= LIKE_NAME && like > *likeness {
                    *likeness = like;
                }
            }
        }
        let mut places: Vec<u32> = (0..codes.len() as u32)
            .filter(|place| likeness[*place as usize] > 0.0 && usable[*place as usize])
            .collect();
        places.sort_by(|a, b| likeness[*b as usize].total_cmp(&likeness[*a as usize]));
        places.truncate(NEAR_MAX);
        places
    }
}

/// Annotations that are codes of the same thing elsewhere: hardly any two codes have the same. (Others, such
/// as membership in a group, say the same of many.)
fn identifying(list: &Codelist) -> Vec<String> {
    let mut contents: Vec<(&str, Vec<&str>)> = Vec::new();
    for annotation in list.codes().iter().flat_map(|code| &code.annotations) {
        let Some(id) = annotation.id.as_deref() else { continue };
        match contents.iter_mut().find(|(known, _)| *known == id) {
            Some((_, contents)) => contents.push(annotation.content()),
            None => contents.push((id, vec![annotation.content()])),
        }
    }
    let tells_apart = |contents: &mut Vec<&str>| {
        let all = contents.len();
        contents.sort_unstable();
        contents.dedup();
        contents.len() * 10 >= all * 9
    };
    contents
        .into_iter()
        .filter_map(|(id, mut of_id)| tells_apart(&mut of_id).then(|| id.to_owned()))
        .collect()
}

fn names(code: &Code) -> impl Iterator<Item = &str> {
    let all = code.names.all().values().map(String::as_str);
    all.chain(code.names.best("en").filter(|_| code.names.all().is_empty()))
}

/// Letters and digits in small letters, words parted by single spaces.
fn comparable(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.extend(word.chars().flat_map(char::to_lowercase));
    }
    words
}

/// Ids that `name` is nearly, the nearest first.
pub(crate) fn misspelled(name: &str, ids: &[&Arc<str>]) -> Vec<Arc<str>> {
    const DIFFERENCES_MAX: usize = 2;
    let name = name.to_uppercase();
    let mut near: Vec<_> = ids
        .iter()
        .map(|id| (strsim::osa_distance(&name, id), *id))
        .filter(|(distance, id)| *distance <= DIFFERENCES_MAX.min(id.len() / 3))
        .collect();
    near.sort_unstable();
    near.into_iter().map(|(_, id)| id.clone()).collect()
}

/// Periods that an unreadable one may mean: `2020q1`, `2020/07`, `2020.07`.
pub(crate) fn periods(text: &str) -> Vec<Arc<str>> {
    let plain: String = text.trim().to_uppercase().replace(['/', '.', ' ', '_'], "-");
    let year = plain.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    let parted = year.and_then(|year| Some(format!("{year}-{}", plain.get(4..)?)));
    let candidates =
        [Some(plain.clone()), parted, plain.split_once('-').map(|(part, year)| format!("{year}-{part}"))];
    candidates_that(candidates, |text| Period::parse(text.as_bytes()).is_ok())
}

/// Numbers that an unreadable one may mean: `1 234`, `1.234.567`, `12,5`.
pub(crate) fn numbers(text: &str) -> Vec<Arc<str>> {
    let text: String =
        text.trim().chars().filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’')).collect();
    // Thousands stand in groups of three.
    let whole = |mark: char| {
        let mut groups = text.split(mark);
        let first = groups.next()?;
        let all_of_three =
            groups.all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()));
        (all_of_three && first.trim_start_matches('-').len() <= 3).then(|| text.replace(mark, ""))
    };
    let decimal = (text.matches(',').count() == 1).then(|| text.replace('.', "").replace(',', "."));
    candidates_that([Some(text.clone()), whole('.'), whole(','), decimal], |text| {
        Decimal::parse(text.as_bytes()).is_ok()
    })
}

fn candidates_that<const N: usize>(
    candidates: [Option<String>; N],
    is: impl Fn(&str) -> bool,
) -> Vec<Arc<str>> {
    let mut found: Vec<Arc<str>> = Vec::new();
    for candidate in candidates.into_iter().flatten().filter(|candidate| is(candidate)) {
        if !found.iter().any(|known| **known == *candidate) {
            found.push(Arc::from(candidate));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(found: Vec<Arc<str>>) -> Vec<String> {
        found.iter().map(ToString::to_string).collect()
    }

    fn areas() -> Nearest {
        let areas = include_bytes!("../../structures/areas.json");
        let artefacts = mighub_sdmx::structure::read_json(areas).expect("the structure package");
        let list = artefacts.into_iter().find_map(|artefact| match artefact {
            mighub_sdmx::structure::Artefact::Codelist(list) => Some(list),
            _ => None,
        });
        let list = list.expect("CL_AREA");
        let usable = list.codes().iter().map(|code| &*code.id != "NOR").collect();
        Nearest::new(list, usable)
    }

    #[test]
    fn an_area_is_found_by_its_name_and_its_codes_elsewhere() {
        let mut areas = areas();
        for (text, expected) in [
            // Names, in three languages, in any letters; or only a part of one.
            ("Sweden", "SWE"),
            ("SUÈDE", "SWE"),
            ("Alemania", "DEU"),
            ("bolivia", "BOL"),
            ("Republic of Moldova", "MDA"),
            // Slips of the pen.
            ("Germny", "DEU"),
            ("swe", "SWE"),
            ("ROM", "ROU"),
            // ISO 3166 in two letters, Eurostat, M49 with and without its zeros, UNHCR.
            ("SE", "SWE"),
            ("EL", "GRC"),
            ("UK", "GBR"),
            ("040", "AUT"),
            ("40", "AUT"),
            ("GFR", "DEU"),
        ] {
            let nearest = areas.to(text);
            assert_eq!(nearest.first().map(|code| &**code), Some(expected), "{text}: {nearest:?}");
        }
    }

    #[test]
    fn nothing_is_suggested_that_may_not_be_used_or_is_not_near() {
        let mut areas = areas();
        assert!(!areas.to("Norway").iter().any(|code| &**code == "NOR"));
        for text in ["1", "qqqqqq", "5120", "", "~"] {
            assert_eq!(&*areas.to(text), [], "{text}");
        }
    }

    #[test]
    fn what_is_nearly_a_number_or_a_period_is_recognised() {
        for (text, expected) in [
            ("1 234", &["1234"][..]),
            ("1.234.567", &["1234567"]),
            ("1'234", &["1234"]),
            ("12,5", &["12.5"]),
            ("1,234", &["1234", "1.234"]),
            ("1.234,5", &["1234.5"]),
            ("about 12", &[]),
            ("1e5", &[]),
        ] {
            assert_eq!(texts(numbers(text)), expected, "{text}");
        }
        for (text, expected) in [
            ("2020q1", &["2020-Q1"][..]),
            ("2020/07", &["2020-07"]),
            ("2020.7.1", &[]),
            ("07-2020", &["2020-07"]),
            ("Q3 2020", &["2020-Q3"]),
            ("20l7", &[]),
        ] {
            assert_eq!(texts(periods(text)), expected, "{text}");
        }
    }
}
