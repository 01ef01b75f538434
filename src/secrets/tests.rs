use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Secrets, Told};

/// Values of every kind: of keys, with signs that each encoding writes in another way, of other alphabets, of many lines.
const VALUES: [&str; 6] = [
    "k3y-0f_a.s3rv1ce~AZ",
    "pa ss{\"w\\o'r/d}&<x>=+%*",
    "geheim-Schlüssel-日本-😀",
    "aaaabbbbcccc",
    "line one of it\nline two of it\r\n",
    "{\"client_secret\": \"in-a-json-text\"}",
];

fn knowing(values: &[&str]) -> Secrets {
    let secrets = Secrets::default();
    values.iter().for_each(|value| secrets.learn(value, Told::Declared));
    secrets
}

/// Each encoding with its name.
fn encodings(value: &str) -> Vec<(&'static str, String)> {
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let of_each = |write: fn(u16) -> String| value.encode_utf16().map(write).collect::<String>();
    let hex = |write: fn(u8) -> String| value.bytes().map(write).collect::<String>();
    let json = serde_json::Value::from(value).to_string();
    let entity = |escaped: &str| {
        escaped
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
    };
    let mut all = vec![
        ("plain", value.to_owned()),
        ("percent", percent.clone()),
        ("every byte in percent", hex(|byte| format!("%{byte:02x}"))),
        ("form", percent.replace("%20", "+")),
        ("twice percent", percent.replace('%', "%25")),
        ("json", json.trim_matches('"').to_owned()),
        ("json with slashes", json.trim_matches('"').replace('/', "\\/")),
        ("json in json", serde_json::Value::from(json.clone()).to_string()),
        ("json in sixteen bits", of_each(|unit| format!("\\u{unit:04X}"))),
        ("debug", format!("{value:?}")),
        ("escaped", value.escape_unicode().to_string()),
        ("html", entity(value)),
        ("html by numbers", value.chars().map(|sign| format!("&#{};", sign as u32)).collect()),
        ("html by hex", value.chars().map(|sign| format!("&#x{:X};", sign as u32)).collect()),
        ("html in json", serde_json::Value::from(entity(value)).to_string()),
        ("csv", value.replace('"', "\"\"")),
        ("yaml", value.replace('\'', "''")),
        (
            "markdown",
            value.chars().map(|c| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.into() }).collect(),
        ),
        ("shell", value.replace('\'', "'\\''")),
        ("octal", hex(|byte| format!("\\{byte:03o}"))),
        ("hex", hex(|byte| format!("{byte:02x}"))),
        ("hex in capitals", hex(|byte| format!("{byte:02X}"))),
        ("bytes", hex(|byte| format!("\\x{byte:02x}"))),
        ("github", value.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")),
        ("json of base64", serde_json::json!({"auth": STANDARD.encode(format!("u:{value}"))}).to_string()),
        ("percent in base64", STANDARD.encode(format!("password={percent}"))),
        ("base64 in percent", utf8_percent_encode(&STANDARD.encode(value), NON_ALPHANUMERIC).to_string()),
        ("base64 in base64", STANDARD.encode(STANDARD.encode(format!("u:{value}")))),
    ];
    for (name, lead) in
        [("base64", ""), ("base64 after one", "a"), ("base64 after two", "ab"), ("base64 after three", "abc")]
    {
        for tail in ["", "z", "zz"] {
            all.push((name, STANDARD.encode(format!("{lead}{value}{tail}"))));
            all.push((name, format!("x/{}", URL_SAFE_NO_PAD.encode(format!("{lead}{value}{tail}")))));
        }
    }
    all
}

/// What of a secret must not be read by anybody who undoes any encoding: pieces of it.
fn leaks(shown: &str, value: &str) -> bool {
    let length = value.len().min(8);
    let piece = |from: usize| value.get(from..from + length);
    let read = [Some(shown.to_owned()), String::from_utf8(percent_encoding::percent_decode_str(shown).collect()).ok()];
    (0..value.len()).filter_map(piece).any(|piece| read.iter().flatten().any(|text| text.contains(piece)))
}

#[test]
fn a_secret_is_hidden_in_each_encoding_and_nothing_else_is() {
    for value in VALUES {
        let secrets = knowing(&[value]);
        for (name, encoded) in encodings(value.trim()) {
            for text in [format!("see <{encoded}> there"), encoded.clone()] {
                let shown = secrets.mask(&text);
                assert!(shown.contains("***") && !leaks(&shown, value.trim()), "{name} of {value:?}: {text}\n{shown}");
                let rest = shown.replace("***", "");
                assert!(rest.len() <= 34, "{name} of {value:?} leaves {rest:?}");
            }
        }
        for harmless in
            ["see the table of 12 rows", "aaaabbb", "%41%42 &amp; \\u0041", "QUJDREVGR0hJSktMTU5P", "cafe1234babe5678"]
        {
            assert_eq!(secrets.mask(harmless), harmless, "{value}");
        }
    }
}

