//! `pvesm status`: a table for people, as Proxmox lays it out.

use std::collections::BTreeMap;

use super::config::{Config, Section};
use super::schema::Lies;
use super::{Said, Site, Space};

/// Prints the storages, or those that the options name.
pub(super) fn show(
    config: &Config,
    options: &BTreeMap<String, String>,
    site: &mut dyn Site,
    said: &mut Said,
) {
    let wanted = |s: &&Section| {
        let named = options.get("storage").is_none_or(|id| *id == s.id);
        let holds = options.get("content").is_none_or(|content| holds(s, content));
        named && holds
    };
    let mut sections: Vec<_> = config.sections.iter().filter(wanted).collect();
    sections.sort_by(|a, b| a.id.cmp(&b.id));
    let width = sections.iter().map(|s| s.id.len()).max().unwrap_or(0) + 1;
    let head = ["Name", "Type", "Status", "Total (KiB)", "Used (KiB)", "Available (KiB)", "%"];
    row(width, head.map(String::from), said);
    for section in sections {
        let (state, space) = state(section, site, said);
        let percent = match state {
            "disabled" => "N/A".into(),
            _ if space.total == 0 => "0.00%".into(),
            _ => format!("{:.2}%", space.used as f64 * 100.0 / space.total as f64),
        };
        let kib = |bytes: u64| (bytes / 1024).to_string();
        let cells = [
            section.id.clone(),
            section.kind.name.into(),
            state.into(),
            kib(space.total),
            kib(space.used),
            kib(space.available),
            percent,
        ];
        row(width, cells, said);
    }
}

fn holds(section: &Section, content: &str) -> bool {
    match &section.values.content {
        Some(set) => set.contains(content),
        None => section.kind.default_content.contains(&content),
    }
}

fn state(section: &Section, site: &mut dyn Site, said: &mut Said) -> (&'static str, Space) {
    let values = &section.values;
    if values.is("disable") {
        return ("disabled", Space::default());
    }
    let path = values.get("path").unwrap_or_default();
    let space = match section.kind.lies {
        Lies::Dataset => {
            let dataset = values.get("pool").unwrap_or_default();
            site.dataset_space(dataset).map_err(|why| format!("zfs error: {why}"))
        }
        Lies::Folder | Lies::Subvolume => site.folder_space(path),
        Lies::Share | Lies::Ceph if site.is_mounted(path) => site.folder_space(path),
        _ => Err(format!("storage '{}' is not online", section.id)),
    };
    match space {
        Ok(space) => ("active", space),
        Err(why) => {
            said.warn(why);
            ("inactive", Space::default())
        }
    }
}

fn row(width: usize, cells: [String; 7], said: &mut Said) {
    let [name, kind, state, total, used, available, percent] = cells;
    said.out.push_str(&format!(
        "{name:<width$} {kind:>10} {state:>10} {total:>15} {used:>15} {available:>15} {percent:>8}\n"
    ));
}
