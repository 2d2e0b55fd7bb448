//! What a mount over NFS says, held against the network that the machine's own configuration gives it.

use super::from::at;
use crate::{code, draft::Draft};
use phoenix_graph::{
    GuestMount, Key,
    code::Code,
    export::reach::{Exports, Way},
};
use phoenix_host::observed::{MachineState, Network};
use std::net::{IpAddr, Ipv4Addr};

/// Tells where a machine cannot have what it is to mount, by the addresses that it has.
pub fn look(
    draft: &mut Draft<'_>,
    key: &Key,
    mount: &GuestMount,
    state: &MachineState,
    exports: &Exports<'_>,
) {
    let Some(network) = &state.network else { return };
    if let Some((code, text)) = wrong(mount, network, exports) {
        draft.warn(key, code, text);
    }
}

fn wrong(mount: &GuestMount, network: &Network, exports: &Exports<'_>) -> Option<(Code, String)> {
    let machine = mount.machine;
    let no_way = |text: String| Some((code::MACHINE_HAS_NO_WAY, text));
    let has: Vec<String> = network.interfaces.iter().map(ToString::to_string).collect();
    let has = if has.is_empty() { "no address of IPv4".to_owned() } else { has.join(" and ") };
    let said: Option<IpAddr> = mount.address.as_deref().and_then(|text| text.parse().ok());
    let all = || network.interfaces.iter().map(|one| one.address);
    if let Some(IpAddr::V4(said)) = said
        && all().all(|own| own != said)
    {
        return Some((
            code::MACHINE_OTHER_ADDRESS,
            format!("machine {machine} is said to have {said}, and its configuration gives it {has}"),
        ));
    }
    let server: Ipv4Addr = mount.mount.server.parse().ok()?;
    if all().any(|own| own == server) {
        return no_way(format!(
            "{server} is machine {machine} itself, not this host: its configuration says so"
        ));
    }
    let from = network.towards(server);
    if from.is_empty() {
        return no_way(format!(
            "machine {machine} does not reach {server}: its configuration gives it {has}, and no gateway"
        ));
    }
    if let Some(IpAddr::V4(said)) = said
        && !from.contains(&said)
    {
        let speaks = from.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        return Some((
            code::MACHINE_OTHER_ADDRESS,
            format!(
                "machine {machine} speaks to {server} from {speaks}, not from {said}: the export sees that"
            ),
        ));
    }
    if said.is_some() {
        return None;
    }
    let source = mount.source_path();
    let mut reasons = from.iter().map(|own| {
        let asked = at(mount, *own);
        match Way::find(exports, asked.asks(&mount.path, &source)) {
            Err(no_way) => Some((code::MACHINE_HAS_NO_WAY, no_way.to_string())),
            Ok(way) if way.what != &*mount.mount.what => {
                let text = format!("for {own} it is {}, not {}", way.what, mount.mount.what);
                Some((code::MACHINE_HAS_NO_WAY, text))
            }
            Ok(way) => less(mount, &way, *own, exports),
        }
    });
    let (code, first) = reasons.next()??;
    reasons
        .all(|reason| reason.is_some())
        .then(|| (code, format!("machine {machine} has {has} by its configuration, and {first}")))
}

/// Says what the client that an address is taken for is not given, and the mount counts on. What holds for whoever the
/// machine may be the compiler has told.
fn less(mount: &GuestMount, way: &Way<'_>, own: Ipv4Addr, exports: &Exports<'_>) -> Option<(Code, String)> {
    let source = mount.source_path();
    let told = Way::find(exports, mount.asks(&mount.path, &source)).ok();
    let options = &mount.mount.options;
    let flavour = options.sec.map(|flavour| flavour.to_string());
    if let Some(flavour) = flavour.as_deref().filter(|flavour| !way.takes(flavour)) {
        let text = format!("the export of {} takes no `sec={flavour}` from {own}", way.export);
        return Some((code::MACHINE_HAS_NO_WAY, text));
    }
    if let (None, Some(flavours)) = (&flavour, way.kerberos_alone())
        && told.as_ref().is_none_or(|told| told.kerberos_alone().is_none())
    {
        let text = format!(
            "the export of {} takes from {own} Kerberos alone (`sec={}`), which the spec does not say of the machine",
            way.export,
            flavours.join(":")
        );
        return Some((code::MACHINE_HAS_NO_WAY, text));
    }
    let only_reads = |way: &Way<'_>| way.is_read_only(flavour.as_deref());
    (!options.ro && only_reads(way) && told.is_none_or(|told| !only_reads(&told))).then(|| {
        let text = format!("the export of {} gives it to {own} only to read: say `ro`", way.export);
        (code::CANNOT_WRITE, text)
    })
}
