//! What others may use says what it does: every public item has its comment. Only fields and variants may explain
//! themselves by their names, which rustc's `missing_docs` does not let them.

use std::{
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, File, ImplItemFn, ItemImpl, ItemMod, TraitItemFn, Visibility,
    visit::{self, Visit},
};

/// The libraries whose fields may be without a comment, and which allow `missing_docs` for that; in all others
/// rustc looks.
const LIBRARIES: [&str; 5] =
    ["compiler/src", "graph/src", "runtime/host/src", "runtime/store/src", "runtime/transaction/src"];

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
    }

    fn visit_impl_item_fn(&mut self, method: &'ast ImplItemFn) {
        self.look(&method.vis, &method.attrs, &method.sig.ident);
    }

    fn visit_trait_item_fn(&mut self, method: &'ast TraitItemFn) {
        self.look(&Visibility::Public(syn::token::Pub::default()), &method.attrs, &method.sig.ident);
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

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inside = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let mut found: Vec<PathBuf> = entries.flat_map(inside).collect();
    found.retain(|path| path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs"));
    found
}

#[test]
fn every_public_item_of_a_library_says_what_it_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut bare = Vec::new();
    for path in LIBRARIES.iter().flat_map(|folder| files(&root.join(folder))) {
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
        impl Thing { pub fn bare(&self) {} fn own(&self) {} }\nimpl Clone for Thing { fn clone(&self) {} }\n\
        /// A trait.\npub trait Wants { fn wanted(); }\n#[cfg(test)] mod tests { pub fn test() {} }";
    assert_eq!(Bare::of(text), ["Bare", "bare", "wanted"]);
    assert_eq!(Bare::of("pub const ONE: u8 = 1;"), ["the file", "ONE"]);
}
