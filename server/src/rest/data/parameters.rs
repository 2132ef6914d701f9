//! The parameters of a query, as they stand behind the question mark.
//!
//! What lives here: names and values, and the refusal of those that nobody knows. What must not: what they mean.

use super::fault::Fault;

/// Bytes of a query: those of real ones are below a thousand. A key of [`mighub_sdmx::key::KEY_BYTES_MAX`] fits in.
const QUERY_BYTES_MAX: usize = 128 * 1024;
/// Parameters of a query, with one `c` for each component.
const PARAMETERS_MAX: usize = 256;

/// Names and values, decoded, in their order. What was taken is not there any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query. A `+` stays a plus: it joins conditions, and stands in time zones.
    pub(crate) fn read(query: Option<&str>) -> Result<Self, Fault> {
        let query = query.unwrap_or_default();
        if query.len() > QUERY_BYTES_MAX {
            return Err(Fault::malformed(
                "the query",
                format!("has more than {QUERY_BYTES_MAX} bytes: ask in parts"),
            ));
        }
        let mut parameters = Vec::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            parameters.push((decoded(name)?, decoded(value)?));
            if parameters.len() > PARAMETERS_MAX {
                let rule = format!("has more than {PARAMETERS_MAX} parameters: ask in parts");
                return Err(Fault::malformed("the query", rule));
            }
        }
        Ok(Self(parameters))
    }

    /// Takes the one value of a parameter; an empty value is none. `names` are all its spellings, compared
    /// without regard to case.
    pub(crate) fn take(&mut self, names: &[&str]) -> Result<Option<String>, Fault> {
        let is_it = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let Some(place) = self.0.iter().position(|(name, _)| is_it(name)) else { return Ok(None) };
        let (name, value) = self.0.remove(place);
        if self.0.iter().any(|(name, _)| is_it(name)) {
            return Err(Fault::malformed(&name, "stands twice: give it once"));
        }
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    /// Takes a yes or no; no if it is not there.
    pub(crate) fn take_flag(&mut self, names: &[&str]) -> Result<bool, Fault> {
        let Some(value) = self.take(names)? else { return Ok(false) };
        match &value.to_ascii_lowercase()[..] {
            "true" | "1" | "yes" => Ok(true),
            "false" | "0" | "no" => Ok(false),
            _ => Err(Fault::malformed(
                names[0],
                format!("{value:?} is neither true nor false: write one of them"),
            )),
        }
    }

    /// Takes a whole number.
    pub(crate) fn take_number(&mut self, names: &[&str], least: u64) -> Result<Option<u64>, Fault> {
        let Some(value) = self.take(names)? else { return Ok(None) };
        match value.parse::<u64>() {
            Ok(number) if number >= least => Ok(Some(number)),
            _ => {
                let rule = format!("{value:?} is not a whole number from {least} on: write one, such as 10");
                Err(Fault::malformed(names[0], rule))
            }
        }
    }

    /// Takes all `c[COMPONENT]`, as component and condition.
    pub(crate) fn take_conditions(&mut self) -> Result<Vec<(String, String)>, Fault> {
        let component = |name: &str| {
            let inner = name.strip_prefix("c[").or_else(|| name.strip_prefix("C["))?;
            inner.strip_suffix(']').map(str::to_owned)
        };
        let mut conditions: Vec<(String, String)> = Vec::new();
        let mut rest = Vec::new();
        for (name, value) in std::mem::take(&mut self.0) {
            match component(&name) {
                None => rest.push((name, value)),
                Some(id) if conditions.iter().any(|(known, _)| *known == id) => {
                    let rule = "stands twice: join its conditions, with + for AND and a comma for OR";
                    return Err(Fault::malformed(&name, rule));
                }
                Some(id) => conditions.push((id, value)),
            }
        }
        self.0 = rest;
        Ok(conditions)
    }

    /// Takes everything that is left.
    pub(crate) fn take_rest(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.0)
    }

    /// Refuses whatever was not taken: a misspelt filter must not give more than was asked for.
    pub(crate) fn finish(self, known: &[&str]) -> Result<(), Fault> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                Err(Fault::malformed(name, format!("is no parameter here; there are: {}", known.join(", "))))
            }
        }
    }
}

/// Undoes percent encoding.
pub(crate) fn decoded(text: &str) -> Result<String, Fault> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let malformed =
        || Fault::malformed("the query", format!("{text:?} is not percent-encoded UTF-8: encode % as %25"));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(byte) = rest.next() {
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(*digit).to_digit(16));
        let (high, low) = digit().zip(digit()).ok_or_else(malformed)?;
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_stays_a_plus_however_it_was_sent() {
        let query =
            Some("c%5BTIME_PERIOD%5D=ge:2020+le:2022&c[SEX]=F,M&updatedAfter=2020-01-01T00:00:00%2B01:00");
        let mut parameters = Parameters::read(query).expect("a query");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            parameters.take_conditions().expect("conditions"),
            [pair("TIME_PERIOD", "ge:2020+le:2022"), pair("SEX", "F,M")]
        );
        let updated = parameters.take(&["updatedAfter", "updateAfter"]).expect("once");
        assert_eq!(updated.as_deref(), Some("2020-01-01T00:00:00+01:00"));
    }

    #[test]
    fn whatever_nobody_knows_or_says_twice_is_refused_with_what_there_is() {
        let read = |query: &str| Parameters::read(Some(query)).expect("a query");
        let text = |fault: Result<(), Fault>| fault.expect_err("a fault").to_string();
        assert_eq!(
            text(read("startPeriods=2020").finish(&["startPeriod", "endPeriod"])),
            "startPeriods: is no parameter here; there are: startPeriod, endPeriod"
        );
        assert_eq!(
            text(read("limit=1&LIMIT=2").take(&["limit"]).map(drop)),
            "limit: stands twice: give it once"
        );
        assert!(read("c[A]=1&c[A]=2").take_conditions().is_err());
        assert!(Parameters::read(Some("key=%ZZ")).is_err());
        assert!(Parameters::read(Some("key=%C3")).is_err());
    }

    #[test]
    fn flags_have_any_case_and_numbers_a_least() {
        let mut parameters = Parameters::read(Some("includeHistory=True&limit=0&offset=7")).expect("a query");
        assert!(parameters.take_flag(&["includeHistory"]).expect("a flag"));
        assert!(parameters.take_number(&["limit"], 1).is_err());
        assert_eq!(parameters.take_number(&["offset"], 0).expect("a number"), Some(7));
    }
}
