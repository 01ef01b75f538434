use std::collections::{BTreeMap, HashMap, VecDeque};

use super::desk::Desk;
use super::goods::{GOODS, Product};

/// What the shop keeps: who is logged in, their carts, and what was said of the goods. Bounded.
#[derive(Debug, Default)]
pub(in crate::target) struct Shop {
    sessions: HashMap<String, Session>,
    /// Tokens in the order they were given.
    order: VecDeque<String>,
    orders: u64,
    reviews: [Reviews; GOODS.len()],
    pub(super) desk: Desk,
}

/// Somebody who is logged in.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) user: String,
    cart: Cart,
}

/// How many of which product.
#[derive(Debug, Default)]
pub(super) struct Cart(BTreeMap<u64, u64>);

/// What was said of a product.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Reviews {
    pub(super) count: u64,
    stars: u64,
}

/// What somebody bought.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) number: u64,
    /// In cents.
    pub(super) total: u64,
}

/// So many are logged in at once; the one who came first goes.
const MOST_SESSIONS: usize = 10_000;
/// So many of one product fit into a cart.
pub(super) const MOST_OF_ONE: u64 = 99;

impl Shop {
    /// Logs somebody in under a token.
    pub(super) fn admit(&mut self, token: String, user: &str) {
        if self.order.len() >= MOST_SESSIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.sessions.remove(&oldest);
        }
        self.order.push_back(token.clone());
        self.sessions.insert(token, Session { user: user.to_owned(), cart: Cart::default() });
    }

    pub(super) fn session(&self, token: &str) -> Option<&Session> {
        self.sessions.get(token)
    }

    pub(super) fn cart(&mut self, token: &str) -> Option<&mut Cart> {
        self.sessions.get_mut(token).map(|session| &mut session.cart)
    }

    /// Sells what is in a cart, which is empty then; `None` where there was nothing in it.
    pub(super) fn sell(&mut self, token: &str) -> Option<Order> {
        let cart = std::mem::take(self.cart(token)?);
        if cart.0.is_empty() {
            return None;
        }
        self.orders += 1;
        Some(Order { number: self.orders, total: cart.total() })
    }

    pub(super) fn reviews(&self, product: &Product) -> Reviews {
        self.reviews.get(place(product)).copied().unwrap_or_default()
    }

    pub(super) fn review(&mut self, product: &Product, stars: u64) {
        if let Some(reviews) = self.reviews.get_mut(place(product)) {
            reviews.count += 1;
            reviews.stars += stars;
        }
    }
}

impl Cart {
    /// Adds to it; whether it fits.
    pub(super) fn add(&mut self, product: &Product, amount: u64) -> bool {
        let held = self.0.get(&product.id).copied().unwrap_or_default();
        let fits = amount <= MOST_OF_ONE && held + amount <= MOST_OF_ONE;
        if fits {
            self.0.insert(product.id, held + amount);
        }
        fits
    }

    pub(super) fn empty(&mut self) {
        self.0.clear();
    }

    /// Product ids, each with how many.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().map(|(product, amount)| (*product, *amount))
    }

    /// How many things are in it.
    pub(super) fn items(&self) -> u64 {
        self.0.values().sum()
    }

    /// What they cost, in cents.
    pub(super) fn total(&self) -> u64 {
        self.lines().filter_map(|(id, amount)| Some(Product::of(id)?.price * amount)).sum()
    }
}

impl Reviews {
    /// The mean of the stars; `None` before the first.
    pub(super) fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.stars as f64 / self.count as f64)
    }
}

const fn place(product: &Product) -> usize {
    product.id as usize - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_who_came_first_goes_when_the_shop_is_full() {
        let mut shop = Shop::default();
        for number in 0..=MOST_SESSIONS {
            shop.admit(format!("t{number}"), "ann");
        }
        assert_eq!((shop.sessions.len(), shop.order.len()), (MOST_SESSIONS, MOST_SESSIONS));
        assert!(shop.session("t0").is_none() && shop.session("t1").is_some());
    }

    #[test]
    fn a_cart_is_sold_once_for_what_its_things_cost() {
        let mut shop = Shop::default();
        shop.admit("t".into(), "ann");
        assert_eq!(shop.sell("t"), None);
        let (anchor, juice) = (&GOODS[0], &GOODS[10]);
        let cart = shop.cart("t").unwrap();
        assert!(cart.add(anchor, 1) && cart.add(juice, 90) && !cart.add(juice, 10) && !cart.add(juice, u64::MAX));
        assert_eq!(cart.items(), 91);
        assert_eq!(shop.sell("t"), Some(Order { number: 1, total: anchor.price + 90 * juice.price }));
        assert_eq!(shop.sell("t"), None);
    }
}
