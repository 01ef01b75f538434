use std::collections::HashSet;

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use jsonpath_rust::query::js_path_process;
use serde_json::Value;

/// A path that may lead to several places, looked through for the first of them.
///
/// The library finds all, and a path such as `$..a..a..a` finds the same places again and again: their number is a power
/// of the document's depth. Here each place is looked at once for each segment of the path.
///
/// Where a filter looks at the document from its top (`$`), the library goes through the whole path by itself: a piece of the
/// path would take what it is given for the document.
#[derive(Debug, Clone)]
pub(super) struct Search {
    segments: Vec<Part>,
    whole: Option<JpQuery>,
    /// Whether a place can be reached in several ways.
    repeats: bool,
}

#[derive(Debug, Clone)]
struct Part {
    /// Whether it looks at everything below, and not only at what is directly inside.
    below: bool,
    /// Each of its selectors as a path of its own.
    selectors: Vec<JpQuery>,
}

/// A path that looks at everything below more often than this is none that anybody needs.
const MOST_BELOW: usize = 8;
/// Places that are remembered; a search that needs more finds nothing.
const MOST_SEEN: usize = 2_000_000;
/// A value holds no more items than this.
const MOST_FOUND: usize = 1_000_000;

impl Search {
    /// The search a path stands for, whose filters reach so far; `None` where it would take too long on a large document.
    pub(super) fn new(query: &JpQuery, filters: FilterReach) -> Option<Self> {
        let segments: Vec<Part> = query.segments.iter().map(part).collect();
        let below = segments.iter().filter(|part| part.below).count();
        let repeats = below > 1 || segments.iter().any(|part| part.selectors.len() > 1);
        let most = if filters.is_absolute { 1 } else { MOST_BELOW };
        let whole = filters.is_absolute.then(|| query.clone());
        (below <= most && !filters.is_too_wide()).then_some(Self { segments, whole, repeats })
    }

    /// The first value it finds.
    pub(super) fn first<'a>(&self, json: &'a Value) -> Option<&'a Value> {
        match &self.whole {
            Some(query) => found(query, json).into_iter().next(),
            None => Walk { search: self, seen: HashSet::new() }.from(0, json),
        }
    }

    /// All values it finds, each place once; `None` where they are too many, or it takes too long.
    pub(super) fn all<'a>(&self, json: &'a Value) -> Option<Vec<&'a Value>> {
        if let Some(query) = &self.whole {
            let mut seen = HashSet::new();
            let found = found(query, json).into_iter().filter(|at| seen.insert(std::ptr::from_ref(*at)));
            return Some(found.collect());
        }
        let mut found = Vec::new();
        Walk { search: self, seen: HashSet::new() }.gather(0, json, &mut found)?;
        Some(found)
    }
}

/// What the library finds, in its order.
fn found<'a>(query: &JpQuery, json: &'a Value) -> Vec<&'a Value> {
    js_path_process(query, json).unwrap_or_default().into_iter().map(|found| found.val()).collect()
}

fn part(segment: &Segment) -> Part {
    let one = |selector: &Selector| JpQuery { segments: vec![Segment::Selector(selector.clone())] };
    match segment {
        Segment::Descendant(inner) => Part { below: true, ..part(inner) },
        Segment::Selector(selector) => Part { below: false, selectors: vec![one(selector)] },
        Segment::Selectors(selectors) => Part { below: false, selectors: selectors.iter().map(one).collect() },
    }
}

struct Walk<'s> {
    search: &'s Search,
    /// Places that a segment has been looked for at, without success.
    seen: HashSet<(usize, *const Value)>,
}

impl Walk<'_> {
    /// The first value that the segments from one on find.
    fn from<'a>(&mut self, segment: usize, json: &'a Value) -> Option<&'a Value> {
        let search = self.search;
        let Some(part) = search.segments.get(segment) else { return Some(json) };
        let mut open = vec![json];
        while let Some(at) = open.pop() {
            // what was looked at before was looked at with all that is below it
            if search.repeats && (self.seen.len() >= MOST_SEEN || !self.seen.insert((segment, std::ptr::from_ref(at))))
            {
                continue;
            }
            for selector in &part.selectors {
                for next in found(selector, at) {
                    let first = self.from(segment + 1, next);
                    if first.is_some() {
                        return first;
                    }
                }
            }
            if part.below {
                match at {
                    Value::Array(items) => open.extend(items.iter().rev()),
                    Value::Object(entries) => open.extend(entries.values().rev()),
                    _ => {}
                }
            }
        }
        None
    }
}

impl Walk<'_> {
    /// Gathers what the segments from one on find; `None` where it is too much.
    fn gather<'a>(&mut self, segment: usize, json: &'a Value, gathered: &mut Vec<&'a Value>) -> Option<()> {
        let search = self.search;
        let mut open = vec![json];
        while let Some(at) = open.pop() {
            if search.repeats {
                if self.seen.len() >= MOST_SEEN {
                    return None;
                }
                if !self.seen.insert((segment, std::ptr::from_ref(at))) {
                    continue;
                }
            }
            let Some(part) = search.segments.get(segment) else {
                if gathered.len() >= MOST_FOUND {
                    return None;
                }
                gathered.push(at);
                continue;
            };
            for selector in &part.selectors {
                for next in found(selector, at) {
                    self.gather(segment + 1, next, gathered)?;
                }
            }
            if part.below {
                match at {
                    Value::Array(items) => open.extend(items.iter().rev()),
                    Value::Object(entries) => open.extend(entries.values().rev()),
                    _ => {}
                }
            }
        }
        Some(())
    }
}

