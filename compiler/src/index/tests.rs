//! Small specs with the cursor as `‸`.

use super::{CandidateKind, Index, NameKind, SettingRow, What};
use crate::{
    SourceError, SpecPath, World,
    source::{FileId, Place},
};
use std::sync::Arc;

struct Files(Vec<(&'static str, String)>);

impl World for Files {
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError> {
        let found = self.0.iter().find(|(name, _)| *name == path.as_str());
        found.map(|(_, text)| text.as_str().into()).ok_or(SourceError::NotFound)
    }
}

/// Indexes a spec with a library beside it, and returns the position of the cursor too.
fn index(spec: &str, library: &str) -> (Index, FileId, u32) {
    let texts = [("spec.kdl", spec), ("lib.kdl", library)];
    let cursor =
        texts.iter().enumerate().find_map(|(file, (_, text))| Some((file, text.find('‸')?))).unwrap();
    let files = Files(texts.iter().map(|(name, text)| (*name, text.replace('‸', ""))).collect());
    let index = Index::new(&files, &SpecPath::new("spec.kdl").unwrap());
    let name = texts[cursor.0].0;
    let file = index.sources().iter().find(|(_, source)| &*source.name == name).unwrap().0;
    (index, file, u32::try_from(cursor.1).unwrap())
}

/// Shows what stands at the cursor: its text, and what it is.
fn at(spec: &str) -> String {
    let (index, file, byte) = index(spec, "");
    let Some(item) = index.at(file, byte) else { return "nothing".to_owned() };
    let what = match &item.what {
        What::Node(row) => format!("node: {}", row.doc),
        What::Directive(word, _) => format!("word {word}"),
        What::Setting(SettingRow::Property(row)) => format!("property {}", row.name),
        What::Setting(SettingRow::Storage(row)) => format!("storage property {}", row.name),
        What::Setting(SettingRow::ExportOption(word)) => format!("option {word}"),
        What::Setting(SettingRow::Schedule(row)) => format!("schedule {}", row.name),
        What::Setting(SettingRow::Parameter(row)) => format!("parameter {}", row.plugin),
        What::Setting(SettingRow::Own(own)) => format!("setting {}", own.name),
        What::Name { kind, name, defines } => {
            format!("{kind:?} {name}{}", if *defines { ", defined" } else { "" })
        }
        What::Import(file) => format!("import of {}", index.sources().get(*file).unwrap().name),
        What::Lint(code) => format!("lint {code}"),
    };
    format!("{}: {what}", index.sources().text(item.place))
}

/// Shows the definition and the uses of the name at the cursor, each as `file:line:text`.
fn names(spec: &str, library: &str) -> (String, String) {
    let (index, file, byte) = index(spec, library);
    let show = |place: Place| {
        let line = index.sources().position(place.file, place.start).line;
        format!("{}:{line}:{}", index.sources().get(place.file).unwrap().name, index.sources().text(place))
    };
    let uses: Vec<String> = index.references(file, byte).into_iter().map(show).collect();
    (index.definition(file, byte).map(show).unwrap_or_default(), uses.join(" "))
}

/// Returns the texts that may stand at the cursor.
fn may(spec: &str) -> Vec<String> {
    let (index, file, byte) = index(spec, "");
    index.candidates(file, byte).list.into_iter().map(|candidate| candidate.text).collect()
}

fn has(list: &[String], words: &[&str]) {
    for word in words {
        assert!(list.iter().any(|known| known == word), "{word} is missing in {list:?}");
    }
}

fn lacks(list: &[String], words: &[&str]) {
    for word in words {
        assert!(!list.iter().any(|known| known == word), "{word} is in {list:?}");
    }
}

#[test]
fn words_of_nodes_have_their_rows() {
    assert!(at("host \"h\" { po‸ol \"t\" { }; }").starts_with("pool: node: A pool:"));
    assert_eq!(at("ed‸ition 1"), "edition: word edition");
    assert_eq!(at("host \"h\" { pool \"t\" { dataset \"a\" { u‸se \"p\"; }; }; }"), "use: word use");
    assert_eq!(at("pool \"t‸\" { }"), "nothing");
    assert!(at("mirror { data‸set \"a\" { }; }").starts_with("dataset: node:"));
}

#[test]
fn settings_have_their_rows() {
    assert_eq!(at("pool \"t\" auto‸trim=#true"), "autotrim: property autotrim");
    assert_eq!(at("pool \"t\" { dataset \"a\" { dedup‸ #true; }; }"), "dedup: property dedup");
    assert!(at("pool \"t\" { dedup‸ { }; }").starts_with("dedup: node"));
    assert_eq!(at("pool \"t\" { volume \"v\" siz‸e=\"1G\"; }"), "size: setting size");
    assert_eq!(
        at("pool \"t\" { dataset \"a\" { proxmox \"x\" { con‸tent \"iso\"; }; }; }"),
        "content: storage property content"
    );
    assert_eq!(at("pool \"t\" { dataset \"a\" { export { client \"*\" \"r‸w\"; }; }; }"), "rw: option rw");
    assert_eq!(at("pool \"t\" { dataset \"a\" { snapshots dai‸ly=7; }; }"), "daily: schedule daily");
    assert_eq!(at("kubernetes { class \"a\" mb‸ps=5; }"), "mbps: parameter diskMBps");
    assert_eq!(at("kubernetes { attributes \"a\" ssd‸=#true; }"), "nothing");
    assert_eq!(at("profile \"p\" { record‸size \"1M\"; }"), "recordsize: property recordsize");
    assert_eq!(at("profile \"p\" { volblock‸size \"16K\"; }"), "volblocksize: property volblocksize");
}

#[test]
fn imports_and_lints_are_known() {
    assert_eq!(at("import \"std/prox‸mox\""), "std/proxmox: import of std/proxmox.kdl");
    assert_eq!(at("import \"nowh‸ere.kdl\""), "nothing");
    assert_eq!(at("allow \"no-redun‸dancy\""), "no-redundancy: lint no-redundancy");
    assert_eq!(at("pool \"t\" allow=\"‸no-redundancy\""), "no-redundancy: lint no-redundancy");
}

#[test]
fn names_are_known_where_they_are_defined_and_used() {
    assert_eq!(at("let la‸n 1"), "lan: Let lan, defined");
    assert_eq!(at("let lan 1\npool \"t\" quota=(let)\"la‸n\""), "lan: Let lan");
    assert_eq!(at("let ü 1\npool (fmt)\"a-{{}}-{‸ü}-{b}\""), "ü: Let ü");
    assert_eq!(at("profile #\"p‸\"# { }"), "p: Profile p, defined");
    assert_eq!(at("profile p { param \"x\" default=1; quota (param)\"‸x\"; }"), "x: Param x");
    assert_eq!(at("each \"n‸\" 1 { }"), "n: Each n, defined");
}

#[test]
fn a_let_is_found_through_imports_and_the_own_one_first() {
    let (definition, uses) = names(
        "import \"lib.kdl\"\npool \"t\" { dataset (let)\"a\"; dataset (fmt)\"x{a‸}\"; }",
        "let a 1\nlet b (let)\"a\"\n",
    );
    assert_eq!(definition, "lib.kdl:1:a");
    assert_eq!(uses, "spec.kdl:2:a spec.kdl:2:a lib.kdl:2:a");
    let (definition, uses) =
        names("import \"lib.kdl\"\nlet a 2\npool (let)\"a‸\"", "let a 1\nlet b (let)\"a\"\n");
    assert_eq!((&*definition, &*uses), ("spec.kdl:2:a", "spec.kdl:3:a"));
}

#[test]
fn each_stands_before_a_let_and_ends_with_its_body() {
    let text = "let n 1\npool \"t\" {\neach n 1 2 {\ndataset (let)\"n\"\n}\ndataset (fmt)\"{n}\"\n}";
    assert_eq!(names(&text.replacen("(let)\"n", "(let)\"‸n", 1), "").0, "spec.kdl:3:n");
    assert_eq!(names(&text.replacen("{n}", "{‸n}", 1), ""), ("spec.kdl:1:n".into(), "spec.kdl:6:n".into()));
    assert_eq!(names(&text.replacen("each n", "each ‸n", 1), "").1, "spec.kdl:4:n");
}

#[test]
fn profiles_and_params_are_found_from_the_nodes_that_use_them() {
    let (definition, uses) = names(
        "import \"lib.kdl\"\npool \"t\" { dataset \"a\" use=\"p‸\" { use \"p\"; }; }",
        "profile \"p\" { param \"x\"; }\nprofile \"q\" use=\"p\"",
    );
    assert_eq!(definition, "lib.kdl:1:p");
    assert_eq!(uses, "spec.kdl:2:p spec.kdl:2:p lib.kdl:2:p");
    let (definition, uses) = names(
        "import \"lib.kdl\"\npool \"t\" { dataset \"a\" use=\"p\" { with ‸x=1; }; }",
        "profile \"p\" { param \"x\"; quota (param)\"x\"; }",
    );
    assert_eq!((&*definition, &*uses), ("lib.kdl:1:x", "spec.kdl:2:x lib.kdl:1:x"));
}

#[test]
fn half_written_documents_are_indexed_too() {
    assert_eq!(at("host \"h\" {\n  pool \"t\" auto‸trim=true {\n    x=\n"), "nothing");
    assert!(at("host \"h\" {\n  po‸ol \"t\" autotrim=true {\n    x=\n").starts_with("pool: node"));
    let text = "let a 1\nhost \"h\" {\n  pool \"t\" {\n    dataset (let)\"a‸\" quota= {\n";
    assert_eq!(names(text, "").0, "spec.kdl:1:a");
}

#[test]
fn a_line_begins_with_what_may_stand_inside_the_node() {
    has(&may("‸"), &["edition", "import", "let", "profile", "host", "pool"]);
    has(&may("host \"h\" {\n  ‸\n}"), &["pool", "arc", "each"]);
    let list = may("host \"h\" {\n  pool \"t\" {\n    ‸\n  }\n}");
    has(&list, &["mirror", "dataset", "disk", "root", "autotrim", "use"]);
    lacks(&list, &["client", "recordsize", "edition", "pool"]);
    has(&may("pool \"t\" {\n  dataset \"a\" {\n    quo‸"), &["quota", "export", "recordsize"]);
    has(
        &may("profile \"p\" {\n  ‸\n}"),
        &["param", "recordsize", "volblocksize", "export", "client", "autotrim"],
    );
    lacks(&may("profile \"p\" { }\n‸"), &["param"]);
    has(&may("pool \"t\" { dataset \"a\" { ‸ }; }"), &["export"]);
}

#[test]
fn a_nodes_line_goes_on_with_its_settings() {
    let list = may("pool \"t\" {\n  volume \"v\" ‸\n}");
    has(&list, &["size", "volblocksize", "use", "allow"]);
    lacks(&list, &["recordsize", "dataset"]);
    assert!(may("pool \"t\" {\n  volume \"‸\n}").is_empty());
    has(&may("pool \"t\" { dataset \"a\" { export { client \"*\" \"‸"), &["rw", "no_root_squash"]);
    has(&may("pool \"t\" { dataset \"a\" { export { options ‸ } } }"), &["rw"]);
}

#[test]
fn a_value_is_one_of_its_propertys() {
    has(&may("kubernetes { class \"a\" cache=‸; }"), &["writeback", "none"]);
    has(&may("kubernetes { namespace \"a\" { access \"devs\" ‸; }; }"), &["read", "claim"]);
    has(&may("pool \"t\" { dataset \"a\" compression=\"‸\"; }"), &["lz4", "zstd"]);
    has(&may("pool \"t\" {\n dataset \"a\" compression=‸"), &["lz4"]);
    has(&may("pool \"t\" {\n dataset \"a\" {\n  compression \"l‸"), &["lz4"]);
    has(&may("pool \"t\" { dataset \"a\" { proxmox \"x\" type=\"‸"), &["zfspool", "dir"]);
    has(&may("profile \"p\" { proxmox { content \"iso\" \"‸"), &["backup"]);
    has(&may("profile \"p\" {\n  param \"x\" type=‸"), &["size", "text"]);
}

#[test]
fn names_that_may_stand_here_are_those_that_are_seen_here() {
    let defined = "import \"std/sharing\"\nlet lan 1\nprofile \"p\" { param \"x\"; }\n";
    has(&may(&format!("{defined}pool \"t\" {{ dataset \"a\" use=\"‸\"; }}")), &["p", "shared-data"]);
    has(&may(&format!("{defined}pool \"t\" {{\n use p ‸")), &["p", "shared-data"]);
    let list = may(&format!("{defined}pool \"t\" {{ each n 1 {{ dataset (let)\"‸"));
    assert_eq!(list, ["n", "lan"]);
    assert_eq!(may(&format!("{defined}pool \"t\" {{ dataset (fmt)\"vm-{{‸")), ["lan"]);
    assert!(may(&format!("{defined}pool \"t\" {{ dataset (fmt)\"vm-{{lan}}‸")).is_empty());
    assert_eq!(may(&format!("{defined}pool \"t\" use=\"p\" {{ with ‸ }}")), ["x"]);
    assert_eq!(may("profile \"p\" {\n param \"y\"\n quota (param)\"‸"), ["y"]);
    assert_eq!(may("pool quota=(‸"), ["let", "param", "fmt"]);
    has(&may("import \"std/‸"), &["std/proxmox", "std/sharing"]);
    has(&may("allow \"‸"), &["no-redundancy"]);
    assert!(may("// po‸\npool").is_empty());
}

#[test]
fn a_candidate_tells_what_it_is_for_and_what_it_takes_the_place_of() {
    let (index, file, byte) = index("pool \"t\" {\n  dataset \"a\" comp‸ression=\"lz4\"\n}", "");
    let found = index.candidates(file, byte);
    assert_eq!(index.sources().text(found.place), "comp");
    let row = found.list.iter().find(|row| row.text == "compression").unwrap();
    assert_eq!(row.kind, CandidateKind::Setting);
    assert!(row.doc.len() > 5 && row.legal.contains("zstd"), "{row:?}");
    let (index, file, byte) = super::tests::index("let lan 1\npool (let)\"la‸\"", "");
    let found = index.candidates(file, byte);
    assert_eq!(index.sources().text(found.place), "la");
    assert_eq!(found.list[0].kind, CandidateKind::Name(NameKind::Let));
}

#[test]
fn the_languages_own_settings_are_known_with_their_values() {
    assert_eq!(at("pool \"t\" { dataset \"a\" { prot‸ect } }"), "protect: setting protect");
    let bind = |text: &str| may(&format!("pool \"t\" {{ dataset \"a\" {{ bind {{ lxc 101 {text} }} }} }}"));
    has(&bind("at=\"/x\" ‸"), &["ro", "mountoptions"]);
    has(&bind("ro=‸"), &["#true", "#false"]);
    has(&bind("mountoptions=‸"), &["noatime", "discard"]);
    lacks(&may("pool \"t\" { ‸ }"), &["protect", "was"]);
    has(&may("pool \"t\" { dataset \"a\" { ‸ } }"), &["protect", "was", "permissions", "bind"]);
}
