//! A small shop under `/demo`, for the examples: login, goods, carts, orders, a desk that serves one at a time, GraphQL
//! and uploads. It asks for no key, and what it keeps is bounded.

mod desk;
mod goods;
mod graphql;
mod query;
mod service;
mod shop;
mod upload;

pub(super) use service::answer;
pub(super) use shop::Shop;
