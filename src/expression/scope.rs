use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::Value;
use minijinja::value::{Enumerator, Object};
use rand::rngs::Xoshiro256PlusPlus;

use super::answer::{Answer, Answered};
use super::expr::EvalError;
use super::functions::{Files, Sequences};
use super::json_picks::JsonPicks;
use super::shared::SharedStore;
use super::work;
use crate::memory::{Held, hold};
use crate::units::{Seed, Shard};

/// The name under which the functions find their random numbers; no plan can spell it.
pub(super) const RESERVED: &str = "\u{0}rng";
/// The same for the numbers that a run gives away.
pub(super) const SEQUENCES: &str = "\u{0}sequences";
/// The same for the files that expressions name.
pub(super) const FILES: &str = "\u{0}files";

/// The names every expression sees whatever the plan says, with what each is.
pub const BUILT_IN_NAMES: [(&str, &str); 8] = [
    ("user", "`user.id` and `user.type`"),
    ("iteration", "how many tasks this user has begun, from 1"),
    ("stage", "the name of the shape's stage"),
    ("status", "the last answer's status"),
    ("headers", "the last answer's headers, by name in lower case"),
    ("json", "the last answer's body as JSON"),
    ("body", "the last answer's body as text"),
    ("elapsed", "the last call's response time in seconds"),
];

/// What every user of a run sees: the plan's vars and data, which never change, and what its users share.
#[derive(Debug, Clone, Default)]
pub struct Globals {
    values: BTreeMap<Arc<str>, Value>,
    files: Arc<Files>,
    /// `None` before the run: there nobody counts.
    sequences: Option<Arc<Sequences>>,
    /// What users share, where they share anything.
    shared: Option<Arc<SharedStore>>,
}

impl Globals {
    /// The globals with these names; a later name hides an earlier one.
    #[must_use]
    pub fn new(names: Vec<(Arc<str>, Value)>) -> Self {
        Self { values: names.into_iter().collect(), ..Self::default() }
    }

    /// Adds a name; one that is there is hidden.
    pub fn add(&mut self, name: Arc<str>, value: Value) {
        self.values.insert(name, value);
    }

    /// These globals and more; where both have a name, the new one hides the old.
    #[must_use]
    pub fn with(&self, more: Vec<(Arc<str>, Value)>) -> Self {
        let mut all = self.clone();
        all.values.extend(more);
        all
    }

    /// The same for one shard of a run, which gives numbers away.
    #[must_use]
    pub fn of_run(&self, shard: Shard) -> Self {
        Self { sequences: Some(Arc::new(Sequences::of(shard))), ..self.clone() }
    }

    /// The files that expressions name.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// These globals, for users that share something.
    #[must_use]
    pub fn sharing(self, store: SharedStore) -> Self {
        Self { shared: Some(Arc::new(store)), ..self }
    }

    /// What users share.
    #[must_use]
    pub const fn shared(&self) -> Option<&Arc<SharedStore>> {
        self.shared.as_ref()
    }

    fn has(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.shared.as_ref().is_some_and(|shared| shared.read(name).is_some())
    }

    /// The value of a name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Value> {
        let of_plan = self.values.get(name).cloned();
        of_plan.or_else(|| self.shared.as_ref()?.read(name))
    }
}

/// A user's own random numbers: a generator behind a lock that nobody else takes.
pub struct ScopeRng(Mutex<Xoshiro256PlusPlus>);

impl ScopeRng {
    /// A generator that starts from a seed.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        Self(Mutex::new(seed.generator()))
    }

    /// Starts anew, from another seed.
    pub fn reseed(&self, seed: Seed) {
        *lock(&self.0) = seed.generator();
    }

    /// Draws from the generator.
    pub fn draw<R>(&self, draw: impl FnOnce(&mut Xoshiro256PlusPlus) -> R) -> R {
        draw(&mut lock(&self.0))
    }
}

impl fmt::Debug for ScopeRng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopeRng")
    }
}

impl Object for ScopeRng {}

/// Who a scope belongs to: `user.id` and `user.type` in expressions.
#[derive(Debug, Clone)]
pub struct ScopeUser {
    /// The user's number in the run, from 1.
    pub id: u64,
    /// The name of its user type.
    pub kind: Arc<str>,
}

