//! What a start says of virtiofs devices.

use phoenix_sim::{pvesh::Site, qm};

/// A node with the mappings of this text, whose folders are `/srv` and all below it.
struct Node(&'static str);

impl Site for Node {
    fn node(&self) -> String {
        "lab".to_owned()
    }
    fn lock(&mut self) -> Result<(), String> {
        Ok(())
    }
    fn read(&mut self) -> Result<Option<String>, String> {
        Ok(Some(self.0.to_owned()))
    }
    fn write(&mut self, _: &str) -> Result<(), String> {
        Err("a start writes no mapping".to_owned())
    }
    fn digest(&mut self, _: &str) -> Result<String, String> {
        Ok(String::new())
    }
    fn exists(&self, path: &str) -> bool {
        path.starts_with("/srv")
    }
    fn is_folder(&self, path: &str) -> bool {
        path.starts_with("/srv") && path != "/srv/file"
    }
}

const MAPPINGS: &str = "data\n\tmap node=lab,path=/srv/data\n\tmap node=other,path=/none\n\n\
    gone\n\tmap node=lab,path=/none\n\nfile\n\tmap node=lab,path=/srv/file\n\n\
    away\n\tmap node=other,path=/srv\n\ntwice\n\tmap node=lab,path=/srv\n\tmap node=lab,path=/srv\n";

#[test]
fn a_start_says_what_is_wrong_with_the_devices() {
    let starts = |text: &str, has_virtiofsd: bool| qm::startable(text, &mut Node(MAPPINGS), has_virtiofsd);
    let windows = "Please disable ACLs for virtiofs on Windows VMs, otherwise the virtiofs shared directory cannot be mounted.";
    for (text, why) in [
        ("hotplug: memory\n", None),
        ("memory: 512\nvirtiofs0: data\n", None),
        ("memory: 512\nostype: win11\nvirtiofs0: data\n", None),
        ("memory: 512\nostype: l26\nvirtiofs0: data,expose-acl=1\n", None),
        ("memory: 512\nostype: win11\nvirtiofs0: data,expose-acl=on\n", Some(windows)),
        ("ostype: wxp\nvirtiofs0: gone,expose-acl=1\n", Some(windows)),
        ("ostype: win11\nvirtiofs0: none,expose-acl=1\n", Some("Directory ID none does not exist.")),
        ("virtiofs0: data\nvirtiofs1: away\n", Some("No directory mapping for node lab.")),
        ("virtiofs0: twice\n", Some("More than than one directory mapping for node lab.")),
        ("virtiofs0: gone\n", Some("directory mapping invalid: Path /none does not exist\n")),
        (
            "virtiofs0: file\n",
            Some("directory mapping invalid: Path /srv/file exists, but is not a directory\n"),
        ),
        ("hotplug: disk,memory\nvirtiofs0: none\n", Some("NUMA needs to be enabled for memory hotplug")),
        (
            "hotplug: disk,memory\nnuma: 1\nvirtiofs0: none\n",
            Some("Memory hotplug does not work in combination with virtio-fs."),
        ),
        ("hotplug: disk,network\nmemory: 512\nvirtiofs0: data\n", None),
        // Without a size of its own QEMU is told of none.
        ("virtiofs0: data\n", Some("start failed: QEMU exited with code 1")),
        ("memory: current=512\nvirtiofs0: data\n", Some("start failed: QEMU exited with code 1")),
        ("numa: 1\nvirtiofs0: data\n", None),
        // What waits is not in force.
        ("memory: 512\n\n[PENDING]\nvirtiofs0: none\n", None),
    ] {
        assert_eq!(starts(text, true).err().as_deref(), why, "{text}");
    }
    let missing = "start failed: virtiofsd is not installed. To use virtio-fs, install virtiofsd via apt.";
    assert_eq!(starts("virtiofs0: data\n", false).unwrap_err(), missing);
    assert_eq!(
        starts("virtiofs0: gone\n", false).unwrap_err(),
        "directory mapping invalid: Path /none does not exist\n"
    );
    assert_eq!(starts("cores: 1\n", false), Ok(()));
}
