#!/usr/bin/env python3
"""A preprocessor of mdBook: a link that leads to a file of the repository, and to no page of the book, is written as text with the file's name.

Where `PLIMSOLL_REPOSITORY` has the address of the repository's files (`https://…/blob/main`), it becomes a link to there.
"""

import json
import os
import posixpath
import re
import sys

LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)(#[^)]*)?\)")
# what lies beside the pages and is copied along with them
BESIDE = (".md", ".png", ".svg", ".yaml", ".py")


def mended(text, page):
    """The text of a page with its links out of the book mended; code is left alone."""
    parts = re.split(r"(```.*?```)", text, flags=re.S)
    return "".join(part if part.startswith("```") else LINK.sub(lambda link: elsewhere(link, page), part) for part in parts)


def elsewhere(link, page):
    words, path, anchor = link.groups()
    if "://" in path or path.startswith("mailto:"):
        return link.group()
    there = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), path))
    if there.startswith("docs/") and there.endswith(BESIDE):
        return link.group()
    address = os.environ.get("PLIMSOLL_REPOSITORY")
    return f"[{words}]({address}/{there}{anchor or ''})" if address else f"{words} (`{there}` in the repository)"


def go_through(items):
    for item in items:
        chapter = item.get("Chapter") if isinstance(item, dict) else None
        if chapter:
            chapter["content"] = mended(chapter["content"], chapter["path"] or "")
            go_through(chapter["sub_items"])


if sys.argv[1:2] == ["supports"]:
    sys.exit(0)
_, book = json.load(sys.stdin)
go_through(book.get("items", book.get("sections", [])))
json.dump(book, sys.stdout)