impl Object for ScopeUser {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "id" => Some(Value::from(self.id)),
            "type" => Some(Value::from(self.kind.clone())),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["id", "type"])
    }
}

/// The names one user's expressions see, nearest first: the last answer, what the call binds, the user's
/// state, who it is, the plan's vars and data.
///
/// A scope is handed to the language by reference count, so its parts sit behind locks; they are taken by one
/// user's task alone and never wait.
#[derive(Debug)]
pub struct Scope {
    globals: Arc<Globals>,
    rng: Arc<ScopeRng>,
    user: Arc<ScopeUser>,
    names: Mutex<Names>,
}

#[derive(Debug, Clone, Default)]
struct Names {
    answer: Option<Answer>,
    bindings: Vec<(Arc<str>, Value)>,
    state: Vec<(Arc<str>, Value)>,
    /// The memory of those values of the state that are large.
    held: Vec<(Arc<str>, Arc<Held>)>,
    iteration: u64,
    stage: Option<Arc<str>>,
    /// In a fork, the names of the state that it has set itself.
    changed: Option<Vec<Arc<str>>>,
}

impl Scope {
    /// The scope of a new user, without state.
    #[must_use]
    pub fn new(globals: Arc<Globals>, user: ScopeUser, rng: ScopeRng) -> Arc<Self> {
        Arc::new(Self { globals, rng: Arc::new(rng), user: Arc::new(user), names: Mutex::default() })
    }

    /// A scope for a call beside others: it sees all that this one does, and what it sets is its own until
    /// [`Scope::join`].
    #[must_use]
    pub fn fork(&self) -> Arc<Self> {
        let names = Names { changed: Some(Vec::new()), ..lock(&self.names).clone() };
        let names = Mutex::new(names);
        let (globals, rng, user) = (self.globals.clone(), self.rng.clone(), self.user.clone());
        Arc::new(Self { globals, rng, user, names })
    }

    /// The same for a call that is made for one item of a list: it has a name that nobody else sees.
    #[must_use]
    pub fn fork_for(&self, item: &Arc<str>, value: Value) -> Arc<Self> {
        let fork = self.fork();
        put(&mut lock(&fork.names).state, item, value);
        fork
    }

    /// Takes over what a fork has set, and its answer. What the fork has not set may have been set by another one since.
    pub fn join(&self, fork: &Self) {
        let theirs = lock(&fork.names).clone();
        let mut mine = lock(&self.names);
        for name in theirs.changed.into_iter().flatten() {
            if let Some(value) = find(&theirs.state, &name) {
                let held = theirs.held.iter().find(|(known, _)| *known == name).map(|(_, held)| held.clone());
                mine.set(&name, value, held);
            }
        }
        mine.answer = theirs.answer;
    }

    /// The files that expressions name.
    #[must_use]
    pub fn files(&self) -> &Files {
        self.globals.files()
    }

    /// The user's random numbers, for draws outside expressions (the next task, a think time).
    #[must_use]
    pub fn rng(&self) -> &ScopeRng {
        &self.rng
    }

    /// Sets a name of the user's state.
    pub fn set(&self, name: &Arc<str>, value: Value) {
        lock(&self.names).set(name, value, None);
    }

    /// Sets a name of the user's state to a value of any size, whose memory is held for as long as it stays.
    ///
    /// # Errors
    /// A value for which there is no memory; the name keeps the value it had.
    pub fn keep(&self, name: &Arc<str>, value: Value) -> Result<(), EvalError> {
        let held = hold(work::memory_of(&value)).map_err(|no_room| EvalError {
            message: format!("the value of `{name}` is too large to be kept: {no_room}"),
        })?;
        lock(&self.names).set(name, value, held.map(Arc::new));
        Ok(())
    }