#[test]
fn secrets_that_overlap_leave_no_tail() {
    let secrets = knowing(&["TOK1", "TOK12345678SECRETtail", "tail-and-more", "SECRET"]);
    for (text, shown) in [
        ("a TOK12345678SECRETtail b", "a *** b"),
        ("TOK12345678SECRETtail-and-more", "***"),
        ("TOK1TOK1SECRETx", "***x"),
        ("TOK12", "***2"),
    ] {
        assert_eq!(secrets.mask(text), shown);
    }
}

#[test]
fn a_secret_that_is_cut_leaves_no_beginning() {
    let value = "k3y-0f \"a/s3rv1ce~AZ";
    let secrets = knowing(&[value]);
    for (name, encoded) in encodings(value) {
        // of what is encoded twice, and of what goes round a value, the beginning is no value's
        if name.contains("base64")
            || name.contains("debug")
            || name.contains("json in json")
            || name.contains("html in json")
        {
            continue;
        }
        for cut in (3..encoded.len()).filter(|cut| encoded.is_char_boundary(*cut)) {
            let shown = secrets.mask(&format!("got `{}…", &encoded[..cut])).into_owned();
            let left = shown.trim_start_matches("got `").trim_end_matches('…');
            // less than three signs of it say nothing
            assert!(left == "***" || cut < 3 * encoded.len().div_ceil(value.len()), "{name} at {cut}: {shown}");
        }
    }
    // somebody may cut a text and not say so
    assert_eq!(secrets.mask_said("got k3y-0f \"a/s3r"), "got ***");
    assert_eq!(secrets.mask_said("told k3y-"), "told k3y-");
    let coded = STANDARD.encode(format!("user:{value}"));
    assert_eq!(secrets.mask(&format!("Basic {}…", &coded[..14])), "Basic dXNlcj***…");
}

#[test]
fn values_that_say_nothing_hide_nothing() {
    let secrets = Secrets::default();
    for value in ["", " ", "1", "true", "abc", "50", "8000", "30s", "95%", "localhost", "Bearer", "password"] {
        secrets.learn(value, Told::Inferred);
    }
    assert!(secrets.is_empty());
    secrets.learn("stag", Told::Inferred);
    assert_eq!(secrets.mask("stag, a-stag, stage, backstage"), "***, a-***, stage, backstage");
    for value in ["95", "stag"] {
        secrets.learn(value, Told::Declared);
    }
    assert_eq!(secrets.mask("95 backstage"), "95 back***e");
}

#[test]
fn what_is_said_before_a_secret_and_around_it_is_no_part_of_it() {
    let secrets = Secrets::default();
    secrets.learn("Bearer k3y-0f-one", Told::Inferred);
    secrets.learn("Basic YW5uOnB3LW9mLWFubg==", Told::Inferred);
    secrets.learn("postgres://me:pw-of-me@here/x", Told::Inferred);
    assert_eq!(secrets.mask("k3y-0f-one, pw-of-ann, pw-of-me"), "***, ***, ***");
}

#[test]
fn of_many_secrets_each_is_found_and_when_there_are_too_many_what_looks_like_one_is_hidden() {
    let secrets = Secrets::default();
    let head = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.";
    for number in 0..60_000 {
        secrets.learn(&format!("{head}{number}-signature"), Told::Inferred);
    }
    assert!(secrets.is_full() && secrets.len() <= 50_000);
    assert_eq!(secrets.mask(&format!("got {head}4711-signature there")), "got *** there");
    assert_eq!(secrets.mask_said(&format!("got {head}59999-signature there")), "got *** there");
    assert_eq!(secrets.mask_said("expected status 200, got 404"), "expected status 200, got 404");
}

#[test]
fn json_stays_json_and_lines_keep_their_places() {
    let secrets = knowing(&["12345678", "ntoken-of-it", "a\"b\\c-d"]);
    let line = r#"{"count": 12345678, "said": "\ntoken-of-it 12345678", "in": ["a\"b\\c-d"]}"#;
    let masked = secrets.mask_json(line);
    assert_eq!(masked, r#"{"count": 12345678, "said": "\ntoken-of-it ***", "in": ["***"]}"#);
    assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok());
    assert_eq!(secrets.star("a: 12345678 # ü"), "a: ******** # ü");
}

