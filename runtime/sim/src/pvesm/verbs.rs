//! The verbs: `add`, `set`, `remove`, `status`.

use std::collections::BTreeMap;

use super::arguments::{self, Arguments, Takes};
use super::config::{Config, Section, Values};
use super::schema::{self, Form, Type};
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
    let mut values = Values::default();
    let mut secrets = BTreeMap::new();
    put(kind, given.options.clone(), true, &mut values, &mut secrets, site, said)?;
    // Where the storage is mounted, unless the caller says so.
    if matches!(kind.name, "nfs" | "cifs") && !values.has("path") {
        values.plain.insert("path", format!("/mnt/pve/{id}"));
    }
    if let Some(lacking) = kind.required().find(|p| !values.has(p.name)) {
        return Err(Refused::because(format!("missing value for required option '{}'", lacking.name)));
    }
    let id = id.clone();
    let section = Section { kind, id, values };
    add_section(section, &secrets, site, said).map_err(|e| e.while_doing("create storage"))
}

fn add_section(
    mut section: Section,
    secrets: &BTreeMap<&'static str, String>,
    site: &mut dyn Site,
    said: &mut Said,
) -> Result<(), Refused> {
    site.lock().map_err(Refused::because)?;
    let mut config = read(site, said)?;
    if config.get(&section.id).is_some() {
        return Err(Refused::because(format!("storage ID '{}' already defined", section.id)));
    }
    keep(section.kind, &section.id, secrets, &mut section.values, site)?;
    let id = section.id.clone();
    let done = activate::prepare(&mut section, site, said).and_then(|()| {
        config.sections.push(section);
        write(&config, site)
    });
    if done.is_err() && !secrets.is_empty() {
        site.forget_secrets(&id).map_err(Refused::because)?;
    }
    done
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
    let mut changes = Values::default();
    let mut secrets = BTreeMap::new();
    put(kind, given.options, false, &mut changes, &mut secrets, site, said)?;
    for name in list(&deleted) {
        delete(section, name, &changes)?;
    }
    section.values.plain.extend(changes.plain);
    section.values.content = changes.content.or(section.values.content.take());
    section.values.nodes = changes.nodes.or(section.values.nodes.take());
    keep(kind, id, &secrets, &mut section.values, site)?;
    write(&config, site)
}

/// Keeps secrets in files of their own, as each type does; `storage.cfg` only says that there is a key.
fn keep(
    kind: &Type,
    id: &str,
    secrets: &BTreeMap<&'static str, String>,
    values: &mut Values,
    site: &mut dyn Site,
) -> Result<(), Refused> {
    for (name, secret) in secrets {
        let (file, text) = match (*name, kind.name) {
            ("password", "cifs") => ("pw", format!("password={secret}\n")),
            ("password", _) => ("pw", format!("{secret}\n")),
            ("encryption-key", _) => ("enc", format!("{secret}\n")),
            (_, _) => ("master.pem", format!("{secret}\n")),
        };
        site.keep_secret(&format!("{id}.{file}"), &text).map_err(Refused::because)?;
        if *name != "password" {
            values.plain.insert(name, "1".into());
        }
    }
    Ok(())
}

fn delete(section: &mut Section, name: &str, changes: &Values) -> Result<(), Refused> {
    let property =
        section.kind.property(name).ok_or_else(|| Refused::because(format!("no such option '{name}'")))?;
    if property.required {
        return Err(Refused::because(format!("unable to delete required option '{name}'")));
    }
    if property.fixed {
        return Err(Refused::because(format!("unable to delete fixed option '{name}'")));
    }
    if changes.has(name) {
        return Err(Refused::because(format!("cannot set and delete property '{name}' at the same time!")));
    }
    section.values.remove(name);
    Ok(())
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
    if config.get(id).is_none() {
        return Err(Refused::because(format!("storage '{id}' does not exist")));
    }
    config.sections.retain(|s| s.id != id);
    site.forget_secrets(id).map_err(Refused::because)?;
    write(&config, site)
}

/// Puts options into a section's values, as its type allows.
fn put(
    kind: &Type,
    options: BTreeMap<String, String>,
    new: bool,
    values: &mut Values,
    secrets: &mut BTreeMap<&'static str, String>,
    site: &mut dyn Site,
    said: &mut Said,
) -> Result<(), Refused> {
    for (name, value) in options {
        let property =
            kind.property(&name).ok_or_else(|| Refused::because(format!("unexpected property '{name}'")))?;
        if property.fixed && !new {
            return Err(Refused::because(format!("can't change value of fixed parameter '{name}'")));
        }
        if property.form == Form::Secret {
            let secret = match property.name {
                "password" if value.is_empty() => site.password(),
                "password" => Ok(value),
                _ => site.file(&value),
            };
            secrets.insert(property.name, secret.map_err(Refused::because)?);
            continue;
        }
        values.set(kind, property.name, property.form, value, said).map_err(Refused::because)?;
    }
    Ok(())
}

fn read(site: &mut dyn Site, said: &mut Said) -> Result<Config, Refused> {
    let text = site.read().map_err(Refused::because)?;
    Ok(Config::read(text.as_deref(), said))
}

fn write(config: &Config, site: &mut dyn Site) -> Result<(), Refused> {
    let text = config.write(&mut |words| site.shuffle(words))?;
    site.write(&text).map_err(Refused::because)
}
