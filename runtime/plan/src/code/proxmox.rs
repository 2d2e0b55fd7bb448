//! Codes about Proxmox VE: registrations, and what guests name.

use phoenix_graph::code::{
    Entry,
    Level::{Refusal, Warning},
};

phoenix_graph::codes! {
    pub PROXMOX:

    ID_TAKEN = Entry {
        name: "id-taken",
        level: Warning,
        title: "a registration that somebody else made has an id by now",
        explanation: "phoenix made a storage of this id, and one of another type stands there now. It stays, and is no part of what the spec says any more.",
        why: "Nothing is removed that phoenix did not make.",
        examples: None,
    };

    REGISTERED_OTHERWISE = Entry {
        name: "registered-otherwise",
        level: Refusal,
        title: "an id that a registration of another kind has",
        explanation: "A storage of another type stands under this id that phoenix did not make, or could not make again. Give the spec another id, or remove that one by hand.",
        why: "Making it anew would drop it, and with it passwords and keys that no rollback gives back.",
        examples: None,
    };

    FIXED_FOR_OTHERS = Entry {
        name: "fixed-for-others",
        level: Refusal,
        title: "what other nodes have, too, cannot be made anew",
        explanation: "The nodes of a cluster share their registrations. This one differs from the spec in what Proxmox never changes once it is registered, such as the pool, and nodes that the refusal names have it. Register it by another id, or have those nodes leave it first.",
        why: "Removing it, even for a moment, would take it from the guests of those nodes.",
        examples: None,
    };

    OF_OTHER_NODES = Entry {
        name: "of-other-nodes",
        level: Warning,
        title: "a registration is changed that other nodes have, too",
        explanation: "The nodes of a cluster share their registrations: but for whether this node has it, what one spec says of it holds on all nodes that have it. Say the same in their specs.",
        why: "Two specs that say different things of one registration would change it back and forth.",
        examples: None,
    };

    NOT_THIS_NODE = Entry {
        name: "not-this-node",
        level: Warning,
        title: "a registration whose `nodes` leave out this node",
        explanation: "Where a spec says `nodes`, that is the whole list. This node is not in it, so Proxmox does not use the storage here. Add it, or leave `nodes` out: then this node is taken in, and the others stay as they are.",
        why: "It looks as if guests of this node could use it.",
        examples: None,
    };

    STAYS_WITH_NODES = Entry {
        name: "stays-with-nodes",
        level: Warning,
        title: "a registration that other nodes alone have stays",
        explanation: "The spec no longer says it, and its `nodes` name others than this node. A spec takes out its own node, and this one is in it no more. Once nobody needs it, remove it by hand.",
        why: "Guests of those nodes may use it.",
        examples: None,
    };

    SECRET_FILE = Entry {
        name: "secret-file",
        level: Refusal,
        title: "a file with a secret that cannot be had",
        explanation: "A registration is to have the password or key that a file holds. The file is missing, holds nothing that can be one, or others than root may read it; or what Proxmox keeps cannot be read. A password is one line of 256 bytes at most, an encryption key what `proxmox-backup-client key create` writes.",
        why: "Without it Proxmox reaches no server, and a file that others may read is a secret no more.",
        examples: None,
    };

    SECRET_LOST = Entry {
        name: "secret-lost",
        level: Refusal,
        title: "a secret that nobody could give back",
        explanation: "Proxmox drops a registration's password and keys together with it, and this one is in no file that the spec names. Name such a file and switch to that first; then the registration can go, or be made anew. Or remove it by hand. Where another password is to take its place, keep the old one in its file and name the new one in a file of its own; or let the old one go by `--consent`, which runs last, and which not even the undoing of that switch gives back.",
        why: "A rollback makes the registration again, and without its secret it reaches no server; what a lost encryption key encrypted is lost.",
        examples: None,
    };

    NOT_MADE_AGAIN = Entry {
        name: "not-made-again",
        level: Refusal,
        title: "a registration or mapping that Proxmox would not take again",
        explanation: "It has something that `pvesm add` refuses, such as `content none`, or that phoenix never says, such as `base`, with which Proxmox would make a volume group over whatever is on that disk. A directory mapping it takes only where the directory is there. Put it right by hand, or remove it by hand, then plan again.",
        why: "Where the switch fails later, undoing it could not bring it back.",
        examples: None,
    };

    SECRET_MISSING = Entry {
        name: "secret-missing",
        level: Refusal,
        title: "a registration that is not made without a secret",
        explanation: "Proxmox logs in to the server when it registers it. Write the password into a file that root alone may read, and name that in the spec.",
        why: "`pvesm add` would fail in the middle of the switch.",
        examples: None,
    };

    SECRET_UNREAD = Entry {
        name: "secret-unread",
        level: Warning,
        title: "nobody can tell whether a secret is the one in its file",
        explanation: "The file, or what Proxmox keeps, cannot be read now. The registration goes on with the secret that it has.",
        why: "A switch of something else need not wait for it; but a changed password is not seen.",
        examples: None,
    };

    NO_PROXMOX = Entry {
        name: "no-proxmox",
        level: Refusal,
        title: "this host has no Proxmox VE",
        explanation: "There is no `pvesm`. Take the `proxmox` nodes out of this host's spec, or run phoenix on the Proxmox host.",
        why: "What cannot be registered no guest can use.",
        examples: None,
    };

    PROXMOX_UNKNOWN = Entry {
        name: "proxmox-unknown",
        level: Refusal,
        title: "it cannot be seen what Proxmox has registered, or what guests name",
        explanation: "The configuration cannot be read now: the refusal says why, and what to do. Where a cluster has no quorum, bring that back first.",
        why: "What cannot be seen is unknown, and never absent. A guest may stand on what would go.",
        examples: None,
    };

    LEFT_UNKNOWN = Entry {
        name: "left-unknown",
        level: Warning,
        title: "a registration cannot be seen, and is left as it is",
        explanation: "Nothing of it changes by this switch, so it goes on. Whether the registration holds is not known.",
        why: "A switch of something else need not wait for Proxmox.",
        examples: None,
    };

    LOCAL_IS_FIXED = Entry {
        name: "local-is-fixed",
        level: Refusal,
        title: "the storage `local` cannot be made anew",
        explanation: "Every Proxmox has it, a `dir` at a path of its own. Register the dataset by another id.",
        why: "Proxmox puts it back where it was removed.",
        examples: None,
    };

    GUEST_USES = Entry {
        name: "guest-uses",
        level: Refusal,
        title: "guests name what would go or move",
        explanation: "Move what they have there, or take it out of their configuration, snapshots of them too, then plan again; or keep it as it is in the spec.",
        why: "They would not start again, or would start on an empty folder.",
        examples: None,
    };

    STILL_REGISTERED = Entry {
        name: "still-registered",
        level: Refusal,
        title: "what would go or move stays registered with Proxmox",
        explanation: "phoenix removes no registration that it did not make. Remove it with `pvesm remove` if nobody needs it, or keep it as it is in the spec.",
        why: "Proxmox would write where nothing is mounted, and fill the disk that the host boots from.",
        examples: None,
    };

    LOCAL_EXPECTS_MOUNT = Entry {
        name: "local-expects-mount",
        level: Refusal,
        title: "Proxmox's `local` expects a mount that would go",
        explanation: "`pvesm set local --delete is_mountpoint`, then plan again; or keep it as it is in the spec.",
        why: "Proxmox would hold `local` for away: no templates, no backups there.",
        examples: None,
    };

    LOCAL_MOVES = Entry {
        name: "local-moves",
        level: Warning,
        title: "Proxmox's `local` lies in what goes",
        explanation: "After that it is the folder below, with what was there before.",
        why: "Templates and backups that lie there now are put away with the dataset.",
        examples: None,
    };

    STORAGES_BLOCKED = Entry {
        name: "storages-blocked",
        level: Refusal,
        title: "Proxmox takes no change of its registrations",
        explanation: "Every `pvesm add`, `set` and `remove` fails until what the refusal names is put right in /etc/pve/storage.cfg.",
        why: "The switch would fail in the middle.",
        examples: None,
    };

    DROPS_LINES = Entry {
        name: "drops-lines",
        level: Refusal,
        title: "registering would drop lines that Proxmox does not understand",
        explanation: "Each write of Proxmox's rewrites the whole file. Put those lines right, keep them elsewhere, or let them go: `--consent storage.cfg`.",
        why: "Somebody wrote them for a reason, and no message tells that they are gone.",
        examples: None,
    };

    LINES_DROPPED = Entry {
        name: "lines-dropped",
        level: Warning,
        title: "Proxmox drops a line from its registrations",
        explanation: "You consented to that. A copy of the file as it was is kept with the switch.",
        why: "Going back brings the line back only from that copy.",
        examples: None,
    };
}
