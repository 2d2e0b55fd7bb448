//! "Did you mean": the nearest of the words that would be right.

/// The most candidates that are looked at: with more of them one would be near by chance.
const MOST: usize = 2000;

/// Returns the nearest candidate, where one is near enough to be what was meant.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer texts are no misspelt words, and comparing them takes quadratic time.
    if word.len() > 64 {
        return None;
    }
    let lower = word.to_lowercase();
    let most = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .take(MOST)
        // A word that is so much longer or shorter is not near.
        .filter(|candidate| *candidate != word && candidate.len().abs_diff(word.len()) <= 4 * most)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= most && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Lists words for people: `a`, `b` and `c`.
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    joined(&words)
}

/// Joins what is said already: `a, b and c`.
pub fn joined(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Writes a word with its article: a `pool`, an `export`.
pub fn article(word: &str) -> String {
    let an = word == "lxc" || word.starts_with(['a', 'e', 'i', 'o', 'u']) && !word.starts_with("use");
    format!("{} `{word}`", if an { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        let words = ["recordsize", "compression", "quota"];
        assert_eq!(did_you_mean("recordsise", words), Some("recordsize"));
        assert_eq!(did_you_mean("Quota", words), Some("quota"));
        assert_eq!(did_you_mean("bananas", words), None);
    }
}
