use http::HeaderName;

use crate::compile::program::{Capture, CaptureFrom};
use crate::compile::templates::Templates;
use crate::diagnostic::Problem;
use crate::plan::{At, CapturePlace, CaptureText, Named};

pub(super) fn compile(written: Option<&Named<At<CaptureText>>>, texts: &mut Templates) -> Vec<Capture> {
    let entries = written.into_iter().flat_map(Named::iter);
    let captured = entries.filter_map(|(name, place)| {
        let from = match &place.value {
            CaptureText::Path(path) => CaptureFrom::Json(texts.json_path(path, place.span)?),
            CaptureText::Place(CapturePlace::Json(path)) => CaptureFrom::Json(texts.json_path(path, path.span)?),
            CaptureText::Place(CapturePlace::Header(header)) => match HeaderName::from_bytes(header.as_bytes()) {
                Ok(header) => CaptureFrom::Header(header),
                Err(_) => {
                    let problem = Problem::at(header.span, format!("`{}` is not a header's name", header.value));
                    texts.problems.push(problem);
                    return None;
                }
            },
            CaptureText::Place(CapturePlace::Cookie(cookie)) => CaptureFrom::Cookie(cookie.value.as_str().into()),
            CaptureText::Place(CapturePlace::Regex(regex)) => CaptureFrom::Regex(texts.regex(regex, regex.span)?),
            CaptureText::Place(CapturePlace::Status(_)) => CaptureFrom::Status,
        };
        Some(Capture { name: name.value.as_str().into(), from, place: texts.place(name.span) })
    });
    captured.collect()
}

/// Whether a capture needs the answer's body.
pub(super) const fn reads_body(from: &CaptureFrom) -> bool {
    matches!(from, CaptureFrom::Json(_) | CaptureFrom::Regex(_))
}
