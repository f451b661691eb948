//! `minuted areas`: the taxonomy of areas of cooperation, and who chose what.

use clap::{Args, Subcommand};

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::{self, Look};
use super::page::Limit;
use super::{names, words};
use crate::proto::v1::area_service_client::AreaServiceClient;
use crate::proto::v1::{
    Area, AreaChoice, GetAreaRequest, GetAreaResponse, ListAreaChoicesRequest, ListAreaChoicesResponse,
    ListAreasRequest, ListAreasResponse, ListOneWayAreasRequest, ListOneWayAreasResponse, OneWayArea,
};

named!(GetAreaResponse);

/// The subcommands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Areas {
    /// One area with its place in the taxonomy
    #[command(after_help = "Example:
  minuted areas get areas/demining --lang fr")]
    Get {
        /// Such as areas/demining
        #[arg(value_parser = names::of(&["areas"]))]
        name: String,
    },
    /// Areas in the order of their names, as the language has it
    #[command(after_help = "Example:
  minuted areas list --within areas/emerging-security-challenges")]
    List {
        /// Only what is part of this area, at any depth
        #[arg(long, value_name = "NAME", value_parser = names::of(&["areas"]))]
        within: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// What partners had chosen on a day, how far, and who gives
    #[command(after_help = "Examples:
  minuted areas choices --actor countries/jp
  minuted areas choices --area areas/emerging-security-challenges --with-descendants --as-of 2015")]
    Choices(Choices),
    /// Choices in which everything runs one way: the alliance alone gives, or the partner alone
    #[command(after_help = "Example:
  minuted areas one-way --as-of 2021-12-08")]
    OneWay {
        /// Only what this partner chose
        #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
        actor: Option<String>,
        /// Only where this one gives
        #[arg(long, ignore_case = true, value_parser = words::choice_among("GivenBy", &["ALLIANCE", "PARTNER"]))]
        given_by: Option<i32>,
        #[command(flatten)]
        limit: Limit,
    },
}

/// Which choices.
#[derive(Clone, Debug, Args)]
pub(crate) struct Choices {
    /// Only what this partner chose
    #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
    actor: Option<String>,
    /// Only choices of this area
    #[arg(long, value_name = "NAME", value_parser = names::of(&["areas"]))]
    area: Option<String>,
    /// Also choices of areas that are part of it
    #[arg(long, requires = "area")]
    with_descendants: bool,
    #[command(flatten)]
    limit: Limit,
}

