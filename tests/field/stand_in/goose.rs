//! The service of the plan after Goose's: a site with members who write comments.

use super::ask::{Ask, holds, same};
use super::memory::Memory;
use super::reply::{Answer, Reply};

pub fn drupal(memory: &mut Memory, ask: &Ask) -> Answer {
    let segments = ask.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let number = |text: &str, of: std::ops::RangeInclusive<u32>| {
        holds(text.parse().is_ok_and(|number| of.contains(&number)), format!("there is no {text}"))
    };
    let session = ask.cookie("SESS").unwrap_or_default().to_owned();
    let is_member = memory.has(&format!("member {session}"));
    match (ask.method.as_str(), &segments[..]) {
        ("GET", [""]) => Reply::html(
            r#"<script src="/misc/jquery.js?v=1.4"></script><img src="/sites/a.png"><img src="/themes/logo.png">"#,
        )
        .ok(),
        ("GET", ["misc", "jquery.js"]) => {
            ask.query_is(&[("v", "1.4")])?;
            Reply::page().ok()
        }
        ("GET", ["themes", "logo.png"]) => Reply::page().ok(),
        ("GET", ["node", id]) => {
            number(id, 1..=10_000)?;
            let build = format!("form-{}", memory.next("forms"));
            let token =
                if is_member { format!("<input name=form_token value=token-of-{session}>") } else { String::new() };
            memory.keep(&build, *id);
            let field = format!("<input type='hidden' name=\"form_build_id\" value='{build}' />");
            Reply::html(format!("<form id=comment-form>{field}{token}</form>")).ok()
        }
        ("GET", ["user"]) => {
            let build = format!("form-{}", memory.next("forms"));
            memory.keep(&build, "login");
            let forms = format!(
                "<form id=search><input name=form_build_id value=wrong></form><form id=user-login><input name=form_build_id value={build}></form>"
            );
            Reply::html(forms).with("set-cookie", format!("SESS=guest-{build}; path=/")).ok()
        }
        ("POST", ["user"]) => {
            same("the form", memory.take(&ask.field("form_build_id")?)?, "login")?;
            let name = ask.field("name")?;
            number(name.strip_prefix("user").unwrap_or_default(), 1..=5)?;
            same("the password", ask.field("pass")?, "12345-drupal")?;
            same("the form's name", ask.field("form_id")?, "user_login")?;
            same("the button", ask.field("op")?, "Log in")?;
            holds(session.starts_with("guest-"), "the cookie of the form did not come back")?;
            memory.keep(format!("member {name}"), "");
            Reply::redirect(302, format!("/users/{name}"))
                .with("set-cookie", format!("SESS={name}; path=/; HttpOnly"))
                .ok()
        }
        ("GET", ["users", name]) => {
            same("who it is", session.as_str(), *name)?;
            Reply::html("<a href=/logout>Log out</a>").ok()
        }
        ("GET", ["user", id]) => {
            number(id, 2..=5001)?;
            Reply::page().ok()
        }
        ("POST", ["comment", "reply", id]) => {
            holds(is_member, "only members write comments")?;
            same("the form's node", memory.take(&ask.field("form_build_id")?)?.as_str(), *id)?;
            same("the token", ask.field("form_token")?, format!("token-of-{session}"))?;
            same("the format", ask.field("comment_body[und][0][format]")?, "filtered_html")?;
            same("the form's name", ask.field("form_id")?, "comment_node_page_form")?;
            same("fields", ask.form()?.len(), 7)?;
            Reply::html(format!("<p>{}</p>", ask.field("comment_body[und][0][value]")?)).ok()
        }
        _ => ask.unknown(),
    }
}
