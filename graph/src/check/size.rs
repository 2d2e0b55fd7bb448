//! Sizes of volumes.

use crate::size::Bytes;

/// Returns whether a volume of blocks of this size, in bytes, can have a size: a multiple of it.
#[must_use]
pub fn volume_size(size: Bytes, blocks: Option<u64>) -> bool {
    let blocks = least_multiple(blocks);
    size.0 != 0 && size <= Bytes::LARGEST && (blocks == 0 || size.0.is_multiple_of(blocks))
}

/// Returns what a volume's size is a multiple of. zfsprops(7): 16K unless the pool is older; any legal
/// size is a multiple of 512 at least.
#[must_use]
pub fn least_multiple(blocks: Option<u64>) -> u64 {
    blocks.unwrap_or(512)
}
