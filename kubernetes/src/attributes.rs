//! Classes of attributes (`VolumeAttributesClass`).

use crate::{
    object::Head,
    told::Told,
    yaml::{self, Unwritten},
};
use phoenix_graph::kubernetes::DRIVER;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AttributesClass<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    driver_name: &'static str,
    parameters: BTreeMap<&'a str, &'a str>,
}

/// Renders all classes of attributes.
///
/// # Errors
/// [`Unwritten`]
pub fn render(told: &Told<'_>) -> Result<String, Unwritten> {
    let classes = told.attributes.iter().map(|one| AttributesClass {
        head: Head::new("storage.k8s.io/v1", "VolumeAttributesClass", &one.name),
        driver_name: DRIVER,
        parameters: one.parameters.iter().map(|(name, value)| (&**name, &**value)).collect(),
    });
    yaml::documents(&classes.collect::<Vec<_>>())
}
