//! Sizes as people write them elsewhere, and what is meant by them here.

use phoenix_graph::Bytes;

/// Writes a size that is none here as it is written here: `10Gi` (Kubernetes) and `1,4T` (a decimal comma)
/// as `10G` and `1.4T`; nothing where no size is meant, or where `1,400` may mean one or a thousand.
pub fn meant(word: &str) -> Option<String> {
    let mut sized = word.trim().to_owned();
    if let Some((_, fraction)) = sized.split_once(',') {
        let digits = fraction.chars().take_while(char::is_ascii_digit).count();
        if digits == 3 || fraction.contains(',') || sized.contains('.') {
            return None;
        }
        sized = sized.replace(',', ".");
    }
    sized.retain(|c| c != ' ');
    if sized.ends_with(['i', 'I']) {
        sized.pop();
    }
    let differs = sized != word && sized.starts_with(|c: char| c.is_ascii_digit());
    (differs && sized.parse::<Bytes>().is_ok_and(|bytes| bytes <= Bytes::LARGEST)).then_some(sized)
}

/// A size with a unit that means powers of 1000 everywhere but here.
#[derive(Debug, PartialEq, Eq)]
pub struct Decimal {
    pub taken: u64,
    /// The bytes that its unit says by the book.
    pub by_the_book: u64,
    /// The same size, written so that nobody is misled: `1.4T`.
    pub plain: String,
}

/// Looks for `KB`, `MB`, `GB` and so on; nothing in any other size.
pub fn decimal(word: &str) -> Option<Decimal> {
    let plain = word.strip_suffix(['B', 'b'])?;
    let unit = plain.chars().next_back()?.to_ascii_uppercase();
    let power = "KMGTPE".find(unit)? + 1;
    let number: f64 = plain.get(..plain.len() - 1)?.parse().ok()?;
    let taken: Bytes = word.parse().ok()?;
    let bytes = number * 1000f64.powi(i32::try_from(power).ok()?);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below the size taken")]
    let by_the_book = bytes.round() as u64;
    Some(Decimal { taken: taken.0, by_the_book, plain: plain.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_written_as_a_size_of_here() {
        for (word, wanted) in [
            ("10Gi", Some("10G")),
            ("512mi", Some("512m")),
            ("1,4T", Some("1.4T")),
            ("1,4Ti", Some("1.4T")),
            ("10 GiB", Some("10GiB")),
            ("10 G", Some("10G")),
            ("1,4005T", Some("1.4005T")),
            ("1,000", None),
            ("1,400G", None),
            ("1,000,000", None),
            ("1,4.5T", None),
            ("12 apples", None),
            ("Gi", None),
            ("10G", None),
            ("many", None),
            ("99999999Pi", None),
        ] {
            assert_eq!(meant(word).as_deref(), wanted, "{word}");
        }
    }

    #[test]
    fn a_decimal_unit_is_told_with_both_numbers() {
        let found = decimal("1.4TB").unwrap();
        assert_eq!((found.taken, found.by_the_book), (1_539_316_278_886, 1_400_000_000_000));
        assert_eq!(found.plain, "1.4T");
        assert_eq!(decimal("2gb").unwrap().by_the_book, 2_000_000_000);
        for word in ["1.4T", "1.4TiB", "512B", "B", "TB", "10", "", "xTB"] {
            assert_eq!(decimal(word), None, "{word}");
        }
    }
}
