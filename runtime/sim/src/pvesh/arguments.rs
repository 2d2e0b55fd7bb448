//! The arguments of `pvesh` below `/cluster/mapping/dir`, taken apart as Perl's Getopt::Long and Proxmox's schema do.

use super::config::check_description;
use super::{NodeMap, Refused, Said};
use crate::json_schema::{config_id, list};

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) map: Option<Vec<String>>,
    pub(super) description: Option<String>,
    pub(super) delete: Vec<String>,
    pub(super) digest: Option<String>,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Set,
    Delete,
}

const PATH: [&str; 3] = ["cluster", "mapping", "dir"];

/// Options of how, and from where, something is printed, of which nothing is here: switches, and formats.
const PRINTING: &[&str] = &["human-readable", "noborder", "noheader", "noproxy", "quiet"];
const FORMATS: [&str; 4] = ["text", "json", "json-pretty", "yaml"];

impl Verb {
    fn read(word: &str) -> Option<Verb> {
        Some(match word {
            "create" => Verb::Create,
            "set" => Verb::Set,
            "delete" => Verb::Delete,
            _ => return None,
        })
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Verb::Create => &["description", "id", "map", "output-format"],
            Verb::Set => &["delete", "description", "digest", "map", "output-format"],
            Verb::Delete => &["output-format"],
        }
    }

    fn usage(self) -> &'static str {
        match self {
            Verb::Create => "pvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]",
            Verb::Set => "pvesh set <api_path> [OPTIONS] [FORMAT_OPTIONS]",
            Verb::Delete => "pvesh delete <api_path> [OPTIONS] [FORMAT_OPTIONS]",
        }
    }

    fn refused(self, why: &str) -> Refused {
        Refused::because(format!("{why}\n{}", self.usage()))
    }
}

/// Reads `VERB PATH [OPTIONS]`.
pub(super) fn read(words: &[String], said: &mut Said) -> Result<(Verb, Asked), Refused> {
    let [word, rest @ ..] = words else {
        return Err(Refused::because("ERROR: no command specified"));
    };
    let Some(verb) = Verb::read(word) else {
        return Err(Refused::because(format!(
            "these rules of pvesh know create, set and delete, and no '{word}'"
        )));
    };
    let [path, rest @ ..] = rest else { return Err(verb.refused("400 not enough arguments")) };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let below = parts.strip_prefix(&PATH).ok_or_else(|| {
        Refused::because(format!("these rules of pvesh know /{} alone, and no '{path}'", PATH.join("/")))
    })?;
    let id = match (verb, below) {
        (Verb::Create, []) => None,
        (Verb::Set | Verb::Delete, [id]) => Some((*id).to_owned()),
        _ => {
            let message = format!("No '{word}' handler defined for '{path}'");
            return Err(Refused { message, status: 1 });
        }
    };
    let asked = options(verb, id, rest, said)?;
    check(verb, &asked)?;
    Ok((verb, asked))
}

fn options(verb: Verb, id: Option<String>, words: &[String], said: &mut Said) -> Result<Asked, Refused> {
    let mut asked = Asked { id: id.unwrap_or_default(), ..Asked::default() };
    let (mut unknown, mut plain) = (false, false);
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let option = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
        let Some(option) = option.filter(|option| !option.is_empty()) else {
            plain = true;
            continue;
        };
        let (name, given) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        if PRINTING.contains(&name) {
            // A boolean's value may be left out.
            if given.is_none() {
                words.next_if(|next| !next.starts_with('-'));
            }
            continue;
        }
        if !verb.options().contains(&name) {
            said.warn(format!("Unknown option: {name}"));
            unknown = true;
            continue;
        }
        let Some(value) = given.or_else(|| words.next().cloned()) else {
            said.warn(format!("Option {name} requires an argument"));
            unknown = true;
            continue;
        };
        match name {
            "id" => asked.id = value,
            "map" => asked.map.get_or_insert_default().push(value),
            "description" => asked.description = Some(value),
            "delete" => asked.delete.extend(list(&value).map(str::to_owned)),
            "digest" => asked.digest = Some(value),
            _ if FORMATS.contains(&&*value) => {}
            _ => {
                let known = FORMATS.join(", ");
                return Err(verb.refused(&format!(
                    "400 Parameter verification failed.\noutput-format: value '{value}' does not have a value \
                     in the enumeration '{known}'"
                )));
            }
        }
    }
    if unknown {
        return Err(verb.refused("400 unable to parse option"));
    }
    if plain {
        return Err(verb.refused("400 too many arguments"));
    }
    Ok(asked)
}

/// Checks the values by the schema: first the options, then the id that the path has.
fn check(verb: Verb, asked: &Asked) -> Result<(), Refused> {
    let mut wrong = String::new();
    let mut wrong_with = |name: &str, why: &str| wrong.push_str(&format!("\n{name}: {why}"));
    for name in &asked.delete {
        if let Err(why) = config_id(name) {
            wrong_with("delete", &format!("invalid format - {why}"));
            break;
        }
    }
    if let Some(Err(why)) = asked.description.as_deref().map(check_description) {
        wrong_with("description", &why);
    }
    if asked.digest.as_ref().is_some_and(|digest| digest.len() > 64) {
        wrong_with("digest", "value may only be 64 characters long");
    }
    let missing = "property is missing and it is not optional";
    if verb == Verb::Create {
        match config_id(&asked.id) {
            _ if asked.id.is_empty() => wrong_with("id", missing),
            Ok(()) => {}
            Err(why) => wrong_with("id", &format!("invalid format - {why}")),
        }
        if asked.map.is_none() {
            wrong_with("map", missing);
        }
    }
    for (number, line) in asked.map.iter().flatten().enumerate() {
        let name = format!("map[{number}]");
        if let Err(why) = NodeMap::read(&name, line) {
            wrong_with(&name, &format!("invalid format - {why}"));
        }
    }
    if wrong.is_empty()
        && verb != Verb::Create
        && let Err(why) = config_id(&asked.id)
    {
        wrong.push_str(&format!("\nid: invalid format - {why}"));
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(verb.refused(&format!("400 Parameter verification failed.{wrong}"))),
    }
}
