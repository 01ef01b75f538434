// The language fixes what its operators mean, and the plan means something else: `~` writes values as JSON does, and a
// comparison reads a text as the number it is. So each is written as a filter of ours before the language compiles it:
// `a ~ b` as `a|value.text ~ b|value.text`, `a < b` as `a|value.compare("<", b)`, `a + b` as `a|value.sum("+", b)`.

use std::path::PathBuf;

use super::filled::escaped;
use super::tokens::{Kind, Token, end_of, tokens};

/// Turns a value into text.
pub(super) const TEXT: &str = "value.text";
/// Takes a number's spelling off.
pub(super) const PLAIN: &str = "value.plain";
/// Adds and takes away: the value with what follows, two arguments an operation.
pub(super) const SUM: &str = "value.sum";
/// Makes a text of a date, of which a part is taken.
pub(super) const SLICED: &str = "value.sliced";
/// Counts what is in a list or map that is made, so that none grows out of bounds.
pub(super) const WHOLE: &str = "value.whole";
/// Compares: the value with what follows, two arguments a comparison.
pub(super) const COMPARE: &str = "value.compare";

/// The files that expressions name, and where they lie: in the folder of the file that the expressions are written in.
#[derive(Debug, Default)]
pub(super) struct NamedFiles {
    pub(super) folder: Option<PathBuf>,
    /// Those whose path is written in the plan.
    pub(super) found: Vec<PathBuf>,
}

/// An expression with its operators written out. `source` was parsed by the language before; what it takes that is not
/// understood here stays as it is.
pub(super) fn written_out(source: &str, files: &mut NamedFiles) -> String {
    tokens(source)
        .and_then(|tokens| {
            let mut writer = Writer { tokens: &tokens, at: 0, out: String::with_capacity(source.len() + 64), files };
            writer.expression()?;
            (writer.at == tokens.len()).then_some(writer.out)
        })
        .unwrap_or_else(|| source.to_owned())
}

/// A text with `{% statements %}` with the operators in all of its expressions written out.
pub(super) fn block_written_out(source: &str, files: &mut NamedFiles) -> String {
    let mut out = String::with_capacity(source.len() + 64);
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        let (open, close) = match rest.as_bytes().get(at + 1) {
            Some(b'{') => ("{{", "}}"),
            Some(b'%') => ("{%", "%}"),
            Some(b'#') => ("{#", "#}"),
            _ => {
                out.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
                continue;
            }
        };
        out.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let end = if open == "{#" { inside.find(close) } else { end_of(inside, close) };
        let Some(end) = end else { break };
        rest = &rest[at..];
        let whole = &rest[..2 + end + 2];
        let (lead, code, tail) = trimmed(&inside[..end]);
        out.push_str(open);
        out.push_str(lead);
        match open {
            "{{" => out.push_str(&written_out(code, files)),
            "{%" => out.push_str(&statement(code, files)),
            _ => out.push_str(code),
        }
        if open != "{#" {
            out.push_str(&code[code.trim_ascii_end().len()..]);
        }
        out.push_str(tail);
        out.push_str(close);
        rest = &rest[whole.len()..];
        if open == "{%" && code.trim() == "raw" {
            // to its own end nothing is code
            let end = rest.find("endraw").unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    out
}

/// The signs that take blanks away, and what is between them.
fn trimmed(inside: &str) -> (&str, &str, &str) {
    let lead = usize::from(inside.starts_with(['-', '+']) && inside.len() > 1);
    let tail = usize::from(inside.len() > lead && inside.ends_with(['-', '+']));
    (&inside[..lead], &inside[lead..inside.len() - tail], &inside[inside.len() - tail..])
}

/// A statement: its word as it is, and the expressions behind it.
fn statement(code: &str, files: &mut NamedFiles) -> String {
    let Some(tokens) = tokens(code) else { return code.to_owned() };
    let word = tokens.first().map(|token| token.text).unwrap_or_default();
    let binds = tokens.iter().any(|token| token.text == "=");
    if matches!(word, "filter" | "raw" | "macro" | "block") || (word == "set" && !binds) {
        return code.to_owned();
    }
    let mut writer = Writer { tokens: &tokens, at: 0, out: String::with_capacity(code.len() + 64), files };
    match word {
        // what a loop binds stands before `in`, what `set` binds before `=`
        "for" => writer.copy_to("in"),
        "set" => writer.copy_to("="),
        _ => writer.copy(),
    }
    let tuple = word == "set" && has_comma(&tokens[writer.at..]);
    if tuple {
        writer.out.push_str(" ((");
    }
    while writer.at < tokens.len() {
        if writer.starts_expression() {
            if writer.expression().is_none() {
                return code.to_owned();
            }
        } else {
            writer.copy();
        }
    }
    if tuple {
        writer.out.push_str(&format!(")|{WHOLE})"));
    }
    writer.out
}

/// Whether a comma stands between tokens, outside their brackets.
fn has_comma(tokens: &[Token]) -> bool {
    let mut depth = 0_usize;
    tokens.iter().filter(|token| token.kind == Kind::Sign).any(|token| {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.text == ","
    })
}

struct Writer<'a, 'f> {
    tokens: &'a [Token<'a>],
    at: usize,
    out: String,
    files: &'f mut NamedFiles,
}

