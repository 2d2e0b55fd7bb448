//! Words that people write, and that Kubernetes or the plugin has not: what to do instead.

use super::Checker;
use crate::{
    diagnostic::{Diagnostic, article, code},
    resolve::{grammar::Kind, spec::Setting},
};

/// A word, where it is written, why it cannot be had, and the way out.
struct Hint {
    words: &'static [&'static str],
    within: &'static [Kind],
    why: &'static str,
    help: &'static str,
}

const HINTS: &[Hint] = &[
    Hint {
        words: &["latency", "latency-target", "max-latency"],
        within: &[Kind::Class, Kind::Attributes, Kind::Nodes],
        why: "nobody promises a latency: Proxmox only caps what a disk does",
        help: "take it out, put the class on faster disks (`on`), and watch the pool (`zpool iostat -l`)",
    },
    Hint {
        words: &["iops-minimum", "min-iops", "iops_minimum", "throughput", "iops", "mbps"],
        within: &[Kind::Nodes],
        why: "nobody promises so much: Proxmox only caps what a disk does",
        help: "take it out, and measure it with `fio` in a machine; `mbps` and `iops` of a class are caps",
    },
    Hint {
        words: &["snapshots"],
        within: &[Kind::PerClaim, Kind::OfClass, Kind::Class],
        why: "Kubernetes counts snapshots of a namespace, and not those of a claim",
        help: "`total snapshots=…` for those of the namespace; or say `snapshots daily=5 children=#true` in the dataset, which keeps so many of each volume",
    },
    Hint {
        words: &["provisioner", "driver"],
        within: &[Kind::Kubernetes, Kind::Class, Kind::Attributes],
        why: "the driver is called `csi.proxmox.sinextra.dev`, and by no other name: a claim of another waits for ever",
        help: "take it out: phoenix writes it",
    },
    Hint {
        words: &["format", "storageFormat", "storage-format"],
        within: &[Kind::Class],
        why: "on ZFS a volume has no format: the plugin reads it for files alone",
        help: "take it out",
    },
    Hint {
        words: &["pool", "storage"],
        within: &[Kind::Class],
        why: "a class lies on a registration of Proxmox, and not on a pool",
        help: "name the registration: `on=\"…\"`",
    },
    Hint {
        words: &["size"],
        within: &[Kind::Class],
        why: "how large a volume is, its claim says",
        help: "take it out; `per-claim max=…` of a namespace limits it",
    },
    Hint {
        words: &["diskMBps", "throughput"],
        within: &[Kind::Class, Kind::Attributes],
        why: "here it is called `mbps`: MiB in a second, of reading and of writing each",
        help: "`mbps=100`",
    },
    Hint {
        words: &["diskIOPS"],
        within: &[Kind::Class, Kind::Attributes],
        why: "here it is called `iops`: a cap of reading and of writing each, and no promise",
        help: "`iops=1000`",
    },
    Hint {
        words: &["replicate", "replicateSchedule", "replicateZones"],
        within: &[Kind::Class, Kind::Attributes],
        why: "a replicated volume takes a helper machine each, and loses what was written since the last run",
        help: "take it out; what has to stay when a node is lost is replicated by the program itself",
    },
    Hint {
        words: &["access-mode", "access-modes", "accessModes", "shared"],
        within: &[Kind::Class],
        why: "a disk is attached to one machine: there is no ReadWriteMany",
        help: "say `export` in a dataset, and let the claims that are shared be of NFS",
    },
    Hint {
        words: &["ssd", "fstype", "cache", "aio", "blockSize", "inodeSize", "on"],
        within: &[Kind::Attributes],
        why: "of a volume that is there it cannot be changed",
        help: "say it in a `class`",
    },
    Hint {
        words: &["volumeBindingMode", "binding"],
        within: &[Kind::Class],
        why: "a volume is made where its first pod runs (`WaitForFirstConsumer`): a disk is on one node",
        help: "take it out",
    },
];

impl<'a> Checker<'_, 'a, '_> {
    /// Tells of a setting that the node has not: why it cannot be had, where that is known.
    pub(super) fn not_here(&mut self, kind: Kind, setting: &Setting<'a>) {
        let is_it = |hint: &&Hint| hint.words.contains(&&*setting.name) && hint.within.contains(&kind);
        let Some(hint) = HINTS.iter().find(is_it) else { return self.unknown_setting(kind, setting) };
        let message = format!("`{}` cannot be said of {}", setting.name, article(kind.word().word));
        let diagnostic =
            Diagnostic::new(code::NOT_IN_KUBERNETES, message).at(setting.whole(), hint.why).help(hint.help);
        self.push(diagnostic, setting.via);
    }
}
