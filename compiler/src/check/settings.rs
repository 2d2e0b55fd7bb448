//! Settings against the schema of OpenZFS properties.

use super::Checker;
use crate::{
    diagnostic::{Diagnostic, article, code, did_you_mean, list},
    resolve::{
        grammar::{Kind, LIFE, Meaning, OWN, find_own},
        spec::{Block, Said, Scalar, Setting},
    },
    size_hint,
    source::Place,
};
use phoenix_graph::{
    PropertyName, Settings, Target, Value,
    check::{self, SettingError},
    export, kubernetes, property, schedule,
    storage::{SECRET_FILES, StorageKind, StorageType, types},
};

/// Words that hold secrets: a spec says where one is found, never what it is.
const SECRETS: &[&str] =
    &["password", "passphrase", "passwd", "secret", "token", "key", "encryption-key", "private-key"];

/// Properties that follow from the dataset, so that nobody can say them wrongly.
pub(super) const DERIVED: &[&str] = &["pool", "path", "mountpoint", "is_mountpoint"];

/// Returns which table of the schema a node's settings stand in.
pub fn target(kind: Kind) -> Option<Target> {
    match kind {
        Kind::Pool => Some(Target::Pool),
        Kind::Root | Kind::Dataset => Some(Target::Filesystem),
        Kind::Volume => Some(Target::Volume),
        _ => None,
    }
}

/// Returns the settings that a node takes, those that are only reported left out.
pub fn settings_of(kind: Kind) -> Box<dyn Iterator<Item = &'static str>> {
    let own = OWN.iter().filter(move |own| own.within.contains(&kind)).map(|own| own.name);
    if kind == Kind::Proxmox {
        return Box::new(own.chain(registered()));
    }
    if matches!(kind, Kind::Class | Kind::Attributes) {
        let parameters = kubernetes::PARAMETERS.iter();
        let here = move |row: &&kubernetes::Parameter| kind == Kind::Class || row.mutable;
        return Box::new(own.chain(parameters.filter(here).map(|row| row.name)));
    }
    if kind == Kind::Snapshots {
        return Box::new(own.chain(schedule::TABLE.iter().map(|row| row.name)));
    }
    let options: &[&str] = match kind {
        Kind::Export | Kind::Client => export::vocabulary(),
        Kind::Flavour => export::OF_A_FLAVOUR,
        _ => &[],
    };
    let properties = target(kind)
        .into_iter()
        .flat_map(property::all)
        .filter(|property| !property.read_only)
        .map(|property| property.name);
    Box::new(own.chain(options.iter().copied()).chain(properties))
}

/// Returns the properties of registrations that a spec may say, and the files that their secrets are in.
fn registered() -> impl Iterator<Item = &'static str> {
    let properties = types().iter().flat_map(StorageType::properties).filter(|property| {
        // Whoever lies on a dataset cannot say a mount point, and nobody else has one.
        !matches!(property.kind, StorageKind::Secret | StorageKind::BaseVolume)
            && property.name != "mountpoint"
    });
    properties.map(|property| property.name).chain(SECRET_FILES.iter().copied())
}

/// Returns whether a word is a setting of a node, or of anything that has settings.
pub fn is_setting(kind: Kind, word: &str) -> bool {
    match target(kind) {
        Some(own) => {
            word.contains(':')
                || settings_of(kind).any(|known| known == word)
                || [own, Target::Filesystem, Target::Volume, Target::Pool]
                    .into_iter()
                    .any(|target| property::find(target, word).is_some())
        }
        None => settings_of(kind).any(|known| known == word) || SECRETS.contains(&word),
    }
}

/// Returns whether a setting of this node says something about its life.
fn is_life(kind: Kind, name: &str) -> bool {
    LIFE.contains(&name) && find_own(kind, name).is_some()
}

impl<'a> Checker<'_, 'a, '_> {
    /// Reads the properties of a pool, file system or volume; `others` are read elsewhere, and so
    /// are those that say something about its life.
    pub(super) fn settings(&mut self, block: &Block<'a>, others: &[&str]) -> Settings {
        let Some(target) = target(block.kind) else { return Settings::default() };
        block
            .settings
            .iter()
            .filter(|setting| !others.contains(&&*setting.name) && !is_life(block.kind, &setting.name))
            .filter_map(|setting| self.property(block.kind, target, setting))
            .collect()
    }

