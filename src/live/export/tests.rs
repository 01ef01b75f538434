use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::capped::{Capped, MaskedTexts};
use super::collect::Collector;
use super::destinations::Destination;
use super::figures::{Broke, Ending, Figures, Item, Value};
use super::notify::{Audience, body};
use super::prometheus::{Exposition, text};
use super::protobuf::{Message, Read, fields};
use super::times::{SCALE, edges, upper_bound};
use super::{influx, otlp, remote_write, statsd, stream};
use crate::journal::{Closing, End, Entry, Environment, Fingerprint, Header, PlanText, RunId, Stage, Threshold};
use crate::load::Pace;
use crate::metrics::{Health, SeriesKey, Tally};
use crate::results::Results;
use crate::sample::{
    Catalog, CatalogEndpoint, EndpointId, FailureKind, Outcome, Phases, Sample, StageId, StagePurpose, TaskId, Timing,
    Transmission, UserTypeId,
};
use crate::secrets::{Secrets, Told};
use crate::threshold::{NoData, OnBreak};
use crate::units::{Offset, Seed, Shard};

/// With every sign that a format reads as its own.
const HOSTILE: &str = "a \"b\\c\",d=e|f#g\nh";

fn at(seconds: u64) -> Offset {
    Offset::ZERO + Duration::from_secs(seconds)
}

fn header(labels: &[(&str, &str)]) -> Header {
    let endpoint = |name: &str, method: &str| CatalogEndpoint {
        name: name.into(),
        method: method.into(),
        service: None,
        tags: Vec::new(),
        timeout: None,
    };
    Header {
        format: Header::FORMAT,
        plimsoll: "0".to_owned(),
        run: RunId::parse("00112233445566778899aabbccddeeff").unwrap(),
        began: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
        seed: Seed::new(1),
        shard: Shard::WHOLE,
        workers: 1,
        plan: PlanText {
            name: "shop".to_owned(),
            description: String::new(),
            file: String::new(),
            profile: None,
            target: "http://127.0.0.1:1".to_owned(),
            text: String::new(),
            sha256: Fingerprint::of(""),
            effective: String::new(),
        },
        environment: Environment { host: Some("generator".to_owned()), ..Environment::here(Vec::new()) },
        catalog: Catalog { endpoints: vec![endpoint("look", "GET"), endpoint("order", "POST")], ..Catalog::default() },
        left_out: Vec::new(),
        scale: None,
        thresholds: vec![Threshold {
            require: "p95 < 100ms".to_owned(),
            unscaled: None,
            name: None,
            on_break: OnBreak::GoOn,
            after: Duration::ZERO,
            no_data: NoData::Fails,
            place: String::new(),
            baseline: None,
        }],
        stages: vec![Stage {
            name: "peak".to_owned(),
            scenario: String::new(),
            start: at(0),
            end: at(10),
            users: Some(1),
            rate: None,
            purpose: StagePurpose::Measured,
        }],
        at_least: None,
        planned: None,
        pace: Pace::Planned,
        parts: Vec::new(),
        name: Some("nightly".to_owned()),
        labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    }
}

/// A second in which requests of one endpoint took 1 ms, 2 ms, …, the first of them failing.
fn second(second: u32, (endpoint, name): (u32, &str), count: u64, failed: u64) -> Entry {
    let mut tally = Tally::new();
    let series = tally.series(&SeriesKey {
        endpoint: EndpointId(endpoint),
        name: name.into(),
        user: UserTypeId(0),
        task: TaskId(0),
        stage: StageId(0),
        status: Some(200),
    });
    for index in 0..count {
        let began = at(second.into());
        let timing = Timing::new(began, began, began, began + Duration::from_millis(index + 1));
        let outcome = if index < failed { Outcome::Failed(FailureKind::Check) } else { Outcome::Ok };
        let (phases, transmission) = (Phases::default(), Transmission::Sent);
        tally.start();
        tally.record(
            series,
            &Sample { timing, phases, outcome, transmission, bytes_out: 10, bytes_in: 100, content: 1 },
        );
    }
    Entry::Second(Box::new(tally.take(second, 3, Health::default())))
}

