use std::sync::Arc;

use crate::expression::{Globals, Resolved, Scope, ScopeRng, ScopeUser, Template, Value};
use crate::units::{Seed, Shard};

fn scope(globals: Vec<(Arc<str>, Value)>) -> Arc<Scope> {
    let user = ScopeUser { id: 1, kind: "user".into() };
    Scope::new(Arc::new(Globals::new(globals).of_run(Shard::WHOLE)), user, ScopeRng::new(Seed::new(42)))
}

fn rendered(source: &str, scope: &Arc<Scope>) -> Result<String, String> {
    let template = Template::parse(source).map_err(|error| error.message)?;
    template.render(scope).map_err(|error| error.message)
}

/// How often each of some words comes in so many draws.
fn drawn(source: &str, words: &[&str], times: usize) -> Vec<f64> {
    let scope = scope(Vec::new());
    let template = Template::parse(source).unwrap();
    let mut counts = vec![0_usize; words.len()];
    for _ in 0..times {
        let word = template.render(&scope).unwrap();
        counts[words.iter().position(|known| *known == word).unwrap_or_else(|| panic!("{word}"))] += 1;
    }
    counts.into_iter().map(|count| count as f64 / times as f64).collect()
}

#[test]
fn items_are_drawn_as_often_as_their_weights_say() {
    for source in [
        "{{ weighted_choice({'a': 70, 'b': 30, 'c': 0}) }}",
        "{{ weighted_choice([['a', 7], ['b', '3'], ['c', 0]]) }}",
        "{{ weighted_choice(['a', 'b', 'c'], [0.7, 0.3, 0]) }}",
    ] {
        let shares = drawn(source, &["a", "b", "c"], 4000);
        assert!((shares[0] - 0.7).abs() < 0.03 && shares[2] == 0.0, "{source}: {shares:?}");
    }
}

#[test]
fn ranks_follow_the_law_of_zipf() {
    let sum: f64 = (1..=5).map(|rank| 1.0 / f64::from(rank)).sum();
    for source in ["{{ zipf(5) }}", "{{ zipf([1, 2, 3, 4, 5]) }}"] {
        let shares = drawn(source, &["1", "2", "3", "4", "5"], 8000);
        for (rank, share) in shares.iter().enumerate() {
            let expected = 1.0 / (rank as f64 + 1.0) / sum;
            assert!((share - expected).abs() < 0.02, "{source}: {shares:?}");
        }
    }
    for exponent in ["0", "0.5", "1", "1.5", "2", "20"] {
        let shares = drawn(&format!("{{{{ zipf(3, {exponent}) }}}}"), &["1", "2", "3"], 4000);
        let weights: Vec<f64> = (1..=3).map(|rank| f64::from(rank).powf(-exponent.parse::<f64>().unwrap())).collect();
        let sum: f64 = weights.iter().sum();
        assert!(
            shares.iter().zip(&weights).all(|(share, weight)| (share - weight / sum).abs() < 0.03),
            "{exponent}: {shares:?}"
        );
    }
}

#[test]
fn a_normal_distribution_has_its_mean_and_deviation() {
    let scope = scope(Vec::new());
    let template = Template::parse("{{ random_normal(100, 15) }}").unwrap();
    let drawn: Vec<f64> = (0..4000).map(|_| template.render(&scope).unwrap().parse().unwrap()).collect();
    let mean = drawn.iter().sum::<f64>() / 4000.0;
    let deviation = (drawn.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / 4000.0).sqrt();
    assert!((mean - 100.0).abs() < 1.0 && (deviation - 15.0).abs() < 1.0, "{mean} {deviation}");
    for _ in 0..200 {
        let cut: f64 = rendered("{{ random_normal(0, 10, min=-1, max='2') }}", &scope).unwrap().parse().unwrap();
        assert!((-1.0..=2.0).contains(&cut), "{cut}");
    }
}

#[test]
fn the_same_seed_makes_up_the_same() {
    for source in ["{{ fake('name') }}", "{{ fake('paragraph') }}", "{{ zipf(1000) }}", "{{ random_normal(0, 1) }}"] {
        assert_eq!(rendered(source, &scope(Vec::new())), rendered(source, &scope(Vec::new())), "{source}");
    }
}

