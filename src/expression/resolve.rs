use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::Value;
use minijinja::machinery::ast::{CallArg, CallType, Const, Expr, GetItem, Spanned, Stmt};
use minijinja::machinery::{parse, parse_expr};

use super::functions::{Slot, gives_a_number, gives_a_text, refused};
use super::language::syntax;
use super::shape::Shape;
use super::signatures::{CALLS, FILTERS, SIGNS, Signature, TESTS, find};
use super::template::slots;
use crate::diagnostic::did_you_mean;

/// Something of an expression that is known not to be there before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// What is wrong, in lower case.
    pub message: String,
    /// Where, in the text it is in.
    pub range: Range<usize>,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// What a text's expressions use: where its names stand, and what cannot be there.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// Each name with the place where it stands first, functions too.
    pub names: BTreeMap<String, Range<usize>>,
    /// Filters, tests, functions, arguments and parts that there are not.
    pub flaws: Vec<Flaw>,
    /// Names that are called and are no function: they are among the flaws.
    pub called: Vec<String>,
}

/// Looks up what is known of a name; `None` where nothing is.
pub type ShapeOf<'a> = &'a dyn Fn(&str) -> Option<Shape>;

impl Resolved {
    /// What a text with `{{ expressions }}` uses.
    #[must_use]
    pub fn text(text: &str, shape_of: ShapeOf) -> Self {
        let mut walk = Walk::new(text, shape_of);
        if text.contains("{%") || text.contains("{#") {
            if let Ok(template) = parse(text, "template", syntax()) {
                walk.statement(&template);
            }
            return walk.found;
        }
        for slot in slots(text) {
            walk.expression(&text[slot]);
        }
        walk.found
    }

    /// What an expression uses that stands in a text.
    #[must_use]
    pub fn expression(text: &str, expression: Range<usize>, shape_of: ShapeOf) -> Self {
        let mut walk = Walk::new(text, shape_of);
        walk.expression(text.get(expression).unwrap_or_default());
        walk.found
    }
}

/// One way through a text. Parts of the tree that are texts lie in it, so where they lie says where they stand.
struct Walk<'a> {
    text: &'a str,
    shape_of: ShapeOf<'a>,
    /// Names the text binds itself.
    bound: Vec<(String, Shape)>,
    /// Where the expression being looked at begins.
    lead: usize,
    found: Resolved,
}

/// Whether an undefined value is an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Wrong,
    /// It is asked for, or replaced.
    Expected,
}

