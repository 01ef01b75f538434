//! The services of the plans after k6's that go through the pages of a site.

use super::ask::{Ask, holds, same};
use super::memory::Memory;
use super::reply::{Answer, Reply};

pub fn page(_: &mut Memory, ask: &Ask) -> Answer {
    ask.header_is("accept-language", "en-GB,en;q=0.8")?;
    match ask.route() {
        ("GET", "/") => Reply::html(
            "<link rel=stylesheet data-src='/style.css'><link rel=icon data-src='/never.ico'><h1>Welcome</h1>\
             <img data-src=\"/images/logo.png?v=1&amp;s=2\">",
        )
        .ok(),
        ("GET", "/style.css") => {
            ask.header_is("sec-fetch-dest", "empty")?;
            Reply::text(200, "text/css", "a {}").with("cache-control", "public, max-age=60").ok()
        }
        ("GET", "/images/logo.png") => {
            ask.query_is(&[("v", "1"), ("s", "2")])?;
            Reply::text(200, "image/png", "png").with("cache-control", "max-age=60").ok()
        }
        _ => ask.unknown(),
    }
}

fn hidden(memory: &mut Memory) -> String {
    let number = memory.next("views");
    let (view, event) = (format!("/wEP{number}+a=="), format!("/wEd{number}&b"));
    memory.keep(&view, &event);
    format!(
        "<form><input type=hidden id=__VIEWSTATE value='{view}'><input type=hidden id=__EVENTVALIDATION value='{}'></form>",
        event.replace('&', "&amp;")
    )
}

pub fn viewstate(memory: &mut Memory, ask: &Ask) -> Answer {
    ask.header_is("user-agent", "Mozilla/5.0 (X11; Linux x86_64)")?;
    match ask.route() {
        ("GET", "/") => {
            Reply::html(r#"<script src="/a.js"></script><script src="/b.js?v=wBE"></script><img src="/c.jpg">"#).ok()
        }
        ("GET", "/a.js" | "/b.js" | "/c.jpg") => Reply::page().ok(),
        ("GET", "/Pages/Booking.aspx") => Reply::html(hidden(memory)).ok(),
        ("POST", "/Pages/Booking") => {
            let view = ask.field("__VIEWSTATE")?;
            same("the validation", ask.field("__EVENTVALIDATION")?, memory.take(&view)?)?;
            same("fields", ask.form()?.len(), 6)?;
            same("the departure", ask.field("ctl00$MainContent$ddlDeparture")?, "1")?;
            let destination = ask.field("ctl00$MainContent$ddlDestination")?;
            let target = ask.field("__EVENTTARGET")?;
            match target.strip_prefix("ctl00$MainContent$") {
                Some("ddlDeparture") => same("the destination", destination, "- Select -")?,
                Some("ddlDestination") => same("the destination", destination, "3")?,
                Some("search") => {
                    same("the destination", destination, "3")?;
                    ask.header_is("x-microsoftajax", "Delta=true")?;
                    ask.kind_is("application/x-www-form-urlencoded; charset=UTF-8")?;
                    let row = "<tr class=flight><td>x</td></tr>";
                    // the last view is over
                    return Reply::html(format!(
                        "<table id=flights>{row}<tr class=ad></tr>{row}</table>{}",
                        hidden(memory)
                    ))
                    .ok();
                }
                _ => return Err(format!("nothing happens by {target}")),
            }
            Reply::html(hidden(memory)).ok()
        }
        ("GET", "/Pages/Flights.aspx") => {
            let count = ask.parameter("count")?;
            holds(count == "2" || count == "2.0", format!("{count} flights"))?;
            Reply::page().ok()
        }
        _ => ask.unknown(),
    }
}
