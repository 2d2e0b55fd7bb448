//! Whom the server takes those for who ask (`exports(5)`, "User ID Mapping"), where that is root of this host.

use super::ExportOptions;

/// The part of root that somebody has here who is a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// The group root.
    Group,
    /// Whoever is root there is root here.
    Own,
    /// Whoever asks is root here.
    Everybody,
}

/// How a client comes to be root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsRoot<'a> {
    pub root: Root,
    /// The option that makes it so.
    pub by: &'static str,
    /// The security flavours by which that is so; nothing where it is by all.
    pub flavours: Vec<&'a str>,
}

impl ExportOptions {
    /// Returns whom those are taken for who are nobody in particular: the numbers of a user and a group.
    #[must_use]
    pub fn anonymous(&self) -> Option<(u32, u32)> {
        let id = |name: &str| self.iter().find_map(|word| word.strip_prefix(name)?.parse().ok());
        Some((id("anonuid=")?, id("anongid=")?))
    }

    /// Returns how a client is root here, by the flavours by which it is that most; nothing where it is by none.
    #[must_use]
    pub fn as_root(&self) -> Option<AsRoot<'_>> {
        let found = self.flavours().filter_map(|flavour| Some((self.root_by(flavour)?, flavour)));
        let found: Vec<_> = found.collect();
        let (root, by) = found.iter().map(|(root, _)| *root).max()?;
        let mut flavours: Vec<&str> =
            found.iter().filter(|(one, _)| *one == (root, by)).map(|(_, flavour)| *flavour).collect();
        if flavours.len() == self.flavours().count() {
            flavours.clear();
        }
        Some(AsRoot { root, by, flavours })
    }

    fn root_by(&self, flavour: &str) -> Option<(Root, &'static str)> {
        let holds = |word| self.holds_by(word, Some(flavour));
        let (user, group) = self.anonymous()?;
        match (holds("all_squash"), holds("root_squash")) {
            (true, _) if user == 0 => Some((Root::Everybody, "anonuid=0")),
            (true, _) => (group == 0).then_some((Root::Group, "anongid=0")),
            (false, true) if user == 0 => Some((Root::Own, "anonuid=0")),
            (false, true) => (group == 0).then_some((Root::Group, "anongid=0")),
            (false, false) => Some((Root::Own, "no_root_squash")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_root(words: &str) -> Option<(Root, &'static str, String)> {
        let options = ExportOptions::from_words([]).unwrap();
        let options = if words.is_empty() { options } else { ExportOptions::from_etab(words) };
        options.as_root().map(|found| (found.root, found.by, found.flavours.join(":")))
    }

    #[test]
    fn who_is_root_here_is_told_by_squashing_and_by_whom_it_makes_of_people() {
        let (own, everybody, group) = (Root::Own, Root::Everybody, Root::Group);
        for (words, expected) in [
            ("", None),
            ("rw,all_squash", None),
            ("rw,no_root_squash", Some((own, "no_root_squash", ""))),
            // All are squashed, root among them.
            ("rw,no_root_squash,all_squash", None),
            ("rw,no_root_squash,all_squash,anonuid=0", Some((everybody, "anonuid=0", ""))),
            ("rw,anonuid=0", Some((own, "anonuid=0", ""))),
            ("rw,all_squash,anonuid=0", Some((everybody, "anonuid=0", ""))),
            ("rw,all_squash,anongid=0", Some((group, "anongid=0", ""))),
            ("rw,anongid=0", Some((group, "anongid=0", ""))),
            ("sec=krb5,rw,sec=sys,no_root_squash", Some((own, "no_root_squash", "sys"))),
            ("sec=krb5:sys,rw,no_root_squash", Some((own, "no_root_squash", ""))),
            (
                "sec=sys,all_squash,sec=krb5,no_root_squash,no_all_squash",
                Some((own, "no_root_squash", "krb5")),
            ),
            ("anonuid=0,sec=sys,all_squash,sec=krb5,no_all_squash", Some((everybody, "anonuid=0", "sys"))),
        ] {
            let expected = expected.map(|(root, by, flavours)| (root, by, flavours.to_owned()));
            assert_eq!(as_root(words), expected, "{words}");
        }
    }
}
