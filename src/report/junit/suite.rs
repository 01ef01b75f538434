use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::report::sanitize::legible;

/// Test suites as JUnit knows them, ready to be written as XML.
///
/// Source of the format: `junit-10.xsd` of the Jenkins xunit plugin, the strictest that is in wide use.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::report) struct Suites {
    /// What all of them are of.
    pub(in crate::report) name: String,
    /// How long they took, in seconds.
    pub(in crate::report) seconds: f64,
    /// Each suite.
    pub(in crate::report) suites: Vec<Suite>,
}

/// Cases that belong together.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::report) struct Suite {
    /// Its name.
    pub(in crate::report) name: String,
    /// When it began (RFC 3339), where that is known.
    pub(in crate::report) began: Option<String>,
    /// How long it took, in seconds.
    pub(in crate::report) seconds: f64,
    /// What else there is to know, as names and values.
    pub(in crate::report) properties: Vec<(String, String)>,
    /// Each case.
    pub(in crate::report) cases: Vec<Case>,
}

/// One thing that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Case {
    /// What CI systems group cases by, where Java has its classes.
    pub(in crate::report) class: String,
    /// Its name within the class.
    pub(in crate::report) name: String,
    /// How long it took, in seconds, where that means something.
    pub(in crate::report) seconds: Option<f64>,
    /// Its result.
    pub(in crate::report) outcome: CaseOutcome,
    /// More to read, whatever the result; may be empty.
    pub(in crate::report) output: String,
}

/// The result of a case.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) enum CaseOutcome {
    /// It holds.
    Passed,
    /// It does not.
    Failed(Failure),
    /// It is not known.
    Error(Failure),
    /// It was left out; why.
    Skipped(String),
}

/// Why a case did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::report) struct Failure {
    /// Its kind, in a word.
    pub(in crate::report) kind: String,
    /// One line of it.
    pub(in crate::report) message: String,
    /// All of it; may be empty.
    pub(in crate::report) text: String,
}

impl Suites {
    /// The XML document, whole and valid whatever the names and texts hold: XML 1.0 has no way to write most control
    /// characters, so they are written out.
    #[must_use]
    pub(in crate::report) fn render(&self) -> String {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        // what is written to memory cannot be refused
        let _ = self.write(&mut writer);
        let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
        text.push('\n');
        text
    }

    fn write<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let count = |of: fn(&CaseOutcome) -> bool| self.suites.iter().map(|suite| suite.count(of)).sum::<usize>();
        let attributes = [
            ("name", line(&self.name)),
            ("time", time(self.seconds)),
            ("tests", count(|_| true).to_string()),
            ("failures", count(CaseOutcome::is_failure).to_string()),
            ("errors", count(CaseOutcome::is_error).to_string()),
        ];
        writer
            .create_element("testsuites")
            .with_attributes(pairs(&attributes))
            .write_inner_content(|writer| self.suites.iter().try_for_each(|suite| suite.write(writer)))?;
        Ok(())
    }
}

impl Suite {
    fn count(&self, of: fn(&CaseOutcome) -> bool) -> usize {
        self.cases.iter().filter(|case| of(&case.outcome)).count()
    }

    fn write<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        let mut attributes = vec![
            ("name", line(&self.name)),
            ("tests", self.cases.len().to_string()),
            ("failures", self.count(CaseOutcome::is_failure).to_string()),
            ("errors", self.count(CaseOutcome::is_error).to_string()),
            ("skipped", self.count(CaseOutcome::is_skipped).to_string()),
            ("time", time(self.seconds)),
        ];
        attributes.extend(self.began.as_deref().map(|began| ("timestamp", line(began))));
        writer.create_element("testsuite").with_attributes(pairs(&attributes)).write_inner_content(|writer| {
            if !self.properties.is_empty() {
                writer.create_element("properties").write_inner_content(|writer| {
                    self.properties.iter().try_for_each(|(name, value)| {
                        let attributes = [("name", line(name)), ("value", line(value))];
                        writer.create_element("property").with_attributes(pairs(&attributes)).write_empty().map(drop)
                    })
                })?;
            }
            self.cases.iter().try_for_each(|case| case.write(writer))
        })?;
        Ok(())
    }
}

impl Case {
    fn write<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        let mut attributes = vec![("classname", line(&self.class)), ("name", line(&self.name))];
        attributes.extend(self.seconds.map(|seconds| ("time", time(seconds))));
        let element = writer.create_element("testcase").with_attributes(pairs(&attributes));
        if self.outcome == CaseOutcome::Passed && self.output.is_empty() {
            return element.write_empty().map(drop);
        }
        element.write_inner_content(|writer| {
            match &self.outcome {
                CaseOutcome::Passed => {}
                CaseOutcome::Failed(failure) => failure.write("failure", writer)?,
                CaseOutcome::Error(failure) => failure.write("error", writer)?,
                CaseOutcome::Skipped(why) => {
                    let attributes = [("message", line(why))];
                    writer.create_element("skipped").with_attributes(pairs(&attributes)).write_empty()?;
                }
            }
            if !self.output.is_empty() {
                writer.create_element("system-out").write_text_content(BytesText::new(&lines(&self.output)))?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

impl CaseOutcome {
    const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    const fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    const fn is_skipped(&self) -> bool {
        matches!(self, Self::Skipped(_))
    }
}

impl Failure {
    fn write<W: Write>(&self, element: &str, writer: &mut Writer<W>) -> io::Result<()> {
        let attributes = [("type", line(&self.kind)), ("message", line(&self.message))];
        let element = writer.create_element(element).with_attributes(pairs(&attributes));
        if self.text.is_empty() {
            return element.write_empty().map(drop);
        }
        element.write_text_content(BytesText::new(&lines(&self.text))).map(drop)
    }
}

fn pairs<'a>(attributes: &'a [(&'a str, String)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    attributes.iter().map(|(name, value)| (*name, value.as_str()))
}

/// Seconds as the schema has them: at most three decimals, no sign, no exponent.
fn time(seconds: f64) -> String {
    format!("{:.3}", if seconds.is_finite() { seconds.max(0.0) } else { 0.0 })
}

/// A text in one line, as attributes hold it: a reader makes blanks of line ends there.
fn line(text: &str) -> String {
    lines(text).chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect()
}

/// A text with nothing in it that nobody sees, and nothing that XML 1.0 cannot hold.
fn lines(text: &str) -> String {
    legible(text).replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, outcome: CaseOutcome) -> Case {
        Case { class: "c".to_owned(), name: name.to_owned(), seconds: Some(0.25), outcome, output: String::new() }
    }

    #[test]
    fn a_document_counts_its_cases_and_holds_what_xml_cannot() {
        let failure = |text: &str| Failure { kind: "broken".into(), message: text.into(), text: text.into() };
        let cases = vec![
            case("fine", CaseOutcome::Passed),
            case("a<b>&\"'\u{0}\n\u{1b}[31m\u{FFFF}]]>", CaseOutcome::Failed(failure("x\ny\r\u{8}]]>"))),
            case("odd", CaseOutcome::Error(Failure::default())),
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
    <testcase classname="c" name="a&lt;b&gt;&amp;&quot;&apos;\u{0} \u{1b}[31m�]]&gt;" time="0.250">
      <failure type="broken" message="x y\u{d}\u{8}]]&gt;">x
y\u{d}\u{8}]]&gt;</failure>
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
}
