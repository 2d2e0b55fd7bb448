//! Every property that can be set, with words that a spec may give it: all of them where they can be counted,
//! and of sizes, numbers and texts those that say the most. The lab sets each on the real OpenZFS, and what it
//! answered stands in `tests/openzfs/recorded`.

use phoenix_graph::{
    Target,
    property::{self, Kind, Property, Unset},
};

/// One word for one property.
#[derive(Debug, Clone)]
pub struct Word {
    /// What takes it.
    pub target: Target,
    /// The property.
    pub row: &'static Property,
    /// Its name; a member's, where the row is a family.
    pub name: String,
    /// The word as a person writes it.
    pub word: String,
}

impl Word {
    /// Returns what stands before the answer in a fixture.
    pub fn key(&self) -> String {
        format!("{}\t{}\t{}", target(self.target), self.name, self.word)
    }

    /// Returns the word as phoenix hands it to OpenZFS.
    pub fn rendered(&self) -> String {
        self.row.parse(&self.word).map_or_else(|error| panic!("{error}"), |value| self.row.render(&value))
    }
}

fn target(target: Target) -> &'static str {
    match target {
        Target::Filesystem => "filesystem",
        Target::Volume => "volume",
        Target::Pool => "pool",
    }
}

/// Lists all of them, those of one property together.
pub fn all() -> Vec<Word> {
    let targets = [Target::Filesystem, Target::Volume, Target::Pool];
    let rows = targets.into_iter().flat_map(|target| property::all(target).map(move |row| (target, row)));
    let settable = rows.filter(|(_, row)| !row.read_only);
    settable
        .flat_map(|(target, row)| {
            let name = format!("{}{}", row.name, member(row.name));
            words(row).into_iter().filter(|word| row.parse(word).is_ok()).map(move |word| Word {
                target,
                row,
                name: name.clone(),
                word,
            })
        })
        .collect()
}

fn member(family: &str) -> &'static str {
    match family {
        "feature@" => "zpool_checkpoint",
        name if name.ends_with('@') => "1000",
        _ => "",
    }
}

fn words(row: &Property) -> Vec<String> {
    let counted = row.legal_values().iter().map(|word| (*word).to_owned());
    let more: Vec<String> = match row.kind {
        Kind::OnOff | Kind::Words(_) => Vec::new(),
        Kind::Aliases { aliases, .. } => aliases.iter().map(|(alias, _)| (*alias).to_owned()).collect(),
        Kind::Size { min, max, power_of_two: true, zero, .. } => {
            let sizes = std::iter::successors(Some(min), |size| Some(size * 2));
            zero.then_some(0)
                .into_iter()
                .chain(sizes.take_while(|size| *size <= max))
                .map(|size| size.to_string())
                .collect()
        }
        Kind::Size { .. } if row.name == "volsize" => vec!["16M".into(), "64M".into()],
        Kind::Size { .. } => ["0", "10M", "1.5M", "12345678"].map(str::to_owned).into(),
        Kind::Count { min, max, zero, .. } => {
            let few = (min..=max).take(if max - min < 32 { 32 } else { 2 });
            // So many rounds for a passphrase would take hours.
            let most = (row.name != "pbkdf2iters").then_some(max);
            zero.then_some(0).into_iter().chain(few).chain(most).map(|count| count.to_string()).collect()
        }
        Kind::Path(_) => ["/q/one", "/q//two words/"].map(str::to_owned).into(),
        Kind::KeyLocation => vec!["file:///q/keys/raw".into()],
        Kind::Text { .. } => match row.name {
            "sharenfs" => vec!["ro=10.0.0.0/8".into()],
            "sharesmb" => Vec::new(),
            "bootfs" => vec!["q/f".into()],
            "compatibility" => vec!["openzfs-2.0-linux".into()],
            _ => vec!["a text".into()],
        },
    };
    let mut all: Vec<String> = counted.chain(more).collect();
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|word| seen.insert(word.clone()));
    all
}

