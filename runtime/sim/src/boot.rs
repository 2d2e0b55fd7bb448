//! What a boot does: what is durable stays, everything else begins anew.

use super::{links::Roots, state::State};
use std::path::{Path, PathBuf};

impl State {
    /// Starts the host: pools are imported as they were, everything with `canmount=on` and a path is
    /// mounted in order, exports are loaded from their files, parameters have their values of the boot.
    pub fn boot(&mut self, roots: &Roots) {
        self.mounts.clear();
        self.busy.clear();
        self.forget_keys(|_| true);
        self.exports.clear();
        self.tunables = self.tunables_at_boot.clone();
        for (name, value) in self.module_options(roots) {
            if let Some(slot) = self.tunables.get_mut(name.as_str()) {
                *slot = value;
            }
        }
        // One that cannot be mounted is in the boot's log.
        let _ = self.mount_all();
        // The server starts with whatever the files give; what it complains of is in its log.
        let _ = self.exports_reload(roots);
    }

    /// Reads `options zfs NAME=VALUE` from `/etc/modprobe.d/*.conf`, in order of the files' names.
    fn module_options(&self, roots: &Roots) -> Vec<(String, u64)> {
        let mut paths: Vec<&PathBuf> = self.files.keys().chain(self.links.keys()).collect();
        paths.retain(|path| {
            path.parent() == Some(Path::new("/etc/modprobe.d"))
                && path.extension().is_some_and(|e| e == "conf")
        });
        paths.sort();
        let texts: Vec<String> = paths.into_iter().filter_map(|path| self.read_text(roots, path)).collect();
        texts
            .iter()
            .flat_map(|text| text.lines())
            .filter_map(|line| line.trim().strip_prefix("options zfs "))
            .flat_map(str::split_whitespace)
            .filter_map(|word| {
                let (name, value) = word.split_once('=')?;
                Some((name.to_owned(), value.parse().ok()?))
            })
            .collect()
    }
}
