//! Codes about what a cluster of Kubernetes is told.

use phoenix_graph::code::{
    Entry,
    Example::Whole,
    Examples,
    Level::{Error, Lint},
};

/// A spec of one class, before and after what is said of it, and what stands in its dataset.
macro_rules! cluster {
    ($dataset:literal, $inside:literal) => {
        cluster!($dataset, $inside, "", " region=\"home\"")
    };
    ($dataset:literal, $inside:literal, $bind:literal, $said:literal) => {
        Whole(concat!(
            "edition 1\nhost \"pve1\" {\n    pool \"tank\" {\n        mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }\n        dataset \"k8s\" ",
            $dataset,
            " {\n            proxmox \"k8s\" type=\"zfspool\" content=\"images\"\n        }\n",
            $bind,
            "    }\n    kubernetes",
            $said,
            " {\n",
            $inside,
            "\n    }\n}\n"
        ))
    };
}

phoenix_graph::codes! {
    pub KUBERNETES:

    KUBERNETES_INCOMPLETE = Entry {
        name: "kubernetes-incomplete",
        level: Error,
        title: "a cluster of Kubernetes of which something is missing",
        explanation: "A cluster has a region, by which the plugin knows it, and a zone, which is the name of this host in the cluster of Proxmox: that of the host, or `zone`. `nodes` says how many there are; `attributes`, `of-class` and `access` say something.",
        why: "The plugin finds no node for a volume, or a manifest says nothing.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true", "", ""),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true"),
        }),
    };

    NOT_IN_KUBERNETES = Entry {
        name: "not-in-kubernetes",
        level: Error,
        title: "something that Kubernetes or the CSI plugin has not",
        explanation: "Nobody promises a latency or a least speed; snapshots are counted by namespace, and not by claim; a disk is of one machine at a time; the driver has one name. The error says what to do instead of each.",
        why: "The plugin passes over in silence what it does not know: people would rely on what nobody does.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true latency=\"5ms\""),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true mbps=500"),
        }),
    };

    CLASS_WITHOUT_STORAGE = Entry {
        name: "class-without-storage",
        level: Error,
        title: "no registration that disks can lie on",
        explanation: "A class names a registration of this host by its id: a `zfspool` whose content has `images`. The machines' own disks lie on one of this host, too.",
        why: "The plugin makes a disk through Proxmox, which refuses that: claims would wait for ever.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        class \"fast\" on=\"tank\" ssd=#true"),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true"),
        }),
    };

    UNKNOWN_CLASS = Entry {
        name: "unknown-class",
        level: Error,
        title: "a limit of a class that is not there",
        explanation: "`of-class` names a `class` of the same `kubernetes`.",
        why: "Kubernetes takes a quota of any name: what was to be limited would not be.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        namespace \"apps\" { of-class \"slow\" storage=\"50GiB\"; }"),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        namespace \"apps\" { of-class \"fast\" storage=\"50GiB\"; }"),
        }),
    };

    SECOND_DEFAULT_CLASS = Entry {
        name: "second-default-class",
        level: Error,
        title: "two classes that are the default one",
        explanation: "A claim that names no class has the default one: say `default` in one class.",
        why: "Kubernetes takes the one that was made last, which is whichever was applied last.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true default=#true\n        class \"slow\" on=\"k8s\" ssd=#true mbps=50 default=#true"),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        class \"slow\" on=\"k8s\" ssd=#true mbps=50 default=#true"),
        }),
    };

    ATTRIBUTES_TOO_EARLY = Entry {
        name: "attributes-too-early",
        level: Error,
        title: "classes of attributes before Kubernetes has them",
        explanation: "`VolumeAttributesClass` is `storage.k8s.io/v1` since Kubernetes 1.34. Before, it was a beta that is off unless somebody turned it on.",
        why: "`kubectl apply` would refuse the manifest, and a claim that names one waits.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        attributes \"gold\" mbps=500", "", " region=\"home\" version=\"1.33\""),
            right: cluster!("quota=\"500G\"", "        attributes \"gold\" mbps=500", "", " region=\"home\" version=\"1.34\""),
        }),
    };

    GUEST_OF_VOLUMES = Entry {
        name: "guest-of-volumes",
        level: Error,
        title: "a guest that would own all volumes of the cluster",
        explanation: "The plugin calls its disks after a guest that never is, 9999 unless `controller-vmid` says another. No container and no machine may have that id.",
        why: "Proxmox destroys what a guest owns with it: that would be all claims of the cluster.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true", "        dataset \"a\" { bind { lxc 9999 at=\"/a\"; }; }\n", " region=\"home\""),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true", "        dataset \"a\" { bind { lxc 101 at=\"/a\"; }; }\n", " region=\"home\""),
        }),
    };

    CLASS_WITHOUT_DISCARD = Entry {
        name: "class-without-discard",
        level: Lint,
        title: "volumes that never give anything back",
        explanation: "`ssd=#true` makes the plugin say `ssd` and `discard`: what is deleted in a volume is free in the pool again. Without it a volume keeps what it ever had.",
        why: "The pool fills with what was deleted long ago.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        class \"slow\" on=\"k8s\""),
            right: cluster!("quota=\"500G\"", "        class \"slow\" on=\"k8s\" ssd=#true"),
        }),
    };

    CLASS_WITHOUT_QUOTA = Entry {
        name: "class-without-quota",
        level: Lint,
        title: "volumes that nothing limits",
        explanation: "Quotas of namespaces are Kubernetes' own, and know nothing of the pool. A `quota` of the dataset that the volumes lie in, or of one above, is what holds.",
        why: "A claim too many fills the pool, and with it everything else that lies there.",
        examples: Some(Examples {
            wrong: cluster!("", "        class \"fast\" on=\"k8s\" ssd=#true"),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true"),
        }),
    };

    CLAIMS_OVER_QUOTA = Entry {
        name: "claims-over-quota",
        level: Lint,
        title: "more may be claimed than the dataset may have",
        explanation: "What namespaces may claim of the classes in a dataset, all together, is over its quota or one above. What a namespace may claim of any class counts for each.",
        why: "Kubernetes takes each claim, and the last ones are never made. A full dataset pauses the machines whose volumes lie there.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"100G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        namespace \"apps\" { total storage=\"80GiB\"; }\n        namespace \"more\" { total storage=\"40GiB\"; }"),
            right: cluster!("quota=\"120G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        namespace \"apps\" { total storage=\"80GiB\"; }\n        namespace \"more\" { total storage=\"40GiB\"; }"),
        }),
    };

    CLAIM_NEVER_FITS = Entry {
        name: "claim-never-fits",
        level: Lint,
        title: "a claim that is allowed, and fits nowhere",
        explanation: "`per-claim max` is over the quota of every dataset that the namespace may have volumes in.",
        why: "Kubernetes takes the claim, and it waits for ever.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"50G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        namespace \"apps\" { per-claim max=\"100GiB\"; }"),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        namespace \"apps\" { per-claim max=\"100GiB\"; }"),
        }),
    };

    CLAIM_ROUNDED_UP = Entry {
        name: "claim-rounded-up",
        level: Lint,
        title: "a size that no volume has",
        explanation: "The plugin makes volumes of whole multiples of 512 MiB, and rounds up.",
        why: "The largest claim takes more of the pool than the spec says.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        namespace \"apps\" { per-claim max=\"700MiB\"; }"),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        namespace \"apps\" { per-claim max=\"1GiB\"; }"),
        }),
    };

    CLAIMS_OVER_ATTACHMENTS = Entry {
        name: "claims-over-attachments",
        level: Lint,
        title: "more claims than the machines can have",
        explanation: "The plugin announces 24 volumes for a machine; a label of the node (`csi.proxmox.sinextra.dev/max-volume-attachments`) says others, 29 at most. `nodes count` says how many machines this host has.",
        why: "Pods whose volumes no machine can have any more stay where they are: pending.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        nodes count=1\n        namespace \"apps\" { total claims=30; }"),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        nodes count=2\n        namespace \"apps\" { total claims=30; }"),
        }),
    };

    NODES_OVER_QUOTA = Entry {
        name: "nodes-over-quota",
        level: Lint,
        title: "machines that need more than there may be",
        explanation: "`nodes` says what the system and the containers take of each machine's disk, and what there has to be for the claims of each: all machines of this host together are over the quota of what they lie on.",
        why: "The last machine cannot be made, or stops when its disk fills.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"100G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        nodes count=3 system=\"20GiB\" containers=\"40GiB\" on=\"k8s\""),
            right: cluster!("quota=\"200G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        nodes count=3 system=\"20GiB\" containers=\"40GiB\" on=\"k8s\""),
        }),
    };

    SNAPSHOTS_NEED_ROOT = Entry {
        name: "snapshots-need-root",
        level: Lint,
        title: "snapshots of Kubernetes, which the plugin's token cannot make",
        explanation: "The plugin makes a snapshot as a full copy of the disk, by a call that Proxmox lets nobody make but `root@pam` with its password: with a token there are none, whatever a quota or a right says. They want the snapshot controller of Kubernetes, too, and the chart's `controller.snapshotter.enabled`. Snapshots by the clock cost nothing: `snapshots daily=5 children=#true` in the dataset.",
        why: "Somebody counts on snapshots that are never made.",
        examples: Some(Examples {
            wrong: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        namespace \"apps\" { access \"devs\" \"claim\" \"snapshot\"; }"),
            right: cluster!("quota=\"500G\"", "        class \"fast\" on=\"k8s\" ssd=#true\n        namespace \"apps\" { access \"devs\" \"claim\"; }"),
        }),
    };

    SNAPSHOTS_GO_WITH_CLAIMS = Entry {
        name: "snapshots-go-with-claims",
        level: Lint,
        title: "snapshots that are destroyed with the claim",
        explanation: "The plugin destroys a volume with all its snapshots when its claim is deleted, unless the class says `reclaim=\"Retain\"`. One that is held makes that fail for ever.",
        why: "Whoever deletes a claim by mistake finds that the snapshots are gone, too.",
        examples: Some(Examples {
            wrong: Whole(r#"edition 1
host "pve1" {
    pool "tank" {
        mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
        dataset "k8s" quota="500G" {
            proxmox "k8s" type="zfspool" content="images"
            snapshots daily=5 children=#true
            allow "snapshots-of-guests"
        }
    }
    kubernetes region="home" {
        class "fast" on="k8s" ssd=#true
    }
}
"#),
            right: Whole(r#"edition 1
host "pve1" {
    pool "tank" {
        mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
        dataset "k8s" quota="500G" {
            proxmox "k8s" type="zfspool" content="images"
            snapshots daily=5 children=#true
            allow "snapshots-of-guests"
        }
    }
    kubernetes region="home" {
        class "fast" on="k8s" ssd=#true reclaim="Retain"
    }
}
"#),
        }),
    };
}
