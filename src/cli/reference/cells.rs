/// A text as code.
pub(super) fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A text in a cell of a table: on one line, and no end of the cell.
pub(super) fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

/// Where a link to a heading leads, as GitHub and mdBook have it.
pub(super) fn anchor(heading: &str) -> String {
    let kept = |sign: char| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(|sign| kept(*sign)).collect::<String>().replace(' ', "-")
}

/// A link to a heading of the same page.
pub(super) fn link(text: &str, heading: &str) -> String {
    format!("[{text}](#{})", anchor(heading))
}
