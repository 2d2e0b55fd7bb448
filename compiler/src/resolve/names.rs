//! What names mean at a node, and what is told of those that mean nothing.

use super::{
    resolver::{Env, Resolver},
    scope::{Found, LET, Names, PROFILE, Scope, find},
};
use crate::{
    diagnostic::{Diagnostic, code, did_you_mean, list},
    source::Place,
};
use phoenix_graph::Code;

impl<'a> Resolver<'a, '_> {
    /// Finds a let by its name, as file and index; says so where there is none.
    pub(super) fn find_let(&mut self, env: &Env<'a>, name: &str, place: Place) -> Option<(usize, usize)> {
        match self.find(env, name, place, &LET) {
            Found::At(at) | Found::Ambiguous(at, ..) => Some(at),
            Found::Lost => None,
            Found::Nothing => {
                let names = self.names(env.file, |scope| scope.lets.iter().map(|item| item.name).collect());
                self.unknown(env, code::UNKNOWN_LET, "let", name, place, &names);
                None
            }
        }
    }

    /// Finds a profile by its name, as file and index; says so where there is none.
    pub(super) fn find_profile(&mut self, env: &Env<'a>, name: &str, place: Place) -> Option<(usize, usize)> {
        match self.find(env, name, place, &PROFILE) {
            Found::At(at) | Found::Ambiguous(at, ..) => Some(at),
            Found::Lost => None,
            Found::Nothing => {
                let names =
                    self.names(env.file, |scope| scope.profiles.iter().map(|item| item.name).collect());
                self.unknown(env, code::UNKNOWN_PROFILE, "profile", name, place, &names);
                None
            }
        }
    }

    fn find(&mut self, env: &Env<'a>, name: &str, place: Place, names: &Names) -> Found {
        let found = find(self.files, &self.scopes, env.file, name, names);
        if let Found::Ambiguous(at, one, other) = found {
            let message = format!("two imports have a {} `{name}`", names.what);
            self.tell(
                env.via,
                Diagnostic::new(code::AMBIGUOUS_NAME, message)
                    .at(place, "which of the two?")
                    .at(one, "here is one")
                    .at(other, "here is the other"),
            );
            return Found::At(at);
        }
        found
    }

    fn names(&self, file: usize, of: impl Fn(&Scope<'a>) -> Vec<&'a str>) -> Vec<&'a str> {
        let imports = self.files.files[file].imports.iter().map(|(import, _)| *import);
        std::iter::once(file).chain(imports).flat_map(|file| of(&self.scopes[file])).collect()
    }

    fn unknown(&mut self, env: &Env<'a>, code: Code, what: &str, name: &str, place: Place, names: &[&str]) {
        if self.sink.is_full() {
            return self.tell(env.via, Diagnostic::new(code, "").at(place, ""));
        }
        let mut diagnostic = Diagnostic::new(code, format!("there is no {what} `{name}`"))
            .at(place, "neither in this file nor in one that it imports");
        let several: Vec<&str> = name.split([',', ' ', ';']).filter(|part| !part.is_empty()).collect();
        if what == "profile" && several.len() > 1 {
            let texts: Vec<String> = several.iter().take(4).map(|name| format!("{name:?}")).collect();
            diagnostic = diagnostic.help(format!("name each by itself: `{{ use {}; }}`", texts.join(" ")));
        } else if let Some(near) = did_you_mean(name, names.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        } else if let Some(import) = standard(what, name) {
            diagnostic = diagnostic.help(format!("the standard library has it: `import \"std/{import}\"`"));
        } else if !names.is_empty() && names.len() <= 12 {
            diagnostic = diagnostic.help(format!("known here: {}", list(names.iter().copied())));
        }
        // Where an import could not be read, the name may well stand there.
        if !self.files.files[env.file].incomplete {
            self.tell(env.via, diagnostic);
        }
    }

    /// Tells of the spec's own names that nobody uses. Where something is in error, what is missing
    /// may well be the use.
    pub(super) fn unused(&mut self) {
        if self.sink.errors() > 0 {
            return;
        }
        for (file, scope) in self.files.files.iter().zip(&self.scopes) {
            if file.std {
                continue;
            }
            let mut tell = |code: Code, what: &str, name: &str, place, allow: &[&str]| {
                let message = format!("the {what} `{name}` is never used");
                if !scope.allow.contains(&code.name) && !allow.contains(&code.name) {
                    self.sink.push(Diagnostic::new(code, message).at(place, "nobody uses this"));
                }
            };
            for item in scope.lets.iter().filter(|item| !item.used) {
                tell(code::UNUSED_LET, "let", item.name, item.place, &[]);
            }
            for profile in &scope.profiles {
                if !profile.used {
                    tell(code::UNUSED_PROFILE, "profile", profile.name, profile.place, &profile.allow);
                    continue;
                }
                for param in profile.params.iter().filter(|param| !param.used) {
                    tell(code::UNUSED_PARAM, "param", param.name, param.place, &profile.allow);
                }
            }
        }
    }
}

/// Finds the file of the standard library that has a profile of this name.
fn standard(what: &str, name: &str) -> Option<&'static str> {
    let line = format!("\n{what} \"{name}\" ");
    crate::stdlib::FILES.iter().find(|(_, text)| text.contains(&line)).map(|(file, _)| *file)
}
