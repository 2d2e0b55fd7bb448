//! The storage types of Proxmox VE 9 that phoenix leaves alone: what their sections may have, so that it is
//! known what a write by `pvesm` keeps of them (the types' `options` in `PVE::Storage::*Plugin`).

/// A type that no spec names.
#[derive(Debug)]
pub struct OtherType {
    name: &'static str,
    /// What each section must have.
    pub required: &'static [&'static str],
    optional: &'static [&'static str],
}

/// What every type takes.
const COMMON: &[&str] = &["content", "nodes", "disable", "shared", "bwlimit"];

const TYPES: &[OtherType] = &[
    OtherType { name: "iscsidirect", required: &["portal", "target"], optional: &[] },
    OtherType {
        name: "zfs",
        required: &["iscsiprovider", "pool", "portal", "target"],
        optional: &[
            "blocksize",
            "comstar_hg",
            "comstar_tg",
            "lio_tpg",
            "nowritecache",
            "sparse",
            "zfs-base-path",
        ],
    },
];

/// Finds a type by its name.
pub fn find(name: &str) -> Option<&'static OtherType> {
    TYPES.iter().find(|known| known.name == name)
}

impl OtherType {
    /// Returns whether a section of this type may have a property.
    pub fn has(&self, key: &str) -> bool {
        [COMMON, self.required, self.optional].iter().any(|names| names.contains(&key))
    }
}