/// How tightly what was written holds together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    /// A filter may follow.
    Tight,
    /// As tight, and written as it is in the source.
    Literal,
    /// It needs brackets before a filter.
    Loose,
}

// `None` from any of these: not an expression as it is known here
impl<'a> Writer<'a, '_> {
    fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at)
    }

    fn is(&self, text: &str) -> bool {
        self.peek().is_some_and(|token| token.text == text && token.kind != Kind::Text)
    }

    fn copy(&mut self) {
        if let Some(token) = self.peek() {
            self.out.push_str(token.lead);
            self.out.push_str(token.text);
            self.at += 1;
        }
    }

    fn copy_if(&mut self, text: &str) -> bool {
        let is = self.is(text);
        if is {
            self.copy();
        }
        is
    }

    fn copy_to(&mut self, text: &str) {
        while self.at < self.tokens.len() && !self.copy_if(text) {
            self.copy();
        }
    }

    fn starts_expression(&self) -> bool {
        self.peek().is_some_and(|token| match token.kind {
            Kind::Word => !matches!(token.text, "else" | "in" | "is" | "and" | "or" | "if"),
            Kind::Number | Kind::Text => true,
            Kind::Sign => matches!(token.text, "(" | "[" | "{" | "-"),
        })
    }

    fn expression(&mut self) -> Option<()> {
        self.either()?;
        while self.copy_if("if") {
            self.either()?;
            if self.copy_if("else") {
                return self.expression();
            }
        }
        Some(())
    }

    fn either(&mut self) -> Option<()> {
        loop {
            while self.is("not") {
                self.copy();
            }
            self.comparison()?;
            if !self.copy_if("or") && !self.copy_if("and") {
                return Some(());
            }
        }
    }

    fn comparison(&mut self) -> Option<()> {
        let start = self.out.len();
        let bound = self.sum()?;
        if self.comparison_sign().is_none() {
            return Some(());
        }
        self.wrap(start, bound, COMPARE);
        self.out.push('(');
        let mut first = true;
        while let Some((sign, length)) = self.comparison_sign() {
            self.at += length;
            self.out.push_str(if first { "\"" } else { ",\"" });
            self.out.push_str(sign);
            self.out.push_str("\",");
            self.sum()?;
            first = false;
        }
        self.out.push(')');
        Some(())
    }

    /// The comparison that comes next, and of how many tokens it is.
    fn comparison_sign(&self) -> Option<(&'static str, usize)> {
        let token = self.peek().filter(|token| token.kind != Kind::Text)?;
        let behind = self.tokens.get(self.at + 1).map(|token| token.text);
        Some(match token.text {
            "==" => ("==", 1),
            "!=" => ("!=", 1),
            "<" => ("<", 1),
            "<=" => ("<=", 1),
            ">" => (">", 1),
            ">=" => (">=", 1),
            "in" => ("in", 1),
            "not" if behind == Some("in") => ("not in", 2),
            _ => return None,
        })
    }

    /// `+` and `-`, which hold less than `~`.
    fn sum(&mut self) -> Option<Bound> {
        let start = self.out.len();
        let first = self.joined()?;
        if !self.is("+") && !self.is("-") {
            return Some(first);
        }
        self.wrap(start, first, SUM);
        self.out.push('(');
        let mut separator = "";
        while let Some(sign) = ["+", "-"].into_iter().find(|sign| self.is(sign)) {
            self.at += 1;
            self.out.push_str(&format!("{separator}\"{sign}\","));
            self.joined()?;
            separator = ",";
        }
        self.out.push(')');
        Some(Bound::Tight)
    }

    /// What `~` joins, and what holds more.
    fn joined(&mut self) -> Option<Bound> {
        self.chain(&["~"], TEXT, |writer| {
            writer.chain(&["*", "/", "//", "%"], PLAIN, |writer| writer.chain(&["**"], PLAIN, Self::unary))
        })
    }

    /// Operands with signs between them, each through a filter.
    fn chain(&mut self, signs: &[&str], filter: &str, operand: impl Fn(&mut Self) -> Option<Bound>) -> Option<Bound> {
        let start = self.out.len();
        let first = operand(self)?;
        if !signs.iter().any(|sign| self.is(sign)) {
            return Some(first);
        }
        self.wrap(start, first, filter);
        while signs.iter().any(|sign| self.copy_if(sign)) {
            let start = self.out.len();
            let bound = operand(self)?;
            self.wrap(start, bound, filter);
        }
        if signs.contains(&"*") {
            // a list is repeated without being made
            self.wrap(start, Bound::Loose, WHOLE);
            return Some(Bound::Tight);
        }
        Some(Bound::Loose)
    }

    /// Puts what was written since `start` through a filter.
    fn wrap(&mut self, start: usize, bound: Bound, filter: &str) {
        if bound == Bound::Literal && filter != COMPARE && filter != SUM {
            return;
        }
        if bound == Bound::Loose {
            let lead = self.out[start..].len() - self.out[start..].trim_ascii_start().len();
            self.out.insert(start + lead, '(');
            self.out.push(')');
        }
        self.out.push('|');
        self.out.push_str(filter);
    }

    fn unary(&mut self) -> Option<Bound> {
        let mut negated = false;
        while self.copy_if("-") {
            negated = true;
        }
        let start = self.out.len();
        let mut bound = self.primary()?;
        if self.postfix(start)? {
            bound = Bound::Tight;
        }
        if negated && bound != Bound::Literal {
            // a filter behind it would hold the sign as well
            let lead = self.out[start..].len() - self.out[start..].trim_ascii_start().len();
            self.out.insert(start + lead, '(');
            self.out.push('|');
            self.out.push_str(PLAIN);
            self.out.push(')');
            bound = Bound::Tight;
        }
        if self.filters()? { Some(Bound::Tight) } else { Some(bound) }
    }

    fn primary(&mut self) -> Option<Bound> {
        let token = self.peek()?;
        match (token.kind, token.text) {
            (Kind::Text | Kind::Number, _) => {
                self.copy();
                Some(Bound::Literal)
            }
            (Kind::Word, word) => {
                self.copy();
                if word == "file" && self.is("(") {
                    self.name_file()?;
                }
                Some(Bound::Tight)
            }
            (Kind::Sign, "(") => self.collection(")"),
            (Kind::Sign, "[") => self.collection("]"),
            (Kind::Sign, "{") => self.collection("}"),
            (Kind::Sign, _) => None,
        }
    }

    /// `file(path)`: the folder its path is relative to goes before the path.
    fn name_file(&mut self) -> Option<Bound> {
        self.copy();
        let folder = self.files.folder.as_ref().map(|folder| folder.to_string_lossy().into_owned());
        match &folder {
            Some(folder) => self.out.push_str(&format!("\"{}\"", escaped(folder, b'"'))),
            None => self.out.push_str("none"),
        }
        if self.is(")") {
            return self.up_to(")");
        }
        self.out.push(',');
        let path = self.peek().filter(|token| token.kind == Kind::Text && !token.text.contains('\\'));
        let alone = self.tokens.get(self.at + 1).is_some_and(|token| token.text == ")");
        if let (Some(path), Some(folder), true) = (path, &self.files.folder, alone) {
            let named = folder.join(&path.text[1..path.text.len() - 1]);
            self.files.found.push(named);
        }
        self.up_to(")")
    }

    /// A list, a map, or what is in brackets. What names values may hold large ones, or itself.
    fn collection(&mut self, close: &str) -> Option<Bound> {
        let (start, first) = (self.out.len(), self.at);
        let bound = self.bracketed(close)?;
        let inside = self.tokens.get(first + 1..self.at.saturating_sub(1))?;
        let names = inside.iter().any(|token| token.kind == Kind::Word);
        if names && (close != ")" || has_comma(inside)) {
            let lead = self.out[start..].len() - self.out[start..].trim_ascii_start().len();
            self.out.insert(start + lead, '(');
            self.out.push_str(&format!("|{WHOLE})"));
        }
        Some(bound)
    }

    /// Expressions between brackets, with commas, colons and names of arguments.
    fn bracketed(&mut self, close: &str) -> Option<Bound> {
        self.copy();
        self.up_to(close)
    }

    /// The same behind the opening one.
    fn up_to(&mut self, close: &str) -> Option<Bound> {
        loop {
            if self.copy_if(close) {
                return Some(Bound::Tight);
            }
            if self.starts_expression() || self.is("not") {
                self.expression()?;
            } else if [",", ":", "=", "*", "**"].iter().any(|sign| self.is(sign)) {
                self.copy();
            } else {
                return None;
            }
        }
    }

    /// `.name`, `[index]` and `(arguments)` of what was written since `start`; whether there was one.
    fn postfix(&mut self, start: usize) -> Option<bool> {
        let before = self.at;
        loop {
            if self.copy_if(".") {
                self.copy();
            } else if self.is("[") {
                if self.is_slice() {
                    let lead = self.out[start..].len() - self.out[start..].trim_ascii_start().len();
                    self.out.insert(start + lead, '(');
                    self.out.push_str(&format!("|{SLICED})"));
                }
                self.bracketed("]")?;
            } else if self.is("(") {
                self.bracketed(")")?;
            } else {
                return Some(self.at > before);
            }
        }
    }

    /// `| filter` and `is test`; whether there was one.
    fn filters(&mut self) -> Option<bool> {
        let before = self.at;
        loop {
            if self.copy_if("|") {
                self.dotted_name()?;
                if self.is("(") {
                    self.bracketed(")")?;
                }
            } else if self.copy_if("is") {
                self.copy_if("not");
                self.dotted_name()?;
                if self.is("(") {
                    self.bracketed(")")?;
                } else if self.starts_argument() {
                    while self.copy_if("-") {}
                    let start = self.out.len();
                    self.primary()?;
                    self.postfix(start)?;
                }
            } else {
                return Some(self.at > before);
            }
        }
    }

    /// Whether the brackets that open here hold a colon: `[1:3]`.
    fn is_slice(&self) -> bool {
        let mut depth = 0_usize;
        for token in self.tokens[self.at..].iter().filter(|token| token.kind == Kind::Sign) {
            match token.text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" if depth == 1 => return false,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                ":" if depth == 1 => return true,
                _ => {}
            }
        }
        false
    }

    fn starts_argument(&self) -> bool {
        self.peek().is_some_and(|token| match token.kind {
            Kind::Word => !matches!(token.text, "and" | "or" | "else" | "is" | "if" | "in" | "not" | "recursive"),
            Kind::Number | Kind::Text => true,
            Kind::Sign => matches!(token.text, "[" | "{" | "-" | "+"),
        })
    }

    fn dotted_name(&mut self) -> Option<()> {
        loop {
            (self.peek()?.kind == Kind::Word).then(|| self.copy())?;
            if !self.is(".") {
                return Some(());
            }
            self.copy();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::language::environment;

    #[test]
    fn operators_are_written_as_filters_and_the_rest_stays_as_it_is() {
        for (source, written) in [
            ("a ~ b", "a|value.text ~ b|value.text"),
            ("a + 1 ~ 'x'", "a|value.sum(\"+\", 1 ~ 'x')"),
            ("1 - -b + c * 2", "1|value.sum(\"-\", -(b|value.plain),\"+\", (c|value.plain * 2)|value.whole)"),
            ("file('a')", "file(none,'a')"),
            ("x < 5", "x|value.compare(\"<\", 5)"),
            ("1 < x <= y.z", "1|value.compare(\"<\", x,\"<=\", y.z)"),
            ("not a in b", "not a|value.compare(\"in\", b)"),
            ("a not in b and c", "a|value.compare(\"not in\", b) and c"),
            ("(a == b) | string", "(a|value.compare(\"==\", b)) | string"),
            ("-x ** 2", "-(x|value.plain)|value.plain ** 2"),
            (
                "f(a < b, k=c ~ d)[1:2]",
                "(f(a|value.compare(\"<\", b), k=c|value.text ~ d|value.text)|value.sliced)[1:2]",
            ),
            ("a.b | default('<') is not defined", "a.b | default('<') is not defined"),
            ("{'a': 1 == 2}", "{'a': 1|value.compare(\"==\", 2)}"),
            ("x if y > 1 else z", "x if y|value.compare(\">\", 1) else z"),
            ("'a < b'", "'a < b'"),
        ] {
            assert_eq!(written_out(source, &mut NamedFiles::default()), written);
        }
        let block = "{%- for a, b in x if a < 1 -%}{{ b ~ 'c' }}{% endfor %}{# a ~ b #}{% set c = a ~ b %}{%raw%}{{ a ~ b }}{%endraw%}a ~ b";
        assert_eq!(
            block_written_out(block, &mut NamedFiles::default()),
            "{%- for a, b in x if a|value.compare(\"<\", 1) -%}{{ b|value.text ~ 'c' }}{% endfor %}{# a ~ b #}\
             {% set c = a|value.text ~ b|value.text %}{%raw%}{{ a ~ b }}{%endraw%}a ~ b"
        );
    }

    #[test]
    fn whatever_the_language_takes_it_takes_written_out() {
        let language = environment();
        for source in [
            "1",
            "a",
            "a.b.c[0].d",
            "a.0.1 + 1.5e-3",
            "0x1F + 1_000",
            "-a.b + -(c)",
            "- - a",
            "not not a",
            "a if b",
            "a if b else c if d else e",
            "[1, a ~ b, -c, (d), (e, f), ()]",
            "{'a': b, 'c': {'d': e < f}}",
            "a[1:], a[:2], a[::2]".split(", ").next().unwrap(),
            "a[:2]",
            "a[::2]",
            "a | f | g(1, k=2) | h",
            "a is divisibleby 3",
            "a is divisibleby(3) and b is not none",
            "a is eq b.c or d",
            "a is in [1, 2]",
            "a in [1] and b not in c",
            "a == b == c",
            "f(*a, **b)",
            "a ** b ** c",
            "a // b % c * d / e",
            "'it\\'s' ~ \"{{ }}\" ~ a",
            "a < b and c > d or not e >= f",
            "a|first < b|last",
            "(a < b) == (c < d)",
            "a == -1",
            "-1 == a",
            "a.b() ~ c.d(1)",
            "(a, b) in c",
            "a~b~c",
            "1if a else 2",
            "a<b",
            "a!=b",
            "not a == b",
            "a | map('upper') | join(', ') ~ '.'",
        ] {
            assert!(language.compile_expression(source).is_ok(), "the test itself: {source}");
            let written = written_out(source, &mut NamedFiles::default());
            if let Err(error) = language.compile_expression(&written) {
                panic!("{source} becomes {written}: {error}");
            }
            let has = |sign: &str| source.contains(sign);
            assert!(written != source || !(has("~") || has("<") || has("==")), "{source} was not understood");
        }
    }
}
