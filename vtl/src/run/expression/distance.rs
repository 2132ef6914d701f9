//! How far two texts are from each other.
//!
//! What lives here: the four distances of `string_distance`. What must not: other functions of texts.

use crate::plan::Function;
use crate::value::{Number, Scalar};

/// Characters of a text that distances compare: the work grows with the product of both lengths.
const CHARACTERS_MAX: usize = 4096;
/// Weight of a common beginning in the distance of Jaro and Winkler, and how many characters of it count.
const PREFIX_WEIGHT: f64 = 0.1;
const PREFIX_MAX: usize = 4;

pub(super) fn apply(function: Function, left: &str, right: &str) -> Result<Scalar, String> {
    let (a, b): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if a.len().max(b.len()) > CHARACTERS_MAX {
        return Err(format!("string_distance compares texts of at most {CHARACTERS_MAX} characters"));
    }
    match function {
        Function::Levenshtein => Ok(Scalar::Integer(edits(&a, &b, false) as i64)),
        Function::DamerauLevenshtein => Ok(Scalar::Integer(edits(&a, &b, true) as i64)),
        Function::Hamming if a.len() != b.len() => Err(format!(
            "the hamming distance is that of texts of equal length; \"{left}\" and \"{right}\" have {} and {} characters",
            a.len(),
            b.len()
        )),
        Function::Hamming => Ok(Scalar::Integer(a.iter().zip(&b).filter(|(a, b)| a != b).count() as i64)),
        _ => Ok(Scalar::Number(Number::Float(jaro_winkler(&a, &b)))),
    }
}

/// Characters to be put in, taken out or changed; with `swaps` also neighbours to be swapped.
fn edits(a: &[char], b: &[char], swaps: bool) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (row, x) in a.iter().enumerate() {
        let mut next = Vec::with_capacity(last.len());
        next.push(row + 1);
        for (column, y) in b.iter().enumerate() {
            let mut best =
                (last[column] + usize::from(x != y)).min(last[column + 1] + 1).min(next[column] + 1);
            if swaps && row > 0 && column > 0 && *x == b[column - 1] && a[row - 1] == *y {
                best = best.min(before[column - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut last, next);
    }
    last[b.len()]
}

/// 1 for equal texts, 0 for texts without a common character.
fn jaro_winkler(a: &[char], b: &[char]) -> f64 {
    let jaro = jaro(a, b);
    let prefix = a.iter().zip(b).take(PREFIX_MAX).take_while(|(a, b)| a == b).count();
    jaro + prefix as f64 * PREFIX_WEIGHT * (1.0 - jaro)
}

fn jaro(a: &[char], b: &[char]) -> f64 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    let window = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; b.len()];
    let mut matched = Vec::new();
    for (place, x) in a.iter().enumerate() {
        let from = place.saturating_sub(window);
        let to = (place + window + 1).min(b.len());
        if let Some(found) = (from..to).find(|other| !taken[*other] && b[*other] == *x) {
            taken[found] = true;
            matched.push(*x);
        }
    }
    if matched.is_empty() {
        return 0.0;
    }
    let others = b.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(y, _)| y);
    let swapped = matched.iter().zip(others).filter(|(x, y)| x != y).count() as f64 / 2.0;
    let count = matched.len() as f64;
    (count / a.len() as f64 + count / b.len() as f64 + (count - swapped) / count) / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_known_pairs() {
        for (function, left, right, expected) in [
            (Function::Levenshtein, "kitten", "sitting", "3"),
            (Function::Levenshtein, "", "abc", "3"),
            (Function::Levenshtein, "ca", "ac", "2"),
            (Function::DamerauLevenshtein, "ca", "ac", "1"),
            (Function::Hamming, "karolin", "kathrin", "3"),
            (Function::JaroWinkler, "MARTHA", "MARHTA", "0.9611111111111111"),
            (Function::JaroWinkler, "abc", "xyz", "0"),
        ] {
            assert_eq!(apply(function, left, right).map(|value| value.to_string()).as_deref(), Ok(expected));
        }
        assert!(apply(Function::Hamming, "a", "ab").is_err());
    }
}
