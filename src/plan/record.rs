use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

/// Declares a map of the plan language once: the struct, how it is read, and its schema with the doc comments as
/// descriptions. So none of the three can drift from the others.
///
/// A field is `required name: Type = "key";` (the struct then holds a `Type`), `inherited …`
/// (the same, and `extends` may bring it: the schema does not ask for it) or `optional …` (an `Option<Type>`).
macro_rules! record {
    (
        $(#[doc = $doc:expr])+
        pub struct $name:ident($what:expr $(, short: $($given:ident = $stands_for:literal),+)?) {
            $( $(#[doc = $field_doc:expr])+ $kind:ident $field:ident : $type:ty = $key:literal; )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $crate::plan::record::record!(@type $kind $type), )*
        }

        impl $name {
            /// Its keys, in the order of its fields.
            pub(in crate::plan) const KEYS: &'static [&'static str] = &[$($key),*];
        }

        impl $crate::plan::decode::Decode for $name {
            fn decode(
                node: &$crate::plan::document::Node,
                problems: &mut $crate::diagnostic::Problems,
            ) -> Option<Self> {
                let long = $crate::plan::fields::written_out(node, &[$($((stringify!($given), $stands_for)),+)?]);
                let node = long.as_ref().unwrap_or(node);
                let fields = $crate::plan::fields::Fields::open(node, $what, Self::KEYS, problems)?;
                $( let $field = fields.$kind::<$type>($key, problems); )*
                Some(Self { $( $field: $crate::plan::record::record!(@value $kind $field), )* })
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut properties = serde_json::Map::new();
                $(
                    $crate::plan::record::property(
                        &mut properties,
                        $key,
                        &[$($field_doc),+],
                        generator.subschema_for::<$type>(),
                    );
                )*
                let required = [$( $crate::plan::record::record!(@required $kind $key) ),*];
                let required: Vec<&str> = required.into_iter().flatten().collect();
                $crate::plan::record::object(&[$($doc),+], properties, &required)
            }
        }
    };
    (@type required $type:ty) => { $type };
    (@type inherited $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@value required $field:ident) => { $field? };
    (@value inherited $field:ident) => { $field? };
    (@value optional $field:ident) => { $field };
    (@required required $key:literal) => { Some($key) };
    (@required inherited $key:literal) => { None::<&str> };
    (@required optional $key:literal) => { None::<&str> };
}

/// Declares one choice of the plan language, written `kind: {fields}`.
macro_rules! choice {
    (
        $(#[doc = $doc:expr])+
        pub enum $name:ident($what:expr $(, short: text = $stands_for:literal $(, alone: $($alone:literal),+)?)?) {
            $( $(#[doc = $variant_doc:expr])+ $variant:ident($type:ty) = $key:literal, )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub enum $name {
            $( $(#[doc = $variant_doc])+ $variant($type), )*
        }

        impl $crate::plan::decode::Decode for $name {
            const ALONE: bool = $crate::plan::record::choice!(@alone $($stands_for)?);

            fn decode(
                node: &$crate::plan::document::Node,
                problems: &mut $crate::diagnostic::Problems,
            ) -> Option<Self> {
                let long = $crate::plan::fields::kind_alone(node, &[$($($($alone),+)?)?]);
                let long = long.or_else(|| $crate::plan::fields::written_out(node, &[$(("text", $stands_for))?]));
                let node = long.as_ref().unwrap_or(node);
                let (kind, value) = $crate::plan::fields::choose(node, $what, &[$($key),*], problems)?;
                match kind {
                    $( $key => <$type as $crate::plan::decode::Decode>::decode(value, problems).map(Self::$variant), )*
                    _ => None,
                }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut properties = serde_json::Map::new();
                $(
                    $crate::plan::record::property(
                        &mut properties,
                        $key,
                        &[$($variant_doc),+],
                        generator.subschema_for::<$type>(),
                    );
                )*
                $crate::plan::record::one_of(&[$($doc),+], properties)
            }
        }
    };
    (@alone) => { false };
    (@alone $short:literal) => { true };
}

/// Declares a word of a fixed few: the enum, how it is read, and its schema.
macro_rules! words {
    ($($(#[doc = $doc:expr])+ pub enum $name:ident { $($(#[doc = $word_doc:expr])+ $variant:ident = $word:literal,)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $word_doc])+ $variant,)+ }

        impl $crate::plan::decode::Decode for $name {
            fn decode(
                node: &$crate::plan::document::Node,
                problems: &mut $crate::diagnostic::Problems,
            ) -> Option<Self> {
                let known = [$($word),+];
                let word = match &node.value {
                    $crate::plan::document::Data::Text(text) => text.clone(),
                    $crate::plan::document::Data::Number(number) => number.to_string(),
                    _ => {
                        let listed: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
                        let listed = listed.join(" or ");
                        problems.push($crate::plan::decode::expected(&listed, node).help(format!("write {listed}")));
                        return None;
                    }
                };
                match word.as_str() {
                    $($word => Some(Self::$variant),)+
                    _ => {
                        let problem = $crate::diagnostic::Problem::at(node.span, format!("unknown word `{word}`"));
                        problems.push(problem.help_if($crate::diagnostic::did_you_mean(&word, known)));
                        None
                    }
                }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let words: Vec<serde_json::Value> = [$($word),+].iter().map(|word| serde_json::json!(word)).collect();
                schemars::json_schema!({"enum": words})
            }
        }
    )+};
}

pub(crate) use {choice, record, words};

pub(super) fn property(properties: &mut Map<String, Value>, key: &str, docs: &[&str], schema: Schema) {
    let mut schema = schema.to_value();
    let described = match schema.as_object_mut() {
        // draft-07 ignores what stands beside a `$ref`
        Some(object) if object.contains_key("$ref") => json!({"allOf": [schema], "description": text(docs)}),
        Some(object) => {
            object.insert("description".into(), json!(text(docs)));
            schema
        }
        None => json!({"description": text(docs)}),
    };
    properties.insert(key.to_owned(), described);
}

pub(super) fn object(docs: &[&str], properties: Map<String, Value>, required: &[&str]) -> Schema {
    json_schema!({
        "type": "object",
        "description": text(docs),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

pub(super) fn one_of(docs: &[&str], properties: Map<String, Value>) -> Schema {
    json_schema!({
        "type": "object",
        "description": text(docs),
        "properties": properties,
        "minProperties": 1,
        // an editor offers nothing on a blank line of a map that it believes full
        "allOf": [{"maxProperties": 1}],
        "additionalProperties": false,
    })
}

fn text(docs: &[&str]) -> String {
    docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n")
}