#[test]
fn misuse_is_an_error_that_says_what_to_write() {
    let scope = scope(vec![("word".into(), Value::from("many")), ("n".into(), Value::from(5))]);
    for (source, said) in [
        ("{{ weighted_choice({}) }}", "nothing to choose"),
        ("{{ weighted_choice({'a': -1}) }}", "write 0 or more"),
        ("{{ weighted_choice({'a': 'x'}) }}", "items with weights"),
        ("{{ weighted_choice(['a', 'b']) }}", "items with weights"),
        ("{{ weighted_choice(['a', 'b'], [1]) }}", "2 items and 1 weights"),
        ("{{ weighted_choice(word) }}", "items with weights"),
        ("{{ random_normal(0, -1) }}", "a deviation is 0 or more"),
        ("{{ random_normal(0, 1, min=2, max=1) }}", "above its `max`"),
        ("{{ zipf(0) }}", "a whole number from 1"),
        ("{{ zipf(1.5) }}", "a whole number from 1"),
        ("{{ zipf([]) }}", "a whole number from 1"),
        ("{{ zipf(5, -1) }}", "write one from 0 to 20"),
        ("{{ zipf(5, word) }}", "cannot convert"),
        ("{{ fake('words', 0) }}", "a number from 1"),
        ("{{ fake('words', 99999999) }}", "a number from 1"),
        ("{{ fake('email', 2) }}", "is one alone"),
        ("{{ fake(word) }}", "the kind of `fake` is `many`"),
        ("{{ hmac(word, 'k', 't') }}", "there are `sha1`, `sha256`, `sha384`, `sha512`"),
        ("{{ jwt(word, 'k') }}", "are a map"),
        ("{{ jwt({}, 'k', header=5) }}", "are a map"),
        ("{{ word | jwt_claims }}", "three parts"),
        ("{{ 'a.b.c' | jwt_claims }}", "no base64"),
        ("{{ 'a.YQ.c' | jwt_claims }}", "not JSON"),
        ("{{ 'é' | b64decode }}", "no base64"),
        ("{{ '/////w' | b64decode }}", "are no text"),
        ("{{ '/////w' | b64decode ~ 'x' }}", "are no text"),
        ("{{ '/////w' | b64decode | upper }}", "are no text"),
        ("{% if true %}{{ '/////w' | b64decode }}{% endif %}", "are no text"),
        ("{{ '%FF' | urldecode }}", "are no text"),
        ("{{ word | regex_find(word ~ '(') }}", "is not a regular expression"),
        ("{{ word | regex_find('m', group=3) }}", "has no group `3`"),
        ("{{ word | regex_find('m', group='x') }}", "has no group `x`"),
        ("{{ word | jsonpath('$' ~ '[') }}", "is not a JSONPath"),
        ("{{ word | date }}", "is no date"),
        ("{{ '2026-13-01' | date }}", "is no date"),
        ("{{ 1e300 | date }}", "beyond all calendars"),
        ("{{ true | date }}", "is no date"),
        ("{{ word | date(format='%Y') }}", "is no date in the format"),
        ("{{ '2026-01-01' | date + 60 }}", "write `'60s'`"),
        ("{{ '2026-01-01' | date + 'soon' }}", "is not a duration"),
        ("{{ date('2026-01-01') + date('2026-01-01') }}", "two dates cannot be added"),
        ("{{ 5 - date('2026-01-01') }}", "a date is taken from a date"),
        ("{{ date('9999-12-30') + '366d' }}", "no calendar goes so far"),
        ("{{ date('2026-01-01') < word }}", "a date is compared with a date"),
        ("{{ date('2026-01-01') * 2 }}", "unsupported types"),
        ("{{ date('2026-01-01', zone='Nowhere/At') }}", "unknown time zone `Nowhere/At`"),
        ("{{ now() | strftime('%' ~ '999999d') }}", "too long"),
        ("{{ now() | strftime(word ~ '%') }}", "is no format of a date"),
        ("{{ file('x') }}", "files cannot be read here"),
        ("{{ nothing | sha256 }}", "`nothing` is undefined"),
        ("{{ nothing | regex_find('x') }}", "`nothing` is undefined"),
        ("{{ nothing | b64encode }}", "`nothing` is undefined"),
        ("{{ nothing | to_json }}", "`nothing` is undefined"),
    ] {
        let given = rendered(source, &scope);
        assert!(given.as_ref().is_err_and(|message| message.contains(said)), "{source}: {given:?}");
    }
}

/// Each is cut off by what it may do: without that none of them comes to an end.
#[test]
fn whatever_a_function_is_given_it_ends_soon() {
    let big = "a".repeat(8 << 20);
    let scope = scope(vec![
        ("big".into(), Value::from(big)),
        ("percent".into(), Value::from("%".repeat(1 << 20))),
        ("many".into(), Value::from(vec![Value::from("a"); 100_000])),
    ]);
    for work in [
        "big | sha256",
        "big | md5",
        "hmac('sha512', big, big)",
        "big | b64encode",
        "big | urlencode",
        "big | html_unescape",
        "big | regex_findall('a')",
        "big | regex_find('(a|b)*c')",
        "big | regex_replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')",
        "many * 1000 | to_json",
        "many | weighted_choice(many)",
        "'x' | regex_find('(a{50}){50}' ~ i)",
        "from_json('[' ~ ('1,' * 100000) ~ '1]')",
        "many | jsonpath('$..*', all=true)",
        "percent | date",
        "percent | strftime(percent)",
    ] {
        let _ = rendered(&format!("{{% for i in range(9999) %}}{{% set x = {work} %}}{{% endfor %}}"), &scope);
    }
    let grown = "{% set ns = namespace(x=percent) %}{% for i in range(99) %}{% set ns.x = ns.x | urlencode %}{% endfor %}{{ ns.x }}";
    assert!(rendered(grown, &scope).is_err());
}

