//! The words of the language and where each may stand: one table.

use phoenix_graph::{
    check::guest::MOUNT_OPTIONS,
    kubernetes::parameter,
    storage::{SAID, types},
};

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is documented by its row of the table")]
pub enum Kind {
    Host,
    Arc,
    Pool,
    Disk,
    Mirror,
    Raidz1,
    Raidz2,
    Raidz3,
    Draid,
    Special,
    Log,
    Cache,
    Spare,
    Dedup,
    Root,
    Dataset,
    Volume,
    Export,
    Client,
    Flavour,
    Proxmox,
    Permissions,
    Bind,
    Lxc,
    Vm,
    Snapshots,
    Kubernetes,
    Class,
    Attributes,
    Namespace,
    PerClaim,
    Total,
    OfClass,
    Access,
    Nodes,
}

/// What may stand right after a node's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Args {
    None,
    /// One text, which is called so.
    One(&'static str),
    /// One text, then words of `exports(5)`.
    Words(&'static str),
    /// One whole number, which is called so.
    Number(&'static str),
    /// One text, which is called so, then the values of this setting.
    Then(&'static str, &'static str),
}

/// One row: a word that is a node of its own.
#[derive(Debug)]
pub struct Word {
    pub word: &'static str,
    pub kind: Kind,
    /// The nodes that it may stand in.
    pub within: &'static [Kind],
    /// What may stand right after it.
    pub args: Args,
    /// What it describes, in one sentence.
    pub doc: &'static str,
    /// Whether it may stand in a profile without its argument, to be laid under those that have one.
    pub template: bool,
    /// Whether each is one by itself, which no profile adds to.
    pub apart: bool,
}

use Kind::{
    Access, Arc, Attributes, Bind, Cache, Class, Client, Dataset, Dedup, Disk, Draid, Export, Flavour, Host,
    Kubernetes, Log, Lxc, Mirror, Namespace, Nodes, OfClass, PerClaim, Permissions, Pool, Proxmox, Raidz1,
    Raidz2, Raidz3, Root, Snapshots, Spare, Special, Total, Vm, Volume,
};

const fn word(
    word: &'static str,
    kind: Kind,
    within: &'static [Kind],
    args: Args,
    doc: &'static str,
) -> Word {
    Word { word, kind, within, args, doc, template: false, apart: false }
}

const fn vdev(word: &'static str, kind: Kind, within: &'static [Kind], doc: &'static str) -> Word {
    Word { word, kind, within, args: Args::None, doc, template: false, apart: true }
}

const HOLDS_DISKS: &[Kind] =
    &[Pool, Mirror, Raidz1, Raidz2, Raidz3, Draid, Special, Log, Cache, Spare, Dedup];

/// All nodes, in the order of [`Kind`].
pub const WORDS: &[Word] = &[
    word(
        "host",
        Host,
        &[],
        Args::One("name"),
        "A host with everything that it is to have; a spec for one host may leave it out.",
    ),
    word("arc", Arc, &[Host], Args::None, "The cache of ZFS in memory."),
    word(
        "pool",
        Pool,
        &[Host],
        Args::One("name"),
        "A pool: its vdevs, its properties, and the datasets in it.",
    ),
    word(
        "disk",
        Disk,
        HOLDS_DISKS,
        Args::One("path"),
        "A disk by its path, best in `/dev/disk/by-id`; straight in a pool it is a vdev of its own.",
    ),
    vdev("mirror", Mirror, &[Pool, Special, Log, Dedup], "A vdev of disks that all hold the same."),
    vdev("raidz1", Raidz1, &[Pool], "A vdev that survives the loss of one disk."),
    vdev("raidz2", Raidz2, &[Pool], "A vdev that survives the loss of two disks."),
    vdev("raidz3", Raidz3, &[Pool], "A vdev that survives the loss of three disks."),
    vdev("draid", Draid, &[Pool], "A raidz with its spare disks spread over all of it."),
    word("special", Special, &[Pool], Args::None, "Vdevs for metadata and small blocks."),
    word("log", Log, &[Pool], Args::None, "Vdevs for synchronous writes."),
    word("cache", Cache, &[Pool], Args::None, "Disks that extend the cache in memory."),
    word("spare", Spare, &[Pool], Args::None, "Disks that stand by for those that fail."),
    word("dedup", Dedup, &[Pool], Args::None, "Vdevs for the tables of deduplication."),
    word("root", Root, &[Pool], Args::None, "The settings of the pool's own root dataset."),
    word(
        "dataset",
        Dataset,
        &[Pool, Dataset],
        Args::One("name"),
        "A file system; one inside another is its child.",
    ),
    word(
        "volume",
        Volume,
        &[Pool, Dataset],
        Args::One("name"),
        "A volume of a fixed size, a disk to a guest (zvol).",
    ),
    word("export", Export, &[Root, Dataset, Volume], Args::None, "What NFS clients may see of the dataset."),
    word(
        "client",
        Client,
        &[Export],
        Args::Words("host, network or netgroup"),
        "A client of the export, with options of its own.",
    ),
    word(
        "sec",
        Flavour,
        &[Client],
        Args::Words("security flavour"),
        "Security flavours that the client may use, joined by colons, with options that hold for these alone; the flavours that stand first are preferred.",
    ),
    Word {
        word: "proxmox",
        kind: Proxmox,
        within: &[Host, Root, Dataset, Volume],
        args: Args::One("storage id"),
        doc: "A registration with Proxmox VE, under this id: of the dataset, or of what lies on none.",
        template: true,
        apart: false,
    },
    word(
        "permissions",
        Permissions,
        &[Root, Dataset],
        Args::None,
        "Who owns the dataset's root directory, and who may do what in it; what is not said stays as it is.",
    ),
    word(
        "bind",
        Bind,
        &[Root, Dataset],
        Args::None,
        "The guests that have the dataset as a directory of their own.",
    ),
    word(
        "lxc",
        Lxc,
        &[Bind],
        Args::Number("container id"),
        "A container of Proxmox VE, which sees the dataset at this path: a bind mount point (`pct(1)`).",
    ),
    word(
        "vm",
        Vm,
        &[Bind],
        Args::Number("machine id"),
        "A virtual machine, which mounts the dataset over NFS (`nfs(5)`), or is given it by `virtiofs`; `phoenix guest` writes what is to be carried into it.",
    ),
    word(
        "snapshots",
        Snapshots,
        &[Root, Dataset, Volume],
        Args::None,
        "How many snapshots of the dataset are kept, of those that sanoid takes by the clock; without any number none is taken, and none destroyed.",
    ),
    word(
        "kubernetes",
        Kubernetes,
        &[Host],
        Args::None,
        "A cluster of Kubernetes whose machines run on this host, and whose volumes are disks on it by the Proxmox CSI plugin; `phoenix kubernetes` writes its manifests.",
    ),
    word(
        "class",
        Class,
        &[Kubernetes],
        Args::One("name"),
        "A class of volumes: disks on a registration of this host (`StorageClass`).",
    ),
    word(
        "attributes",
        Attributes,
        &[Kubernetes],
        Args::One("name"),
        "Limits that a claim can be moved to while its volume is attached (`VolumeAttributesClass`).",
    ),
    word(
        "namespace",
        Namespace,
        &[Kubernetes],
        Args::One("name"),
        "A namespace, with what its claims may take, and who may make them.",
    ),
    word("per-claim", PerClaim, &[Namespace], Args::None, "How large each claim is (`LimitRange`)."),
    word(
        "total",
        Total,
        &[Namespace],
        Args::None,
        "What all claims of the namespace may come to (`ResourceQuota`).",
    ),
    word(
        "of-class",
        OfClass,
        &[Namespace],
        Args::One("class"),
        "What the claims of one class may come to; `storage=0` is no claim of it (`ResourceQuota`).",
    ),
    word(
        "access",
        Access,
        &[Namespace],
        Args::Then("group", "may"),
        "Who may do what with claims of the namespace: a group, then `read`, `claim` or `snapshot` (`Role`).",
    ),
    word(
        "nodes",
        Nodes,
        &[Kubernetes],
        Args::None,
        "What the machines of the cluster on this host need: it is held against the quotas of what they lie on.",
    ),
];

/// Every kind, in the order of [`WORDS`].
const ALL: &[Kind] = &{
    let mut all = [Host; WORDS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = WORDS[at].kind;
        at += 1;
    }
    all
};

/// What profiles are laid under.
const USES: &[Kind] =
    &[Host, Pool, Root, Dataset, Volume, Export, Proxmox, Lxc, Vm, Kubernetes, Class, Attributes, Namespace];

/// Words that say something about the node that they stand in.
pub const DIRECTIVES: &[(&str, &[Kind])] = &[
    ("use", USES),
    ("with", USES),
    ("allow", ALL),
    (
        "each",
        &[
            Host, Pool, Root, Dataset, Export, Mirror, Raidz1, Raidz2, Raidz3, Draid, Special, Log, Cache,
            Spare, Dedup, Bind, Kubernetes, Namespace,
        ],
    ),
    ("options", &[Export]),
];

/// Words of the language that this version does not carry out yet, and where they may stand.
pub const NOT_YET: &[(&str, &[Kind])] = &[("replicate", &[Pool, Root, Dataset, Volume])];

/// Settings of nodes that are no properties of OpenZFS, of Proxmox or of exports.
#[derive(Debug)]
pub struct Own {
    pub name: &'static str,
    /// The nodes that it may stand in.
    pub within: &'static [Kind],
    /// What it says, in one sentence.
    pub doc: &'static str,
    /// The words that it takes; none where any size, number or text will do.
    pub values: &'static [&'static str],
    /// Whether it may be said by its name alone.
    pub flag: bool,
}

impl Own {
    /// Returns whether it is on or off.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        self.values == SWITCH
    }
}

