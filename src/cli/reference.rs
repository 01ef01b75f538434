use clap::CommandFactory;
use serde_json::{Map, Value};

use super::args::Args;
use crate::expression::{BUILT_IN_NAMES, FILTERS, FUNCTIONS, TESTS};
use crate::plan::{plan_schema, suite_schema};
use crate::threshold::{Aggregate, Field};

/// The reference of the language and the commands, as Markdown: made from the code, so that it cannot drift from it.
pub(super) fn reference() -> String {
    let schema = plan_schema();
    let mut out = String::from(
        "# Reference\n\nMade by `plimsoll schema reference`; a test holds it to the code.\n\n## Keys of a plan\n",
    );
    all_keys(&mut out, "The plan", &schema);
    out.push_str("\n## Keys of a suite\n");
    all_keys(&mut out, "The suite", &suite_schema());
    table(
        &mut out,
        "Functions",
        ["function", "gives"],
        FUNCTIONS.iter().map(|(name, given, what)| (format!("{name}({given})"), (*what).to_owned())),
    );
    table(
        &mut out,
        "Names in every expression",
        ["name", "is"],
        BUILT_IN_NAMES.iter().map(|(name, what)| ((*name).to_owned(), (*what).to_owned())),
    );
    for (title, signatures) in [("Filters", FILTERS), ("Tests", TESTS)] {
        let names: Vec<String> = signatures.iter().map(|known| format!("`{}`", known.name)).collect();
        out.push_str(&format!("\n## {title}\n\n{}\n", names.join(" ")));
    }
    let words = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ");
    out.push_str("\n## Thresholds\n\n`aggregate[(metric)][{selector}] operator value [over window]`\n\n");
    out.push_str(&format!(
        "Aggregates: {} and quantiles such as `p50`, `p99.9`.\n\n",
        words(&Aggregate::NAMED.map(|(name, _)| name))
    ));
    out.push_str(&format!("Selectors: {}, with `=`, `!=` and `=~`.\n", words(&Field::NAMED.map(|(name, _)| name))));
    out.push_str("\n## Commands\n");
    for known in Args::command().get_subcommands() {
        command(&mut out, "plimsoll", known);
    }
    out
}

/// A command with its flags, and those within it.
fn command(out: &mut String, within: &str, command: &clap::Command) {
    let name = format!("{within} {}", command.get_name());
    out.push_str(&format!("\n### `{name}`\n\n"));
    out.push_str(&format!("{}\n\n", command.get_about().map(ToString::to_string).unwrap_or_default()));
    for argument in command.get_arguments() {
        let name = argument.get_long().map_or_else(|| positional(argument), |long| format!("--{long}"));
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        out.push_str(&format!("- `{name}`: {help}\n"));
    }
    command.get_subcommands().for_each(|inner| self::command(out, &name, inner));
}

/// What stands for an argument without a flag.
fn positional(argument: &clap::Arg) -> String {
    let names = argument.get_value_names().into_iter().flatten();
    let name = names.map(ToString::to_string).collect::<Vec<_>>().join(" ");
    if name.is_empty() { argument.get_id().to_string().to_uppercase() } else { name }
}

/// The keys of a document, and of each thing in it.
fn all_keys(out: &mut String, name: &str, schema: &Value) {
    keys(out, name, schema);
    let definitions = schema.get("definitions").and_then(Value::as_object);
    let mut named: Vec<(&String, &Value)> = definitions.into_iter().flatten().collect();
    named.sort_by_key(|(name, _)| name.as_str());
    for (name, definition) in named.into_iter().filter(|(_, definition)| definition.get("properties").is_some()) {
        keys(out, name, definition);
    }
}

fn keys(out: &mut String, name: &str, definition: &Value) {
    let about = definition.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ");
    out.push_str(&format!("\n### {name}\n\n{about}\n\n| key | means |\n| --- | --- |\n"));
    let none = Map::new();
    let required: Vec<&str> =
        definition.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (key, value) in definition.get("properties").and_then(Value::as_object).unwrap_or(&none) {
        let about =
            value.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        let mark = if required.contains(&key.as_str()) { " (required)" } else { "" };
        out.push_str(&format!("| `{key}`{mark} | {about} |\n"));
    }
}

fn table(out: &mut String, title: &str, [left, right]: [&str; 2], rows: impl Iterator<Item = (String, String)>) {
    out.push_str(&format!("\n## {title}\n\n| {left} | {right} |\n| --- | --- |\n"));
    rows.for_each(|(left, right)| out.push_str(&format!("| `{left}` | {right} |\n")));
}
