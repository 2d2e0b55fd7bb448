//! Properties of pools (`zpoolprops(7)`). None is inherited.

use super::{Kind, Property, row::POOL};
use crate::size::Bytes;

const DEDUP_TABLE_QUOTA: Kind = Kind::Size {
    min: 1,
    max: Bytes::LARGEST.0,
    power_of_two: false,
    zero: true,
    none: true,
    words: &["auto", "none"],
};

const fn on_off(name: &'static str, default: &'static str, doc: &'static str) -> Property {
    Property::new(name, POOL, Kind::OnOff, default, doc).own()
}

pub(super) const ROWS: &[Property] = &[
    Property::new(
        "altroot",
        POOL,
        Kind::Path(&[]),
        "",
        "Puts all mount points under a directory, until export.",
    )
    .own()
    .no_default()
    .at_creation(),
    Property::new(
        "ashift",
        POOL,
        Kind::Count { min: 9, max: 16, zero: true, none: false },
        "0",
        "Sets the sector size of the disks as a power of two, 9 to 16; 0 asks the disks.",
    )
    .own()
    .at_creation(),
    on_off("autoexpand", "off", "Grows the pool by itself when its disks have grown."),
    on_off("autoreplace", "off", "Replaces a disk by itself when a new one is put in its place."),
    on_off("autotrim", "off", "Tells SSDs of freed space as it comes free."),
    Property::new("bootfs", POOL, Kind::text(&[]), "", "Names the file system that the machine boots from.")
        .own(),
    Property::new(
        "cachefile",
        POOL,
        Kind::Path(&["none"]),
        "",
        "Says in which file the pool is listed for import at boot; none for no file.",
    )
    .own(),
    Property::new(
        "comment",
        POOL,
        Kind::Text { words: &[], longest: 32 },
        "",
        "Holds a note for people, at most 32 printable ASCII characters.",
    )
    .own(),
    Property::new(
        "compatibility",
        POOL,
        Kind::text(&["off", "legacy"]),
        "off",
        "Limits the features in use to those listed in files, of /usr/share/zfs/compatibility.d.",
    )
    .own()
    .since(2, 1),
    Property::new(
        "dedup_table_quota",
        POOL,
        DEDUP_TABLE_QUOTA,
        "auto",
        "Limits the size of the deduplication tables; auto is the size of the dedup vdevs.",
    )
    .own()
    .since(2, 3),
    on_off("delegation", "on", "Lets users without privileges do what zfs allow permits them."),
    Property::new(
        "failmode",
        POOL,
        Kind::Words(&["wait", "continue", "panic"]),
        "wait",
        "Says what happens when too many disks are gone.",
    )
    .own(),
    Property::new(
        "feature@",
        POOL,
        Kind::Aliases { words: &["enabled", "disabled"], aliases: &[("active", "enabled")] },
        "",
        "Enables a feature of the on-disk format: feature@NAME (zpool-features(7)); ZFS disables none again.",
    )
    .own()
    .no_default(),
    on_off("listsnapshots", "off", "Shows snapshots in zfs list without being asked."),
    on_off("multihost", "off", "Guards against two machines importing the pool at once."),
    Property::new(
        "version",
        POOL,
        Kind::Count { min: 1, max: 28, zero: false, none: false },
        "",
        "Is the old version number of the format; pools with features have none.",
    )
    .own()
    .no_default()
    .at_creation(),
];
