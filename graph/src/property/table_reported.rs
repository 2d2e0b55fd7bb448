//! Properties that OpenZFS only reports: they are here so that a spec which sets one hears why not.

use super::{
    Property,
    row::{ANY, DATASET, FILESYSTEM, POOL},
};

const fn dataset(name: &'static str, doc: &'static str) -> Property {
    Property::reported(name, DATASET, doc)
}

const fn filesystem(name: &'static str, doc: &'static str) -> Property {
    Property::reported(name, FILESYSTEM, doc)
}

const fn pool(name: &'static str, doc: &'static str) -> Property {
    Property::reported(name, POOL, doc)
}

pub(super) const ROWS: &[Property] = &[
    // Datasets.
    dataset("compressratio", "Tells how well the data is compressed."),
    dataset("createtxg", "Tells the transaction group of the creation."),
    dataset("creation", "Tells the time of the creation."),
    dataset("encryptionroot", "Tells which dataset the key comes from."),
    dataset("keystatus", "Tells whether the encryption key is loaded."),
    dataset("logicalreferenced", "Tells the size of what the dataset refers to, before compression."),
    dataset("logicalused", "Tells the size of what the dataset uses, before compression."),
    dataset("objsetid", "Tells the number of the dataset in its pool."),
    dataset("origin", "Tells the snapshot that the dataset is a clone of."),
    dataset("receive_resume_token", "Tells where an interrupted zfs receive can go on."),
    dataset("redact_snaps", "Tells what the dataset was redacted by."),
    dataset("refcompressratio", "Tells how well what the dataset refers to is compressed."),
    dataset("referenced", "Tells how much the dataset refers to."),
    dataset("snapshot_count", "Tells how many snapshots there are, where a limit is set."),
    dataset("snapshots_changed", "Tells when a snapshot was last made or destroyed.").since(2, 2),
    dataset("type", "Tells whether it is a file system or a volume."),
    dataset("usedbychildren", "Tells how much the children use."),
    dataset("usedbydataset", "Tells how much the dataset itself uses."),
    dataset("usedbyrefreservation", "Tells how much the refreservation takes."),
    dataset("usedbysnapshots", "Tells how much the snapshots use."),
    dataset("written", "Tells how much was written since the last snapshot."),
    dataset("written@", "Tells how much was written since a snapshot: written@SNAPSHOT."),
    filesystem("filesystem_count", "Tells how many datasets are below, where a limit is set."),
    filesystem("groupobjused@", "Tells how many files a group has: groupobjused@GROUP."),
    filesystem("groupused@", "Tells how much a group uses: groupused@GROUP."),
    filesystem("mounted", "Tells whether the file system is mounted."),
    filesystem("projectobjused@", "Tells how many files a project has: projectobjused@ID."),
    filesystem("projectused@", "Tells how much a project uses: projectused@ID."),
    filesystem("userobjused@", "Tells how many files a user has: userobjused@USER."),
    filesystem("userused@", "Tells how much a user uses: userused@USER."),
    // Datasets and pools.
    Property::reported("available", ANY, "Tells how much space is left."),
    Property::reported("guid", ANY, "Tells the number that names it everywhere."),
    Property::reported("name", ANY, "Tells the name; to rename a dataset, say what it was."),
    Property::reported("used", ANY, "Tells how much space is used."),
    // Pools.
    pool("allocated", "Tells how much of the disks is in use."),
    pool("bcloneratio", "Tells how often cloned blocks are shared.").since(2, 2),
    pool("bclonesaved", "Tells how much cloned blocks save.").since(2, 2),
    pool("bcloneused", "Tells how much cloned blocks use.").since(2, 2),
    pool("capacity", "Tells how full the pool is, in percent."),
    pool("checkpoint", "Tells how much the checkpoint takes."),
    pool("dedup_table_size", "Tells how large the deduplication tables are.").since(2, 3),
    pool("dedupcached", "Tells how much of the deduplication tables is in memory.").since(2, 3),
    pool("dedupratio", "Tells how often deduplicated blocks are shared."),
    pool("dedupsaved", "Tells how much deduplication saves.").since(2, 4),
    pool("dedupused", "Tells how much deduplicated blocks use.").since(2, 4),
    pool("expandsize", "Tells how much the pool could grow."),
    pool("fragmentation", "Tells how fragmented the free space is, in percent."),
    pool("free", "Tells how much of the disks is free."),
    pool("freeing", "Tells how much is still being freed."),
    pool("health", "Tells the state of the pool."),
    pool("last_scrubbed_txg", "Tells how far the last scrub came.").since(2, 3),
    pool("leaked", "Tells how much was lost to errors while freeing."),
    pool("load_guid", "Tells the number of this import."),
    pool("maxblocksize", "Tells the largest block the pool takes."),
    pool("maxdnodesize", "Tells the largest dnode the pool takes."),
    pool("readonly", "Tells whether the pool was imported read-only; it is asked for at import only."),
    pool("size", "Tells the size of the pool."),
    pool("unsupported@", "Tells of a feature that this version does not know: unsupported@NAME."),
    pool("usable", "Tells how much space the pool has for data."),
];
