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
    for source in ["{{ x[:8] }}", "{{ (x | upper)[1:] ~ 1 }}", "{% if x[1:2] %}{% endif %}", "{{ x[y][:1] }}"] {
        assert!(Template::parse(source).unwrap().names().contains("x"), "{source}");
    }
    assert!(!Template::parse("{{ now()[:8] }}").unwrap().is_steady());
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
fn a_flaw_comes_with_a_way_out() {
    let help = |source: &str| Template::parse(source).unwrap_err().help.unwrap_or_default();
    for (source, way_out) in [
        ("{{ status = 401 }}", "did you mean `==`?"),
        ("{{ status == }}", "write what follows `==`"),
        ("{% if status = 401 %}x{% endif %}", "did you mean `==`?"),
        ("{% for i in [1] %}{% if i %}x{% endif %}", "end it with `{% endfor %}`"),
        ("{% if 1 %}x{% else %}", "end it with `{% endif %}`"),
        ("{% if 1", "end the statement with `%}`"),
    ] {
        assert_eq!(help(source), way_out, "{source}");
    }
    let long = format!("{{% if 1 %}}{}{{% endif %}}", "x".repeat(4000));
    let error = Template::parse(&*long).unwrap_err();
    assert_eq!((error.range, error.help.is_some()), (0..2, true));
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
        assert!(message.contains("larger") || message.contains("more work"), "{source}: {message}");
    }
    assert_eq!(rendered("{{ (messages * 3) | join('') }}").unwrap(), "AlphaBetaAlphaBetaAlphaBeta");
    assert_eq!(rendered("{{ (messages * 400000) | length }}").unwrap(), "800000");
}

