use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, State, Value};
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;

use super::table::wrong;
use crate::expression::number::{number, read};
use crate::expression::scope::{RESERVED, ScopeRng};
use crate::expression::work::measure;

const LONGEST_STRING: usize = 1 << 20;

pub(super) fn add_to(language: &mut Environment<'static>) {
    language.add_function("choice", choice);
    language.add_function("weighted_choice", weighted_choice);
    language.add_function("sample", sample);
    language.add_function("random_int", random_int);
    language.add_function("random_float", random_float);
    language.add_function("random_normal", random_normal);
    language.add_function("random_string", random_string);
    language.add_function("zipf", zipf);
    language.add_function("uuid", uuid);
}

fn choice(state: &State, list: Value) -> Result<Value, Error> {
    choice_of(rng_of(&rng_value(state)?)?, &list)
}

/// One of a list, each as likely.
pub(in crate::expression) fn choice_of(rng: &ScopeRng, list: &Value) -> Result<Value, Error> {
    let length = length_of(list, "choice")?;
    if length == 0 {
        return Err(wrong("`choice` of an empty list"));
    }
    list.get_item_by_index(rng.draw(|rng| rng.random_range(0..length)))
}

/// One of several, each as likely as its weight says: of a map from items to weights, of a list of pairs, or of a list with a
/// list of weights.
fn weighted_choice(state: &State, items: Value, weights: Option<Value>) -> Result<Value, Error> {
    measure(&items)?;
    let pairs = match (items.kind(), &weights) {
        (ValueKind::Seq, Some(weights)) => {
            measure(weights)?;
            length_of(weights, "weighted_choice")?;
            let (items, weights): (Vec<Value>, Vec<Value>) =
                (items.try_iter()?.collect(), weights.try_iter()?.collect());
            if items.len() != weights.len() {
                return Err(wrong(format!(
                    "`weighted_choice` has {} items and {} weights",
                    items.len(),
                    weights.len()
                )));
            }
            items.into_iter().zip(weights).collect()
        }
        (ValueKind::Map, None) => {
            items.try_iter()?.map(|key| Ok((key.clone(), items.get_item(&key)?))).collect::<Result<Vec<_>, Error>>()?
        }
        (ValueKind::Seq, None) => items.try_iter()?.map(|pair| pair_of(&pair)).collect::<Result<Vec<_>, Error>>()?,
        _ => return Err(wrong(WEIGHTS)),
    };
    let mut total = 0.0;
    let mut bounds = Vec::with_capacity(pairs.len());
    for (item, weight) in pairs {
        let weight = f64::try_from(amount(weight)).map_err(|_| wrong(WEIGHTS))?;
        if !weight.is_finite() || weight < 0.0 {
            return Err(wrong(format!("a weight of `weighted_choice` is {weight}: write 0 or more")));
        }
        total += weight;
        bounds.push((total, item));
    }
    if total <= 0.0 || !total.is_finite() {
        return Err(wrong("`weighted_choice` has nothing to choose: at least one weight is above 0"));
    }
    let at = with_rng(state, |rng| rng.random::<f64>())? * total;
    let last = bounds.iter().rposition(|(bound, _)| *bound < total).map_or(0, |before| before + 1);
    let found = bounds.partition_point(|(bound, _)| *bound <= at).min(last);
    Ok(bounds.swap_remove(found).1)
}

const WEIGHTS: &str =
    "`weighted_choice` takes items with weights: write `{'read': 70, 'write': 30}` or `[['read', 70], …]`";

fn pair_of(pair: &Value) -> Result<(Value, Value), Error> {
    match (pair.kind(), pair.len()) {
        (ValueKind::Seq, Some(2)) => Ok((pair.get_item_by_index(0)?, pair.get_item_by_index(1)?)),
        _ => Err(wrong(WEIGHTS)),
    }
}

fn sample(state: &State, list: Value, n: Value) -> Result<Value, Error> {
    measure(&list)?;
    let n = usize::try_from(amount(n))?;
    let length = length_of(&list, "sample")?;
    if n > length {
        return Err(wrong(format!("`sample` of {n} from a list of {length}")));
    }
    let mut indices: Vec<usize> = (0..length).collect();
    let (picked, _) = with_rng(state, |rng| {
        let (picked, rest) = indices.partial_shuffle(rng, n);
        (picked.to_vec(), rest.len())
    })?;
    picked.into_iter().map(|index| list.get_item_by_index(index)).collect::<Result<Vec<_>, _>>().map(Value::from)
}

fn random_int(state: &State, from: Value, to: Value) -> Result<i64, Error> {
    random_int_between(rng_of(&rng_value(state)?)?, &from, &to)
}

/// A whole number of a range, both ends included.
pub(in crate::expression) fn random_int_between(rng: &ScopeRng, from: &Value, to: &Value) -> Result<i64, Error> {
    let (from, to) = (i64::try_from(amount(from.clone()))?, i64::try_from(amount(to.clone()))?);
    if from > to {
        return Err(wrong(format!("`random_int({from}, {to})` ends before it starts")));
    }
    Ok(rng.draw(|rng| rng.random_range(from..=to)))
}

fn random_float(state: &State, from: Value, to: Value) -> Result<f64, Error> {
    random_float_between(rng_of(&rng_value(state)?)?, &from, &to)
}

/// A number of a range, its end excluded.
pub(in crate::expression) fn random_float_between(rng: &ScopeRng, from: &Value, to: &Value) -> Result<f64, Error> {
    let (from, to) = (f64::try_from(amount(from.clone()))?, f64::try_from(amount(to.clone()))?);
    let orderly = from.is_finite() && to.is_finite() && from <= to && (to - from).is_finite();
    if !orderly {
        return Err(wrong(format!("`random_float({from}, {to})` is not a range")));
    }
    Ok(rng.draw(|rng| from + (to - from) * rng.random::<f64>()))
}

