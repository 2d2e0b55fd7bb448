//! A network with clients of the machine's NFS server on it: network namespaces, each with an address and a host name of
//! its own, since the kernel's client tells a server who it is by that.

use phoenix_lab::{Output, Session};

/// The machine's end of a network of 254 addresses, and the clients on it.
pub struct Network {
    /// The machine's own address.
    pub server: &'static str,
    /// The clients' addresses.
    pub clients: &'static [&'static str],
}

impl Network {
    /// Sets the network up; it is gone with the power.
    #[track_caller]
    pub fn connect(&self, lab: &Session) {
        let clients = self.clients.join(" ");
        let server = self.server;
        lab.ok(&format!(
            "set -e; modprobe bridge; modprobe veth
             ip link add lan type bridge; ip address add {server}/24 dev lan; ip link set lan up
             for client in {clients}; do
                 ip netns add $client
                 ip link add port-${{client##*.}} type veth peer name eth0 netns $client
                 ip link set port-${{client##*.}} master lan up
                 ip -n $client link set lo up
                 ip -n $client address add $client/24 dev eth0
                 ip -n $client link set eth0 up
             done"
        ));
    }

    /// Has a client mount a path, however that ends: in a folder of the machine's that is named after client and path.
    pub fn try_mount(&self, lab: &Session, client: &str, version: &str, path: &str) -> Output {
        let at = at(client, path);
        let lock = if version == "3" { ",nolock" } else { "" };
        let mount = format!("mount -t nfs -o vers={version}{lock} {}:{path} {at}", self.server);
        let enter = format!("nsenter --net=/run/netns/{client} unshare --uts");
        lab.run(&format!("mkdir -p {at} && {enter} sh -c 'hostname client-{client} && exec {mount}'"))
    }

    /// Has a client mount a path, and returns where that is.
    #[track_caller]
    pub fn mount(&self, lab: &Session, client: &str, version: &str, path: &str) -> String {
        let mounted = self.try_mount(lab, client, version, path);
        assert!(mounted.ok(), "{client} mounts {path} by {version}: {mounted}");
        let at = at(client, path);
        let is = lab.ok(&format!("findmnt --noheadings --output OPTIONS --mountpoint {at}"));
        let wanted = [format!("vers={version}"), format!("addr={}", self.server)];
        assert!(wanted.iter().all(|word| is.split(',').any(|one| one == word)), "{is}");
        at
    }

    /// Takes away what clients have mounted.
    #[track_caller]
    pub fn unmount(&self, lab: &Session) {
        lab.ok("umount -a -t nfs,nfs4");
    }
}

fn at(client: &str, path: &str) -> String {
    format!("/mnt/{client}{path}")
}
