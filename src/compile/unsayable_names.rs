use crate::compile::name_check::names_for_expressions;
use crate::diagnostic::{Problem, Problems};
use crate::expression::BUILT_IN_NAMES;
use crate::plan::Plan;

/// Words that are values or operators wherever an expression has them.
const WORDS: [&str; 7] = ["true", "false", "none", "True", "False", "None", "not"];

/// Reports each name that no expression can say: what has it could never be used.
pub(super) fn report(plan: &Plan, problems: &mut Problems) {
    // what a user keeps goes before what every expression sees; a var stands behind it
    for name in plan.vars.iter().flat_map(|vars| vars.0.iter().map(|(name, _)| name)) {
        if let Some((_, what)) = BUILT_IN_NAMES.iter().find(|(known, _)| *known == name.value) {
            let message = format!("an expression never sees the var `{}`: the name stands for {what}", name.value);
            problems.push(Problem::at(name.span, message).help("give it another name"));
        }
    }
    for name in names_for_expressions(plan) {
        if WORDS.contains(&name.value.as_str()) {
            let message = format!("`{}` is a word of expressions, which hides this name", name.value);
            problems.push(Problem::at(name.span, message).help("give it another name"));
        } else if !is_sayable(&name.value) {
            let message = format!("`{}` is no name that an expression can use", name.value);
            let mut problem = Problem::at(name.span, message);
            if name.value.contains('-') {
                problem = problem.help("in an expression `-` is a minus");
            }
            let instead = sayable(&name.value);
            problems.push(problem.help(format!("a name has letters, digits and `_`, such as `{instead}`")));
        }
    }
}

fn is_sayable(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
}

/// The name as near as an expression can say it.
fn sayable(name: &str) -> String {
    let said: String = name.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '_' }).collect();
    if said.starts_with(|first: char| first.is_ascii_digit()) || said.is_empty() { format!("_{said}") } else { said }
}