    /// The value of a name of the user's state.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<Value> {
        find(&lock(&self.names).state, name)
    }

    /// Takes a name out of the user's state.
    pub fn unset(&self, name: &str) {
        let mut names = lock(&self.names);
        names.state.retain(|(known, _)| **known != *name);
        names.held.retain(|(known, _)| **known != *name);
    }

    /// All names of the user's state, with their values.
    #[must_use]
    pub fn all_state(&self) -> Vec<(Arc<str>, Value)> {
        lock(&self.names).state.clone()
    }

    /// Binds a name for the call under way.
    pub fn bind(&self, name: &Arc<str>, value: Value) {
        put(&mut lock(&self.names).bindings, name, value);
    }

    /// Forgets what the last call bound.
    pub fn unbind(&self) {
        lock(&self.names).bindings.clear();
    }

    /// Sets the last answer; `None` where the last call has none.
    pub fn answer(&self, answer: Option<Answer>) {
        lock(&self.names).answer = answer;
    }

    /// Sets the last answer, of which its endpoint picks something.
    pub fn answered(&self, answered: Answered, picks: &JsonPicks) -> Answer {
        let mut names = lock(&self.names);
        let answer = Answer::in_place_of(names.answer.take(), answered, picks);
        names.answer = Some(answer.clone());
        answer
    }

    /// Frees the buffer that the last call's answer was read into: nothing follows for a while.
    pub fn compact_answer(&self) {
        if let Some(answer) = &mut lock(&self.names).answer {
            answer.compact();
        }
    }

    /// Why the last call's answer cannot be read as JSON; `None` where it can, or there is none.
    pub(super) fn not_json(&self) -> Option<String> {
        lock(&self.names).answer.as_ref()?.json().err().map(ToString::to_string)
    }

    /// The last call's answer.
    #[must_use]
    pub fn last_answer(&self) -> Option<Answer> {
        lock(&self.names).answer.clone()
    }

    /// Says which task this is, counted from 1, and in which stage of the shape.
    pub fn begin(&self, iteration: u64, stage: &Arc<str>) {
        let mut names = lock(&self.names);
        names.iteration = iteration;
        // all workers share the text, and counting its owners is not free
        if !names.stage.as_ref().is_some_and(|known| Arc::ptr_eq(known, stage)) {
            names.stage = Some(stage.clone());
        }
    }

    /// The value of any name, as an expression sees it.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Value> {
        {
            let names = lock(&self.names);
            let near = find(&names.bindings, name).or_else(|| find(&names.state, name));
            if near.is_some() {
                return near;
            }
            let built_in = match name {
                "iteration" => Some(Value::from(names.iteration)),
                "stage" => names.stage.clone().map(Value::from),
                _ => names.answer.as_ref().and_then(|answer| answer.value(name)),
            };
            if built_in.is_some() {
                return built_in;
            }
        }
        match name {
            "user" => Some(Value::from_dyn_object(self.user.clone())),
            RESERVED => Some(Value::from_dyn_object(self.rng.clone())),
            SEQUENCES => self.globals.sequences.clone().map(Value::from_dyn_object),
            FILES => Some(Value::from_dyn_object(self.globals.files.clone())),
            _ => self.globals.value(name),
        }
    }

    /// Whether a name of the user's or the plan's own has a value.
    pub(super) fn has(&self, name: &str) -> bool {
        let is_near = {
            let names = lock(&self.names);
            has(&names.bindings, name) || has(&names.state, name)
        };
        is_near || self.globals.has(name)
    }

    /// The scope as the language's context: no copy is made.
    pub(super) fn context(self: &Arc<Self>) -> Value {
        Value::from_dyn_object(self.clone())
    }
}

impl Names {
    fn set(&mut self, name: &Arc<str>, value: Value, held: Option<Arc<Held>>) {
        if let Some(changed) = &mut self.changed
            && !changed.contains(name)
        {
            changed.push(name.clone());
        }
        put(&mut self.state, name, value);
        self.held.retain(|(known, _)| known != name);
        self.held.extend(held.map(|held| (name.clone(), held)));
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.value(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

fn put(names: &mut Vec<(Arc<str>, Value)>, name: &Arc<str>, value: Value) {
    match names.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value,
        None => names.push((name.clone(), value)),
    }
}

fn has(names: &[(Arc<str>, Value)], name: &str) -> bool {
    names.iter().any(|(known, _)| **known == *name)
}

fn find(names: &[(Arc<str>, Value)], name: &str) -> Option<Value> {
    names.iter().find(|(known, _)| **known == *name).map(|(_, value)| value.clone())
}

/// A lock that cannot be lost: a panic while it is held ends the run anyway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
