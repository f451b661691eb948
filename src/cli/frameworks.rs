//! `minuted frameworks`: the formats in which partnership is organised.

use clap::{Args, Subcommand};

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::{self, Look};
use super::page::Limit;
use super::{names, words};
use crate::proto::v1::framework_service_client::FrameworkServiceClient;
use crate::proto::v1::{
    Framework, GetFrameworkRequest, GetFrameworkResponse, ListFrameworksRequest, ListFrameworksResponse,
};

named!(GetFrameworkResponse);

/// The subcommands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Frameworks {
    /// One framework on a day
    #[command(after_help = "Example:
  minuted frameworks get frameworks/pfp --as-of 1995")]
    Get {
        /// Such as frameworks/pfp
        #[arg(value_parser = names::of(&["frameworks"]))]
        name: String,
    },
    /// Frameworks in the order of their names, as the language has it
    #[command(after_help = "Example:
  minuted frameworks list --open --as-of 2011-09-30")]
    List(Filter),
}

/// Which frameworks.
#[derive(Clone, Debug, Args)]
pub(crate) struct Filter {
    /// Only those that were certainly or possibly open
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    limit: Limit,
}

impl Frameworks {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut service = FrameworkServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, language) = client.reading();
        match self {
            Frameworks::Get { name } => {
                let request = GetFrameworkRequest { name, as_of, at_least_position, language };
                client.print(&service.get_framework(request).await?.into_inner())
            }
            Frameworks::List(Filter { open, limit }) => {
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let (as_of, language) = (as_of.clone(), language.clone());
                    let request = ListFrameworksRequest {
                        page_size,
                        page_token,
                        open,
                        as_of,
                        at_least_position,
                        language,
                        order_by: look::ORDER_BY.into(),
                    };
                    async move { service.list_frameworks(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
        }
    }
}

impl Show for GetFrameworkResponse {
    fn show(&self, look: Look) -> String {
        let fields = |framework: &Framework| {
            look.fields([
                ("framework", framework.name.clone()),
                ("name", look::name(framework.display_name.as_ref())),
                ("overlay", look::flag(framework.overlay)),
                ("established", framework.established.clone()),
                ("closed", framework.closed.clone()),
                ("open", words::truth(framework.open).to_owned()),
                ("version", framework.etag.clone()),
            ])
        };
        self.framework.as_ref().map(fields).unwrap_or_default() + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for ListFrameworksResponse {
    fn show(&self, look: Look) -> String {
        let row = |framework: &Framework| {
            [
                framework.name.clone(),
                look::name(framework.display_name.as_ref()),
                look::flag(framework.overlay),
                framework.established.clone(),
                framework.closed.clone(),
                words::truth(framework.open).to_owned(),
            ]
        };
        look.rows(
            ["framework", "name", "overlay", "established", "closed", "open"],
            self.frameworks.iter().map(row),
        ) + &look::times(self.answered_as_of.as_ref())
    }
}
