//! What `phoenix stdlib --json` and `phoenix explain --json` print: the standard library, and the pages
//! of diagnostics and of what a plan refuses or warns of.

use phoenix_compiler::stdlib;
use phoenix_graph::{Code, code::Level};
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;

/// `phoenix stdlib --json` prints a list of these: all files, or the one that was named or that has the
/// profile that was named.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct LibraryView {
    /// What `import` calls it by: `std/proxmox`.
    pub import: String,
    /// What it is for, in one sentence.
    pub title: String,
    /// Its profiles, or only the one that was named.
    pub profiles: Vec<ProfileView>,
}

/// A profile of the standard library.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct ProfileView {
    /// What `use` calls it by.
    pub name: String,
    /// What it is for, in one sentence.
    pub title: String,
    /// Its text, with the comment above it.
    pub text: String,
}

impl LibraryView {
    /// Describes a file of the standard library with the profiles that are wanted of it.
    #[must_use]
    pub fn new(file: &str, profiles: Vec<stdlib::Profile>) -> Self {
        let profile = |stdlib::Profile { name, title, text }| ProfileView { name, title, text };
        Self {
            import: format!("std/{file}"),
            title: stdlib::title(file),
            profiles: profiles.into_iter().map(profile).collect(),
        }
    }
}

/// `phoenix explain --json` prints a list of these: all codes, or the one that was named.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct CodeView {
    /// The code.
    pub code: String,
    /// How severe it is, unless warnings are denied.
    pub severity: SeverityView,
    /// Whether `allow` silences it.
    pub lint: bool,
    /// What is wrong, in one line.
    pub title: String,
    /// What it means and what to do.
    pub explanation: String,
    /// Why it matters on a storage host.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub why: String,
    /// A spec that gives it; a line `=== NAME ===` begins a further file.
    pub wrong: Option<String>,
    /// The same spec put right.
    pub right: Option<String>,
}

/// How severe it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SeverityView {
    /// No graph can be made.
    Error,
    /// The plan is not carried out.
    Refusal,
    /// The graph is made, or the plan carried out; but this is likely not meant, dangerous, or to be known.
    Warning,
}

impl CodeView {
    /// Describes a code with its page.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let examples = code.examples.as_ref();
        Self {
            code: code.name.to_owned(),
            severity: match code.level {
                Level::Error => SeverityView::Error,
                Level::Refusal => SeverityView::Refusal,
                Level::Lint | Level::Warning => SeverityView::Warning,
            },
            lint: code.level == Level::Lint,
            title: code.title.to_owned(),
            explanation: code.explanation.to_owned(),
            why: code.why.to_owned(),
            wrong: examples.map(|examples| examples.wrong.text().into_owned()),
            right: examples.map(|examples| examples.right.text().into_owned()),
        }
    }
}
