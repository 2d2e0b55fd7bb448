//! How much a spec may come to.

/// The most blocks and settings that a spec may come to, profiles and repetitions written out.
pub const MAX_BLOCKS: usize = 1_000_000;
/// The longest text that `(fmt)` may make, in bytes.
pub const MAX_TEXT: usize = 64 << 10;
/// The most text that the names and settings of a spec may come to, in bytes.
pub const MAX_TEXTS: usize = 64 << 20;
/// The most settings, profiles and values for them of one node: each is held against all others.
pub const MAX_SETTINGS: usize = 1024;
/// The most params of one profile.
pub const MAX_PARAMS: usize = 256;
