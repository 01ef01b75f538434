use std::borrow::Cow;
use std::ops::Range;

/// A document as a tree. Nodes stand in the order of the document, so what is inside a node is what follows it, up to its end.
#[derive(Debug)]
pub struct Document {
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<Attribute>,
    /// Whether names are written in lower case, as HTML's are, however they came.
    pub(super) is_html: bool,
}

/// The place of a node in its document.
pub(super) type Id = u32;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) content: Content,
    pub(super) parent: Id,
    /// The first node behind it that is not inside it.
    pub(super) end: Id,
    /// Which of its parent's elements it is, from 1; 0 for what is no element.
    pub(super) rank: u32,
    /// How many elements are directly inside it.
    pub(super) elements: u32,
}

#[derive(Debug)]
pub(super) enum Content {
    /// What holds the document.
    Root,
    Element {
        name: Box<str>,
        attributes: Range<u32>,
    },
    Text(Box<str>),
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: Box<str>,
    pub(super) value: Box<str>,
}

/// Why a text was not read as a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// It has too many elements.
    #[error("too large: it has more than a million elements and texts")]
    TooLarge,
    /// Its elements lie in each other deeper than is read.
    #[error("XML nested deeper than {DEEPEST} levels, which is not read")]
    TooDeep,
    /// It is no XML.
    #[error("no well-formed XML: {0}")]
    Malformed(String),
}

/// More nodes and attributes than these are not read.
const MOST_NODES: usize = 1_000_000;
/// Deeper elements of XML are refused; those of HTML stand beside each other, as in browsers.
pub(super) const DEEPEST: usize = 512;

pub(super) const ROOT: Id = 0;

impl Document {
    /// Reads a body: as XML where its type or its first signs say so, else as HTML, which has no errors.
    ///
    /// # Errors
    /// What is too large, or no well-formed XML.
    pub fn read(content_type: &str, body: &[u8]) -> Result<Self, NotRead> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{FEFF}');
        let said = content_type.to_ascii_lowercase();
        let is_xml = (said.contains("xml") && !said.contains("html")) || text.trim_start().starts_with("<?xml");
        if is_xml && !looks_like_html(text) { super::read_xml::read(text) } else { super::read_html::read(text) }
    }

    /// About how many bytes a body takes once it is read.
    #[must_use]
    pub fn memory_of(body: &[u8]) -> usize {
        let signs = body.iter().filter(|byte| matches!(byte, b'<' | b'=')).count();
        body.len() + signs.min(MOST_NODES) * 2 * size_of::<Node>()
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        // ids come from the document itself
        &self.nodes[id as usize]
    }

    pub(super) fn name(&self, id: Id) -> Option<&str> {
        match &self.node(id).content {
            Content::Element { name, .. } => Some(name),
            Content::Root | Content::Text(_) => None,
        }
    }

    pub(super) fn attributes(&self, id: Id) -> &[Attribute] {
        match &self.node(id).content {
            Content::Element { attributes, .. } => &self.attributes[attributes.start as usize..attributes.end as usize],
            Content::Root | Content::Text(_) => &[],
        }
    }

    pub(super) fn attribute(&self, id: Id, name: &str) -> Option<&str> {
        let is_it = |own: &str| own == name || (self.is_html && own.eq_ignore_ascii_case(name));
        self.attributes(id).iter().find(|attribute| is_it(&attribute.name)).map(|attribute| &*attribute.value)
    }

    /// The nodes directly inside one, in order.
    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let end = self.node(id).end;
        let first = (id + 1 < end).then_some(id + 1);
        std::iter::successors(first, move |at| Some(self.node(*at).end).filter(|next| *next < end))
    }

    /// All nodes inside one, in order.
    pub(super) fn below(&self, id: Id) -> Range<Id> {
        id + 1..self.node(id).end
    }

    /// The texts inside a node, one behind the other.
    pub(super) fn text(&self, id: Id) -> Cow<'_, str> {
        let own = |id: Id| match &self.node(id).content {
            Content::Text(text) => Some(&**text),
            Content::Root | Content::Element { .. } => None,
        };
        if let Some(text) = own(id) {
            return Cow::Borrowed(text);
        }
        let mut texts = self.below(id).filter_map(own);
        match (texts.next(), texts.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(one), None) => Cow::Borrowed(one),
            (Some(first), Some(second)) => Cow::Owned([first, second].into_iter().chain(texts).collect()),
        }
    }
}