#[test]
fn what_all_expressions_of_a_plan_do_before_a_run_is_bounded_together() {
    let steps = "{% for i in range(9000) %}{% for j in range(10) %}{% endfor %}{% endfor %}";
    let items = "{{ (messages * 400000) | length }}";
    for (source, why) in
        [(steps, "all expressions of the plan together"), (items, "all expressions of the plan together")]
    {
        let work = PlanWork::begin();
        let first = (0..10_000).find_map(|_| rendered(source).err());
        assert!(first.unwrap().message.contains(why), "{source}");
        // what plans usually write is still evaluated
        assert_eq!(rendered("{{ messages[0] }}").unwrap(), "Alpha");
        drop(work);
        rendered(source).unwrap();
    }
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
    let message = |source: &str| Template::parse(source).unwrap().render(&scope).unwrap_err().message;
    assert_eq!(message("{{ json.n }}"), "the body is not JSON: `json` is undefined in `json.n`");
    assert_eq!(message("{{ json }}"), "the body is not JSON: `json` is undefined");
    assert!(message("{% if json.n > 1 %}{% endif %}").starts_with("the body is not JSON: "));
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

/// The keys of one of the language's own tables.
fn table(of: &str) -> Vec<String> {
    let shown = format!("{:?}", super::language::language());
    let (_, rest) = shown.split_once(&format!("{of}: ")).unwrap();
    let end = rest.find(']').or_else(|| rest.find('}')).unwrap();
    // what operators are written as has a dot in its name: no plan writes it
    rest[..end].split('"').skip(1).step_by(2).filter(|name| !name.contains('.')).map(str::to_owned).collect()
}

#[test]
fn every_filter_and_test_of_the_language_is_listed_and_no_others() {
    let names = |signatures: &[super::signatures::Signature]| -> Vec<String> {
        signatures.iter().map(|known| known.name.to_owned()).collect()
    };
    // what operators are written as, and what ours are made of, no plan names
    let filters: Vec<String> = table("filters").into_iter().filter(|filter| !filter.contains('.')).collect();
    assert_eq!(names(FILTERS), filters);
    let tests: Vec<String> =
        table("tests").into_iter().filter(|test| !super::signatures::SIGNS.contains(&test.as_str())).collect();
    assert_eq!(names(TESTS), tests);
}

#[test]
fn every_function_of_the_language_is_listed_and_no_others() {
    let mut listed: Vec<&str> = super::signatures::CALLS.iter().map(|known| known.name).collect();
    listed.sort_unstable();
    let mut there: Vec<&str> = super::language::language().globals().map(|(name, _)| name).collect();
    there.sort_unstable();
    assert_eq!(listed, there);
}

fn flaws(text: &str) -> Vec<String> {
    let row = Shape::map("column", [("user", Shape::TEXT), ("qty", Shape::TEXT)]);
    let shape_of = |name: &str| match name {
        "r" => Some(row.clone()),
        "rows" => Some(row.clone().list()),
        "user" => Some(Shape::map("part", [("id", Shape::NUMBER), ("type", Shape::TEXT)])),
        "headers" => Some(Shape::LowerCase),
        "x" | "json" => Some(Shape::Any),
        _ => None,
    };
    let found = Resolved::text(text, &shape_of).flaws;
    found.into_iter().map(|flaw| format!("{} @ {}", flaw.message, &text[flaw.range])).collect()
}

#[test]
fn what_cannot_be_there_is_found_before_anything_runs_and_placed_at_its_own_letters() {
    for (text, expected) in [
        ("a {{ x | b64encod }}", "unknown filter `b64encod` @ b64encod"),
        ("{{ hmac('sha257', x, x) }}", "the algorithm of `hmac` is `sha257` @ 'sha257'"),
        ("{{ x | md5(encoding='hexa') }}", "`encoding` is `hexa` @ 'hexa'"),
        ("{{ x | regex_find('(') }}", "`(` is not a regular expression: unclosed group @ '('"),
        ("{{ x | jsonpath('items') }}", "`items` is not a JSONPath: it starts with `$` @ 'items'"),
        ("{{ fake('emial') }}", "the kind of `fake` is `emial` @ 'emial'"),
        ("{{ now(zone='Europe/Berln') }}", "unknown time zone `Europe/Berln` @ 'Europe/Berln'"),
        ("{{ x | date(unit='min') }}", "`unit` is `min` @ 'min'"),
        ("{{ x | hmac('sha256', x) }}", "unknown filter `hmac` @ hmac"),
        ("{{ sha256(x).hex }}", "`sha256(…)` is a text, and has no part `hex` @ hex"),
        ("{{ x is evn }}", "unknown test `evn` @ evn"),
        ("{{ x is not evn }}", "unknown test `evn` @ evn"),
        ("{{ chioce(x) }}", "unknown function `chioce` @ chioce"),
        ("{{ x('a') }}", "`x` is no function @ x"),
        ("{{ x.upper() }}", "unknown function `upper` of `x` @ upper"),
        ("{{ random_int(1) }}", "the function `random_int` takes 2 arguments, and here are 1 @ random_int"),
        ("{{ uuid(4) }}", "the function `uuid` takes no arguments, and here are 1 @ uuid"),
        ("{{ x | upper(1) }}", "the filter `upper` takes no arguments, and here are 1 @ upper"),
        ("{{ x | replace('a') }}", "the filter `replace` takes 2 to 3 arguments, and here are 1 @ replace"),
        ("{{ x | round(digits=2) }}", "the filter `round` has no argument `digits` @ round"),
        ("{{ x is divisibleby }}", "the test `divisibleby` takes 1 argument, and here are 0 @ divisibleby"),
        ("{{ x | map('uper') | list }}", "unknown filter `uper` @ 'uper'"),
        ("{{ x | select('od') | list }}", "unknown test `od` @ 'od'"),
        ("{{ r.usr }}", "unknown column `usr` of `r` @ usr"),
        ("{{ r['usr'] }}", "unknown column `usr` of `r` @ 'usr'"),
        ("{{ r | attr('usr') }}", "unknown column `usr` of `r` @ attr"),
        ("{{ r.user.name }}", "`r.user` is a text, and has no part `name` @ name"),
        ("{{ rows[0].usr }}", "unknown column `usr` of `rows[0]` @ usr"),
        ("{{ rows.user }}", "`rows` is a list, and has no part `user` @ user"),
        ("{{ choice(rows).usr }}", "unknown column `usr` of `choice(…)` @ usr"),
        ("{{ (rows | first).usr }}", "unknown column `usr` of this @ usr"),
        ("{{ rows | map(attribute='usr') | list }}", "unknown column `usr` of `rows` @ 'usr'"),
        ("{{ rows | selectattr('usr') | list }}", "unknown column `usr` of `rows` @ 'usr'"),
        ("{{ rows | sum(attribute='usr') }}", "unknown column `usr` of `rows` @ 'usr'"),
        ("{% for row in rows %}{{ row.usr }}{% endfor %}", "unknown column `usr` of `row` @ usr"),
        ("{% if x is evn %}{% endif %}", "unknown test `evn` @ evn"),
        ("{{ user.index }}", "unknown part `index` of `user` @ index"),
        ("{{ user.id.x }}", "`user.id` is a number, and has no part `x` @ x"),
        ("{{ headers['X-Left'] }}", "`X-Left` of `headers` is never there: its names are in lower case @ 'X-Left'"),
    ] {
        assert_eq!(flaws(text), [expected], "{text}");
    }
}

#[test]
fn what_may_be_there_is_no_flaw() {
    for text in [
        "{{ r.user | upper }} {{ r['qty'] | int }} {{ r | length }}",
        "{{ r.usr | default('x') }} {{ 'a' if r.usr is defined else 'b' }} {{ r.usr is undefined }}",
        "{{ json.a.b.c[0]['d'] }} {{ x.y }}",
        "{{ x | map('upper') | join(', ') }} {{ x | select('==', 1) | list }} {{ x | selectattr('a', 'eq', 1) | list }}",
        "{{ rows | map(attribute='usr', default='') | list }} {{ rows | sort(attribute='user', reverse=true) }}",
        "{% for row in rows %}{{ loop.index }}{{ loop.cycle('a', 'b') }}{{ row.user }}{% endfor %}",
        "{% set r = x %}{{ r.usr }}",
        "{{ headers['x-left'] }} {{ headers.etag }}",
        "{{ range(3) }} {{ dict(a=1) }} {{ '%s' | format(1, a=2) }} {{ x | round(2, 'floor') }} {{ x | join }}",
    ] {
        assert_eq!(flaws(text), [""; 0], "{text}");
    }
}

#[test]
fn what_is_no_text_stands_in_a_text_as_json_writes_it_however_it_gets_there() {
    let json =
        r#"{"on": true, "off": false, "none": null, "list": [1, "b", true, null, {"k": [false]}], "map": {"a": true}}"#;
    let scope = answered(json);
    let rendered = |source: &str| Template::parse(source).unwrap().render(&scope).unwrap();
    for (source, text) in [
        ("{{ json.on }}/{{ json.off }}/{{ json.none }}", "true/false/null"),
        ("{{ json.list }}", r#"[1,"b",true,null,{"k":[false]}]"#),
        ("{{ json.map }} {{ [true, none] }} {{ {'a': [none]} }}", r#"{"a":true} [true,null] {"a":[null]}"#),
        ("{{ 'is ' ~ json.on ~ json.none ~ [true] ~ 1.5 }}", "is truenull[true]1.5"),
        ("{{ json.list | join(', ') }}", r#"1, b, true, null, {"k":[false]}"#),
        ("{{ [true, [none]] | join }}", "true[null]"),
        ("{{ json.on | string }} {{ [true] | string }} {{ json.none | string }}", "true [true] null"),
        (
            "{{ true | upper }} {{ [none] | lower }} {{ true | title }} {{ false | capitalize }}",
            "TRUE [null] True False",
        ),
        ("{{ '%s is %s, %s, %d' | format(true, none, [true], 3) }}", "true is null, [true], 3"),
        ("{{ '%(a)s' | format(a=true) }}", "true"),
        ("{{ 'a-b' | replace('-', true) }} {{ 'xtruey' | replace(true, '') }}", "atrueb xy"),
        ("{{ [true, false] | map('string') | join('/') }}", "true/false"),
        ("{{ true | tojson }} {{ [none, true] | pprint | replace('\n', '') | replace(' ', '') }}", "true [null,true]"),
        ("{% if json.on %}{{ json.on }}{% endif %}{% set x = json.on ~ '!' %}{{ x }}", "truetrue!"),
        ("{% for x in [true, none] %}{{ x }};{% endfor %}", "true;null;"),
        ("{{ true | trim }} {{ [true] | first ~ '' }} {{ ('a', none) }}", r#"true true ["a",null]"#),
    ] {
        assert_eq!(rendered(source), text, "{source}");
    }
}

#[test]
fn a_text_that_reads_as_a_number_is_compared_as_the_number() {
    let scope = answered(r#"{"n": 3, "list": ["5", "10", "9"], "rows": [{"qty": "50"}, {"qty": "9"}, {"qty": 100}]}"#);
    scope.set(&"limit".into(), Value::from("2"));
    scope.set(&"left".into(), Value::from("17"));
    scope.set(&"word".into(), Value::from("many"));
    let eval = |source: &str| Expr::parse(source).unwrap().holds(&scope);
    for source in [
        "not json.n <= limit",
        "json.n > limit",
        "left < 100",
        "not left > 100",
        "left == 17",
        "17.0 == left",
        "left != 18",
        "left >= 17 and left <= 17",
        "1 < limit < 3",
        "'10' > '9'",
        "'b' > 'a'",
        "'10' > '1a' or true",
        "left in [17]",
        "17 in ['17']",
        "left not in [18]",
        "word != 5",
        "not word == 5",
        "left is gt 5",
        "left is eq(17)",
        "[left] == [17]",
        "'01' != '1'",
        "'true' == true",
        "json.list | max == 10",
        "json.list | min == 5",
        "json.list | sort | last == '10'",
        "json.rows | max(attribute='qty') == {'qty': 100}",
        "json.rows | sort(attribute='qty') | first == {'qty': '9'}",
        "json.rows | selectattr('qty', '>', 40) | list | length == 2",
        "json.list | select('ge', 9) | list | length == 2",
    ] {
        assert_eq!(eval(source), Ok(true), "{source}");
    }
    for source in
        ["word < 5", "5 >= word", "'' < 5", "'017' < 5", "['a', 1] | max", "[word, 2] | sort", "json.nothing < 5"]
    {
        let message = eval(source).unwrap_err().message;
        assert!(message.contains("use `| ") || source.contains("nothing"), "{source}: {message}");
    }
    for source in ["none < 5", "true < 5", "[1] < 5", "{'a': 1} > 'x'"] {
        assert!(eval(source).unwrap_err().message.contains("have no order"), "{source}");
    }
}

#[test]
fn a_comparison_of_what_is_large_comes_to_an_end() {
    for source in
        ["[messages * 9999999] == [messages * 9999999]", "5 in messages * 99999999", "(messages * 99999999) | max"]
    {
        assert!(Expr::parse(source).unwrap().eval(&scope()).is_err(), "{source}");
    }
}

#[test]
fn functions_take_a_number_however_it_is_spelled() {
    let scope = scope();
    scope.set(&"max".into(), written_number("1.50", &serde_json::Number::from_f64(1.5).unwrap()));
    scope.set(&"n".into(), Value::from("2"));
    for source in [
        "random_float(0, max) < 1.5",
        "random_int(n, n) == 2",
        "random_string(n) | length == 2",
        "sample(messages, n) | length == 2",
        "range(n) | list == [0, 1]",
        "max * n | int == 3",
        "max + 1 == 2.5",
        "-max < 0",
        "max | round == 2",
        "max is number",
        "[max, 1] | max == max",
        "[max] | sum == 1.5",
        "max ~ '' == '1.50'",
    ] {
        assert_eq!(Expr::parse(source).unwrap().holds(&scope), Ok(true), "{source}");
    }
}

/// Each is cut off by what it may do: without that none of them comes to an end.
#[test]
fn whatever_does_the_work_an_evaluation_ends_soon() {
    let grown = |grow: &str, use_it: &str| {
        format!(
            "{{% set ns = namespace(x=messages) %}}{{% for i in range(9999) %}}{{% set ns.x = {grow} %}}{{% endfor %}}{use_it}"
        )
    };
    let mut sources: Vec<String> = [
        "{{ [messages * 30000000] * 30000000 ~ 1 }}",
        "{{ [messages * 30000000] * 30000000 | upper }}",
        "{{ ([messages * 9999] * 9999) | upper }}",
        "{{ ([messages * 9999] * 9999) | string | length }}",
        "{{ ([messages * 9999] * 9999) | join(',') | length }}",
        "{{ ([messages * 9999] * 9999) | tojson | length }}",
        "{{ ([messages * 9999] * 9999) | pprint | length }}",
        "{{ 'a' | replace('a', [messages * 9999] * 9999) | length }}",
        "{{ '%s' | format([messages * 9999] * 9999) | length }}",
        "{{ [messages * 9999] * 9999 == [messages * 9999] * 9999 }}",
        "{{ ([messages * 9999] * 9999) is eq([messages * 9999] * 9999) }}",
        "{{ [messages * 9999] * 9999 < [messages * 9999] * 9999 }}",
        "{{ 'x' in [messages * 9999] * 9999 }}",
        "{{ [[messages * 9999] * 9999] | unique | list | length }}",
        "{{ [[messages * 9999] * 9999] | map('upper') | list | length }}",
        "{{ ([messages * 9999] * 9999) | sort | length }}",
        "{{ ([messages * 9999] * 9999) | groupby('x') | length }}",
        "{{ {'a': [messages * 9999] * 9999} | dictsort | length }}",
        "{{ (messages * 50000000)[99999990:] | list | length }}",
        "{{ sample(messages * 30000000, 1) }}",
        "{{ ('x' * 60000000) | upper | lower | title | length }}",
        "{{ '%999999999d' | format(1) | length }}",
        "{{ ('a\n' * 500000) | indent(100000) | length }}",
        "{{ ('a\n' * 500000) | indent(width=100000) | length }}",
        "{{ [[1]] | tojson(indent=1000000000) | length }}",
        "{{ [[1], [2]] | tojson(1000000000) | length }}",
        "{% for i in range(9999) %}{% if big == big %}{% endif %}{% endfor %}",
        "{% for i in range(9999) %}{% set x = big ~ big %}{% endfor %}",
        "{% for i in range(9999) %}{% set x = big | unique %}{% endfor %}",
        "{% for i in range(9999) %}{% set x = [big, big] %}{% endfor %}",
    ]
    .map(str::to_owned)
    .into();
    sources.extend([
        grown("[ns.x, ns.x]", "{{ ns.x ~ 1 }}"),
        grown("[ns.x]", "{{ ns.x | length }}"),
        grown("(ns.x, ns.x)", ""),
        grown("ns.x, ns.x", ""),
        grown("{'a': ns.x}", ""),
        grown("dict(a=ns.x)", ""),
        grown("ns.x + ns.x", "{{ ns.x | length }}"),
        grown("ns.x | chain(ns.x)", "{{ ns.x | length }}"),
        grown("ns.x | batch(1)", ""),
        grown("ns.x | zip(ns.x) | list", ""),
        grown("ns.x | slice(1)", ""),
        grown("ns.x ~ ns.x", "{{ ns.x | length }}"),
        grown("ns.x * 2", "{{ ns.x | length }}"),
    ]);
    for source in sources {
        let scope = scope();
        scope.set(
            &"big".into(),
            Value::from((0..20_000).map(|n| Value::from(vec![Value::from(n)])).collect::<Vec<_>>()),
        );
        let rendered = Template::parse(&source).unwrap().render(&scope);
        let text = rendered.unwrap_or_default();
        assert!(text.len() < 1000, "{source}: {}", text.len());
    }
}

#[test]
fn what_is_of_ordinary_size_is_not_cut_off() {
    let scope = scope();
    let rows =
        (0..50_000).map(|n| Value::from_pairs([("id", Value::from(n)), ("name", Value::from(format!("name {n}")))]));
    scope.set(&"rows".into(), Value::from(rows.collect::<Vec<_>>()));
    let rendered = |source: &str| Template::parse(source).unwrap().render(&scope).unwrap();
    assert_eq!(rendered("{{ rows | map(attribute='id') | list | length + rows | length }}"), "100000");
    assert_eq!(
        rendered("{{ (rows | selectattr('id', 'lt', 3) | map(attribute='name') | join(', ')) }}"),
        "name 0, name 1, name 2"
    );
    assert_eq!(
        rendered(
            "{{ [1, 2] * 3 }} {{ 2 * 3 * 4 }} {{ [limit, limit * 2][1] }} {{ (limit, 1)[0] }} {{ {'a': limit}['a'] }}"
        ),
        "[1,2,1,2,1,2] 24 40 20 20"
    );
    assert_eq!(rendered("{% set a, b = limit, 1 %}{% set a, b = b, a %}{{ a }} {{ b }}"), "1 20");
}
