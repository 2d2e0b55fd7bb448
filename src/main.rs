//! phoenix
fn main() {}
