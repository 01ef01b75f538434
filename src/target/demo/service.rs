use http::StatusCode;
use serde_json::{Value, json};

use super::shop::{Cart, MOST_OF_ONE, PRODUCTS, Product};
use super::{graphql, upload};
use crate::target::exchange::{Ask, Reply};
use crate::target::state::State;

type Answered = Result<Reply, Box<Reply>>;

/// Where it stands.
pub(in crate::target) const PATH: &str = "/demo";

/// What it can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::target) enum Route {
    Login,
    Me,
    Products,
    Product,
    Cart,
    AddToCart,
    EmptyCart,
    Checkout,
    Quote,
    Graphql,
    Upload,
}

/// Its routes, by the names they are counted under.
pub(in crate::target) const ROUTES: [(&str, Route); 11] = [
    ("POST /demo/login", Route::Login),
    ("GET /demo/me", Route::Me),
    ("GET /demo/products", Route::Products),
    ("GET /demo/products/ID", Route::Product),
    ("GET /demo/cart", Route::Cart),
    ("POST /demo/cart", Route::AddToCart),
    ("DELETE /demo/cart", Route::EmptyCart),
    ("POST /demo/checkout", Route::Checkout),
    ("GET /demo/quote", Route::Quote),
    ("POST /demo/graphql", Route::Graphql),
    ("POST /demo/upload", Route::Upload),
];

const LONGEST_NAME: usize = 64;
/// What is behind a user's name in its password.
const SECRET: &str = "-secret";
/// A card that ends so has no money behind it.
const DECLINED: &str = "0002";

/// Answers a request under `/demo`; `route` is `None` where there is none for what is asked.
pub(in crate::target) fn answer(state: &State, route: Option<Route>, ask: &Ask, body: &[u8]) -> Reply {
    let Some(route) = route else {
        let is_path = |(name, _): &(&str, Route)| name.split_once(' ').is_some_and(|(_, path)| path == ask.path);
        return match ROUTES.iter().any(is_path) {
            true => reply(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"),
            false => reply(StatusCode::NOT_FOUND, "not found"),
        };
    };
    let answered = match route {
        Route::Login => login(state, body),
        Route::Products => Ok(products(ask.query)),
        Route::Product => product(ask.path.rsplit('/').next().unwrap_or_default()),
        Route::Quote => quote(state),
        Route::Graphql => graphql::answer(state, body),
        Route::Upload => upload::answer(ask.header("content-type").unwrap_or_default(), body),
        Route::Me | Route::Cart | Route::AddToCart | Route::EmptyCart | Route::Checkout => {
            token(state, ask).and_then(|token| of_session(state, route, token, body))
        }
    };
    answered.unwrap_or_else(|reply| *reply)
}

/// Turns a request away, and says why.
pub(super) fn refuse<T>(status: StatusCode, why: &str) -> Result<T, Box<Reply>> {
    Err(Box::new(reply(status, why)))
}

/// The body as a JSON object.
pub(super) fn object(body: &[u8]) -> Result<Value, Box<Reply>> {
    match serde_json::from_slice::<Value>(body) {
        Ok(object) if object.is_object() => Ok(object),
        _ => refuse(StatusCode::BAD_REQUEST, "the body is no JSON object"),
    }
}

fn reply(status: StatusCode, why: &str) -> Reply {
    Reply::new(status, json!({"error": why}))
}

fn login(state: &State, body: &[u8]) -> Answered {
    let asked = object(body)?;
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    let (user, password) = (text("user"), text("password"));
    let named = !user.is_empty() && user.len() <= LONGEST_NAME;
    if !named || password.strip_suffix(SECRET) != Some(user) {
        return refuse(StatusCode::UNAUTHORIZED, "wrong user or password");
    }
    let token = state.drawn("demo");
    state.shop().admit(token.clone(), user);
    Ok(Reply::ok(json!({"token": token, "user": user})))
}

fn products(query: &str) -> Reply {
    let category = query.split('&').find_map(|pair| pair.strip_prefix("category="));
    let wanted = PRODUCTS.iter().filter(|product| category.is_none_or(|category| product.category == category));
    let listed: Vec<Value> = wanted.map(Product::shown).collect();
    Reply::ok(json!({"total": listed.len(), "products": listed}))
}

fn product(id: &str) -> Answered {
    match id.parse().ok().and_then(Product::of) {
        Some(product) => Ok(Reply::ok(product.shown())),
        None => refuse(StatusCode::NOT_FOUND, "there is no such product"),
    }
}

fn quote(state: &State) -> Answered {
    let now = state.age();
    let mut shop = state.shop();
    match shop.quotes.take(now) {
        Some(after) => Ok(Reply { after, ..Reply::ok(json!({"quote": PRODUCTS[0].price, "currency": "EUR"})) }),
        None => refuse(StatusCode::SERVICE_UNAVAILABLE, "the queue at the desk is too long"),
    }
}

/// The token of somebody who is logged in.
fn token<'a>(state: &State, ask: &Ask<'a>) -> Result<&'a str, Box<Reply>> {
    let token = ask.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    match token.filter(|token| state.shop().session(token).is_some()) {
        Some(token) => Ok(token),
        None => refuse(StatusCode::UNAUTHORIZED, "log in first"),
    }
}

fn of_session(state: &State, route: Route, token: &str, body: &[u8]) -> Answered {
    let mut shop = state.shop();
    if route == Route::Me {
        let user = shop.session(token).map(|session| session.user.as_str());
        return Ok(Reply::ok(json!({"user": user})));
    }
    if route == Route::Checkout {
        let asked = object(body)?;
        let Some(card) = asked.get("card").and_then(Value::as_str).filter(|card| !card.is_empty()) else {
            return refuse(StatusCode::UNPROCESSABLE_ENTITY, "`card` is missing");
        };
        if card.ends_with(DECLINED) {
            return refuse(StatusCode::PAYMENT_REQUIRED, "the card was declined");
        }
        return match shop.sell(token) {
            Some(order) => {
                let body = json!({"order": format!("order-{}", order.number), "total": order.total});
                Ok(Reply::new(StatusCode::CREATED, body))
            }
            None => refuse(StatusCode::CONFLICT, "the cart is empty"),
        };
    }
    // another login may have pushed this one out just now
    let Some(cart) = shop.cart(token) else { return refuse(StatusCode::UNAUTHORIZED, "log in first") };
    match route {
        Route::AddToCart => {
            let (product, amount) = line(&object(body)?)?;
            if !cart.add(product, amount) {
                return refuse(StatusCode::CONFLICT, &format!("at most {MOST_OF_ONE} of a product"));
            }
            Ok(Reply::new(StatusCode::CREATED, shown(cart)))
        }
        Route::EmptyCart => {
            cart.empty();
            Ok(Reply::ok(shown(cart)))
        }
        _ => Ok(Reply::ok(shown(cart))),
    }
}

/// A product and how many of it.
fn line(asked: &Value) -> Result<(&'static Product, u64), Box<Reply>> {
    let amount = asked.get("amount").map_or(Some(1), Value::as_u64);
    let Some(amount) = amount.filter(|amount| *amount > 0) else {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "`amount` is no number above 0");
    };
    match asked.get("product").and_then(Value::as_u64).and_then(Product::of) {
        Some(product) => Ok((product, amount)),
        None => refuse(StatusCode::NOT_FOUND, "there is no such product"),
    }
}

fn shown(cart: &Cart) -> Value {
    let lines: Vec<Value> =
        cart.lines().map(|(product, amount)| json!({"product": product, "amount": amount})).collect();
    json!({"lines": lines, "items": cart.items(), "total": cart.total()})
}
