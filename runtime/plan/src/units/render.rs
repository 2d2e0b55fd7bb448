//! The text of a unit's file.

use phoenix_graph::ObjectId;
use phoenix_host::text::unit_file::DESCRIPTION;

/// Writes the file of a unit: its section `[Unit]`, with a description that has the digest of all of it, and what follows.
///
/// `about` are further lines of that section, and `rest` the other sections.
pub fn unit(head: &str, description: &str, about: &str, rest: &str) -> String {
    let digest = ObjectId::of(format!("{description}\n{about}\n{rest}").as_bytes()).short();
    format!("{head}[Unit]\n{DESCRIPTION}{description} ({digest})\n{about}\n{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_host::text::unit_file::description;

    #[test]
    fn whatever_differs_is_told_by_the_description() {
        let said = |about, rest| {
            let text = unit("# head\n", "Snapshots", about, rest);
            description(&text).unwrap().to_owned()
        };
        let first = said("After=a.target\n", "[Timer]\nOnCalendar=*:0/15\n");
        assert_eq!(first, said("After=a.target\n", "[Timer]\nOnCalendar=*:0/15\n"));
        assert_ne!(first, said("After=a.target\n", "[Timer]\nOnCalendar=*:0/5\n"));
        assert_ne!(first, said("After=b.target\n", "[Timer]\nOnCalendar=*:0/15\n"));
        assert!(first.starts_with("Snapshots (") && first.ends_with(')'));
    }
}
