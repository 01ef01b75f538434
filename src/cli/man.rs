use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::args::Args;
use super::terminal::{data, talk};
use crate::disk::plain;
use crate::report::visible;
use crate::verdict::Exit;

/// Writes the manual's pages: `plimsoll.1`, and one for each command. Without a folder it prints the first of them.
#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// The folder to write them to; made where it is missing.
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs) -> Exit {
    let written = match &args.folder {
        None => page(&whole()).map(|page| data(&page).err()),
        Some(folder) => pages(folder).map(|count| {
            talk(&visible(&format!("written: {count} pages in {}\n", folder.display())));
            None
        }),
    };
    match written {
        Ok(lost) => lost.unwrap_or(Exit::Passed),
        Err(error) => {
            talk(&visible(&format!("error: the manual cannot be written: {}\n", plain(&error))));
            Exit::Lost
        }
    }
}

/// The command line with everything that clap adds to it.
fn whole() -> Command {
    let mut command = Args::command().disable_help_subcommand(true);
    command.build();
    command
}

/// Writes the page of each command; says how many there are.
fn pages(folder: &Path) -> io::Result<usize> {
    std::fs::create_dir_all(folder)?;
    let mut left = vec![whole()];
    let mut count = 0;
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().filter(|inner| inner.get_name() != "help").cloned());
        std::fs::write(folder.join(format!("{}.1", name(&command))), page(&command)?)?;
        count += 1;
    }
    Ok(count)
}

/// What a page is found by: `plimsoll-run`.
fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// A page of the manual.
fn page(command: &Command) -> io::Result<String> {
    let man =
        Man::new(command.clone()).source(concat!("Plimsoll ", env!("CARGO_PKG_VERSION"))).manual("Plimsoll manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut page = String::from_utf8_lossy(&page).into_owned();
    let name = name(command);
    if name == "plimsoll" {
        page.push_str(EXAMPLES);
    }
    page.push_str(&exits());
    if name == "plimsoll" {
        page.push_str(ENVIRONMENT);
        page.push_str(FILES);
    } else {
        page.push_str(".SH \"SEE ALSO\"\n.BR plimsoll (1)\n");
    }
    Ok(page)
}

/// The exit codes, which are those of every command.
fn exits() -> String {
    let rows = [
        (Exit::Passed, "It passed."),
        (Exit::Failed, "A threshold failed, nothing succeeded, or a comparison found a regression."),
        (Exit::Usage, "The plan or the command line is wrong."),
        (Exit::NotStarted, "The run could not start, for example because the target is not ready."),
        (Exit::Invalid, "The result is not valid: the load generator, or its machine, was the bottleneck."),
        (Exit::Interrupted, "It was interrupted; what was measured is written."),
        (Exit::Lost, "Results could not be written, or figures that were to be sent elsewhere did not arrive."),
        (Exit::Bug, "A bug in Plimsoll."),
    ];
    let rows: String = rows.iter().map(|(exit, means)| format!(".TP\n.B {}\n{means}\n", exit.code())).collect();
    format!(".SH \"EXIT STATUS\"\n{rows}")
}

const EXAMPLES: &str = r#".SH EXAMPLES
.TP
.B plimsoll new plan.yaml
Writes a plan to start from, with comments that explain it.
.TP
.B plimsoll check plan.yaml
Tells every error in it, each with its place.
.TP
.B plimsoll try plan.yaml \-\-embedded
Makes each call once and shows what is sent and answered.
.TP
.B plimsoll run plan.yaml \-\-embedded
Runs it against the shop that Plimsoll brings with it.
.TP
.B plimsoll show latest
Shows the last run again.
"#;

const ENVIRONMENT: &str = r#".SH ENVIRONMENT
.TP
.B PLIMSOLL_RESULTS
The folder of results, where no flag names one.
.TP
.B NO_COLOR
If it is set, nothing is coloured.
.TP
.B COLUMNS
How wide a summary is that goes to no terminal.
.TP
.B GITHUB_STEP_SUMMARY
Where a summary for GitHub Actions is added.
.TP
.B PLIMSOLL_NOTIFY
The webhook of a run without one of its own.
.PP
A plan asks the environment with ${NAME}.
"#;

const FILES: &str = r#".SH FILES
.TP
.I plans/
Plans, which may be named without their folder and ending.
.TP
.I results/
What runs leave: reports and journals.
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_that_names_its_flags() {
        let mut left = vec![whole()];
        let mut count = 0;
        while let Some(command) = left.pop() {
            let page = page(&command).unwrap();
            for flag in command.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(page.contains(&format!("\\-\\-{}", flag.replace('-', "\\-"))), "{flag} of {}", name(&command));
            }
            assert!(page.is_ascii() || !page.contains('\u{0}'));
            left.extend(command.get_subcommands().cloned());
            count += 1;
        }
        assert!(count > 12, "{count}");
    }
}
