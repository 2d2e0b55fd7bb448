//! Properties that file systems and volumes share (`zfsprops(7)`).

use super::{Kind, Property, Version, row::DATASET};

const CHECKSUMS: Kind =
    Kind::Words(&["on", "off", "fletcher2", "fletcher4", "sha256", "sha512", "skein", "edonr", "blake3"]);

const DEDUP: Kind = Kind::Words(&[
    "on",
    "off",
    "verify",
    "sha256",
    "sha256,verify",
    "sha512",
    "sha512,verify",
    "skein",
    "skein,verify",
    "edonr,verify",
    "blake3",
    "blake3,verify",
]);

/// `zstd` and `zstd-3` are one level, yet two values; `gzip-6` reads back as `gzip`, and
/// `zstd-fast-1` as `zstd-fast`.
const COMPRESSION: Kind = Kind::Aliases {
    words: &[
        "on",
        "off",
        "lz4",
        "zstd",
        "zstd-1",
        "zstd-2",
        "zstd-3",
        "zstd-4",
        "zstd-5",
        "zstd-6",
        "zstd-7",
        "zstd-8",
        "zstd-9",
        "zstd-10",
        "zstd-11",
        "zstd-12",
        "zstd-13",
        "zstd-14",
        "zstd-15",
        "zstd-16",
        "zstd-17",
        "zstd-18",
        "zstd-19",
        "zstd-fast",
        "zstd-fast-2",
        "zstd-fast-3",
        "zstd-fast-4",
        "zstd-fast-5",
        "zstd-fast-6",
        "zstd-fast-7",
        "zstd-fast-8",
        "zstd-fast-9",
        "zstd-fast-10",
        "zstd-fast-20",
        "zstd-fast-30",
        "zstd-fast-40",
        "zstd-fast-50",
        "zstd-fast-60",
        "zstd-fast-70",
        "zstd-fast-80",
        "zstd-fast-90",
        "zstd-fast-100",
        "zstd-fast-500",
        "zstd-fast-1000",
        "gzip",
        "gzip-1",
        "gzip-2",
        "gzip-3",
        "gzip-4",
        "gzip-5",
        "gzip-7",
        "gzip-8",
        "gzip-9",
        "zle",
        "lzjb",
    ],
    aliases: &[("gzip-6", "gzip"), ("zstd-fast-1", "zstd-fast")],
};

/// `on` is AES-256-GCM since 0.8.4, and is read back as such.
const ENCRYPTION: Kind = Kind::Aliases {
    words: &["off", "aes-256-gcm", "aes-192-gcm", "aes-128-gcm", "aes-256-ccm", "aes-192-ccm", "aes-128-ccm"],
    aliases: &[("on", "aes-256-gcm")],
};

const CACHE: Kind = Kind::Words(&["all", "none", "metadata"]);
/// Geometry is for FreeBSD; `geom` is the old word for `full`.
const VOLMODE: Kind =
    Kind::Aliases { words: &["default", "full", "dev", "none"], aliases: &[("geom", "full")] };

/// The fewest PBKDF2 iterations that OpenZFS takes.
const FEWEST_ITERATIONS: u64 = 100_000;

