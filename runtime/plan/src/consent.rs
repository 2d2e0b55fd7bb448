//! What is asked of the person: to do what cannot be undone, and to take over what phoenix did not make.

use crate::{Reversibility, code, draft::Draft, record::Claim};
use phoenix_graph::Key;

/// Asks for what cannot be undone: refuses where the person did not consent.
pub fn irreversible(draft: &mut Draft<'_>, key: &Key, class: Reversibility, what: &str) -> bool {
    if class == Reversibility::Reversible || draft.inputs.consent.irreversible.contains(key) {
        return true;
    }
    let effect =
        if class == Reversibility::Destructive { "loses data" } else { "cannot be undone by a rollback" };
    draft.refuse(
        key,
        code::NEEDS_CONSENT,
        format!("{what}, which {effect}"),
        format!("if you want it, say so: `--consent {key}`"),
    );
    false
}

/// Asks whether something that phoenix did not make may be taken over.
pub fn adopt(draft: &mut Draft<'_>, key: &Key, what: &str, claim: Claim) -> bool {
    if draft.whose.may_adopt(key) {
        draft.adopted.insert(key.clone());
        return true;
    }
    let (code, why) = match claim {
        Claim::Unrecorded => (
            code::UNRECORDED,
            "bears phoenix's mark; but this state folder has no record of it (a copy, a part of a pool, \
             something restored, or of a record that is lost)",
        ),
        _ => (code::NOT_OURS, "was not made by phoenix"),
    };
    // Not of all things a spec says something about their life.
    let says_so = draft.inputs.desired.get(key).is_none_or(|node| node.resource.lifecycle().is_some());
    draft.refuse(
        key,
        code,
        format!("{what} is there already, and {why}"),
        if says_so {
            "see with `phoenix plan --adopt` what would change on it, and take it over with `phoenix switch --adopt`, or by `adopt` in the spec"
        } else {
            "see with `phoenix plan --adopt` what would change on it, and take it over with `phoenix switch --adopt`"
        },
    );
    false
}
