//! Values: what `-Hp` prints, as a person would write it in a spec.

use super::node::Literal;
use phoenix_graph::{
    Bytes, Value,
    property::{Kind, Property},
};

/// Writes a property's value, or says why the spec cannot say it.
///
/// # Errors
/// The reason, in words for people.
pub fn literal(row: &Property, raw: &str) -> Result<Literal, String> {
    let value = row.read(raw).ok_or("it has no value")?;
    let literal = match (&value, row.kind) {
        (Value::Number(0), Kind::Size { none: true, .. }) => Literal::Text("none".to_owned()),
        (Value::Number(number), Kind::Size { .. }) => size(*number),
        (Value::Number(number), _) => Literal::Number(*number),
        (Value::Text(word), Kind::OnOff) if ["on", "off"].contains(&&**word) => {
            Literal::Switch(&**word == "on")
        }
        (Value::Text(word), _) => Literal::Text(word.to_string()),
    };
    let written = match &literal {
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => number.to_string(),
        Literal::Switch(on) => if *on { "on" } else { "off" }.to_owned(),
    };
    match row.parse(&written) {
        Ok(read) if read == value => Ok(literal),
        Ok(_) => Err("the spec has no word for this value".to_owned()),
        Err(error) => Err(error.reason.to_string()),
    }
}

/// Writes a size: with its unit where that is exact.
#[must_use]
pub fn size(bytes: u64) -> Literal {
    let text = Bytes(bytes).to_string();
    if text.bytes().all(|byte| byte.is_ascii_digit()) { Literal::Number(bytes) } else { Literal::Text(text) }
}

/// Returns whether a value is the one that holds where nothing is set.
#[must_use]
pub fn is_default(row: &Property, raw: &str) -> bool {
    let default = row.default.and_then(|word| row.parse(word).ok().or_else(|| row.read(word)));
    row.read(raw).is_none_or(|value| Some(value) == default)
}