pub(super) const ROWS: &[Property] = &[
    Property::new("checksum", DATASET, CHECKSUMS, "on", "Chooses the checksum that guards the data.")
        .later(&[("blake3", Version::new(2, 2))]),
    Property::new(
        "compression",
        DATASET,
        COMPRESSION,
        "on",
        "Chooses how data written from now on is compressed.",
    ),
    Property::new(
        "context",
        DATASET,
        Kind::text(&["none"]),
        "none",
        "Sets the SELinux context of all files.",
    )
    .own(),
    Property::new(
        "copies",
        DATASET,
        Kind::Count { min: 1, max: 3, zero: false, none: false },
        "1",
        "Keeps this many copies of data written from now on, beside the pool's own redundancy.",
    ),
    Property::new("dedup", DATASET, DEDUP, "off", "Stores equal blocks written from now on only once.")
        .later(&[("blake3", Version::new(2, 2)), ("blake3,verify", Version::new(2, 2))]),
    Property::new(
        "defcontext",
        DATASET,
        Kind::text(&["none"]),
        "none",
        "Sets the SELinux context of files that have none.",
    )
    .own(),
    Property::new("encryption", DATASET, ENCRYPTION, "off", "Encrypts data, names and permissions.")
        .at_creation(),
    Property::new(
        "fscontext",
        DATASET,
        Kind::text(&["none"]),
        "none",
        "Sets the SELinux context of the file system itself.",
    )
    .own(),
    Property::new(
        "keyformat",
        DATASET,
        Kind::Words(&["passphrase", "hex", "raw"]),
        "none",
        "Says what form the encryption key has.",
    )
    .own()
    .at_creation(),
    Property::new(
        "keylocation",
        DATASET,
        Kind::KeyLocation,
        "none",
        "Says where the encryption key is found.",
    )
    .own(),
    Property::new(
        "logbias",
        DATASET,
        Kind::Words(&["latency", "throughput"]),
        "latency",
        "Says whether synchronous writes are served for latency or for throughput.",
    ),
    Property::new(
        "mlslabel",
        DATASET,
        Kind::text(&["none"]),
        "none",
        "Holds a sensitivity label; unused on Linux.",
    ),
    Property::new(
        "pbkdf2iters",
        DATASET,
        Kind::Count { min: FEWEST_ITERATIONS, max: i32::MAX as u64, zero: false, none: false },
        "0",
        "Sets how many PBKDF2 iterations turn a passphrase into a key (350000 where a passphrase is used).",
    )
    .own()
    .at_creation(),
    Property::new(
        "prefetch",
        DATASET,
        Kind::Words(&["all", "none", "metadata"]),
        "all",
        "Says what is read ahead into the ARC.",
    )
    .since(2, 3),
    Property::new("primarycache", DATASET, CACHE, "all", "Says what is cached in memory (ARC)."),
    Property::new("readonly", DATASET, Kind::OnOff, "off", "Refuses all changes to the contents."),
    Property::new(
        "redundant_metadata",
        DATASET,
        Kind::Words(&["all", "most", "some", "none"]),
        "all",
        "Says how much metadata gets an extra copy.",
    ),
    Property::new(
        "refreservation",
        DATASET,
        Kind::QUOTA,
        "none",
        "Guarantees this much space to the dataset, without its snapshots and children.",
    )
    .own(),
    Property::new(
        "reservation",
        DATASET,
        Kind::QUOTA,
        "none",
        "Guarantees this much space to the dataset with its snapshots and children.",
    )
    .own(),
    Property::new(
        "rootcontext",
        DATASET,
        Kind::text(&["none"]),
        "none",
        "Sets the SELinux context of the root directory.",
    )
    .own(),
    Property::new("secondarycache", DATASET, CACHE, "all", "Says what is cached on cache devices (L2ARC)."),
    Property::new(
        "snapdev",
        DATASET,
        Kind::Words(&["hidden", "visible"]),
        "hidden",
        "Says whether the snapshots of volumes show under /dev/zvol.",
    ),
    Property::new(
        "snapshot_limit",
        DATASET,
        Kind::Count { min: 0, max: 1 << 53, zero: false, none: true },
        "none",
        "Limits the number of snapshots of the dataset and its children.",
    )
    .own(),
    Property::new(
        "sync",
        DATASET,
        Kind::Words(&["standard", "always", "disabled"]),
        "standard",
        "Says when writes are on stable storage; disabled loses the last seconds in a power cut.",
    ),
    Property::new("volmode", DATASET, VOLMODE, "default", "Says how volumes show to the system."),
];

/// Up to 16M, as far as the pool has the feature `large_blocks`.
pub(super) const LARGEST_BLOCK: u64 = 16 << 20;
/// The smallest block of all.
pub(super) const SMALLEST_BLOCK: u64 = 512;

pub(super) const SMALL_BLOCKS: Kind = Kind::Size {
    min: SMALLEST_BLOCK,
    max: LARGEST_BLOCK,
    power_of_two: true,
    zero: true,
    none: false,
    words: &[],
};
