//! The rules of `pvesh` below `/cluster/mapping/dir` against what Proxmox's sources say (`PVE::Mapping::Dir`,
//! `PVE::API2::Cluster::Mapping::Dir`, `PVE::SectionConfig`).

use phoenix_sim::pvesh::{self, NodeMap, Outcome, Site};

/// A node whose folders are `/srv` and all below it, but for a file there.
struct Node {
    file: Option<String>,
    busy: bool,
}

impl Site for Node {
    fn node(&self) -> String {
        "lab".to_owned()
    }
    fn lock(&mut self) -> Result<(), String> {
        let why = "error during cfs-locked 'file-mapping_directory_cfg' operation: got lock request timeout";
        if self.busy { Err(why.to_owned()) } else { Ok(()) }
    }
    fn read(&mut self) -> Result<Option<String>, String> {
        Ok(self.file.clone())
    }
    fn write(&mut self, text: &str) -> Result<(), String> {
        self.file = Some(text.to_owned());
        Ok(())
    }
    fn digest(&mut self, text: &str) -> Result<String, String> {
        Ok(format!("sum{}", text.len()))
    }
    fn exists(&self, path: &str) -> bool {
        path.starts_with("/srv")
    }
    fn is_folder(&self, path: &str) -> bool {
        path.starts_with("/srv") && path != "/srv/file"
    }
}

fn run(file: Option<&str>, words: &[&str]) -> (Outcome, Option<String>) {
    let mut node = Node { file: file.map(str::to_owned), busy: false };
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    (pvesh::run(&words, &mut node), node.file)
}

/// A case: what it is, the file, the arguments, and what comes of it.
struct Case(&'static str, &'static str, &'static [&'static str], Ends);

