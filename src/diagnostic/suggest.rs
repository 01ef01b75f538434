use std::cell::Cell;

/// The candidate nearest to what was typed, where one is near: at most a third of its letters differ.
///
/// Distance is Damerau–Levenshtein with adjacent swaps (optimal string alignment), so `recal`, `rceall` and
/// `recalll` are all one step from `recall`. Case, `-` and `_` do not count.
#[must_use]
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if typed.len() > LONGEST {
        return None;
    }
    let typed = folded(typed);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates.into_iter().filter(|candidate| candidate.len() <= LONGEST) {
        if !may_work(typed.len() + candidate.len()) {
            break;
        }
        let name = folded(candidate);
        let allowed = (typed.len().max(name.len()) / 3).max(1);
        // only a nearer one is of use
        let allowed = best.map_or(allowed, |(fewest, _)| allowed.min(fewest.saturating_sub(1)));
        let long_enough = typed.len() > 1 && name.len() > 1;
        if !long_enough || typed.len().abs_diff(name.len()) > allowed || !may_work(typed.len() * name.len()) {
            continue;
        }
        let steps = distance(&typed, &name);
        if steps <= allowed {
            best = Some((steps, candidate));
        }
        if steps == 0 {
            break;
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The help line for a misspelt name: ``did you mean `recall`?``, or the list of what there is.
#[must_use]
pub fn did_you_mean<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = nearest(typed, candidates.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    const LISTED: usize = 24;
    if candidates.is_empty() {
        return None;
    }
    let listed: Vec<String> = candidates.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let rest = candidates.len().saturating_sub(LISTED);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let verb = if candidates.len() == 1 { "there is" } else { "there are" };
    Some(format!("{verb} {}{more}", listed.join(", ")))
}

/// A name with more bytes is no word that somebody misspelt.
const LONGEST: usize = 256;
/// How much is compared in all, in pairs of letters: with thousands of names and as many misspelt ones it would take minutes, and
/// nobody reads so many suggestions.
const MOST: usize = 8_000_000;

thread_local! {
    static WORK: Cell<usize> = const { Cell::new(0) };
}

/// Counts work; whether it may still be done.
fn may_work(pairs: usize) -> bool {
    WORK.set(WORK.get().saturating_add(pairs));
    WORK.get() <= MOST
}

fn folded(name: &str) -> Vec<char> {
    name.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = [vec![0; b.len() + 1], (0..=b.len()).collect::<Vec<_>>(), vec![0; b.len() + 1]];
    for i in 1..=a.len() {
        rows[2][0] = i;
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut steps = (rows[1][j] + 1).min(rows[2][j - 1] + 1).min(rows[1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                steps = steps.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = steps;
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let names = ["recall", "learn", "spawn_rate"];
        for typed in ["recal", "rceall", "recalll", "Recall"] {
            assert_eq!(nearest(typed, names), Some("recall"), "{typed}");
        }
        assert_eq!(nearest("spawnrate", names), Some("spawn_rate"));
        assert_eq!(nearest("checkout", names), None);
        assert_eq!(nearest("", names), None);
    }

    #[test]
    fn of_many_near_names_the_nearest_is_suggested_and_of_equals_the_first() {
        let names = ["list_carts", "list_cart", "list_cats", "list-cart"];
        assert_eq!(nearest("list_car", names), Some("list_cart"));
        assert_eq!(nearest("lsit_cart", names), Some("list_cart"));
        assert_eq!(nearest("listcart", names), Some("list_cart"));
    }

    #[test]
    fn thousands_of_misspelt_names_are_compared_only_so_far() {
        let names: Vec<String> = (0..4000).map(|number| format!("endpoint_{number}")).collect();
        let near = |number: usize| nearest(&format!("endpiont_{number}"), names.iter().map(String::as_str));
        assert_eq!(near(7), Some("endpoint_7"));
        let found = (0..4000).filter(|number| near(*number).is_some()).count();
        assert!((10..2000).contains(&found), "{found}");
    }

    #[test]
    fn without_a_near_name_the_list_is_shown() {
        assert_eq!(did_you_mean("x", ["a", "b"]).unwrap(), "there are `a`, `b`");
        assert_eq!(did_you_mean("x", []), None);
    }
}
