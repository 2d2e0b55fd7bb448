//! The arguments of `pct set`.

use super::{Failed, Request, failed};

/// Reads `set ID [OPTIONS]`: which container, and what is asked for.
///
/// # Errors
/// What the tool says of it.
pub fn read(words: &[String]) -> Result<(u32, Request), Failed> {
    let [verb, id, rest @ ..] = words else { return failed(255, "400 not enough arguments") };
    if verb != "set" {
        return failed(255, format!("ERROR: unknown command 'pct {verb}'"));
    }
    let Some(id) = id.parse::<u32>().ok().filter(|id| (100..=999_999_999).contains(id)) else {
        let said = "400 Parameter verification failed.\nvmid: invalid format - value does not look like a valid VM ID\n";
        return failed(2, format!("{said}\npct set <vmid> [OPTIONS]"));
    };
    let mut request = Request::default();
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        let name = word.trim_start_matches('-');
        let (name, value) = match name.split_once('=').filter(|(name, _)| !name.contains('/')) {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (name, rest.next().cloned()),
        };
        let value = value.unwrap_or_default();
        let list = || value.split([',', ';', ' ']).map(str::to_owned);
        match name {
            "delete" => request.delete.extend(list()),
            "revert" => request.revert.extend(list()),
            "digest" => request.digest = Some(value),
            _ => {
                request.set.retain(|(other, _)| other != name);
                request.set.push((name.to_owned(), value));
            }
        }
    }
    Ok((id, request))
}
