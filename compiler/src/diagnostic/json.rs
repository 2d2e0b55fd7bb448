//! Diagnostics as JSON, for editors and CI: one object each, with byte spans, lines and columns.

use super::{Diagnostic, Severity};
use crate::source::{Position, Sources};
use phoenix_graph::Code;
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// A diagnostic in the form that is written as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct JsonDiagnostic<'a> {
    /// `error` or `warning`.
    pub severity: Severity,
    /// The code's name; `phoenix explain CODE` tells more about it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub code: Code,
    /// What is wrong.
    pub message: &'a str,
    /// Every place involved, the one to look at first before the others.
    pub labels: Vec<JsonLabel<'a>>,
    /// The way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'a str>,
}

/// A place in the form that is written as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct JsonLabel<'a> {
    /// The file's path from the folder that phoenix was started in, or `std/NAME.kdl`.
    pub file: Cow<'a, str>,
    /// The first byte and the first after the place.
    pub span: [u32; 2],
    /// Line and column of the first byte.
    pub start: Position,
    /// Line and column of the first byte after the place.
    pub end: Position,
    /// What the place has to do with it.
    pub text: &'a str,
}

impl Diagnostic {
    /// Returns the diagnostic in the form that is written as JSON.
    #[must_use]
    pub fn to_json<'a>(&'a self, sources: &'a Sources) -> JsonDiagnostic<'a> {
        let label = |label: &'a super::Label| JsonLabel {
            file: sources.get(label.place.file).map(|source| sources.shown_name(source)).unwrap_or_default(),
            span: [label.place.start, label.place.end],
            start: sources.position(label.place.file, label.place.start),
            end: sources.position(label.place.file, label.place.end),
            text: &label.text,
        };
        JsonDiagnostic {
            severity: self.severity,
            code: self.code,
            message: &self.message,
            labels: self.labels.iter().map(label).collect(),
            help: self.help.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::PathBuf};

    fn file() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/json/diagnostic.schema.json")
    }

    fn text() -> String {
        serde_json::to_string_pretty(&schemars::schema_for!(JsonDiagnostic<'_>)).unwrap() + "\n"
    }

    #[test]
    fn the_published_schema_is_that_of_the_types() {
        let how = "write it anew: cargo test -p phoenix-compiler --lib -- --ignored write_the_schema";
        assert!(fs::read_to_string(file()).unwrap_or_default() == text(), "it is out of date; {how}");
    }

    #[test]
    #[ignore = "writes a file of the repository"]
    fn write_the_schema() {
        fs::write(file(), text()).unwrap();
    }
}
