use super::any::Any;
use super::decode::{At, Filled};
use super::record::choice;

choice! {
    /// A list that expressions draw from by its name: `"{{ choice(queries) }}"`, `"{{ messages[0] }}"`.
    pub enum Dataset("a data set") {
        /// The items, written here.
        List(Filled<At<Any>>) = "list",
        /// A text file: each line that is not blank is an item. The path is relative to the plan.
        Lines(At<String>) = "lines",
    }
}
