//! How a client reaches a path on the server: through which export, as which of its clients, and by which name.
//!
//! Names of hosts, wildcards and netgroups are resolved by the server alone: such a client may be any machine.

use super::{
    ExportOptions, Fsid,
    addresses::Addresses,
    overlap::{Network, Overlap, overlap},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// The clients of one export, each with its options.
pub type Clients = BTreeMap<Box<str>, ExportOptions>;

/// The exports of a host, by their paths.
pub type Exports<'a> = BTreeMap<&'a str, &'a Clients>;

/// Who wants to reach what.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Where the file system is mounted on the server.
    pub mounted: &'a str,
    /// The path wanted: that, or one inside.
    pub path: &'a str,
    /// The client's address, where it is known.
    pub address: Option<IpAddr>,
    /// Whether it speaks version 4, which begins at the root of all exports.
    pub from_root: bool,
}

/// The way to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way<'a> {
    /// The path of the export that it leads through.
    pub export: &'a str,
    /// The clients of the export that this one may be, one at least.
    pub clients: Vec<(&'a str, &'a ExportOptions)>,
    /// What the client asks the server for.
    pub what: &'a str,
    /// The path of the export that is the root of all which it sees by version 4 (`fsid=0`), where there is one.
    pub root: Option<&'a str>,
}

/// Says why there is no way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWay {
    /// Nothing at or above it is exported.
    #[error("{0} is not exported")]
    NotExported(Box<str>),
    /// What is exported above it does not lead into what is mounted below.
    #[error("{path} is not exported, and the export of {above} shows nothing that is mounted below it")]
    NotCrossed {
        path: Box<str>,
        /// The export.
        above: Box<str>,
    },
    /// The address is no client of the export.
    #[error("{address} is no client of the export of {export}")]
    NoClient { address: IpAddr, export: Box<str> },
    /// With `fsid=0` version 4 sees nothing outside of that export.
    #[error("{path} is not below {root}, which is the root of what version 4 sees (`fsid=0`)")]
    OutsideRoot { path: Box<str>, root: Box<str> },
    /// Whether that holds for the client is not known.
    #[error(
        "{0} is the root of what some clients see by version 4 (`fsid=0`), and this one may be such a client"
    )]
    UnsureRoot(Box<str>),
    /// With one root of all exports version 4 has none for those whom that is not exported to.
    #[error("{0} is the root of all that version 4 shows (`fsid=0`), and is not exported to it")]
    NoRoot(Box<str>),
}

impl<'a> Way<'a> {
    /// Finds the way to a path.
    ///
    /// # Errors
    /// [`NoWay`]
    pub fn find(exports: &Exports<'a>, asked: Asked<'a>) -> Result<Self, NoWay> {
        Self::find_beside(exports, &Exports::new(), asked)
    }

    /// Finds the way to a path where there are exports of others beside: one of them may be the root of all.
    ///
    /// # Errors
    /// [`NoWay`]
    pub fn find_beside(exports: &Exports<'a>, others: &Exports<'a>, asked: Asked<'a>) -> Result<Self, NoWay> {
        let Asked { mounted, path, address, from_root } = asked;
        let nearest = above(mounted).find_map(|at| exports.get_key_value(at));
        let (&export, clients) = nearest.ok_or_else(|| NoWay::NotExported(mounted.into()))?;
        let clients = may_be(clients, address).ok_or_else(|| match address {
            Some(address) => NoWay::NoClient { address, export: export.into() },
            None => NoWay::NotExported(mounted.into()),
        })?;
        let clients = clients.clients;
        if export != mounted && !clients.iter().any(|(_, options)| options.contains("crossmnt")) {
            return Err(NoWay::NotCrossed { path: mounted.into(), above: export.into() });
        }
        let root = if from_root { root([exports, others], address, &clients)? } else { None };
        let what = match root {
            None | Some("/") => path,
            Some(root) if path == root => "/",
            Some(root) => path
                .strip_prefix(root)
                .filter(|rest| rest.starts_with('/'))
                .ok_or_else(|| NoWay::OutsideRoot { path: path.into(), root: root.into() })?,
        };
        Ok(Self { export, clients, what, root })
    }