impl Areas {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut service = AreaServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, language) = client.reading();
        match self {
            Areas::Get { name } => {
                let request = GetAreaRequest { name, as_of, at_least_position, language };
                client.print(&service.get_area(request).await?.into_inner())
            }
            Areas::List { within, limit } => {
                let request = ListAreasRequest {
                    page_size: 0,
                    page_token: String::new(),
                    within: within.unwrap_or_default(),
                    as_of,
                    at_least_position,
                    language,
                    order_by: look::ORDER_BY.into(),
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListAreasRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_areas(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
            Areas::Choices(Choices { actor, area, with_descendants, limit }) => {
                let request = ListAreaChoicesRequest {
                    page_size: 0,
                    page_token: String::new(),
                    actor: actor.unwrap_or_default(),
                    area: area.unwrap_or_default(),
                    with_descendants,
                    as_of,
                    at_least_position,
                    language,
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListAreaChoicesRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_area_choices(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
            Areas::OneWay { actor, given_by, limit } => {
                let request = ListOneWayAreasRequest {
                    page_size: 0,
                    page_token: String::new(),
                    actor: actor.unwrap_or_default(),
                    given_by: given_by.unwrap_or_default(),
                    as_of,
                    at_least_position,
                    language,
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListOneWayAreasRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_one_way_areas(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
        }
    }
}

impl Show for ListOneWayAreasResponse {
    fn show(&self, look: Look) -> String {
        let row = |one_way: &OneWayArea| {
            let choice = one_way.choice.clone().unwrap_or_default();
            [
                look::name(choice.actor_display_name.as_ref()),
                format!("{} ({})", look::name(choice.area_display_name.as_ref()), choice.area),
                words::any_of("GivenBy", &choice.given_by),
                words::truth(one_way.one_way).to_owned(),
                choice.since.join(", "),
            ]
        };
        look.rows(["partner", "area", "who gives", "one way", "since"], self.areas.iter().map(row))
            + &open_because(self.areas.iter().filter_map(|one_way| one_way.choice.as_ref()))
            + &look::times(self.answered_as_of.as_ref())
    }
}

/// For each choice that is only possible, or whose extent or giver is: the dates that leave it open.
fn open_because<'a>(choices: impl Iterator<Item = &'a AreaChoice>) -> String {
    look::open_because(choices.map(|choice| {
        let partner = look::name(choice.actor_display_name.as_ref());
        (format!("{partner}, {}", choice.area), choice.open_because.as_slice())
    }))
}

impl Show for GetAreaResponse {
    fn show(&self, look: Look) -> String {
        let fields = |area: &Area| {
            look.fields([
                ("area", area.name.clone()),
                ("name", look::name(area.display_name.as_ref())),
                ("part of", area.ancestors.join("\n")),
                ("has parts", area.descendants.join("\n")),
                ("version", area.etag.clone()),
            ])
        };
        self.area.as_ref().map(fields).unwrap_or_default() + &look::known(self.answered_as_of.as_ref())
    }
}

impl Show for ListAreasResponse {
    fn show(&self, look: Look) -> String {
        let row = |area: &Area| {
            [area.name.clone(), look::name(area.display_name.as_ref()), area.ancestors.join(", ")]
        };
        look.rows(["area", "name", "part of"], self.areas.iter().map(row))
            + &look::known(self.answered_as_of.as_ref())
    }
}

/// What is listed was chosen that day, or possibly was.
fn doubt(choice: &AreaChoice) -> &'static str {
    if words::possible(choice.chosen) { "\n(POSSIBLY)" } else { "" }
}

/// When it was chosen, over the agreement that says so.
fn since_and_under(choice: &AreaChoice) -> String {
    let parts = [choice.since.join(" or "), choice.agreements.join("\n")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

impl Show for ListAreaChoicesResponse {
    fn show(&self, look: Look) -> String {
        let row = |choice: &AreaChoice| {
            [
                look::name(choice.actor_display_name.as_ref()),
                look::called(choice.area_display_name.as_ref(), &choice.area) + doubt(choice),
                format!(
                    "extent: {}\ngiven by: {}",
                    words::any_of("Extent", &choice.extents),
                    words::any_of("GivenBy", &choice.given_by)
                ),
                since_and_under(choice),
            ]
        };
        look.rows(["partner", "area", "how", "since, under"], self.choices.iter().map(row))
            + &open_because(self.choices.iter())
            + &look::times(self.answered_as_of.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{DisplayName, Truth};

    #[test]
    fn a_choice_that_is_only_possible_says_by_which_dates() {
        let choice = AreaChoice {
            actor: "countries/jp".into(),
            actor_display_name: Some(DisplayName { text: "Japan".into(), ..Default::default() }),
            area: "areas/q".into(),
            chosen: Truth::Possibly.into(),
            since: vec!["2012-01-01".into()],
            open_because: vec!["areas/q withdrawn from 2015 (events/13)".into()],
            ..Default::default()
        };
        let one_way = OneWayArea { choice: Some(choice.clone()), one_way: Truth::Possibly.into() };
        let choices = ListAreaChoicesResponse { choices: vec![choice], ..Default::default() };
        let one_way = ListOneWayAreasResponse { areas: vec![one_way], ..Default::default() };
        for shown in [choices.show(Look::default()), one_way.show(Look::default())] {
            let last = shown.lines().last();
            assert_eq!(
                last,
                Some("POSSIBLY Japan, areas/q: areas/q withdrawn from 2015 (events/13)"),
                "{shown}"
            );
        }
    }
}
