use std::borrow::Cow;
use std::ops::Range;

use super::patterns::{Patterns, SHORTEST};
use super::registry::{Known, Secrets};
use super::views::View;
use super::writer::Document;

/// What stands in the place of a secret.
const HIDDEN: &str = "***";
/// How many encodings may lie in one another.
const DEEPEST: usize = 3;
/// How many bytes may be looked at for each byte of a text, and for any text.
const WORK: usize = 96;
const LEAST_WORK: usize = 1 << 16;
/// How much of a secret before a cut is hidden: less says nothing.
const SHORTEST_REST: usize = 3;
/// The same at the end of a text, where no sign says that it was cut.
const SHORTEST_END: usize = 6;
/// From this length on a word of letters and digits is taken for a secret where not all are known.
const TOKEN: usize = 12;

/// How closely a text is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// As below, and its end may be a cut.
    Closest,
    /// Every word of it may be something encoded.
    Close,
    /// Only what begins like an encoded secret may be: for texts of any length.
    Quick,
}

impl Secrets {
    /// The text without secrets: what stands for one, in whatever encoding, is `***`. Where a cut (`…`) leaves the
    /// beginning of one, that is hidden too.
    pub(crate) fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.masked(text, Look::Close)
    }

    /// The same for a text of any length, line by line, in time that is hardly more than reading it.
    pub(crate) fn mask_lines<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.masked(text, Look::Quick)
    }

    /// A part of a document without secrets, whole lines of it.
    pub(crate) fn mask_document<'a>(&self, lines: &'a str, document: Document) -> Cow<'a, str> {
        match document {
            Document::Text => self.mask_lines(lines),
            Document::Json => self.mask_json(lines),
            Document::Page => Cow::Borrowed(lines),
        }
    }

    /// A text that says what a service or a step of the plan said. What stands in it under a secret's name is hidden and
    /// learned; where there was no room for every secret, so is whatever looks like one.
    pub(crate) fn mask_said(&self, text: &str) -> String {
        self.learn_from_text(text);
        // whoever said it may have cut it
        let masked = self.masked(text, Look::Closest);
        if self.is_full() { without_tokens(&masked) } else { masked.into_owned() }
    }

    /// A line in which each byte of a secret is a star, so that what points into it points at the same place.
    pub(crate) fn star(&self, line: &str) -> String {
        let mut out = line.to_owned();
        for range in self.read().found(line, Look::Close) {
            out.replace_range(range.clone(), &"*".repeat(range.len()));
        }
        out
    }

    /// A line of JSON without secrets, which is JSON still: they are looked for in its texts alone.
    pub(crate) fn mask_json<'a>(&self, line: &'a str) -> Cow<'a, str> {
        if self.is_empty() {
            return Cow::Borrowed(line);
        }
        let mut out = String::new();
        let mut rest = line;
        let mut changed = false;
        while let Some(open) = rest.find('"') {
            let Some(length) = end_of_text(&rest[open..]) else { break };
            let written = &rest[open..open + length];
            out.push_str(&rest[..open]);
            let text: Option<String> = serde_json::from_str(written).ok();
            match text.as_deref().map(|text| self.mask_lines(text)) {
                Some(Cow::Owned(masked)) => {
                    changed = true;
                    out.push_str(&serde_json::Value::from(masked).to_string());
                }
                Some(Cow::Borrowed(_)) | None => out.push_str(written),
            }
            rest = &rest[open + length..];
        }
        out.push_str(rest);
        if changed { Cow::Owned(out) } else { Cow::Borrowed(line) }
    }

    fn masked<'a>(&self, text: &'a str, look: Look) -> Cow<'a, str> {
        let found = self.read().found(text, look);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for range in found {
            out.push_str(&text[at..range.start]);
            out.push_str(HIDDEN);
            at = range.end;
        }
        out.push_str(&text[at..]);
        Cow::Owned(out)
    }
}

impl Known {
    /// Where secrets stand in a text; no two parts touch.
    fn found(&self, text: &str, look: Look) -> Vec<Range<usize>> {
        let patterns = &self.patterns;
        if patterns.is_empty() || text.len() < SHORTEST_REST {
            return Vec::new();
        }
        let bytes = text.as_bytes();
        let coded = may_be_coded(patterns, bytes, look);
        let encoded = bytes.iter().any(|byte| matches!(byte, b'%' | b'\\' | b'&' | b'"' | b'\''));
        let mut cuts = cuts(text);
        if look == Look::Closest {
            cuts.push(Cut { at: text.len(), whole: whole_before(text), least: SHORTEST_END });
        }
        if !coded && !encoded && cuts.is_empty() && !patterns.may_stand_in(bytes) {
            return Vec::new();
        }
        let mut search = Search { patterns, look, cuts, work: text.len() * WORK + LEAST_WORK, found: Vec::new() };
        search.look_at(&View::plain(text), 0);
        merged(search.found, text)
    }
}

