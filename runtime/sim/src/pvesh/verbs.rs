//! The verbs: `create`, `set`, `delete`.

use super::arguments::{self, Asked, Verb};
use super::config::{Config, Mapping};
use super::{NodeMap, Refused, Said, Site, check_path};
use std::collections::BTreeMap;

/// Runs one verb.
pub(super) fn run(words: &[String], site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let (verb, asked) = arguments::read(words, said)?;
    match verb {
        Verb::Create => {
            let mapping = checked(&asked, site)?;
            create(&asked.id, mapping, site, said).map_err(|why| why.while_doing("create directory mapping"))
        }
        Verb::Set => set(&asked, site, said).map_err(|why| why.while_doing("update directory mapping")),
        Verb::Delete => delete(&asked.id, site, said).map_err(|why| why.while_doing("delete dir mapping")),
    }
}

fn create(id: &str, mapping: Mapping, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let (mut config, _) = read(site, said)?;
    if config.get(id).is_some() {
        return Err(Refused::because(format!("dir ID '{id}' already defined")));
    }
    config.put(id, mapping);
    write(&config, site)
}

fn set(asked: &Asked, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let (mut config, text) = read(site, said)?;
    if let Some(expected) = asked.digest.as_ref().filter(|digest| !["", "0"].contains(&digest.as_str()))
        && site.digest(&text).map_err(Refused::because)? != *expected
    {
        let why = "detected modified configuration - file changed by other user? Try again.";
        return Err(Refused::because(why));
    }
    let id = &asked.id;
    let before = config.get(id).cloned();
    let before = before.ok_or_else(|| Refused::because(format!("dir ID '{id}' does not exist")))?;
    let new = checked(asked, site)?;
    let mut description = before.description;
    for name in &asked.delete {
        let why = match &**name {
            "description" if new.description.is_some() => {
                "cannot set and delete property 'description' at the same time!".to_owned()
            }
            "description" => {
                description = None;
                continue;
            }
            "map" => "unable to delete required option 'map'".to_owned(),
            _ => format!("no such option '{name}'"),
        };
        return Err(Refused::because(why));
    }
    config.put(id, Mapping { map: new.map, description: new.description.or(description) });
    write(&config, site)
}

/// Takes a mapping away. Of one that is not there nothing is said, and the file is written all the same.
fn delete(id: &str, site: &mut dyn Site, said: &mut Said) -> Result<(), Refused> {
    let (mut config, _) = read(site, said)?;
    config.remove(id);
    write(&config, site)
}

/// Checks what is asked for beyond the schema: that there are lines, one for each node, and this node's folder.
fn checked(asked: &Asked, site: &dyn Site) -> Result<Mapping, Refused> {
    let description = asked.description.clone();
    if description.as_ref().is_some_and(|text| text.contains(['\n', '\r'])) {
        return Err(Refused::because("property contains a line feed"));
    }
    let Some(map) = asked.map.clone() else {
        return Err(Refused::because("missing value for required option 'map'"));
    };
    let node = site.node();
    let mut count: BTreeMap<String, u32> = BTreeMap::new();
    for line in &map {
        let line = NodeMap::read("", line).map_err(Refused::because)?;
        if line.node == node {
            check_path(&line.path, site).map_err(Refused::because)?;
        }
        *count.entry(line.node).or_default() += 1;
    }
    match count.into_iter().find(|(_, count)| *count > 1) {
        Some((node, count)) => Err(Refused::because(format!("Node '{node}' is specified {count} times."))),
        None => Ok(Mapping { map, description }),
    }
}

/// Keeps others out, and reads the file: what it says, and its text.
fn read(site: &mut dyn Site, said: &mut Said) -> Result<(Config, String), Refused> {
    site.lock().map_err(Refused::because)?;
    let text = site.read().map_err(Refused::because)?;
    Ok((Config::read(text.as_deref(), said), text.unwrap_or_default()))
}

fn write(config: &Config, site: &mut dyn Site) -> Result<(), Refused> {
    site.write(&config.write()?).map_err(Refused::because)
}
