//! The service of the plan after Gatling's simulation: a database of computers.

use super::ask::{Ask, holds};
use super::memory::Memory;
use super::reply::{Answer, Reply};

pub fn computers(memory: &mut Memory, ask: &Ask) -> Answer {
    ask.header_is("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")?;
    ask.header_is("dnt", "1")?;
    ask.header_is("accept-language", "en-US,en;q=0.5")?;
    match ask.route() {
        ("GET", "/") => Reply::page().ok(),
        ("GET", "/computers") => match ask.query().first().map(|(name, value)| (name.as_str(), value.as_str())) {
            Some(("f", "Macbook")) => {
                Reply::html("<a href=/other>Air</a><a href='/computers/517'>MacBook Pro</a>").ok()
            }
            Some(("f", "eee")) => Reply::html("<a href=/computers/34>ASUS Eee PC 1005PE</a>").ok(),
            Some(("p", "0" | "1" | "2" | "3")) => Reply::page().ok(),
            _ => ask.unknown(),
        },
        ("GET", "/computers/517" | "/computers/34" | "/computers/new") => Reply::page().ok(),
        ("POST", "/computers") => {
            let wanted =
                [("name", "Beautiful Computer"), ("introduced", "2012-05-30"), ("discontinued", ""), ("company", "37")];
            ask.form_is(&wanted)?;
            // each second try succeeds
            Reply::empty(if memory.next("tries").is_multiple_of(2) { 201 } else { 500 }).ok()
        }
        _ => ask.unknown(),
    }
}

/// Something was tried again.
pub fn tried_again(memory: &Memory) -> Result<(), String> {
    holds(memory.number("tries") >= 2, "nothing was tried again")
}
