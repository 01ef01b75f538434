use super::cells::code;
use super::commands::command;
use super::keys::keys;
use super::parts::{Group, groups};
use crate::cli::args::Args;
use crate::expression::{BUILT_IN_NAMES, FILTERS, FUNCTIONS, TESTS};
use crate::threshold::{Aggregate, Field};
use clap::CommandFactory;

/// What no type of the code knows: units, exit codes, variables of the environment.
const BESIDES: &str = include_str!("besides.md");

/// The headings behind those of the language.
const AFTER: [&str; 6] = ["Expressions", "Commands", "Units", "Exit codes", "Variables of the environment", "Limits"];

/// The whole document.
pub(in crate::cli) fn reference() -> String {
    let mut out = String::from(
        "# Reference\n\nMade by `plimsoll schema reference`; a test holds it to the code, and every example is checked.\n\
         The keys stand in the order in which a plan is written. *Default* says what holds where a key is left out; `–` is\n\
         nothing.\n\n",
    );
    let groups = groups();
    for title in groups.iter().map(|group| group.title).chain(AFTER) {
        out.push_str(&format!("- [{title}](#{})\n", super::cells::anchor(title)));
    }
    groups.iter().for_each(|group| whole_group(&mut out, group));
    expressions(&mut out);
    out.push_str("\n## Commands\n");
    for known in Args::command().get_subcommands() {
        command(&mut out, "plimsoll", known);
    }
    out.push('\n');
    out.push_str(BESIDES);
    out
}

fn whole_group(out: &mut String, group: &Group) {
    out.push_str(&format!("\n## {}\n", group.title));
    group.parts.iter().for_each(|part| keys(out, part));
    if group.title == "What must hold" {
        conditions(out);
    }
}

/// What a condition of a threshold is made of.
fn conditions(out: &mut String) {
    let words = |names: &[&str]| names.iter().map(|name| code(name)).collect::<Vec<_>>().join(" ");
    out.push_str("\n### Conditions\n\n`aggregate[(metric)][{selector}] operator value [over window]`\n\n");
    out.push_str(&format!(
        "Aggregates: {} and quantiles such as `p50`, `p99.9`. [thresholds.md](thresholds.md) says what each is.\n\n",
        words(&Aggregate::NAMED.map(|(name, _)| name))
    ));
    out.push_str(
        "Metrics: `response_time` (the default), `service_time`, `time_to_first_byte`, `connect_time`, those that the plan\n\
         declares, its transactions, and `concurrent_users` and `total_rps`, which every run measures.\n\n",
    );
    out.push_str(&format!("Selectors: {}, with `=`, `!=` and `=~`.\n\n", words(&Field::NAMED.map(|(name, _)| name))));
    out.push_str(
        "Operators: `<` `<=` `>` `>=` `==` `!=`. The value may be `baseline`, `baseline + 10%` or `baseline - 5ms`.\n",
    );
}

fn expressions(out: &mut String) {
    out.push_str(
        "\n## Expressions\n\nWhat stands between `{{` and `}}`. [expressions.md](expressions.md) has an example of each \
         function, filter and test, and\na test runs them all.\n",
    );
    table(
        out,
        "Names in every expression",
        ["name", "is"],
        BUILT_IN_NAMES.iter().map(|(name, what)| ((*name).to_owned(), (*what).to_owned())),
    );
    table(
        out,
        "Functions",
        ["function", "gives"],
        FUNCTIONS.iter().map(|(name, given, what)| (format!("{name}({given})"), (*what).to_owned())),
    );
    for (title, signatures) in [("Filters", FILTERS), ("Tests", TESTS)] {
        let names: Vec<String> = signatures.iter().map(|known| code(known.name)).collect();
        out.push_str(&format!("\n### {title}\n\n{}\n", names.join(" ")));
    }
}

fn table(out: &mut String, title: &str, [left, right]: [&str; 2], rows: impl Iterator<Item = (String, String)>) {
    out.push_str(&format!("\n### {title}\n\n| {left} | {right} |\n| --- | --- |\n"));
    rows.for_each(|(left, right)| out.push_str(&format!("| `{left}` | {right} |\n")));
}
