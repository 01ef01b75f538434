use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($number:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $number);

        impl $name {
            /// The id as an index into the catalog's list of its kind.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id! {
    /// An endpoint of the plan.
    EndpointId(u32)
}
id! {
    /// A user type of the plan.
    UserTypeId(u16)
}
id! {
    /// A task of one user type.
    TaskId(u16)
}
id! {
    /// A stage of the shape.
    StageId(u16)
}
id! {
    /// A declared metric.
    MetricId(u16)
}
