//! The spec that a closure came from: its texts are stored beside it, with a record that names them,
//! so that a closure that is switched to later, or on another machine, still knows its spec.

use crate::{exit::Exit, failure::Failure};
use phoenix_compiler::MAX_BYTES;
use phoenix_graph::{FORMAT, ObjectId, canonical};
use phoenix_store::{Source, Store, StoreError};
use serde::{Deserialize, Serialize};
use std::{fs, path::PathBuf, sync::Arc, time::SystemTime};

/// The texts of a spec, by name.
pub type Texts = Vec<(String, Arc<str>)>;

/// What a closure was built from.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    format: u32,
    system: ObjectId,
    sources: Vec<Source>,
}

/// Stores the texts that a system came from, and the record that names them.
///
/// # Errors
/// Where they cannot be written.
pub fn put(store: &Store, system: ObjectId, texts: &Texts) -> Result<Vec<Source>, StoreError> {
    let mut sources = Vec::with_capacity(texts.len());
    for (name, text) in texts {
        sources.push(Source { name: name.clone(), id: store.put_source(name, text)? });
    }
    if !sources.is_empty() {
        store.put_source(&suffix(system), &record(system, sources.clone())?)?;
    }
    Ok(sources)
}

/// Returns whether [`put`] would find everything in the store.
#[must_use]
pub fn has(store: &Store, system: ObjectId, texts: &Texts) -> bool {
    let id = |text: &str| ObjectId::of(text.as_bytes());
    let sources = texts.iter().map(|(name, text)| Source { name: name.clone(), id: id(text) }).collect();
    texts.iter().all(|(name, text)| store.has_source(name, text))
        && (texts.is_empty()
            || record(system, sources).is_ok_and(|record| store.has_source(&suffix(system), &record)))
}

/// Writes the record that names a system's sources.
fn record(system: ObjectId, sources: Vec<Source>) -> Result<String, StoreError> {
    let record = Record { format: FORMAT, system, sources };
    let bytes = canonical::to_bytes(&record).map_err(phoenix_graph::GraphError::Encode)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads the texts that a system came from; none where the store does not know. Where several
/// specs come to the same system, those that were stored last.
///
/// # Errors
/// Where the store cannot be read.
pub fn get(store: &Store, system: ObjectId) -> Result<Texts, Failure> {
    let doing = || format!("cannot read what system {} was built from", system.short());
    let broken = |error: StoreError| Failure::store(doing(), error);
    let names = store.object_names().map_err(broken)?;
    let end = format!("-spec-{}", suffix(system));
    let written = |path: &PathBuf| {
        fs::metadata(path).and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let last = names
        .iter()
        .filter(|(_, path)| path.to_str().is_some_and(|path| path.ends_with(&end)))
        .max_by_key(|(id, path)| (written(path), **id));
    let Some((id, _)) = last else { return Ok(Vec::new()) };
    let bytes = store.object(id).map_err(broken)?;
    let Ok(record) = serde_json::from_slice::<Record>(&bytes) else { return Ok(Vec::new()) };
    if record.system != system || record.format > FORMAT {
        return Ok(Vec::new());
    }
    let mut texts = Vec::new();
    let mut left = MAX_BYTES;
    for source in record.sources {
        let bytes = store.object(&source.id).map_err(broken)?;
        // A store of somebody else's may name any number of them.
        left = left.checked_sub(bytes.len()).ok_or_else(|| {
            Failure::new(Exit::Refused, doing())
                .because(format!("its texts have more than {MAX_BYTES} bytes, and no spec has"))
                .help("look at who made this store, and build the spec anew")
        })?;
        texts.push((source.name, String::from_utf8_lossy(&bytes).into()));
    }
    Ok(texts)
}

fn suffix(system: ObjectId) -> String {
    phoenix_store::sources_name(&system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_without_end_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let system = ObjectId::of(b"a system");
        let text = "x".repeat(1 << 20);
        let source = Source { name: "spec.kdl".to_owned(), id: store.put_source("spec.kdl", &text).unwrap() };
        let put = |times: usize| {
            let record = record(system, vec![source.clone(); times]).unwrap();
            store.put_source(&suffix(system), &record).unwrap()
        };
        put(64);
        assert_eq!(get(&store, system).unwrap().len(), 64);
        for entry in fs::read_dir(folder.path().join("store")).unwrap() {
            let path = entry.unwrap().path();
            if path.to_str().unwrap().ends_with(&suffix(system)) {
                fs::remove_file(path).unwrap();
            }
        }
        put(65);
        assert!(get(&store, system).is_err());
    }
}
