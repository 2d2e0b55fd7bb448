//! Pages about datasets and volumes.

use super::{Example::Pool, Page, page};
use crate::diagnostic::Code;

pub const PAGES: &[Page] = &[
    page(
        Code::DuplicateDataset,
        "Two descriptions of one dataset say different things sooner or later, and only one can hold.",
        Pool(
            r#"dataset "vms"
dataset "vms" quota="800G""#,
        ),
        Pool(r#"dataset "vms" quota="800G""#),
    ),
    page(
        Code::DuplicateMountpoint,
        "Programs would write into whichever was mounted last, and after the next boot it may be the other.",
        Pool(
            r#"dataset "a" mountpoint="/srv/data"
dataset "b" mountpoint="/srv/data""#,
        ),
        Pool(
            r#"dataset "a" mountpoint="/srv/data"
dataset "b" mountpoint="/srv/more""#,
        ),
    ),
    page(
        Code::SystemMountpoint,
        "The host goes on until the next program is started or the next record is written, and then there is none.",
        Pool(r#"dataset "sys" mountpoint="/etc""#),
        Pool(r#"dataset "root" mountpoint="/" adopt=#true"#),
    ),
    page(
        Code::MountpointInUse,
        "Users log in and find no files; the disk below is still full of them.",
        Pool(r#"dataset "home" mountpoint="/home""#),
        Pool(r#"dataset "home" mountpoint="/home" adopt=#true"#),
    ),
    page(
        Code::LongName,
        "A backup job named it after a whole path; months later it is to be put away, and nothing that is made of its name fits.",
        Pool(concat!(
            "dataset \"",
            "a-name-that-was-made-by-a-program-out-of-a-path-",
            "a-name-that-was-made-by-a-program-out-of-a-path-",
            "a-name-that-was-made-by-a-program-out-of-a-path-",
            "a-name-that-was-made-by-a-program-out-of-a-path-",
            "a-name-that-was-made-by-a-program-out-of-a-path",
            "\""
        )),
        Pool(r#"dataset "photos""#),
    ),
    page(
        Code::QuotaOverParent,
        "A guest that was promised 2T finds its disk full at 1T.",
        Pool(
            r#"dataset "guests" quota="1T" {
    dataset "vms" quota="2T"
}"#,
        ),
        Pool(
            r#"dataset "guests" quota="2T" {
    dataset "vms" quota="1T"
}"#,
        ),
    ),
    page(
        Code::RefquotaOverQuota,
        "Somebody relies on the larger number, and the dataset is full at the smaller one.",
        Pool(r#"dataset "db" quota="1T" refquota="2T""#),
        Pool(r#"dataset "db" quota="2T" refquota="1T""#),
    ),
    page(
        Code::TinyQuota,
        "The dataset is full before the first file is written, and services fail with `No space left on device`.",
        Pool(r#"dataset "db" quota=10"#),
        Pool(r#"dataset "db" quota="10G""#),
    ),
    page(
        Code::OvercommittedQuota,
        "Guests find their disks full though their own quotas are not reached.",
        Pool(
            r#"dataset "guests" quota="1T" {
    dataset "vms" quota="800G"
    dataset "lxc" quota="400G"
}"#,
        ),
        Pool(
            r#"dataset "guests" quota="1T" {
    dataset "vms" quota="700G"
    dataset "lxc" quota="300G"
}"#,
        ),
    ),
    page(
        Code::ReservationOverQuota,
        "OpenZFS refuses it, or the space is set aside and can never be used.",
        Pool(r#"dataset "db" quota="1T" reservation="2T""#),
        Pool(r#"dataset "db" quota="2T" reservation="1T""#),
    ),
    page(
        Code::VolumeWithoutSize,
        "A volume is a disk to a guest, and a disk has a size.",
        Pool(r#"volume "vm-101""#),
        Pool(r#"volume "vm-101" size="32G""#),
    ),
    page(
        Code::BadVolumeSize,
        "OpenZFS refuses to make it, in the middle of a switch.",
        Pool(r#"volume "vm-101" size="24K" volblocksize="16K""#),
        Pool(r#"volume "vm-101" size="32K" volblocksize="16K""#),
    ),
    page(
        Code::SyncDisabled,
        "A database that was told its transaction is on disk cannot know that it was not.",
        Pool(r#"dataset "db" sync="disabled""#),
        Pool(r#"dataset "db" sync="standard""#),
    ),
    page(
        Code::DedupWithoutSpecial,
        "A pool that takes hours to delete a file is as good as down, and there is no quick way back: what is written stays deduplicated.",
        Pool(r#"dataset "backups" dedup=#true"#),
        Pool(r#"dataset "backups" compression="zstd""#),
    ),
    page(
        Code::EncryptionWithoutKey,
        "Without a key that can be loaded again, what is written is lost at the next boot. With `keylocation=\"prompt\"` a person types it at each switch after a boot, and until then exports, storages and guests wait.",
        Pool(r#"dataset "db" encryption="aes-256-gcm""#),
        Pool(
            r#"dataset "db" encryption="aes-256-gcm" keyformat="raw" keylocation="file:///etc/zfs/keys/db""#,
        ),
    ),
];
