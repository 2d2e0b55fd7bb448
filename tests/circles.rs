//! Modules know each other one way: inside each crate, no file uses what uses it, by whatever detour.
//!
//! An arrow leads from the file that names something to the file that says what it is, through whatever hands it on
//! (`pub use`). Handing on is no arrow of its own, nor is having a file as a module; tests are left out.

use petgraph::{
    algo::tarjan_scc,
    graph::{DiGraph, NodeIndex},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, Item, UseTree,
    visit::{self, Visit},
};

/// The place of a module in its crate: empty for the root.
type Place = Vec<String>;

/// A module: its file, what it declares, and what it takes from elsewhere.
#[derive(Default)]
struct Module {
    file: PathBuf,
    declared: BTreeSet<String>,
    /// By the name that something has here: the path that it was taken by, and whether it is handed on.
    taken: BTreeMap<String, (Vec<String>, bool)>,
    /// Modules of which everything is taken.
    all_of: Vec<Vec<String>>,
    /// Paths that stand in its code, also those of a single word.
    named: BTreeSet<Vec<String>>,
}

/// The modules of one crate.
#[derive(Default)]
pub struct House {
    modules: BTreeMap<Place, Module>,
    /// Whether it has its tests.
    tests: bool,
}

impl House {
    /// Reads a crate from the file that it begins with, without its tests.
    fn read(root: &Path) -> Self {
        Self::default().begun(root)
    }

    /// Reads a crate from the file that it begins with.
    pub fn with_tests(root: &Path) -> Self {
        Self { tests: true, ..Self::default() }.begun(root)
    }

    fn begun(mut self, root: &Path) -> Self {
        self.file(root, Vec::new(), root.parent().unwrap());
        self
    }

    /// Returns the files of its modules.
    pub fn files(self) -> impl Iterator<Item = PathBuf> {
        self.modules.into_values().map(|module| module.file)
    }

    /// Reads a file that is a module; `folder` has the files of the modules in it.
    fn file(&mut self, path: &Path, place: Place, folder: &Path) {
        let parsed = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
        self.module(path, place, folder, &parsed.items);
    }

    fn module(&mut self, path: &Path, place: Place, folder: &Path, items: &[Item]) {
        let mut module = Module { file: path.to_owned(), ..Module::default() };
        let tests = self.tests;
        for item in items.iter().filter(|item| tests || !is_test(attributes(item))) {
            match item {
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let within: Place = place.iter().cloned().chain([name.clone()]).collect();
                    match &inner.content {
                        Some((_, items)) => self.module(path, within, &folder.join(&name), items),
                        None => {
                            let candidates =
                                [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
                            let file = candidates.into_iter().find(|file| file.exists());
                            self.file(&file.unwrap(), within, &folder.join(&name));
                        }
                    }
                }
                Item::Use(taken) => {
                    let public = !matches!(taken.vis, syn::Visibility::Inherited);
                    take(&taken.tree, &mut Vec::new(), public, &mut module);
                }
                other => {
                    module.declared.extend(name(other));
                    Names(&mut module.named).visit_item(other);
                }
            }
        }
        self.modules.insert(place, module);
    }

    /// Finds the file that says what a path means in a module; nothing where that is another crate's.
    fn find(&self, place: &Place, path: &[String], depth: usize) -> Option<&Path> {
        let (head, rest) = path.split_first()?;
        let module = self.modules.get(place)?;
        // What hands on itself leads nowhere.
        if depth > 16 {
            return None;
        }
        let below: Place = place.iter().cloned().chain([head.clone()]).collect();
        match head.as_str() {
            "crate" => return self.within(&Vec::new(), rest, depth + 1),
            "self" => return self.within(place, rest, depth + 1),
            "super" => return self.within(&place[..place.len().checked_sub(1)?].to_vec(), rest, depth + 1),
            _ => {}
        }
        // A module's name with nothing behind it is that of a local thing.
        if self.modules.contains_key(&below) && (depth > 0 || !rest.is_empty()) {
            return self.within(&below, rest, depth);
        }
        if module.declared.contains(head) {
            return Some(&module.file);
        }
        if let Some((taken, _)) = module.taken.get(head) {
            let whole: Vec<String> = taken.iter().chain(rest).cloned().collect();
            return if whole == path { None } else { self.find(place, &whole, depth + 1) };
        }
        module.all_of.iter().find_map(|all| {
            let whole: Vec<String> = all.iter().chain(path).cloned().collect();
            self.find(place, &whole, depth + 1)
        })
    }

    fn within(&self, place: &Place, path: &[String], depth: usize) -> Option<&Path> {
        if path.is_empty() { Some(&self.modules.get(place)?.file) } else { self.find(place, path, depth) }
    }

    /// Lists the arrows: who names what another file says.
    fn arrows(&self) -> BTreeSet<(&Path, &Path)> {
        let mut arrows = BTreeSet::new();
        for (place, module) in &self.modules {
            let taken = module.taken.values().filter(|(_, handed_on)| !handed_on).map(|(path, _)| path);
            for path in taken.chain(&module.named).chain(&module.all_of) {
                if let Some(file) = self.find(place, path, 0).filter(|file| *file != module.file) {
                    arrows.insert((module.file.as_path(), file));
                }
            }
        }
        arrows
    }