/// Writes the script that sets each of them on the host that it runs on, and prints a line for each: its key,
/// then `=`, the value and the source that OpenZFS shows; or `!` and how it refused.
pub fn script(words: &[Word]) -> String {
    let mut script = PREPARE.to_owned();
    for (index, word) in words.iter().enumerate() {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let last =
            words.get(index + 1).is_none_or(|next| (next.target, &next.name) != (word.target, &word.name));
        let made = word.row.creation_only || matches!(word.row.name, "version" | "keylocation" | "feature@");
        let what = if made { "made" } else { "set" };
        let parts = [target(word.target), &word.name, &word.word, &word.rendered()].map(quoted).join(" ");
        script.push_str(&format!("{what} {parts}\n"));
        match word.row.unset() {
            _ if made || !last => {}
            Unset::Inherit => script.push_str(&format!("zfs inherit {} {}\n", word.name, on(word.target))),
            Unset::Value(value) => {
                let tool = if word.target == Target::Pool { "zpool" } else { "zfs" };
                script.push_str(&format!("{tool} set {}={value} {}\n", word.name, on(word.target)));
            }
            Unset::Never => {}
        }
    }
    script
}

fn on(target: Target) -> &'static str {
    match target {
        Target::Filesystem => "q/f",
        Target::Volume => "q/v",
        Target::Pool => "q",
    }
}

/// The pool `q` on files, a file system and a volume in it; and how a word is tried.
const PREPARE: &str = r#"
cd /; exec 2>/dev/null
mkdir -p /q/keys /q/disks; truncate -s 512M /q/disks/one; truncate -s 128M /q/disks/two
head -c 32 /dev/urandom >/q/keys/raw; echo "a long phrase" >/q/keys/passphrase
printf '%064d' 7 >/q/keys/hex
echo 286331153 >/sys/module/spl/parameters/spl_hostid
zpool create -f -o cachefile=none -m none q /q/disks/one
zfs create -o mountpoint=/q/one q/f; zfs create -s -V 16M q/v
key() { printf '%s\t%s\t%s\t' "$1" "$2" "$3"; }
answer() { # the code, the tool, the property, the name
    if test "$1" = 0; then
        printf '=\t%s\n' "$($2 get -Hp -o value,source "$3" "$4")"
    else
        printf '!\t%s\n' "$(grep -m 1 ^cannot /q/said)"
    fi
}
set() {
    key "$1" "$2" "$3"
    case $1 in filesystem) tool=zfs on=q/f ;; volume) tool=zfs on=q/v ;; pool) tool=zpool on=q ;; esac
    $tool set "$2=$4" $on 2>/q/said; answer $? $tool "$2" $on
}
made() {
    key "$1" "$2" "$3"
    options=
    case "$2=$4" in
        encryption=off) ;;
        encryption=*) options="-o keyformat=raw -o keylocation=file:///q/keys/raw" ;;
        keyformat=*) options="-o encryption=on -o keylocation=file:///q/keys/$4" ;;
        keylocation=prompt) options="-o encryption=on -o keyformat=raw" ;;
        keylocation=*) options="-o encryption=on -o keyformat=raw" ;;
        pbkdf2iters=*) options="-o encryption=on -o keyformat=passphrase -o keylocation=file:///q/keys/passphrase" ;;
    esac
    case $1 in
        filesystem) zfs create -u $options -o "$2=$4" q/f/new </q/keys/raw 2>/q/said; answer $? zfs "$2" q/f/new; zfs destroy q/f/new ;;
        volume) zfs create $options -s -V 32M -o "$2=$4" q/new </q/keys/raw 2>/q/said; answer $? zfs "$2" q/new; udevadm settle; zfs destroy q/new ;;
        pool)
            case "$2" in feature@*) options="-d" ;; esac
            zpool create -f $options -o "$2=$4" -O canmount=off new /q/disks/two 2>/q/said; answer $? zpool "$2" new; zpool destroy new ;;
    esac
}
"#;
