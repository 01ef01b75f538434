#!/usr/bin/env python3
"""Follows every link of a built book: to its pages, their headings, its pictures and files. Asks no network.

usage: docs/follow_links.py target/book
"""

import posixpath
import sys
from html.parser import HTMLParser
from pathlib import Path


class Links(HTMLParser):
    """Where a page leads, and where it may be led to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, _, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        self.links += [attributes[name] for name in ("href", "src") if attributes.get(name)]


book = Path(sys.argv[1])
# made by mdBook beside the pages, of the same contents
ours = [path for path in book.rglob("*.html") if path.name not in ("404.html", "print.html", "toc.html")]
pages = {path.relative_to(book).as_posix(): Links(path.read_text()) for path in ours}
broken, followed = [], 0
for page, found in pages.items():
    for link in found.links:
        if ":" in link.split("/")[0]:
            continue
        path, _, anchor = link.partition("#")
        there = posixpath.normpath(posixpath.join(posixpath.dirname(page), path.split("?")[0])) if path else page
        followed += 1
        if not (book / there).exists() or anchor and there in pages and anchor not in pages[there].anchors:
            broken.append(f"{page}: {link}")
print("\n".join(broken), file=sys.stderr)
print(f"{len(pages)} pages, {followed} links: {len(broken) or 'nothing'} broken")
sys.exit(bool(broken) or followed < 500)
