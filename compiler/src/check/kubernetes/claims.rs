//! Whether what claims are promised is there: against the quotas of the datasets that volumes lie in, and against what one
//! machine can have.

use super::Checker;
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::{
        grammar::Kind,
        spec::{Block, Setting},
    },
    source::Place,
};
use phoenix_graph::{
    Bytes, DatasetName, Key, KubernetesClass, KubernetesCluster, KubernetesNamespace, Resource, Snapshots,
    check::claims::{Claimed, claimed, limit},
    kind::Reclaim,
    kubernetes::VOLUMES_OF_A_NODE,
};

/// The most promises that one diagnostic shows.
const SHOWN: usize = 3;

impl<'a> Checker<'_, 'a, '_> {
    /// Looks at what claims are promised of each dataset.
    pub(super) fn look_at_claims(&mut self, block: &Block<'a>) {
        let claimed = claimed(&self.resources);
        for one in &claimed {
            self.look_at_limit(block, one);
        }
        for class in self.told(|resource| match resource {
            Resource::KubernetesClass(class) => Some(class.clone()),
            _ => None,
        }) {
            self.look_at_snapshots(block, &class, &claimed);
        }
        let namespaces: Vec<KubernetesNamespace> = self.told(|resource| match resource {
            Resource::KubernetesNamespace(one) => Some(one.clone()),
            _ => None,
        });
        for namespace in &namespaces {
            self.look_at_largest(block, namespace, &claimed);
        }
        let cluster = self.told(|resource| match resource {
            Resource::KubernetesCluster(one) => Some(one.clone()),
            _ => None,
        });
        if let Some(cluster) = cluster.first() {
            self.look_at_attachments(block, cluster, &namespaces);
            self.look_at_nodes(block, cluster, &claimed);
        }
    }

    fn told<T>(&self, of: impl Fn(&Resource) -> Option<T>) -> Vec<T> {
        self.resources.iter().filter_map(of).collect()
    }

    /// Pushes a lint that is about a node in a cluster, unless it is allowed there.
    fn lint_of(&mut self, of: &Block<'a>, setting: Option<&Setting<'a>>, diagnostic: Diagnostic) {
        let via = setting.map_or(of.via, |setting| setting.via);
        let diagnostic = self.vias.label(diagnostic, via);
        self.allowing(&of.allow, |checker| checker.lint(diagnostic));
    }

    /// Looks at a dataset: that it has a quota, and that this is not promised twice.
    fn look_at_limit(&mut self, cluster: &Block<'a>, claimed: &Claimed) {
        let Claimed { dataset, classes, namespaces, limit } = claimed;
        let named = |class: &&Block<'a>| classes.iter().any(|name| class.name() == Some(name));
        let Some(class) = cluster.of(Kind::Class).find(named) else { return };
        let Some((quota, over)) = limit else {
            if self.unsure.contains(dataset) {
                return;
            }
            let message = format!("nothing limits the volumes in `{dataset}`");
            let diagnostic = Diagnostic::new(code::CLASS_WITHOUT_QUOTA, message)
                .at(class.place, "volumes of this class")
                .help(format!("give `{dataset}` a `quota`: quotas of namespaces know nothing of the pool"));
            let diagnostic = self.at_dataset(diagnostic, dataset, "no `quota` here or above");
            return self.lint_of(class, None, diagnostic);
        };
        let sum = claimed.sum();
        if sum <= *quota {
            return;
        }
        let message = format!(
            "namespaces may claim {} in `{dataset}`, which has {} at most",
            Bytes(sum),
            Bytes(*quota)
        );
        let mut diagnostic = Diagnostic::new(code::CLAIMS_OVER_QUOTA, message)
            .at(class.place, "volumes of this class")
            .help("lower `total` or `of-class` of the namespaces, or raise the quota; where it is meant, `allow \"claims-over-quota\"`");
        if let Some((place, ..)) = self.quotas.get(over) {
            diagnostic = diagnostic.at(*place, format!("{} at most", Bytes(*quota)));
        }
        for (bytes, name) in namespaces.iter().take(SHOWN) {
            if let Some(place) = self.place_of_namespace(name) {
                diagnostic = diagnostic.at(place, format!("{} of it", Bytes(*bytes)));
            }
        }
        self.lint_of(class, None, diagnostic);
    }

    fn at_dataset(&self, diagnostic: Diagnostic, dataset: &DatasetName, label: &str) -> Diagnostic {
        match self.places.get(&Key::Dataset(dataset.clone())) {
            Some(place) => diagnostic.at(*place, label),
            None => diagnostic,
        }
    }

    fn place_of_namespace(&self, name: &str) -> Option<Place> {
        self.places.get(&Key::KubernetesNamespace(name.into())).copied()
    }

