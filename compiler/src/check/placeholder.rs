//! Placeholders: texts that somebody meant to replace.

/// Returns whether a text, or one part of a path, stands for a value still to be filled in.
pub fn is_placeholder(text: &str) -> bool {
    text.split('/').any(|part| {
        let upper = part.to_ascii_uppercase();
        let marked = |from: &str, to: &str| {
            part.strip_prefix(from)
                .and_then(|rest| rest.strip_suffix(to))
                .is_some_and(|rest| !rest.is_empty())
        };
        let word = |word: &str| upper.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == word);
        marked("__", "__")
            || part.find('<').is_some_and(|at| part[at..].contains('>'))
            || ["CHANGEME", "CHANGE_ME", "CHANGE-ME"].iter().any(|word| upper.contains(word))
            // What `phoenix init` writes.
            || ["FIRST_DISK", "SECOND_DISK"].iter().any(|word| part.ends_with(word))
            || word("TODO")
            || word("FIXME")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_marked_as_one_is_a_placeholder() {
        for text in [
            "__DISK_ID_1__",
            "/dev/disk/by-id/__X__",
            "/dev/<disk>",
            "ata-CHANGEME",
            "TODO",
            "a-todo-1",
            "/dev/disk/by-id/ata-FIRST_DISK",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "/dev/disk/by-id/nvme-DISK_1",
            "ata-FIRST_DISK_7",
            "nvme-INTEL_X__PHLJ__1",
            "mastodon",
            "____",
            "10.0.0.0/24",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