struct Search<'a> {
    patterns: &'a Patterns,
    look: Look,
    cuts: Vec<Cut>,
    /// How many bytes may still be looked at.
    work: usize,
    found: Vec<Range<usize>>,
}

/// A place where a text was cut.
struct Cut {
    at: usize,
    /// Where the last whole sign before it ends, where an encoding of one may be cut in two.
    whole: usize,
    /// How much of a secret must stand before it.
    least: usize,
}

impl Search<'_> {
    fn look_at(&mut self, view: &View, depth: usize) {
        self.work = self.work.saturating_sub(view.bytes.len());
        let mut at = 0;
        while at + SHORTEST <= view.bytes.len() {
            // also what begins inside of one that was found: what overlaps goes with it
            if let Some(length) = self.patterns.longest_at(&view.bytes, at) {
                self.found.push(view.origin(at..at + length));
            }
            at += 1;
        }
        self.look_before_cuts(view);
        if depth == DEEPEST || self.work == 0 {
            return;
        }
        let has = |sign: u8| view.bytes.contains(&sign);
        let mut views = Vec::new();
        if has(b'%') || has(b'+') {
            views.extend(view.percent(true));
        }
        if has(b'%') && has(b'+') {
            views.extend(view.percent(false));
        }
        if has(b'\\') || has(b'\'') {
            views.extend([false, true].into_iter().filter_map(|latin| view.escapes(latin)));
        }
        views.extend(has(b'&').then(|| view.entities()).flatten());
        views.extend((has(b'"') || has(b'\'')).then(|| view.doubled()).flatten());
        views.extend(has(b'\n').then(|| view.unwrapped()).flatten());
        for inner in views {
            self.look_at(&inner, depth + 1);
        }
        if may_be_coded(self.patterns, &view.bytes, self.look) {
            let coded = (0..4).filter_map(|lead| view.base64(lead)).chain((0..2).filter_map(|lead| view.hex(lead)));
            coded.for_each(|inner| self.look_at(&inner, depth + 1));
        }
    }

    /// Looks for beginnings of secrets that a cut has taken the rest of.
    fn look_before_cuts(&mut self, view: &View) {
        for cut in &self.cuts {
            let whole = (cut.whole != cut.at).then_some(cut.whole);
            for place in std::iter::once(cut.at).chain(whole) {
                let mut end = view.bytes_before(place);
                while end > 0 && view.bytes[end - 1] == 0xFF {
                    end -= 1;
                }
                let first = end.saturating_sub(self.patterns.longest());
                let begun = (first..(end + 1).saturating_sub(cut.least))
                    .find(|start| self.patterns.goes_on(&view.bytes[*start..end]));
                if let Some(start) = begun {
                    self.found.push(view.origin(start..end).start..cut.at);
                }
            }
        }
    }
}

/// Whether a secret may lie in a text in base64 or hex. One that is encoded otherwise before makes a long word of signs,
/// and what is said in plain words has none.
fn may_be_coded(patterns: &Patterns, text: &[u8], look: Look) -> bool {
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    look != Look::Quick && text.split(|byte| !is_sign(byte)).any(|word| word.len() >= TOKEN)
        || patterns.may_be_coded_in(text)
}

/// The cuts of a text: each `…` and `...`.
fn cuts(text: &str) -> Vec<Cut> {
    let places = text.match_indices('…').chain(text.match_indices("...")).map(|(at, _)| at).filter(|at| *at > 0);
    let cut = |at| Cut { at, whole: whole_before(&text[..at]), least: SHORTEST_REST };
    places.take(16).map(cut).collect()
}

/// Where the last whole sign of a text ends: an escape at its end may be cut in two.
fn whole_before(text: &str) -> usize {
    const LONGEST_ESCAPE: usize = 11;
    let from = floor(text, text.len().saturating_sub(LONGEST_ESCAPE));
    let begins = text[from..].rfind(['%', '\\', '&']).map(|at| from + at);
    begins
        .filter(|at| text[at + 1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'#' | b'{')))
        .unwrap_or(text.len())
}

/// Parts in order, those that touch or overlap as one, ending between signs.
fn merged(mut found: Vec<Range<usize>>, text: &str) -> Vec<Range<usize>> {
    found.sort_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in found {
        let range = floor(text, range.start)..ceiling(text, range.end);
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// The last place at or before another that is between two signs.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The first such place at or behind it.
fn ceiling(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// How long a text of JSON is that begins here, quotes included.
fn end_of_text(json: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A text without words that look like keys: long ones with digits in them.
fn without_tokens(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/' | '=' | '.' | '%' | '~');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let length = rest[start..].find(|c| !is_part(c)).unwrap_or(rest.len() - start);
        let word = &rest[start..start + length];
        out.push_str(&rest[..start]);
        let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
        let is_token = word.len() >= TOKEN && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
        out.push_str(if is_token { HIDDEN } else { word });
        rest = &rest[start + length..];
    }
    out + rest
}
