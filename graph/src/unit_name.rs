//! Names of systemd's units for paths, as `systemd-escape --path` writes them (`systemd.unit(5)`).

use std::fmt::Write;

/// Returns the name of the unit of this type for an absolute path: `/srv/my-data` and `mount` make
/// `srv-my\x2ddata.mount`.
#[must_use]
pub fn of(path: &str, kind: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return format!("-.{kind}");
    }
    let mut name = String::with_capacity(path.len() + kind.len() + 1);
    for (at, byte) in parts.join("/").bytes().enumerate() {
        match byte {
            b'/' => name.push('-'),
            // A name that begins with a dot would be hidden.
            b'.' if at == 0 => escape(&mut name, byte),
            byte if byte.is_ascii_alphanumeric() || b":_.".contains(&byte) => name.push(byte.into()),
            byte => escape(&mut name, byte),
        }
    }
    name.push('.');
    name.push_str(kind);
    name
}

fn escape(name: &mut String, byte: u8) {
    // Writing to a string does not fail.
    let _ = write!(name, "\\x{byte:02x}");
}

/// Returns the path that the unit of this name and type is for; nothing where it is for none, or is spelt otherwise.
#[must_use]
pub fn path(name: &str, kind: &str) -> Option<String> {
    let escaped = name.strip_suffix(kind)?.strip_suffix('.')?;
    if escaped == "-" {
        return Some("/".to_owned());
    }
    let mut bytes = vec![b'/'];
    let mut rest = escaped;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '\\' => {
                bytes.push(u8::from_str_radix(rest.get(2..4)?, 16).ok()?);
                &rest[4..]
            }
            first => {
                bytes.extend(if first == '-' { "/" } else { &rest[..first.len_utf8()] }.bytes());
                &rest[first.len_utf8()..]
            }
        };
    }
    let path = String::from_utf8(bytes).ok()?;
    (of(&path, kind) == name).then_some(path)
}
