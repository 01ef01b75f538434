use std::sync::Arc;

use crate::compile::Blueprint;
use crate::compile::names::Need;
use crate::compile::texts::Texts;
use crate::expression::Template;
use crate::plan::{self, Any, At, Named};

/// Names bound in order, each seeing those before it.
pub(super) fn bindings(
    with: Option<&Named<At<Any>>>,
    texts: &mut Texts,
    needs: &mut Vec<Need>,
) -> Vec<(Arc<str>, Blueprint)> {
    let entries = with.into_iter().flat_map(Named::iter);
    let bound = entries.filter_map(|(name, any)| {
        let blueprint = texts.blueprint(any)?;
        leaf_needs(&any.value.0, needs);
        Some((Arc::from(name.value.as_str()), blueprint))
    });
    bound.collect()
}

/// A text to fill in, with what it needs.
pub(super) fn live_text(text: &At<String>, texts: &mut Texts, needs: &mut Vec<Need>) -> Option<Template> {
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