    /// Finds where version 4 gets stuck between the root of all exports and what is asked for: at a file system that is
    /// mounted between them, exported to nobody there, and that no export above leads into.
    pub fn stuck<'p>(
        &self,
        exports: [&Exports<'_>; 2],
        asked: Asked<'_>,
        places: impl IntoIterator<Item = &'p str>,
    ) -> Option<&'p str> {
        let root = self.root?;
        let given = |at: &str| {
            exports.iter().filter_map(|all| all.get(at)).find_map(|all| may_be(all, asked.address))
        };
        let led = |at: &str| {
            let crosses =
                |one: MayBe<'_>| one.clients.iter().any(|(_, options)| options.contains("crossmnt"));
            given(at).is_some() || above(at).find_map(given).is_some_and(crosses)
        };
        let mut between = places.into_iter().filter(|at| is_below(at, root) && is_below(asked.mounted, at));
        between.find(|at| !led(at))
    }

    /// Returns whether what is mounted below the path is seen through it, too, by what the export says by itself.
    #[must_use]
    pub fn crosses(&self) -> bool {
        self.clients.iter().any(|(_, options)| options.contains("crossmnt"))
    }

    /// Returns whether the server may take this security flavour.
    #[must_use]
    pub fn takes(&self, flavour: &str) -> bool {
        self.clients.iter().any(|(_, options)| options.flavours().any(|one| one == flavour))
    }

    /// Lists the security flavours that the server takes, each once, where the one is not among them that needs nothing
    /// of a client (`sys`).
    #[must_use]
    pub fn kerberos_alone(&self) -> Option<Vec<&'a str>> {
        let mut taken: Vec<&str> = Vec::new();
        for flavour in self.clients.iter().flat_map(|(_, options)| options.flavours()) {
            if !taken.contains(&flavour) {
                taken.push(flavour);
            }
        }
        (!taken.is_empty() && !taken.contains(&"sys")).then_some(taken)
    }

    /// Returns whether all that it leads to is only to read, by a security flavour, or by every one.
    #[must_use]
    pub fn is_read_only(&self, flavour: Option<&str>) -> bool {
        self.clients.iter().all(|(_, options)| options.holds_by("ro", flavour))
    }
}

/// Returns whether a client may see a file system that is mounted below what it has mounted, since that is exported to
/// it, too: by version 4 always, by version 3 with `nohide`.
#[must_use]
pub fn is_shown(exports: &Exports<'_>, asked: Asked<'_>) -> bool {
    let own = exports.get(asked.mounted).and_then(|clients| may_be(clients, asked.address));
    own.is_some_and(|own| {
        own.clients.iter().any(|(_, options)| asked.from_root || options.contains("nohide"))
    })
}

/// Says which clients of nearer exports see what is mounted at a path below an export, where not every machine of a
/// client of that export does; nothing where all may, since what some names stand for the server alone knows.
#[must_use]
pub fn seen_by<'a>(
    exports: &Exports<'a>,
    export: &str,
    client: &str,
    path: &str,
) -> Option<BTreeSet<&'a str>> {
    let nearer = above(path).take_while(|at| *at != export).filter_map(|at| exports.get(at));
    let given: BTreeSet<&str> = nearer.flat_map(|clients| clients.keys()).map(|name| &**name).collect();
    let meeting: BTreeSet<&str> =
        given.into_iter().filter(|other| overlap(client, other) != Overlap::Never).collect();
    let Some(mut left) = Addresses::of(client) else { return meeting.is_empty().then_some(meeting) };
    // A machine that the export names apart is not taken for this client.
    let apart = exports.get(export).into_iter().flat_map(|clients| clients.keys());
    let apart = apart.map(|name| &**name).filter(|other| rank(other) < rank(client));
    for other in apart.chain(meeting.iter().copied()) {
        match Network::read(other) {
            Some(network) => left = left.without(network),
            None if other == "*" => return None,
            // A name stands for some of all machines, and may stand for all of some.
            None if client != "*" && meeting.contains(other) => return None,
            None => {}
        }
    }
    (!left.is_empty()).then_some(meeting)
}

/// Returns whether a path lies below another; it does not lie below itself.
fn is_below(path: &str, top: &str) -> bool {
    path.strip_prefix(top.trim_end_matches('/')).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
}

/// Lists a path and those above it, the nearest first.
fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |&path| match path.rsplit_once('/')? {
        ("", "") => None,
        ("", _) => Some("/"),
        (above, _) => Some(above),
    })
}

