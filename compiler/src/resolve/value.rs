//! Values: literals, `(let)"NAME"`, `(param)"NAME"` and `(fmt)"…{NAME}…"`.

use super::{
    Env, Resolver,
    limits::MAX_TEXT,
    spec::{Said, Scalar, Step, ViaId},
};
use crate::{
    diagnostic::{Diagnostic, code, did_you_mean},
    source::Place,
    syntax::{entry_place, name_place},
};
use kdl::{KdlEntry, KdlValue};
use std::borrow::Cow;

impl<'a> Resolver<'a, '_> {
    /// Evaluates an argument or the value of a property. Nothing where it is in error: told already.
    pub(super) fn value(&mut self, entry: &'a KdlEntry, env: &Env<'a>) -> Option<Said<'a>> {
        let file = self.files.files[env.file].id;
        let place = entry_place(file, entry);
        let Some(ty) = entry.ty() else {
            return Some(Said { value: literal(entry.value()), place, via: env.via });
        };
        let KdlValue::String(text) = entry.value() else {
            self.tell(
                env.via,
                Diagnostic::new(code::WRONG_TYPE, format!("`({})` stands before a text", ty.value()))
                    .at(place, "this is none"),
            );
            return None;
        };
        match ty.value() {
            "let" => self.named(text, place, env),
            "param" => self.param(text, place, env),
            "fmt" => self.format(text, place, env),
            other => {
                let near = did_you_mean(other, ["let", "param", "fmt"]);
                self.tell(
                    env.via,
                    Diagnostic::new(code::UNEXPECTED_TYPE, format!("`({other})` means nothing here"))
                        .at(name_place(file, ty), "unknown annotation")
                        .help(match near {
                            Some(near) => format!("did you mean `({near})`?"),
                            None => "the annotations are `(let)`, `(param)` and `(fmt)`".to_owned(),
                        }),
                );
                None
            }
        }
    }

    /// Finds the value of a name that `each` binds around here, or that a let gives.
    fn named(&mut self, name: &'a str, place: Place, env: &Env<'a>) -> Option<Said<'a>> {
        if let Some(binding) =
            env.bindings.iter().rev().find(|binding| binding.name == name && !binding.param)
        {
            let base = binding.base;
            let mut said = binding.value.clone()?;
            let here = self.vias.add(Step::Bound(name), place, env.via);
            said.via = Some(self.vias.lead_on(said.via, base, here));
            return Some(said);
        }
        let (file, at) = self.find_let(env, name, place)?;
        let (value, defined) = self.evaluate(file, at, place)?;
        let via = self.vias.add(Step::Let(name), place, env.via);
        Some(Said { value, place: defined, via: Some(via) })
    }

    fn param(&mut self, name: &'a str, place: Place, env: &Env<'a>) -> Option<Said<'a>> {
        if let Some(binding) = env.bindings.iter().rev().find(|binding| binding.name == name && binding.param)
        {
            let value = binding.value.clone();
            if let Some(&(file, at)) = env.profiles.last() {
                for param in &mut self.scopes[file].profiles[at].params {
                    param.used |= param.name == name;
                }
            }
            let base = binding.base;
            let mut said = value?;
            let here = self.vias.add(Step::Param(name), place, env.via);
            said.via = Some(self.vias.lead_on(said.via, base, here));
            return Some(said);
        }
        if env.profiles.last().is_some_and(|&(file, at)| self.scopes[file].profiles[at].lost) {
            return None;
        }
        let params = env.bindings.iter().filter(|binding| binding.param).map(|binding| binding.name);
        let diagnostic = Diagnostic::new(code::UNKNOWN_PARAM, format!("there is no param `{name}`"))
            .at(place, "no profile around here declares it");
        let near = did_you_mean(name, params);
        self.tell(env.via, diagnostic.help_maybe(near.map(|near| format!("did you mean `{near}`?"))));
        None
    }

    /// Evaluates a let, once.
    fn evaluate(&mut self, file: usize, at: usize, from: Place) -> Option<(Scalar<'a>, Place)> {
        self.scopes[file].lets[at].used = true;
        if let Some(value) = &self.scopes[file].lets[at].value {
            return value.clone();
        }
        let (entry, place, name) = {
            let item = &self.scopes[file].lets[at];
            (item.entry, item.place, item.name)
        };
        if let Some(start) = self.evaluating.iter().position(|known| *known == (file, at)) {
            let mut diagnostic = Diagnostic::new(code::CIRCULAR, format!("the let `{name}` needs itself"))
                .at(place, "to know this")
                .at(from, "this must be known");
            for &(file, at) in &self.evaluating[start + 1..] {
                diagnostic = diagnostic.at(self.scopes[file].lets[at].place, "by way of this");
            }
            self.tell(None, diagnostic);
            return None;
        }
        let mut value = None;
        if self.evaluating.len() < 64 {
            self.evaluating.push((file, at));
            let env = Env { file, bindings: Vec::new(), via: None, profiles: Vec::new() };
            value = self.value(entry, &env).map(|said| (said.value, said.place));
            self.evaluating.pop();
        } else {
            self.tell(
                None,
                Diagnostic::new(code::TOO_DEEP, "lets need each other in too long a chain")
                    .at(place, "this is number 65"),
            );
        }
        self.scopes[file].lets[at].value = Some(value.clone());
        value
    }

    /// Puts the values of the names in braces into a text.
    fn format(&mut self, text: &'a str, place: Place, env: &Env<'a>) -> Option<Said<'a>> {
        let mut made = String::with_capacity(text.len());
        let mut via: Option<ViaId> = env.via;
        for part in parts(text) {
            let name = match part {
                Part::Text(text) => {
                    made.push_str(text);
                    continue;
                }
                Part::Name(_, name) => name,
                Part::Bad(brace) => {
                    self.tell(
                        env.via,
                        Diagnostic::new(code::BAD_FORMAT, "a brace in this text does not belong to a name")
                            .at(place, format!("at `{}`", brace.chars().take(12).collect::<String>()))
                            .help("a name stands in braces, `{NAME}`; write `{{` or `}}` for a brace"),
                    );
                    return None;
                }
            };
            let bound = env.bindings.iter().rev().find(|binding| binding.name == name);
            let said = match bound.map(|binding| binding.param) {
                Some(true) => self.param(name, place, env)?,
                _ => self.named(name, place, env)?,
            };
            via = said.via.or(via);
            push(&mut made, &said.value);
            if made.len() > MAX_TEXT {
                self.tell(
                    env.via,
                    Diagnostic::new(code::TOO_LARGE, "this text becomes too long")
                        .at(place, format!("more than {MAX_TEXT} bytes")),
                );
                return None;
            }
        }
        Some(Said { value: Scalar::Text(Cow::Owned(made)), place, via })
    }
}

