use super::{Played, VirtualRun};
use crate::sample::FailureKind;

/// One user that sends the rows of a list, one after another.
fn sent(rows: &str, endpoint: &str) -> Played {
    let plan = format!(
        "data: {{rows: {rows}}}\nvars: {{who: ann}}\nendpoints: {{send: {{post: /send, {endpoint}}}}}\n\
         users: {{u: {{feed: {{row: rows}}, tasks: {{t: {{call: send}}}}}}}}\n\
         shape: {{iterations: {{users: 1, total: 3, within: 5s}}}}\n"
    );
    VirtualRun::of(&plan.replace("{row: rows}", "{row: {from: rows}}")).play()
}

fn bodies(played: &Played) -> Vec<&str> {
    played.received.iter().map(|got| got.body.as_str()).collect()
}

fn refused(played: &Played) -> (u64, String) {
    let message = played.totals.most_frequent_error().map(|(error, _)| error.message.to_string());
    (played.totals.accounting().failed[FailureKind::Template as usize], message.unwrap_or_default())
}

#[test]
fn a_file_is_filled_in_for_each_request_also_where_its_path_is() {
    let rows = "{list: [{kind: order, number: 1}, {kind: note}, {kind: order, number: 3}]}";
    let played = sent(
        &rows.replace("number", "n"),
        "with: {number: \"{{ row.n | default(0) }}\"}, file: {path: 'bodies/{{ row.kind }}.json', template: true}",
    );
    assert_eq!(
        bodies(&played),
        ["{\"order\": 1, \"who\": \"ann\"}\n", "{\"note\": \"ann\"}", "{\"order\": 3, \"who\": \"ann\"}\n"]
    );
    assert!(played.received.iter().all(|got| got.headers.contains("content-type: application/json")));
    let played = sent("{list: [1]}", "with: {number: \"{{ row }}\"}, file: {path: bodies/order.json, template: true}");
    assert_eq!(bodies(&played), ["{\"order\": 1, \"who\": \"ann\"}\n"; 3]);
}

#[test]
fn each_file_of_a_folder_is_sent_in_turn_and_is_what_its_ending_says() {
    let played = sent("{files: [bodies/*.json, names.c?v]}", "file: '{{ row.path }}'");
    let kinds = ["application/json", "application/json", "text/csv"];
    for ((got, file), kind) in
        played.received.iter().zip(["bodies/note.json", "bodies/order.json", "names.csv"]).zip(kinds)
    {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/tests/").to_owned() + file;
        assert_eq!(got.body, std::fs::read_to_string(path).unwrap());
        assert!(got.headers.contains(&format!("content-type: {kind}")), "{}", got.headers);
    }
    let typed = "file: '{{ row.path }}', headers: {Content-Type: text/odd}";
    let played = sent("{files: bodies/*.json}", typed);
    assert!(played.received[0].headers.contains("content-type: text/odd"), "{}", played.received[0].headers);
    let played = sent("{files: bodies/*.json}", "multipart: {doc: {file: '{{ row.path }}'}, size: '{{ row.size }}'}");
    let heads =
        "name=\"doc\"; filename=\"note.json\"\r\nContent-Type: application/json\r\n\r\n{\"note\": \"{{ who }}\"}\r\n";
    assert!(bodies(&played)[0].contains(heads), "{}", bodies(&played)[0]);
    let played = sent("{list: [1]}", "multipart: {doc: {file: \"bodies/no{{ 'te' }}.json\"}}");
    assert!(bodies(&played)[0].contains(heads), "{}", bodies(&played)[0]);
}

#[test]
fn what_a_value_says_leads_to_no_other_folder() {
    for (path, hostile) in [
        ("bodies/{{ row }}", "../names.csv"),
        ("bodies/{{ row }}.csv", "../names"),
        ("bodies/{{ row }}", "x/../../names.csv"),
        ("{{ row }}", "/etc/passwd"),
        ("{{ row }}", "../tests/names.csv"),
        ("./{{ row }}", "/etc/passwd"),
    ] {
        for file in [format!("file: '{path}'"), format!("multipart: {{doc: {{file: '{path}'}}}}")] {
            let played = sent(&format!("{{list: ['{hostile}']}}"), &file);
            let (failed, message) = refused(&played);
            assert_eq!((failed, played.received.len()), (3, 0), "{path} {hostile}");
            assert!(message.contains("leads out of the folder"), "{message}");
        }
    }
    // the same of a file that an expression reads
    let played = sent("{list: [/etc/passwd, ../mod.rs, bodies/../../mod.rs]}", "text: '{{ file(row) }}'");
    let (failed, message) = refused(&played);
    assert_eq!((failed, played.received.len()), (3, 0), "{message}");
    assert!(message.contains("leads to no file outside of the plan's folder"), "{message}");
    let played = sent("{list: [bodies/note.json]}", "text: '{{ file(row) }}'");
    assert_eq!(bodies(&played)[0], "{\"note\": \"{{ who }}\"}");
    let played = sent("{list: [nothing]}", "file: 'bodies/{{ row }}.json'");
    assert!(refused(&played).1.ends_with("cannot read the file `bodies/nothing.json`: there is no such file"));
    let template = "file: {path: 'bodies/{{ row }}.json', template: true}, with: {number: 1}";
    let played = sent("{list: [nothing]}", template);
    let none = "`bodies/nothing.json` is none of the files like `bodies/*.json` that were read before the run";
    assert!(refused(&played).1.ends_with(none), "{}", refused(&played).1);
}

#[test]
fn what_cannot_be_filled_in_is_told_with_its_file_and_its_line() {
    for (path, row) in [("failing.json", "{n: 1, kind: failing}"), ("{{ row.kind }}.json", "{n: 1, kind: failing}")] {
        // every template has to be somewhere where the others are not
        let path = format!("failing/{path}");
        for file in [
            format!("file: {{path: '{path}', template: true}}"),
            format!("multipart: {{doc: {{file: {{path: '{path}', template: true}}}}}}"),
        ] {
            let played = sent(&format!("{{list: [{row}]}}"), &file);
            let (failed, message) = refused(&played);
            assert_eq!((failed, played.received.len()), (3, 0), "{file}");
            assert!(message.contains(": failing/failing.json:3: "), "{message}");
        }
    }
    let statements = "file: {path: 'failing_statements.json', template: true}";
    let (_, message) = refused(&sent("{list: [{kind: x}]}", statements));
    assert!(
        message.contains(": failing_statements.json: ") && message.ends_with("in `{% for i in [1] %}…`"),
        "{message}"
    );
}

#[test]
fn a_body_is_compressed_and_chunked_as_the_plan_says() {
    let played = sent("{list: [a]}", "text: '{{ row }}', compress: gzip");
    let got = &played.received[0];
    assert!(
        got.headers.contains("content-encoding: gzip") && got.headers.contains("content-length: 21"),
        "{}",
        got.headers
    );
    let played = sent("{list: [a]}", "text: 'always', compress: gzip");
    assert!(played.received[0].headers.contains("content-length: 26"), "{}", played.received[0].headers);
}