/// Finds the export that is the root of all for a client which is one of these of another export.
fn root<'a>(
    exports: [&Exports<'a>; 2],
    address: Option<IpAddr>,
    clients: &[(&'a str, &'a ExportOptions)],
) -> Result<Option<&'a str>, NoWay> {
    let is_root = |options: &ExportOptions| Fsid::of(options) == Some(Fsid::ROOT);
    let (mut found, mut any) = (None, None);
    for (&path, all) in exports.into_iter().flatten().filter(|(_, all)| all.values().any(is_root)) {
        any.get_or_insert(path);
        let Some(here) = may_be(all, address).filter(|here| here.clients.iter().any(|(_, o)| is_root(o)))
        else {
            continue;
        };
        let meets = |(name, _): &(&str, _)| {
            here.clients.iter().any(|(root, _)| overlap(name, root) != Overlap::Never)
        };
        if address.is_none() && !clients.iter().any(meets) {
            continue;
        }
        let all_here = here.clients.iter().all(|(_, options)| is_root(options));
        let everyone = clients.iter().all(|(name, _)| all.get(*name).is_some_and(is_root));
        let sure = all_here && (here.sure || everyone);
        if !sure || found.replace(path).is_some() {
            return Err(NoWay::UnsureRoot(path.into()));
        }
    }
    // So does mountd: as soon as one entry has a root of its own, nobody is shown the one that it makes up.
    match any.filter(|_| found.is_none()) {
        Some(path) => Err(NoWay::NoRoot(path.into())),
        None => Ok(found),
    }
}

/// The clients of an export that a machine may be.
struct MayBe<'a> {
    clients: Vec<(&'a str, &'a ExportOptions)>,
    /// Whether it is one of them for sure.
    sure: bool,
}

/// Finds the clients that a machine of this address may be; nothing where it is none. Of several the server takes a
/// host before a network, and that before what stands for many (`exports(5)`).
fn may_be(clients: &Clients, address: Option<IpAddr>) -> Option<MayBe<'_>> {
    let all = || clients.iter().map(|(name, options)| (&**name, options));
    let Some(address) = address else {
        let found = MayBe { clients: all().collect(), sure: false };
        return (!clients.is_empty()).then_some(found);
    };
    let certain =
        all().filter(|(name, _)| covers(name, address) == Some(true)).map(|(name, _)| rank(name)).min();
    let fits = |name: &str| match (covers(name, address), certain) {
        (Some(is), best) => is && Some(rank(name)) == best,
        (None, Some(best)) => rank(name) < best,
        (None, None) => true,
    };
    let found: Vec<_> = all().filter(|(name, _)| fits(name)).collect();
    let sure = certain.is_some() && found.iter().all(|(name, _)| covers(name, address).is_some());
    (!found.is_empty()).then_some(MayBe { clients: found, sure })
}

/// The order in which the server looks for a client.
fn rank(client: &str) -> u8 {
    match client {
        "*" => 4,
        _ if client.starts_with('@') => 3,
        _ if client.contains('/') => 1,
        _ if client.contains(['*', '?']) => 2,
        _ => 0,
    }
}

