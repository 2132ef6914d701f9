//! Text with `{NAME}` where values come in.

/// The names in a template.
pub(crate) fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// The template with values; a name without a value stays as it is written.
pub(crate) fn fill(template: &str, value_of: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = behind.split_once('}') else {
            text.push('{');
            rest = behind;
            continue;
        };
        match value_of(name) {
            Some(value) => text.push_str(&value),
            None => text.push_str(&format!("{{{name}}}")),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_and_braces_that_are_none_stay() {
        let template = "{A} of {B}, {C} and { alone";
        assert_eq!(names(template).collect::<Vec<_>>(), ["A", "B", "C"]);
        let filled = fill(template, |name| (name != "C").then(|| name.to_lowercase()));
        assert_eq!(filled, "a of b, {C} and { alone");
    }
}
