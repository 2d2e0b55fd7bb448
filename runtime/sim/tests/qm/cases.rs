//! The cases of `qm set`.

/// The digest of each file.
pub const DIGEST: &str = "0123456789012345678901234567890123456789";

/// A case: where the sources say it, whether the machine runs, the file, what is asked for, and what comes of it: the
/// file after, or how it fails. A file that is not written is the one before.
pub struct Case(pub &'static str, pub Runs, pub &'static str, pub &'static [&'static str], pub Ends);

pub enum Runs {
    Off,
    Up,
}

pub enum Ends {
    With(&'static str),
    Same,
    Failing(u8, &'static str),
}

use Ends::{Failing, Same, With};
use Runs::{Off, Up};

pub const PLAIN: &str = "memory: 2048\nname: vm\n";
pub const SHARED: &str = "memory: 2048\nname: vm\nvirtiofs0: data\n";
pub const WAITS: &str = "memory: 2048\nname: vm\nvirtiofs0: data\n\n[PENDING]\nvirtiofs0: data,cache=never\n";
pub const NEW_WAITS: &str = "memory: 2048\nname: vm\n\n[PENDING]\nvirtiofs0: data\n";
pub const GOES: &str = "memory: 2048\nname: vm\nvirtiofs0: data\n\n[PENDING]\ndelete: virtiofs0\n";

pub const CASES: &[Case] = &[
    // A machine that is off (`vmconfig_apply_pending`).
    Case("in force at once", Off, PLAIN, &["--virtiofs0", "data"], With(SHARED)),
    Case("one dash", Off, PLAIN, &["-virtiofs0", "data"], With(SHARED)),
    Case("with an equals sign", Off, PLAIN, &["--virtiofs0=data"], With(SHARED)),
    Case(
        "kept as given",
        Off,
        PLAIN,
        &["--virtiofs9", "expose-acl=yes,dirid=data,cache=auto"],
        With("memory: 2048\nname: vm\nvirtiofs9: expose-acl=yes,dirid=data,cache=auto\n"),
    ),
    Case(
        "an empty part is passed over",
        Off,
        PLAIN,
        &["--virtiofs0", "data,,cache=never, "],
        With("memory: 2048\nname: vm\nvirtiofs0: data,,cache=never,\n"),
    ),
    Case(
        "two at once",
        Off,
        PLAIN,
        &["--virtiofs1", "b2", "--virtiofs0", "a1"],
        With("memory: 2048\nname: vm\nvirtiofs0: a1\nvirtiofs1: b2\n"),
    ),
    Case("the last of two", Off, PLAIN, &["--virtiofs0", "other", "--virtiofs0", "data"], With(SHARED)),
    Case(
        "changed",
        Off,
        SHARED,
        &["--virtiofs0", "data,direct-io=1"],
        With("memory: 2048\nname: vm\nvirtiofs0: data,direct-io=1\n"),
    ),
    Case("the same again", Off, SHARED, &["--virtiofs0", "data"], With(SHARED)),
    Case("a machine of no text", Off, "", &["--virtiofs0", "data"], With("virtiofs0: data\n")),
    Case("deleted", Off, SHARED, &["--delete", "virtiofs0"], With(PLAIN)),
    Case(
        "two deleted",
        Off,
        "virtiofs0: a1\nvirtiofs1: b2\nvirtiofs2: c3\n",
        &["--delete", "virtiofs0,virtiofs2"],
        With("virtiofs1: b2\n"),
    ),
    Case(
        "deleted by two words",
        Off,
        "virtiofs0: a1\nvirtiofs1: b2\n",
        &["--delete", "virtiofs0", "--delete", "virtiofs1"],
        With(""),
    ),
    Case(
        "one deleted, one set",
        Off,
        SHARED,
        &["--virtiofs1", "b2", "--delete", "virtiofs0"],
        With("memory: 2048\nname: vm\nvirtiofs1: b2\n"),
    ),
    Case("deleted where it is not", Off, PLAIN, &["--delete", "virtiofs0"], Same),
    Case(
        "deleted where it is not, beside what waits",
        Off,
        NEW_WAITS,
        &["--delete", "virtiofs7"],
        With(SHARED),
    ),
    Case(
        "all that waits comes with it",
        Off,
        "cores: 1\nonboot: 1\n\n[PENDING]\ncores: 2\ndelete: onboot\n",
        &["--virtiofs0", "data"],
        With("cores: 2\nvirtiofs0: data\n"),
    ),
    Case(
        "what goes goes first",
        Off,
        "virtiofs0: a1\n\n[PENDING]\ndelete: virtiofs0\nvirtiofs0: b2\n",
        &["--virtiofs1", "c3"],
        With("virtiofs0: b2\nvirtiofs1: c3\n"),
    ),
    Case(
        "a disk that waits to go is kept",
        Off,
        "scsi1: local:vm-1-disk-1,size=4G\n\n[PENDING]\ndelete: scsi1\n",
        &["--virtiofs0", "data"],
        With("unused0: local:vm-1-disk-1\nvirtiofs0: data\n"),
    ),
    Case(
        "a disk that goes for good is not kept",
        Off,
        "scsi1: local:vm-1-disk-1\n\n[PENDING]\ndelete: !scsi1\n",
        &["--virtiofs0", "data"],
        With("virtiofs0: data\n"),
    ),
    // A machine that runs (`vmconfig_hotplug_pending`).
    Case("a new one waits", Up, PLAIN, &["--virtiofs0", "data"], With(NEW_WAITS)),
    Case("a change waits", Up, SHARED, &["--virtiofs0", "data,cache=never"], With(WAITS)),
    Case(
        "the same again takes back what waits (`cleanup_pending`)",
        Up,
        WAITS,
        &["--virtiofs0", "data"],
        With(SHARED),
    ),
    Case("the same again takes back that it goes", Up, GOES, &["--virtiofs0", "data"], With(SHARED)),
    Case("the same again as it waits", Up, NEW_WAITS, &["--virtiofs0", "data"], With(NEW_WAITS)),
    Case(
        "another spelling is another value",
        Up,
        SHARED,
        &["--virtiofs0", "dirid=data"],
        With("memory: 2048\nname: vm\nvirtiofs0: data\n\n[PENDING]\nvirtiofs0: dirid=data\n"),
    ),
    Case("it goes at the next start", Up, SHARED, &["--delete", "virtiofs0"], With(GOES)),
    Case("it goes, and its change does not wait any more", Up, WAITS, &["--delete", "virtiofs0"], With(GOES)),
    Case("what only waits is dropped", Up, NEW_WAITS, &["--delete", "virtiofs0"], With(PLAIN)),
    Case("deleted where it is not, up", Up, PLAIN, &["--delete", "virtiofs0"], Same),
    Case(
        "what is in force at once comes with it",
        Up,
        "name: a\n\n[PENDING]\ncores: 2\nname: b\n",
        &["--virtiofs0", "data"],
        With("name: b\n\n[PENDING]\ncores: 2\nvirtiofs0: data\n"),
    ),
    Case(
        "what goes keeps its order and its marks",
        Up,
        "cores: 1\nscsi1: l:a\n\n[PENDING]\ndelete: scsi1;cores\n",
        &["--virtiofs0", "data"],
        With("cores: 1\nscsi1: l:a\n\n[PENDING]\ndelete: scsi1;cores\nvirtiofs0: data\n"),
    ),
    Case(
        "what goes is sorted where one is added",
        Up,
        "cores: 1\nscsi1: l:a\nvirtiofs0: data\n\n[PENDING]\ndelete: !scsi1 cores\n",
        &["--delete", "virtiofs0"],
        With("cores: 1\nscsi1: l:a\nvirtiofs0: data\n\n[PENDING]\ndelete: cores,!scsi1,virtiofs0\n"),
    ),
    // What is reverted (`load_and_check_config`).
    Case("a change is reverted", Up, WAITS, &["--revert", "virtiofs0"], With(SHARED)),
    Case("that it goes is reverted", Up, GOES, &["--revert", "virtiofs0"], With(SHARED)),
    Case("a new one is reverted", Up, NEW_WAITS, &["--revert", "virtiofs0"], With(PLAIN)),
    Case("nothing to revert", Up, PLAIN, &["--revert", "virtiofs0"], Same),
    Case(
        "nothing waits of it, and it is written anew",
        Up,
        "virtiofs0: data\nmemory: 2048\nname: vm\n",
        &["--revert", "virtiofs0"],
        With(SHARED),
    ),
    Case(
        "reverted while it is off, what else waits comes",
        Off,
        "virtiofs0: a1\n\n[PENDING]\ncores: 2\nvirtiofs0: b2\n",
        &["--revert", "virtiofs0"],
        With("cores: 2\nvirtiofs0: a1\n"),
    ),
    // What a write keeps, and what it loses (`parse_vm_config`, `write_vm_config`).
    Case("settings are sorted", Off, "name: vm\nmemory: 2048\n", &["--virtiofs0", "data"], With(SHARED)),
    Case(
        "what nobody knows is lost",
        Off,
        "memory: 2048\nfuture: 1\nname: vm\nnet32: virtio\nnonsense\n cores: 1\n",
        &["--virtiofs0", "data"],
        With(SHARED),
    ),
    Case(
        "what cannot be read is lost",
        Off,
        "cores: two\ncpulimit: 1.\nmemory: 2048\nname: vm\nonboot: perhaps\nvirtiofs1: data,cache=warm\n",
        &["--virtiofs0", "data"],
        With(SHARED),
    ),
    Case(
        "a value gets one spelling (`check_type`)",
        Off,
        "args: \"-a b\"\ncdrom: none,media=cdrom\ncores: 02\nonboot: Yes\ncpulimit: 1.50\n",
        &["--virtiofs0", "data"],
        With("args: -a b\ncores: 2\ncpulimit: 1.50\nide2: none,media=cdrom\nonboot: 1\nvirtiofs0: data\n"),
    ),
    Case(
        "a description goes to the top",
        Off,
        "memory: 2048\n#a%3A b\n#\n#c ü\n#\nname: vm\n",
        &["--virtiofs0", "data"],
        With("#a%3A b\n#\n#c %C3%BC\nmemory: 2048\nname: vm\nvirtiofs0: data\n"),
    ),
    Case(
        "a description of nothing is lost",
        Off,
        "#\nmemory: 2048\nname: vm\n",
        &["--virtiofs0", "data"],
        With(SHARED),
    ),
    Case(
        "a template is one",
        Off,
        "memory: 2048\ntemplate: 1\n",
        &["--virtiofs0", "data"],
        With("memory: 2048\ntemplate: 1\nvirtiofs0: data\n"),
    ),
    Case(
        "snapshots stay, sorted",
        Off,
        "name: vm\n\n[two]\nname: b\nvirtiofs0: old\n\n[one]\n#said\nsnaptime: 1\nname: a\n",
        &["--virtiofs0", "data"],
        With(
            "name: vm\nvirtiofs0: data\n\n[one]\n#said\nname: a\nsnaptime: 1\n\n[two]\nname: b\nvirtiofs0: old\n",
        ),
    ),
    Case(
        "special sections stay",
        Up,
        "ide2: local:vm-1-cloudinit,media=cdrom\n\n[snap]\nname: a\n\n[special:fleecing]\nfleecing-images: l:a\n\n[special:cloudinit]\nname: a\nodd: 1\n\n[pending]\ncores: 2\n",
        &["--virtiofs0", "data"],
        With(
            "ide2: local:vm-1-cloudinit,media=cdrom\n\n[PENDING]\ncores: 2\nvirtiofs0: data\n\n[special:cloudinit]\nname: a\nodd: 1\n\n[special:fleecing]\nfleecing-images: l:a\n\n[snap]\nname: a\n",
        ),
    ),
    Case(
        "cloud-init's section is lost without its disk",
        Off,
        "name: vm\n\n[special:cloudinit]\nname: a\n",
        &["--virtiofs0", "data"],
        With("name: vm\nvirtiofs0: data\n"),
    ),
    Case(
        "a section of a strange name is lost",
        Off,
        "name: vm\n\n[x]\ncores: 1\n\n[special:odd]\ncores: 2\n\n[snap]\ncores: 3\n",
        &["--virtiofs0", "data"],
        With("name: vm\nvirtiofs0: data\n\n[snap]\ncores: 3\n"),
    ),
    Case(
        "of two sections of one name the later stays",
        Off,
        "name: vm\n\n[snap]\ncores: 1\n\n[snap]\nname: b\n",
        &["--virtiofs0", "data"],
        With("name: vm\nvirtiofs0: data\n\n[snap]\nname: b\n"),
    ),
    Case(
        "lines may end with a return",
        Off,
        "memory: 2048\r\nname: vm\r\n",
        &["--virtiofs0", "data"],
        With(SHARED),
    ),
    // What is refused.
    Case("nothing asked for", Off, PLAIN, &[], Failing(2, "no options specified")),
    Case("locked", Off, "lock: backup\n", &["--virtiofs0", "data"], Failing(255, "VM is locked (backup)")),
    Case(
        "locked, reverted",
        Up,
        "lock: backup\n",
        &["--revert", "virtiofs0"],
        Failing(255, "VM is locked (backup)"),
    ),
    Case(
        "another digest",
        Off,
        PLAIN,
        &["--virtiofs0", "data", "--digest", "0000"],
        Failing(255, "checksum mismatch (file change by other user?)"),
    ),
    Case(
        "the digest is asked for before the lock",
        Off,
        "lock: backup\n",
        &["--virtiofs0", "data", "--digest", "00"],
        Failing(255, "checksum mismatch (file change by other user?)"),
    ),
    Case("the digest", Off, PLAIN, &["--virtiofs0", "data", "--digest", DIGEST], With(SHARED)),
    Case(
        "no digest is so long",
        Off,
        PLAIN,
        &["--virtiofs0", "data", "--digest", "01234567890123456789012345678901234567890"],
        Failing(
            2,
            "400 Parameter verification failed.\ndigest: value may only be 40 characters long\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case("no digest", Off, PLAIN, &["--virtiofs0", "data", "--digest", ""], With(SHARED)),
    Case(
        "one too many",
        Off,
        PLAIN,
        &["--virtiofs10", "data"],
        Failing(2, "Unknown option: virtiofs10\n400 unable to parse option\nqm set <vmid> [OPTIONS]"),
    ),
    Case(
        "a number of two signs",
        Off,
        PLAIN,
        &["--virtiofs00", "data"],
        Failing(2, "Unknown option: virtiofs00\n400 unable to parse option\nqm set <vmid> [OPTIONS]"),
    ),
    Case(
        "a word too many",
        Off,
        PLAIN,
        &["data"],
        Failing(2, "400 too many arguments\nqm set <vmid> [OPTIONS]"),
    ),
    Case(
        "what these rules leave out",
        Off,
        PLAIN,
        &["--memory", "512"],
        Failing(255, "these rules of qm know virtiofs devices alone, and no 'memory'"),
    ),
    Case(
        "what these rules leave out, deleted",
        Off,
        PLAIN,
        &["--delete", "name"],
        Failing(255, "these rules of qm know virtiofs devices alone, and no 'name'"),
    ),
    Case(
        "no mapping (`check_object`)",
        Off,
        PLAIN,
        &["--virtiofs0", "cache=auto"],
        Failing(
            2,
            "400 Parameter verification failed.\nvirtiofs0: invalid format - format error\nvirtiofs0.dirid: property is missing and it is not optional\n\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "nothing at all",
        Off,
        PLAIN,
        &["--virtiofs0", ""],
        Failing(
            2,
            "400 Parameter verification failed.\nvirtiofs0: invalid format - format error\nvirtiofs0.dirid: property is missing and it is not optional\n\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "a mapping's name of one sign",
        Off,
        PLAIN,
        &["--virtiofs0", "d"],
        Failing(
            2,
            "400 Parameter verification failed.\nvirtiofs0: invalid format - format error\nvirtiofs0.dirid: invalid format - invalid configuration ID 'd'\n\n\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "a key nobody knows",
        Off,
        PLAIN,
        &["--virtiofs0", "data,tag=x"],
        Failing(
            2,
            "400 Parameter verification failed.\nvirtiofs0: invalid format - format error\nvirtiofs0.tag: property is not defined in schema and the schema does not allow additional properties\n\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "a cache that is none",
        Off,
        PLAIN,
        &["--virtiofs0", "data,cache=warm"],
        Failing(
            2,
            "400 Parameter verification failed.\nvirtiofs0: invalid format - format error\nvirtiofs0.cache: value 'warm' does not have a value in the enumeration 'auto, always, metadata, never'\n\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "neither on nor off",
        Off,
        PLAIN,
        &["--virtiofs0", "data,expose-xattr=2"],
        Failing(
            2,
            "400 Parameter verification failed.\nvirtiofs0: invalid format - format error\nvirtiofs0.expose-xattr: type check ('boolean') failed - got '2'\n\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "a key twice (`parse_property_string`)",
        Off,
        PLAIN,
        &["--virtiofs0", "data,cache=auto,cache=auto"],
        Failing(
            2,
            "400 Parameter verification failed.\nvirtiofs0: invalid format - duplicate key in comma-separated list property: cache\n\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "the default key twice",
        Off,
        PLAIN,
        &["--virtiofs0", "data,other"],
        Failing(
            2,
            "400 Parameter verification failed.\nvirtiofs0: invalid format - duplicate key in comma-separated list property: dirid\n\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "the default key, and by its name",
        Off,
        PLAIN,
        &["--virtiofs0", "data,dirid=data"],
        Failing(
            2,
            "400 Parameter verification failed.\nvirtiofs0: invalid format - duplicate key in comma-separated list property: dirid\n\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "a key without a value",
        Off,
        PLAIN,
        &["--virtiofs0", "data,cache="],
        Failing(
            2,
            "400 Parameter verification failed.\nvirtiofs0: invalid format - missing key in comma-separated list property\n\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "set and deleted",
        Off,
        SHARED,
        &["--virtiofs0", "x1", "--delete", "virtiofs0"],
        Failing(
            255,
            "400 Parameter verification failed.\ndelete: you can't use '-virtiofs0' and -delete virtiofs0' at the same time\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "set and reverted",
        Off,
        SHARED,
        &["--virtiofs0", "x1", "--revert", "virtiofs0"],
        Failing(
            255,
            "400 Parameter verification failed.\ndelete: you can't use '-virtiofs0' and -revert virtiofs0' at the same time\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "deleted and reverted",
        Off,
        SHARED,
        &["--delete", "virtiofs0", "--revert", "virtiofs0"],
        Failing(
            255,
            "400 Parameter verification failed.\nrevert: you can't use '-delete virtiofs0' and -revert virtiofs0' at the same time\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "deleted that nobody knows",
        Off,
        SHARED,
        &["--delete", "virtiofsx"],
        Failing(
            255,
            "400 Parameter verification failed.\ndelete: unknown option 'virtiofsx'\nqm set <vmid> [OPTIONS]",
        ),
    ),
    Case(
        "reverted that nobody knows",
        Off,
        SHARED,
        &["--revert", "virtiofsx"],
        Failing(
            255,
            "400 Parameter verification failed.\nrevert: unknown option 'virtiofsx'\nqm set <vmid> [OPTIONS]",
        ),
    ),
];
