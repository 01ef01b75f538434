//! Which service stands in for which plan, and a change to each plan that its service has to refuse.

use super::memory::Memory;
use super::server::Service;
use super::{artillery, drill, flows, gatling, goose, k6, k6_sites, taurus};

/// A plan, and what it runs against.
pub struct Field {
    /// Its file's name without the ending.
    pub plan: &'static str,
    pub service: Service,
    /// How many hosts it has.
    pub hosts: usize,
    /// What has to be true of what the service remembers in the end.
    pub finish: fn(&Memory) -> Result<(), String>,
    /// A text of the plan and what stands in its place: then the service refuses what it gets.
    pub wrong: (&'static str, &'static str),
    /// Flags of the command line.
    pub flags: &'static [&'static str],
    /// Variables of the environment.
    pub variables: &'static [(&'static str, &'static str)],
}

const fn field(plan: &'static str, service: Service, wrong: (&'static str, &'static str)) -> Field {
    Field { plan, service, hosts: 1, finish: |_| Ok(()), wrong, flags: &[], variables: &[] }
}

impl Field {
    const fn finishing(self, finish: fn(&Memory) -> Result<(), String>) -> Self {
        Self { finish, ..self }
    }

    const fn on_two_hosts(self) -> Self {
        Self { hosts: 2, ..self }
    }

    const fn with(self, flags: &'static [&'static str], variables: &'static [(&'static str, &'static str)]) -> Self {
        Self { flags, variables, ..self }
    }
}

