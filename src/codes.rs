//! All codes: of what the compiler says of a spec, and of what a plan refuses and warns of.

use phoenix_graph::Code;

/// Returns all codes, in the order in which they are listed.
pub fn all() -> impl Iterator<Item = Code> + Clone {
    phoenix_compiler::code::all().chain(phoenix_plan::code::all())
}

/// Finds a code by its name.
pub fn find(name: &str) -> Option<Code> {
    all().find(|code| code.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_codes_have_one_name() {
        for (at, code) in all().enumerate() {
            assert_eq!(all().position(|other| other == code), Some(at), "{code}");
        }
    }
}
