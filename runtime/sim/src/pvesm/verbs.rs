//! The verbs: `add`, `set`, `remove`, `status`.

use std::collections::BTreeMap;

use super::arguments::{self, Arguments, Takes};
use super::config::{Config, Section, Texts, Values};
use super::schema::{self, Form, Type};
use super::secrets::{self, Secrets};
use super::values::list;
use super::{Refused, Said, Site, activate, status};

const USAGE: &str = "ERROR: unknown command\nUSAGE: pvesm <COMMAND> [ARGS] [OPTIONS]\n       \
    pvesm add <type> <storage> [OPTIONS]\n       pvesm remove <storage>\n       \
    pvesm set <storage> [OPTIONS]\n       pvesm status  [OPTIONS]";

/// Runs one verb.
pub(super) fn run(words: &[String], site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let (verb, rest) = words.split_first().ok_or_else(|| Refused::because(USAGE))?;
    match verb.as_str() {
        "add" => add(rest, site, said),
        "set" => set(rest, site, said),
        "remove" => remove(rest, site, said),
        "status" => {
            let usage = "pvesm status  [OPTIONS]";
            let takes = Takes::Only(&["storage", "content", "enabled"]);
            let given = arguments::read(rest, 0, takes, usage, said)?;
            status::show(&read(site, said)?, &given.options, site, said);
            Ok(())
        }
        _ => Err(Refused::because(USAGE)),
    }
}

fn add(words: &[String], site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let usage = "pvesm add <type> <storage> [OPTIONS]";
    let given = arguments::read(words, 2, Takes::Every, usage, said)?;
    let [kind, id] = given.positional.as_slice() else {
        return Err(Refused::because(format!("400 not enough arguments\n{usage}")));
    };
    let kind = schema::of(kind).ok_or_else(|| {
        let known: Vec<_> = schema::TYPES.iter().map(|t| t.name).collect();
        Refused::because(format!(
            "400 Parameter verification failed.\ntype: value '{kind}' does not have a value in \
             the enumeration '{}'\n{usage}",
            known.join(", ")
        ))
    })?;
    arguments::check_id(id, usage)?;
    let (texts, secrets) = apart(kind, given.options.clone(), true, site)?;
    let values = Values::made(kind, id, texts, said).map_err(Refused::because)?;
    let section = Section { kind, id: id.clone(), values };
    add_section(section, &secrets, site, said).map_err(|e| e.while_doing("create storage"))
}

fn add_section(
    mut section: Section,
    secrets: &Secrets,
    site: &mut dyn Site,
    said: &mut Said,
) -> Result<(), Refused> {
    site.lock().map_err(Refused::because)?;
    let mut config = read(site, said)?;
    if config.get(&section.id).is_some() {
        return Err(Refused::because(format!("storage ID '{}' already defined", section.id)));
    }
    let Section { kind, id, values } = &mut section;
    secrets::add(kind, id, secrets, values, site, said)?;
    if let Err(why) = activate::prepare(&mut section, site, said) {
        secrets::remove(section.kind, &section.id, site)?;
        return Err(why);
    }
    config.sections.push(section);
    write(&config, site)
}

fn set(words: &[String], site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let usage = "pvesm set <storage> [OPTIONS]";
    let given = arguments::read(words, 1, Takes::Changes, usage, said)?;
    let id = given.positional.first().cloned().unwrap_or_default();
    arguments::check_id(&id, usage)?;
    set_section(&id, given, site, said).map_err(|e| e.while_doing("update storage"))
}

