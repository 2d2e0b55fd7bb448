//! Argument vectors, taken apart as Perl's Getopt::Long and Proxmox's schema check do.

use std::collections::BTreeMap;

use super::schema::{self, Form};
use super::{Refused, Said, values};

/// A verb's positional arguments and options, the options' values checked.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) positional: Vec<String>,
    pub(super) options: BTreeMap<String, String>,
}

/// Which options a verb takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Every property there is.
    Every,
    /// Those that some type can change, and `delete` and `digest`.
    Changes,
    /// These words.
    Only(&'static [&'static str]),
}

impl Takes {
    /// Returns an option's form, where the verb takes it.
    fn form(self, name: &str) -> Option<Form> {
        match self {
            Takes::Every => schema::form(name),
            Takes::Changes if name == "delete" || name == "digest" => Some(Form::Text),
            Takes::Changes => schema::settable(name),
            Takes::Only(words) => words.contains(&name).then_some(Form::Text),
        }
    }
}

/// Reads a verb's arguments: so many positional ones, and options before, between or after them.
pub(super) fn read(
    words: &[String],
    positional: usize,
    takes: Takes,
    usage: &str,
    said: &mut Said,
) -> Result<Arguments, Refused> {
    let refused = |message: &str| Refused::because(format!("{message}\n{usage}"));
    let mut plain = Vec::new();
    let mut options: BTreeMap<String, String> = BTreeMap::new();
    let mut unknown = false;
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let option = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
        let Some(option) = option.filter(|o| !o.is_empty()) else {
            plain.push(word.clone());
            continue;
        };
        let (name, given) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (option, None),
        };
        let value = match takes.form(name) {
            None => {
                said.warn(format!("Unknown option: {name}"));
                unknown = true;
                continue;
            }
            // A boolean's value may be left out.
            Some(Form::Boolean) if given.is_none() => {
                words.next_if(|next| !next.starts_with('-')).cloned().or_else(|| Some("1".into()))
            }
            // Where a password has no value it is read from the input.
            Some(Form::Secret) if name == "password" && given.is_none() => {
                words.next_if(|next| !next.starts_with('-')).cloned().or_else(|| Some(String::new()))
            }
            Some(_) => given.or_else(|| words.next().cloned()),
        };
        let Some(value) = value else {
            said.warn(format!("Option {name} requires an argument"));
            unknown = true;
            continue;
        };
        let joined = match options.remove(name) {
            Some(before) => format!("{before},{value}"),
            None => value,
        };
        options.insert(name.to_string(), joined);
    }
    if unknown {
        return Err(refused("400 unable to parse option"));
    }
    if plain.len() < positional {
        return Err(refused("400 not enough arguments"));
    }
    if plain.len() > positional {
        return Err(refused("400 too many arguments"));
    }
    let positional = plain;
    let options = checked(options, takes, &refused)?;
    Ok(Arguments { positional, options })
}

fn checked(
    options: BTreeMap<String, String>,
    takes: Takes,
    refused: &dyn Fn(&str) -> Refused,
) -> Result<BTreeMap<String, String>, Refused> {
    let mut wrong = String::new();
    let mut right = BTreeMap::new();
    for (name, value) in options {
        let form = takes.form(&name).unwrap_or(Form::Text);
        match values::check(form, &value) {
            Ok(value) => {
                right.insert(name, value);
            }
            Err(why) => wrong.push_str(&format!("\n{name}: {why}")),
        }
    }
    if wrong.is_empty() {
        return Ok(right);
    }
    Err(refused(&format!("400 Parameter verification failed.{wrong}")))
}

/// Refuses a storage's id that is not one.
pub(super) fn check_id(id: &str, usage: &str) -> Result<(), Refused> {
    values::id(id).map_err(|why| {
        Refused::because(format!(
            "400 Parameter verification failed.\nstorage: invalid format - {why}\n{usage}"
        ))
    })
}
