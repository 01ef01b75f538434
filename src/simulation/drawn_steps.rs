use super::dice::Dice;

/// Writes steps that chance makes, in the language of plans.
pub(super) struct StepWriter<'a> {
    pub(super) dice: &'a mut Dice,
    /// Who does them.
    pub(super) who: Who,
    /// The names of the transactions so far.
    pub(super) transactions: Vec<String>,
}

/// Who does the steps: that decides what they may speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// A user, in its task; it has a state and may do another task.
    Task,
    /// The same, where it has a row too.
    Fed,
    /// The task that others do.
    Inner,
    /// Nobody in particular: setup and teardown.
    Nobody,
}

/// What tasks call.
const ENDPOINTS: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

impl StepWriter<'_> {
    /// A list of steps, within others so many deep.
    pub(super) fn list(&mut self, depth: u32, most: u64) -> String {
        let count = self.dice.number(1, most);
        let steps: Vec<String> = (0..count).map(|_| self.step(depth)).collect();
        format!("[{}]", steps.join(", "))
    }

    fn step(&mut self, depth: u32) -> String {
        if self.who == Who::Nobody {
            return match self.dice.number(0, 9) {
                0..=5 => self.call(),
                6 => format!("{{think: {}}}", self.dice.time(1, 3000)),
                7 => "{log: of nobody}".to_owned(),
                8 => "{set: {left: '{{ 1 + 1 }}'}}".to_owned(),
                _ => "{repeat: {times: 2, steps: [{call: s}]}}".to_owned(),
            };
        }
        if self.dice.percent(15) {
            return self.flow(depth);
        }
        let kinds = if depth >= 2 { 13 } else { 21 };
        match self.dice.number(0, kinds) {
            0..=6 => self.call(),
            7 => format!("{{think: {}}}", self.dice.time(1, 400)),
            8 => "{think: {exponential: {mean: 60ms}}}".to_owned(),
            9 => self.dice.one(&["{set: {n: '{{ n + 1 }}'}}", "{set: {got: '{{ json.n }}'}}"]).to_owned(),
            10 => "{append: {to: seen, value: '{{ n }}', keep: 5}}".to_owned(),
            11 => self.rare(),
            12 => "{parallel: [a, b]}".to_owned(),
            13 if self.who == Who::Fed => "{set: {mine: '{{ row.id }}'}}".to_owned(),
            13 => "{log: 'n is {{ n }}'}".to_owned(),
            14 => {
                let (then, other) = (self.list(depth + 1, 2), self.list(depth + 1, 2));
                format!("{{when: {{that: n % 2 == 0, then: {then}, else: {other}}}}}")
            }
            15 => {
                let (zero, other) = (self.list(depth + 1, 2), self.list(depth + 1, 2));
                format!("{{switch: {{on: n % 3, cases: {{\"0\": {zero}}}, default: {other}}}}}")
            }
            16 => {
                let (one, other) = (self.list(depth + 1, 2), self.list(depth + 1, 2));
                format!("{{choose: [{{weight: 3, steps: {one}}}, {{steps: {other}}}]}}")
            }
            17 => {
                let (steps, times) = (self.list(depth + 1, 2), self.dice.number(0, 4));
                let every = if self.dice.percent(50) { ", every: 20ms" } else { "" };
                format!("{{repeat: {{times: {times}{every}, steps: {steps}}}}}")
            }
            18 => {
                let steps = self.list(depth + 1, 2);
                format!("{{repeat: {{until: status == 200, max: 4, every: 10ms, steps: {steps}}}}}")
            }
            19 => format!("{{for_each: {{item: it, of: '[1, 2, 3]', steps: {}}}}}", self.list(depth + 1, 2)),
            20 if self.who == Who::Inner => self.call(),
            20 => "{run: inner}".to_owned(),
            _ => {
                let steps = self.list(depth + 1, 3);
                let name = format!("tx{}", self.transactions.len());
                self.transactions.push(name.clone());
                format!("{{transaction: {{name: {name}, steps: {steps}}}}}")
            }
        }
    }

    /// What goes on as answers say.
    fn flow(&mut self, depth: u32) -> String {
        let endpoint = self.dice.one(&ENDPOINTS);
        match self.dice.number(0, if depth >= 2 { 2 } else { 5 }) {
            0 => format!(
                "{{call: {{endpoint: {endpoint}, on_failure: continue, retry: {{times: {}, on: [4xx, 5xx, connect, reset, \
                 timeout], wait: {}, backoff: 2, max_wait: 200ms, honor_retry_after: true}}}}}}",
                self.dice.number(1, 3),
                self.dice.time(1, 90)
            ),
            1 => "{think: '{{ n % 3 * 10 }}ms'}".to_owned(),
            2 => format!(
                "{{parallel: {{each: it, of: '[1, 2, 3, 4, 5]', at_most: {}, call: {{endpoint: {endpoint}, on_failure: \
                 continue}}}}}}",
                self.dice.number(1, 3)
            ),
            3 => {
                let steps = self.list(depth + 1, 2);
                format!("{{repeat: {{until: n > 4, every: 15ms, fail_after: 90ms, steps: {steps}}}}}")
            }
            4 => format!(
                "{{for_each: {{item: it, of: '[1, 2, 3]', steps: [{{continue: it == n % 3}}, {}, {{break: n > 2}}]}}}}",
                self.call()
            ),
            _ => format!("{{repeat: {{times: 3, steps: [{}, break]}}}}", self.call()),
        }
    }

    fn call(&mut self) -> String {
        let endpoint = if self.who == Who::Nobody { self.dice.one(&["s", "v"]) } else { self.dice.one(&ENDPOINTS) };
        let on_failure = match self.dice.number(0, 19) {
            0..=9 => return format!("{{call: {endpoint}}}"),
            10..=16 => "continue",
            17 | 18 => "stop_task",
            _ if self.dice.percent(90) || self.who == Who::Nobody => "stop_task",
            _ => "stop_user",
        };
        format!("{{call: {{endpoint: {endpoint}, on_failure: {on_failure}}}}}")
    }

    /// What breaks off, and what cannot be done.
    fn rare(&mut self) -> String {
        let steps = match self.dice.number(0, 39) {
            0 => "{stop: run}",
            1..=3 => "{stop: user}",
            4..=9 => "{stop: task}",
            10..=16 => "{set: {bad: '{{ json.no.such.thing }}'}}",
            17..=20 => "{for_each: {item: x, of: n, steps: [{call: a}]}}",
            21..=24 => "{log: '{{ json.no.such }}'}",
            _ => "{log: '{{ user.id }} at {{ iteration }}'}",
        };
        steps.to_owned()
    }
}
