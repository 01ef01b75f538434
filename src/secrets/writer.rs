use std::io::{self, Write};

use super::registry::Secrets;

/// What a file or a stream is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    /// Lines of text.
    Text,
    /// JSON, which stays JSON.
    Json,
    /// A page of ours whose texts were masked before they were put into it.
    Page,
}

/// Writes on what it is given, line by line, without secrets.
pub(crate) struct MaskingWriter<W: Write> {
    inner: W,
    secrets: Secrets,
    document: Document,
    line: Vec<u8>,
}

impl<W: Write> MaskingWriter<W> {
    pub(crate) const fn new(inner: W, secrets: Secrets, document: Document) -> Self {
        Self { inner, secrets, document, line: Vec::new() }
    }

    /// Writes what is left, a line without an end, and gives back what was written to.
    ///
    /// # Errors
    /// Of what is written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.write_line()?;
        Ok(self.inner)
    }

    fn write_line(&mut self) -> io::Result<()> {
        let line = String::from_utf8_lossy(&self.line);
        self.inner.write_all(self.secrets.mask_document(&line, self.document).as_bytes())?;
        self.line.clear();
        Ok(())
    }
}

impl<W: Write> Write for MaskingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.document == Document::Page {
            return self.inner.write(bytes);
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.write_line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
