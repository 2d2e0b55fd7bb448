//! Roots: the folder that the imports of a spec never leave, and how its files are called by somebody in
//! another one.
//!
//! It is the nearest folder, from that of the spec upwards, that holds a file `phoenix.root`; where none
//! does, the folder of the spec itself. A repository of `hosts/*/spec.kdl` and `lib/*.kdl` has one at its
//! top. The file says nothing; only who may read the spec as they like can place it.

use phoenix_compiler::{ROOT, Sources, SpecPath};
use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
};

/// A spec's root, with the spec in it.
#[derive(Debug)]
pub struct Root {
    /// The folder, without a link on the way.
    pub folder: PathBuf,
    /// The spec below it.
    pub spec: SpecPath,
    /// How the folder is named by who named the spec.
    named: Named,
}

/// How the files below a root are named.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    /// Behind the path of the root.
    Below(String),
    /// From this folder within it.
    From(String),
}

impl Root {
    /// Finds the root of a spec that a person named. The file need not be there, only its folder.
    ///
    /// # Errors
    /// Where there is no such folder, or a name is no UTF-8 ([`ErrorKind::InvalidFilename`]).
    pub fn of(spec: &Path) -> io::Result<Self> {
        let file = match spec.canonicalize() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let folder = spec.parent().filter(|folder| !folder.as_os_str().is_empty());
                let name = spec.file_name().ok_or(ErrorKind::InvalidFilename)?;
                folder.unwrap_or(Path::new(".")).canonicalize()?.join(name)
            }
            found => found?,
        };
        let own = file.parent().unwrap_or(Path::new("/"));
        let trusted = [owner(&file), owner(own)];
        let marked = own.ancestors().find(|folder| is_marked(folder, &trusted));
        let folder = marked.unwrap_or(own).to_owned();
        let below = file.strip_prefix(&folder).ok().and_then(Path::to_str);
        let spec_path = below.and_then(|path| SpecPath::new(path).ok()).ok_or(ErrorKind::InvalidFilename)?;
        let here = Path::new(".").canonicalize()?;
        let named = if spec.is_absolute() { Named::below(&folder) } else { Named::from(&here, &folder) };
        Ok(Self { folder, spec: spec_path, named })
    }

    /// Lets the files be named so that who named the spec can open them.
    pub fn name(&self, sources: &mut Sources) {
        match &self.named {
            Named::Below(folder) => sources.set_folder(folder),
            Named::From(here) => sources.set_here(here),
        }
    }
}

impl Named {
    fn below(folder: &Path) -> Self {
        Self::Below(folder.to_string_lossy().into_owned())
    }

    /// Says how one comes from a folder to another; both have no link on their way.
    fn from(here: &Path, folder: &Path) -> Self {
        if let Ok(within) = here.strip_prefix(folder) {
            return Self::From(within.to_string_lossy().into_owned());
        }
        let common = here.components().zip(folder.components()).take_while(|(one, other)| one == other);
        let common: PathBuf = common.map(|(part, _)| part).collect();
        let rest = folder.strip_prefix(&common).unwrap_or(folder);
        let ups = here.components().count() - common.components().count();
        match common.components().next_back() {
            // What has only `/` in common is easier to find from there.
            Some(Component::Normal(_)) if ups > 0 => {
                Self::below(&std::iter::repeat_n(Path::new(".."), ups).collect::<PathBuf>().join(rest))
            }
            _ if ups == 0 => Self::below(rest),
            _ => Self::below(folder),
        }
    }
}

fn owner(path: &Path) -> Option<u32> {
    fs::symlink_metadata(path).ok().map(|about| about.uid())
}

/// Returns whether a folder is a root. A marker in a folder that others may write to, `/tmp` for one, counts
/// for nothing where somebody else made it.
fn is_marked(folder: &Path, trusted: &[Option<u32>]) -> bool {
    fs::symlink_metadata(folder.join(ROOT)).is_ok_and(|about| {
        let own = about.uid() == 0 || about.uid() == rustix::process::geteuid().as_raw();
        about.is_file() && (own || trusted.contains(&Some(about.uid())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_named_from_the_folder_that_one_is_in() {
        let named = |here: &str, root: &str| Named::from(Path::new(here), Path::new(root));
        assert_eq!(named("/a/b", "/a/b"), Named::From(String::new()));
        assert_eq!(named("/a/b/hosts/x", "/a/b"), Named::From("hosts/x".to_owned()));
        assert_eq!(named("/a", "/a/b/c"), Named::Below("b/c".to_owned()));
        assert_eq!(named("/a/x/y", "/a/b"), Named::Below("../../b".to_owned()));
        assert_eq!(named("/root/x", "/etc/phoenix"), Named::Below("/etc/phoenix".to_owned()));
        assert_eq!(named("/", "/etc/phoenix"), Named::Below("etc/phoenix".to_owned()));
    }
}
