use super::*;

fn case(name: &str, outcome: CaseOutcome) -> Case {
    Case { class: "c".to_owned(), name: name.to_owned(), seconds: Some(0.25), outcome, output: String::new() }
}

#[test]
fn a_document_counts_its_cases_and_holds_what_xml_cannot() {
    let trouble = |text: &str| Trouble { kind: "broken".into(), message: text.into(), text: text.into() };
    let cases = vec![
        case("fine", CaseOutcome::Passed),
        case("a<b>&\"'\u{0}\n\u{1b}[31m\u{FFFF}]]>", CaseOutcome::Failed(trouble("x\ny\r\u{8}]]>"))),
        case("odd", CaseOutcome::Error(Trouble::default())),
        Case { output: "said".into(), ..case("out", CaseOutcome::Skipped("why".into())) },
    ];
    let properties = vec![("seed".to_owned(), "42".to_owned())];
    let suite = Suite {
        name: "s".into(),
        began: Some("2026-11-23T09:15:27Z".into()),
        seconds: 12_345.678_9,
        properties,
        cases,
    };
    let text = Suites { name: "plan".into(), seconds: f64::NAN, suites: vec![suite] }.render();
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="plan" time="0.000" tests="4" failures="1" errors="1">
  <testsuite name="s" tests="4" failures="1" errors="1" skipped="1" time="12345.679" timestamp="2026-11-23T09:15:27Z">
    <properties>
      <property name="seed" value="42"/>
    </properties>
    <testcase classname="c" name="fine" time="0.250"/>
    <testcase classname="c" name="a&lt;b&gt;&amp;&quot;&apos;� �[31m�]]&gt;" time="0.250">
      <failure type="broken" message="x y��]]&gt;">x
y��]]&gt;</failure>
    </testcase>
    <testcase classname="c" name="odd" time="0.250">
      <error type="" message=""/>
    </testcase>
    <testcase classname="c" name="out" time="0.250">
      <skipped message="why"/>
      <system-out>said</system-out>
    </testcase>
  </testsuite>
</testsuites>
"#;
    assert_eq!(text, expected);
}
