use super::line::Line;
use super::table::{Limit, Table};
use super::text::Looks;
use super::{markdown, text};

/// What a run, a comparison or an analysis has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub(super) verdict: Verdict,
    /// What was looked at.
    pub(super) lead: Vec<Block>,
    pub(super) sections: Vec<Section>,
    /// What is to be known before the verdict is believed.
    pub(super) warnings: Vec<Line>,
    /// What stands at the end.
    pub(super) end: Vec<Line>,
}

/// The result, in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) mark: Mark,
    pub(crate) line: Line,
}

/// A sign before a word, so that a result is seen at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It held, it passed.
    Good,
    /// It did not.
    Bad,
    /// Somebody else is to say.
    Deferred,
    /// Nobody asked, or nobody can say.
    NotJudged,
    /// The data are too few.
    Unclear,
}

/// Blocks that belong together, under a title or without one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Section {
    /// What it is called in links: the same for each page of its kind.
    pub(super) id: String,
    pub(super) title: Option<Line>,
    pub(super) importance: Importance,
    pub(super) blocks: Vec<Block>,
}

/// Who is to see a part of a page, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Importance {
    /// Beside the verdict, where a page begins with it.
    High,
    #[default]
    Normal,
    /// Left out where room is scarce, as in a comment.
    Minor,
}

/// A part of a section.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Block {
    Table(Table),
    List(List),
    Paragraph(Line),
    /// A line that belongs to the table before it.
    Note(Line),
}

/// Things one below the other.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct List {
    pub(crate) items: Vec<Item>,
    pub(crate) limit: Option<Limit>,
}

/// One thing of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Item {
    /// What it is about, in a word.
    pub(crate) label: Option<&'static str>,
    pub(crate) line: Line,
    /// What shows it.
    pub(crate) details: Vec<Line>,
    /// What to do about it, in this order.
    pub(crate) steps: Vec<Line>,
}

impl Page {
    pub(crate) const fn new(verdict: Verdict) -> Self {
        Self { verdict, lead: Vec::new(), sections: Vec::new(), warnings: Vec::new(), end: Vec::new() }
    }

    /// Adds to what was looked at.
    pub(crate) fn lead(&mut self, block: impl Into<Block>) {
        self.lead.push(block.into());
    }

    /// Adds a section, where there is one. Those that matter most to a reader of a terminal, who begins at the end, come
    /// last.
    pub(crate) fn section(&mut self, section: impl Into<Option<Section>>) {
        let Some(section) = section.into() else { return };
        debug_assert!(self.sections.iter().all(|known| known.id != section.id), "two sections `{}`", section.id);
        self.sections.push(section);
    }

    /// Adds what is to be known before the verdict is believed.
    pub(crate) fn warning(&mut self, line: Line) {
        self.warnings.push(line);
    }

    /// Adds a line at the end.
    pub(crate) fn end(&mut self, line: impl Into<Line>) {
        self.end.push(line.into());
    }

    /// The page for a terminal, with nothing in it that could steer one, and no command to a CI system.
    #[must_use]
    pub fn text(&self) -> String {
        text::render(self, Looks::default())
    }

    /// The same, as wide as it may be and in colours where they are understood.
    #[must_use]
    pub fn shown(&self, looks: Looks) -> String {
        text::render(self, looks)
    }

    /// The page for a comment or a job's summary.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::render(self)
    }
}

impl Section {
    pub(crate) fn new(id: impl Into<String>, title: impl Into<Line>) -> Self {
        Self { title: Some(title.into()), ..Self::untitled(id) }
    }

    pub(crate) fn untitled(id: impl Into<String>) -> Self {
        Self { id: id.into(), title: None, importance: Importance::Normal, blocks: Vec::new() }
    }

    pub(crate) const fn of(mut self, importance: Importance) -> Self {
        self.importance = importance;
        self
    }

    pub(crate) fn with(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }
}

impl List {
    /// Lines and nothing else.
    pub(crate) fn of(lines: impl IntoIterator<Item = Line>) -> Self {
        Self { items: lines.into_iter().map(|line| Item { line, ..Item::default() }).collect(), limit: None }
    }

    pub(crate) const fn limited(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<List> for Block {
    fn from(list: List) -> Self {
        Self::List(list)
    }
}
