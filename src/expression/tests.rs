use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::units::Seed;

fn scope() -> Arc<Scope> {
    let messages = Value::from(vec![Value::from("Alpha"), Value::from("Beta")]);
    let globals = Globals::new(vec![("messages".into(), messages), ("limit".into(), Value::from(20))]);
    let user = ScopeUser { id: 7, kind: "memory".into() };
    Scope::new(Arc::new(globals), user, ScopeRng::new(Seed::new(42)))
}

fn rendered(source: &str) -> Result<String, EvalError> {
    Template::parse(source).unwrap().render(&scope())
}

fn answered(json: &str) -> Arc<Scope> {
    let scope = scope();
    let body = Bytes::copy_from_slice(json.as_bytes());
    scope.answer(Some(Answer::new(200, http::HeaderMap::new(), body, std::time::Duration::from_millis(5))));
    scope
}

#[test]
fn a_text_is_filled_in_where_its_slots_are() {
    assert_eq!(rendered("a {{ messages[1] }} b {{ user.id }}").unwrap(), "a Beta b 7");
    assert_eq!(rendered("{{ '}}' }}").unwrap(), "}}");
    assert_eq!(rendered("{{ {'a': 1}['a'] }}").unwrap(), "1");
    assert_eq!(rendered("{% if limit > 3 %}many{% endif %}").unwrap(), "many");
    assert_eq!(rendered("no slots, } and { alone").unwrap(), "no slots, } and { alone");
}

#[test]
fn a_format_key_beyond_ascii_is_an_error_and_no_panic() {
    for format in ["%(é)s", "%(é", "%%%(aé", "%(a)s%(é)s"] {
        let message = rendered(&format!("{{{{ '{format}' | format(a=1) }}}}")).unwrap_err().message;
        assert!(message.contains("ASCII"), "{format}: {message}");
    }
    assert_eq!(rendered("{{ 'é %%(é) %(a)s' | format(a='ü') }}").unwrap(), "é %(é) ü");
}

#[test]
fn a_single_expression_keeps_its_type() {
    let value = Template::parse("{{ limit + 1 }}").unwrap().eval(&scope()).unwrap();
    assert!(value.is_integer());
    assert_eq!(value.as_i64(), Some(21));
}

#[test]
fn an_undefined_name_is_an_error_that_names_it() {
    assert_eq!(rendered("{{ countr + 1 }}").unwrap_err().message, "`countr` is undefined in `countr + 1`");
    assert_eq!(rendered("{{ countr }}").unwrap_err().message, "`countr` is undefined");
    assert!(rendered("{{ user.nothing }}").is_err());
}

#[test]
fn names_are_known_before_anything_runs_and_functions_are_not_among_them() {
    let template = Template::parse("{{ choice(messages) }} {{ x.y | upper }}").unwrap();
    assert_eq!(template.names().into_iter().collect::<Vec<_>>(), ["messages", "x"]);
    assert!(!template.is_steady());
    assert!(Template::parse("{{ limit }}").unwrap().is_steady());
}

#[test]
fn a_flaw_is_placed_in_the_text() {
    let error = Template::parse("ab {{ 1 + }}").unwrap_err();
    assert!(error.range.start >= 5 && error.range.end <= 12, "{error:?}");
    assert_eq!(Template::parse("ab {{ x").unwrap_err().range, 3..5);
    assert!(Template::parse("{{ }}").is_err());
}

#[test]
fn the_same_seed_draws_the_same_values() {
    for source in ["{{ uuid() }}", "{{ random_string(12) }}", "{{ random_int(1, 1000) }}", "{{ sample(messages, 2) }}"]
    {
        assert_eq!(rendered(source).unwrap(), rendered(source).unwrap(), "{source}");
    }
}

#[test]
fn a_uuid_is_of_version_four() {
    let id = rendered("{{ uuid() }}").unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(id.as_bytes()[14], b'4');
    assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
}

#[test]
fn functions_refuse_what_makes_no_sense() {
    for source in [
        "{{ choice([]) }}",
        "{{ random_int(5, 1) }}",
        "{{ sample([1], 2) }}",
        "{{ choice(3) }}",
        "{{ choice('abc') }}",
        "{{ random_string(99999999999) }}",
        "{{ random_float(1, -1) }}",
    ] {
        assert!(rendered(source).is_err(), "{source}");
    }
}

#[test]
fn work_without_end_is_cut_off() {
    assert!(rendered("{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}").is_err());
}