const fn own(name: &'static str, within: &'static [Kind], doc: &'static str) -> Own {
    Own { name, within, doc, values: &[], flag: false }
}

/// What is on or off takes these.
const SWITCH: &[&str] = &["#true", "#false"];

const fn switch(name: &'static str, within: &'static [Kind], doc: &'static str) -> Own {
    Own { values: SWITCH, ..own(name, within, doc) }
}

const fn flag(name: &'static str, within: &'static [Kind], doc: &'static str) -> Own {
    Own { flag: true, ..switch(name, within, doc) }
}

/// All settings of the language's own.
pub const OWN: &[Own] = &[
    own("max", &[Arc], "The most memory that it takes, in bytes; 64M at least."),
    own("size", &[Volume], "Its size in bytes, a multiple of its block size; the same as `volsize`."),
    switch("sparse", &[Volume], "Whether it is made without reserving its size."),
    own("parity", &[Draid], "The disks of a group that may fail, 1 to 3; 1 unless said."),
    own(
        "data",
        &[Draid],
        "The disks of a group that hold data; 8 unless said, or fewer where there are fewer.",
    ),
    own("spares", &[Draid], "The spares spread over all of it, 0 to 100; 0 unless said."),
    Own {
        values: SAID,
        ..own(
            "type",
            &[Proxmox],
            "Its type: on a dataset `zfspool` or `dir`; in a host any of them but `zfspool`.",
        )
    },
    own("owner", &[Permissions], "The owner, by name or by number."),
    own("group", &[Permissions], "The group, by name or by number."),
    own("mode", &[Permissions], "The mode as a text of three or four octal digits: `\"0750\"`."),
    own(
        "acl",
        &[Permissions],
        "Entries of its access control list, as `setfacl(1)` writes them: `\"user:media:rwx\" \"default:group:33:r-x\"`. Needs `acltype=\"posix\"`.",
    ),
    own(
        "container",
        &[Permissions],
        "The id of a container: owner, group and the accounts of `acl` are numbers inside of it. What they are on disk follows from its map.",
    ),
    switch(
        "recursive",
        &[Permissions],
        "Whether all that lies in the dataset is given owner and group, too, in the switch that first says so. It takes a consent, since no rollback gives back what each file had.",
    ),
    own("at", &[Lxc, Vm], "The absolute path inside of the guest."),
    own("server", &[Vm], "The address or the host name by which the machine reaches this host."),
    own(
        "address",
        &[Vm],
        "The machine's own address. Where it is said, it has to be one of the export's clients.",
    ),
    own(
        "virtiofs",
        &[Vm],
        "The id of a directory mapping of Proxmox, 2 to 36 letters, digits, `-` and `_`: the machine is given the dataset by virtiofs, and not over NFS. The machine's tag is the same. Needs Proxmox VE 8.4 or later.",
    ),
    Own {
        values: &["auto", "always", "metadata", "never"],
        ..own("cache", &[Vm], "What the machine keeps of files by virtiofs; `auto` unless said.")
    },
    switch(
        "direct-io",
        &[Vm],
        "Whether programs in the machine may go past its cache (`O_DIRECT`), by virtiofs.",
    ),
    switch(
        "expose-acl",
        &[Vm],
        "Whether the machine sees access control lists by virtiofs, and extended attributes with them.",
    ),
    switch("expose-xattr", &[Vm], "Whether the machine sees extended attributes by virtiofs."),
    own(
        "subdirectory",
        &[Vm, Lxc],
        "A directory inside of the dataset, for the guest to have that alone: `\"a/b\"`. One that is missing is made for a container.",
    ),
    Own {
        values: &["3", "4", "4.1", "4.2"],
        ..own(
            "vers",
            &[Vm],
            "The version of NFS, as a text: `\"3\"`, `\"4\"`, `\"4.1\"` or `\"4.2\"`; 4.2 unless said.",
        )
    },
    own("nconnect", &[Vm], "How many connections to this host there are, 1 to 16; one unless said."),
    Own {
        values: &["sys", "krb5", "krb5i", "krb5p"],
        ..own(
            "sec",
            &[Vm],
            "The security flavour, one of the export's; unless said the machine takes the first that both know.",
        )
    },
    switch(
        "soft",
        &[Vm],
        "Whether programs get an error while this host does not answer; unless said they wait (`hard`).",
    ),
    switch(
        "noatime",
        &[Vm],
        "Whether the machine leaves the times of access alone; the host does by the dataset's `atime`.",
    ),
    switch(
        "automount",
        &[Vm],
        "Whether it is mounted when it is first used, and not at boot; it is unless this says otherwise.",
    ),
    own(
        "idle-timeout",
        &[Vm],
        "After how long without use it is unmounted, 1s to 1w; unless said it stays. Needs `automount`.",
    ),
    own("mount-timeout", &[Vm], "How long mounting may take, 1s to 1w; unless said, what systemd has: 90s."),
    switch("ro", &[Vm], "Whether the machine can only read."),
    switch("ro", &[Lxc], "Whether the container can only read."),
    Own {
        values: MOUNT_OPTIONS,
        ..own(
            "mountoptions",
            &[Lxc],
            "Options of the mount: `discard`, `lazytime`, `noatime`, `nodev`, `noexec` and `nosuid`.",
        )
    },
    switch("acl", &[Lxc], "Whether access control lists are in force."),
    switch(
        "backup",
        &[Lxc],
        "Whether backups of the container take it in; Proxmox never does so for a bind mount.",
    ),
    switch(
        "replicate",
        &[Lxc],
        "Whether replication of the container takes it in; it does unless this says otherwise.",
    ),
    own(
        "idmap",
        &[Lxc],
        "Which numbers accounts inside have on disk: `passthrough`, or pieces `u:INSIDE:DISK:COUNT` (users) and `g:INSIDE:DISK:COUNT` (groups); what none has is as the container maps it. Needs pve-container 6.1.6 and OpenZFS 2.2 or later.",
    ),
    switch(
        "keepattrs",
        &[Lxc],
        "Whether the dataset's root directory gets owner and mode of the container's own directory at the path, each time it starts. Needs pve-container 6.1.2 or later.",
    ),
    switch("shared", &[Lxc], "Whether every node of the cluster has the same files at this path."),
    switch(
        "children",
        &[Snapshots],
        "Whether everything below has the same schedule, also what no spec names; what says `snapshots` itself has its own.",
    ),
    own(
        "region",
        &[Kubernetes],
        "The region, by which the plugin knows the cluster of Proxmox: that of its configuration, and of the label `topology.kubernetes.io/region` of each node.",
    ),
    own(
        "zone",
        &[Kubernetes],
        "The name of this host in the cluster of Proxmox; that of the host unless said.",
    ),
    own("version", &[Kubernetes], "The version of Kubernetes, as a text; `\"1.34\"` unless said."),
    own(
        "controller-vmid",
        &[Kubernetes],
        "The id of the guest, which never is, that the volumes are disks of; 9999 unless said.",
    ),
    own(
        "kubelet-dir",
        &[Kubernetes],
        "The folder of kubelet, where it is none of the usual: `\"/var/lib/k0s/kubelet\"`.",
    ),
    own("on", &[Class], "The registration of this host that the disks lie on: a `zfspool` with `images`."),
    own(
        "zones",
        &[Class],
        "The nodes of the cluster of Proxmox that have a registration of this id; those of its `nodes` unless said, or this host.",
    ),
    switch("default", &[Class], "Whether a claim that names no class has this one."),
    Own {
        values: &["Delete", "Retain"],
        ..own(
            "reclaim",
            &[Class],
            "What becomes of a volume whose claim is deleted: `Delete` destroys it with its snapshots, `Retain` leaves it to you; `Delete` unless said.",
        )
    },
    own("mountoptions", &[Class], "Options of the mount: `\"noatime\" \"discard\"`."),
    own(
        "encryption-secret",
        &[Class],
        "Where the secret of Kubernetes lies by which volumes are encrypted, `\"NAMESPACE/NAME\"`; what is in it stands in no spec.",
    ),
    own("min", &[PerClaim], "The least size of a claim."),
    own("max", &[PerClaim], "The largest size of a claim."),
    own("storage", &[Total, OfClass], "What claims may come to, in bytes."),
    own("claims", &[Total, OfClass], "How many claims there may be."),
    own("snapshots", &[Total], "How many snapshots of claims there may be, as Kubernetes has them."),
    Own {
        values: &["read", "claim", "snapshot"],
        ..own(
            "may",
            &[Access],
            "What they may do: `read` sees claims, `claim` makes, grows and deletes them, `snapshot` makes and deletes snapshots.",
        )
    },
    Own {
        values: &["group", "user", "serviceaccount"],
        ..own(
            "subject",
            &[Access],
            "Whether it is a `group`, a `user` or a `serviceaccount`; a group unless said.",
        )
    },
    Own {
        values: &["privileged", "baseline", "restricted"],
        ..own("pod-security", &[Namespace], "What pods of the namespace may be (Pod Security Standards).")
    },
    own("count", &[Nodes], "How many machines there are on this host."),
    own("system", &[Nodes], "What the system takes of each machine's disk."),
    own("containers", &[Nodes], "What images and containers take of each machine's disk."),
    own("volumes", &[Nodes], "What there has to be for the claims of each machine."),
    own("on", &[Nodes], "The registration of this host that the machines' own disks lie on."),
    flag(
        "adopt",
        &[Pool, Dataset, Volume, Proxmox],
        "What is there already under this name is taken over, as with `--adopt`.",
    ),
    flag(
        "protect",
        &[Dataset, Volume],
        "It is never retired unless that is asked for by name on the command line.",
    ),
    flag(
        "replica",
        &[Dataset, Volume],
        "Replication from elsewhere writes to it: a switch takes no snapshot of it, nor of anything in it.",
    ),
    own("was", &[Dataset, Volume], "The whole name that it had before; what is there under it is renamed."),
];

