//! What the cache finds, and all that it must not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use phoenix_compiler::{SourceError, Sources, compile};
use std::{cell::RefCell, collections::HashMap, fs, path::PathBuf, sync::Arc};
use tempfile::TempDir;

/// Files in memory, and those that were asked for.
struct Files {
    texts: HashMap<&'static str, String>,
    asked: RefCell<Vec<String>>,
}

impl World for Files {
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError> {
        self.asked.borrow_mut().push(path.to_string());
        self.texts.get(path.as_str()).map(|text| text.as_str().into()).ok_or(SourceError::NotFound)
    }
}

const SPEC: &str = "edition 1
import \"std/sharing\"
import \"hosts/common.kdl\"
let unused 1
host \"a\" {
    pool \"tank\" {
        mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }
        dataset \"shared\" use=\"shared-data\" quota=(let)\"size\"
    }
}
host \"b\" { pool \"other\" { disk \"/dev/disk/by-id/c\" } }
";
const COMMON: &str = "edition 1\nimport \"sizes.kdl\"\nlet size \"1G\"\n";
const SIZES: &str = "edition 1\n";

fn files() -> Files {
    let texts = [("spec.kdl", SPEC), ("hosts/common.kdl", COMMON), ("hosts/sizes.kdl", SIZES)];
    let texts = texts.into_iter().map(|(name, text)| (name, text.to_owned())).collect();
    Files { texts, asked: RefCell::default() }
}

fn root() -> SpecPath {
    SpecPath::new("spec.kdl").unwrap()
}

fn program() -> Option<ObjectId> {
    Some(ObjectId::of(b"this program"))
}

fn another() -> Option<ObjectId> {
    Some(ObjectId::of(b"another"))
}

/// A cache that keeps specs of any size.
fn cache(stores: &[Store]) -> Cache<'_> {
    Cache { least: 0, ..Cache::new(program, stores) }
}

/// A store whose cache knows what the files come to.
fn kept() -> (TempDir, [Store; 1], Compiled) {
    let folder = tempfile::tempdir().unwrap();
    let stores = [Store::open(folder.path()).unwrap()];
    let compiled = compile(&files(), &root());
    assert!(!compiled.has_errors(), "{:?}", compiled.diagnostics);
    cache(&stores).keep(&compiled);
    (folder, stores, compiled)
}

fn find(stores: &[Store], files: &Files) -> Option<Known> {
    cache(stores).find(files, &root())
}

/// The only file of the cache.
fn entry(folder: &TempDir) -> PathBuf {
    let mut entries = fs::read_dir(folder.path().join("cache")).unwrap();
    let only = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none());
    only
}

#[test]
fn an_unchanged_spec_is_known_with_all_that_was_told() {
    let (_folder, stores, compiled) = kept();
    let known = find(&stores, &files()).unwrap();
    let built: Vec<Built> = compiled.hosts.iter().map(|host| host.graph.as_ref().unwrap().into()).collect();
    assert_eq!(known.hosts, built);
    assert!(compiled.diagnostics.len() >= 2, "an unused let, a pool without redundancy");
    assert_eq!(known.warnings, compiled.diagnostics);
    let sources = |sources: &Sources| {
        let each = sources.iter().map(|(_, one)| (one.name.clone(), one.text.clone(), one.std));
        each.collect::<Vec<_>>()
    };
    assert_eq!(sources(&known.sources), sources(&compiled.sources));
    assert_eq!(known.sources.iter().count(), 4);
}

#[test]
fn every_file_is_read_again_through_the_world() {
    let (_folder, stores, _) = kept();
    let files = files();
    find(&stores, &files).unwrap();
    for name in files.texts.keys() {
        assert!(files.asked.borrow().iter().any(|asked| asked == name), "{name}");
    }
}

#[test]
fn a_changed_byte_in_any_file_is_a_miss() {
    let (_folder, stores, _) = kept();
    for name in ["spec.kdl", "hosts/common.kdl", "hosts/sizes.kdl"] {
        let mut files = files();
        files.texts.get_mut(name).unwrap().push(' ');
        assert!(find(&stores, &files).is_none(), "{name}");
    }
}

