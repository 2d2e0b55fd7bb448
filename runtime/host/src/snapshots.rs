//! The snapshots that phoenix takes: what they are called, and the tag that holds them.

/// The tag of the holds on phoenix's snapshots.
pub const HOLD: &str = "phoenix";

/// Returns the name of an attempt's snapshots, after the `@`. `part` counts the plans of one attempt: one that goes
/// on after an import has several.
#[must_use]
pub fn name(number: u64, part: usize) -> Box<str> {
    match part {
        0 => format!("phoenix-{number}").into(),
        part => format!("phoenix-{number}.{part}").into(),
    }
}

/// Reads the number of the attempt, and of the part of it, out of the name of a snapshot.
#[must_use]
pub fn taken_by(name: &str) -> Option<(u64, u64)> {
    let rest = name.strip_prefix("phoenix-")?;
    let (number, part) = rest.split_once('.').unwrap_or((rest, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(number) && digits(part)).then(|| Some((number.parse().ok()?, part.parse().ok()?))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_phoenix_and_a_number_is_a_switchs_name() {
        assert_eq!(taken_by("phoenix-12"), Some((12, 0)));
        assert_eq!(taken_by("phoenix-12.1"), Some((12, 1)));
        assert_eq!([0, 2].map(|part| taken_by(&name(7, part))), [Some((7, 0)), Some((7, 2))]);
        for name in [
            "phoenix-12.",
            "phoenix-.1",
            "phoenix-1.1.1",
            "phoenix-",
            "phoenix-1a",
            "phoenix",
            "my-phoenix-1",
            "phoenix-+1",
            "phoenix-1-1",
        ] {
            assert_eq!(taken_by(name), None, "{name}");
        }
    }
}
