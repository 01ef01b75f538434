use std::borrow::Cow;
use std::sync::Arc;

use crate::journal::{Entry, Header};
use crate::secrets::Secrets;

/// Takes secrets out of the names of a run, wherever its journal says them. They were taken out of its thresholds before,
/// which find what they are about by these names.
pub(super) fn mask_header(header: &mut Header, secrets: &Secrets) {
    if secrets.is_empty() {
        return;
    }
    let catalog = serde_json::to_value(&header.catalog).map(|mut catalog| {
        mask_json(&mut catalog, secrets);
        catalog
    });
    if let Some(catalog) = catalog.ok().and_then(|catalog| serde_json::from_value(catalog).ok()) {
        header.catalog = catalog;
    }
    for stage in &mut header.stages {
        mask(&mut stage.name, secrets);
        mask(&mut stage.scenario, secrets);
    }
    header.name.iter_mut().for_each(|name| mask(name, secrets));
    header.labels.values_mut().for_each(|value| mask(value, secrets));
    header.thresholds.iter_mut().for_each(|threshold| mask(&mut threshold.place, secrets));
    header.left_out.iter_mut().for_each(|left_out| left_out.mask(secrets));
}

/// Takes secrets out of what is said in an entry of a run. What users said was masked before it was cut to its length; by
/// now the run may know of more. Names of requests come masked: there is one for each series, and the seconds have all.
pub(super) fn mask_entry(entry: &mut Entry, secrets: &Secrets) {
    match entry {
        Entry::Second(interval) => {
            for error in &mut interval.errors {
                mask_shared(&mut error.key.message, secrets);
                mask_shared(&mut error.key.name, secrets);
                error.example.iter_mut().for_each(|example| mask_shared(example, secrets));
            }
        }
        Entry::Annotation(annotation) => mask(&mut annotation.text, secrets),
        Entry::End(end) => {
            end.teardown.iter_mut().for_each(|text| mask(text, secrets));
        }
    }
}

fn mask(text: &mut String, secrets: &Secrets) {
    if let Cow::Owned(masked) = secrets.mask(text) {
        *text = masked;
    }
}

fn mask_shared(text: &mut Arc<str>, secrets: &Secrets) {
    if let Cow::Owned(masked) = secrets.mask(text) {
        *text = masked.into();
    }
}

fn mask_json(json: &mut serde_json::Value, secrets: &Secrets) {
    match json {
        serde_json::Value::String(text) => mask(text, secrets),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| mask_json(item, secrets)),
        serde_json::Value::Object(entries) => entries.values_mut().for_each(|value| mask_json(value, secrets)),
        _ => {}
    }
}
