/// A plan that teaches by example: every section once, with a word on each.
pub const STARTER: &str = include_str!("starter.yaml");

#[cfg(test)]
mod tests {
    use super::STARTER;

    #[test]
    fn its_first_line_points_editors_to_the_schema() {
        assert!(STARTER.starts_with("# yaml-language-server: $schema=plan.schema.json\n"));
        assert!(STARTER.contains("plimsoll schema plan > plan.schema.json"));
    }
}
