/// What a filter, test or function may be given.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// Its name.
    pub name: &'static str,
    /// The fewest arguments it needs; the value that is filtered or tested is none of them.
    pub(super) least: usize,
    /// The most it takes by place.
    pub(super) most: usize,
    /// Those it takes by name.
    pub(super) named: Named,
}

/// Which arguments may be given by name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named {
    These(&'static [&'static str]),
    Any,
}

const ANY: usize = usize::MAX;

const fn takes(name: &'static str, least: usize, most: usize, named: &'static [&'static str]) -> Signature {
    Signature { name, least, most, named: Named::These(named) }
}

const fn takes_any(name: &'static str, least: usize, most: usize) -> Signature {
    Signature { name, least, most, named: Named::Any }
}

/// The filters a plan may use. A test holds the list to what there is.
pub const FILTERS: &[Signature] = &[
    takes("abs", 0, 0, &[]),
    takes("attr", 1, 1, &[]),
    takes("b64decode", 0, 0, &[]),
    takes("b64encode", 0, 0, &[]),
    takes("b64url", 0, 0, &[]),
    takes("batch", 1, 2, &[]),
    takes("bool", 0, 0, &[]),
    takes("capitalize", 0, 0, &[]),
    takes("chain", 0, ANY, &[]),
    takes("count", 0, 0, &[]),
    takes("d", 0, 2, &[]),
    takes("date", 0, 0, &["format", "zone", "unit"]),
    takes("default", 0, 2, &[]),
    takes("dictsort", 0, 0, &["by", "case_sensitive", "reverse"]),
    takes("e", 0, 0, &[]),
    takes("epoch", 0, 0, &[]),
    takes("epoch_ms", 0, 0, &[]),
    takes("escape", 0, 0, &[]),
    takes("first", 0, 0, &[]),
    takes("float", 0, 1, &["default"]),
    takes_any("format", 0, ANY),
    takes("from_json", 0, 0, &[]),
    takes("groupby", 0, 1, &["attribute", "default", "case_sensitive"]),
    takes("html_unescape", 0, 0, &[]),
    takes("indent", 0, 3, &["width", "first", "blank"]),
    takes("int", 0, 2, &["default", "base"]),
    takes("items", 0, 0, &[]),
    takes("join", 0, 2, &["d", "attribute"]),
    takes("jsonpath", 1, 1, &["all"]),
    takes("jwt_claims", 0, 0, &[]),
    takes("last", 0, 0, &[]),
    takes("length", 0, 0, &[]),
    takes("lines", 0, 0, &[]),
    takes("list", 0, 0, &[]),
    takes("lower", 0, 0, &[]),
    takes_any("map", 0, ANY),
    takes("max", 0, 0, &["case_sensitive", "attribute"]),
    takes("md5", 0, 0, &["encoding"]),
    takes("min", 0, 0, &["case_sensitive", "attribute"]),
    takes("pprint", 0, 0, &[]),
    takes("raw", 0, 0, &[]),
    takes("regex_find", 1, 1, &["group"]),
    takes("regex_findall", 1, 1, &["group"]),
    takes("regex_replace", 2, 2, &["count"]),
    takes_any("reject", 0, ANY),
    takes_any("rejectattr", 1, ANY),
    takes("replace", 2, 3, &["count"]),
    takes("reverse", 0, 0, &[]),
    takes("round", 0, 2, &["precision", "method"]),
    takes("safe", 0, 0, &[]),
    takes_any("select", 0, ANY),
    takes_any("selectattr", 1, ANY),
    takes("sha1", 0, 0, &["encoding"]),
    takes("sha256", 0, 0, &["encoding"]),
    takes("sha384", 0, 0, &["encoding"]),
    takes("sha512", 0, 0, &["encoding"]),
    takes("slice", 1, 2, &[]),
    takes("sort", 0, 0, &["case_sensitive", "reverse", "attribute"]),
    takes("split", 0, 2, &[]),
    takes("strftime", 1, 1, &["zone"]),
    takes("string", 0, 0, &[]),
    takes("sum", 0, 2, &["attribute", "start"]),
    takes("title", 0, 0, &[]),
    takes("to_json", 0, 0, &[]),
    takes("tojson", 0, 1, &["indent"]),
    takes("trim", 0, 1, &[]),
    takes("unique", 0, 0, &["case_sensitive", "attribute"]),
    takes("upper", 0, 0, &[]),
    takes("urldecode", 0, 0, &["plus"]),
    takes("urlencode", 0, 0, &["safe"]),
    takes("zip", 0, ANY, &[]),
];

/// The tests a plan may use: `x is defined`. A test holds the list to what there is.
pub const TESTS: &[Signature] = &[
    takes("boolean", 0, 0, &[]),
    takes("defined", 0, 0, &[]),
    takes("divisibleby", 1, 1, &[]),
    takes("endingwith", 1, 1, &[]),
    takes("eq", 1, 1, &[]),
    takes("equalto", 1, 1, &[]),
    takes("escaped", 0, 0, &[]),
    takes("even", 0, 0, &[]),
    takes("false", 0, 0, &[]),
    takes("filter", 0, 0, &[]),
    takes("float", 0, 0, &[]),
    takes("ge", 1, 1, &[]),
    takes("greaterthan", 1, 1, &[]),
    takes("gt", 1, 1, &[]),
    takes("in", 1, 1, &[]),
    takes("int", 0, 0, &[]),
    takes("integer", 0, 0, &[]),
    takes("iterable", 0, 0, &[]),
    takes("le", 1, 1, &[]),
    takes("lessthan", 1, 1, &[]),
    takes("lower", 0, 0, &[]),
    takes("lt", 1, 1, &[]),
    takes("mapping", 0, 0, &[]),
    takes("ne", 1, 1, &[]),
    takes("none", 0, 0, &[]),
    takes("number", 0, 0, &[]),
    takes("odd", 0, 0, &[]),
    takes("safe", 0, 0, &[]),
    takes("sameas", 1, 1, &[]),
    takes("sequence", 0, 0, &[]),
    takes("startingwith", 1, 1, &[]),
    takes("string", 0, 0, &[]),
    takes("test", 0, 0, &[]),
    takes("true", 0, 0, &[]),
    takes("undefined", 0, 0, &[]),
    takes("upper", 0, 0, &[]),
];

/// Tests that are signs, which only `select` and its like can name.
pub(super) const SIGNS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// What the functions take: the plan's own, and those the language brings.
pub(super) const CALLS: &[Signature] = &[
    takes("choice", 1, 1, &[]),
    takes("sample", 2, 2, &[]),
    takes("random_int", 2, 2, &[]),
    takes("random_float", 2, 2, &[]),
    takes("random_string", 1, 1, &[]),
    takes("uuid", 0, 0, &[]),
    takes("now", 0, 0, &["zone"]),
    takes("date", 1, 1, &["format", "zone", "unit"]),
    takes("strftime", 2, 2, &["zone"]),
    takes("epoch", 1, 1, &[]),
    takes("epoch_ms", 1, 1, &[]),
    takes("now_ms", 0, 0, &[]),
    takes("b64decode", 1, 1, &[]),
    takes("b64encode", 1, 1, &[]),
    takes("b64url", 1, 1, &[]),
    takes("from_json", 1, 1, &[]),
    takes("html_unescape", 1, 1, &[]),
    takes("jsonpath", 2, 2, &["all"]),
    takes("jwt_claims", 1, 1, &[]),
    takes("md5", 1, 1, &["encoding"]),
    takes("regex_find", 2, 2, &["group"]),
    takes("regex_findall", 2, 2, &["group"]),
    takes("regex_replace", 3, 3, &["count"]),
    takes("sha1", 1, 1, &["encoding"]),
    takes("sha256", 1, 1, &["encoding"]),
    takes("sha384", 1, 1, &["encoding"]),
    takes("sha512", 1, 1, &["encoding"]),
    takes("to_json", 1, 1, &[]),
    takes("urldecode", 1, 1, &["plus"]),
    takes("urlencode", 1, 1, &["safe"]),
    takes("weighted_choice", 1, 2, &[]),
    takes("random_normal", 2, 2, &["min", "max"]),
    takes("zipf", 1, 2, &[]),
    takes("fake", 1, 2, &[]),
    takes("sequence", 1, 1, &[]),
    takes("file", 1, 1, &[]),
    takes("hmac", 3, 3, &["encoding"]),
    takes("jwt", 2, 2, &["algorithm", "header"]),
    takes("split", 1, 2, &[]),
    takes("range", 1, 3, &[]),
    takes_any("dict", 0, 1),
    takes_any("debug", 0, ANY),
    takes_any("namespace", 0, 1),
];

/// The one of that name.
pub(super) fn find(signatures: &'static [Signature], name: &str) -> Option<&'static Signature> {
    signatures.iter().find(|signature| signature.name == name)
}

impl Signature {
    /// What is wrong with so many arguments by place and these by name; `None` where nothing is.
    pub(super) fn refuses(&self, what: &str, places: usize, names: &[&str]) -> Option<(String, String)> {
        let name = self.name;
        let Self { least, most, .. } = *self;
        if let Named::These(known) = self.named
            && let Some(unknown) = names.iter().find(|given| !known.contains(given))
        {
            let help = match known {
                [] => format!("{what} `{name}` takes no arguments by name"),
                _ => {
                    let listed: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                    let verb = if known.len() == 1 { "there is" } else { "there are" };
                    crate::diagnostic::nearest(unknown, known.iter().copied()).map_or_else(
                        || format!("{verb} {}", listed.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    )
                }
            };
            return Some((format!("{what} `{name}` has no argument `{unknown}`"), help));
        }
        let given = places + names.len();
        let listed = match (least, most) {
            (0, 0) => "takes no arguments".to_owned(),
            (least, ANY) => format!("takes at least {}", counted(least)),
            (least, most) if least == most => format!("takes {}", counted(least)),
            (0, most) => format!("takes at most {}", counted(most)),
            (least, most) => format!("takes {least} to {}", counted(most)),
        };
        // what is missing by place may stand by its name
        let wrong = places > most || given < least;
        wrong.then(|| (format!("{what} `{name}` {listed}, and here are {given}"), help_of(what, self)))
    }
}

fn counted(count: usize) -> String {
    format!("{count} argument{}", if count == 1 { "" } else { "s" })
}

fn help_of(what: &str, signature: &Signature) -> String {
    let name = signature.name;
    let dots = |count: usize| vec!["…"; count].join(", ");
    match what {
        "the filter" if signature.most == 0 => format!("write `… | {name}`"),
        "the filter" => format!("write `… | {name}({})`", dots(signature.least.max(1))),
        "the test" if signature.most == 0 => format!("write `… is {name}`"),
        "the test" => format!("write `… is {name}({})`", dots(signature.least)),
        _ => super::functions::FUNCTIONS.iter().find(|(known, ..)| *known == name).map_or_else(
            || format!("write `{name}({})`", dots(signature.least)),
            |(_, given, what)| format!("write `{name}({given})`: {what}"),
        ),
    }
}