#[test]
fn a_list_that_grows_without_work_is_an_error_and_no_hang() {
    for source in [
        "{{ 2000 * messages * 5400 }}",
        "{{ [messages * 9999] * 9999 }}",
        "{{ {'a': messages * 30000000} }}",
        "{{ (messages * 9999 * 999) | list }}",
        "{% set all = [messages * 9999] * 9999 %}{{ all }}",
    ] {
        let message = rendered(source).unwrap_err().message;
        assert!(message.contains("larger") || message.contains("fuel"), "{source}: {message}");
    }
    assert_eq!(rendered("{{ (messages * 3) | join('') }}").unwrap(), "AlphaBetaAlphaBetaAlphaBeta");
    assert_eq!(rendered("{{ (messages * 1000000) | length }}").unwrap(), "2000000");
}

#[test]
fn state_that_holds_itself_again_and_again_comes_to_an_end() {
    for source in ["{{ [all, all] }}", "{{ [all] }}", "{{ {'all': all} }}"] {
        let (scope, template) = (scope(), Template::parse(source).unwrap());
        scope.set(&"all".into(), Value::from(1));
        let grown = (0..1000).try_for_each(|_| template.eval(&scope).map(|value| scope.set(&"all".into(), value)));
        let message = grown.unwrap_err().message;
        assert!(message.contains("larger") || message.contains("deeper"), "{source}: {message}");
    }
}

#[test]
fn an_expression_that_would_exhaust_the_parser_is_turned_away() {
    for deep in ["not ".repeat(50_000), "-".repeat(50_000), "(".repeat(50_000), "[".repeat(3_000), "not ".repeat(900)] {
        drop(Template::parse(&format!("{{{{ {deep}1 }}}}")));
        drop(Template::parse(&format!("{{% if {deep}1 %}}x{{% endif %}}")));
    }
    assert!(Template::parse(&format!("{{{{ {}1 }}}}", "not ".repeat(50_000))).is_err());
    assert!(Template::parse(&"{% if 1 %}".repeat(300)).is_err());
}

#[test]
fn an_answer_is_read_without_being_copied() {
    let scope = answered(r#"{"items": [{"name": "a"}, {"name": "b"}], "n": 5}"#);
    let holds = |source: &str| Expr::parse(source).unwrap().holds(&scope).unwrap();
    assert!(holds("json.items[1].name == 'b'"));
    assert!(holds("json.n <= limit and status == 200"));
    assert!(holds("json.items | length == 2"));
    assert!(holds("'n' in json"));
    assert!(Expr::parse("json.missing > 1").unwrap().holds(&scope).is_err());
}

#[test]
fn an_answer_that_is_no_json_leaves_json_undefined() {
    let scope = answered("<html>");
    assert_eq!(Expr::parse("json.n").unwrap().eval(&scope).unwrap_err().message, "`json` is undefined in `json.n`");
}

#[test]
fn a_path_finds_its_first_match_or_nothing() {
    let json = serde_json::json!({"a": {"b": [10, 20]}, "it's": 1, "list": [{"id": 1, "on": true}, {"id": 2}]});
    let first = |path: &str| JsonPath::parse(path).unwrap().first(&json).cloned();
    assert_eq!(first("$.a.b[1]"), Some(serde_json::json!(20)));
    assert_eq!(first("$.a.b[-1]"), Some(serde_json::json!(20)));
    assert_eq!(first("$.list[?(@.on)].id"), Some(serde_json::json!(1)));
    assert_eq!(first("$['a']['b'][0]"), Some(serde_json::json!(10)));
    assert_eq!(first("$.a.c"), None);
    assert_eq!(first("$"), Some(json.clone()));
}

#[test]
fn what_is_no_path_is_refused_and_so_is_what_is_too_deep() {
    assert_eq!(JsonPath::parse("context").unwrap_err().help.unwrap(), "did you mean `$.context`?");
    for path in ["$.", "$.a[", "$..", "$[?(@.a ==)]", "$ a"] {
        assert!(JsonPath::parse(path).is_err(), "{path}");
    }
    assert!(JsonPath::parse(&format!("${}", "[".repeat(100_000))).is_err());
    assert!(JsonPath::parse(&format!("$[?({}@.a)]", "!".repeat(1500))).is_err());
}

#[test]
fn every_filter_that_is_listed_is_there() {
    for filter in FILTERS {
        let parsed = Expr::parse(&format!("x | {filter}")).unwrap();
        let message = parsed.eval(&scope()).err().map(|error| error.message).unwrap_or_default();
        assert!(!message.contains("unknown filter"), "{filter}: {message}");
    }
}
