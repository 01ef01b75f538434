use super::tree::{Content, Document, Id, ROOT};
use super::work::{TooLong, Work};

/// A node or an attribute of one, in the order of the document: an element's attributes stand before what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) node: Id,
    /// Which attribute of the node, from 1; 0 for the node itself.
    pub(super) attribute: u32,
}

impl Place {
    pub(super) const fn of(node: Id) -> Self {
        Self { node, attribute: 0 }
    }
}

/// The way from a node to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Child,
    Below,
    BelowOrOwn,
    Parent,
    Above,
    AboveOrOwn,
    NextSiblings,
    EarlierSiblings,
    Following,
    Preceding,
    Attribute,
    Own,
}

impl Axis {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "child" => Self::Child,
            "descendant" => Self::Below,
            "descendant-or-self" => Self::BelowOrOwn,
            "parent" => Self::Parent,
            "ancestor" => Self::Above,
            "ancestor-or-self" => Self::AboveOrOwn,
            "following-sibling" => Self::NextSiblings,
            "preceding-sibling" => Self::EarlierSiblings,
            "following" => Self::Following,
            "preceding" => Self::Preceding,
            "attribute" => Self::Attribute,
            "self" => Self::Own,
            _ => return None,
        })
    }

    /// The places that a node leads to, the nearest first.
    pub(super) fn from(self, document: &Document, at: Place, work: &mut Work) -> Result<Vec<Place>, TooLong> {
        let id = at.node;
        let nodes = |ids: &mut dyn Iterator<Item = Id>, work: &mut Work| -> Result<Vec<Place>, TooLong> {
            let mut found = Vec::new();
            for id in ids {
                work.count(1)?;
                found.push(Place::of(id));
            }
            Ok(found)
        };
        if at.attribute > 0 {
            return match self {
                Self::Parent => Ok(vec![Place::of(id)]),
                Self::Own | Self::BelowOrOwn => Ok(vec![at]),
                Self::Above => Ok([vec![Place::of(id)], nodes(&mut above(document, id), work)?].concat()),
                Self::AboveOrOwn => Ok([vec![at, Place::of(id)], nodes(&mut above(document, id), work)?].concat()),
                _ => Ok(Vec::new()),
            };
        }
        let parent = document.node(id).parent;
        match self {
            Self::Child => nodes(&mut document.children(id), work),
            Self::Below => nodes(&mut document.below(id), work),
            Self::BelowOrOwn => nodes(&mut (id..document.node(id).end), work),
            Self::Parent => nodes(&mut above(document, id).take(1), work),
            Self::Above => nodes(&mut above(document, id), work),
            Self::AboveOrOwn => nodes(&mut std::iter::once(id).chain(above(document, id)), work),
            Self::NextSiblings if id == ROOT => Ok(Vec::new()),
            Self::NextSiblings => {
                let end = document.node(parent).end;
                nodes(&mut siblings(document, document.node(id).end, end), work)
            }
            Self::EarlierSiblings if id == ROOT => Ok(Vec::new()),
            Self::EarlierSiblings => {
                let mut all = nodes(&mut document.children(parent).take_while(|sibling| *sibling < id), work)?;
                all.reverse();
                Ok(all)
            }
            Self::Following => nodes(&mut (document.node(id).end..document.nodes.len() as Id), work),
            Self::Preceding => {
                let is_above = |other: Id| document.node(other).end > id;
                nodes(&mut (1..id).rev().filter(|other| !is_above(*other)), work)
            }
            Self::Attribute => {
                let count = document.attributes(id).len() as u32;
                work.count(count as usize)?;
                Ok((1..=count).map(|attribute| Place { node: id, attribute }).collect())
            }
            Self::Own => Ok(vec![at]),
        }
    }
}

/// A node and those behind it up to the end of their parent.
fn siblings(document: &Document, first: Id, end: Id) -> impl Iterator<Item = Id> + '_ {
    let start = (first < end).then_some(first);
    std::iter::successors(start, move |at| Some(document.node(*at).end).filter(|next| *next < end))
}

/// The nodes that a node lies in, the nearest first.
fn above(document: &Document, id: Id) -> impl Iterator<Item = Id> + '_ {
    let parent = |id: Id| (id != ROOT).then(|| document.node(id).parent);
    std::iter::successors(parent(id), move |id| parent(*id))
}

/// What a step asks of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NodeTest {
    Anything,
    Text,
    /// Comments and the like are not kept.
    Nothing,
    AnyName,
    /// Any name with a prefix.
    AnyOf(Box<str>),
    Name(Box<str>),
}

impl NodeTest {
    pub(super) fn is_kind(name: &str) -> bool {
        matches!(name, "node" | "text" | "comment" | "processing-instruction")
    }

    pub(super) fn kind(name: &str) -> Self {
        match name {
            "node" => Self::Anything,
            "text" => Self::Text,
            _ => Self::Nothing,
        }
    }

    pub(super) fn named(name: &str) -> Self {
        match (name, name.strip_suffix(":*")) {
            ("*", _) => Self::AnyName,
            (_, Some(prefix)) => Self::AnyOf(prefix.into()),
            (name, None) => Self::Name(name.into()),
        }
    }

    pub(super) fn takes(&self, document: &Document, place: Place) -> bool {
        let name = match name_of(document, place) {
            Some(name) => name,
            None => {
                let is_text = matches!(document.node(place.node).content, Content::Text(_));
                return *self == Self::Anything || (*self == Self::Text && is_text);
            }
        };
        match self {
            Self::Anything | Self::AnyName => true,
            Self::Text | Self::Nothing => false,
            Self::AnyOf(prefix) => name.split_once(':').is_some_and(|(own, _)| own == &**prefix),
            Self::Name(wanted) if document.is_html => name.eq_ignore_ascii_case(wanted),
            Self::Name(wanted) => {
                name == &**wanted || name.split_once(':').is_some_and(|(_, local)| local == &**wanted)
            }
        }
    }
}

/// The name of an element or attribute.
pub(super) fn name_of(document: &Document, place: Place) -> Option<&str> {
    match place.attribute {
        0 => document.name(place.node),
        attribute => document.attributes(place.node).get(attribute as usize - 1).map(|attribute| &*attribute.name),
    }
}