/// Pages that say they are XML and are not are common enough.
fn looks_like_html(text: &str) -> bool {
    let behind = text.trim_start();
    let behind = match behind.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest.trim_start(),
        None => behind,
    };
    let start = behind.get(..9).unwrap_or_default();
    start.eq_ignore_ascii_case("<!doctype")
        && behind
            .get(9..)
            .is_some_and(|rest| rest.trim_start().get(..4).is_some_and(|word| word.eq_ignore_ascii_case("html")))
}

/// A document under construction.
pub(super) struct Builder {
    document: Document,
    /// The elements that are open, outermost first; the first is the root.
    open: Vec<Id>,
}

impl Builder {
    pub(super) fn new(is_html: bool) -> Self {
        let root = Node { content: Content::Root, parent: ROOT, end: 1, rank: 0, elements: 0 };
        Self { document: Document { nodes: vec![root], attributes: Vec::new(), is_html }, open: vec![ROOT] }
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len() - 1
    }

    /// The name of an open element, counted from the innermost.
    pub(super) fn open_name(&self, from_innermost: usize) -> Option<&str> {
        let index = self.open.len().checked_sub(from_innermost + 1)?;
        self.document.name(*self.open.get(index)?)
    }

    fn innermost(&self) -> Id {
        self.open.last().copied().unwrap_or(ROOT)
    }

    fn add(&mut self, content: Content) -> Result<Id, NotRead> {
        if self.document.nodes.len() + self.document.attributes.len() >= MOST_NODES {
            return Err(NotRead::TooLarge);
        }
        let (parent, id) = (self.innermost(), self.document.nodes.len() as Id);
        let rank = match content {
            Content::Element { .. } => {
                let parent = &mut self.document.nodes[parent as usize];
                parent.elements += 1;
                parent.elements
            }
            Content::Root | Content::Text(_) => 0,
        };
        self.document.nodes.push(Node { content, parent, end: id + 1, rank, elements: 0 });
        Ok(id)
    }

    /// Begins an element.
    pub(super) fn start(&mut self, name: &str, attributes: Vec<Attribute>) -> Result<(), NotRead> {
        let id = self.element(name, attributes)?;
        self.open.push(id);
        Ok(())
    }

    /// An element without anything inside.
    pub(super) fn empty(&mut self, name: &str, attributes: Vec<Attribute>) -> Result<(), NotRead> {
        self.element(name, attributes).map(drop)
    }

    fn element(&mut self, name: &str, attributes: Vec<Attribute>) -> Result<Id, NotRead> {
        let start = self.document.attributes.len() as u32;
        let end = start + attributes.len() as u32;
        let id = self.add(Content::Element { name: name.into(), attributes: start..end })?;
        self.document.attributes.extend(attributes);
        Ok(id)
    }

    /// Ends the innermost element.
    pub(super) fn end(&mut self) {
        if self.open.len() > 1
            && let Some(id) = self.open.pop()
        {
            let end = self.document.nodes.len() as Id;
            self.document.nodes[id as usize].end = end;
        }
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), NotRead> {
        if text.is_empty() {
            return Ok(());
        }
        // neighbouring texts are one
        let last = self.document.nodes.len() - 1;
        if self.document.nodes[last].parent == self.innermost()
            && let Content::Text(before) = &mut self.document.nodes[last].content
            && before.len() < SHORT
        {
            *before = [before, text].concat().into();
            return Ok(());
        }
        self.add(Content::Text(text.into())).map(drop)
    }

    pub(super) fn finished(mut self) -> Document {
        while self.open.len() > 1 {
            self.end();
        }
        let end = self.document.nodes.len() as Id;
        self.document.nodes[0].end = end;
        self.document
    }
}

/// A longer text is not copied once more to join what follows it.
const SHORT: usize = 4096;
