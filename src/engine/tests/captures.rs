use super::{Played, Received, Reply, VirtualRun, secs};

/// A page with a form, an answer of SOAP, and JSON with several items.
const FORM: &str =
    "<html><form><input type=hidden name=_csrf value='t&amp;0'><input name=q></form><ul><li>a<li>b</ul></html>";
const SOAP: &str = "<?xml version='1.0'?><s:Envelope xmlns:s='urn:s'><s:Body><m:Rate xmlns:m='urn:m' id='7'> 1.5 </m:Rate><m:Rate id='9'>2</m:Rate></s:Body></s:Envelope>";
const JSON: &str = r#"{"items": [{"id": 7, "tags": ["x"]}, {"id": 9, "tags": []}], "user-name": "Ann"}"#;

fn answer(body: &str) -> Reply {
    Reply::Answer { after: secs(0), status: 200, body: body.to_owned() }
}

fn service(got: &Received) -> Reply {
    match got.line.as_str() {
        "GET /form" => answer(FORM),
        "GET /soap" => answer(SOAP),
        "GET /json" => answer(JSON),
        _ => answer("ok"),
    }
}

/// One user that gets something, captures of it, and sends on what it kept.
fn played(get: &str, capture: &str, sent: &str) -> Played {
    let plan = format!(
        "vars: {{nobody: none}}\nendpoints:\n  look: {{get: /{get}, capture: {{{capture}}}}}\n  send: {{post: /send, text: \"{sent}\"}}\n\
         users: {{u: {{tasks: {{t: {{steps: [{{call: look}}, {{call: send}}]}}}}}}}}\n\
         shape: {{iterations: {{users: 1, total: 1, within: 5s}}}}\n"
    );
    VirtualRun::of(&plan).answering(service).play()
}

#[test]
fn a_capture_keeps_what_it_says_of_an_answer() {
    for (get, capture, sent, got) in [
        ("json", "x: {all: '$.items[*].id'}", "{{ x }}", "[7,9]"),
        ("json", "x: {json: '$..tags', all: true}", "{{ x | tojson }}", r#"[["x"],[]]"#),
        ("json", "x: \"$['user-name']\"", "{{ x }}", "Ann"),
        ("json", "x: {json: $.nothing, default: 5}", "{{ x + 1 }}", "6"),
        ("json", "x: {json: $.nothing, default: '{{ nobody }}-{{ user.id }}'}", "{{ x }}", "none-1"),
        ("json", "x: {all: '$.nothing[*]', default: []}", "{{ x | length }}", "0"),
        // a name of a user's own hides the function that is called so
        ("json", "date: {json: '$.items[0].id'}, split: {json: '$.items[1].id'}", "{{ date }} {{ split + 1 }}", "7 10"),
        ("json", "x: {json: $.no, default: '{{ none }}'}", "{{ x is none }}", "true"),
        ("form", "x: {json: $.token, default: no json}", "{{ x }}", "no json"),
        ("form", "x: {css: 'input[name=_csrf]', attribute: value}", "{{ x }}", "t&0"),
        ("form", "x: {css: li, all: true}", "{{ x | join('+') }}", "a+b"),
        ("form", "x: {css: li}", "{{ x }}", "a"),
        ("form", "x: {css: '#none', default: ''}", "[{{ x }}]", "[]"),
        ("form", "x: {xpath: \"//input[@name='_csrf']/@value\"}", "{{ x }}", "t&0"),
        ("soap", "x: {xpath: //m:Rate}", "{{ x }}", "1.5"),
        ("soap", "x: {xpath: //Rate/@id, all: true}", "{{ x | join(',') }}", "7,9"),
        ("soap", "x: {xpath: count(//Rate)}", "{{ x * 2 }}", "4"),
        ("soap", "x: {css: 'Rate[id=\"9\"]'}", "{{ x }}", "2"),
        ("json", "x: {regex: '\"id\": (\\d+)', all: true}", "{{ x | join(',') }}", "7,9"),
        ("json", "x: {regex: '\"(\\w+)\": (\\d+)', group: 2}", "{{ x }}", "7"),
        ("json", "x: {regex: '\"(\\w+)\": (\\d+)', group: all}", "{{ x[0] }}={{ x[1] }}", "id=7"),
        (
            "json",
            "x: {regex: '\"(?<key>\\w+)\": (?<value>\\d+)', group: all, all: true}",
            "{{ x[1].key }}={{ x[1].value }}",
            "id=9",
        ),
        ("json", "x: {regex: '\"(?<key>\\w+)\": (?<value>\\d+)', group: value}", "{{ x }}", "7"),
        ("json", "x: {header: x-none, default: nothing}, y: {cookie: c, default: no}", "{{ x }} {{ y }}", "nothing no"),
    ] {
        let played = played(get, capture, sent);
        let body = played.received.iter().find(|got| got.line == "POST /send").map(|got| got.body.as_str());
        assert_eq!(body, Some(got), "{capture}");
    }
}

#[test]
fn a_capture_that_finds_nothing_and_has_no_default_fails_its_call() {
    for (get, capture, said) in [
        ("json", "x: {all: '$.nothing[*]'}", "nothing at `$.nothing[*]` to capture as `x`"),
        ("form", "x: {css: '#none'}", "nothing is selected by `#none` to capture as `x`"),
        (
            "form",
            "x: {css: li, attribute: id}",
            "nothing with the attribute `id` is selected by `li` to capture as `x`",
        ),
        ("soap", "x: {xpath: //m:Nothing}", "nothing at `//m:Nothing` to capture as `x`"),
        ("json", "x: {regex: 'id=(a)|(b)', all: true}", "nothing matches `id=(a)|(b)` to capture as `x`"),
        ("json", "x: {json: $.nothing, default: '{{ json.more }}'}", "undefined"),
    ] {
        let played = played(get, capture, "{{ x }}");
        let errors = played.totals.errors();
        assert!(errors.iter().any(|error| error.key.message.contains(said)), "{capture}: {errors:?}");
        assert!(played.received.iter().all(|got| got.line != "POST /send"), "{capture}");
    }
}
