use serde_json::{Value, json};

/// Something the shop sells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Product {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    /// In cents.
    pub(super) price: u64,
}

/// Everything the shop sells; a product's id is its place, from 1.
pub(super) const GOODS: [Product; 12] = [
    product(1, "anchor", "deck", 14_900),
    product(2, "compass", "instruments", 8_950),
    product(3, "sextant", "instruments", 24_900),
    product(4, "barometer", "instruments", 11_200),
    product(5, "rope, 20 m", "deck", 3_450),
    product(6, "block and tackle", "deck", 5_990),
    product(7, "lantern", "cabin", 4_200),
    product(8, "hammock", "cabin", 6_400),
    product(9, "kettle", "galley", 2_950),
    product(10, "ship's biscuit", "galley", 690),
    product(11, "lime juice", "galley", 480),
    product(12, "logbook", "cabin", 1_990),
];

impl Product {
    pub(super) fn of(id: u64) -> Option<&'static Self> {
        GOODS.get(usize::try_from(id.checked_sub(1)?).ok()?)
    }

    pub(super) fn shown(&self) -> Value {
        json!({"id": self.id, "name": self.name, "category": self.category, "price": self.price})
    }
}

const fn product(id: u64, name: &'static str, category: &'static str, price: u64) -> Product {
    Product { id, name, category, price }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_is_found_by_its_id() {
        assert!(GOODS.iter().all(|product| Product::of(product.id).is_some_and(|found| found.name == product.name)));
        assert!([0, 13, u64::MAX].into_iter().all(|id| Product::of(id).is_none()));
    }
}