/// The filters that give back one item of what they are given, and those that give back the list.
const ITEMS: [&str; 4] = ["first", "last", "min", "max"];
const LISTS: [&str; 8] = ["list", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"];
const TEXTS: [&str; 15] = [
    "capitalize",
    "e",
    "escape",
    "format",
    "indent",
    "join",
    "lower",
    "pprint",
    "replace",
    "safe",
    "string",
    "title",
    "tojson",
    "trim",
    "upper",
];
const NUMBERS: [&str; 7] = ["abs", "count", "float", "int", "length", "round", "sum"];

impl<'a> Walk<'a> {
    fn new(text: &'a str, shape_of: ShapeOf<'a>) -> Self {
        Self { text, shape_of, bound: Vec::new(), lead: 0, found: Resolved::default() }
    }

    /// Where a part of the text stands.
    fn range(&self, part: &str) -> Range<usize> {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let end = start + part.len();
        if self.text.get(start..end) == Some(part) { start..end } else { 0..self.text.len() }
    }

    fn flaw(&mut self, range: Range<usize>, message: String, help: Option<String>) {
        self.found.flaws.push(Flaw { message, range, help });
    }

    fn expression(&mut self, source: &'a str) {
        let trimmed = source.trim();
        self.lead = self.range(trimmed).start;
        if let Ok(expr) = parse_expr(trimmed) {
            self.expr(&expr, Missing::Wrong);
        }
    }

    fn statements(&mut self, statements: &[Stmt<'a>]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Stmt<'a>) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitExpr(emit) => drop(self.expr(&emit.expr, Missing::Wrong)),
            Stmt::ForLoop(each) => {
                let item = self.expr(&each.iter, Missing::Wrong).item();
                let outer = self.bound.len();
                self.bind(&each.target, item);
                self.bound.push(("loop".into(), Shape::Any));
                each.filter_expr.iter().for_each(|filter| drop(self.expr(filter, Missing::Wrong)));
                self.statements(&each.body);
                self.bound.truncate(outer);
                self.statements(&each.else_body);
            }
            Stmt::IfCond(cond) => {
                self.expr(&cond.expr, Missing::Wrong);
                self.statements(&cond.true_body);
                self.statements(&cond.false_body);
            }
            Stmt::WithBlock(with) => {
                let outer = self.bound.len();
                for (target, expr) in &with.assignments {
                    let shape = self.expr(expr, Missing::Wrong);
                    self.bind(target, shape);
                }
                self.statements(&with.body);
                self.bound.truncate(outer);
            }
            Stmt::Set(set) => {
                self.expr(&set.expr, Missing::Wrong);
                // set again elsewhere, it may be something else
                self.bind(&set.target, Shape::Any);
            }
            Stmt::SetBlock(set) => {
                set.filter.iter().for_each(|filter| drop(self.expr(filter, Missing::Wrong)));
                self.statements(&set.body);
                self.bind(&set.target, Shape::Any);
            }
            Stmt::AutoEscape(block) => {
                self.expr(&block.enabled, Missing::Wrong);
                self.statements(&block.body);
            }
            Stmt::FilterBlock(block) => {
                self.expr(&block.filter, Missing::Wrong);
                self.statements(&block.body);
            }
            Stmt::Do(call) => drop(self.call(&call.call.expr, &call.call.identify_call(), &call.call.args)),
            Stmt::EmitRaw(_) => {}
        }
    }

    fn bind(&mut self, target: &Expr<'a>, shape: Shape) {
        match target {
            Expr::Var(name) => self.bound.push((name.id.to_owned(), shape)),
            Expr::List(list) => list.items.iter().for_each(|item| self.bind(item, Shape::Any)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.bind(item, Shape::Any)),
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr<'a>, missing: Missing) -> Shape {
        match expr {
            Expr::Var(name) => self.name(name.id),
            Expr::Const(constant) => Shape::of(&constant.value),
            Expr::GetAttr(attr) => {
                let of = self.expr(&attr.expr, Missing::Wrong);
                self.part(&of, &attr.expr, attr.name, self.range(attr.name), missing)
            }
            Expr::GetItem(item) => self.item(item, missing),
            Expr::Slice(slice) => {
                let of = self.expr(&slice.expr, Missing::Wrong);
                for bound in [&slice.start, &slice.stop, &slice.step].into_iter().flatten() {
                    self.expr(bound, Missing::Wrong);
                }
                of
            }
            Expr::UnaryOp(unary) => {
                self.expr(&unary.expr, Missing::Wrong);
                Shape::Any
            }
            Expr::BinOp(binary) => {
                self.expr(&binary.left, Missing::Wrong);
                self.expr(&binary.right, Missing::Wrong);
                Shape::Any
            }
            Expr::Compare(compare) => {
                self.expr(&compare.expr, Missing::Wrong);
                compare.ops.iter().for_each(|op| drop(self.expr(&op.expr, Missing::Wrong)));
                Shape::TRUTH
            }
            Expr::IfExpr(cond) => {
                self.expr(&cond.test_expr, Missing::Wrong);
                let then = self.expr(&cond.true_expr, missing);
                match &cond.false_expr {
                    Some(otherwise) => then.or(self.expr(otherwise, missing)),
                    None => then,
                }
            }
            Expr::Filter(filter) => self.filter(filter.name, filter.expr.as_ref(), &filter.args),
            Expr::Test(test) => {
                let asked = matches!(test.name, "defined" | "undefined");
                self.expr(&test.expr, if asked { Missing::Expected } else { Missing::Wrong });
                self.test(test.name, &test.args);
                Shape::TRUTH
            }
            Expr::Call(call) => self.call(&call.expr, &call.identify_call(), &call.args),
            Expr::List(list) => {
                let shapes: Vec<Shape> = list.items.iter().map(|item| self.expr(item, Missing::Wrong)).collect();
                shapes.into_iter().reduce(Shape::or).unwrap_or(Shape::Any).list()
            }
            Expr::Tuple(tuple) => {
                tuple.items.iter().for_each(|item| drop(self.expr(item, Missing::Wrong)));
                Shape::Any
            }
            Expr::Map(map) => {
                map.keys.iter().for_each(|key| drop(self.expr(key, Missing::Wrong)));
                map.values.iter().for_each(|value| drop(self.expr(value, Missing::Wrong)));
                Shape::Any
            }
        }
    }

    fn name(&mut self, name: &str) -> Shape {
        if let Some((_, shape)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return shape.clone();
        }
        // the place of a name in an expression is that of its letters, wherever they lie
        let range = self.range(name);
        self.found.names.entry(name.to_owned()).or_insert(range);
        (self.shape_of)(name).unwrap_or(Shape::Any)
    }

    fn item(&mut self, item: &Spanned<GetItem<'a>>, missing: Missing) -> Shape {
        let of = self.expr(&item.expr, Missing::Wrong);
        match &item.subscript_expr {
            Expr::Const(key) => match key.value.as_str() {
                Some(name) => {
                    let range = self.span(key);
                    self.part(&of, &item.expr, name, range, missing)
                }
                None => of.item(),
            },
            key => {
                self.expr(key, Missing::Wrong);
                of.item()
            }
        }
    }

    fn span(&self, constant: &Spanned<Const>) -> Range<usize> {
        let span = constant.span();
        let at = |offset: u32| (self.lead + offset as usize).min(self.text.len());
        at(span.start_offset)..at(span.end_offset)
    }

    /// The shape of a part of what an expression gives.
    fn part(&mut self, of: &Shape, owner: &Expr, name: &str, range: Range<usize>, missing: Missing) -> Shape {
        let (message, help) = match of {
            Shape::Any => return Shape::Any,
            Shape::Map(parts) => match parts.parts.get(name) {
                Some(shape) => return shape.clone(),
                None => {
                    let known = parts.parts.keys().map(|key| &**key);
                    (format!("unknown {} `{name}` of {}", parts.noun, shown(owner)), did_you_mean(name, known))
                }
            },
            Shape::LowerCase if name.chars().any(char::is_uppercase) => {
                let help = format!("did you mean `{}`?", name.to_lowercase());
                (format!("`{name}` of {} is never there: its names are in lower case", shown(owner)), Some(help))
            }
            Shape::LowerCase => return Shape::Any,
            Shape::Plain(what) => (format!("{} is {what}, and has no part `{name}`", shown(owner)), None),
            Shape::List(_) => {
                let help = format!("take one of its items: `{}[0].{name}`", shown(owner).trim_matches('`'));
                (format!("{} is a list, and has no part `{name}`", shown(owner)), Some(help))
            }
        };
        if missing == Missing::Wrong {
            self.flaw(range, message, help);
        }
        Shape::Any
    }

    fn filter(&mut self, name: &'a str, expr: Option<&Expr<'a>>, args: &[CallArg<'a>]) -> Shape {
        let replaced = matches!(name, "default" | "d");
        let missing = if replaced { Missing::Expected } else { Missing::Wrong };
        let of = expr.map_or(Shape::Any, |expr| self.expr(expr, missing));
        self.arguments(args);
        let range = self.range(name);
        self.signature("the filter", FILTERS, name, range, args);
        self.constants(name, 1, args);
        let places = texts(args);
        match (name, places.as_slice()) {
            ("attr", [Some(attribute)]) => {
                let (owner, range) = (expr, self.range(name));
                return owner.map_or(Shape::Any, |owner| self.part(&of, owner, attribute, range, missing));
            }
            ("map", [Some(filter), rest @ ..]) => {
                let rest = rest.len();
                self.named("the filter", FILTERS, filter, rest, args);
            }
            ("select" | "reject", [Some(test), rest @ ..]) => {
                let rest = rest.len();
                self.named("the test", TESTS, test, rest, args);
            }
            ("selectattr" | "rejectattr", [_, Some(test), rest @ ..]) => {
                let rest = rest.len();
                self.named("the test", TESTS, test, rest, args);
            }
            _ => {}
        }
        self.attribute(name, expr, &of, args);
        match name {
            _ if ITEMS.contains(&name) => of.item(),
            _ if LISTS.contains(&name) => of,
            _ if TEXTS.contains(&name) => Shape::TEXT,
            _ if gives_a_text(name) && !is_raw(args) => Shape::TEXT,
            _ if NUMBERS.contains(&name) || gives_a_number(name) => Shape::NUMBER,
            _ => Shape::Any,
        }
    }

    /// The attribute of a list's items that a filter looks at: `map(attribute='name')`, `selectattr('name')`.
    fn attribute(&mut self, filter: &str, expr: Option<&Expr<'a>>, of: &Shape, args: &[CallArg<'a>]) {
        let by_name = |wanted: &str| {
            args.iter().find_map(|arg| match arg {
                CallArg::Kwarg(name, Expr::Const(value)) if *name == wanted => Some(value),
                _ => None,
            })
        };
        let by_place = || match args.first() {
            Some(CallArg::Pos(Expr::Const(value))) => Some(value),
            _ => None,
        };
        let attribute = match filter {
            "map" if by_name("default").is_some() => None,
            "map" | "sort" | "min" | "max" | "unique" | "join" => by_name("attribute"),
            "sum" | "groupby" => by_name("attribute").or_else(by_place),
            "selectattr" | "rejectattr" => by_place(),
            _ => None,
        };
        let (Some(attribute), Shape::List(item), Some(owner)) = (attribute, of, expr) else { return };
        let Some(path) = attribute.value.as_str() else { return };
        let range = self.span(attribute);
        let mut of = (**item).clone();
        for name in path.split('.').filter(|name| name.parse::<usize>().is_err()) {
            of = self.part(&of, owner, name, range.clone(), Missing::Wrong);
        }
    }

    fn test(&mut self, name: &'a str, args: &[CallArg<'a>]) {
        self.arguments(args);
        let range = self.range(name);
        self.signature("the test", TESTS, name, range, args);
    }

    fn call(&mut self, callee: &Expr<'a>, kind: &CallType<'_, 'a>, args: &[CallArg<'a>]) -> Shape {
        let shapes = self.arguments(args);
        match kind {
            CallType::Function(name) => {
                let bound = self.bound.iter().any(|(bound, _)| bound == name);
                let range = self.range(name);
                if let Some(known) = find(CALLS, name).filter(|_| !bound) {
                    self.found.names.entry((*name).to_owned()).or_insert_with(|| range.clone());
                    self.refused("the function", known, range, args);
                    self.constants(name, 0, args);
                    return match *name {
                        "choice" => shapes.first().map_or(Shape::Any, Shape::item),
                        "sample" => shapes.into_iter().next().unwrap_or(Shape::Any),
                        "range" => Shape::NUMBER.list(),
                        "split" => Shape::TEXT.list(),
                        name if gives_a_number(name) => Shape::NUMBER,
                        name if gives_a_text(name) && !is_raw(args) => Shape::TEXT,
                        _ => Shape::Any,
                    };
                }
                self.found.called.push((*name).to_owned());
                let there = bound || (self.shape_of)(name).is_some();
                let message =
                    if there { format!("`{name}` is no function") } else { format!("unknown function `{name}`") };
                let help = match find(FILTERS, name) {
                    Some(_) => Some(format!("it is a filter: write `… | {name}`")),
                    None => did_you_mean(name, CALLS.iter().map(|call| call.name)),
                };
                self.flaw(range, message, help);
            }
            CallType::Method(owner, name) => {
                let of_loop = matches!(owner, Expr::Var(owner) if owner.id == "loop");
                self.expr(owner, Missing::Wrong);
                if !of_loop {
                    let range = self.range(name);
                    let help = match (find(FILTERS, name), *name) {
                        (Some(_), name) => format!("use the filter: `… | {name}`"),
                        (None, "get") => "write `….name | default(…)`".to_owned(),
                        (None, "startswith" | "starts_with") => "use the test: `… is startingwith(…)`".to_owned(),
                        (None, "endswith" | "ends_with") => "use the test: `… is endingwith(…)`".to_owned(),
                        _ => "values have no functions of their own: use a filter, such as `… | upper`".to_owned(),
                    };
                    self.flaw(range, format!("unknown function `{name}` of {}", shown(owner)), Some(help));
                }
            }
            CallType::Object(_) => drop(self.expr(callee, Missing::Wrong)),
        }
        Shape::Any
    }

    fn arguments(&mut self, args: &[CallArg<'a>]) -> Vec<Shape> {
        let shapes = args.iter().map(|arg| match arg {
            CallArg::Pos(expr) | CallArg::Kwarg(_, expr) | CallArg::PosSplat(expr) | CallArg::KwargSplat(expr) => {
                self.expr(expr, Missing::Wrong)
            }
        });
        shapes.collect()
    }

    fn signature(
        &mut self,
        what: &str,
        signatures: &'static [Signature],
        name: &str,
        range: Range<usize>,
        args: &[CallArg<'a>],
    ) {
        match find(signatures, name) {
            Some(known) => self.refused(what, known, range, args),
            None => self.unknown(what, signatures, name, range),
        }
    }

    fn refused(&mut self, what: &str, known: &Signature, range: Range<usize>, args: &[CallArg<'a>]) {
        let (mut places, mut names) = (0, Vec::new());
        for arg in args {
            match arg {
                CallArg::Pos(_) => places += 1,
                CallArg::Kwarg(name, _) => names.push(*name),
                // how many these are is not known
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => return,
            }
        }
        if let Some((message, help)) = known.refuses(what, places, &names) {
            self.flaw(range, message, Some(help));
        }
    }

    /// Reports arguments that are written in the plan and can never be right: `hmac('sha257', …)`.
    fn constants(&mut self, name: &str, first: usize, args: &[CallArg<'a>]) {
        let mut place = first;
        for arg in args {
            let (slot, expr) = match arg {
                CallArg::Pos(expr) => {
                    place += 1;
                    (Slot::Place(place - 1), expr)
                }
                CallArg::Kwarg(name, expr) => (Slot::Name(name), expr),
                // how many these are is not known
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => return,
            };
            let Expr::Const(constant) = expr else { continue };
            if let Some((message, help)) = refused(name, slot, &constant.value) {
                let range = self.span(constant);
                self.flaw(range, message, help);
            }
        }
    }

    fn unknown(&mut self, what: &str, signatures: &'static [Signature], name: &str, range: Range<usize>) {
        let what = what.trim_start_matches("the ");
        let help = match (name, what) {
            (_, "filter") if find(CALLS, name).is_some() => Some(format!("it is a function: write `{name}(…)`")),
            _ => did_you_mean(name, signatures.iter().map(|known| known.name)),
        };
        self.flaw(range, format!("unknown {what} `{name}`"), help);
    }

    /// A filter or test that is named by a text: `map('upper')`, `select('odd')`.
    fn named(&mut self, what: &str, signatures: &'static [Signature], name: &str, rest: usize, args: &[CallArg<'a>]) {
        let place = args.iter().find_map(|arg| match arg {
            CallArg::Pos(Expr::Const(value)) if value.value.as_str() == Some(name) => Some(value),
            _ => None,
        });
        let Some(place) = place else { return };
        let range = self.span(place);
        if signatures.iter().any(|known| known.name == name) {
            if let Some(known) = find(signatures, name)
                && let Some((message, help)) = known.refuses(what, rest, &[])
                && args.iter().all(|arg| matches!(arg, CallArg::Pos(_)))
            {
                self.flaw(range, message, Some(help));
            }
        } else if !(what == "the test" && SIGNS.contains(&name)) {
            self.unknown(what, signatures, name, range);
        }
    }
}

/// Whether a digest is to be bytes.
fn is_raw(args: &[CallArg]) -> bool {
    args.iter().any(|arg| matches!(arg, CallArg::Kwarg("encoding", _)))
}

/// The arguments by place that are texts; `None` for one that is not known yet.
fn texts(args: &[CallArg]) -> Vec<Option<String>> {
    let places = args.iter().filter_map(|arg| match arg {
        CallArg::Pos(Expr::Const(value)) => Some(value.value.as_str().map(str::to_owned)),
        CallArg::Pos(_) => Some(None),
        _ => None,
    });
    places.collect()
}

/// An expression in a message: a name with its parts, or what kind of thing it is.
fn shown(expr: &Expr) -> String {
    fn written(expr: &Expr) -> Option<String> {
        match expr {
            Expr::Var(name) => Some(name.id.to_owned()),
            Expr::GetAttr(attr) => Some(format!("{}.{}", written(&attr.expr)?, attr.name)),
            Expr::GetItem(item) => match &item.subscript_expr {
                Expr::Const(key) if key.value.is_integer() => Some(format!("{}[{}]", written(&item.expr)?, key.value)),
                Expr::Const(key) => Some(format!("{}['{}']", written(&item.expr)?, Value::as_str(&key.value)?)),
                _ => None,
            },
            Expr::Call(call) => match call.identify_call() {
                CallType::Function(name) => Some(format!("{name}(…)")),
                _ => None,
            },
            _ => None,
        }
    }
    written(expr).map_or_else(|| "this".to_owned(), |text| format!("`{text}`"))
}
