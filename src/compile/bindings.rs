use std::collections::BTreeSet;
use std::sync::Arc;

use crate::compile::ValueTemplate;
use crate::compile::names::Need;
use crate::compile::templates::Templates;
use crate::diagnostic::Problem;
use crate::expression::Template;
use crate::plan::{self, Any, At, Named};

/// Names bound in order, each seeing those before it.
pub(super) fn bindings(
    with: Option<&Named<At<Any>>>,
    texts: &mut Templates,
    needs: &mut Vec<Need>,
) -> Vec<(Arc<str>, ValueTemplate)> {
    let entries = with.into_iter().flat_map(Named::iter);
    let bound = entries.filter_map(|(name, any)| {
        let blueprint = texts.blueprint(any)?;
        leaf_needs(&any.value.0, needs);
        Some((Arc::from(name.value.as_str()), blueprint))
    });
    bound.collect()
}

/// Names bound in the order they need each other: where `extends` brings entries together, the order they stand in says
/// nothing. Those that need none of the others stay in the order they are written in.
pub(super) fn untangled(
    with: Option<&Named<At<Any>>>,
    texts: &mut Templates,
    needs: &mut Vec<Need>,
) -> Vec<(Arc<str>, ValueTemplate)> {
    let mut waiting: Vec<(&At<String>, &At<Any>, BTreeSet<String>)> = Vec::new();
    for (name, any) in with.into_iter().flat_map(Named::iter) {
        let mut own = Vec::new();
        leaf_needs(&any.value.0, &mut own);
        let names = own.iter().flat_map(|need| need.names.iter().cloned()).collect();
        needs.extend(own);
        waiting.push((name, any, names));
    }
    let mut bound = Vec::new();
    while !waiting.is_empty() {
        let free = |index: usize| {
            let (own, _, names) = &waiting[index];
            let others = waiting.iter().map(|(other, ..)| &other.value).filter(|other| **other != own.value);
            !others.into_iter().any(|other| names.contains(other))
        };
        let Some(next) = (0..waiting.len()).find(|index| free(*index)) else {
            let names: Vec<String> = waiting.iter().map(|(name, ..)| format!("`{}`", name.value)).collect();
            let problem = Problem::at(waiting[0].0.span, format!("{} need each other", names.join(" and ")));
            texts.problems.push(problem.help("write one of them without the other"));
            return bound;
        };
        let (name, any, _) = waiting.remove(next);
        bound.extend(texts.blueprint(any).map(|blueprint| (Arc::from(name.value.as_str()), blueprint)));
    }
    bound
}

/// A text to fill in, with what it needs.
pub(super) fn live_text(text: &At<String>, texts: &mut Templates, needs: &mut Vec<Need>) -> Option<Template> {
    let template = texts.template(&text.value, text.span)?;
    needs.push(Need { names: template.names(), text: text.value.clone(), span: text.span });
    Some(template)
}

/// The needs of each text inside a value, so that an unknown name is placed at its own leaf.
pub(super) fn leaf_needs(node: &plan::Node, needs: &mut Vec<Need>) {
    match &node.value {
        plan::Data::Text(text) => {
            let names = Template::parse(text).map(|template| template.names()).unwrap_or_default();
            needs.push(Need { names, text: text.clone(), span: node.span });
        }
        plan::Data::List(items) => items.iter().for_each(|item| leaf_needs(item, needs)),
        plan::Data::Map(entries) => entries.iter().for_each(|(_, value)| leaf_needs(value, needs)),
        _ => {}
    }
}
