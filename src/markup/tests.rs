use super::*;

const PAGE: &str = r#"<!DOCTYPE html>
<html><head><title>Log in &amp; go</title><script>if (a < b) { "<input name=_csrf value=wrong>" }</script>
<meta name="csrf-token" content="m-1"></head>
<body class="page dark">
<!-- <input name="_csrf" value="commented"> -->
<form id=login action="/login?a=1&amp;b=2" METHOD=post>
  <input type=hidden name="_csrf" value="t0k&quot;en">
  <input name=user disabled>
  <select name=s><option value=1>one<option value=2 selected>two</select>
</form>
<ul class="items"><li>first<li class="it em">second <b>bold</b><li data-id='7'>third</ul>
<table><tr><td>a<td>b<tr><td>c</table>
<p>one<p>two<div>three</div>
<a href=/next/page>next</a> 1 < 2 &eacute;
</body></html>"#;

const SOAP: &str = r#"<?xml version="1.0"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
  <m:Items xmlns:m="urn:m" total="3">
    <m:Item id="7"><m:Name>anchor</m:Name><m:Price currency="EUR"> 12.50 </m:Price></m:Item>
    <m:Item id="9"><m:Name><![CDATA[bell & <rope>]]></m:Name><m:Price currency="USD">3</m:Price></m:Item>
    <m:Item id="11"><m:Name>chart&#33;</m:Name><m:Price currency="EUR">7</m:Price></m:Item>
  </m:Items>
</soap:Body></soap:Envelope>"#;

fn html(text: &str) -> Document {
    Document::read("text/html", text.as_bytes()).unwrap()
}

fn css(selector: &str) -> Vec<String> {
    Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error:?}")).all(&html(PAGE), None).unwrap()
}

#[test]
fn a_selector_finds_what_a_browser_finds() {
    for (selector, attribute, found) in [
        ("input[name=\"_csrf\"]", "value", &["t0k\"en"][..]),
        ("#login > input", "name", &["_csrf", "user"]),
        ("form input[type='hidden']", "value", &["t0k\"en"]),
        ("meta[name=csrf-token]", "content", &["m-1"]),
        ("FORM", "ACTION", &["/login?a=1&b=2"]),
        ("a[href^='/next'][href$=page][href*=xt]", "href", &["/next/page"]),
        ("[data-id]", "data-id", &["7"]),
        ("[NAME=USER i]", "name", &["user"]),
        ("option:checked, option[selected]", "value", &["2"]),
        ("input:disabled", "name", &["user"]),
    ] {
        let found_here = Selector::parse(selector).unwrap().all(&html(PAGE), Some(attribute)).unwrap();
        assert_eq!(found_here, found, "{selector}");
    }
    for (selector, found) in [
        ("title", &["Log in & go"][..]),
        ("li", &["first", "second bold", "third"]),
        ("li.it.em", &["second bold"]),
        ("ul.items li:first-child, ul.items li:last-child", &["first", "third"]),
        ("li:nth-child(2)", &["second bold"]),
        ("li:nth-child(odd)", &["first", "third"]),
        ("li:nth-child(-n+2)", &["first", "second bold"]),
        ("li:nth-last-child(1)", &["third"]),
        ("li:not(.it):not([data-id])", &["first"]),
        ("li:has(b)", &["second bold"]),
        ("li:contains('thi')", &["third"]),
        ("li:is(.it, [data-id])", &["second bold", "third"]),
        ("li + li", &["second bold", "third"]),
        ("li ~ li.it", &["second bold"]),
        ("td", &["a", "b", "c"]),
        ("tr:nth-of-type(2) td", &["c"]),
        ("p", &["one", "two"]),
        ("p + div", &["three"]),
        ("option", &["one", "two"]),
        ("body.dark ul b", &["bold"]),
        (".missing", &[]),
        ("html:root > body b:only-child", &["bold"]),
    ] {
        assert_eq!(css(selector), found, "{selector}");
    }
}

#[test]
fn what_is_no_selector_is_refused_with_its_place() {
    for (selector, at) in [
        ("", ""),
        ("a >", ""),
        ("a >> b", ">"),
        ("a[b", ""),
        ("a[b=]", "]"),
        ("a[b='c]", "'c]"),
        ("a:hover", "hover"),
        ("a:nth-child(x)", "x"),
        ("a,,b", ","),
        ("a)", ")"),
        ("//a", "/"),
    ] {
        let (message, range) = Selector::parse(selector).unwrap_err();
        assert!(at.is_empty() || selector[range.clone()] == *at, "{selector}: {message} {range:?}");
    }
    assert!(Selector::parse(&":not(".repeat(100)).is_err());
    assert!(Selector::parse(&"a ".repeat(2000)).is_err());
}

