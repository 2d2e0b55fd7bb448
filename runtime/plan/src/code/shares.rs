//! Codes about exports, accounts, rendered files and parameters.

use phoenix_graph::code::{
    Entry,
    Level::{Refusal, Warning},
};

phoenix_graph::codes! {
    pub SHARES:

    EXPORTED_BY_OTHERS = Entry {
        name: "exported-by-others",
        level: Refusal,
        title: "a path is exported to a client already, not by phoenix",
        explanation: "Take it out of `/etc/exports`, `/etc/exports.d` or `sharenfs` first, whichever is named.",
        why: "Of two entries for one client `exportfs` takes the first, so who may do what depends on which was read first.",
        examples: None,
    };

    EXPORTED_TWICE = Entry {
        name: "exported-twice",
        level: Warning,
        title: "others export what phoenix exports, too",
        explanation: "A file that is not phoenix's, `sharenfs` or `exportfs -o` gives the path to clients. That stays; take it out where it is meant to be the spec's alone.",
        why: "Clients that no spec names may see the data, and what the spec takes from a client the other entry still gives.",
        examples: None,
    };

    MOUNTED_OVER_EXPORT = Entry {
        name: "mounted-over-export",
        level: Warning,
        title: "a file system is mounted over what others export",
        explanation: "A file that is not phoenix's, or `exportfs -o`, gives clients a folder at this path or below it. Once the file system is mounted there, they see that instead, or nothing.",
        why: "Clients would find an empty folder where their files were, and write into another file system.",
        examples: None,
    };

    EXPORTS_UNREAD = Entry {
        name: "exports-unread",
        level: Warning,
        title: "a file with exports that cannot be read",
        explanation: "Exports stand in `/etc/exports` and `/etc/exports.d/*.exports`. Run it as a user who may read them all, or look into that file yourself.",
        why: "What it exports may clash with the spec, or lose its ground.",
        examples: None,
    };

    EXPORT_IN_USE = Entry {
        name: "export-in-use",
        level: Warning,
        title: "a client has files open on what it is exported no more",
        explanation: "The NFS client has files open by version 4, and the export, or the client's place in it, goes or becomes one to read. Close them there and unmount it first. What a client of version 3 has open no server knows.",
        why: "Its programs wait or fail from then on, and what they have not written yet is lost.",
        examples: None,
    };

    STILL_EXPORTED = Entry {
        name: "still-exported",
        level: Refusal,
        title: "what others export would go or move",
        explanation: "A file that is not phoenix's, or `exportfs -o`, gives clients a path that would lead elsewhere or nowhere. Take it out of there and run `exportfs -ra`, then plan again.",
        why: "Clients would lose their files while they use them, or be given the folder below, on another disk.",
        examples: None,
    };

    EXPORT_ELSEWHERE = Entry {
        name: "export-elsewhere",
        level: Refusal,
        title: "a path is exported where its dataset is not mounted",
        explanation: "The dataset has a mount point that the spec does not say. Write it at the dataset, or set the parent's.",
        why: "Clients would be given the folder below, on another disk.",
        examples: None,
    };

    NO_SUCH_ACCOUNT = Entry {
        name: "no-such-account",
        level: Refusal,
        title: "this host has no such user or group",
        explanation: "Make it first (`useradd`, `groupadd`), or give its number in the spec.",
        why: "The name stands for a number, and only this host knows which.",
        examples: None,
    };

    FILE_IN_THE_WAY = Entry {
        name: "file-in-the-way",
        level: Refusal,
        title: "a file of somebody else's stands where phoenix links its own in",
        explanation: "Look what it holds, move what is needed into the spec, and move the file away.",
        why: "phoenix replaces no file that it did not make.",
        examples: None,
    };

    NO_SUCH_PARAMETER = Entry {
        name: "no-such-parameter",
        level: Refusal,
        title: "the module zfs has no such parameter, or is not loaded",
        explanation: "Load it with `modprobe zfs`, then look into /sys/module/zfs/parameters.",
        why: "A limit that is written to nowhere does not hold.",
        examples: None,
    };

    FSID_TAKEN = Entry {
        name: "fsid-taken",
        level: Refusal,
        title: "others export another path with the same `fsid` to the same client",
        explanation: "A file that is not phoenix's, `sharenfs` or `exportfs -o` gives a client another path under this `fsid`, in whatever spelling; `fsid=0` is the root of all that version 4 sees. The server serves one of them under the file handles of both. Say another one in the spec or there.",
        why: "A client reads and writes in another file system than the one that it has mounted.",
        examples: None,
    };

    FSID_SHARED = Entry {
        name: "fsid-shared",
        level: Warning,
        title: "others export another path with an `fsid` of the spec",
        explanation: "It stands so already, or a machine may be both clients: of names, wildcards and netgroups only the server knows. Under one `fsid` the server serves one path for both, so say another one in the spec or there.",
        why: "A client may read and write in another file system than the one that it has mounted.",
        examples: None,
    };

    EXPORT_HIDES = Entry {
        name: "export-hides",
        level: Warning,
        title: "an export shows a dataset that the spec does not name as empty",
        explanation: "Every dataset is a file system of its own, and an export without `crossmnt` shows one. Clients see an empty folder where the host has the dataset. `crossmnt` shows it, too; or name it in the spec, with an `export` of its own.",
        why: "A client finds an empty folder where the files are, and writes into it, on the dataset above.",
        examples: None,
    };
}
