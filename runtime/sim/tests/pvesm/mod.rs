//! `pvesm` against 115 recorded runs of the real one: its rules, and the simulated host that goes by them.

mod case;
mod host;
mod reader;
mod rules;