/// A part of a text with names in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text that stands for itself.
    Text(&'t str),
    /// A name, with its first byte.
    Name(usize, &'t str),
    /// A brace that belongs to no name, with all behind it. Nothing follows.
    Bad(&'t str),
}

/// Splits a text of `(fmt)` into its parts.
pub fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = rest.find(['{', '}']).unwrap_or(rest.len());
        if at > 0 || rest.is_empty() {
            let (plain, after) = rest.split_at(at);
            rest = after;
            return (!plain.is_empty()).then_some(Part::Text(plain));
        }
        if rest.starts_with("{{") || rest.starts_with("}}") {
            let (brace, after) = rest.split_at(2);
            rest = after;
            return Some(Part::Text(&brace[..1]));
        }
        let start = text.len() - rest.len() + 1;
        let name = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        match name.filter(|(name, _)| !name.is_empty() && !name.contains('{')) {
            Some((name, after)) => {
                rest = after;
                Some(Part::Name(start, name))
            }
            None => Some(Part::Bad(std::mem::take(&mut rest))),
        }
    })
}

fn literal(value: &KdlValue) -> Scalar<'_> {
    match value {
        KdlValue::String(text) => Scalar::Text(Cow::Borrowed(text)),
        KdlValue::Integer(number) => Scalar::Integer(*number),
        KdlValue::Float(number) => Scalar::Decimal(*number),
        KdlValue::Bool(bool) => Scalar::Bool(*bool),
        KdlValue::Null => Scalar::Null,
    }
}

fn push(text: &mut String, value: &Scalar<'_>) {
    match value {
        Scalar::Text(value) => text.push_str(value),
        Scalar::Integer(number) => text.push_str(&number.to_string()),
        Scalar::Decimal(number) => text.push_str(&number.to_string()),
        Scalar::Bool(bool) => text.push_str(if *bool { "on" } else { "off" }),
        Scalar::Null => {}
    }
}
