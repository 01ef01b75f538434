//! What a person may write, fed through the entry points that read it: none may panic, hang or run out of memory.
//!
//! The fuzz targets and `tests/library/fuzz_regressions.rs` share these functions.

pub mod codec;
pub mod outside;

use std::path::Path;
use std::sync::Arc;

use plimsoll::test_api::compile::{CompileOptions, Filter, compile};
use plimsoll::test_api::diagnostic::{Problems, Sources, Style, render};
use plimsoll::test_api::expression::{Globals, JsonPath, Scope, ScopeRng, ScopeUser, Template, Value, json_to_value};
use plimsoll::test_api::plan::read_text;
use plimsoll::test_api::threshold::Threshold;
use plimsoll::test_api::units::{DurationRange, Rate, Ratio, Scale, Seed, Size, parse_duration, show_duration};

/// A plan is read, compiled, and what is wrong in it told.
pub fn plan(text: &str) {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    // beside data files, so that a plan that names them is compiled to its end
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(if cfg!(test) { "plans" } else { "../plans" });
    let name = folder.join("plan.yaml").display().to_string();
    // what the environment holds is a value, whatever it looks like
    let environment = |name: &str| name.len().is_multiple_of(2).then(|| "a{{ 1 + 1 }}{# b #}{% c ${D}: [\"".to_owned());
    if let Some(plan) = read_text(&name, text, &environment, &mut sources, &mut problems) {
        let filter = Filter::default();
        let setting = CompileOptions {
            name: "plan",
            seed: Seed::new(1),
            filter: &filter,
            scale: Scale::WHOLE,
            sources: &sources,
        };
        let program = compile(&plan, &setting, &mut problems);
        assert_eq!(program.is_none(), problems.errors() > 0, "a plan compiles exactly where it has no errors");
    } else {
        assert!(problems.errors() > 0, "a plan that cannot be read has errors");
    }
    let _ = render(&problems, &sources, Style::Plain);
}

/// A template is parsed, asked what it needs, and filled in.
pub fn template(text: &str) {
    let Ok(template) = Template::parse(text) else { return };
    let _ = (template.fixed(), template.names(), template.is_steady());
    let json = serde_json::json!({"id": 7, "items": [{"name": "a"}, {"name": "b"}], "text": "é…", "none": null});
    let globals = Globals::new(vec![
        ("words".into(), Value::from(vec!["one", "two", "three"])),
        ("counter".into(), Value::from(3)),
        ("key".into(), Value::from("secret")),
        ("item".into(), json_to_value(&json)),
    ]);
    let user = ScopeUser { id: 1, kind: "user".into() };
    let scope = Scope::new(Arc::new(globals), user, ScopeRng::new(Seed::new(1)));
    let _ = template.render(&scope);
    let _ = template.eval(&scope);
}

/// The first line is a JSONPath, the rest the JSON it is asked of.
pub fn json_path(text: &str) {
    let (path, json) = text.split_once('\n').unwrap_or((text, "null"));
    let Ok(path) = JsonPath::parse(path) else { return };
    if let Ok(json) = serde_json::from_str(json) {
        let _ = path.first(&json);
    }
}

/// A threshold is parsed, and reads back as it is shown.
pub fn threshold(text: &str) {
    match Threshold::parse(text) {
        Ok(threshold) => {
            let shown = threshold.to_string();
            let again = Threshold::parse(&shown);
            // amounts are shown rounded, all else as it is
            let kept = |threshold: &Threshold| {
                let selector: Vec<String> = threshold.selector.iter().map(ToString::to_string).collect();
                (threshold.aggregate, threshold.subject.clone(), selector, threshold.operator)
            };
            let again = again.as_ref().map(kept).map_err(|misparse| &misparse.message);
            assert_eq!(again, Ok(kept(&threshold)), "what is shown reads back: {shown}");
        }
        Err(misparse) => {
            assert!(text.get(misparse.range).is_some(), "a mistake has its place in the text");
        }
    }
}

/// Every quantity is parsed, and reads back as it is shown.
pub fn units(text: &str) {
    if let Ok(duration) = parse_duration(text) {
        let shown = show_duration(duration);
        assert!(parse_duration(&shown).is_ok(), "the duration {shown} reads back");
    }
    if let Ok(range) = DurationRange::parse(text) {
        let within = range.at(0.5);
        assert!(range.from <= within && within <= range.to, "a range holds its middle");
        let shown = range.to_string();
        assert!(DurationRange::parse(&shown).is_ok(), "the range {shown} reads back");
    }
    if let Ok(rate) = Rate::parse(text) {
        let shown = rate.to_string();
        assert!(Rate::parse(&shown).is_ok(), "the rate {shown} reads back");
    }
    if let Ok(ratio) = Ratio::parse(text) {
        let shown = ratio.to_string();
        assert!(Ratio::parse(&shown).is_ok(), "the share {shown} reads back");
    }
    if let Ok(size) = Size::parse(text) {
        let shown = size.to_string();
        assert!(Size::parse(&shown).is_ok(), "the size {shown} reads back");
    }
    if let Ok(seed) = Seed::parse(text) {
        assert_eq!(Seed::parse(&seed.to_string()), Ok(seed), "a seed reads back");
    }
}
