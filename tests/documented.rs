//! What others may use says what it does: every public item has its comment. Only fields and variants may explain
//! themselves by their names, which rustc's `missing_docs` does not let them.

use crate::walls::files;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, File, ImplItemConst, ImplItemFn, ItemImpl, ItemMod, TraitItemConst, TraitItemFn,
    TraitItemType, Visibility,
    visit::{self, Visit},
};

/// Collects what is public and has no comment.
#[derive(Default)]
struct Bare(Vec<String>);

impl Bare {
    fn look(&mut self, shown: &Visibility, attributes: &[Attribute], name: &dyn ToString) {
        let documented = attributes.iter().any(|one| one.path().is_ident("doc"));
        if matches!(shown, Visibility::Public(_)) && !documented {
            self.0.push(name.to_string());
        }
    }

    fn of(text: &str) -> Vec<String> {
        let file: File = syn::parse_file(text).unwrap();
        let mut bare = Self::default();
        if !file.attrs.iter().any(|one| one.path().is_ident("doc")) {
            bare.0.push("the file".to_owned());
        }
        bare.visit_file(&file);
        bare.0
    }
}

/// Looks at each item of these kinds, and at what is in it.
macro_rules! items {
    ($($visit:ident: $kind:ident ($($name:tt)+)),+ $(,)?) => {
        $(fn $visit(&mut self, item: &'ast syn::$kind) {
            self.look(&item.vis, &item.attrs, &item.$($name)+);
            visit::$visit(self, item);
        })+
    };
}

impl<'ast> Visit<'ast> for Bare {
    items! {
        visit_item_const: ItemConst (ident),
        visit_item_enum: ItemEnum (ident),
        visit_item_fn: ItemFn (sig.ident),
        visit_item_static: ItemStatic (ident),
        visit_item_struct: ItemStruct (ident),
        visit_item_trait: ItemTrait (ident),
        visit_item_type: ItemType (ident),
        visit_item_union: ItemUnion (ident),
    }

    fn visit_impl_item_const(&mut self, item: &'ast ImplItemConst) {
        self.look(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_impl_item_fn(&mut self, method: &'ast ImplItemFn) {
        self.look(&method.vis, &method.attrs, &method.sig.ident);
    }

    fn visit_trait_item_const(&mut self, item: &'ast TraitItemConst) {
        self.look(&public(), &item.attrs, &item.ident);
    }

    fn visit_trait_item_fn(&mut self, method: &'ast TraitItemFn) {
        self.look(&public(), &method.attrs, &method.sig.ident);
    }

    fn visit_trait_item_type(&mut self, item: &'ast TraitItemType) {
        self.look(&public(), &item.attrs, &item.ident);
    }

    /// What a trait asks for is said by the trait.
    fn visit_item_impl(&mut self, implemented: &'ast ItemImpl) {
        if implemented.trait_.is_none() {
            visit::visit_item_impl(self, implemented);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !module.attrs.iter().any(|one| one.path().is_ident("cfg")) {
            visit::visit_item_mod(self, module);
        }
    }
}

/// How visible what a trait asks for is.
fn public() -> Visibility {
    Visibility::Public(syn::token::Pub::default())
}

/// Tells whether a file keeps rustc from looking at all that is in it.
fn keeps_rustc_out(text: &str) -> bool {
    let attributes = syn::parse_file(text).unwrap().attrs;
    let allows = |one: &Attribute| match &one.meta {
        syn::Meta::List(list) => {
            (list.path.is_ident("allow") || list.path.is_ident("expect"))
                && list
                    .tokens
                    .to_string()
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|word| word == "missing_docs")
        }
        _ => false,
    };
    attributes.iter().any(allows)
}

/// Lists what rustc does not look at: the files that say so of themselves, and their modules.
fn without_rustc(root: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = ["compiler/src", "graph/src", "runtime", "src"]
        .iter()
        .flat_map(|folder| files(&root.join(folder)))
        .collect();
    all.retain(|path| !path.ends_with("tests.rs"));
    let says = all.iter().filter(|path| keeps_rustc_out(&fs::read_to_string(path).unwrap()));
    let modules: Vec<PathBuf> = says
        .map(|path| match path.file_stem().unwrap().to_str().unwrap() {
            "lib" | "main" | "mod" => path.parent().unwrap().to_owned(),
            _ => path.with_extension(""),
        })
        .collect();
    let within = |path: &PathBuf| modules.iter().any(|one| path.with_extension("").starts_with(one));
    all.into_iter().filter(within).collect()
}

#[test]
fn every_public_item_of_a_library_says_what_it_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let looked_at = without_rustc(root);
    assert!(looked_at.len() > 100, "only {} files are looked at", looked_at.len());
    let mut bare = Vec::new();
    for path in looked_at {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let found = Bare::of(&fs::read_to_string(&path).unwrap());
        bare.extend(found.iter().map(|item| format!("{name}: {item}")));
    }
    assert!(bare.is_empty(), "without a comment:\n{}", bare.join("\n"));
}

#[test]
fn what_has_no_comment_is_found_and_fields_need_none() {
    let text = "//! A file.\n/// A thing.\npub struct Thing { pub field: u8 }\n\
        pub enum Bare { One }\npub(crate) fn own() {}\n\
        impl Thing { pub const LEAST: u8 = 1; pub fn bare(&self) {} fn own(&self) {} }\n\
        impl Clone for Thing { fn clone(&self) {} }\n\
        /// A trait.\npub trait Wants { const LARGEST: u8; type Kind; fn wanted(); }\n\
        #[cfg(test)] mod tests { pub fn test() {} }";
    assert_eq!(Bare::of(text), ["Bare", "LEAST", "bare", "LARGEST", "Kind", "wanted"]);
    assert_eq!(Bare::of("pub const ONE: u8 = 1;"), ["the file", "ONE"]);
}

#[test]
fn a_file_that_keeps_rustc_out_is_looked_at_with_its_modules() {
    assert!(keeps_rustc_out("#![allow(unused, missing_docs, reason = \"none\")]"));
    assert!(keeps_rustc_out("#![expect(missing_docs)]"));
    for text in ["#![warn(missing_docs)]", "#[allow(missing_docs)] fn f() {}", "// #![allow(missing_docs)]"] {
        assert!(!keeps_rustc_out(text), "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (name, text) in [
        ("runtime/a/src/lib.rs", "#![allow(missing_docs)]"),
        ("runtime/a/src/inner/low.rs", ""),
        ("runtime/b/src/lib.rs", ""),
        ("graph/src/room.rs", "#![allow(missing_docs)]"),
        ("graph/src/room/low.rs", ""),
        ("graph/src/rooms.rs", ""),
        ("compiler/src/lib.rs", ""),
        ("src/main.rs", ""),
    ] {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        fs::write(path(name), text).unwrap();
    }
    let found: BTreeSet<PathBuf> = without_rustc(folder.path()).into_iter().collect();
    let wanted =
        ["graph/src/room.rs", "graph/src/room/low.rs", "runtime/a/src/inner/low.rs", "runtime/a/src/lib.rs"];
    assert_eq!(found, wanted.map(path).into());
}
