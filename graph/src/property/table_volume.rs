//! Properties that only volumes have, or have under other rules (`zfsprops(7)`).

use super::{
    Kind, Property,
    row::VOLUME,
    table_dataset::{LARGEST_BLOCK, SMALL_BLOCKS, SMALLEST_BLOCK},
};
use crate::size::Bytes;

pub(super) const ROWS: &[Property] = &[
    Property::new(
        "special_small_blocks",
        VOLUME,
        SMALL_BLOCKS,
        "0",
        "Puts blocks up to this size on the special vdev.",
    )
    .since(2, 4),
    Property::new(
        "volblocksize",
        VOLUME,
        Kind::block(SMALLEST_BLOCK, LARGEST_BLOCK),
        "16K",
        "Sets the block size of the volume (8K up to 2.1, 16K since).",
    )
    .large_blocks()
    .own()
    .at_creation(),
    Property::new(
        "volsize",
        VOLUME,
        Kind::Size {
            min: SMALLEST_BLOCK,
            max: Bytes::LARGEST.0,
            power_of_two: false,
            zero: false,
            none: false,
            words: &[],
        },
        "",
        "Sets the size of the volume, a multiple of its block size; making it smaller loses data.",
    )
    .own()
    .no_default(),
    Property::new(
        "volthreading",
        VOLUME,
        Kind::OnOff,
        "on",
        "Serves the volume's requests from threads of their own.",
    )
    .own()
    .since(2, 3),
];
