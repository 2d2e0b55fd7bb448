//! What replaces a secret that is in no file: last of all registrations, only by consent, and not even undoing gives the
//! old one back.

use super::{
    doing, secrets,
    turn::{all, push},
};
use crate::{Kind, Reversibility, code, draft::Draft, sketch::Sketch};
use phoenix_host::observed::Storages;

/// Plans it: what fails before it can still be undone.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let Storages::Found(found) = &inputs.observed.storages else { return };
    for (key, storage) in all(inputs.desired) {
        let Some(state) = found.by_id.get(&storage.id).filter(|state| state.kind == storage.kind) else {
            continue;
        };
        let mut files = storage.secret_files.clone();
        files.retain(|secret, file| {
            let kept = state.secrets.get(secret);
            kept.is_some_and(|kept| kept.file().is_none())
                && secrets::incomparable(inputs, file, kept).is_none()
        });
        let Some((secret, file)) = files.first_key_value() else { continue };
        if draft.is_refused(&key) {
            continue;
        }
        if !inputs.consent.irreversible.contains(&key) {
            draft.refuse(
                &key,
                code::SECRET_LOST,
                format!("its {secret} is another than the one in {file}, and in no file that the spec names: it would be replaced for good"),
                format!(
                    "keep the old one in {file} and name the new one in a file of its own; or let the old one go: `--consent {key}`"
                ),
            );
            continue;
        }
        let mut sketch = Sketch::new(Kind::Update);
        sketch.class = Reversibility::ForwardOnly;
        secrets::tell(&mut sketch, &files, Some(state));
        sketch.run(doing::replace(&storage.id, &files));
        push(draft, storage, sketch);
    }
}
