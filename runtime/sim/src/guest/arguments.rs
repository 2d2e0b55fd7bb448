//! The arguments of `pct set` and `qm set`.

use super::{Failed, Request, failed};
use crate::json_schema::list;

/// Reads `set ID [OPTIONS]`, of this tool: which guest, and what is asked for.
///
/// # Errors
/// What the tool says of it.
pub fn read(tool: &str, words: &[String]) -> Result<(u32, Request), Failed> {
    let [verb, id, rest @ ..] = words else { return failed(255, "400 not enough arguments") };
    if verb != "set" {
        return failed(255, format!("ERROR: unknown command '{tool} {verb}'"));
    }
    let Some(id) = id.parse::<u32>().ok().filter(|id| (100..=999_999_999).contains(id)) else {
        let said = "400 Parameter verification failed.\nvmid: invalid format - value does not look like a valid VM ID\n";
        return failed(2, format!("{said}\n{tool} set <vmid> [OPTIONS]"));
    };
    let mut request = Request::default();
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
            return failed(2, format!("400 too many arguments\n{tool} set <vmid> [OPTIONS]"));
        };
        let (name, value) = match name.split_once('=').filter(|(name, _)| !name.contains('/')) {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (name, rest.next().cloned()),
        };
        let value = value.unwrap_or_default();
        match name {
            "delete" => request.delete.extend(list(&value).map(str::to_owned)),
            "revert" => request.revert.extend(list(&value).map(str::to_owned)),
            "digest" => request.digest = Some(value),
            _ => {
                request.set.retain(|(other, _)| other != name);
                request.set.push((name.to_owned(), value));
            }
        }
    }
    Ok((id, request))
}