/// A run of some seconds, with its figures after each and at its end.
struct Run {
    results: Results,
    collector: Collector,
    figures: Vec<Arc<Figures>>,
}

impl Run {
    fn of(header: Header, secrets: Secrets, seconds: Vec<Entry>) -> Self {
        let mut collector = Collector::new(&header, secrets);
        let mut results = Results::new(header).unwrap();
        let mut figures = Vec::new();
        for entry in seconds {
            results.hear(&entry);
            let Entry::Second(interval) = &entry else { unreachable!() };
            figures.push(collector.second(interval, &results));
        }
        Self { results, collector, figures }
    }

    fn usual() -> Self {
        let seconds =
            vec![second(0, (0, "/look"), 100, 2), second(1, (0, "/look"), 50, 0), second(2, (1, HOSTILE), 7, 0)];
        Self::of(header(&[("commit", "41fc740"), ("team.x", "shop")]), Secrets::default(), seconds)
    }

    fn ended(mut self) -> (Results, Arc<Figures>) {
        let end = End {
            closing: Closing::Complete,
            elapsed: Duration::from_secs(3),
            broken_workers: 0,
            teardown: Vec::new(),
            levels: Vec::new(),
            exports: Vec::new(),
        };
        self.results.hear(&Entry::End(end));
        let figures = self.collector.end(&self.results);
        (self.results, figures)
    }
}