/// Returns whether a client covers an address; nothing where only the server can tell.
fn covers(client: &str, address: IpAddr) -> Option<bool> {
    if client == "*" {
        return Some(true);
    }
    Some(Network::read(client)?.meets(address.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(said: &[(&str, &str)]) -> Clients {
        let options = |words: &str| ExportOptions::from_words(words.split(',')).unwrap();
        said.iter().map(|(client, words)| ((*client).into(), options(words))).collect()
    }

    fn asked<'a>(mounted: &'a str, address: &str) -> Asked<'a> {
        Asked { mounted, path: mounted, address: address.parse().ok(), from_root: true }
    }

    fn names(clients: &Clients, address: &str) -> Vec<String> {
        let found = may_be(clients, address.parse().ok());
        found.into_iter().flat_map(|found| found.clients).map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn an_address_is_the_nearest_client_that_covers_it_and_any_that_only_the_server_knows() {
        let all = clients(&[
            ("*", "ro"),
            ("10.0.0.0/24", "rw"),
            ("10.0.0.7", "rw"),
            ("fd00::/64", "rw"),
            ("web.lan", "rw"),
            ("*.lan", "rw"),
            ("@group", "rw"),
        ]);
        assert_eq!(names(&all, "10.0.0.7"), ["10.0.0.7"]);
        assert_eq!(names(&all, "10.0.0.8"), ["10.0.0.0/24", "web.lan"]);
        assert_eq!(names(&all, "fd00::8"), ["fd00::/64", "web.lan"]);
        assert_eq!(names(&all, "10.0.1.8"), ["*", "*.lan", "@group", "web.lan"]);
        assert_eq!(names(&all, "").len(), 7);
        let two = clients(&[("10.0.0.0/24", "rw"), ("fd00::/64", "rw"), ("0.0.0.0/0", "ro"), ("::/0", "ro")]);
        assert_eq!(names(&two, "10.0.0.8"), ["0.0.0.0/0", "10.0.0.0/24"]);
        assert_eq!(names(&two, "fd01::8"), ["::/0"]);
        let one = clients(&[("10.0.0.0/25", "rw")]);
        assert_eq!(names(&one, "10.0.0.127"), ["10.0.0.0/25"]);
        assert_eq!(names(&one, "10.0.0.128"), Vec::<String>::new());
    }

    #[test]
    fn what_is_mounted_below_an_export_is_reached_where_that_leads_on() {
        let (plain, on) = (clients(&[("*", "rw")]), clients(&[("*", "rw,crossmnt")]));
        let exports = |above| Exports::from([("/tank", above)]);
        let way = Way::find(&exports(&on), asked("/tank/a/b", "")).unwrap();
        assert_eq!((way.export, way.what, way.crosses()), ("/tank", "/tank/a/b", true));
        let no_way = Way::find(&exports(&plain), asked("/tank/a", ""));
        assert_eq!(no_way, Err(NoWay::NotCrossed { path: "/tank/a".into(), above: "/tank".into() }));
        let no_way = Way::find(&exports(&on), asked("/tank2", ""));
        assert_eq!(no_way, Err(NoWay::NotExported("/tank2".into())));
        let inside = Asked { path: "/tank/some/where", ..asked("/tank", "") };
        assert_eq!(Way::find(&exports(&plain), inside).unwrap().what, "/tank/some/where");
        let root = Exports::from([("/", &on)]);
        assert_eq!(Way::find(&root, asked("/srv", "")).unwrap().export, "/");
    }

    #[test]
    fn with_a_root_of_all_exports_version_4_begins_there() {
        let root = clients(&[("10.0.0.0/24", "rw,fsid=0,crossmnt")]);
        let (plain, other) = (clients(&[("10.0.0.0/24", "rw")]), clients(&[("10.0.1.0/24", "rw")]));
        let exports =
            Exports::from([("/srv", &root), ("/srv/a", &plain), ("/tank", &plain), ("/far", &other)]);
        let what = |asked: Asked<'static>| Way::find(&exports, asked).map(|way| way.what.to_owned());
        assert_eq!(what(asked("/srv", "10.0.0.2")), Ok("/".to_owned()));
        assert_eq!(what(asked("/srv/a", "10.0.0.2")), Ok("/a".to_owned()));
        assert_eq!(what(asked("/srv/a", "")), Ok("/a".to_owned()));
        assert_eq!(
            what(asked("/tank", "10.0.0.2")),
            Err(NoWay::OutsideRoot { path: "/tank".into(), root: "/srv".into() })
        );
        assert_eq!(what(Asked { from_root: false, ..asked("/tank", "10.0.0.2") }), Ok("/tank".to_owned()));
        // Those whom the root is not exported to are shown nothing.
        assert_eq!(what(asked("/far", "10.0.1.2")), Err(NoWay::NoRoot("/srv".into())));
        assert_eq!(what(asked("/far", "")), Err(NoWay::NoRoot("/srv".into())));
        assert_eq!(what(Asked { from_root: false, ..asked("/far", "10.0.1.2") }), Ok("/far".to_owned()));
        // Nobody knows whether it is in that network.
        let everyone = clients(&[("*", "rw")]);
        let near = Exports::from([("/srv", &root), ("/near", &everyone)]);
        assert_eq!(Way::find(&near, asked("/near", "")), Err(NoWay::UnsureRoot("/srv".into())));
        let by_name = clients(&[("web.lan", "rw,fsid=0"), ("10.0.0.0/24", "rw")]);
        let exports = Exports::from([("/srv", &by_name)]);
        let unsure = Way::find(&exports, asked("/srv", "10.0.0.2"));
        assert_eq!(unsure, Err(NoWay::UnsureRoot("/srv".into())));
    }

    #[test]
    fn a_root_of_others_is_a_root_and_version_4_gets_stuck_at_what_is_mounted_between() {
        let plain = clients(&[("10.0.0.0/24", "rw")]);
        let root = Clients::from([("10.0.0.0/24".into(), ExportOptions::from_etab("ro,fsid=0x0"))]);
        let own = Exports::from([("/srv/a/b", &plain)]);
        let ask = asked("/srv/a/b", "10.0.0.2");
        for (at, expected) in [
            ("/srv", Ok("/a/b")),
            ("/srv/a/b", Ok("/")),
            ("/", Ok("/srv/a/b")),
            ("/tank", Err(NoWay::OutsideRoot { path: "/srv/a/b".into(), root: "/tank".into() })),
        ] {
            let others = Exports::from([(at, &root)]);
            assert_eq!(Way::find_beside(&own, &others, ask).map(|way| way.what), expected, "{at}");
        }
        let stuck = |own: &Exports<'_>, root: &Clients, at| {
            let others = Exports::from([(at, root)]);
            let way = Way::find_beside(own, &others, ask).unwrap();
            way.stuck([own, &others], ask, ["/", "/srv", "/srv/a", "/srv/a/b", "/srv/a/b/c"])
                .map(str::to_owned)
        };
        assert_eq!(stuck(&own, &root, "/srv").as_deref(), Some("/srv/a"));
        assert_eq!(stuck(&own, &root, "/").as_deref(), Some("/srv"));
        let crosses = clients(&[("10.0.0.0/24", "ro,fsid=0,crossmnt")]);
        assert_eq!(stuck(&own, &crosses, "/"), None);
        let led = Exports::from([("/srv/a/b", &plain), ("/srv/a", &plain)]);
        assert_eq!(stuck(&led, &root, "/srv"), None);
    }

    #[test]
    fn what_is_exported_too_is_shown_by_version_4_and_by_version_3_where_it_is_said() {
        let (plain, nohide) = (clients(&[("10.0.0.0/24", "rw")]), clients(&[("10.0.0.0/24", "rw,nohide")]));
        let exports = Exports::from([("/a", &plain), ("/b", &nohide)]);
        let shown =
            |path, address, from_root| is_shown(&exports, Asked { from_root, ..asked(path, address) });
        assert!(shown("/a", "10.0.0.2", true) && shown("/a", "", true) && shown("/b", "10.0.0.2", false));
        assert!(!shown("/a", "10.0.0.2", false) && !shown("/a", "10.0.1.2", true) && !shown("/c", "", true));
    }

    #[test]
    fn what_is_below_is_seen_by_those_machines_that_a_nearer_export_is_given_to() {
        let here = clients(&[("10.0.0.0/24", "rw"), ("10.0.0.9", "rw"), ("web.lan", "rw"), ("*", "ro")]);
        let seen = |below: &[&str], client| {
            let below = clients(&below.iter().map(|name| (*name, "rw")).collect::<Vec<_>>());
            let exports = Exports::from([("/tank", &here), ("/tank/a", &below)]);
            let seen = seen_by(&exports, "/tank", client, "/tank/a/b");
            seen.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>().join(" "))
        };
        for (below, client, expected) in [
            (&["10.0.0.0/24"][..], "10.0.0.0/24", None),
            (&["10.0.0.7"], "10.0.0.0/24", Some("10.0.0.7")),
            (&["10.0.1.7"], "10.0.0.0/24", Some("")),
            (&["10.0.0.0/25", "10.0.0.128/25"], "10.0.0.0/24", None),
            // One is named apart above, and is nobody's loss here.
            (&["10.0.0.0/29", "10.0.0.8", "10.0.0.10/31", "10.0.0.12/30"], "10.0.0.0/28", None),
            (&["*"], "10.0.0.0/24", None),
            (&["0.0.0.0/0"], "10.0.0.0/24", None),
            (&["10.0.0.0/24"], "*", Some("10.0.0.0/24")),
            (&["0.0.0.0/0", "::/0"], "*", None),
            // Names only the server knows: they may be all of a network, and never all there are.
            (&["@group"], "10.0.0.0/24", None),
            (&["10.0.0.7", "*.lan"], "10.0.0.0/24", None),
            (&["@group"], "*", Some("@group")),
            (&["10.0.0.0/24"], "web.lan", None),
            (&["*"], "web.lan", None),
        ] {
            assert_eq!(seen(below, client).as_deref(), expected, "{below:?} {client}");
        }
        let exports = Exports::from([("/tank", &here)]);
        assert_eq!(seen_by(&exports, "/tank", "web.lan", "/tank/a"), Some(BTreeSet::new()));
    }

    #[test]
    fn what_the_server_takes_is_what_one_of_the_clients_has() {
        let said = clients(&[("10.0.0.0/24", "ro,sec=krb5:krb5i"), ("10.0.1.0/24", "rw")]);
        let exports = Exports::from([("/a", &said)]);
        let way = |address| Way::find(&exports, asked("/a", address)).unwrap();
        let near = way("10.0.0.2");
        assert!(near.is_read_only(None) && near.takes("krb5i") && !near.takes("sys"));
        assert!(!way("").is_read_only(None) && way("").takes("sys") && way("").takes("krb5"));
        assert_eq!((near.kerberos_alone(), way("").kerberos_alone()), (Some(vec!["krb5", "krb5i"]), None));
    }
}
