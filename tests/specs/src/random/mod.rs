//! Random valid specs.
//!
//! [`choices`] are what a spec is made of, [`generate`] makes a [`spec`] of them, with [`settings`] from the
//! tables of the graph and a [`library`] of profiles and lets; [`mod@write`] writes it in some spelling.

pub mod choices;
pub mod generate;
mod library;
mod settings;
pub mod spec;
pub mod write;