/// How far the filters of a path look.
#[derive(Debug, Clone, Copy)]
pub(super) struct FilterReach {
    /// How often they look at everything below something.
    below: usize,
    /// Whether they look at the document from its top.
    is_absolute: bool,
    /// Whether they look at all that is in something.
    many: bool,
    /// Whether one looks directly through what another is at (`?@[?…]`), where the library finds nothing.
    pub(super) is_lost: bool,
}

impl FilterReach {
    /// Of a path.
    pub(super) fn of(path: &str) -> Self {
        let bytes = path.as_bytes();
        let (mut filters, mut quote) = (Vec::new(), None);
        let (mut below, mut absolute, mut many) = (0_usize, false, false);
        // of each open bracket, whether it stands directly behind `@`
        let (mut here, mut is_lost) = (Vec::new(), false);
        let mut at = 0;
        while at < bytes.len() {
            match (bytes[at], quote) {
                (b'\\', Some(_)) => at += 1,
                (byte, Some(open)) if byte == open => quote = None,
                (_, Some(_)) => {}
                (byte @ (b'"' | b'\''), None) => quote = Some(byte),
                (b'[', None) => here.push(path[..at].trim_end().ends_with('@')),
                (b']', None) => {
                    here.pop();
                    filters.retain(|start| *start <= here.len());
                }
                (b'?', None) => {
                    many |= !filters.is_empty();
                    is_lost |= here.last() == Some(&true);
                    filters.push(here.len());
                }
                (b'.', None) if bytes.get(at + 1) == Some(&b'.') && !filters.is_empty() => below += 1,
                (b'*', None) => many |= !filters.is_empty(),
                (b'$', None) => absolute |= !filters.is_empty(),
                _ => {}
            }
            at += 1;
        }
        Self { below, is_absolute: absolute, many, is_lost }
    }

    /// Whether each place that is filtered would cost a whole document.
    const fn is_too_wide(self) -> bool {
        self.below > 1 || (self.is_absolute && (self.below > 0 || self.many))
    }
}

#[cfg(test)]
mod tests {
    use super::super::json_path::JsonPath;
    use serde_json::json;

    #[test]
    fn the_first_match_is_the_first_of_the_standard() {
        let json = json!({"a": {"b": [{"id": 1, "c": {"id": 2}}, {"id": 3}], "id": 4}, "z": [[1, 2], [3]]});
        for (path, found) in [
            ("$..id", json!(4)),
            ("$..b..id", json!(1)),
            ("$.a..c.id", json!(2)),
            ("$..['id', 'c']", json!(4)),
            ("$.z[*][1]", json!(2)),
            ("$.z[-1:][0]", json!(3)),
            ("$..[?(@.id == 3)].id", json!(3)),
            ("$.a.b[?@.c].c.id", json!(2)),
            ("$.a.b[?@.id < $.a.id].id", json!(1)),
            ("$..b[?@.id == $.z[0][0]].c", json!({"id": 2})),
            ("$..*", json!({"b": [{"id": 1, "c": {"id": 2}}, {"id": 3}], "id": 4})),
        ] {
            assert_eq!(JsonPath::parse(path).unwrap().first(&json), Some(&found), "{path}");
        }
        for path in ["$..nothing", "$..id..id", "$.z[*][5]", "$..[?(@.id > 9)]"] {
            assert_eq!(JsonPath::parse(path).unwrap().first(&json), None, "{path}");
        }
    }

    #[test]
    fn all_matches_are_those_of_the_standard_each_place_once() {
        let json = json!({"a": {"b": [{"id": 1, "c": {"id": 2}}, {"id": 3}], "id": 4}, "z": [[1, 2], [3]]});
        for (path, found) in [
            ("$.a.id", json!([4])),
            ("$.nothing", json!([])),
            ("$..id", json!([4, 1, 2, 3])),
            ("$.a.b[*].id", json!([1, 3])),
            ("$.z[*][*]", json!([1, 2, 3])),
            ("$.a.b[?@.id > 1].id", json!([3])),
            ("$.z[0]['0', '1']", json!([])),
            ("$..c..id", json!([2])),
            ("$.a.b[0, 0].id", json!([1])),
            ("$.a.b[?@.id < $.a.id, 0].id", json!([1, 3])),
            ("$..[?@ == $.a.id]", json!([4])),
        ] {
            let all = JsonPath::parse(path).unwrap().all(&json).map(|all| json!(all));
            assert_eq!(all, Ok(found), "{path}");
        }
    }

    #[test]
    fn a_small_document_that_goes_deep_comes_to_an_end() {
        let mut deep = json!({"b": 1});
        for _ in 0..120 {
            deep = json!({"a": deep});
        }
        for path in ["$..a..a..a..a..a.z", "$..*..*..*..*..*..z", "$..a..a..a..a", "$..a..a..a..a..a..[?@.z]"] {
            drop(JsonPath::parse(path).unwrap().first(&deep).cloned());
        }
        let twice = format!("${}", "['a','a']".repeat(60));
        assert_eq!(JsonPath::parse(&format!("{twice}['z']")).unwrap().first(&deep), None);
        for path in
            ["$..a..a..a..a..a..a..a..a..a", "$[?@..a..a]", "$[?$..a]", "$..[?$[*].a]", "$[?@[?$.a]]", "$..a..b[?$.c]"]
        {
            assert!(JsonPath::parse(path).is_err(), "{path}");
        }
        assert!(JsonPath::parse("$[?@..a == '..a..a']").is_ok() || JsonPath::parse("$[?@..a]").is_ok());
    }
}