fn xpath(path: &str, text: &str) -> Found {
    let document =
        Document::read(if text.starts_with("<?xml") { "text/xml" } else { "text/html" }, text.as_bytes()).unwrap();
    XPath::parse(path).unwrap_or_else(|error| panic!("{path}: {error:?}")).all(&document).unwrap()
}

#[test]
fn a_path_finds_what_xpath_says() {
    let texts = |texts: &[&str]| Found::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
    for (path, found) in [
        ("//m:Name", texts(&["anchor", "bell & <rope>", "chart!"])),
        ("//Name", texts(&["anchor", "bell & <rope>", "chart!"])),
        ("/Envelope/Body/Items/@total", texts(&["3"])),
        ("/soap:Envelope/soap:Body/m:Items/m:Item[2]/m:Name", texts(&["bell & <rope>"])),
        ("//Item[@id='9']/Price", texts(&["3"])),
        ("//Item[Name='anchor']/Price", texts(&["12.50"])),
        ("//Item[Price > 5]/@id", texts(&["7", "11"])),
        ("//Item[last()]/@id", texts(&["11"])),
        ("//Item[position() < 3][2]/@id", texts(&["9"])),
        ("(//Item/@id)[2]", texts(&["9"])),
        ("//Price[@currency='EUR' and . < 10]", texts(&["7"])),
        ("//Item[not(Price/@currency = 'EUR')]/Name", texts(&["bell & <rope>"])),
        ("//Item[contains(Name, 'art') or starts-with(Name, 'anch')]/@id", texts(&["7", "11"])),
        ("//Name[text()='anchor']/../@id", texts(&["7"])),
        (
            "//Item[@id='9']/following-sibling::Item/Name | //Item[@id='9']/preceding-sibling::m:Item/Name",
            texts(&["anchor", "chart!"]),
        ),
        ("//Name[. = 'anchor']/ancestor::Items/@total", texts(&["3"])),
        ("//m:*[@total]/@total", texts(&["3"])),
        ("//Item/*[1]", texts(&["anchor", "bell & <rope>", "chart!"])),
        ("//x:Name", texts(&[])),
        ("count(//Item)", Found::Number(3.0)),
        ("sum(//Item[Price/@currency='EUR']/Price)", Found::Number(19.5)),
        ("count(//Item) * 2 - 1", Found::Number(5.0)),
        ("7 mod 4 + 6 div 4", Found::Number(4.5)),
        ("- -2", Found::Number(2.0)),
        ("string(//Item[1]/@id)", Found::Text("7".into())),
        ("concat(//Item[1]/Name, '-', count(//Item))", Found::Text("anchor-3".into())),
        ("normalize-space(//Item[1]/Price)", Found::Text("12.50".into())),
        ("substring-after(substring-before('a=b;c', ';'), '=')", Found::Text("b".into())),
        ("substring('12345', 2, 3)", Found::Text("234".into())),
        ("translate('bar', 'abc', 'AB')", Found::Text("BAr".into())),
        ("name(//Item[1])", Found::Text("m:Item".into())),
        ("local-name(//*[@id='7'])", Found::Text("Item".into())),
        ("boolean(//Nothing)", Found::Truth(false)),
        ("//Item/@id = '9'", Found::Truth(true)),
        ("string-length('é') = 1 and round(2.5) = 3 and floor(-1.5) = -2", Found::Truth(true)),
    ] {
        assert_eq!(xpath(path, SOAP), found, "{path}");
    }
    for (path, found) in [
        ("//input[@name='_csrf']/@value", texts(&["t0k\"en"])),
        ("//LI[2]", texts(&["second bold"])),
        ("//li[contains(@class, 'it')]/b/text()", texts(&["bold"])),
        ("id", texts(&[])),
        ("//title", texts(&["Log in & go"])),
    ] {
        assert_eq!(xpath(path, PAGE), found, "{path}");
    }
}