    fn property(
        &mut self,
        kind: Kind,
        target: Target,
        setting: &Setting<'a>,
    ) -> Option<(PropertyName, Value)> {
        let name = &*setting.name;
        let Some(property) = property::find(target, name) else {
            if name.contains(':') && target != Target::Pool {
                return self.user_property(setting);
            }
            self.no_property(kind, target, setting);
            return None;
        };
        if property.read_only {
            let help = match name {
                "used" | "available" | "referenced" => Some("a limit is set by `quota` or `refquota`"),
                "mounted" => Some("`canmount` and `mountpoint` say what is mounted"),
                _ => None,
            };
            let diagnostic = Diagnostic::new(code::READ_ONLY, format!("`{name}` cannot be set"))
                .at(setting.place, "OpenZFS only reports it")
                .help_maybe(help.map(str::to_owned));
            self.push(diagnostic, setting.via);
            return None;
        }
        if let Err(error) = check::member(name) {
            let diagnostic =
                Diagnostic::new(code::BAD_NAME, error.to_string()).at(setting.place, "not a legal name");
            self.push(diagnostic, setting.via);
            return None;
        }
        if let Some((why, help)) = cannot_be_had(target, name) {
            let diagnostic = Diagnostic::new(code::READ_ONLY, format!("`{name}` cannot be set by a spec"))
                .at(setting.place, why)
                .help(help);
            self.push(diagnostic, setting.via);
            return None;
        }
        let said = self.one(setting)?;
        if let Scalar::Bool(on) = said.value {
            let Some(value) = property.from_bool(on) else {
                self.bad_value(setting, said, "it is not a switch", Some(property));
                return None;
            };
            return Some((PropertyName::new(name), value));
        }
        let text = self.text(setting, said)?;
        self.secret_in_url(setting, said, &text);
        match property.parse(&text) {
            Ok(value) => {
                // No power of 1000 is a power of two.
                if matches!(property.kind, property::Kind::Size { power_of_two: false, .. }) {
                    self.decimal_unit(setting, said, &text);
                }
                Some((PropertyName::new(name), value))
            }
            Err(error) => {
                self.bad_value(setting, said, &error.reason, Some(property));
                None
            }
        }
    }

    /// Tells of a size in `TB` and its kin, which most people take for powers of 1000.
    pub(super) fn decimal_unit(&mut self, setting: &Setting<'a>, said: &Said<'a>, text: &str) {
        let Some(size_hint::Decimal { taken, by_the_book, plain }) = size_hint::decimal(text) else { return };
        let message = format!("`{text}` of `{}` is taken for {taken} bytes: by powers of 1024", setting.name);
        let diagnostic = Diagnostic::new(code::DECIMAL_UNIT, message)
            .at(said.place, "as ZFS reads it")
            .help(format!("write \"{plain}\" for that, or \"{by_the_book}\" for powers of 1000"));
        let diagnostic = self.vias.label(diagnostic, said.via);
        self.lint(diagnostic);
    }

    fn user_property(&mut self, setting: &Setting<'a>) -> Option<(PropertyName, Value)> {
        let name = &*setting.name;
        if let Err(error) = check::user_name(name) {
            let diagnostic = match error {
                SettingError::Mark(_) => Diagnostic::new(code::READ_ONLY, format!("`{name}` cannot be set"))
                    .at(setting.place, "phoenix keeps its own marks under this name"),
                error => {
                    Diagnostic::new(code::BAD_NAME, error.to_string()).at(setting.place, "not a legal name")
                }
            };
            self.push(diagnostic, setting.via);
            return None;
        }
        let said = self.one(setting)?;
        let text = match said.value {
            Scalar::Bool(on) => if on { "true" } else { "false" }.into(),
            _ => self.text(setting, said)?,
        };
        if let Err(error) = property::user_property_value(&text) {
            self.bad_value(setting, said, &error.to_string(), None);
            return None;
        }
        // Always a text, whatever it looks like: OpenZFS reads nothing into it.
        Some((PropertyName::new(name), Value::Text(text.into())))
    }

    /// Tells of a value that a setting does not take.
    pub(super) fn bad_value(
        &mut self,
        setting: &Setting<'a>,
        said: &Said<'a>,
        reason: &str,
        property: Option<&property::Property>,
    ) {
        let mut diagnostic = Diagnostic::new(
            code::BAD_VALUE,
            format!("{} is no value of `{}`: {reason}", shown(&said.value), setting.name),
        )
        .at(said.place, "not taken");
        if let Some(property) = property {
            let (near, meant) = match &said.value {
                Scalar::Text(text) => (
                    did_you_mean(text, property.legal_values().iter().copied()),
                    size_hint::meant(text).filter(|meant| property.parse(meant).is_ok()),
                ),
                _ => (None, None),
            };
            diagnostic = diagnostic.help(match (near, meant) {
                (_, Some(meant)) => format!("write {meant:?}"),
                (Some(near), None) => format!("did you mean `{near}`?"),
                (None, None) => format!("it takes {}", property.legal()),
            });
        }
        self.push(diagnostic, said.via);
    }

