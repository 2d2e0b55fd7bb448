//! What is run in a machine: scripts of `sh(1)`, which it reads from its input, so that what is seen of it from outside
//! stays short. What they say is read in [`super::seen`].

use phoenix_graph::inside::units::FOLDER;

/// The first and the last line of a look.
pub const FIRST: &str = "phoenix looks";
pub const LAST: &str = "phoenix has looked";

/// The largest file that is read, in bytes: no unit of ours comes near it.
pub const LARGEST: usize = 64 << 10;

/// Ends the text of a unit: no line of one begins so.
const END: &str = "phoenix: the end";

/// How each begins. Nothing is taken from what the agent was started with.
const BEGIN: &str = "export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin\numask 022";

/// Tells whose the file `$1` is, in `$kind`: ours, where it begins with this line, or of others; or nothing that may be
/// written over.
fn whose(head: &str) -> String {
    format!(
        "head='{head}'\nwhose() {{\n  kind=none\n  if [ -L \"$1\" ]; then kind=odd\n  elif [ -f \"$1\" ]; then\n    \
         kind=others first=\n    IFS= read -r first <\"$1\"\n    [ \"$first\" = \"$head\" ] && kind=ours\n  \
         elif [ -e \"$1\" ]; then kind=odd\n  fi\n}}"
    )
}

/// Looks at the units that it is called with, and at all others that are ours: their files, what systemd makes of them,
/// and what is mounted. Changes nothing.
#[must_use]
pub fn look(head: &str) -> String {
    let most = LARGEST + 1;
    format!(
        "{BEGIN}\n{}\necho '{FIRST}'\n[ -d /run/systemd/system ] || {{ echo '{LAST}'; exit 0; }}\necho systemd\n\
         command -v mount.nfs >/dev/null && echo client\n\
         for file in {FOLDER}/*.mount {FOLDER}/*.automount; do\n  \
           name=${{file##*/}} known=\n  for unit; do [ \"$unit\" = \"$name\" ] && known=yes; done\n  \
           whose \"$file\"\n  case $kind in\n  \
           none) ;;\n  \
           ours)\n    printf 'ours %s ' \"$name\"\n    head -c {most} <\"$file\" | od -An -v -tx1 | tr -d ' \\n'\n    echo\n    \
             [ \"$known\" ] || set -- \"$@\" \"$name\" ;;\n  \
           *) [ \"$known\" ] && printf '%s %s\\n' $kind \"$name\" ;;\n  esac\ndone\n\
         systemctl show --property=Id,ActiveState,UnitFileState,FragmentPath,NeedDaemonReload -- \"$@\" | sed 's/^/unit /'\n\
         sed 's/^/mount /' /proc/self/mountinfo\necho '{LAST}'\n",
        whose(head)
    )
}

/// Writes the unit `$1`, whole or not at all. What is not ours stays, unless `$2` is `over`.
#[must_use]
pub fn write(head: &str, text: &str) -> String {
    format!(
        "set -eu\n{BEGIN}\n{}\ncd {FOLDER}\nwhose \"$1\" || true\ncase $kind:$2 in\nodd:*) echo 'it is no regular file' >&2; exit 1 ;;\n\
         others:over) ;;\nothers:*) echo 'somebody else has written it by now' >&2; exit 1 ;;\nesac\n\
         new=.phoenix-guest.new\nrm -f $new\nset -C\ncat >$new <<'{END}'\n{text}{END}\n\
         sync $new\nmv -fT $new \"$1\"\nsync .\n",
        whose(head)
    )
}

/// Removes the unit `$1`, where it is ours.
#[must_use]
pub fn remove(head: &str) -> String {
    format!(
        "set -eu\n{BEGIN}\n{}\ncd {FOLDER}\nwhose \"$1\" || true\ncase $kind in\nnone) ;;\nours) rm -f \"$1\"; sync . ;;\n\
         *) echo 'somebody else has written it by now' >&2; exit 1 ;;\nesac\n",
        whose(head)
    )
}

/// Goes to where the unit `$1` mounts something, as who uses it does.
#[must_use]
pub fn use_it() -> String {
    format!("{BEGIN}\nwhere=$(systemctl show --property=Where --value -- \"$1\") && cd \"$where\"\n")
}