/// The value behind each line that begins so.
fn values(text: &str, begin: &str) -> Vec<f64> {
    let lines = text.lines().filter(|line| line.starts_with(begin));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn what_is_scraped_begins_with_the_requests_and_adds_up_to_the_report() {
    let (results, figures) = Run::usual().ended();
    let told = text(&figures, Exposition::Text);
    assert!(told.starts_with("# HELP plimsoll_requests_total "), "{told}");
    assert!(
        told.contains(r#"plimsoll_requests_total{method="GET",name="/look",status="200",outcome="ok"} 148"#),
        "{told}"
    );
    assert!(told.contains(r#"name="a \"b\\c\",d=e|f#g\nh""#), "{told}");
    let report = results.report();
    assert_eq!(values(&told, "plimsoll_requests_total{").iter().sum::<f64>(), report.total.requests as f64);
    assert_eq!(values(&told, "plimsoll_received_bytes_total{").iter().sum::<f64>(), report.total.bytes_in as f64);
    assert_eq!(values(&told, "plimsoll_request_failures_total{"), [2.0]);
    assert_eq!(values(&told, "plimsoll_run_passed"), [1.0]);
    assert_eq!(values(&told, "plimsoll_run_under_way"), [0.0]);
    assert_eq!(values(&told, "plimsoll_threshold_held{"), [1.0]);
    assert!(told.contains(r#"label_commit="41fc740",label_team_x="shop"} 1"#), "{told}");
    // each family is told once, and none twice
    let mut families: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let all = families.len();
    families.sort_unstable();
    families.dedup();
    assert_eq!(families.len(), all);
}

#[test]
fn a_reported_quantile_lies_in_the_classic_bucket_that_its_rank_falls_into() {
    let (results, figures) = Run::usual().ended();
    let times = results.report().requests[0].response_time.unwrap();
    let told = text(&figures, Exposition::Text);
    let [ok, failed] = ["ok", "failed"].map(|outcome| {
        values(
            &told,
            &format!("plimsoll_response_time_seconds_bucket{{method=\"GET\",name=\"/look\",outcome=\"{outcome}\""),
        )
    });
    let counts: Vec<f64> = ok.iter().zip(&failed).map(|(ok, failed)| ok + failed).collect();
    assert!(counts.is_sorted() && counts.len() == edges().count() + 1);
    assert_eq!(*counts.last().unwrap(), 150.0);
    for (share, ms) in [(0.5, times.p50), (0.95, times.p95), (0.99, times.p99)] {
        let place = counts.iter().position(|count| *count >= (share * 150.0_f64).ceil()).unwrap();
        let upper = edges().nth(place).unwrap();
        let lower = place.checked_sub(1).map_or(0.0, |place| edges().nth(place).unwrap());
        assert!(lower < ms / 1e3 && ms / 1e3 <= upper, "{share}: {ms} ms, {lower} to {upper}");
    }
}

#[test]
fn the_edges_of_the_classic_buckets_are_those_of_a_native_histogram() {
    let edges: Vec<f64> = edges().collect();
    assert!(edges.is_sorted());
    for edge in [1.0 / 4096.0, 0.25, 1.0, 64.0] {
        assert!(edges.contains(&edge), "{edge}: {edges:?}");
    }
    assert!(edges.windows(2).all(|pair| (pair[1] / pair[0] - std::f64::consts::SQRT_2).abs() < 1e-12));
}

#[test]
fn openmetrics_names_counters_without_their_ending_and_says_where_it_ends() {
    let (_, figures) = Run::usual().ended();
    let told = text(&figures, Exposition::OpenMetrics);
    assert!(told.contains("# TYPE plimsoll_requests counter\n"), "{told}");
    assert!(
        told.contains(
            "# TYPE plimsoll_sent_bytes counter\n# UNIT plimsoll_sent_bytes bytes\nplimsoll_sent_bytes_total{"
        )
    );
    assert!(told.ends_with("\n# EOF\n"));
    for (accept, exposition) in [
        ("", Exposition::Text),
        ("*/*", Exposition::Text),
        ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0", Exposition::OpenMetrics),
        ("application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.8", Exposition::Text),
    ] {
        assert_eq!(Exposition::accepted(accept), exposition, "{accept}");
    }
}

#[test]
fn what_is_counted_never_grows_less_though_more_names_come_than_are_told_apart() {
    let seconds = (0..30).map(|number| {
        let name = format!("/{}", number % 7);
        second(number, (number % 2, &name), 3, 0)
    });
    let run = Run::of(header(&[]), Secrets::default(), seconds.collect());
    let mut before = 0.0;
    for figures in &run.figures {
        let sum = values(&text(figures, Exposition::Text), "plimsoll_requests_total{").iter().sum::<f64>();
        assert_eq!(sum, before + 3.0);
        before = sum;
    }
    let mut capped = Capped::new(2);
    assert_eq!(["a", "b", "c", "a", "d", "b"].map(|key| capped.place(&key)), [1, 2, 0, 1, 0, 2]);
    // names beyond the limit are one
    let seconds = (0..300).map(|number| second(number, (0, &format!("/{number}")), 1, 0)).collect();
    let run = Run::of(header(&[]), Secrets::default(), seconds);
    let told = text(run.figures.last().unwrap(), Exposition::Text);
    assert_eq!(values(&told, "plimsoll_requests_total{").len(), 101);
    assert!(told.contains(r#"plimsoll_requests_total{method="other",name="other",status="200",outcome="ok"} 200"#));
}

#[test]
fn a_time_is_in_the_exponential_bucket_that_holds_it() {
    let (_, figures) = Run::usual().ended();
    let family = figures.families.iter().find(|family| family.stem == "response_time").unwrap();
    for point in &family.points {
        let Value::Times(times) = &point.value else { unreachable!() };
        let counted: u64 = times.exponential.iter().map(|(_, count)| count).sum();
        assert_eq!(counted + times.zero, times.count);
        assert!(times.exponential.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let (first, last) = (times.exponential[0].0, times.exponential.last().unwrap().0);
        assert!(upper_bound(first - 1) < times.min && times.min <= upper_bound(first) * 1.001);
        assert!(upper_bound(last - 1) < times.max && times.max <= upper_bound(last));
    }
    assert_eq!(SCALE, 5);
    assert!((upper_bound(31) - 2.0).abs() < 1e-12 && (upper_bound(-1) - 1.0).abs() < 1e-12);
}

/// The bytes of a field, each time it is there.
fn inner(message: &[u8], field: u64) -> Vec<&[u8]> {
    let all = fields(message).into_iter();
    all.filter_map(|(known, value)| match value {
        Read::Bytes(bytes) if known == field => Some(bytes),
        _ => None,
    })
    .collect()
}

#[test]
fn a_message_is_read_back_as_it_was_written() {
    let mut message = Message::default();
    message.varint(1, 300);
    message.message(2, |inner| inner.text(1, "ä"));
    message.zigzag(3, -3);
    message.double(4, 0.5);
    message.packed(5, [1, 128, u64::MAX].into_iter());
    let bytes = message.finish();
    let read = fields(&bytes);
    assert_eq!(read[0], (1, Read::Varint(300)));
    assert_eq!(inner(inner(&bytes, 2)[0], 1), ["ä".as_bytes()]);
    assert_eq!(read[2], (3, Read::Varint(5)));
    assert_eq!(read[3], (4, Read::Other));
    assert_eq!(inner(&bytes, 5)[0].len(), 1 + 2 + 10);
    // what is cut off is read as far as it goes
    (0..bytes.len()).for_each(|length| assert!(fields(&bytes[..length]).len() <= read.len()));
}

#[test]
fn each_remote_series_has_its_labels_in_order_and_says_which_run_it_is_of() {
    let (_, figures) = Run::usual().ended();
    let request = remote_write::encoded(&figures);
    let series = inner(&request, 1);
    assert!(series.len() > 100, "{}", series.len());
    for one in &series {
        let labels: Vec<(String, String)> = inner(one, 1)
            .into_iter()
            .map(|label| {
                let text = |field| String::from_utf8(inner(label, field)[0].to_vec()).unwrap();
                (text(1), text(2))
            })
            .collect();
        assert!(labels.is_sorted_by(|left, right| left.0 < right.0), "{labels:?}");
        assert_eq!(labels[0].0, "__name__");
        for (key, value) in
            [("job", "plimsoll"), ("instance", "generator"), ("run", "00112233445566778899aabbccddeeff")]
        {
            assert!(labels.contains(&(key.to_owned(), value.to_owned())), "{labels:?}");
        }
        assert_eq!(inner(one, 2).len(), 1);
    }
    assert_eq!(inner(&request, 3).len(), figures.families.len());
}

#[test]
fn what_the_environment_says_of_a_service_goes_before_what_the_run_says() {
    let (_, figures) = Run::usual().ended();
    let given = vec![("service.name".to_owned(), "checkout".to_owned())];
    let request = otlp::encoded(&figures, &given);
    let resource = inner(inner(&request, 1)[0], 1)[0].to_vec();
    let attributes: Vec<String> = inner(&resource, 1)
        .into_iter()
        .map(|attribute| {
            let [key, value] = [inner(attribute, 1)[0], inner(inner(attribute, 2)[0], 1)[0]]
                .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
            format!("{key}={value}")
        })
        .collect();
    assert!(attributes.contains(&"service.name=checkout".to_owned()), "{attributes:?}");
    assert!(attributes.contains(&"plimsoll.label.commit=41fc740".to_owned()), "{attributes:?}");
    assert_eq!(attributes.iter().filter(|one| one.starts_with("service.name")).count(), 1);
    let metrics = inner(inner(inner(&request, 1)[0], 2)[0], 2);
    assert_eq!(metrics.len(), figures.families.len());
    // a receiver that takes a part says so
    let mut answer = Message::default();
    answer.message(1, |partial| {
        partial.varint(1, 4);
        partial.text(2, "too old");
    });
    assert_eq!(otlp::rejected(&answer.finish()).unwrap(), "4 points were rejected: too old");
    assert_eq!(otlp::rejected(b""), None);
}

#[test]
fn a_line_of_influxdb_has_its_tags_escaped_and_nothing_empty() {
    let (_, figures) = Run::usual().ended();
    let lines = influx::lines(&figures);
    assert!(lines.contains(r#"name=a\ "b/c"\,d\=e|f#g\ h,"#), "{lines}");
    assert!(lines.lines().all(|line| line.starts_with("plimsoll_") && line.ends_with(" 1800000003001")), "{lines}");
    assert!(lines.contains("plimsoll_requests,method=GET,name=/look,status=200,outcome=ok,run=00112233445566778899aabbccddeeff,plan=shop value=148i "));
    let times = lines.lines().find(|line| line.starts_with("plimsoll_response_time,")).unwrap();
    assert!(times.contains(" count=148i,sum=") && times.contains(",p95="), "{times}");
}

#[test]
fn statsd_is_told_what_came_since_it_was_told_last() {
    let run = Run::usual();
    let first = statsd::lines(&run.figures[0], None);
    let then = statsd::lines(&run.figures[1], Some(&run.figures[0]));
    let of = |lines: &[String], begin: &str, tag: &str| {
        lines.iter().filter(|line| line.starts_with(begin) && line.contains(tag)).cloned().collect::<Vec<_>>()
    };
    let tags = "|#method:GET,name:/look,status:200,outcome:ok,run:00112233445566778899aabbccddeeff";
    assert_eq!(of(&first, "plimsoll.requests:", "outcome:ok"), [format!("plimsoll.requests:98|c{tags}")]);
    assert_eq!(of(&then, "plimsoll.requests:", "outcome:ok"), [format!("plimsoll.requests:50|c{tags}")]);
    // what did not change is no packet
    assert!(of(&then, "plimsoll.request_failures:", "").is_empty());
    let counted: f64 = of(&then, "plimsoll.response_time:", "outcome:ok")
        .iter()
        .map(|line| {
            line.split("|@").nth(1).map_or(1.0, |rate| 1.0 / rate.split('|').next().unwrap().parse::<f64>().unwrap())
        })
        .sum();
    assert!((counted - 50.0).abs() < 1e-6, "{counted}");
    let packets = statsd::packets(&first);
    assert!(packets.iter().all(|packet| packet.len() <= 1432));
    assert_eq!(packets.iter().map(|packet| packet.lines().count()).sum::<usize>(), first.len());
    let hostile = statsd::lines(&run.figures[2], Some(&run.figures[1]));
    assert!(hostile.iter().all(|line| line.matches('|').count() <= 3 && !line.contains('\n')), "{hostile:?}");
}

#[test]
fn a_stream_has_a_line_for_each_second_and_one_for_the_end() {
    let run = Run::usual();
    let begin = stream::line(&Item::Begin(run.figures[0].names.clone())).unwrap();
    assert_eq!((begin["type"].as_str(), begin["name"].as_str()), (Some("begin"), Some("nightly")));
    let second = stream::line(&Item::Second(run.figures[1].clone())).unwrap();
    assert_eq!(second["ok"], 50);
    assert_eq!(second["so_far"]["requests"], 150);
    assert_eq!(second["stages"][0], "peak");
    assert_eq!(second["thresholds"][0]["state"], "held");
    let (results, figures) = run.ended();
    let end = stream::line(&Item::End(Arc::new(Ending { figures, report: results.report() }))).unwrap();
    assert_eq!(end["verdict"]["passed"], true);
    assert_eq!(end["total"]["requests"], 157);
}

#[test]
fn each_audience_is_told_in_its_own_form() {
    let run = Run::usual();
    let names = run.figures[0].names.clone();
    let (results, figures) = run.ended();
    let end = Item::End(Arc::new(Ending { figures, report: results.report() }));
    let json = body(&end, Audience::Json).unwrap();
    assert_eq!((json["event"].as_str(), json["verdict"]["passed"].as_bool()), (Some("end"), Some(true)));
    let slack = body(&end, Audience::Slack).unwrap();
    let text = slack["text"].as_str().unwrap();
    assert!(text.starts_with("✓ shop (nightly) against http://127.0.0.1:1: "), "{text}");
    assert!(text.contains("157 requests in 3s"), "{text}");
    assert_eq!(body(&end, Audience::Discord).unwrap()["allowed_mentions"]["parse"], serde_json::json!([]));
    assert!(body(&end, Audience::Teams).unwrap()["attachments"][0]["content"]["body"][0]["text"].is_string());
    let broke = Item::Broke(Arc::new(Broke { names: names.clone(), threshold: "p95 < 1ms".to_owned(), at: 7.0 }));
    let slack = body(&broke, Audience::Slack).unwrap();
    assert!(slack["text"].as_str().unwrap().contains("p95 &lt; 1ms broke after 7 s"), "{slack}");
    assert_eq!(body(&Item::Begin(names), Audience::Json), None);
}

#[test]
fn a_secret_is_in_nothing_that_is_made_of_a_run() {
    let secrets = Secrets::default();
    secrets.learn("Kan4ri-v0gel", Told::Declared);
    let mut header = header(&[("note", "Kan4ri-v0gel")]);
    header.plan.target = "http://Kan4ri-v0gel/".to_owned();
    header.stages[0].name = "Kan4ri-v0gel".to_owned();
    let run = Run::of(header, secrets.clone(), vec![second(0, (0, "/at/Kan4ri-v0gel"), 3, 0)]);
    let figures = run.figures[0].clone();
    let told = [
        text(&figures, Exposition::Text),
        influx::lines(&figures),
        statsd::lines(&figures, None).join("\n"),
        String::from_utf8_lossy(&remote_write::encoded(&figures)).into_owned(),
        String::from_utf8_lossy(&otlp::encoded(&figures, &[])).into_owned(),
        format!("{figures:?}"),
    ];
    for text in told {
        assert!(!text.contains("v0gel"), "{text}");
        assert!(text.contains("/at/***"), "{text}");
    }
    // what is learned later is hidden from then on
    let mut texts = MaskedTexts::new(secrets.clone());
    let word: Arc<str> = "tsch1rp-tschirp".into();
    assert_eq!(&*texts.mask(&word), "tsch1rp-tschirp");
    secrets.learn(&word, Told::Declared);
    assert_eq!(&*texts.mask(&word), "***");
}

#[test]
fn a_destination_is_read_or_says_what_to_write_instead() {
    let none = |_: &str| None;
    let shown = |destination: Result<Destination, super::NotADestination>| destination.unwrap().shown();
    assert_eq!(shown(Destination::prometheus("9464")), "127.0.0.1:9464");
    assert_eq!(shown(Destination::prometheus("localhost:9464")), "127.0.0.1:9464");
    assert_eq!(shown(Destination::prometheus("[::]:9464")), "[::]:9464");
    assert!(Destination::prometheus("somewhere:9464").unwrap_err().why.contains("no address"));
    assert_eq!(
        shown(Destination::remote_write("http://me:pw@p:9090/api/v1/write?a=b", &none)),
        "http://p:9090/api/v1/write"
    );
    assert!(!Destination::remote_write("ftp://me:pw@p", &none).unwrap_err().why.contains("pw"));
    assert_eq!(shown(Destination::influx("http://i:8086?org=o&bucket=b", &none)), "http://i:8086/api/v2/write");
    assert_eq!(shown(Destination::influx("http://i:8086?db=x", &none)), "http://i:8086/write");
    assert!(Destination::influx("http://i:8086", &none).is_err());
    assert_eq!(shown(Destination::influx("out.lp", &none)), "out.lp");
    assert_eq!(shown(Destination::statsd("agent")), "agent:8125");
    assert_eq!(shown(Destination::statsd("[::1]:9")), "[::1]:9");
    assert!(Destination::statsd("http://agent").is_err());
    assert_eq!(shown(Destination::notify("slack=https://hooks.test/services/T0/B0/secret")), "https://hooks.test");
    assert!(Destination::notify("pager=https://hooks.test/x").unwrap_err().why.contains("`pager`"));
}

#[test]
fn what_opens_a_destination_is_hidden_and_what_names_it_is_not() {
    let none = |_: &str| None;
    let secrets = Secrets::default();
    for destination in [
        Destination::notify("slack=https://hooks.test/services/T0001/B0001/abcdefgh12345678"),
        Destination::notify("https://hooks.test/run?sig=0123456789abcdef&api=v1"),
        Destination::influx("http://i:8086?org=team&bucket=load", &none),
        Destination::influx("http://i:8086?db=load&u=ann&p=w1sse", &none),
        Destination::remote_write("http://me:gehe%31m@p:9090/a-rather-long-segment/write", &none),
    ] {
        destination.unwrap().hide(&secrets);
    }
    for secret in ["services/T0001/B0001/abcdefgh12345678", "abcdefgh12345678", "0123456789abcdef", "w1sse", "gehe1m"] {
        assert_eq!(secrets.mask(&format!("it is {secret}!")), "it is ***!");
    }
    let plain = "the load of team, in v1, a-rather-long-segment";
    assert_eq!(secrets.mask(plain), plain);
}

#[test]
fn the_variables_of_an_opentelemetry_exporter_hold() {
    let variables = |pairs: &'static [(&'static str, &'static str)]| {
        move |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    let shown = |text: &str, pairs| Destination::otlp(text, &variables(pairs)).map(|one| one.shown());
    assert_eq!(shown("http://c:4318", &[]).unwrap(), "http://c:4318/v1/metrics");
    assert_eq!(shown("http://c:4318/v1/metrics", &[]).unwrap(), "http://c:4318/v1/metrics");
    assert_eq!(shown("env", &[]).unwrap(), "http://localhost:4318/v1/metrics");
    assert_eq!(shown("env", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a/x/")]).unwrap(), "http://a/x/v1/metrics");
    let both: &[_] =
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a"), ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://b/m")];
    assert_eq!(shown("env", both).unwrap(), "http://b/m");
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"),
    ] {
        let told = Destination::otlp("http://c", &|known: &str| (known == name).then(|| value.to_owned()));
        assert!(told.unwrap_err().why.contains(name), "{name}");
    }
    let all: &[_] = &[
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=abc,authorization=Bearer%20W1sse-n1cht"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=stage,service.name=a"),
        ("OTEL_SERVICE_NAME", "b"),
    ];
    let Ok(destination) = Destination::otlp("http://c", &variables(all)) else { unreachable!() };
    let told = format!("{destination:?}");
    assert!(told.contains("2.5s") && told.contains("Gzip") && told.contains(r#"("service.name", "b")"#), "{told}");
    let secrets = Secrets::default();
    destination.hide(&secrets);
    assert_eq!(secrets.mask("it is W1sse-n1cht"), "it is ***");
}

fn document(path: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn each_figure_is_in_the_table_of_its_page_and_the_dashboard_asks_for_no_other() {
    let page = document("docs/observability.md");
    let (_, figures) = Run::usual().ended();
    for family in &figures.families {
        let row = format!("| `{}` |", family.full_name());
        assert!(page.contains(&row), "{row}");
    }
    let dashboard = document("examples/observability/grafana.json");
    let asked = dashboard.split("plimsoll_").skip(1).map(|rest| {
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        rest.split(|c| !is_name(c)).next().unwrap().trim_end_matches("_bucket")
    });
    let asked: Vec<&str> = asked.collect();
    assert!(asked.len() > 20, "{asked:?}");
    for name in asked {
        assert!(page.contains(&format!("| `plimsoll_{name}` |")), "{name}");
    }
}