#[test]
fn a_plan_says_which_names_hold_secrets_and_which_do_not() {
    let plan = serde_json::json!({
        "secrets": ["code"], "public": ["csrf_token"],
        "vars": {"code": "declared-by-name", "page": "shown-as-it-is", "session_key": "found-by-its-name"},
        "target": {"auth": {"basic": {"user": "ann-the-user", "password": "{{ account.pw }}"}}, "headers": {"X-API-Key": "Bearer in-a-header"}},
        "endpoints": {
            "login": {"post": "/login?api_key=in-a-path", "form": {"csrf_token": "public-by-name"},
                "capture": {"t": "$.data.access_token", "id": "$.id", "c": {"cookie": "sid"}, "h": {"header": "x-auth"}}},
            "refresh_token": {"get": "/refresh", "expect": {"json": {"$.token": "exists"}}},
            "me": {"get": "/me", "query": {"key": "{{ mine | upper }}", "n": [1, 2]}, "json": {"client": {"secrets": ["one-of-two", "two-of-two"]}}},
        },
    });
    let secrets = Secrets::default();
    secrets.learn_plan(&[&plan]);
    for hidden in ["declared-by-name", "found-by-its-name", "in-a-header", "in-a-path", "one-of-two", "two-of-two"] {
        assert_eq!(secrets.mask(hidden), "***", "{hidden}");
    }
    for shown in ["shown-as-it-is", "public-by-name", "exists", "ann-the-user", "/refresh", "refresh_token"] {
        assert_eq!(secrets.mask(shown), shown);
    }
    let paths: Vec<String> = secrets.paths().iter().map(|path| path.join(".")).collect();
    for name in ["t", "c", "h", "account.pw", "mine", "code"] {
        assert!(paths.contains(&name.to_owned()), "{name} of {paths:?}");
    }
    assert!(!paths.contains(&"id".to_owned()) && !paths.contains(&"csrf_token".to_owned()));
}

#[test]
fn a_plan_that_is_no_yaml_shows_none_either() {
    let secrets = Secrets::default();
    secrets.learn_from_broken_plan(
        "secrets: [code]\nvars: {code: declared-value, x: shown-value}\n  password: 'in-quotes'\n\t- [",
    );
    assert_eq!(secrets.mask("declared-value shown-value in-quotes"), "*** shown-value ***");
    // a name is not two, and what is said of it beside it is none
    for section in ["public: [csrf-token] # not the token\n", "public: # the token is another thing\n  - csrf-token\n"]
    {
        let secrets = Secrets::default();
        secrets
            .learn_from_broken_plan(&format!("{section}vars: {{token: hush-hush-1, csrf-token: shown-value}}\n\t- ["));
        assert_eq!(secrets.mask("hush-hush-1 shown-value"), "*** shown-value", "{section}");
    }
    let secrets = Secrets::default();
    secrets.learn_from_broken_plan("secrets: [x-my-code]\nx-my-code: hush-hush-1\n\t- [");
    assert_eq!(secrets.mask("hush-hush-1"), "***");
}

#[test]
fn a_body_of_names_alone_fills_nothing() {
    let secrets = Secrets::default();
    secrets.learn_from_text(&"key=".repeat(16 << 10));
    secrets.learn_from_text(&"<input name=token ".repeat(4 << 10));
    assert!(secrets.len() < 100 && !secrets.is_full(), "{}", secrets.len());
    secrets.learn("hush-hush-1", Told::Inferred);
    assert_eq!(secrets.mask("hush-hush-1"), "***");
}

#[test]
fn what_is_known_already_needs_no_room() {
    let secrets = Secrets::default();
    (0..50_000).for_each(|number| secrets.learn(&format!("value-number-{number}"), Told::Declared));
    secrets.learn("value-number-7", Told::Declared);
    assert!(!secrets.is_full());
    secrets.learn("one-too-many", Told::Declared);
    assert!(secrets.is_full());
}

#[test]
fn secrets_are_not_printed_with_what_holds_them() {
    let printed = format!("{:?}", knowing(&["s3cret-value"]));
    assert_eq!(printed, "Secrets { values: 1 }");
}

#[test]
fn base64_that_is_wrapped_is_read_as_one() {
    let secrets = knowing(&["k3y-0f_a.s3rv1ce~AZ"]);
    let coded = STANDARD.encode(format!("{}k3y-0f_a.s3rv1ce~AZ and more", "x".repeat(50)));
    let wrapped = format!("{}\r\n{}\n", &coded[..76], &coded[76..]);
    let shown = secrets.mask(&wrapped);
    assert!(shown.contains("***") && !shown.contains(&coded[68..76]) && !shown.contains(&coded[76..84]), "{shown}");
    let json = serde_json::json!({"file": wrapped}).to_string();
    assert!(!secrets.mask(&json).contains(&coded[76..84]));
}

#[test]
fn a_message_of_ours_about_a_password_is_none() {
    for text in
        ["the URL holds a user name or password, which belong into `auth`", "the URL holds a user name or password"]
    {
        assert_eq!(Secrets::default().mask_said(text), text);
    }
}
