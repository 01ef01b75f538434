/// A table that takes rows as long as they fit.
pub(super) struct Table {
    text: String,
    columns: usize,
    rows: usize,
    bytes: usize,
    left_out: usize,
}

impl Table {
    /// A table with a head; the first `left` columns are aligned to the left, the others to the right. It takes at most
    /// so many rows and so many bytes of them.
    pub(super) fn new(head: &[&str], left: usize, rows: usize, bytes: usize) -> Self {
        let line = (0..head.len()).map(|column| if column < left { "---" } else { "--:" });
        let line = line.collect::<Vec<_>>().join(" | ");
        let text = format!("| {} |\n| {line} |\n", head.join(" | "));
        Self { text, columns: head.len(), rows, bytes, left_out: 0 }
    }

    /// Adds a row, or counts it among those that are left out.
    pub(super) fn row(&mut self, cells: &[String]) {
        debug_assert_eq!(cells.len(), self.columns);
        let line = format!("| {} |\n", cells.join(" | "));
        if self.left_out > 0 || self.rows == 0 || line.len() > self.bytes {
            self.left_out += 1;
            return;
        }
        self.rows -= 1;
        self.bytes -= line.len();
        self.text.push_str(&line);
    }

    /// Adds a row that is never left out.
    pub(super) fn last(&mut self, cells: &[String]) {
        self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }

    /// The table, and behind it how many rows it lacks.
    pub(super) fn render(self) -> String {
        match self.left_out {
            0 => self.text,
            more => format!("{}\n… and {more} more\n", self.text),
        }
    }
}
