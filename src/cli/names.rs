//! Resource names on the command line: written in full, and in the right collection.

/// A parser for names of these collections.
pub(crate) fn of(
    collections: &'static [&'static str],
) -> impl Fn(&str) -> Result<String, String> + Clone + Send + Sync + 'static {
    move |text| match text.split_once('/') {
        Some((collection, id)) if collections.contains(&collection) && !id.is_empty() => Ok(text.to_owned()),
        Some(_) => Err(format!("expected a name in {}", list(collections, "…"))),
        None => Err(format!("names are written in full: {}", list(collections, text))),
    }
}

fn list(collections: &[&str], id: &str) -> String {
    let names: Vec<String> = collections.iter().map(|collection| format!("{collection}/{id}")).collect();
    names.join(" or ")
}

/// A parser for any name.
pub(crate) fn any() -> impl Fn(&str) -> Result<String, String> + Clone + Send + Sync + 'static {
    of(&[
        "countries",
        "organisations",
        "frameworks",
        "areas",
        "agreements",
        "meetings",
        "activities",
        "operations",
        "contributions",
        "decisions",
    ])
}

/// Countries and organisations.
pub(crate) const ACTOR: &[&str] = &["countries", "organisations"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_full() {
        assert_eq!(of(ACTOR)("countries/jp").unwrap(), "countries/jp");
        let error = of(ACTOR)("jp").unwrap_err();
        assert_eq!(error, "names are written in full: countries/jp or organisations/jp");
        assert_eq!(of(&["areas"])("countries/jp").unwrap_err(), "expected a name in areas/…");
        assert!(any()("decisions/x").is_ok() && any()("things/x").is_err() && any()("areas/").is_err());
    }
}