/// Words that stand straight in a file.
pub const TOP: &[&str] = &["edition", "import", "let", "profile", "host"];

/// The settings that say something about a resource's life; they mean nothing in any other way.
pub const LIFE: &[&str] = &["adopt", "protect", "replica", "was"];

/// Finds a setting of the language's own that a node of this kind has.
pub fn find_own(kind: Kind, name: &str) -> Option<&'static Own> {
    OWN.iter().find(|own| own.name == name && own.within.contains(&kind))
}

/// Finds one that is said by its name alone.
pub fn find_flag(kind: Kind, word: &str) -> Option<&'static Own> {
    find_own(kind, word).filter(|own| own.flag)
}

/// What a word means inside a node.
#[derive(Debug, Clone, Copy)]
pub enum Meaning {
    /// A node of its own.
    Block(&'static Word),
    /// Something about the node.
    Directive(&'static str),
    /// A word of the language that is not carried out yet.
    NotYet,
    /// A word that means something elsewhere: in these nodes.
    Elsewhere(&'static [Kind]),
    /// A word that stands straight in a file.
    Top,
    /// No word of the language, so a setting of the node.
    Setting,
}

impl Kind {
    /// Returns the word's row.
    #[must_use]
    pub fn word(self) -> &'static Word {
        // The rows stand in the order of the enum; a test holds that.
        &WORDS[self as usize]
    }

    /// Returns what a word means inside a node of this kind.
    #[must_use]
    pub fn meaning(self, word: &str) -> Meaning {
        // Nodes elsewhere (`export`, `pool`), and properties of a registration here.
        if self == Proxmox && types().iter().any(|kind| kind.property(word).is_some()) {
            return Meaning::Setting;
        }
        if matches!(self, Class | Attributes) && parameter::find(word).is_some() {
            return Meaning::Setting;
        }
        let mut elsewhere = None;
        for row in WORDS {
            if row.word == word {
                if row.within.contains(&self) {
                    return Meaning::Block(row);
                }
                elsewhere = Some(row);
            }
        }
        for (directive, within) in DIRECTIVES {
            if *directive == word {
                return if within.contains(&self) {
                    Meaning::Directive(directive)
                } else {
                    Meaning::Elsewhere(within)
                };
            }
        }
        if find_own(self, word).is_some() {
            return Meaning::Setting;
        }
        for (later, within) in NOT_YET {
            if *later == word {
                return if within.contains(&self) { Meaning::NotYet } else { Meaning::Elsewhere(within) };
            }
        }
        if let Some(own) = OWN.iter().find(|own| own.name == word && LIFE.contains(&own.name)) {
            return Meaning::Elsewhere(own.within);
        }
        match elsewhere {
            Some(row) if row.kind == Host => Meaning::Top,
            // `dedup` is a vdev in a pool, and a property elsewhere.
            Some(row) if !(row.kind == Dedup && self.is_dataset()) => Meaning::Elsewhere(row.within),
            _ if TOP.contains(&word) => Meaning::Top,
            _ => Meaning::Setting,
        }
    }

    /// Returns the words that may stand inside, settings aside.
    pub fn words_within(self) -> impl Iterator<Item = &'static str> {
        let blocks = WORDS.iter().filter(move |row| row.within.contains(&self)).map(|row| row.word);
        let others = DIRECTIVES.iter().chain(NOT_YET);
        blocks.chain(others.filter(move |(_, within)| within.contains(&self)).map(|(word, _)| *word))
    }

    /// Returns whether this is a file system or a volume.
    #[must_use]
    pub fn is_dataset(self) -> bool {
        matches!(self, Root | Dataset | Volume)
    }
}

/// Returns the group of an export option: of one group, one word holds. `rw` and `ro` are one
/// group, `sync` and `async`, any word and its `no_`, and any `name=value`.
#[must_use]
pub fn option_group(word: &str) -> &str {
    let name = word.split('=').next().unwrap_or(word);
    match name {
        "ro" => "rw",
        "async" => "sync",
        "insecure" => "secure",
        "nohide" => "hide",
        "nocrossmnt" => "crossmnt",
        "insecure_locks" | "auth_nlm" | "no_auth_nlm" => "secure_locks",
        "mp" => "mountpoint",
        name => name.strip_prefix("no_").unwrap_or(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for (at, row) in WORDS.iter().enumerate() {
            assert_eq!(row.kind as usize, at, "{}", row.word);
        }
    }

    #[test]
    fn a_word_means_what_its_place_makes_it_mean() {
        assert!(matches!(Pool.meaning("dedup"), Meaning::Block(_)));
        assert!(matches!(Dataset.meaning("dedup"), Meaning::Setting));
        assert!(matches!(Mirror.meaning("dataset"), Meaning::Elsewhere(_)));
        assert!(matches!(Dataset.meaning("recordsize"), Meaning::Setting));
        assert!(matches!(Dataset.meaning("replicate"), Meaning::NotYet));
        assert!(matches!(Lxc.meaning("replicate"), Meaning::Setting));
        for property in types().iter().flat_map(|kind| kind.properties()) {
            assert!(matches!(Proxmox.meaning(property.name), Meaning::Setting), "{}", property.name);
        }
        assert!(matches!(Class.meaning("cache"), Meaning::Setting));
        assert!(matches!(Pool.meaning("protect"), Meaning::Elsewhere(_)));
        assert!(WORDS.iter().all(|row| matches!(row.kind.meaning("allow"), Meaning::Directive(_))));
    }
}
