use super::css::{Combinator, Complex, Operator, Simple};
use super::tree::{Document, Id, ROOT};
use super::work::{TooLong, Work};

/// The first that `takes` makes of the elements which one of the selectors selects, in the order of the document.
pub(super) fn first_of<T>(
    document: &Document,
    any_of: &[Complex],
    work: &mut Work,
    mut takes: impl FnMut(Id, &mut Work) -> Result<Option<T>, TooLong>,
) -> Result<Option<T>, TooLong> {
    for id in document.below(ROOT) {
        work.count(1)?;
        if document.name(id).is_some()
            && any(document, any_of, id, work)?
            && let Some(taken) = takes(id, work)?
        {
            return Ok(Some(taken));
        }
    }
    Ok(None)
}

fn any(document: &Document, any_of: &[Complex], id: Id, work: &mut Work) -> Result<bool, TooLong> {
    for complex in any_of {
        if matches(document, &complex.0, id, work)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an element is the first of these parts, and others in their places are the rest.
fn matches(document: &Document, parts: &[(Combinator, Vec<Simple>)], id: Id, work: &mut Work) -> Result<bool, TooLong> {
    let Some(((combinator, compound), rest)) = parts.split_first() else { return Ok(true) };
    for simple in compound {
        work.count(1)?;
        if !is(document, simple, id, work)? {
            return Ok(false);
        }
    }
    match combinator {
        Combinator::First => Ok(true),
        Combinator::Child => match parent(document, id) {
            Some(parent) => matches(document, rest, parent, work),
            None => Ok(false),
        },
        Combinator::Below => {
            let mut at = id;
            while let Some(parent) = parent(document, at) {
                work.count(1)?;
                if matches(document, rest, parent, work)? {
                    return Ok(true);
                }
                at = parent;
            }
            Ok(false)
        }
        Combinator::Next | Combinator::Later => {
            let mut before = None;
            for sibling in document.children(document.node(id).parent) {
                work.count(1)?;
                if sibling >= id {
                    break;
                }
                if document.name(sibling).is_none() {
                    continue;
                }
                if *combinator == Combinator::Later && matches(document, rest, sibling, work)? {
                    return Ok(true);
                }
                before = Some(sibling);
            }
            match before {
                Some(before) if *combinator == Combinator::Next => matches(document, rest, before, work),
                _ => Ok(false),
            }
        }
    }
}

/// The element that an element lies in.
fn parent(document: &Document, id: Id) -> Option<Id> {
    let parent = document.node(id).parent;
    (parent != ROOT && id != ROOT).then_some(parent)
}

fn is(document: &Document, simple: &Simple, id: Id, work: &mut Work) -> Result<bool, TooLong> {
    Ok(match simple {
        Simple::Any => true,
        Simple::Name(name) => document.name(id).is_some_and(|own| same_name(document, own, name)),
        Simple::Attribute { name, operator, value, any_case } => {
            let attributes = document.attributes(id);
            work.count(attributes.len())?;
            let own = attributes.iter().find(|attribute| same_name(document, &attribute.name, name));
            match own {
                Some(own) => {
                    work.count(own.value.len() / 16)?;
                    holds(&own.value, *operator, value, *any_case)
                }
                None => false,
            }
        }
        Simple::Nth { step, first, from_end, of_type } => {
            let place = place(document, id, *from_end, *of_type, work)?;
            match (place - first, *step) {
                (distance, 0) => distance == 0,
                (distance, step) => distance % step == 0 && distance / step >= 0,
            }
        }
        Simple::Is(list) => any(document, list, id, work)?,
        Simple::Not(list) => !any(document, list, id, work)?,
        Simple::Has(list) => {
            for below in document.below(id) {
                work.count(1)?;
                if document.name(below).is_some() && any(document, list, below, work)? {
                    return Ok(true);
                }
            }
            false
        }
        Simple::Contains(text) => {
            let inside = document.text(id);
            work.count(document.below(id).len() + inside.len() / 16)?;
            inside.contains(&**text)
        }
        Simple::Empty => document.below(id).is_empty(),
        Simple::Root => document.node(id).parent == ROOT,
    })
}

fn same_name(document: &Document, own: &str, wanted: &str) -> bool {
    if document.is_html {
        return own.eq_ignore_ascii_case(wanted);
    }
    // of XML a name without its prefix is enough
    own == wanted || own.split_once(':').is_some_and(|(_, local)| local == wanted)
}

fn holds(own: &str, operator: Operator, value: &str, any_case: bool) -> bool {
    if any_case {
        return holds(&own.to_lowercase(), operator, &value.to_lowercase(), false);
    }
    match operator {
        Operator::Exists => true,
        Operator::Equals => own == value,
        Operator::Word => own.split_ascii_whitespace().any(|word| word == value),
        Operator::Dash => own.strip_prefix(value).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
        Operator::Start => !value.is_empty() && own.starts_with(value),
        Operator::End => !value.is_empty() && own.ends_with(value),
        Operator::Part => !value.is_empty() && own.contains(value),
    }
}

/// Which of its siblings an element is, from 1.
fn place(document: &Document, id: Id, from_end: bool, of_type: bool, work: &mut Work) -> Result<i64, TooLong> {
    let node = document.node(id);
    let all = document.node(node.parent).elements;
    if !of_type {
        return Ok(i64::from(if from_end { all - node.rank + 1 } else { node.rank }));
    }
    let mut place = 1;
    for sibling in document.children(node.parent) {
        work.count(1)?;
        let is_before = if from_end { sibling > id } else { sibling < id };
        if is_before && document.name(sibling) == document.name(id) {
            place += 1;
        }
    }
    Ok(place)
}