#[test]
fn one_more_import_and_a_file_that_is_gone_are_misses() {
    let (_folder, stores, _) = kept();
    let mut more = files();
    more.texts.insert(
        "spec.kdl",
        SPEC.replace("import \"std/sharing\"", "import \"std/sharing\"\nimport \"std/pools\""),
    );
    assert!(find(&stores, &more).is_none());
    let mut more = files();
    more.texts.insert("hosts/sizes.kdl", format!("{SIZES}import \"../more.kdl\"\n"));
    more.texts.insert("more.kdl", "edition 1\n".to_owned());
    assert!(find(&stores, &more).is_none());
    let mut fewer = files();
    fewer.texts.remove("hosts/sizes.kdl");
    assert!(find(&stores, &fewer).is_none());
}

#[test]
fn another_program_and_another_name_are_misses() {
    let (_folder, stores, _) = kept();
    assert!(Cache::new(another, &stores).find(&files(), &root()).is_none());
    let mut renamed = files();
    renamed.texts.insert("other.kdl", SPEC.to_owned());
    let other = SpecPath::new("other.kdl").unwrap();
    assert!(cache(&stores).find(&renamed, &other).is_none());
}

#[test]
fn a_lost_a_cut_off_and_a_damaged_entry_are_misses_and_are_kept_anew() {
    let (folder, stores, compiled) = kept();
    let entry = entry(&folder);
    let whole = fs::read(&entry).unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for bytes in [&b""[..], b"{}", &whole[..whole.len() / 2], &damaged] {
        fs::write(&entry, bytes).unwrap();
        assert!(find(&stores, &files()).is_none());
    }
    fs::remove_dir_all(folder.path().join("cache")).unwrap();
    assert!(find(&stores, &files()).is_none());
    cache(&stores).keep(&compiled);
    assert!(find(&stores, &files()).is_some());
}

/// Whole, and under the right key: only the files that it names tell that it is another spec's.
#[test]
fn an_entry_with_what_another_spec_came_to_is_a_miss() {
    let (_folder, stores, compiled) = kept();
    let key = key("spec.kdl", SPEC);
    assert!(stores[0].cached(&key).is_some());
    let mut other = files();
    other.texts.insert("spec.kdl", SPEC.replace("tank", "lake"));
    let foreign = Entry::new(program().unwrap(), &compile(&other, &root())).unwrap();
    assert_ne!(foreign.to_bytes(), Entry::new(program().unwrap(), &compiled).unwrap().to_bytes());
    stores[0].put_cached(&key, &foreign.to_bytes().unwrap()).unwrap();
    assert!(find(&stores, &files()).is_none());
}

#[test]
fn a_spec_with_errors_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let stores = [Store::open(folder.path()).unwrap()];
    let cache = cache(&stores);
    let mut broken = files();
    broken.texts.insert("spec.kdl", SPEC.replace("(let)\"size\"", "\"much\""));
    cache.keep(&compile(&broken, &root()));
    let mut denied = compile(&files(), &root());
    denied.deny_warnings();
    cache.keep(&denied);
    assert!(!folder.path().join("cache").exists());
}

#[test]
fn where_the_first_store_takes_no_entry_the_next_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let stores = ["first", "next"].map(|name| Store::open(&folder.path().join(name)).unwrap());
    fs::write(folder.path().join("first/cache"), "no folder").unwrap();
    cache(&stores).keep(&compile(&files(), &root()));
    assert!(find(&stores[1..], &files()).is_some());
    assert!(find(&stores, &files()).is_some());
    // With none that takes it, nothing is known, and nothing fails.
    cache(&stores[..1]).keep(&compile(&files(), &root()));
    assert!(find(&stores[..1], &files()).is_none());
}

#[test]
fn a_small_spec_is_not_kept_and_the_program_is_not_hashed_for_it() {
    fn never() -> Option<ObjectId> {
        unreachable!("the program was hashed")
    }
    let folder = tempfile::tempdir().unwrap();
    let stores = [Store::open(folder.path()).unwrap()];
    let cache = Cache::new(never, &stores);
    cache.keep(&compile(&files(), &root()));
    assert!(cache.find(&files(), &root()).is_none());
    let mut large = files();
    large.texts.insert("hosts/sizes.kdl", format!("edition 1\n{}", "// much\n".repeat(WORTH / 8)));
    Cache::new(program, &stores).keep(&compile(&large, &root()));
    assert!(find(&stores, &large).is_some());
}
