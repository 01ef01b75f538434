use minijinja::{Environment, Error, State, Value};
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use super::chance::{amount, with_rng};
use super::fake_words::{CITIES, COMPANIES, FIRST_NAMES, LAST_NAMES, STREETS, WORDS};
use super::table::{chosen, wrong};

/// What can be made up.
pub(super) const KINDS: [&str; 23] = [
    "first_name",
    "last_name",
    "name",
    "user_name",
    "email",
    "phone",
    "company",
    "street",
    "city",
    "postcode",
    "country",
    "country_code",
    "address",
    "word",
    "words",
    "sentence",
    "paragraph",
    "domain",
    "url",
    "ipv4",
    "ipv6",
    "color",
    "credit_card",
];

/// So many words, sentences or the like at most.
const MOST: usize = 10_000;

pub(super) fn add_to(language: &mut Environment<'static>) {
    language.add_function("fake", fake);
}

/// Something made up. What could be somebody's is nobody's: domains are those of RFC 2606, addresses those of RFC 5737 and
/// 3849, numbers those that are kept for films and tests.
fn fake(state: &State, kind: Value, count: Option<Value>) -> Result<String, Error> {
    let kind = chosen("the kind of `fake`", &kind, &KINDS)?;
    let count = count.map(|count| usize::try_from(amount(count))).transpose()?;
    if count.is_some() && !matches!(kind, "words" | "sentence" | "paragraph") {
        return Err(wrong(format!(
            "`fake('{kind}')` is one alone: only `words`, `sentence` and `paragraph` take a number"
        )));
    }
    if count.is_some_and(|count| count == 0 || count > MOST) {
        return Err(wrong(format!("`fake('{kind}', …)` takes a number from 1 to {MOST}")));
    }
    with_rng(state, |rng| made_up(rng, kind, count))
}

fn made_up(rng: &mut Xoshiro256PlusPlus, kind: &str, count: Option<usize>) -> String {
    match kind {
        "first_name" => one(rng, &FIRST_NAMES).to_owned(),
        "last_name" => one(rng, &LAST_NAMES).to_owned(),
        "name" => format!("{} {}", one(rng, &FIRST_NAMES), one(rng, &LAST_NAMES)),
        "user_name" => user_name(rng),
        "email" => format!("{}@{}", user_name(rng), one(rng, &["example.com", "example.net", "example.org"])),
        "phone" => format!("+1-{}-555-01{:02}", rng.random_range(201..990), rng.random_range(0..100)),
        "company" => format!("{} {}", one(rng, &LAST_NAMES), one(rng, &COMPANIES)),
        "street" => street(rng),
        "city" => one(rng, &CITIES).0.to_owned(),
        "country" => one(rng, &CITIES).1.to_owned(),
        "country_code" => one(rng, &CITIES).2.to_owned(),
        "postcode" => format!("{:05}", rng.random_range(1000..99_999)),
        "address" => {
            let street = street(rng);
            let (city, country, _) = one(rng, &CITIES);
            format!("{street}, {:05} {city}, {country}", rng.random_range(1000..99_999))
        }
        "word" => one(rng, &WORDS).to_owned(),
        "words" => words(rng, count.unwrap_or(3)),
        "sentence" => {
            let length = count.unwrap_or_else(|| rng.random_range(6..=14));
            sentence(rng, length)
        }
        "paragraph" => {
            let length = count.unwrap_or_else(|| rng.random_range(3..=6));
            let sentences: Vec<String> = (0..length)
                .map(|_| {
                    let length = rng.random_range(6..=14);
                    sentence(rng, length)
                })
                .collect();
            sentences.join(" ")
        }
        "domain" => domain(rng),
        "url" => format!("https://{}/{}", domain(rng), one(rng, &WORDS)),
        "ipv4" => format!("{}.{}", one(rng, &["192.0.2", "198.51.100", "203.0.113"]), rng.random_range(1..255)),
        "ipv6" => {
            let groups: Vec<String> = (0..6).map(|_| format!("{:x}", rng.random_range(0..=0xFFFF_u32))).collect();
            format!("2001:db8:{}", groups.join(":"))
        }
        "color" => format!("#{:06x}", rng.random_range(0..=0xFF_FFFF_u32)),
        _ => credit_card(rng),
    }
}

fn one<T: Copy>(rng: &mut Xoshiro256PlusPlus, all: &[T]) -> T {
    all[rng.random_range(0..all.len())]
}

fn user_name(rng: &mut Xoshiro256PlusPlus) -> String {
    let (first, last) = (one(rng, &FIRST_NAMES), one(rng, &LAST_NAMES));
    let plain = |name: &str| name.to_lowercase().replace(|letter: char| !letter.is_ascii_alphabetic(), "");
    format!("{}.{}{}", plain(first), plain(last), rng.random_range(1..10_000))
}

fn street(rng: &mut Xoshiro256PlusPlus) -> String {
    format!("{} {}", rng.random_range(1..200), one(rng, &STREETS))
}

fn domain(rng: &mut Xoshiro256PlusPlus) -> String {
    format!("{}.{}", one(rng, &WORDS), one(rng, &["example.com", "example.net", "example.org"]))
}

fn words(rng: &mut Xoshiro256PlusPlus, count: usize) -> String {
    let words: Vec<&str> = (0..count).map(|_| one(rng, &WORDS)).collect();
    words.join(" ")
}

fn sentence(rng: &mut Xoshiro256PlusPlus, length: usize) -> String {
    let words = words(rng, length);
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let mut sentence: String = first.chain(letters).collect();
    sentence.push('.');
    sentence
}

/// A number of the range that is kept for tests, with the right last digit.
fn credit_card(rng: &mut Xoshiro256PlusPlus) -> String {
    let mut digits = vec![4, 0, 0, 0, 0, 0];
    digits.extend((0..9).map(|_| rng.random_range(0..10_u32)));
    // Luhn: every second digit, from the last on, counts twice
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match index % 2 {
            0 if *digit > 4 => 2 * digit - 9,
            0 => 2 * digit,
            _ => *digit,
        })
        .sum();
    digits.push((10 - sum % 10) % 10);
    digits.into_iter().filter_map(|digit| char::from_digit(digit, 10)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seed;

    #[test]
    fn every_kind_is_made_up_and_none_is_empty() {
        let mut rng = Seed::new(7).generator();
        for kind in KINDS {
            for _ in 0..200 {
                let made = made_up(&mut rng, kind, None);
                assert!(!made.trim().is_empty() && made.len() < 1000, "{kind}: {made}");
            }
        }
        assert_eq!(made_up(&mut rng, "words", Some(5)).split(' ').count(), 5);
        assert_eq!(made_up(&mut rng, "paragraph", Some(2)).matches('.').count(), 2);
    }

    #[test]
    fn an_address_is_ascii_and_belongs_to_nobody() {
        let mut rng = Seed::new(7).generator();
        for _ in 0..500 {
            let email = made_up(&mut rng, "email", None);
            assert!(email.is_ascii() && email.contains("@example."), "{email}");
        }
    }

    #[test]
    fn a_card_has_the_right_last_digit() {
        let mut rng = Seed::new(7).generator();
        for _ in 0..100 {
            let card = made_up(&mut rng, "credit_card", None);
            let sum: u32 = card
                .chars()
                .rev()
                .filter_map(|digit| digit.to_digit(10))
                .enumerate()
                .map(|(index, digit)| if index % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit })
                .sum();
            assert_eq!((card.len(), sum % 10), (16, 0), "{card}");
        }
    }
}
