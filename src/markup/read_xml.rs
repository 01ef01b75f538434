use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::entities::{entity, without_entities};
use super::tree::{Attribute, Builder, DEEPEST, Document, NotRead};

/// Reads XML. Entities that a document defines itself are left as they are written: nothing in it grows.
pub(super) fn read(text: &str) -> Result<Document, NotRead> {
    let malformed = |error: quick_xml::Error| NotRead::Malformed(plain(&error.to_string()));
    let mut reader = Reader::from_str(text);
    let mut builder = Builder::new(false);
    let mut has_element = false;
    loop {
        match reader.read_event().map_err(malformed)? {
            Event::Start(tag) => {
                if builder.depth() >= DEEPEST {
                    return Err(NotRead::TooDeep);
                }
                has_element = true;
                builder.start(&name(&tag), attributes(&tag)?)?;
            }
            Event::Empty(tag) => {
                has_element = true;
                builder.empty(&name(&tag), attributes(&tag)?)?;
            }
            Event::End(_) => builder.end(),
            Event::Text(text) => builder.text(&text)?,
            Event::CData(text) => builder.text(&text)?,
            Event::GeneralRef(reference) => {
                let written = reference.to_string();
                match entity(&written) {
                    Some(sign) => builder.text(&sign)?,
                    None => builder.text(&format!("&{written};"))?,
                }
            }
            Event::Eof if builder.depth() > 0 => {
                let open = builder.open_name(0).unwrap_or_default();
                return Err(NotRead::Malformed(format!("`<{open}>` is never closed")));
            }
            Event::Eof if !has_element => return Err(NotRead::Malformed("it has no element".to_owned())),
            Event::Eof => return Ok(builder.finished()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn name(tag: &BytesStart) -> String {
    tag.name().as_ref().to_owned()
}

fn attributes(tag: &BytesStart) -> Result<Vec<Attribute>, NotRead> {
    // each is held against those before it: without a limit that is their square
    const MOST: usize = 256;
    let mut found = Vec::new();
    for attribute in tag.attributes().with_checks(false).take(MOST) {
        let attribute = attribute.map_err(|error| NotRead::Malformed(plain(&error.to_string())))?;
        found.push(Attribute { name: attribute.key.as_ref().into(), value: without_entities(&attribute.value).into() });
    }
    Ok(found)
}

/// An error of the parser in few words, on one line.
fn plain(message: &str) -> String {
    const LONGEST: usize = 200;
    message.lines().next().unwrap_or_default().chars().take(LONGEST).collect()
}
