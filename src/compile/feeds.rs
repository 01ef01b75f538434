use std::collections::BTreeMap;
use std::sync::Arc;

use crate::compile::act::{AtEnd, Feed, RowOrder, RowPer};
use crate::diagnostic::{Problem, Problems, did_you_mean};
use crate::plan::{self, At, AtEndWord, Named, OrderWord, PerWord};
use crate::rows::Table;

/// The plan's data sets by name; `None` for one that could not be read.
pub(super) type Tables = BTreeMap<String, Option<Arc<Table>>>;

pub(super) fn compile(written: Option<&Named<At<plan::Feed>>>, tables: &Tables, problems: &mut Problems) -> Vec<Feed> {
    let entries = written.into_iter().flat_map(Named::iter);
    entries.filter_map(|(name, feed)| self::feed(name, feed, tables, problems)).collect()
}

fn feed(name: &At<String>, written: &plan::Feed, tables: &Tables, problems: &mut Problems) -> Option<Feed> {
    let Some(table) = tables.get(&written.from.value) else {
        let problem = Problem::at(written.from.span, format!("unknown data set `{}`", written.from.value));
        problems.push(problem.help_if(did_you_mean(&written.from.value, tables.keys().map(String::as_str))));
        return None;
    };
    let word = written.order.as_ref().map_or(OrderWord::Sequential, |order| order.value);
    let at_end = written.at_end.as_ref().map(|at_end| at_end.value);
    if let (OrderWord::Random, Some(at_end)) = (word, &written.at_end) {
        let problem = Problem::at(at_end.span, "`at_end` has no effect in random order, which has no end");
        problems.push(problem.help("take it away, or take another order"));
    }
    let at_end = match (word, at_end) {
        (OrderWord::Unique, Some(AtEndWord::Repeat)) => {
            let span = written.at_end.as_ref().map_or(name.span, |at_end| at_end.span);
            let problem = Problem::at(span, "rows in `unique` order never repeat");
            problems.push(problem.help("write `at_end: stop` or `stop_run`, or take `order: sequential`"));
            AtEnd::Stop
        }
        (_, Some(AtEndWord::StopRun)) => AtEnd::StopRun,
        (_, Some(AtEndWord::Stop)) | (OrderWord::Unique, None) => AtEnd::Stop,
        (_, Some(AtEndWord::Repeat) | None) => AtEnd::Repeat,
    };
    Some(Feed {
        name: name.value.as_str().into(),
        table: table.clone()?,
        order: match word {
            OrderWord::Sequential | OrderWord::Unique => RowOrder::Sequential,
            OrderWord::Random => RowOrder::Random,
            OrderWord::Shuffle => RowOrder::Shuffle,
        },
        per: match written.per.as_ref().map(|per| per.value) {
            Some(PerWord::User) => RowPer::User,
            Some(PerWord::Iteration) | None => RowPer::Iteration,
        },
        at_end,
    })
}
