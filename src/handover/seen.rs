//! What was seen in a machine: its units, what systemd makes of them, and what is mounted. Whoever is root there decides
//! what it says, so what is not said exactly as [`super::script`] has it is not believed.

use super::script::{FIRST, LARGEST, LAST};
use phoenix_graph::export::unescape_path;
use std::collections::BTreeMap;

/// What was seen in a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whether systemd runs there.
    pub systemd: bool,
    /// Whether it can mount over NFS.
    pub client: bool,
    /// The files in the folder of units, by name: those of ours, and those that stand where ours are to be.
    pub files: BTreeMap<String, File>,
    /// What systemd makes of these units, by name.
    pub units: BTreeMap<String, Unit>,
    /// All that is mounted, in the order in which it was.
    pub mounts: Vec<Mounted>,
}

/// What stands at the place of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum File {
    /// A unit that `phoenix guest` wrote, with its text.
    Ours(String),
    /// A file that somebody else wrote.
    Others,
    /// A link, a folder or the like.
    Odd,
}

/// What systemd makes of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// Whether it is active, in words of `systemctl(1)`.
    pub active: String,
    /// Whether it is enabled, in words of `systemctl(1)`; nothing where there is no file.
    pub enabled: String,
    /// The file that it is read from; nothing where there is none.
    pub from: String,
    /// Whether systemd has yet to read that anew.
    pub stale: bool,
}

impl Unit {
    /// Returns whether it is active.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active == "active"
    }

    /// Returns whether a boot starts it.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled == "enabled"
    }
}

/// Something that is mounted (`proc_pid_mountinfo(5)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mounted {
    pub at: String,
    pub kind: String,
    pub source: String,
    /// The options of the mount, then those of the file system.
    pub options: [Vec<String>; 2],
}

impl Seen {
    /// Returns what systemd makes of a unit; one that was not looked at is as one that is not there.
    #[must_use]
    pub fn unit(&self, name: &str) -> Unit {
        self.units.get(name).cloned().unwrap_or_default()
    }

    /// Returns what is mounted at a path, over all else there.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Mounted> {
        self.mounts.iter().rfind(|mount| mount.at == path)
    }
}

/// Reads what a look said.
///
/// # Errors
/// What of it cannot be read.
pub fn read(said: &[u8]) -> Result<Seen, String> {
    let text = String::from_utf8_lossy(said);
    let mut lines = text.lines();
    if lines.next() != Some(FIRST) || lines.next_back() != Some(LAST) {
        return Err("it does not begin or end as a look does".to_owned());
    }
    let mut seen = Seen::default();
    let mut unit = Vec::new();
    for line in lines {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "systemd" if rest.is_empty() => seen.systemd = true,
            "client" if rest.is_empty() => seen.client = true,
            "unit" if rest.is_empty() => take(&mut unit, &mut seen)?,
            "unit" => unit.push(rest),
            "mount" => seen.mounts.push(mounted(rest).ok_or_else(|| wrong(line))?),
            _ => {
                let (name, file) = file(word, rest).ok_or_else(|| wrong(line))?;
                if seen.files.insert(name.to_owned(), file).is_some() {
                    return Err(wrong(line));
                }
            }
        }
    }
    take(&mut unit, &mut seen)?;
    Ok(seen)
}

fn wrong(line: &str) -> String {
    format!("{:?} is no line of a look", line.chars().take(100).collect::<String>())
}

fn file<'t>(word: &str, rest: &'t str) -> Option<(&'t str, File)> {
    let (name, file) = match word {
        "ours" => {
            let (name, digits) = rest.split_once(' ')?;
            (name, File::Ours(String::from_utf8_lossy(&bytes(digits)?).into_owned()))
        }
        "others" => (rest, File::Others),
        "odd" => (rest, File::Odd),
        _ => return None,
    };
    is_name(name).then_some((name, file))
}

/// Returns whether this is the name of a unit: what is called otherwise is never told to systemd.
fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(".mount").or_else(|| name.strip_suffix(".automount"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\".contains(&byte);
    stem.is_some_and(|stem| !stem.is_empty() && !stem.starts_with('-') && stem.bytes().all(plain))
}

/// Reads bytes that are written as two hexadecimal digits each.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok().filter(|text| text.len() == 2)?;
        u8::from_str_radix(text, 16).ok()
    };
    pairs.map(byte).collect::<Option<Vec<u8>>>().filter(|bytes| bytes.len() <= LARGEST)
}

