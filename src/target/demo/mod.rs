//! A small shop under `/demo`, for the examples: login, products, carts, orders, quotes that are made one at a time,
//! GraphQL and uploads. It asks for no key, and what it keeps is bounded.

mod graphql;
mod service;
mod shop;
mod upload;

pub(super) use service::{PATH, ROUTES, Route, answer};
pub(super) use shop::Shop;