#[test]
fn what_is_no_path_is_refused_with_its_place() {
    for (path, at) in [
        ("", ""),
        ("//", ""),
        ("//a[", ""),
        ("//a]", "]"),
        ("//a[@b='c]", "'c]"),
        ("a b", "b"),
        ("//a/bold()", "("),
        ("matches(a, 'b')", "matches"),
        ("contains(a)", "contains"),
        ("sideways::a", "sideways"),
        ("$x", "$"),
        ("a#b", "#"),
    ] {
        let (message, range, _) = XPath::parse(path).unwrap_err();
        assert!(at.is_empty() || path[range.clone()] == *at, "{path}: {message} {range:?}");
    }
    for path in ["(".repeat(1000), "a[".repeat(500), "-".repeat(1000), "a|".repeat(900), "not(".repeat(400)] {
        assert!(XPath::parse(&path).is_err(), "{path}");
    }
    assert!(XPath::parse(&format!("{}1", "-".repeat(1000))).is_ok());
    assert!(XPath::parse(&format!("{}b", "a/".repeat(900))).is_ok());
}

#[test]
fn what_is_no_xml_says_so_and_html_is_whatever_comes() {
    for text in [
        "<?xml version='1.0'?><a><b></a>",
        "<?xml version='1.0'?><a>",
        "<?xml version='1.0'?>",
        "<?xml version='1.0'?><a b=c/>",
        "<?xml version='1.0'?><",
    ] {
        assert!(matches!(Document::read("", text.as_bytes()), Err(NotRead::Malformed(_))), "{text}");
    }
    let xml = |text: &str| Document::read("application/soap+xml; charset=utf-8", text.as_bytes());
    assert_eq!(xml(&"<a>".repeat(600)).unwrap_err(), NotRead::TooDeep);
    // an entity of the document's own stays as it is written, and so nothing grows
    let bomb = "<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><l>&b;&amp;</l>";
    assert_eq!(XPath::parse("string(/l)").unwrap().first(&xml(bomb).unwrap()), Ok(Found::Text("&b;&".into())));
    for text in [
        "",
        "<",
        "</",
        "<a",
        "<a b",
        "<a b=",
        "<a b='",
        "<!--",
        "<!",
        "<?",
        "</a",
        "<script>",
        "<a/b/c>",
        "<\u{0}>",
        "&",
        "&#x110000;&#0;",
        "<a =b>",
        "<ä>",
    ] {
        html(text);
        drop(xml(text));
    }
}

/// Each of these would take hours, or all memory, were it not bounded.
#[test]
fn a_hostile_document_comes_to_an_end() {
    let size = 128 << 10;
    let filled = |part: &str| part.repeat(size / part.len());
    for text in [
        filled("<div>"),
        filled("<p>"),
        filled("</x>"),
        filled("<a b c d=e f>"),
        format!("<a {}>", filled("b ")),
        format!("<x>{}", filled("</")),
        format!("<script>{}", filled("</scrip")),
        filled("<!--"),
        filled("&amp"),
        filled("<li><ul>"),
        format!("<p>{}{}", "<x>".repeat(400), filled("<div></div>")),
        format!("{}{}", "<x>".repeat(500), "y".repeat(size)),
        filled("<b><i></b>"),
    ] {
        let Ok(document) = Document::read("text/html", text.as_bytes()) else { continue };
        for selector in ["*", "div div div x", "x ~ x ~ x y", ":has(:has(q))", ":nth-of-type(2):contains('q')"] {
            drop(Selector::parse(selector).unwrap().all(&document, None));
        }
        for path in [
            "//*//*//*//*",
            "//*[//*[//*]]",
            "count(//*/following::*)",
            "//*[. = //*]",
            "//*[count(ancestor::*) > 900]",
        ] {
            if let Ok(path) = XPath::parse(path) {
                drop(path.all(&document));
            }
        }
    }
    for text in [filled("<a>"), filled("<a/>"), format!("<a {}/>", filled("b='c' ")), format!("<a>{}", filled("&x;"))] {
        drop(Document::read("text/xml", text.as_bytes()));
    }
}

#[test]
fn whatever_the_letters_nothing_panics() {
    let parts = [
        "<", ">", "</", "a", "=", "'", "\"", "&", ";", "#x41", "/", " ", "é", "!--", "-->", "script", "[", "]", "(",
        ")", "::", ":", "@", "*", "n", "2", ".", ",", "|", "td", "li",
    ];
    let mut state = 7_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..20_000 {
        let text: String = (0..next(24)).map(|_| parts[next(parts.len())]).collect();
        let document = html(&text);
        drop(Document::read("text/xml", text.as_bytes()));
        let other: String = (0..next(12)).map(|_| parts[next(parts.len())]).collect();
        if let Ok(selector) = Selector::parse(&other) {
            drop(selector.all(&document, Some("a")));
            drop(selector.first(&document, None));
        }
        match XPath::parse(&other) {
            Ok(path) => drop(path.all(&document)),
            Err((_, range, _)) => assert!(other.get(range).is_some(), "{other}"),
        }
    }
}
