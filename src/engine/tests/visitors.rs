use super::{Played, Reply, VirtualRun, ms, secs};

fn lines(played: &Played) -> Vec<String> {
    played.received.iter().map(|got| format!("{} {}", got.connection, got.line.replace("GET ", ""))).collect()
}

fn shop(visitor: &str, arrivals: &str) -> VirtualRun {
    VirtualRun::of(&format!(
        "
endpoints: {{hello: {{get: '/hello/{{{{ user.id }}}}'}}, buy: {{get: '/buy/{{{{ seen }}}}'}}, bye: {{get: /bye}}}}
users:
  u:
    state: {{seen: 0}}
    on_start: [{{call: hello}}]
    on_stop: [{{call: bye}}]
    {visitor}
    tasks: {{t: {{steps: [{{set: {{seen: '{{{{ seen + 1 }}}}'}}}}, {{call: buy}}]}}}}
shape: {{arrivals: {{rate: 1/s, for: 3s, {arrivals}}}}}
"
    ))
}

#[test]
fn an_arrival_is_a_user_that_has_been_here_before_or_a_new_visitor() {
    let returning = shop("", "max_users: 5").play();
    assert_eq!(lines(&returning), ["0 /hello/1", "0 /buy/1", "0 /buy/2", "0 /buy/3", "0 /bye"]);
    let new =
        ["0 /hello/1", "0 /buy/1", "0 /bye", "1 /hello/2", "1 /buy/1", "1 /bye", "2 /hello/3", "2 /buy/1", "2 /bye"];
    assert_eq!(lines(&shop("", "max_users: 5, visitor: new").play()), new);
    // whichever says so; other users of the run keep their numbers
    let by_type = shop("visitor: new", "max_users: 5").play();
    assert_eq!(
        lines(&by_type),
        new.map(|line| line
            .replace("/1", "/6")
            .replace("buy/6", "buy/1")
            .replace("hello/2", "hello/7")
            .replace("hello/3", "hello/8"))
    );
}

#[test]
fn a_new_visitor_that_waits_for_a_place_is_counted_from_when_it_was_due() {
    let run = shop("", "max_users: 1, when_busy: late, visitor: new");
    let played = run.answering(|got| Reply::after(if got.line.contains("buy") { secs(2) } else { ms(0) })).play();
    let books = played.totals.accounting();
    books.balance().unwrap();
    assert_eq!((books.started, books.ok, books.dropped), (6, 6, 1), "{:?}", lines(&played));
    assert_eq!(played.times_of("GET /hello/2"), [secs(2)]);
}

#[test]
fn a_new_visitor_does_its_whole_sequence_even_when_load_is_over() {
    let played = VirtualRun::of(
        "
endpoints: {a: {get: /a}, b: {get: /b}}
users: {u: {think_time: 2s, sequence: [a, b, a], tasks: {a: {call: a}, b: {call: b}}}}
shape: {arrivals: {rate: 1/s, for: 2s, visitor: new}}
",
    )
    .play();
    assert_eq!(lines(&played), ["0 /a", "1 /a", "0 /b", "1 /b", "0 /a", "1 /a"]);
}
