use super::call::{CallEnd, Caller, Request, sample};
use super::destination::{Barred, Destination, Leaving};
use super::redirect::{Redirect, redirect};
use super::secrets::Heard;
use super::service_clients::ServiceClients;
use super::stop::Phase;
use super::worker_context::SeriesIds;
use crate::compile::Endpoint;
use crate::http::{Ending, Exchange, Origin, Outgoing};
use crate::sample::{FailureKind, Outcome};
use crate::units::Offset;

impl Caller<'_> {
    /// Makes a call that may be redirected: each redirect that is followed is counted as a request of its own.
    pub(super) async fn follow(
        &self,
        clients: &mut ServiceClients,
        mut request: Request<'_>,
        (mut to, mut outgoing): (Destination, Outgoing),
    ) -> CallEnd {
        let endpoint = request.endpoint;
        let mut followed = 0;
        loop {
            let trace = self.trace(endpoint, &to, &outgoing);
            let client = clients.to(&to, &self.context.transports);
            let exchange = client.exchange(&outgoing, self.stop.reached(Phase::Cutting)).await;
            self.keep_cookies(&to, &outgoing, &exchange);
            let next = match &exchange.ending {
                Ending::Answer(answer) => {
                    let origin = to.origin(&self.context.program).as_str();
                    redirect(answer.status, answer.headers.map(), origin, &outgoing)
                }
                Ending::Failed(_) | Ending::Cut => Redirect::None,
            };
            let next = match next {
                Redirect::None => return self.finish(&request, exchange, trace),
                Redirect::Elsewhere(place) => Err(format!("redirected to `{place}`, which is not the plan's target")),
                Redirect::Unreadable(why) => Err(why),
                Redirect::Follow(_) | Redirect::Away(_) if followed >= endpoint.redirects => {
                    Err(format!("redirected more than {followed} times"))
                }
                Redirect::Follow(next) => Ok((to.clone(), *next)),
                Redirect::Away(next) => self.away(endpoint, *next),
            };
            let failure = match next {
                Err(failure) => failure,
                Ok((place, next)) => {
                    request.due = self.record_redirect(&request, &exchange, None);
                    if let (Some(observer), Some(trace)) = (&self.context.observer, trace) {
                        self.context.secrets.flush();
                        observer(&trace.redirected(exchange));
                    }
                    if self.stop.phase() >= Phase::Cutting {
                        return CallEnd::stopped(request.due);
                    }
                    followed += 1;
                    self.context.tally.borrow_mut().start();
                    (to, outgoing) = (place, next);
                    if outgoing.method == ::http::Method::GET {
                        request.ids.endpoint = endpoint.redirected;
                    }
                    outgoing.headers.own().remove(::http::header::COOKIE);
                    self.add_cookies(&to, &mut outgoing);
                    continue;
                }
            };
            let ended = self.record_redirect(&request, &exchange, Some(&failure));
            if let (Some(observer), Some(trace)) = (&self.context.observer, trace) {
                self.context.secrets.flush();
                observer(&trace.failed(exchange, &failure));
            }
            return CallEnd::failed(FailureKind::Check, ended);
        }
    }

    /// The request that a redirect to another origin asks for, where the endpoint allows that.
    fn away(&self, endpoint: &Endpoint, (origin, next): (Origin, Outgoing)) -> Result<(Destination, Outgoing), String> {
        let mut next = next;
        let to = Destination::of(self.context, endpoint, &origin);
        let to = to.map_err(|barred| match barred {
            Barred::NotAllowed => format!(
                "redirected to `{origin}`, which is not the plan's target, and not one of the endpoint's `hosts`"
            ),
            Barred::NotSetUp(error) => format!("redirected to `{origin}`: {error}"),
        })?;
        to.fit(next.headers.own(), (self.context, endpoint), Leaving::ByRedirect);
        Ok((to, next))
    }

    /// Counts a request that was redirected: one that is followed, or the one at which the call is given up. Gives when
    /// it ended.
    fn record_redirect(&self, request: &Request<'_>, exchange: &Exchange, failure: Option<&str>) -> Offset {
        let status = match &exchange.ending {
            Ending::Answer(answer) => Some(answer.status),
            Ending::Failed(_) | Ending::Cut => None,
        };
        let outcome = failure.map_or(Outcome::Redirected, |_| Outcome::Failed(FailureKind::Check));
        let timing = self.timing(request.due, exchange);
        let series = self.context.series(request.endpoint, &request.name, SeriesIds { status, ..request.ids });
        let headers = match &exchange.ending {
            Ending::Answer(answer) => Some(answer.headers.map()),
            Ending::Failed(_) | Ending::Cut => None,
        };
        let heard = Heard { sent: request.sent.as_ref(), headers, answer: None };
        self.record(series, &sample(timing, outcome, exchange), failure, heard);
        timing.ended()
    }
}
