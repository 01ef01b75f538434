//! A plan's text made ready to run.

use plimsoll::test_api::compile::{CompileOptions, Filter, Program, compile};
use plimsoll::test_api::diagnostic::{Problems, Sources, Style, render};
use plimsoll::test_api::plan::read_text;
use plimsoll::test_api::units::{Scale, Seed};

/// A plan made ready to run, or what is wrong with it.
pub fn program(plan: &str) -> Result<Program, String> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let read = read_text("plan.yaml", plan, &|_| None, &mut sources, &mut problems);
    let program = read.and_then(|plan| {
        let filter = Filter::default();
        let options = CompileOptions {
            name: "plan",
            seed: Seed::new(1),
            filter: &filter,
            scale: Scale::WHOLE,
            sources: &sources,
        };
        compile(&plan, &options, &mut problems)
    });
    let told = render(&problems, &sources, Style::Plain);
    program.ok_or(told)
}