    /// Tells why a setting is none here: of another kind, a node of its own, or unknown.
    fn no_property(&mut self, kind: Kind, target: Target, setting: &Setting<'a>) {
        let name = &*setting.name;
        let here = article(kind.word().word);
        let other = [Target::Filesystem, Target::Volume, Target::Pool]
            .into_iter()
            .filter(|other| *other != target)
            .find(|other| property::find(*other, name).is_some());
        let Some(other) = other else {
            self.unknown_setting(kind, setting);
            return;
        };
        let of = match other {
            Target::Filesystem => "file systems",
            Target::Volume => "volumes",
            Target::Pool => "pools",
        };
        let help = match (target, name) {
            (Target::Volume, "recordsize") => Some("a volume's block size is `volblocksize`".to_owned()),
            (Target::Filesystem, "volblocksize") => {
                Some("a file system's largest block is `recordsize`".to_owned())
            }
            (Target::Volume, "quota") => Some("a volume's size is its limit: `size=…`".to_owned()),
            (Target::Filesystem, "volsize") => Some("a file system's limit is its `quota`".to_owned()),
            (Target::Pool, _) => Some(format!("for the pool's root dataset write `root {{ {name} … }}`")),
            _ => None,
        };
        let diagnostic =
            Diagnostic::new(code::WRONG_KIND, format!("`{name}` is a property of {of}, not of {here}"))
                .at(setting.place, format!("not a property of {here}"))
                .help_maybe(help);
        self.push(diagnostic, setting.via);
    }

    /// Tells of a setting that nothing here has.
    pub(super) fn unknown_setting(&mut self, kind: Kind, setting: &Setting<'a>) {
        let name = &*setting.name;
        let here = article(kind.word().word);
        if SECRETS.contains(&name) {
            return self.secret(setting.place, &format!("`{name}`"));
        }
        let near = |words: &mut dyn Iterator<Item = &'static str>| {
            did_you_mean(name, words).map(|near| format!("did you mean `{near}`?"))
        };
        let help = if kind.words_within().any(|word| word == name) {
            Some(format!("`{name}` is a node of its own: write it inside the braces"))
        } else if let Some(help) = near(&mut settings_of(kind)) {
            Some(help)
        } else if let Meaning::Elsewhere(kinds) = kind.meaning(name) {
            Some(format!("it stands in {}", list(kinds.iter().map(|kind| kind.word().word))))
        } else {
            near(&mut kind.words_within())
        };
        let help = help.unwrap_or_else(|| match kind {
            Kind::Root | Kind::Dataset | Kind::Volume => {
                "a user property has a colon in its name: \"module:name\"".to_owned()
            }
            Kind::Pool => "no property of OpenZFS is near this name".to_owned(),
            Kind::Export | Kind::Client | Kind::Flavour => {
                "no option of exports(5) is near this name".to_owned()
            }
            Kind::Proxmox => "no property of a registration is near this name".to_owned(),
            _ if settings_of(kind).next().is_none() => format!("{here} has no settings"),
            _ => format!("{here} has {}", list(settings_of(kind))),
        });
        let diagnostic = Diagnostic::new(code::UNKNOWN_SETTING, format!("{here} has no setting `{name}`"))
            .at(setting.place, "unknown")
            .help(help);
        self.push(diagnostic, setting.via);
    }

    /// Tells of every setting of a node that has none.
    pub(super) fn refuse_settings(&mut self, block: &Block<'a>) {
        for setting in &block.settings {
            self.unknown_setting(block.kind, setting);
        }
    }

    pub(super) fn secret(&mut self, place: Place, what: &str) {
        self.sink.push(
            Diagnostic::new(code::SECRET_IN_SPEC, format!("{what} is a secret"))
                .at(place, "a spec is kept and shared: no secret stands in it")
                .help("leave it out; for encryption say where the key is found: `keylocation=\"file:///…\"`"),
        );
    }

    /// Tells of a name and password inside an address.
    fn secret_in_url(&mut self, setting: &Setting<'a>, said: &Said<'a>, text: &str) {
        if check::has_password(text) {
            self.secret(said.place, &format!("the password in `{}`", setting.name));
        }
    }
}

/// Says why a property cannot be held by a spec, though OpenZFS lists it, and the way out.
fn cannot_be_had(target: Target, name: &str) -> Option<(&'static str, &'static str)> {
    match (target, name) {
        (Target::Pool, "altroot") => Some((
            "it lasts until the pool is exported, and moves every mount point",
            "leave it out; `mountpoint` in `root` moves all of a pool's mount points, and lasts",
        )),
        (Target::Pool, "version") => Some((
            "a pool of an old version has no features, and phoenix counts on them",
            "leave it out; `compatibility` limits the features to those that an older OpenZFS knows",
        )),
        (_, "mlslabel") => Some(("OpenZFS on Linux has no such labels, and refuses any", "leave it out")),
        _ => None,
    }
}

fn shown(value: &Scalar<'_>) -> String {
    match value {
        Scalar::Text(text) => format!("{text:?}"),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Decimal(number) => number.to_string(),
        Scalar::Bool(on) => format!("#{on}"),
        Scalar::Null => "#null".to_owned(),
    }
}
