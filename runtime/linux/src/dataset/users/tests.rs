use super::*;
use std::os::unix::fs::symlink;

/// A host's files as they would be: one file system, one volume, and who uses them.
struct Fake {
    folder: tempfile::TempDir,
    paths: LinuxPaths,
}

impl Fake {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = LinuxPaths::below(folder.path());
        let fake = Self { folder, paths };
        fake.write("proc/self/mountinfo", &fake.mountinfo());
        fake.link("proc/self/ns/mnt", "mnt:[1]");
        fake
    }

    /// The folder of the test itself stands for the file system's mount point: its device is real.
    fn mountinfo(&self) -> String {
        let (major, minor) = split(fs::metadata(self.folder.path()).unwrap().dev());
        format!("31 30 {major}:{minor} / {} rw - zfs tank/a rw\n", self.folder.path().join("a").display())
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, name: &str, target: impl AsRef<Path>) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    fn process(&self, pid: u32, command: &str) {
        self.write(&format!("proc/{pid}/cmdline"), &command.replace(' ', "\0"));
        self.write(&format!("proc/{pid}/comm"), command);
        self.write(&format!("proc/{pid}/mountinfo"), &self.mountinfo());
        self.link(&format!("proc/{pid}/ns/mnt"), "mnt:[1]");
    }

    fn users(&self, name: &str, volume: bool) -> Vec<String> {
        let name = DatasetName::new(name).unwrap();
        users(&self.paths, [(&name, volume)]).all.remove(&name).unwrap_or_default()
    }
}

#[test]
fn a_working_folder_and_an_open_file_are_named_and_what_lies_elsewhere_is_not() {
    let fake = Fake::new();
    fake.write("a/file", "");
    fake.process(7, "sleep 100");
    fake.link("proc/7/cwd", fake.folder.path().join("a"));
    fake.process(8, "cat");
    fake.link("proc/8/fd/3", fake.folder.path().join("a/file"));
    fake.process(9, "bash");
    fake.link("proc/9/cwd", "/");
    fake.process(10, "systemd-udevd");
    fake.link("proc/10/cwd", fake.folder.path().join("a"));
    assert_eq!(fake.users("tank/a", false), ["process 7 (sleep 100)", "process 8 (cat)"]);
    assert_eq!(fake.users("tank/b", false), [""; 0]);
}

#[test]
fn what_is_mapped_and_what_clients_have_open_is_told_by_its_device() {
    let fake = Fake::new();
    let (major, minor) = split(fs::metadata(fake.folder.path()).unwrap().dev());
    fake.process(7, "program");
    fake.write("proc/7/maps", &format!("7f00-7f01 r-xp 00000000 {major:02x}:{minor:02x} 34 /a/program\n"));
    fake.write("proc/fs/nfsd/clients/3/info", "clientid: 0x1\naddress: \"10.0.0.7:791\"\n");
    fake.write(
        "proc/fs/nfsd/clients/3/states",
        &format!("- 0x1: {{ type: open, superblock: \"{major:02x}:{minor:02x}:34\", filename: \"f\" }}\n"),
    );
    assert_eq!(fake.users("tank/a", false), ["process 7 (program)", "the NFS client 10.0.0.7:791"]);
}

#[test]
fn another_mount_namespace_is_told_with_its_place() {
    let fake = Fake::new();
    fake.process(7, "guest");
    fake.write("proc/8/mountinfo", "90 80 0:77 / /inside rw - zfs tank/away rw\n");
    fake.write("proc/8/cmdline", "lxc-start");
    fake.link("proc/8/ns/mnt", "mnt:[2]");
    assert_eq!(
        fake.users("tank/away", false),
        ["process 8 (lxc-start), in whose mount namespace it is mounted at /inside"]
    );
}