enum Ends {
    /// The file after, of which nothing is said.
    With(&'static str),
    /// The file after, and what is warned of.
    Warning(&'static str, &'static str),
    /// Nothing is written.
    Failing(&'static str),
}

use Ends::{Failing, Warning, With};

const DIR: &str = "/cluster/mapping/dir";
const DATA: &str = "/cluster/mapping/dir/data";
const HERE: &str = "node=lab,path=/srv/a";
const THERE: &str = "node=other,path=/none";
const ONE: &str = "data\n\tmap node=lab,path=/srv/a\n\n";
const TWO: &str =
    "data\n\tmap node=lab,path=/srv/a\n\nmore\n\tmap node=other,path=/x\n\tdescription for all\n\n";

const CREATE_USE: &str = "pvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]";

const CASES: &[Case] = &[
    // create
    Case("the first", "", &["create", DIR, "--id", "data", "--map", HERE], With(ONE)),
    Case("an equals sign", "", &["create", DIR, "--id=data", "--map=node=lab,path=/srv/a"], With(ONE)),
    Case("slashes", "", &["create", "cluster//mapping/dir/", "-id", "data", "-map", HERE], With(ONE)),
    Case("as JSON", "", &["create", DIR, "--id", "data", "--map", HERE, "--output-format", "json", "--quiet"], With(ONE)),
    Case("two nodes keep their order", "", &["create", DIR, "--id", "data", "--map", THERE, "--map", HERE],
        With("data\n\tmap node=other,path=/none\n\tmap node=lab,path=/srv/a\n\n")),
    Case("a line as it was given", "", &["create", DIR, "--id", "data", "--map", "path=/srv/a b,,node=lab"],
        With("data\n\tmap path=/srv/a b,,node=lab\n\n")),
    Case("a description comes last", "", &["create", DIR, "--description", "for all", "--id", "data", "--map", HERE],
        With("data\n\tmap node=lab,path=/srv/a\n\tdescription for all\n\n")),
    Case("a description of nothing", "", &["create", DIR, "--description", "", "--id", "data", "--map", HERE], With(ONE)),
    Case("a new one comes last", TWO, &["create", DIR, "--id", "also", "--map", HERE],
        With("data\n\tmap node=lab,path=/srv/a\n\nmore\n\tmap node=other,path=/x\n\tdescription for all\n\nalso\n\tmap node=lab,path=/srv/a\n\n")),
    Case("there already", ONE, &["create", DIR, "--id", "data", "--map", HERE],
        Failing("create directory mapping failed: dir ID 'data' already defined\n")),
    Case("only another node has it", "", &["create", DIR, "--id", "data", "--map", THERE],
        With("data\n\tmap node=other,path=/none\n\n")),
    Case("no folder here (`assert_valid`)", "", &["create", DIR, "--id", "data", "--map", "node=lab,path=/none"],
        Failing("Path /none does not exist\n")),
    Case("a file here", "", &["create", DIR, "--id", "data", "--map", "node=lab,path=/srv/file"],
        Failing("Path /srv/file exists, but is not a directory\n")),
    Case("a node twice (`assert_valid_map_list`)", "", &["create", DIR, "--id", "data", "--map", THERE, "--map", THERE, "--map", HERE],
        Failing("Node 'other' is specified 2 times.\n")),
    Case("a path is looked for before a node is counted", "", &["create", DIR, "--id", "data", "--map", THERE, "--map", THERE, "--map", "node=lab,path=/none"],
        Failing("Path /none does not exist\n")),
    Case("a sign after the first (`pve_verify_path`)", "", &["create", DIR, "--id", "data", "--map", "node=lab,path=/srv/a=(b);c"],
        With("data\n\tmap node=lab,path=/srv/a=(b);c\n\n")),
    Case("the root", "", &["create", DIR, "--id", "data", "--map", "node=lab,path=/"],
        Failing("400 Parameter verification failed.\nmap[0]: invalid format - format error\nmap[0].path: invalid format - Value does not look like a valid absolute path. These symbols are currently not allowed in path: ;,=()\n\n\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("no absolute path", "", &["create", DIR, "--id", "data", "--map", HERE, "--map", "node=other,path=srv"],
        Failing("400 Parameter verification failed.\nmap[1]: invalid format - format error\nmap[1].path: invalid format - Value does not look like a valid absolute path. These symbols are currently not allowed in path: ;,=()\n\n\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("a comma in a path", "", &["create", DIR, "--id", "data", "--map", "node=lab,path=/srv/a,b"],
        Failing("400 Parameter verification failed.\nmap[0]: invalid format - value without key, but schema does not define a default key\n\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("no node, no path", "", &["create", DIR, "--id", "data", "--map", ""],
        Failing("400 Parameter verification failed.\nmap[0]: invalid format - format error\nmap[0].node: property is missing and it is not optional\nmap[0].path: property is missing and it is not optional\n\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("no node's name", "", &["create", DIR, "--id", "data", "--map", "node=a_b,path=/srv"],
        Failing("400 Parameter verification failed.\nmap[0]: invalid format - format error\nmap[0].node: invalid format - value does not look like a valid node name\n\n\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("a key nobody knows", "", &["create", DIR, "--id", "data", "--map", "node=lab,path=/srv,x=1"],
        Failing("400 Parameter verification failed.\nmap[0]: invalid format - format error\nmap[0].x: property is not defined in schema and the schema does not allow additional properties\n\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("a key twice", "", &["create", DIR, "--id", "data", "--map", "node=lab,node=lab,path=/srv"],
        Failing("400 Parameter verification failed.\nmap[0]: invalid format - duplicate key in comma-separated list property: node\n\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("no id, no line", "", &["create", DIR],
        Failing("400 Parameter verification failed.\nid: property is missing and it is not optional\nmap: property is missing and it is not optional\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("an id of one sign", "", &["create", DIR, "--id", "d", "--map", HERE],
        Failing("400 Parameter verification failed.\nid: invalid format - invalid configuration ID 'd'\n\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("a description of lines (`check_value`)", "", &["create", DIR, "--description", "a\nb", "--id", "data", "--map", HERE],
        Failing("property contains a line feed\n")),
    Case("what create does not take", "", &["create", DIR, "--id", "data", "--map", HERE, "--digest", "x"],
        Failing("Unknown option: digest\n400 unable to parse option\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("a word too many", "", &["create", DIR, "data", "--id", "data", "--map", HERE],
        Failing("400 too many arguments\npvesh create <api_path> --id <string> --map <array> [OPTIONS] [FORMAT_OPTIONS]\n")),
    // set
    Case("other lines", ONE, &["set", DATA, "--map", THERE, "--map", "node=lab,path=/srv/b"],
        With("data\n\tmap node=other,path=/none\n\tmap node=lab,path=/srv/b\n\n")),
    Case("at its place, with its description", "more\n\tdescription for all\n\tmap node=other,path=/x\n\ndata\n\tmap node=lab,path=/srv\n",
        &["set", "/cluster/mapping/dir/more", "--map", HERE],
        With("more\n\tmap node=lab,path=/srv/a\n\tdescription for all\n\ndata\n\tmap node=lab,path=/srv\n\n")),
    Case("its description goes", TWO, &["set", "/cluster/mapping/dir/more", "--map", THERE, "--delete", "description"],
        With("data\n\tmap node=lab,path=/srv/a\n\nmore\n\tmap node=other,path=/none\n\n")),
    Case("without lines (`check_config`)", ONE, &["set", DATA, "--description", "x"],
        Failing("update directory mapping failed: missing value for required option 'map'\n")),
    Case("not there", ONE, &["set", "/cluster/mapping/dir/none", "--map", HERE],
        Failing("update directory mapping failed: dir ID 'none' does not exist\n")),
    Case("no folder here", ONE, &["set", DATA, "--map", "node=lab,path=/none"],
        Failing("update directory mapping failed: Path /none does not exist\n")),
    Case("the digest", ONE, &["set", DATA, "--map", THERE, "--digest", "sum32"], With("data\n\tmap node=other,path=/none\n\n")),
    Case("another digest, before all else", ONE, &["set", "/cluster/mapping/dir/none", "--digest", "sum0"],
        Failing("update directory mapping failed: detected modified configuration - file changed by other user? Try again.\n")),
    Case("no digest", ONE, &["set", DATA, "--map", HERE, "--digest", ""], With(ONE)),
    Case("its lines cannot go (`delete_from_config`)", ONE, &["set", DATA, "--map", HERE, "--delete", "map"],
        Failing("update directory mapping failed: unable to delete required option 'map'\n")),
    Case("what nobody knows cannot go", ONE, &["set", DATA, "--map", HERE, "--delete", "comment"],
        Failing("update directory mapping failed: no such option 'comment'\n")),
    Case("set and deleted", ONE, &["set", DATA, "--map", HERE, "--description", "x", "--delete", "description"],
        Failing("update directory mapping failed: cannot set and delete property 'description' at the same time!\n")),
    Case("its id is in the path", ONE, &["set", DATA, "--id", "data", "--map", HERE],
        Failing("Unknown option: id\n400 unable to parse option\npvesh set <api_path> [OPTIONS] [FORMAT_OPTIONS]\n")),
    Case("a path of no id", ONE, &["set", "/cluster/mapping/dir/9", "--map", HERE],
        Failing("400 Parameter verification failed.\nid: invalid format - invalid configuration ID '9'\n\npvesh set <api_path> [OPTIONS] [FORMAT_OPTIONS]\n")),
    // delete
    Case("deleted", TWO, &["delete", DATA], With("more\n\tmap node=other,path=/x\n\tdescription for all\n\n")),
    Case("the last is deleted", ONE, &["delete", DATA], With("")),
    Case("deleted where it is not, and written anew", "#x\ndata\n\tmap node=lab,path=/srv/a\n", &["delete", "/cluster/mapping/dir/none"], With(ONE)),
    // What a write loses (`parse_config`).
    Case("comments", "# a\ndata\n # b\n\tmap node=lab,path=/srv/a\n\n", &["delete", "/cluster/mapping/dir/none"], With(ONE)),
    Case("properties nobody knows", "data\n\tmap node=lab,path=/srv/a\n\tcomment x\n\tid data\n\ttype dir\n\ttype dir\n\tnonsense\nodd\n\n",
        &["delete", "/cluster/mapping/dir/none"], Warning(ONE, "\
file /etc/pve/mapping/directory.cfg line 3 (section 'data') - unable to parse value of 'comment': unknown property type
file /etc/pve/mapping/directory.cfg line 4 (section 'data') - unable to parse value of 'id': unexpected property 'id'
file /etc/pve/mapping/directory.cfg line 6 (section 'data') - unable to parse value of 'type': duplicate attribute
file /etc/pve/mapping/directory.cfg line 7 (section 'data') - unable to parse value of 'nonsense': unknown property type
file /etc/pve/mapping/directory.cfg line 8 (section 'data') - ignore config line: odd
")),
    Case("lines that cannot be read", "data\n\tmap node=lab,path=/srv/a\n\tmap node=lab\n\tmap\n\tdescription\n\n",
        &["delete", "/cluster/mapping/dir/none"], Warning(ONE, "\
file /etc/pve/mapping/directory.cfg line 3 (section 'data') - unable to parse value of 'map': invalid format - format error
path: property is missing and it is not optional

file /etc/pve/mapping/directory.cfg line 4 (section 'data') - unable to parse value of 'map': got undefined value
file /etc/pve/mapping/directory.cfg line 5 (section 'data') - unable to parse value of 'description': got undefined value
")),
    Case("an id that is none", "9x\n\tmap node=lab,path=/x\n\ndir: x\n\ndata\n\tmap node=lab,path=/srv/a\n\n",
        &["delete", "/cluster/mapping/dir/none"], Warning(ONE, "\
file /etc/pve/mapping/directory.cfg line 1 (skip section '9x'): invalid configuration ID '9x'
file /etc/pve/mapping/directory.cfg line 4 - ignore config line: dir: x
")),
    Case("of two with one id the later stays, there", "data\n\tmap node=lab,path=/x\n\nmore\n\tmap node=lab,path=/y\n\ndata\n\tmap node=lab,path=/z\n",
        &["delete", "/cluster/mapping/dir/none"],
        With("more\n\tmap node=lab,path=/y\n\ndata\n\tmap node=lab,path=/z\n\n")),
    Case("no empty line between two", "data\n\tmap node=lab,path=/srv/a\nmore\n\tmap node=other,path=/x\n", &["delete", "/cluster/mapping/dir/none"],
        Warning("data\n\tmap node=lab,path=/srv/a\n\tmap node=other,path=/x\n\n",
            "file /etc/pve/mapping/directory.cfg line 3 (section 'data') - ignore config line: more\n")),
    Case("without lines, nothing is written any more", "data\n\tdescription x\n\n", &["create", DIR, "--id", "more", "--map", HERE],
        Failing("file /etc/pve/mapping/directory.cfg line 2 (skip section 'data'): missing value for required option 'map'\ncreate directory mapping failed: unknown section type ''\n")),
    Case("without lines, it cannot be deleted", "data\n", &["delete", DATA],
        Failing("file /etc/pve/mapping/directory.cfg line 1 (skip section 'data'): missing value for required option 'map'\ndelete dir mapping failed: unknown section type ''\n")),
    Case("without lines, it cannot be set", "data\n", &["set", DATA, "--map", HERE],
        Failing("file /etc/pve/mapping/directory.cfg line 1 (skip section 'data'): missing value for required option 'map'\nupdate directory mapping failed: dir ID 'data' does not exist\n")),
    Case("without lines, it can be made anew, at its place", "data\n\nmore\n\tmap node=other,path=/x\n", &["create", DIR, "--id", "data", "--map", HERE],
        Warning("data\n\tmap node=lab,path=/srv/a\n\nmore\n\tmap node=other,path=/x\n\n",
            "file /etc/pve/mapping/directory.cfg line 1 (skip section 'data'): missing value for required option 'map'\n")),
];

#[test]
fn does_what_proxmoxs_sources_say() {
    for Case(name, before, words, ends) in CASES {
        let (outcome, file) = run(Some(before), words);
        let (status, stderr, after) = match ends {
            With(after) => (0, "", after),
            Warning(after, warned) => (0, *warned, after),
            Failing(said) => (255, *said, before),
        };
        assert_eq!((outcome.status, &*outcome.stderr), (status, stderr), "{name}");
        assert_eq!(file.as_deref(), Some(*after), "{name}");
        assert_eq!(outcome.stdout, "", "{name}");
    }
}

#[test]
fn what_is_elsewhere_is_refused_aloud() {
    let said = |words: &[&str]| {
        let (outcome, file) = run(None, words);
        assert_eq!(file, None);
        (outcome.status, outcome.stderr)
    };
    assert_eq!(said(&["set", DIR, "--map", HERE]), (1, format!("No 'set' handler defined for '{DIR}'\n")));
    assert_eq!(said(&["create", DATA]), (1, format!("No 'create' handler defined for '{DATA}'\n")));
    assert_eq!(said(&["delete", DIR]), (1, format!("No 'delete' handler defined for '{DIR}'\n")));
    for words in [&["get", DIR][..], &["create", "/storage"], &["create", "/cluster/mapping/pci"], &[]] {
        assert_eq!(said(words).0, 255, "{words:?}");
    }
    let long = "x".repeat(4097);
    let (status, why) = said(&["create", DIR, "--id", "data", "--map", HERE, "--description", &long]);
    let begin = "400 Parameter verification failed.\ndescription: value may only be 4096 characters long\n";
    assert_eq!((status, why), (255, format!("{begin}{CREATE_USE}\n")));
}

#[test]
fn a_file_that_is_not_there_is_made_and_a_lock_that_is_held_is_waited_for() {
    assert_eq!(run(None, &["create", DIR, "--id", "data", "--map", HERE]).1.as_deref(), Some(ONE));
    assert_eq!(run(None, &["delete", DATA]).1.as_deref(), Some(""));
    let mut busy = Node { file: None, busy: true };
    let outcome = pvesh::run(&["delete".to_owned(), DATA.to_owned()], &mut busy);
    let said = "delete dir mapping failed: error during cfs-locked 'file-mapping_directory_cfg' operation: got lock request timeout\n";
    assert_eq!(outcome.stderr, said);
}

#[test]
fn a_node_finds_its_folder() {
    let text = "data\n\tmap node=lab,path=/srv/a\n\tmap node=other,path=/x\n\ntwice\n\tmap node=lab,path=/a\n\tmap node=lab,path=/b\n\nnone\n";
    let find = |id: &str, node: &str| pvesh::find(Some(text), id, node);
    assert_eq!(find("data", "other").unwrap(), "/x");
    assert_eq!(find("data", "third").unwrap_err(), "No directory mapping for node third.");
    assert_eq!(find("twice", "lab").unwrap_err(), "More than than one directory mapping for node lab.");
    assert_eq!(find("none", "lab").unwrap_err(), "Directory ID none does not exist.");
    let map = |node: &str, path: &str| NodeMap { node: node.into(), path: path.into() };
    assert_eq!(pvesh::node_maps(text)["data"], [map("lab", "/srv/a"), map("other", "/x")]);
}

#[test]
fn what_was_written_is_written_the_same_again_and_means_the_same() {
    const LINES: [&str; 11] = [
        "",
        "0",
        "# said",
        "data",
        "more",
        "9x",
        "\tmap node=lab,path=/srv/a",
        "\tmap path=/b,,node=other",
        "\tdescription  for all ",
        "\ttype dir",
        "  ",
    ];
    let mut texts = vec![String::new()];
    for _ in 0..5 {
        let longer = |text: &String| LINES.map(|line| format!("{text}{line}\n"));
        texts = texts.iter().flat_map(longer).collect();
        for text in &texts {
            let again = |text: &str| run(Some(text), &["delete", "/cluster/mapping/dir/none"]);
            let (outcome, file) = again(text);
            let file = file.unwrap();
            // Where a mapping has no line, nothing is written.
            if outcome.status != 0 {
                assert_eq!(&file, text);
                continue;
            }
            assert_eq!(again(&file), (Outcome::default(), Some(file.clone())), "{text}");
            assert_eq!(pvesh::node_maps(&file), pvesh::node_maps(text), "{text}");
        }
    }
}
