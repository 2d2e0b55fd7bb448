//! Codes about guests: mount points of containers, and mounts of machines.

use phoenix_graph::code::{
    Entry,
    Level::{Refusal, Warning},
};

phoenix_graph::codes! {
    pub GUESTS:

    NO_SUCH_CONTAINER = Entry {
        name: "no-such-container",
        level: Refusal,
        title: "a container that is not there",
        explanation: "No node has a container of this id. Make it first, or take the `lxc` out of the spec.",
        why: "A container that is made later under this id would not get what the spec says it has.",
        examples: None,
    };

    CONTAINER_ELSEWHERE = Entry {
        name: "container-elsewhere",
        level: Refusal,
        title: "a container that is on another node",
        explanation: "Bring it here with `pct migrate`, or take it out of this host's spec.",
        why: "The dataset is on this host: there the container would not start, or would write onto another disk.",
        examples: None,
    };

    CONTAINER_LOCKED = Entry {
        name: "container-locked",
        level: Refusal,
        title: "a container that something works on",
        explanation: "A backup, a snapshot or a migration goes on, or broke off. Wait for its end, then switch again.",
        why: "Proxmox refuses every change until then: the switch would fail in the middle.",
        examples: None,
    };

    CONTAINERS_BLOCKED = Entry {
        name: "containers-blocked",
        level: Refusal,
        title: "Proxmox takes no change of its containers",
        explanation: "This node is in no quorum of its cluster: what guests have can be read and not written. Bring that back first.",
        why: "The switch would fail in the middle.",
        examples: None,
    };

    CONTAINER_PROTECTED = Entry {
        name: "container-protected",
        level: Refusal,
        title: "a container whose mount points Proxmox does not change",
        explanation: "`pct set ID --protection 0`, switch, and protect it again.",
        why: "Proxmox refuses every change of a mount point then: the switch would fail in the middle.",
        examples: None,
    };

    MOUNT_POINT_TAKEN = Entry {
        name: "mount-point-taken",
        level: Refusal,
        title: "a container has something else at that path",
        explanation: "A volume of its own, a device, several mount points, or one that cannot be read stands there. Give the dataset another path, or take that mount point from the container by hand.",
        why: "What lies there is the container's own, and would be hidden.",
        examples: None,
    };

    NO_FREE_MOUNT_POINT = Entry {
        name: "no-free-mount-point",
        level: Refusal,
        title: "a container has no number left for a mount point",
        explanation: "Proxmox has `mp0` to `mp255`. Take one from it that nobody needs.",
        why: "Nothing can be added until then.",
        examples: None,
    };

    BIND_THROUGH_LINK = Entry {
        name: "bind-through-link",
        level: Refusal,
        title: "a container would be given what is reached through a link",
        explanation: "Proxmox walks the path without following links. Give the dataset a mount point that passes none.",
        why: "The container would not start any more: `symlink encountered at`.",
        examples: None,
    };

    NO_FOLDER = Entry {
        name: "no-folder",
        level: Refusal,
        title: "a container would be given what is no folder of the dataset",
        explanation: "`subdirectory` is a folder of this very dataset. A file is given with the folder that it lies in, at a path of its own, and a link to it inside of the container. What lies in another file system belongs to the dataset that is mounted there. In a `replica` none is made: what stands in it is another host's to say.",
        why: "A mount of a file shows that one file: whatever writes it anew and renames it into place, as editors and clients of certificates do, leaves the container with the old one. And what is mounted over a folder may be another one at the next boot.",
        examples: None,
    };

    FOLDER_WENT = Entry {
        name: "folder-went",
        level: Warning,
        title: "what a container is given is no folder of the dataset any more",
        explanation: "A link, a file or another file system has come in the place of the folder that the spec says. The mount point is as it was and stays. Put the folder back, or say another `subdirectory`.",
        why: "The container does not start with a link, and with another file system it has what nobody said.",
        examples: None,
    };

    HELD_BY_CONTAINER = Entry {
        name: "held-by-container",
        level: Refusal,
        title: "a guest that runs has what would go or move",
        explanation: "What goes from a container or a machine that runs goes at its next start. Stop it for the switch; or take the `bind` out of the spec first, and the dataset after the guest's next start.",
        why: "The guest would go on with the old file system, which then is busy, or write where nobody looks.",
        examples: None,
    };

    NOT_MAPPED = Entry {
        name: "not-mapped",
        level: Refusal,
        title: "a number inside of a container that is nobody outside",
        explanation: "A container maps its users and groups to numbers of the host: an unprivileged one 0 to 65535 to 100000 and on, where no `lxc.idmap` says otherwise. Say a number that its map has.",
        why: "What nobody outside owns cannot be given to them.",
        examples: None,
    };

    CONTAINER_OPTION_UNKNOWN = Entry {
        name: "container-option-unknown",
        level: Refusal,
        title: "an option of a mount point that came later",
        explanation: "`keepattrs` came with pve-container 6.1.2, `idmap` with 6.1.6, and needs OpenZFS 2.2. Upgrade the host, or leave it out.",
        why: "`pct` would refuse it in the middle of a switch, or the container would not start.",
        examples: None,
    };

    ID_MAP_CLASHES = Entry {
        name: "id-map-clashes",
        level: Refusal,
        title: "a number on disk would be two accounts of a container",
        explanation: "What an `idmap` does not say is as the container maps it. A number that it says on disk must not be one of those, 100000 to 165535 where no `lxc.idmap` says otherwise.",
        why: "The kernel refuses such a map, and the container would not start any more.",
        examples: None,
    };

    ID_MAP_IGNORED = Entry {
        name: "id-map-ignored",
        level: Warning,
        title: "a map of numbers that is not applied, or a part of it",
        explanation: "A privileged container has the numbers of the host: Proxmox leaves `idmap` of its mount points out, with a warning at each start. Take it out of the spec. In an unprivileged one a piece means nothing for numbers that the container has not: 0 to 65535 are its own, where no `lxc.idmap` says otherwise.",
        why: "Somebody counts on owners that are other ones.",
        examples: None,
    };

    SAME_ACCOUNT = Entry {
        name: "same-account",
        level: Refusal,
        title: "two entries of a list are about one account",
        explanation: "One entry names an account by its name and another by its number, and they allow different things. Say it once.",
        why: "One of the two would win without a word.",
        examples: None,
    };

    CANNOT_WRITE = Entry {
        name: "cannot-write",
        level: Warning,
        title: "a guest that cannot write what it is given",
        explanation: "Neither the owner nor the group of the dataset's root directory is somebody in the container, and not everybody may write. `permissions owner=\"33\" container=101` gives it to user 33 of container 101; `ro` says that it is only to read. A machine comes over NFS as whom the export makes it: `all_squash` makes everybody one account (`anonuid`, `anongid`), which may be neither owner nor in the group; `root_squash`, which holds unless `no_root_squash` is said, makes root nobody, and what only root may write nobody writes then.",
        why: "Programs in the guest fail with \"permission denied\", and somebody ends that with `chmod 777`.",
        examples: None,
    };

    WAITS_FOR_START = Entry {
        name: "waits-for-start",
        level: Warning,
        title: "a change that is in force at a guest's next start",
        explanation: "Proxmox gives a container that runs what is new at once. What changes or goes waits in `[pve:pending]` until the container was stopped and started, or rebooted. `switch --restart-guests` (and `rollback`) does that once all is done, one container after the other, and ends with 2 where one did not come back. What a machine is given by virtiofs, new or not, waits in `[PENDING]`: nothing restarts machines but you, `qm reboot ID`.",
        why: "Until then the guest sees what it saw before.",
        examples: None,
    };

    SNAPSHOTS_END = Entry {
        name: "snapshots-end",
        level: Warning,
        title: "a container of which Proxmox can take no more snapshots",
        explanation: "With a bind mount point `pct snapshot` is refused, and so is cloning while it runs. Snapshots of the dataset itself go on.",
        why: "Somebody took snapshots of it, and may count on more.",
        examples: None,
    };

    MIGRATION_ENDS = Entry {
        name: "migration-ends",
        level: Warning,
        title: "a container that cannot be migrated any more",
        explanation: "Proxmox migrates no container with a bind mount point, but where `shared` promises that every node has the same files there.",
        why: "High availability cannot bring it up elsewhere.",
        examples: None,
    };

    HIDES_MOUNT_POINT = Entry {
        name: "hides-mount-point",
        level: Warning,
        title: "a mount point over one that is mounted before it",
        explanation: "Proxmox mounts in the order of the numbers. Take the lower one away and give it again, so that it has the higher number.",
        why: "Programs in the container would see an empty folder where their files are.",
        examples: None,
    };

    NO_MACHINE = Entry {
        name: "no-machine",
        level: Refusal,
        title: "a machine that is not there",
        explanation: "No node has a virtual machine of this id. Make it first, or take the `vm` out of the spec.",
        why: "A machine that is made later under this id would not get what the spec says it has.",
        examples: None,
    };

    MACHINE_ELSEWHERE = Entry {
        name: "machine-elsewhere",
        level: Refusal,
        title: "a machine that is on another node",
        explanation: "Bring it here with `qm migrate`, or take it out of this host's spec.",
        why: "The dataset is on this host: there the machine would not start, or would have another directory.",
        examples: None,
    };

    MACHINE_LOCKED = Entry {
        name: "machine-locked",
        level: Refusal,
        title: "a machine that something works on",
        explanation: "A backup, a snapshot or a migration goes on, or broke off. Wait for its end, then switch again.",
        why: "Proxmox refuses every change until then: the switch would fail in the middle.",
        examples: None,
    };

    MACHINES_BLOCKED = Entry {
        name: "machines-blocked",
        level: Refusal,
        title: "Proxmox takes no change of its machines",
        explanation: "This node is in no quorum of its cluster: what guests have can be read and not written. Bring that back first.",
        why: "The switch would fail in the middle.",
        examples: None,
    };

    VIRTIOFS_UNKNOWN = Entry {
        name: "virtiofs-unknown",
        level: Refusal,
        title: "directories of machines, which came later",
        explanation: "`virtiofs` came with qemu-server 8.3.11, which is Proxmox VE 8.4. Upgrade the host, or have the machine mount over NFS.",
        why: "`qm` would refuse it in the middle of a switch.",
        examples: None,
    };

    NO_VIRTIOFSD = Entry {
        name: "no-virtiofsd",
        level: Refusal,
        title: "a host that serves no directories to machines",
        explanation: "Proxmox starts `/usr/libexec/virtiofsd` for each directory of a machine. It is in the package `virtiofsd`, which is not installed by itself.",
        why: "The machine would not start any more.",
        examples: None,
    };

    MACHINE_CANNOT_SHARE = Entry {
        name: "machine-cannot-share",
        level: Refusal,
        title: "a machine that would not start with a directory",
        explanation: "Memory cannot be added while a machine with directories runs (`hotplug`), and without `numa` its configuration has to say how much there is as a plain number (`qm set ID --memory 4096`); a Windows takes none with access control lists; and what is written of the machine's directories has to be readable.",
        why: "The machine would not start any more, perhaps not before somebody needs it.",
        examples: None,
    };

    DIRECTORY_TWICE = Entry {
        name: "directory-twice",
        level: Refusal,
        title: "a machine that has one directory twice",
        explanation: "The machine has several devices of one id, which is the tag that it mounts them by. Take all but one away.",
        why: "Nobody can tell which of them the spec means, nor which the machine mounts.",
        examples: None,
    };

    NO_FREE_SHARED = Entry {
        name: "no-free-shared",
        level: Refusal,
        title: "a machine has no number left for a directory",
        explanation: "Proxmox has `virtiofs0` to `virtiofs9`. Take one from it that nobody needs.",
        why: "Nothing can be added until then.",
        examples: None,
    };

    MAPPING_DOUBLED = Entry {
        name: "mapping-doubled",
        level: Refusal,
        title: "several directories of one node under one id",
        explanation: "Proxmox takes no change of such a directory mapping, and starts no machine with it on that node. Leave one of the lines in /etc/pve/mapping/directory.cfg.",
        why: "The switch would fail in the middle, or the machine would not start.",
        examples: None,
    };

    MAPPING_STAYS = Entry {
        name: "mapping-stays",
        level: Warning,
        title: "a directory mapping that somebody still names",
        explanation: "A machine runs with it until its next start, has it in a snapshot, or is given it by somebody else. So it is let go of and left: by it alone is known what these have. Once nobody names it, take this node's line out of it by hand, where nobody wants it again.",
        why: "A machine would not start any more, or would write into a dataset that meanwhile was put away.",
        examples: None,
    };

    MAPPING_OF_OTHERS = Entry {
        name: "mapping-of-others",
        level: Warning,
        title: "a machine that gets a dataset by an id that it has already",
        explanation: "Machines are given a directory by the id of its mapping. One that the spec does not name has this id, and so has what it stands for now. Take another id, or say the machine in the spec.",
        why: "Root in that machine is root in the dataset.",
        examples: None,
    };

    LEFT_ELSEWHERE = Entry {
        name: "left-elsewhere",
        level: Warning,
        title: "a guest that is on another node, and keeps what it has",
        explanation: "What a spec gave a container or a machine is in its configuration, which went along to the other node. There it is another host's to change.",
        why: "On that node it has another directory at that place, or none.",
        examples: None,
    };

    MAPPINGS_BLOCKED = Entry {
        name: "mappings-blocked",
        level: Refusal,
        title: "Proxmox takes no change of directory mappings",
        explanation: "This node is in no quorum of its cluster, or a mapping in /etc/pve/mapping/directory.cfg has no directory, with which every write fails. Put right what the refusal names.",
        why: "The switch would fail in the middle.",
        examples: None,
    };

    MAPPINGS_LOSE_LINES = Entry {
        name: "mappings-lose-lines",
        level: Refusal,
        title: "lines of directory.cfg that Proxmox would drop",
        explanation: "Each write of Proxmox's rewrites /etc/pve/mapping/directory.cfg whole. Put those lines right, or take them out.",
        why: "Somebody wrote them for a reason, and they would be gone without a word.",
        examples: None,
    };

    SHARED_TAKES_AWAY = Entry {
        name: "shared-takes-away",
        level: Warning,
        title: "what a machine can no more with a directory",
        explanation: "With a directory by virtiofs a machine is not migrated while it runs, not hibernated, and gets no snapshot with its memory. Over NFS it can all of that.",
        why: "Somebody plans for a migration that will be refused.",
        examples: None,
    };

    ROOT_IN_MACHINE = Entry {
        name: "root-in-machine",
        level: Warning,
        title: "a machine whose root is root on a dataset",
        explanation: "By virtiofs the numbers of users and groups pass as they are. Over NFS the server makes nobody of root, unless the export says `no_root_squash`.",
        why: "Who takes over the machine can change every file of the dataset, and leave programs there that run as root elsewhere.",
        examples: None,
    };

    CARRY_INTO_MACHINE = Entry {
        name: "carry-into-machine",
        level: Warning,
        title: "a mount that has to be carried into a machine",
        explanation: "What a virtual machine mounts, over NFS or by virtiofs, is set up inside of it, where phoenix does nothing. `phoenix guest ID` prints units of systemd, lines of fstab, or a document for cloud-init, as the current generation says them; `--output` writes them to files.",
        why: "Until somebody has done that the machine has what it had before.",
        examples: None,
    };

    OUTSIDE_ROOT_OF_OTHERS = Entry {
        name: "outside-root-of-others",
        level: Refusal,
        title: "a machine would mount another path than it is to, since others export a root of all",
        explanation: "An entry with `fsid=0` in `/etc/exports` or `/etc/exports.d`, or one that was made by hand, is the root of all that its clients see by version 4: paths begin there, what lies beside it is not reached, nor what lies behind something mounted in it that is not exported. To whoever is no client of it version 4 shows nothing at all. Take `fsid=0` out there: every export is shown by its own path then; or say `vers=\"3\"`, which knows no root.",
        why: "The machine is told that there is no such directory, or writes into another one that has the same path below that root.",
        examples: None,
    };

    UNDER_ROOT_OF_OTHERS = Entry {
        name: "under-root-of-others",
        level: Warning,
        title: "a machine may mount another path than it is to, since others export a root of all",
        explanation: "As `outside-root-of-others` says, but it stands so already, or whether the machine is a client of that root is not known: say its `address`. Take `fsid=0` out there, or say `vers=\"3\"`.",
        why: "The machine is told that there is no such directory, or writes into another one that has the same path below that root.",
        examples: None,
    };

    MACHINE_HAS_NO_WAY = Entry {
        name: "machine-has-no-way",
        level: Warning,
        title: "a machine cannot mount what it is to, by its own addresses",
        explanation: "Its configuration in Proxmox (`ipconfigN`) says which addresses cloud-init gives it. From none of them it reaches the server, or the server lets it mount that, or takes the security flavour (`sec`) that it comes by. Add the address to the export's clients, say another `server` or `sec`, or give the machine another address.",
        why: "The mount would fail in the machine, long after the switch. Other machines may still be right, and addresses may have been changed in the machine by hand, so it is told and not refused.",
        examples: None,
    };

    MACHINE_OTHER_ADDRESS = Entry {
        name: "machine-other-address",
        level: Warning,
        title: "a machine has another address than the spec says",
        explanation: "The export was held against an `address` that the machine's configuration in Proxmox (`ipconfigN`) does not give it, or not on the way to this server. Say the one that it has, or leave `address` out.",
        why: "The server lets clients in by the address that they come from, so what was checked does not hold for this machine.",
        examples: None,
    };

    NO_SUCH_MACHINE = Entry {
        name: "no-such-machine",
        level: Warning,
        title: "a machine that Proxmox does not have",
        explanation: "No node of the cluster has a virtual machine of this id. Make it first, or correct the id.",
        why: "What is written down for it is carried nowhere, and an export may be open for nobody.",
        examples: None,
    };

    MACHINE_HAS_MOUNTED = Entry {
        name: "machine-has-mounted",
        level: Warning,
        title: "a machine that may have mounted what goes or moves",
        explanation: "The current generation says that a virtual machine mounts this over NFS. While a dataset is renamed or gets another mount point its export goes, and comes back; what is exported no more does not. Whether the machine has it mounted cannot be seen from here.",
        why: "Programs in the machine wait for the server, some of them for ever, or get errors for files that were open.",
        examples: None,
    };
}
