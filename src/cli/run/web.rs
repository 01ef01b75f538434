use tokio::sync::mpsc::UnboundedSender;

use super::args::RunArgs;
use super::command::{Stopped, misfit, refuse};
use crate::cli::terminal::talk;
use crate::live::{Reach, WebHands, WebView, listen, reach};
use crate::run::{Job, Misfit, Steerable, Wish};

/// Starts to show the run in browsers, where that was asked for, and says where. Else nothing listens.
///
/// # Errors
/// An address that is not to be listened on, or cannot be.
pub(super) fn web_view(args: &RunArgs, job: &Job, wishes: &UnboundedSender<Wish>) -> Result<Option<WebView>, Stopped> {
    let Some(address) = args.web.map(crate::live::WebAddress::get) else { return Ok(None) };
    let reach = reach(address);
    if reach == Reach::Anywhere && !args.web_allow_remote {
        return Err(misfit(Misfit {
            why: format!("`--web={address}` would listen where other machines can reach it"),
            help: "give `--web-allow-remote` as well, or an address of this machine, such as `--web=127.0.0.1:8089`"
                .to_owned(),
        }));
    }
    if reach == Reach::Anywhere {
        talk("warning: other machines can reach the web view, and what it says is not encrypted\n");
    }
    let hands = WebHands {
        steerable: Steerable::of(&job.program, job.options.shard),
        wishes: wishes.clone(),
        secrets: job.program.secrets.clone(),
    };
    let view = listen(address).and_then(|listener| WebView::start(listener, reach, hands));
    let view = view.map_err(|error| {
        let help = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens there: choose another with `--web=ADDR`",
            std::io::ErrorKind::PermissionDenied => "ports below 1024 are the system's: choose one above",
            _ => "choose another with `--web=ADDR`; `--web` alone takes a free port of this machine",
        };
        refuse(&format!("the web view cannot listen on {address}: {error}"), help)
    })?;
    talk(&format!("web view: {}\n", view.url()));
    Ok(Some(view))
}
