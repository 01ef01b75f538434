use crate::compile::Pause;
use crate::diagnostic::{Problem, Problems, Span};
use crate::plan::{self, Spread};

/// A pause as it is drawn.
pub(super) fn compile(written: &plan::Pause, span: Span, problems: &mut Problems) -> Pause {
    match written {
        plan::Pause::Range(range) => Pause::Even(*range),
        plan::Pause::Spread(Spread::Exponential(exponential)) => {
            let mean = exponential.mean.value.0;
            if mean.is_zero() {
                let problem = Problem::at(exponential.mean.span, "a mean of 0 is no pause");
                problems.push(problem.help("give a mean such as `2s`, or take the pause away"));
            }
            Pause::Exponential(mean)
        }
        plan::Pause::Spread(Spread::Normal(normal)) => {
            let (mean, deviation) = (normal.mean.value.0, normal.deviation.value.0);
            if mean.is_zero() {
                problems.push(Problem::at(span, "a mean of 0 is no pause").help("give a mean such as `2s`"));
            }
            Pause::Normal { mean, deviation }
        }
    }
}
