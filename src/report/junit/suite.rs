use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// Test suites as JUnit knows them, ready to be written as XML.
///
/// Source of the format: `junit-10.xsd` of the Jenkins xunit plugin, the strictest that is in wide use.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Suites {
    /// What all of them are of.
    pub name: String,
    /// How long they took, in seconds.
    pub seconds: f64,
    /// Each suite.
    pub suites: Vec<Suite>,
}

/// Cases that belong together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// When it began (RFC 3339), where that is known.
    pub began: Option<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What else there is to know, as names and values.
    pub properties: Vec<(String, String)>,
    /// Each case.
    pub cases: Vec<Case>,
}

/// One thing that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// What CI systems group cases by, where Java has its classes.
    pub class: String,
    /// Its name within the class.
    pub name: String,
    /// How long it took, in seconds, where that means something.
    pub seconds: Option<f64>,
    /// What it came to.
    pub outcome: CaseOutcome,
    /// More to read, whatever it came to; may be empty.
    pub output: String,
}

/// What a case came to.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseOutcome {
    /// It holds.
    Passed,
    /// It does not.
    Failed(Trouble),
    /// It could not be told.
    Error(Trouble),
    /// It was left out; why.
    Skipped(String),
}

/// Why a case did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trouble {
    /// What sort of trouble, in a word.
    pub kind: String,
    /// One line of it.
    pub message: String,
    /// All of it; may be empty.
    pub text: String,
}

impl Suites {
    /// The XML document, whole and valid whatever the names and texts hold: XML 1.0 has no way to write most control
    /// characters, so `U+FFFD` stands in their place.
    #[must_use]
    pub fn render(&self) -> String {
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
                CaseOutcome::Failed(trouble) => trouble.write("failure", writer)?,
                CaseOutcome::Error(trouble) => trouble.write("error", writer)?,
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

impl Trouble {
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

/// A text with nothing in it that XML 1.0 cannot hold, and no control character that it can.
fn lines(text: &str) -> String {
    let unfit = |c: char| (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    text.chars().map(|c| if unfit(c) { '\u{FFFD}' } else { c }).collect()
}
