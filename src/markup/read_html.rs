use std::collections::HashMap;

use super::entities::without_entities;
use super::tree::{Attribute, Builder, DEEPEST, Document, NotRead};

/// Elements that hold nothing.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements that hold a text in which nothing is a tag.
const RAW: [&str; 6] = ["script", "style", "textarea", "title", "xmp", "noframes"];
/// Those of them whose text has entities.
const WITH_ENTITIES: [&str; 2] = ["textarea", "title"];
/// Elements before which a paragraph ends.
const BLOCKS: [&str; 29] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "details",
    "div",
    "dl",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
];
/// An element that ends without an end tag is looked for no further out than this.
const FAR: usize = 32;
/// An element has no more attributes than these; a tag's further ones are left out.
const MOST_ATTRIBUTES: usize = 64;

/// Reads HTML as browsers do, in short: any text is a document. What a browser moves elsewhere stays where it is written.
pub(super) fn read(text: &str) -> Result<Document, NotRead> {
    let mut reader = Reader { text, at: 0, builder: Builder::new(true), open: HashMap::new() };
    reader.read()?;
    Ok(reader.builder.finished())
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    builder: Builder,
    /// How many elements of a name are open.
    open: HashMap<Box<str>, u32>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn read(&mut self) -> Result<(), NotRead> {
        while self.at < self.text.len() {
            let rest = self.rest();
            let tag = rest.find('<').unwrap_or(rest.len());
            if tag > 0 {
                self.builder.text(&without_entities(&rest[..tag]))?;
                self.at += tag;
                continue;
            }
            let mut behind = rest[1..].chars();
            match behind.next() {
                Some('!') if rest.starts_with("<!--") => self.skip_past("-->", 4),
                Some('!' | '?') => self.skip_past(">", 2),
                Some('/') if behind.next().is_some_and(|letter| letter.is_ascii_alphabetic()) => self.end_tag(),
                Some('/') => self.skip_past(">", 2),
                Some(letter) if letter.is_ascii_alphabetic() => self.start_tag()?,
                _ => {
                    self.builder.text("<")?;
                    self.at += 1;
                }
            }
        }
        Ok(())
    }

    fn skip_past(&mut self, sign: &str, from: usize) {
        let found = self.rest().get(from..).and_then(|rest| rest.find(sign));
        self.at = found.map_or(self.text.len(), |found| self.at + from + found + sign.len());
    }

    /// The name that begins here, in lower case.
    fn name(&mut self) -> String {
        let rest = self.rest();
        let end =
            rest.find(|letter: char| letter.is_ascii_whitespace() || matches!(letter, '/' | '>')).unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_ascii_lowercase()
    }

    fn end_tag(&mut self) {
        self.at += 2;
        let name = self.name();
        self.skip_past(">", 0);
        if self.open.get(&*name).is_some_and(|open| *open > 0) {
            while self.builder.depth() > 0 {
                if self.end() == name {
                    break;
                }
            }
        }
    }

    /// Ends the innermost element; its name.
    fn end(&mut self) -> String {
        let name = self.builder.open_name(0).unwrap_or_default().to_owned();
        if let Some(open) = self.open.get_mut(&*name) {
            *open = open.saturating_sub(1);
        }
        self.builder.end();
        name
    }

    fn start_tag(&mut self) -> Result<(), NotRead> {
        self.at += 1;
        let name = self.name();
        let (attributes, closed) = self.attributes();
        self.end_implied(&name);
        if VOID.contains(&&*name) || closed || self.builder.depth() >= DEEPEST {
            return self.builder.empty(&name, attributes);
        }
        self.builder.start(&name, attributes)?;
        if RAW.contains(&&*name) {
            let rest = self.rest();
            let end = end_of_raw(rest, &name);
            match WITH_ENTITIES.contains(&&*name) {
                true => self.builder.text(&without_entities(&rest[..end]))?,
                false => self.builder.text(&rest[..end])?,
            }
            self.at += end;
            self.skip_past(">", 0);
            self.builder.end();
            return Ok(());
        }
        *self.open.entry(name.into()).or_default() += 1;
        Ok(())
    }

    /// The attributes of a tag up to its end, and whether it ends by `/>` as an element of another language.
    fn attributes(&mut self) -> (Vec<Attribute>, bool) {
        let mut found: Vec<Attribute> = Vec::new();
        let mut closed = false;
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace()).len();
            self.at += blank;
            let rest = self.rest();
            match rest.chars().next() {
                None => return (found, closed),
                Some('>') => {
                    self.at += 1;
                    // HTML's own elements are not closed so, but those of SVG are
                    return (found, closed);
                }
                Some('/') => {
                    closed = rest.starts_with("/>");
                    self.at += 1;
                    continue;
                }
                Some(_) => {}
            }
            let stop = |letter: char| letter.is_ascii_whitespace() || matches!(letter, '/' | '>' | '=');
            // a name may begin with `=`
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let end = rest[first..].find(stop).map_or(rest.len(), |end| first + end);
            let name = rest[..end].to_ascii_lowercase();
            self.at += end;
            let value = self.value();
            if found.len() < MOST_ATTRIBUTES && found.iter().all(|known| *known.name != *name) {
                found.push(Attribute { name: name.into(), value: without_entities(value).into() });
            }
        }
    }

    /// The value behind `=`; empty where there is none.
    fn value(&mut self) -> &'a str {
        let rest = self.rest();
        let behind = rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
        let Some(behind) = behind.strip_prefix('=') else { return "" };
        let behind = behind.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
        self.at = self.text.len() - behind.len();
        let (value, length) = match behind.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inside = &behind[1..];
                let end = inside.find(quote).unwrap_or(inside.len());
                (&inside[..end], (end + 2).min(behind.len()))
            }
            _ => {
                let stop = |letter: char| letter.is_ascii_whitespace() || letter == '>';
                let end = behind.find(stop).unwrap_or(behind.len());
                (&behind[..end], end)
            }
        };
        self.at += length;
        value
    }

    /// Ends what ends where this element begins, without an end tag.
    fn end_implied(&mut self, name: &str) {
        let (targets, bounds): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "menu"]),
            "dd" | "dt" => (&["dd", "dt"], &["dl"]),
            "option" => (&["option"], &["select", "datalist", "optgroup"]),
            "optgroup" => (&["optgroup", "option"], &["select"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table", "tbody", "thead", "tfoot"]),
            "tbody" | "thead" | "tfoot" => (&["tbody", "thead", "tfoot"], &["table"]),
            _ if BLOCKS.contains(&name) => (&["p"], &["button", "table", "td", "th", "caption", "object"]),
            _ => return,
        };
        if !targets.iter().any(|target| self.open.get(*target).is_some_and(|open| *open > 0)) {
            return;
        }
        let mut outermost = None;
        for out in 0..FAR.min(self.builder.depth()) {
            let Some(open) = self.builder.open_name(out) else { break };
            if targets.contains(&open) {
                outermost = Some(out);
                break;
            }
            if bounds.contains(&open) {
                break;
            }
        }
        for _ in 0..outermost.map_or(0, |out| out + 1) {
            self.end();
        }
    }
}

/// Where the text of a raw element ends.
fn end_of_raw(text: &str, name: &str) -> usize {
    let mut at = 0;
    while let Some(found) = text[at..].find("</") {
        let behind = &text[at + found + 2..];
        let is_it = behind.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name));
        if is_it && behind[name.len()..].chars().next().is_none_or(|next| !next.is_ascii_alphanumeric()) {
            return at + found;
        }
        at += found + 2;
    }
    text.len()
}
