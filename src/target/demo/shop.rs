use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

/// What the shop keeps, bounded: sessions with their carts, and the reviews of its products.
#[derive(Debug, Default)]
pub(in crate::target) struct Shop {
    sessions: HashMap<String, Session>,
    /// Tokens in the order they were given.
    order: VecDeque<String>,
    orders: u64,
    reviews: [Reviews; PRODUCTS.len()],
    pub(super) quotes: QuoteQueue,
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

/// The reviews of a product.
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

/// Something the shop sells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Product {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    /// In cents.
    pub(super) price: u64,
}

/// Quotes are made one at a time: whoever comes waits for all before. How many it can make is known, so the result of
/// a search for its limit can be checked.
#[derive(Debug, Default)]
pub(super) struct QuoteQueue {
    /// When the last of those who wait is served, from the server's start.
    free: Duration,
}

/// So many are logged in at once; the one who came first goes.
const MOST_SESSIONS: usize = 10_000;
/// So many of one product fit into a cart.
pub(super) const MOST_OF_ONE: u64 = 99;

/// Everything the shop sells; a product's id is its place, from 1.
pub(super) const PRODUCTS: [Product; 12] = [
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

/// How long one quote takes: there are 100 a second.
const QUOTE: Duration = Duration::from_millis(10);
/// Whoever would wait longer is turned away.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

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

impl Product {
    pub(super) fn of(id: u64) -> Option<&'static Self> {
        PRODUCTS.get(usize::try_from(id.checked_sub(1)?).ok()?)
    }

    pub(super) fn shown(&self) -> Value {
        json!({"id": self.id, "name": self.name, "category": self.category, "price": self.price})
    }
}

impl QuoteQueue {
    /// How long a quote asked for now takes, waiting included; `None` where the queue is too long.
    pub(super) fn take(&mut self, now: Duration) -> Option<Duration> {
        let wait = self.free.saturating_sub(now);
        if wait > LONGEST_WAIT {
            return None;
        }
        self.free = now + wait + QUOTE;
        Some(wait + QUOTE)
    }
}

const fn place(product: &Product) -> usize {
    product.id as usize - 1
}

const fn product(id: u64, name: &'static str, category: &'static str, price: u64) -> Product {
    Product { id, name, category, price }
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
        let (anchor, juice) = (&PRODUCTS[0], &PRODUCTS[10]);
        let cart = shop.cart("t").unwrap();
        assert!(cart.add(anchor, 1) && cart.add(juice, 90) && !cart.add(juice, 10) && !cart.add(juice, u64::MAX));
        assert_eq!(cart.items(), 91);
        assert_eq!(shop.sell("t"), Some(Order { number: 1, total: anchor.price + 90 * juice.price }));
        assert_eq!(shop.sell("t"), None);
    }

    #[test]
    fn every_product_is_found_by_its_id() {
        assert!(PRODUCTS.iter().all(|product| Product::of(product.id).is_some_and(|found| found.name == product.name)));
        assert!([0, 13, u64::MAX].into_iter().all(|id| Product::of(id).is_none()));
    }

    #[test]
    fn who_comes_to_an_empty_queue_does_not_wait() {
        let mut queue = QuoteQueue::default();
        for second in 0..5 {
            assert_eq!(queue.take(Duration::from_secs(second)), Some(QUOTE));
        }
    }

    #[test]
    fn a_queue_grows_by_a_quote_each_until_it_is_too_long_and_then_shrinks_with_time() {
        let mut queue = QuoteQueue::default();
        let waits: Vec<Duration> = std::iter::from_fn(|| queue.take(Duration::ZERO)).collect();
        assert_eq!(waits.len(), 101);
        assert!(waits.windows(2).all(|pair| pair[1] - pair[0] == QUOTE));
        assert_eq!(queue.take(Duration::from_millis(5)), None);
        assert_eq!(queue.take(Duration::from_millis(510)), Some(Duration::from_millis(510)));
    }
}