    /// Tells the circles: each with the arrows in it.
    fn told(&self, root: &Path) -> Vec<String> {
        let arrows = self.arrows();
        let files: Vec<&Path> =
            BTreeSet::from_iter(arrows.iter().flat_map(|(a, b)| [*a, *b])).into_iter().collect();
        let at = |file| u32::try_from(files.binary_search(file).unwrap()).unwrap();
        let graph = DiGraph::<(), ()>::from_edges(arrows.iter().map(|(from, to)| (at(from), at(to))));
        let name = |file: &Path| file.strip_prefix(root).unwrap().display().to_string();
        let told = |circle: Vec<NodeIndex>| {
            let circle: Vec<&Path> = circle.iter().map(|node| files[node.index()]).collect();
            let inside = arrows.iter().filter(|(from, to)| circle.contains(from) && circle.contains(to));
            inside.map(|(from, to)| format!("{} -> {}", name(from), name(to))).collect::<Vec<_>>().join("\n")
        };
        tarjan_scc(&graph).into_iter().filter(|circle| circle.len() > 1).map(told).collect()
    }
}

/// Takes what a `use` says into a module.
fn take(tree: &UseTree, path: &mut Vec<String>, public: bool, module: &mut Module) {
    match tree {
        UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            take(&inner.tree, path, public, module);
            path.pop();
        }
        UseTree::Name(leaf) => {
            let name = leaf.ident.to_string();
            let whole: Vec<String> =
                path.iter().cloned().chain((name != "self").then(|| name.clone())).collect();
            let here = whole.last().cloned().unwrap_or(name);
            module.taken.insert(here, (whole, public));
        }
        UseTree::Rename(leaf) => {
            let name = leaf.ident.to_string();
            let whole = path.iter().cloned().chain((name != "self").then_some(name)).collect();
            module.taken.insert(leaf.rename.to_string(), (whole, public));
        }
        UseTree::Glob(_) => module.all_of.push(path.clone()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| take(tree, path, public, module)),
    }
}

/// Collects the paths that stand in code; of a macro's words those of more than one part.
struct Names<'a>(&'a mut BTreeSet<Vec<String>>);

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.insert(path.segments.iter().map(|part| part.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    /// Who may see something is no use of it.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let text = called.tokens.to_string().replace(" :: ", "::");
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for word in text.split(|c| !part(c)).filter(|word| word.contains("::")) {
            self.0.insert(word.split("::").map(str::to_owned).collect());
        }
        visit::visit_macro(self, called);
    }

    fn visit_item_use(&mut self, taken: &'ast syn::ItemUse) {
        let mut module = Module::default();
        take(&taken.tree, &mut Vec::new(), false, &mut module);
        self.0.extend(module.taken.into_values().map(|(path, _)| path));
    }
}

fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(name.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| match &one.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

#[test]
fn no_file_uses_what_uses_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let starts = starts(root);
    let circles: Vec<String> =
        starts.iter().flat_map(|start| House::read(&root.join(start)).told(root)).collect();
    assert!(circles.is_empty(), "files that use what uses them:\n{}", circles.join("\n\n"));
}

/// Lists the files that the crates of the workspace begin with.
fn starts(root: &Path) -> Vec<String> {
    let mut folders = vec![root.to_owned()];
    for parent in ["", "runtime", "tests"] {
        folders.extend(fs::read_dir(root.join(parent)).unwrap().map(|entry| entry.unwrap().path()));
    }
    let crates = folders.into_iter().filter(|folder| folder.join("Cargo.toml").exists());
    let starts = crates.flat_map(|folder| ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file)));
    let name = |start: PathBuf| start.strip_prefix(root).unwrap().display().to_string();
    let starts: Vec<String> = starts.filter(|start| start.exists()).map(name).collect();
    assert!(starts.len() >= 12, "the crates are no longer where they are looked for: {starts:?}");
    starts
}

/// Reads a made-up crate, each file by its path and text, and returns its circles.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    House::read(&folder.path().join("lib.rs")).told(folder.path())
}

#[test]
fn files_in_a_row_are_no_circle() {
    let files = [
        ("lib.rs", "mod above; mod below; pub use above::run; pub use below::Low;"),
        ("above.rs", "use crate::below::Low; pub fn run(low: Low) {}"),
        // Tests may know everything, and a word of its own is none of another file.
        (
            "below.rs",
            "pub struct Low; fn f(above: u8) -> u8 { above } #[cfg(test)] mod t { use crate::above; }",
        ),
    ];
    assert_eq!(circles_of(&files), [""; 0]);
}

#[test]
fn a_circle_is_found_by_whatever_its_arrows_are_said() {
    let low =
        |text| [("lib.rs", "mod a; mod b;"), ("a.rs", "pub struct A; use crate::b::B;"), ("b.rs", text)];
    for text in [
        "pub struct B(crate::a::A);",
        "use super::a::A; pub struct B;",
        "use crate::a; pub struct B(a::A);",
        "use crate::a::*; pub struct B;",
        "use crate::a::A as Other; pub struct B;",
        "pub struct B; impl B { fn f() { assert!(crate::a::A == 1) } }",
        "pub struct B; mod inner { use super::super::a::A; }",
    ] {
        assert_eq!(circles_of(&low(text)), ["a.rs -> b.rs\nb.rs -> a.rs"], "{text}");
    }
}

#[test]
fn a_circle_is_found_through_what_hands_on() {
    let files = [
        // The root hands both on, and is in no circle itself.
        ("lib.rs", "mod a; mod b; pub use a::A; pub use b::*;"),
        ("a.rs", "pub struct A(crate::B);"),
        ("b.rs", "pub struct B(crate::A);"),
    ];
    assert_eq!(circles_of(&files), ["a.rs -> b.rs\nb.rs -> a.rs"]);
    // A folder's first file that needs what it hands on.
    let files = [
        ("lib.rs", "mod room;"),
        ("room/mod.rs", "mod low; pub use low::Low; pub struct Top; fn f(low: Low) {}"),
        ("room/low.rs", "pub struct Low; fn f(top: super::Top) {}"),
    ];
    assert_eq!(circles_of(&files), ["room/low.rs -> room/mod.rs\nroom/mod.rs -> room/low.rs"]);
}
