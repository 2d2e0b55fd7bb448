//! Names of Kubernetes: labels and subdomains (RFC 1123), and those of who is given something.

/// The most bytes of a label, and of a value of one.
const LABEL: usize = 63;
/// The most bytes of a subdomain.
const SUBDOMAIN: usize = 253;

/// Reads the name of a class.
///
/// # Errors
/// With what it is instead.
pub fn class(text: &str) -> Result<(), &'static str> {
    let parts = || text.split('.');
    let is_one = text.len() <= SUBDOMAIN && parts().all(is_label);
    // It stands in the names of quotas, too: `CLASS.storageclass.storage.k8s.io/requests.storage`.
    let is_short = text.len() + QUOTA_OF_CLASS <= SUBDOMAIN;
    match (is_one, is_short) {
        (true, true) => Ok(()),
        (true, false) => Err("it is too long for a quota of the class"),
        (false, _) => Err(
            "it is made of small letters, digits, `-` and `.`, with a letter or digit at both ends of each part",
        ),
    }
}

/// What follows a class in the name of a quota.
const QUOTA_OF_CLASS: usize = ".storageclass.storage.k8s.io".len();

/// Reads the name of a namespace.
///
/// # Errors
/// With what it is instead.
pub fn namespace(text: &str) -> Result<(), &'static str> {
    if !is_label(text) {
        return Err(
            "it is made of small letters, digits and `-`, 63 at most, with a letter or digit at both ends",
        );
    }
    if text.starts_with("kube-") { Err("those of `kube-` are Kubernetes' own") } else { Ok(()) }
}

/// Reads a region or zone, which is the value of a label, and a part of each volume's handle.
///
/// # Errors
/// With what it is instead.
pub fn topology(text: &str) -> Result<(), &'static str> {
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let legal = |b: &u8| b.is_ascii_alphanumeric() || b"-_.".contains(b);
    let is_one = bytes.len() <= LABEL && bytes.iter().all(legal) && ends(bytes.first()) && ends(bytes.last());
    if is_one {
        Ok(())
    } else {
        Err(
            "it is made of letters, digits, `-`, `_` and `.`, 63 at most, with a letter or digit at both ends",
        )
    }
}

/// Reads a secret's place, `NAMESPACE/NAME`: never what is in it.
///
/// # Errors
/// With what it is instead.
pub fn secret(text: &str) -> Result<(&str, &str), &'static str> {
    let found = text.split_once('/').filter(|(within, name)| {
        is_label(within) && name.len() <= SUBDOMAIN && name.split('.').all(is_label)
    });
    found.ok_or("it is where the secret lies, `NAMESPACE/NAME`")
}

/// Reads the name of a user or group, as whoever proves who somebody is says it.
///
/// # Errors
/// With what it is instead.
pub fn account(text: &str) -> Result<(), &'static str> {
    let legal = |c: char| !c.is_control() && !crate::plain::is_hidden(c);
    let is_one =
        !text.is_empty() && text.len() <= SUBDOMAIN && text.chars().all(legal) && text.trim() == text;
    if is_one { Ok(()) } else { Err("it is a name without characters that do not show") }
}

/// Returns whether a text is a label (RFC 1123).
#[must_use]
pub fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let legal = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
    !bytes.is_empty()
        && bytes.len() <= LABEL
        && bytes.iter().all(legal)
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_kubernetes() {
        assert!(class("fast").is_ok() && class("fast.tier-1").is_ok());
        for text in ["", "Fast", "fast_1", "-a", "a-", "a..b", "é", &"a".repeat(300)] {
            assert!(class(text).is_err(), "{text}");
        }
        // 63 letters in each part, and no room for what a quota of it is called.
        let long = ["a"; 4].map(|letter| letter.repeat(60)).join(".");
        assert_eq!(class(&long), Err("it is too long for a quota of the class"));
        assert!(namespace("apps").is_ok());
        for text in ["kube-system", "a.b", "Apps", ""] {
            assert!(namespace(text).is_err(), "{text}");
        }
        assert!(topology("home").is_ok() && topology("Region_1.a").is_ok());
        for text in ["", "a/b", "-a", "a b", &"a".repeat(64)] {
            assert!(topology(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_is_a_place_and_an_account_a_name() {
        assert_eq!(secret("csi-proxmox/luks"), Ok(("csi-proxmox", "luks")));
        for text in ["luks", "/luks", "a/b/c", "hunter2", "A/b", "a/"] {
            assert!(secret(text).is_err(), "{text}");
        }
        assert!(account("system:authenticated").is_ok() && account("jane@example.org").is_ok());
        for text in ["", " a", "a\nb", "a\u{202e}b"] {
            assert!(account(text).is_err(), "{text:?}");
        }
    }
}