/// The plans of `tests/field`.
pub const FIELD: &[Field] = &[
    field("drill_benchmark", drill::benchmark, ("arg: \"{{ bar }}\"", "arg: 3")),
    field("drill_cookies", drill::cookies, ("counter: \"{{ count }}\"", "counter: \"{{ count + 1 }}\"")),
    field("drill_headers", drill::headers, ("user: httpwatch", "user: httpwatches")).finishing(drill::both_items),
    field("drill_tags", drill::tags, ("get: /api/users/70", "get: /api/users/71")).with(&["--tag", "tag_user"], &[]),
    field("artillery_parallel", artillery::parallel, ("get: /pony", "get: /ponies")),
    field("artillery_cookies", artillery::cookies, ("online, busy", "online, away")),
    field("artillery_csv_urls", artillery::csv_urls, ("url: \"{{ page.url }}\"", "get: \"/{{ page.url }}\""))
        .finishing(artillery::each_row),
    field("artillery_crud", artillery::crud, ("username: new-user}", "username: old-user}"))
        .with(&["--profile", "load"], &[]),
    field(
        "artillery_graphql",
        artillery::graphql,
        ("{ deleteUser(id: $userId) { id } }", "{ deleteUser(id: $userId) { id }"),
    ),
    field("artillery_uploads", artillery::uploads, ("[logo.svg, ", "[taurus_pages.csv, ")),
    field("artillery_soap", artillery::soap, ("city | escape", "city")),
    field(
        "artillery_table",
        artillery::table,
        ("url: \"{{ case.url }}\"\n    name", "url: \"{{ case.url }}s\"\n    name"),
    ),
    field(
        "artillery_register",
        artillery::register,
        (
            "who.email }}\", password: \"{{ who.password }}\"}\n    expect: {status: 200",
            "who.email }}\", password: \"{{ who.password | upper }}\"}\n    expect: {status: 200",
        ),
    ),
    field("artillery_user_tokens", artillery::user_tokens, ("user.id)", "user.id * 100)")),
    field("artillery_refresh", artillery::refresh, ("max_age: 300ms", "max_age: 300s")),
    field("artillery_weights", artillery::pages, ("get: /rare", "get: /rarest")),
    field("artillery_phases", artillery::pages, ("get: /pony", "put: /pony")),
    field("artillery_starter_kit", artillery::starter_kit, ("salary: 666000", "salary: \"666000\""))
        .with(&[], &[("SERVICE_API_KEY", "key of the environment")]),
    field("artillery_pets", artillery::pets, ("species: pony", "species: horse")),
    field("artillery_metrics", artillery::metrics, ("json: {species", "form: {species")),
    field("artillery_overrides", artillery::overrides, ("get: /", "get: /missing"))
        .finishing(artillery::twenty_visits)
        .with(&["--profile", "dynamic"], &[("ARRIVAL_RATE", "20"), ("DURATION", "1s")]),
    field("artillery_twirp", artillery::twirp, ("Accept: application/json", "Accept: application/protobuf")),
    field("artillery_all_features", artillery::all_features, (", x-name: null", ""))
        .finishing(artillery::some_as_another),
    field("artillery_nested_loop", artillery::nested_loop, ("break: item > limit", "break: item > limit + 1")),
    field("taurus_csv", taurus::csv, ("separator: \"\\t\"", "separator: \"\\t\", columns: [password, username]")),
    field("taurus_assertions", taurus::assertions, ("param2: value 2", "param2: value2")),
    field("taurus_extractors", taurus::extractors, ("$.list[-1].expression", "$.list[0].expression")),
    field("taurus_controllers", taurus::controllers, ("label: inside", "label: outside")).finishing(taurus::ways),
    field("taurus_upload", taurus::upload, ("file: data/logo.svg", "file: data/notes.txt")),
    field("taurus_body_file", taurus::body_file, ("compress: gzip", "headers: {Content-Encoding: gzip}")),
    field("taurus_steps", taurus::steps, ("step: \"{{ stage", "steps: \"{{ stage")).finishing(taurus::three_steps),
    field("k6_verbs", k6::verbs, ("method: PURGE", "method: BAN")),
    field("k6_jwt", k6::jwt, ("${SIGNING_KEY:-a-key", "${SIGNING_KEY:-another-key")),
    field("k6_digest_auth", k6::digest_auth, ("set: {count: 2}", "set: {count: 1}")),
    field("k6_page", k6_sites::page, ("Sec-Fetch-Dest: empty", "Sec-Fetch-Dest: image")),
    field("k6_redirects", k6::redirects, ("json: {item: tea}", "json: {item: coffee}")),
    field("k6_scenarios", k6::scenarios, ("Accept: text/html", "Accept: text/plain")),
    field("k6_hosts", k6::hosts, ("[first, ", "[second, ")),
    field("k6_viewstate", k6_sites::viewstate, ("ctl00$MainContent${{ event }}", "ctl00$MainContent{{ event }}")),
    field("k6_etag", k6::etag, ("If-Modified-Since: \"{{ changed }}\"", "If-Modified-Since: \"{{ etag }}\"")),
    field("k6_bookings", k6::bookings, ("idempotencyKey: \"{{ key }}\"", "idempotencyKey: \"{{ uuid() }}\"")),
    field("k6_search_paging", k6::search_paging, ("page * page_size", "page * page_size + 1"))
        .finishing(k6::every_page),
    field(
        "k6_api_tokens",
        k6::api_tokens,
        ("tasks: {list: [{when: {that: api_token == ''", "tasks: {list: [{when: {that: api_token != ''"),
    )
    .finishing(k6::clean),
    field("gatling_computers", gatling::computers, ("company: 37", "company: 38")).finishing(gatling::tried_again),
    field("goose_drupal", goose::drupal, ("op: Log in", "op: Log+in")),
];

/// The plans of `tests/field/flows`.
pub const FLOWS: &[Field] = &[
    field("oauth_two_hosts", flows::oauth, ("max_age: \"{{ [expires_in - 1, 1] | max }}s\"", "max_age: 1h"))
        .on_two_hosts()
        .finishing(flows::renewed),
    field("csrf_login", flows::csrf, ("css: \"form#login input[name=_csrf]\"", "css: \"input[name=_csrf]\""))
        .finishing(flows::nobody_left),
    field("presigned_upload", flows::presigned, ("content | sha256", "content | sha1")).on_two_hosts(),
    field("paging_crawl", flows::paging, ("seen + ids", "ids + seen")),
    field("hmac_signed", flows::signed, ("${SIGNING_KEY:-not", "${SIGNING_KEY:-nor"))
        .finishing(flows::fifteen_payments),
    field("poll_retry_after", flows::polled, ("default(1)", "default(0.1)")),
    field("sse_chat", flows::chat, (".delta.content | default('')", ".delta.content | default('') | trim"))
        .finishing(flows::three_turns),
];