    /// Tells of snapshots by the clock that go with the claim.
    fn look_at_snapshots(&mut self, cluster: &Block<'a>, class: &KubernetesClass, claimed: &[Claimed]) {
        if class.reclaim == Reclaim::Retain {
            return;
        }
        let Some(of) = claimed.iter().find(|one| one.classes.contains(&class.name)) else { return };
        let covers = |one: &Snapshots| {
            one.children
                && one.schedule.takes_any()
                && (one.dataset == of.dataset || of.dataset.is_below(&one.dataset))
        };
        let schedule = self.resources.iter().find_map(|resource| match resource {
            Resource::Snapshots(one) if covers(one) => Some(resource.key()),
            _ => None,
        });
        let Some(schedule) = schedule else { return };
        let Some(block) = cluster.of(Kind::Class).find(|block| block.name() == Some(&class.name)) else {
            return;
        };
        let message = format!("whoever deletes a claim of `{}` deletes its snapshots", class.name);
        let mut diagnostic = Diagnostic::new(code::SNAPSHOTS_GO_WITH_CLAIMS, message)
            .at(block.place, "a volume is destroyed with all its snapshots")
            .help("say `reclaim=\"Retain\"`, and destroy by hand what nobody needs");
        if let Some(place) = self.places.get(&schedule) {
            diagnostic = diagnostic.at(*place, "they are taken here");
        }
        self.lint_of(block, None, diagnostic);
    }

    /// Tells of a claim that is allowed and fits nowhere.
    fn look_at_largest(&mut self, cluster: &Block<'a>, namespace: &KubernetesNamespace, claimed: &[Claimed]) {
        let Some(most) = namespace.per_claim.max else { return };
        let may = |class: &str| {
            let total = namespace.classes.get(class);
            total.and_then(|total| total.storage).is_none_or(|storage| storage.0 > 0)
        };
        let open = claimed.iter().filter(|one| one.classes.iter().any(|class| may(class)));
        let Some(quota) = open
            .map(|one| one.limit.as_ref().map(|(quota, _)| *quota))
            .try_fold(None, |largest: Option<u64>, quota| Some(largest.max(Some(quota?))))
        else {
            return;
        };
        let Some(quota) = quota.filter(|quota| most.0 > *quota) else { return };
        let is_it = |block: &&Block<'a>| block.name() == Some(&namespace.name);
        let Some(block) = cluster.of(Kind::Namespace).find(is_it) else { return };
        let Some(inner) = block.of(Kind::PerClaim).next() else { return };
        let setting = inner.setting("max");
        let place = setting.map_or(inner.place, Setting::whole);
        let message = format!("a claim of {most} fits into no class: {} at most", Bytes(quota));
        let diagnostic = Diagnostic::new(code::CLAIM_NEVER_FITS, message)
            .at(place, "allowed, and never met")
            .help("lower `max`, or raise the quota of the dataset");
        self.allowing(&block.allow, |checker| checker.lint_of(inner, setting, diagnostic));
    }

    /// Tells of more claims than the machines can have.
    fn look_at_attachments(
        &mut self,
        cluster: &Block<'a>,
        told: &KubernetesCluster,
        namespaces: &[KubernetesNamespace],
    ) {
        let (Some(nodes), Some(block)) = (&told.nodes, cluster.of(Kind::Nodes).next()) else { return };
        let most = u64::from(nodes.count) * VOLUMES_OF_A_NODE;
        let claims: u64 = namespaces.iter().filter_map(|one| one.total.claims).sum();
        if claims <= most {
            return;
        }
        let message = format!("{claims} claims are allowed, and the machines can have {most}");
        let diagnostic = Diagnostic::new(code::CLAIMS_OVER_ATTACHMENTS, message)
            .at(block.place, format!("{VOLUMES_OF_A_NODE} volumes of each"))
            .help("lower `claims` of the namespaces, or have more machines");
        self.lint_of(block, None, diagnostic);
    }

    /// Holds what machines need against the quotas of what it lies on.
    fn look_at_nodes(&mut self, cluster: &Block<'a>, told: &KubernetesCluster, claimed: &[Claimed]) {
        let (Some(nodes), Some(block)) = (&told.nodes, cluster.of(Kind::Nodes).next()) else { return };
        let dataset = nodes.on.as_ref().and_then(|on| {
            self.resources.iter().find_map(|resource| match resource {
                Resource::Storage(storage) if storage.id == *on => storage.dataset.clone(),
                _ => None,
            })
        });
        let disks = dataset.and_then(|dataset| limit(&self.resources, &dataset));
        if let Some((quota, over)) = disks.filter(|(quota, _)| nodes.disks() > *quota) {
            let message = format!(
                "the machines' own disks come to {}, and `{over}` has {} at most",
                Bytes(nodes.disks()),
                Bytes(quota)
            );
            let diagnostic = Diagnostic::new(code::NODES_OVER_QUOTA, message)
                .at(block.place, "system and containers of each")
                .help("raise the quota, or have fewer or smaller machines");
            let diagnostic = match self.quotas.get(&over) {
                Some((place, ..)) => diagnostic.at(*place, format!("{} at most", Bytes(quota))),
                None => diagnostic,
            };
            self.lint_of(block, None, diagnostic);
        }
        let limits: Option<Vec<u64>> =
            claimed.iter().map(|one| one.limit.as_ref().map(|(quota, _)| *quota)).collect();
        let there = limits.map(|limits| limits.into_iter().fold(0_u64, u64::saturating_add));
        if let Some(there) = there.filter(|there| nodes.claims() > *there) {
            let message = format!(
                "the machines need {} for claims, and the classes have {}",
                Bytes(nodes.claims()),
                Bytes(there)
            );
            let diagnostic = Diagnostic::new(code::NODES_OVER_QUOTA, message)
                .at(block.setting("volumes").map_or(block.place, Setting::whole), "for the claims of each")
                .help("raise the quotas of the datasets that the classes lie on, or have fewer machines");
            self.lint_of(block, None, diagnostic);
        }
    }
}