#[test]
fn what_gives_the_same_each_time_is_known_before_the_run() {
    for source in [
        "{{ sha256('a') }}",
        "{{ hmac('sha256', key, 'a') }}",
        "{{ date('2026-01-01') + '1d' }}",
        "{{ range(3) | list }}",
    ] {
        assert!(Template::parse(source).unwrap().is_steady(), "{source}");
    }
    for source in
        ["{{ now() }}", "{{ fake('name') }}", "{{ sequence('a') }}", "{{ zipf(5) }}", "{{ weighted_choice({'a': 1}) }}"]
    {
        assert!(!Template::parse(source).unwrap().is_steady(), "{source}");
    }
}

#[test]
fn a_sequence_gives_nothing_before_the_run() {
    let user = ScopeUser { id: 0, kind: "".into() };
    let scope = Scope::new(Arc::new(Globals::default()), user, ScopeRng::new(Seed::new(1)));
    let refused = rendered("{{ sequence('a') }}", &scope).unwrap_err();
    assert!(refused.contains("during a run"), "{refused}");
}

#[test]
fn numbers_texts_and_lists_are_added_as_before() {
    let scope = scope(vec![("n".into(), Value::from(5)), ("words".into(), Value::from(vec!["a", "b"]))]);
    for (source, text) in [
        ("{{ n + 1 - 2 }} {{ 1.5 + n }} {{ -n + 1 }} {{ 1 - -n }}", "4 6.5 -4 6"),
        ("{{ 'a' + 'b' }} {{ words + ['c'] }} {{ (words + words) | length }}", "ab [\"a\",\"b\",\"c\"] 4"),
        ("{{ 9223372036854775807 + 1 }} {{ -9223372036854775807 - 2 }}", "9223372036854775808 -9223372036854775809"),
        ("{{ (n - 1) ~ 'x' }} {{ 2 * n + 1 }} {{ n + 1 == 6 }} {{ (n + 1) * 2 }}", "4x 11 true 12"),
    ] {
        assert_eq!(rendered(source, &scope).as_deref(), Ok(text), "{source}");
    }
    for (source, said) in [
        ("{{ n + 'a' }}", "use `| int`"),
        ("{{ n + none }}", "unsupported types"),
        ("{{ n + nothing }}", "`nothing` is undefined"),
    ] {
        let given = rendered(source, &scope);
        assert!(given.as_ref().is_err_and(|message| message.contains(said)), "{source}: {given:?}");
    }
}

#[test]
fn a_date_is_a_text_wherever_a_text_is_needed() {
    let scope = scope(Vec::new());
    for (source, text) in [
        ("{{ date('2026-01-31') ~ '!' }}", "2026-01-31T00:00:00.000Z!"),
        (
            "{{ date('2026-01-31')[:10] }} {{ (date('2026-01-31') + '1d')[8:10] ~ '!' }} {{ 'abc'[1:] }}",
            "2026-01-31 01! bc",
        ),
        ("{{ [date('2026-01-31')] }}", "[\"2026-01-31T00:00:00.000Z\"]"),
        ("{{ {'at': date('2026-01-31')} | to_json }}", "{\"at\":\"2026-01-31T00:00:00.000Z\"}"),
        (
            "{{ (date('2026-01-31') | string)[:10] }} {{ date('2026-01-31') | replace('T', ' ') | upper }}",
            "2026-01-31 2026-01-31 00:00:00.000Z",
        ),
        ("{{ date('2026-01-31') == '2026-01-31T00:00:00Z' }} {{ date('2026-01-31') == 'x' }}", "true false"),
        ("{{ [date('2026-02-01'), date('2026-01-31')] | sort | first }}", "2026-01-31T00:00:00.000Z"),
        // the clocks go forward: two is three
        ("{{ date('2026-03-29 01:30', zone='Europe/Berlin') + '1h' }}", "2026-03-29T03:30:00.000+02:00"),
        ("{{ date('1969-12-31T23:59:59.5Z') | epoch_ms }} {{ date(-0.5) }}", "-500 1969-12-31T23:59:59.500Z"),
    ] {
        assert_eq!(rendered(source, &scope).as_deref(), Ok(text), "{source}");
    }
}

#[test]
fn nothing_that_is_written_makes_the_check_panic() {
    for text in [
        "{{ regex_find('\\\\u{110000}') }}",
        "{{ strftime(1, '%') }}",
        "{{ date(zone='') }}",
        "{{ hmac(1, 2, 3) }}",
        "{{ fake(none) }}",
        "{{ jsonpath(1, 2) }}",
        "{{ file() }}",
        "{{ file(1, 2) }}",
        "{{ file(*[1]) }}",
    ] {
        drop(Resolved::text(text, &|_| None));
        drop(rendered(text, &scope(Vec::new())));
    }
}
