//! Codes about datasets and volumes.

use phoenix_graph::code::{
    Entry,
    Example::Pool,
    Examples,
    Level::{Error, Lint},
};

phoenix_graph::codes! {
    pub DATASETS:

    LONG_NAME = Entry {
        name: "long-name",
        level: Lint,
        title: "a name that leaves no room for what is made of it",
        explanation: "OpenZFS takes names of 255 bytes. phoenix makes longer ones of a dataset's name: those of its snapshots (`@phoenix-12`), and of the place where it is put away (`tank/.phoenix/12/…`), with everything below it. A dataset of such a name can be made; then a switch takes no snapshot of it, or has no place to put it away (right in a pool it has: what lies there goes by a short name).",
        why: "A backup job named it after a whole path; months later it is to be put away, and nothing that is made of its name fits.",
        examples: Some(Examples {
            wrong: Pool(concat!(
                "dataset \"",
                "a-name-that-was-made-by-a-program-out-of-a-path-",
                "a-name-that-was-made-by-a-program-out-of-a-path-",
                "a-name-that-was-made-by-a-program-out-of-a-path-",
                "a-name-that-was-made-by-a-program-out-of-a-path-",
                "a-name-that-was-made-by-a-program-out-of-a-path",
                "\""
            )),
            right: Pool(r#"dataset "photos""#),
        }),
    };

    QUOTA_OVER_PARENT = Entry {
        name: "quota-over-parent",
        level: Error,
        title: "a quota over the quota above it",
        explanation: "The upper quota holds first, so the lower one promises space that is never there.",
        why: "A guest that was promised 2T finds its disk full at 1T.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "guests" quota="1T" {
    dataset "vms" quota="2T"
}"#),
            right: Pool(r#"dataset "guests" quota="2T" {
    dataset "vms" quota="1T"
}"#),
        }),
    };

    REFQUOTA_OVER_QUOTA = Entry {
        name: "refquota-over-quota",
        level: Lint,
        title: "a refquota that the quota never lets it reach",
        explanation: "`quota` counts everything, snapshots and children too; `refquota` the dataset alone. The larger of the two says nothing.",
        why: "Somebody relies on the larger number, and the dataset is full at the smaller one.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "db" quota="1T" refquota="2T""#),
            right: Pool(r#"dataset "db" quota="2T" refquota="1T""#),
        }),
    };

    TINY_QUOTA = Entry {
        name: "tiny-quota",
        level: Lint,
        title: "a quota of less than 1M",
        explanation: "An empty dataset takes about 100K by itself, more on raidz. OpenZFS refuses a quota below that in the middle of a switch, or the dataset is full as soon as it is made. A plain number is in bytes: most likely the unit is missing.",
        why: "The dataset is full before the first file is written, and services fail with `No space left on device`.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "db" quota=10"#),
            right: Pool(r#"dataset "db" quota="10G""#),
        }),
    };

    OVERCOMMITTED_QUOTA = Entry {
        name: "overcommitted-quota",
        level: Lint,
        title: "quotas that come to more than the quota above them",
        explanation: "Each dataset may fill up to its own quota, but not all of them at once: whoever writes last finds the disk full below the quota. That is often meant; `allow \"overcommitted-quota\"` says so.",
        why: "Guests find their disks full though their own quotas are not reached.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "guests" quota="1T" {
    dataset "vms" quota="800G"
    dataset "lxc" quota="400G"
}"#),
            right: Pool(r#"dataset "guests" quota="1T" {
    dataset "vms" quota="700G"
    dataset "lxc" quota="300G"
}"#),
        }),
    };

    RESERVATION_OVER_QUOTA = Entry {
        name: "reservation-over-quota",
        level: Error,
        title: "a reservation over the quota",
        explanation: "A dataset cannot be promised more than it may have.",
        why: "OpenZFS refuses it, or the space is set aside and can never be used.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "db" quota="1T" reservation="2T""#),
            right: Pool(r#"dataset "db" quota="2T" reservation="1T""#),
        }),
    };

    VOLUME_WITHOUT_SIZE = Entry {
        name: "volume-without-size",
        level: Error,
        title: "a volume without a size",
        explanation: "A volume has a fixed size: `volume NAME size=\"32G\"`.",
        why: "A volume is a disk to a guest, and a disk has a size.",
        examples: Some(Examples {
            wrong: Pool(r#"volume "vm-101""#),
            right: Pool(r#"volume "vm-101" size="32G""#),
        }),
    };

    BAD_VOLUME_SIZE = Entry {
        name: "bad-volume-size",
        level: Error,
        title: "a volume's size is no multiple of its block size",
        explanation: "OpenZFS makes volumes of whole blocks only.",
        why: "OpenZFS refuses to make it, in the middle of a switch.",
        examples: Some(Examples {
            wrong: Pool(r#"volume "vm-101" size="24K" volblocksize="16K""#),
            right: Pool(r#"volume "vm-101" size="32K" volblocksize="16K""#),
        }),
    };

    SYNC_DISABLED = Entry {
        name: "sync-disabled",
        level: Lint,
        title: "synchronous writes are not honoured",
        explanation: "With `sync=disabled` a power cut loses seconds of writes that programs were told are safe; databases and virtual machines may be damaged beyond repair.",
        why: "A database that was told its transaction is on disk cannot know that it was not.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "db" sync="disabled""#),
            right: Pool(r#"dataset "db" sync="standard""#),
        }),
    };

    DEDUP_WITHOUT_SPECIAL = Entry {
        name: "dedup-without-special",
        level: Lint,
        title: "deduplication without a vdev for its tables",
        explanation: "Tables of deduplication grow with the data and are read at every write; on ordinary disks that becomes unbearably slow. A `dedup` or `special` vdev holds them.",
        why: "A pool that takes hours to delete a file is as good as down, and there is no quick way back: what is written stays deduplicated.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "backups" dedup=#true"#),
            right: Pool(r#"dataset "backups" compression="zstd""#),
        }),
    };

    ENCRYPTION_WITHOUT_KEY = Entry {
        name: "encryption-without-key",
        level: Error,
        title: "encryption without a place for its key",
        explanation: "An encrypted dataset needs `keyformat` and a `keylocation`: `file:///…` or `https://…`, or `prompt` where a person is asked at the terminal. Below an encrypted dataset it takes over that one's key, where both are left out.",
        why: "Without a key that can be loaded again, what is written is lost at the next boot. With `keylocation=\"prompt\"` a person types it at each switch after a boot, and until then exports, storages and guests wait.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "db" encryption="aes-256-gcm""#),
            right: Pool(r#"dataset "db" encryption="aes-256-gcm" keyformat="raw" keylocation="file:///etc/zfs/keys/db""#),
        }),
    };

    SECRET_IN_SPEC = Entry {
        name: "secret-in-spec",
        level: Error,
        title: "a secret is written into the spec",
        explanation: "Specs are kept, shared and stored with every generation. Say where the secret is to be found, never what it is: `keylocation=\"file:///…\"` for a key, `password-file=\"/root/nas.pw\"` for a registration with Proxmox. What has no such setting is left out.",
        why: "Specs lie in repositories, in the store and in every generation. A secret in there is known to all who can read one of them, for ever.",
        examples: Some(Examples {
            wrong: Pool(r#"dataset "iso" {
    proxmox "tank-iso" type="dir" password="hunter2"
}"#),
            right: Pool(r#"dataset "iso" {
    proxmox "tank-iso" type="dir"
}"#),
        }),
    };
}
