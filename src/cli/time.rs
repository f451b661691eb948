//! Instants as people read them.

/// RFC 3339 in UTC, to the second.
pub(crate) fn instant(timestamp: Option<&prost_types::Timestamp>) -> String {
    let read = |t: &prost_types::Timestamp| jiff::Timestamp::new(t.seconds, 0).map(|t| t.to_string());
    timestamp.and_then(|t| read(t).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shown_to_the_second() {
        let at = prost_types::Timestamp { seconds: 1_316_080_800, nanos: 5 };
        assert_eq!(instant(Some(&at)), "2011-09-15T10:00:00Z");
        assert_eq!(instant(None), "");
    }
}
