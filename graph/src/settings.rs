//! The settings of a pool, dataset or volume: property names with canonical values, sorted.

use crate::property::{self, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, collections::BTreeMap, fmt};

/// A property's name; those of the schema's table cost no memory of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyName(Cow<'static, str>);

impl PropertyName {
    /// Takes a name, sharing the table's text where the table has it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        match property::static_name(name) {
            Some(known) => Self(Cow::Borrowed(known)),
            None => Self(Cow::Owned(name.to_owned())),
        }
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether this is a user property (`module:name`, `zfsprops(7)`).
    #[must_use]
    pub fn is_user(&self) -> bool {
        self.0.contains(':')
    }
}

impl fmt::Display for PropertyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for PropertyName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for PropertyName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PropertyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Ok(Self::new(&text))
    }
}

/// Properties by name, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(BTreeMap<PropertyName, Value>);

impl Settings {
    /// Returns the value of a property, where it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns the value of a property, where it is set to a number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// Sets a property and returns what it replaced.
    pub fn insert(&mut self, name: PropertyName, value: Value) -> Option<Value> {
        self.0.insert(name, value)
    }

    /// Returns the properties in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&PropertyName, &Value)> {
        self.0.iter()
    }

    /// Returns whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns how many properties are set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<(PropertyName, Value)> for Settings {
    fn from_iter<T: IntoIterator<Item = (PropertyName, Value)>>(iter: T) -> Self {
        Self(iter.into_iter().collect())
    }
}
