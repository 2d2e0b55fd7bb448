//! Namespaces: what their claims may take, and who may make them.

use super::Checker;
use crate::{
    diagnostic::{Diagnostic, code, did_you_mean, list},
    resolve::{
        grammar::Kind,
        spec::{Block, Said, Scalar, Setting},
    },
};
use phoenix_graph::{
    KubernetesNamespace, Resource,
    kind::{PerClaim, PodSecurity, Total},
    kubernetes::{BLOCK, Right, Subject, name},
};
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Checker<'_, 'a, '_> {
    /// Reads a `namespace`.
    pub(super) fn namespace(&mut self, block: &Block<'a>, cluster: &Block<'a>) {
        self.no_others(block);
        let name = self.named(block, name::namespace);
        let per_claim = self.only(block, Kind::PerClaim);
        let per_claim = per_claim.map(|inner| self.per_claim(inner)).unwrap_or_default();
        let total = self.only(block, Kind::Total).map(|inner| self.total(inner)).unwrap_or_default();
        let mut classes = BTreeMap::new();
        for inner in block.of(Kind::OfClass) {
            if let Some((class, total)) = self.of_class(inner, cluster)
                && classes.insert(class, total).is_some()
            {
                self.twice(inner);
            }
        }
        let mut access = BTreeMap::new();
        for inner in block.of(Kind::Access) {
            if let Some((subject, rights)) = self.access(inner)
                && access.insert(subject, rights).is_some()
            {
                self.twice(inner);
            }
        }
        let pod_security = self.word_of(block, "pod-security", |text| match PodSecurity::find(text) {
            Some(_) => Ok(()),
            None => Err("it is `privileged`, `baseline` or `restricted`"),
        });
        let pod_security = pod_security.as_deref().and_then(PodSecurity::find);
        self.look_at_copies(block);
        let Some(name) = name else { return };
        let what = format!("the namespace `{name}`");
        let namespace = KubernetesNamespace { name, per_claim, total, classes, access, pod_security };
        self.add(Resource::KubernetesNamespace(namespace), block, code::SAID_TWICE, &what);
    }

    /// Tells of snapshots as Kubernetes has them, which the plugin makes with a password alone.
    fn look_at_copies(&mut self, block: &Block<'a>) {
        let none = |said: &Said<'a>| matches!(&said.value, Scalar::Integer(0)) || is(said, "0");
        let counted = block.of(Kind::Total).filter_map(|inner| inner.setting("snapshots"));
        let counted = counted.filter_map(|setting| setting.first.as_ref().filter(|said| !none(said)));
        let given = block.of(Kind::Access).filter_map(|inner| inner.setting("may"));
        let given = given.flat_map(Setting::values).filter(|said| is(said, Right::Snapshot.word()));
        let Some(said) = counted.chain(given).next() else { return };
        let name = block.name().unwrap_or_default();
        let message = format!("snapshots in `{name}` are made with the password of `root@pam` alone");
        let diagnostic = Diagnostic::new(code::SNAPSHOTS_NEED_ROOT, message)
            .at(said.place, "full copies, and by a token none")
            .help("say `snapshots daily=5 children=#true` in the dataset of the class; where it is meant, `allow \"snapshots-need-root\"`");
        let diagnostic = self.vias.label(diagnostic, said.via);
        self.lint(diagnostic);
    }

    fn twice(&mut self, block: &Block<'a>) {
        let what =
            format!("`{} {:?}` stands twice", block.kind.word().word, block.name().unwrap_or_default());
        let diagnostic = Diagnostic::new(code::SAID_TWICE, what).at(block.place, "here again");
        self.tell(block.via, diagnostic);
    }

    fn per_claim(&mut self, block: &Block<'a>) -> PerClaim {
        self.no_others(block);
        let (min, max) = (self.claim_size(block, "min"), self.claim_size(block, "max"));
        let Some(setting) = block.setting("max") else { return PerClaim { min, max } };
        let Some(most) = max else { return PerClaim { min, max } };
        if let Some(said) =
            setting.first.as_ref().filter(|_| most.0 == 0 || min.is_some_and(|min| min > most))
        {
            self.bad_value(setting, said, "no claim has such a size", None);
            return PerClaim::default();
        }
        if !most.0.is_multiple_of(BLOCK) {
            let message =
                format!("a volume of `max` would have more than {most}: sizes are multiples of 512M");
            let diagnostic = Diagnostic::new(code::CLAIM_ROUNDED_UP, message)
                .at(setting.whole(), "rounded up by the plugin")
                .help("say a multiple of 512M");
            let diagnostic = self.vias.label(diagnostic, setting.via);
            self.lint(diagnostic);
        }
        PerClaim { min, max }
    }

    fn total(&mut self, block: &Block<'a>) -> Total {
        self.no_others(block);
        let mut count =
            |name: &str| block.setting(name).and_then(|setting| self.whole(setting, 0, Total::MOST));
        let (claims, snapshots) = (count("claims"), count("snapshots"));
        Total { storage: self.claim_size(block, "storage"), claims, snapshots }
    }

    fn of_class(&mut self, block: &Block<'a>, cluster: &Block<'a>) -> Option<(Box<str>, Total)> {
        let total = self.total(block);
        let arg = block.arg.as_ref()?;
        let class = block.name()?;
        let known = || cluster.of(Kind::Class).filter_map(Block::name);
        if !known().any(|known| known == class) {
            // It may be among what could not be read.
            if !cluster.broken {
                let help = match did_you_mean(class, known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known().next().is_none() => "say the `class` first".to_owned(),
                    None => format!("there are {}", list(known())),
                };
                let diagnostic = Diagnostic::new(code::UNKNOWN_CLASS, format!("there is no class {class:?}"))
                    .at(arg.place, "unknown")
                    .help(help);
                self.push(diagnostic, arg.via);
            }
            return None;
        }
        if total.is_empty() {
            if !block.broken && block.settings.is_empty() && block.unread.is_empty() {
                let diagnostic = Diagnostic::new(code::KUBERNETES_INCOMPLETE, "`of-class` says nothing")
                    .at(block.place, "neither `storage` nor `claims` in here")
                    .help("`of-class \"…\" storage=\"50GiB\" claims=5`; `storage=0` for none");
                self.tell(block.via, diagnostic);
            }
            return None;
        }
        Some((class.into(), total))
    }

    fn access(&mut self, block: &Block<'a>) -> Option<(Subject, BTreeSet<Right>)> {
        self.no_others(block);
        let kind = self.word_of(block, "subject", |text| match Subject::KINDS.contains(&text) {
            true => Ok(()),
            false => Err("it is `group`, `user` or `serviceaccount`"),
        });
        let rights = block.setting("may").map(|setting| self.rights(setting)).unwrap_or_default();
        if rights.is_empty() {
            if block.setting("may").is_none() && !block.broken && block.unread.is_empty() {
                let message = format!("`access` gives {:?} nothing", block.name().unwrap_or_default());
                let diagnostic = Diagnostic::new(code::KUBERNETES_INCOMPLETE, message)
                    .at(block.place, "no right in here")
                    .help("`access \"…\" \"read\" \"claim\"`");
                self.tell(block.via, diagnostic);
            }
            return None;
        }
        let arg = block.arg.as_ref()?;
        let text = block.name()?;
        match Subject::new(kind.as_deref().unwrap_or("group"), text) {
            Ok(subject) => Some((subject, rights)),
            Err(reason) => {
                let diagnostic = Diagnostic::new(code::BAD_NAME, format!("{text:?} is nobody: {reason}"))
                    .at(arg.place, "not a legal name");
                self.push(diagnostic, arg.via);
                None
            }
        }
    }

    fn rights(&mut self, setting: &Setting<'a>) -> BTreeSet<Right> {
        let rule = |text: &str| match Right::find(text) {
            Some(_) => Ok(()),
            None => Err("it is `read`, `claim` or `snapshot`"),
        };
        let words = setting.values().filter_map(|said| self.by_rule(setting, said, rule));
        words.collect::<Vec<_>>().iter().filter_map(|word| Right::find(word)).collect()
    }
}

fn is(said: &Said<'_>, word: &str) -> bool {
    matches!(&said.value, Scalar::Text(text) if *text == word)
}