fn set_section(id: &str, mut given: Arguments, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    site.lock().map_err(Refused::because)?;
    let text = site.read().map_err(Refused::because)?;
    let mut config = Config::read(text.as_deref(), said);
    if let Some(expected) = given.options.remove("digest") {
        let found = site.digest(text.as_deref().unwrap_or_default());
        if found.map_err(Refused::because)? != expected {
            return Err(Refused::because(
                "detected modified configuration - file changed by other user? Try again.",
            ));
        }
    }
    let deleted = given.options.remove("delete").unwrap_or_default();
    let section =
        config.get_mut(id).ok_or_else(|| Refused::because(format!("storage '{id}' does not exist")))?;
    let kind = section.kind;
    let (texts, secrets) = apart(kind, given.options, false, site)?;
    let mut changes = Values::changed(kind, texts, said).map_err(Refused::because)?;
    let deleted = list(&deleted);
    deleted.iter().try_for_each(|name| may_go(kind, name, &changes))?;
    secrets::update(kind, id, &secrets, &deleted, &mut changes, site, said)?;
    deleted.iter().for_each(|name| section.values.remove(name));
    section.values.plain.extend(changes.plain);
    section.values.content = changes.content.or(section.values.content.take());
    section.values.nodes = changes.nodes.or(section.values.nodes.take());
    activate::warn_of_mkdir(id, &section.values, said);
    write(&config, site)
}

fn may_go(kind: &Type, name: &str, changes: &Values) -> Result<(), Refused> {
    let property = kind.property(name).ok_or_else(|| Refused::because(format!("no such option '{name}'")))?;
    let why = match property {
        _ if property.required => format!("unable to delete required option '{name}'"),
        _ if property.fixed => format!("unable to delete fixed option '{name}'"),
        _ if changes.has(name) => format!("cannot set and delete property '{name}' at the same time!"),
        _ => return Ok(()),
    };
    Err(Refused::because(why))
}

fn remove(words: &[String], site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let usage = "pvesm remove <storage>";
    let given = arguments::read(words, 1, Takes::Only(&[]), usage, said)?;
    let id = given.positional.first().cloned().unwrap_or_default();
    arguments::check_id(&id, usage)?;
    remove_section(&id, site, said).map_err(|e| e.while_doing("delete storage"))
}

fn remove_section(id: &str, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    site.lock().map_err(Refused::because)?;
    let mut config = read(site, said)?;
    let section = config.get(id).ok_or_else(|| Refused::because(format!("storage '{id}' does not exist")))?;
    let lies_on_it =
        |other: &Section| other.values.get("base").is_some_and(|base| base.starts_with(&format!("{id}:")));
    if config.sections.iter().any(lies_on_it) {
        return Err(Refused::because("can't remove storage - storage is used as base of another storage"));
    }
    secrets::remove(section.kind, id, site)?;
    config.sections.retain(|s| s.id != id);
    write(&config, site)
}

/// Takes options apart: what is said of properties, as the type allows, and secrets, read from where they are.
fn apart(
    kind: &Type,
    options: BTreeMap<String, String>,
    new: bool,
    site: &mut dyn Site,
) -> Result<(Texts, Secrets), Refused> {
    let (mut texts, mut secrets) = (Texts::new(), Secrets::new());
    for (name, value) in options {
        let property =
            kind.property(&name).ok_or_else(|| Refused::because(format!("unexpected property '{name}'")))?;
        if property.fixed && !new {
            return Err(Refused::because(format!("can't change value of fixed parameter '{name}'")));
        }
        if property.form != Form::Secret {
            texts.insert(property.name, value);
            continue;
        }
        let secret = match property.name {
            "password" if value.is_empty() => site.password(),
            "password" => Ok(value),
            _ => site.file(&value),
        };
        secrets.insert(property.name, secret.map_err(Refused::because)?);
    }
    Ok((texts, secrets))
}

fn read(site: &mut dyn Site, said: &mut Said) -> Result<Config, Refused> {
    let text = site.read().map_err(Refused::because)?;
    Ok(Config::read(text.as_deref(), said))
}

fn write(config: &Config, site: &mut dyn Site) -> Result<(), Refused> {
    let text = config.write(&mut |words| site.shuffle(words))?;
    site.write(&text).map_err(Refused::because)
}
