//! Codes about what a cluster of Kubernetes is told.

use phoenix_graph::code::{Entry, Level::Warning};

phoenix_graph::codes! {
    pub KUBERNETES:

    APPLY_TO_CLUSTER = Entry {
        name: "apply-to-cluster",
        level: Warning,
        title: "what a cluster of Kubernetes is to be told",
        explanation: "Classes, quotas and rights are the cluster's: a switch does nothing there. `phoenix kubernetes --output DIR` writes them as manifests, for `kubectl apply -f DIR` or a repository that is applied by itself. What is gone from the spec is deleted by hand: never a namespace, whose claims go with it.",
        why: "Until somebody has done that the cluster has what it had before.",
        examples: None,
    };

    CLASS_IS_IMMUTABLE = Entry {
        name: "class-is-immutable",
        level: Warning,
        title: "a class that Kubernetes does not change",
        explanation: "A class is as it was made: `kubectl apply` refuses other parameters under its name. Give the new one another name, or delete the class first (`kubectl delete storageclass NAME`, of attributes `volumeattributesclass`) and apply it anew. Volumes that are there keep what they were made with either way.",
        why: "The manifests would be refused in the middle, and the cluster keep the old limits.",
        examples: None,
    };

    CLAIMS_OVER_POOL = Entry {
        name: "claims-over-pool",
        level: Warning,
        title: "more may be claimed than the whole pool has",
        explanation: "The quotas of the namespaces come to more than the pool's size, its redundancy counted in. Lower them, or give the dataset of the class a quota that the pool can hold.",
        why: "Kubernetes promises what it is told, and knows nothing of the pool. Where that is full, machines get errors from their disks and are paused.",
        examples: None,
    };

    CONTROLLER_IS_A_GUEST = Entry {
        name: "controller-is-a-guest",
        level: Warning,
        title: "a guest whose end takes all volumes of a cluster with it",
        explanation: "Volumes of the CSI plugin are disks of a guest that never is, 9999 unless `controller-vmid` says another. Here there is one of that id. Give it another id (backup and restore), or say another `controller-vmid` before the first claim is made.",
        why: "Proxmox destroys the disks that a guest owns together with it: that would be every claim of the cluster.",
        examples: None,
    };

    ZONE_IS_ANOTHER = Entry {
        name: "zone-is-another",
        level: Warning,
        title: "a zone that is not this node's name",
        explanation: "The zone of a volume is the name that this node has in the cluster of Proxmox. Say it: `kubernetes zone=\"NAME\"`, and label the machines of the cluster with it (`topology.kubernetes.io/zone`).",
        why: "The plugin asks Proxmox for a node of the zone's name, finds none, and no claim is ever met.",
        examples: None,
    };
}