/// Takes the lines of a unit together, and leaves none.
fn take(lines: &mut Vec<&str>, seen: &mut Seen) -> Result<(), String> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut unit = Unit::default();
    let mut name = None;
    for line in lines.drain(..) {
        let (field, value) = line.split_once('=').ok_or_else(|| wrong(line))?;
        match field {
            "Id" => name = Some(value),
            "ActiveState" => value.clone_into(&mut unit.active),
            "UnitFileState" => value.clone_into(&mut unit.enabled),
            "FragmentPath" => value.clone_into(&mut unit.from),
            "NeedDaemonReload" => unit.stale = value == "yes",
            _ => return Err(wrong(line)),
        }
    }
    let name = name.filter(|name| is_name(name)).ok_or("a unit has no name")?;
    seen.units.insert(name.to_owned(), unit);
    Ok(())
}

fn mounted(line: &str) -> Option<Mounted> {
    let (mount, system) = line.split_once(" - ")?;
    let mut mount = mount.split(' ').skip(4);
    let (at, options) = (mount.next()?, mount.next()?);
    let mut system = system.split(' ');
    let (kind, source, more) = (system.next()?, system.next()?, system.next()?);
    let words = |text: &str| text.split(',').map(str::to_owned).collect();
    Some(Mounted {
        at: unescape_path(at),
        kind: kind.to_owned(),
        source: unescape_path(source),
        options: [words(options), words(more)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(lines: &str) -> Result<Seen, String> {
        read(format!("{FIRST}\n{lines}{LAST}\n").as_bytes())
    }

    #[test]
    fn a_look_is_read() {
        let seen = look(
            "systemd\nclient\nours srv-a.mount 23200a\nothers srv-b.mount\nodd srv-b.automount\n\
             unit Id=srv-a.mount\nunit ActiveState=active\nunit UnitFileState=\nunit NeedDaemonReload=yes\n\
             unit FragmentPath=/etc/systemd/system/srv-a.mount\nunit \nunit Id=srv-b.mount\nunit ActiveState=inactive\n\
             mount 55 36 0:29 / / rw,relatime - overlay machine rw\n\
             mount 47 55 0:43 / /srv/a\\040b rw,noatime shared:3 - nfs4 10.0.0.1:/t/a\\040b rw,vers=4.2\n",
        )
        .unwrap();
        assert!(seen.systemd && seen.client);
        assert_eq!(seen.files["srv-a.mount"], File::Ours("# \n".to_owned()));
        assert_eq!((&seen.files["srv-b.mount"], &seen.files["srv-b.automount"]), (&File::Others, &File::Odd));
        let unit = seen.unit("srv-a.mount");
        assert!(unit.is_active() && unit.stale && !unit.is_enabled());
        assert!(!seen.unit("srv-b.mount").is_active());
        assert_eq!(seen.unit("srv-c.mount"), Unit::default());
        let mount = seen.at("/srv/a b").unwrap();
        assert_eq!(
            (&*mount.source, &*mount.options[0][1], &*mount.options[1][1]),
            ("10.0.0.1:/t/a b", "noatime", "vers=4.2")
        );
        assert_eq!(look("").unwrap(), Seen::default());
    }

    #[test]
    fn what_is_mounted_last_lies_over_the_others() {
        let line = |kind: &str| format!("mount 1 1 0:1 / /a rw - {kind} x rw\n");
        let seen = look(&(line("autofs") + &line("nfs4"))).unwrap();
        assert_eq!(seen.at("/a").unwrap().kind, "nfs4");
    }

    #[test]
    fn what_is_no_look_is_not_believed() {
        for text in ["", FIRST, LAST, &format!("{FIRST}\nsystemd\n"), &format!("x\n{FIRST}\n{LAST}\n")] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        for lines in [
            "system\n",
            "\n",
            "ours a.mount 2\n",
            "ours a.mount xx\n",
            "ours a.mount\n",
            "ours a.service 20\n",
            "others ../a.mount\n",
            "others -a.mount\n",
            "others .mount\n",
            "others a.mount\nodd a.mount\n",
            "unit Id=a.mount\nunit Colour=blue\n",
            "unit ActiveState=active\n",
            "unit Id=a;b.mount\n",
            "mount 1 1 0:1 / /a rw\n",
        ] {
            assert!(look(lines).is_err(), "{lines}");
        }
        assert!(look(&format!("ours a.mount {}\n", "20".repeat(LARGEST + 1))).is_err());
    }
}
