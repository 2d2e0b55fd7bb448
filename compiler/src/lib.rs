//! The compiler: from the text of a spec to diagnostics and a graph for each host.
//!
//! It is pure: no clock, environment, process or network, and files only through [`World`]. Data
//! passes one way, each arrow a function: source text → [`syntax`] tree → [`resolve`]d spec →
//! [`check`]ed resources → [`Graph`]. [`compile`] is all of it. [`index`] tells editors what stands
//! where, from the syntax trees alone.
#![allow(missing_docs, reason = "fields may explain themselves; tests/documented.rs looks at all else")]

mod assemble;
mod check;
mod compile;
pub mod diagnostic;
pub mod fmt;
pub mod index;
pub mod origin;
pub mod reference;
mod resolve;
mod size_hint;
pub mod source;
pub mod stdlib;
mod syntax;
pub mod why;
pub mod world;

pub use compile::{Compiled, CompiledHost, Traced, compile, trace};
pub use diagnostic::{Diagnostic, Severity, code};
pub use origin::Origin;
pub use source::{FileId, Place, Position, Source, Sources};
pub use syntax::limits::MAX_BYTES;
pub use world::{OneFile, ROOT, SourceError, SpecPath, World};