/// A number of a normal distribution; `least` and `most` cut what is beyond them.
fn random_normal(state: &State, mean: Value, deviation: Value, options: Kwargs) -> Result<f64, Error> {
    let (mean, deviation) = (f64::try_from(amount(mean))?, f64::try_from(amount(deviation))?);
    let bound = |name: &str| -> Result<Option<f64>, Error> {
        options.get::<Option<Value>>(name)?.map(|bound| f64::try_from(amount(bound))).transpose()
    };
    let (least, most) = (bound("min")?, bound("max")?);
    options.assert_all_used()?;
    if !mean.is_finite() || !deviation.is_finite() || deviation < 0.0 {
        return Err(wrong(format!("`random_normal({mean}, {deviation})`: a deviation is 0 or more")));
    }
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        return Err(wrong(format!("`random_normal` has a `min` of {least}, above its `max` of {most}")));
    }
    // Box and Muller: the first is never 0, whose logarithm is none
    let (first, second) = with_rng(state, |rng| (1.0 - rng.random::<f64>(), rng.random::<f64>()))?;
    let drawn = mean + deviation * (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos();
    Ok(drawn.max(least.unwrap_or(f64::NEG_INFINITY)).min(most.unwrap_or(f64::INFINITY)))
}

/// A rank from 1 to `n`, or an item of a list by its rank: the first is taken most often, the second half as often, and so
/// on, where the exponent is 1.
fn zipf(state: &State, n: Value, exponent: Option<Value>) -> Result<Value, Error> {
    let list = (n.kind() == ValueKind::Seq).then(|| n.clone());
    let count = match &list {
        Some(list) => length_of(list, "zipf")? as f64,
        None => f64::try_from(amount(n))?,
    };
    let exponent = exponent.map_or(Ok(1.0), |exponent| f64::try_from(amount(exponent)))?;
    if !(1.0..=MOST_RANKS).contains(&count) || count.fract() != 0.0 {
        return Err(wrong(format!("`zipf({count})`: write how many there are, a whole number from 1, or a list")));
    }
    if !(0.0..=MOST_EXPONENT).contains(&exponent) {
        return Err(wrong(format!("`zipf` with an exponent of {exponent}: write one from 0 to {MOST_EXPONENT}")));
    }
    let rank = with_rng(state, |rng| zipf_rank(rng, count, exponent))?;
    match list {
        Some(list) => list.get_item_by_index(rank as usize - 1),
        None => Ok(Value::from(rank)),
    }
}

const MOST_RANKS: f64 = 1e15;
const MOST_EXPONENT: f64 = 20.0;
/// Each try succeeds with a probability of a third at least.
const MOST_TRIES: usize = 1000;

/// By rejection from a density above it (W. Hörmann, G. Derflinger 1996, in the form of `rand_distr`).
fn zipf_rank(rng: &mut Xoshiro256PlusPlus, count: f64, exponent: f64) -> u64 {
    let is_one = (exponent - 1.0).abs() < 1e-9;
    let q = 1.0 - exponent;
    let area = if is_one { 1.0 + count.ln() } else { (count.powf(q) - exponent) / q };
    for _ in 0..MOST_TRIES {
        let at = rng.random::<f64>() * area;
        let inverse = match at {
            at if at <= 1.0 => at,
            at if is_one => (at - 1.0).exp(),
            at => (at * q + exponent).powf(1.0 / q),
        };
        let rank = (inverse + 1.0).floor().min(count);
        let mut ratio = rank.powf(-exponent);
        if rank > 1.0 {
            ratio *= inverse.powf(exponent);
        }
        if rng.random::<f64>() < ratio {
            return rank as u64;
        }
    }
    1
}

fn random_string(state: &State, length: Value) -> Result<String, Error> {
    let length = usize::try_from(amount(length))?;
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    if length > LONGEST_STRING {
        return Err(wrong(format!("`random_string({length})` is longer than {LONGEST_STRING}")));
    }
    with_rng(state, |rng| (0..length).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect())
}

fn uuid(state: &State) -> Result<String, Error> {
    Ok(random_uuid(rng_of(&rng_value(state)?)?))
}

/// A random UUID, version 4.
pub(in crate::expression) fn random_uuid(rng: &ScopeRng) -> String {
    let random: u128 = rng.draw(RngExt::random);
    // RFC 9562 §5.4: version 4 in bits 48..52, variant 10 in bits 64..66
    let id = (random & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{id:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The number an argument is or reads as, without its spelling.
pub(super) fn amount(value: Value) -> Value {
    number(&value).or_else(|| value.as_str().and_then(read)).unwrap_or(value)
}

pub(super) fn with_rng<R>(state: &State, draw: impl FnOnce(&mut Xoshiro256PlusPlus) -> R) -> Result<R, Error> {
    Ok(rng_of(&rng_value(state)?)?.draw(draw))
}

fn rng_value(state: &State) -> Result<Value, Error> {
    state.lookup(RESERVED).ok_or_else(|| wrong("random values are not available here"))
}

fn rng_of(value: &Value) -> Result<&ScopeRng, Error> {
    value.downcast_object_ref::<ScopeRng>().ok_or_else(|| wrong("random values are not available here"))
}

fn length_of(list: &Value, function: &str) -> Result<usize, Error> {
    match list.kind() {
        ValueKind::Seq => list.len().ok_or_else(|| wrong(format!("`{function}` needs a list"))),
        kind => Err(wrong(format!("`{function}` needs a list, not a {kind}"))),
    }
}
