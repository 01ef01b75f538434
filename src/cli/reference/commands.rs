use super::cells::{cell, code};

/// A command with its flags, and those within it.
pub(super) fn command(out: &mut String, within: &str, command: &clap::Command) {
    let name = format!("{within} {}", command.get_name());
    out.push_str(&format!("\n### `{name}`\n\n"));
    out.push_str(&format!("{}\n\n", command.get_about().map(ToString::to_string).unwrap_or_default()));
    out.push_str("| flag | default | means |\n| --- | --- | --- |\n");
    for argument in command.get_arguments() {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        out.push_str(&format!("| {} | {} | {} |\n", code(&cell(&flag(argument))), default(argument), cell(&help)));
    }
    command.get_subcommands().for_each(|inner| self::command(out, &name, inner));
}

/// A flag as it is written, with what stands for its value.
fn flag(argument: &clap::Arg) -> String {
    let values = argument.get_value_names().into_iter().flatten();
    let value = values.map(ToString::to_string).collect::<Vec<_>>().join(" ");
    match argument.get_long() {
        Some(long) if takes_value(argument) && !value.is_empty() => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None if value.is_empty() => argument.get_id().to_string().to_uppercase(),
        None => value,
    }
}

fn takes_value(argument: &clap::Arg) -> bool {
    matches!(argument.get_action(), clap::ArgAction::Set | clap::ArgAction::Append)
}

fn default(argument: &clap::Arg) -> String {
    let values = argument.get_default_values().iter().map(|value| code(&value.to_string_lossy()));
    let values = values.collect::<Vec<_>>().join(" ");
    if argument.is_required_set() {
        "required".to_owned()
    } else if values.is_empty() || !takes_value(argument) {
        "–".to_owned()
    } else {
        values
    }
}