#[test]
fn what_goes_along_when_it_is_unmounted_here_is_no_use() {
    let fake = Fake::new();
    let line = |fields: &str| fake.mountinfo().replace(" rw - ", &format!(" rw {fields} - "));
    fake.write("proc/self/mountinfo", &line("shared:12"));
    for (pid, fields) in [(7, "master:12"), (8, "shared:12"), (9, "shared:13 master:12"), (10, "shared:77")] {
        fake.write(&format!("proc/{pid}/mountinfo"), &line(fields));
        fake.write(&format!("proc/{pid}/cmdline"), fields);
        fake.link(&format!("proc/{pid}/ns/mnt"), format!("mnt:[{pid}]"));
    }
    let users = fake.users("tank/a", false);
    assert_eq!(users.len(), 1, "{users:?}");
    assert!(users[0].starts_with("process 10 (shared:77), in whose mount namespace"), "{users:?}");
    // Without any field it is private: it stays mounted there.
    fake.write("proc/7/mountinfo", &fake.mountinfo());
    assert_eq!(fake.users("tank/a", false).len(), 2);
}

#[test]
fn what_the_kernel_holds_open_is_told() {
    let fake = Fake::new();
    let place = fake.folder.path().join("a");
    fake.write("sys/block/loop0/loop/backing_file", &format!("{}/img (deleted)\n", place.display()));
    fake.write("sys/block/loop1/loop/backing_file", "/elsewhere/img\n");
    fake.write("sys/block/sda/dev", "8:0\n");
    let object = "sys/kernel/config/target/core/fileio_0/lun";
    fake.write(&format!("{object}/enable"), "1\n");
    fake.write(&format!("{object}/udev_path"), &format!("{}/lun\n", place.display()));
    let nvme = "sys/kernel/config/nvmet/subsystems/nqn.box/namespaces";
    for (space, enabled) in [("1", "1\n"), ("2", "0\n")] {
        fake.write(&format!("{nvme}/{space}/enable"), enabled);
        fake.write(&format!("{nvme}/{space}/device_path"), &format!("{}/disk\n", place.display()));
    }
    fake.write(&format!("{nvme}/3/device_path"), "(null)\n");
    assert_eq!(
        fake.users("tank/a", false),
        [
            "the NVMe target's namespace 1 of nqn.box",
            "the iSCSI target's storage object lun (fileio_0)",
            "the loop device loop0",
        ]
    );
    // What is mounted below it is another file system.
    let inner = format!("{}31 30 0:99 / {}/lun rw - ext4 /dev/sda rw\n", fake.mountinfo(), place.display());
    fake.write("proc/self/mountinfo", &inner);
    fake.write(&format!("{object}/udev_path"), &format!("{}/lun/file\n", place.display()));
    assert_eq!(fake.users("tank/a", false).len(), 2);
}

#[test]
fn a_volume_behind_a_device_of_the_kernel_is_told_by_its_number() {
    let fake = Fake::new();
    fake.write("dev/null", "");
    fake.link("dev/zvol/tank/v", fake.folder.path().join("dev/null"));
    fake.write("sys/block/null/dev", "1:3\n");
    fake.write("sys/block/loop0/loop/backing_file", "/dev/null\n");
    fake.write("sys/block/loop1/loop/backing_file", "/dev/zero\n");
    assert_eq!(fake.users("tank/v", true), ["the loop device loop0"]);
}

#[test]
fn what_lies_over_a_volume_or_is_mounted_from_it_is_told() {
    let fake = Fake::new();
    fake.write("dev/zd0", "");
    fake.link("dev/zvol/tank/v", fake.folder.path().join("dev/zd0"));
    fake.write("sys/block/zd0/dev", "230:0\n");
    fake.write("sys/block/zd0/zd0p1/dev", "230:1\n");
    fake.write("sys/block/zd0/zd0p1/holders/dm-3/dm/name", "vg-root\n");
    fake.write("proc/swaps", "Filename Type\n/dev/zd0 partition 1 0 -2\n");
    fake.write("proc/self/mountinfo", "31 30 230:1 / /mnt rw - ext4 /dev/zd0p1 rw\n");
    assert_eq!(
        fake.users("tank/v", true),
        ["mounted at /mnt", "swap space on it", "the device dm-3 (vg-root) over it"]
    );
    assert_eq!(fake.users("tank/other", true), [""; 0]);
}
